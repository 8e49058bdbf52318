"""A world with nobody in it, and a way to read the cells of its books."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

import pytest

from policestats.simulator.calendar import months_between
from policestats.simulator.figures import Cell
from policestats.simulator.province import make_province
from policestats.simulator.world import World
from tests.simulator.simulated import Simulated

# Two stations of one county, one of another county of the same city, two of another city that merge on 2025-07-01, and what they become.
A, B, C = "990101510000", "990101520000", "990102510000"
D, E, MERGED = "990201520000", "990201530000", "990201610000"
COUNTY_AB, COUNTY_C, CITY_ABC, COUNTY_DE, ROOT = "990101000000", "990102000000", "990100000000", "990201000000", "990000000000"
UNKNOWN = "000000000000"

Value = int | Decimal
Table = dict[tuple[str, str], Value]


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    """Without defects on purpose: what the stories do by themselves."""
    return Simulated(tmp_path_factory.mktemp("province"), defects=0)


@pytest.fixture
def world() -> World:
    return World(make_province(date(2025, 7, 1)))


class Tally:
    """The cells of one form of a world, for all months from 2024-11 to 2026-06."""

    def __init__(self, form: str, make: Callable[[list[date], list[date]], Iterable[Cell]]) -> None:
        played = list(months_between(date(2024, 11, 1), date(2026, 7, 1)))
        self.cells = [cell for cell in make(played, played[2:]) if cell.form_id == form]

    def rows(self, period: str, unit: str, column: str) -> dict[str, Value]:
        """The rows of one column that are not zero, or, for a rate, defined."""
        return {c.row_code: c.value for c in self.cells if (c.period, c.unit_code, c.column_code) == (period, unit, column)}

    def total(self, period: str, column: str) -> dict[str, Value]:
        """The total row of one column, by unit."""
        return {c.unit_code: c.value for c in self.cells if (c.period, c.row_code, c.column_code) == (period, "T", column)}


@pytest.fixture
def x01() -> Callable[[World], Tally]:
    return lambda world: Tally("X01", lambda played, shown: world.criminal.cells(world.province, played, shown))


@pytest.fixture
def z01() -> Callable[[World], Tally]:
    return lambda world: Tally("Z01", lambda played, shown: world.admin.cells(world.province, played, shown))


@pytest.fixture
def z11() -> Callable[[World], Tally]:
    return lambda world: Tally("Z11", lambda played, shown: world.incidents.cells(world.province, shown))


@pytest.fixture
def x02() -> Callable[[World], Tally]:
    return lambda world: Tally("X02", lambda played, shown: world.criminal.cells(world.province, played, shown))


@pytest.fixture
def z13() -> Callable[[World], Tally]:
    def tally(world: World) -> Tally:
        outbreaks = [*world.criminal.outbreaks(), *world.admin.outbreaks()]
        return Tally("Z13", lambda played, shown: world.disputes.cells(world.province, played, shown, outbreaks))

    return tally


@pytest.fixture
def z14() -> Callable[[World], Tally]:
    return lambda world: Tally("Z14", lambda played, shown: world.objects.cells(world.province, shown))
