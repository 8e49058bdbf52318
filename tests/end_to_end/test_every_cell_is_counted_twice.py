"""Every cell of the forms equals a count in plain Python over what the simulated stations entered, with six systems connected and with all eleven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.simulator import simulate
from policestats.simulator.calendar import add_months
from policestats.simulator.province import make_province
from policestats.stages import conform, extract
from policestats.stages.tabulate import tabulate
from tests.support.counting.books import Books
from tests.support.counting.compare import Compared, compare
from tests.support.counting.forms import COUNTED
from tests.support.counting.window import window
from tests.support.ledger import ROOT
from tests.support.tally import differences

FIRST = window("2025").start
#: two stations merge after the sixth month, one changes its county after the ninth; the law changes with the second year
QUICK = (("2025-07", 20_000), ("2025-Q2", 10_000), ("2025-H1", 5_000))
EVERY = (
    *(f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)),
    *(f"{year}-Q{quarter}" for year in (2025, 2026) for quarter in range(1, 5)),
    *("2025-H1", "2025-H2", "2026-H1", "2026-H2", "2025", "2026"),
    *("2025-06-30", "2025-07-01", "2025-W27", "2026-W01"),
)


@dataclass
class Home:
    """A province that was read, what its stations entered, and the folder of its sources."""

    engine: DuckDBEngine
    books: Books
    sources: Path
    is_whole: bool


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT, "cn")


@pytest.fixture(scope="module")
def seven_months(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Iterator[Home]:
    yield from _live(tmp_path_factory.mktemp("seven_months"), catalog, months=7, is_whole=True)


@pytest.fixture(scope="module", params=["all eleven", "the base six"])
def two_years(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog, request: pytest.FixtureRequest) -> Iterator[Home]:
    yield from _live(tmp_path_factory.mktemp("two_years"), catalog, months=24, is_whole=request.param == "all eleven")


@pytest.mark.parametrize(("period", "cells"), QUICK)
def test_every_cell_of_seven_months(seven_months: Home, catalog: Catalog, period: str, cells: int) -> None:
    found = _compare(seven_months, catalog, period, only=COUNTED)
    assert found.differences == {}
    assert found.cells > cells


@pytest.mark.slow
def test_every_cell_of_two_years(two_years: Home, catalog: Catalog) -> None:
    """Months, quarters, half-years and years of every form and unit; no error check fails on a valid ledger."""
    cells = 0
    for period in EVERY:
        # the forms that the simulator counts itself need the base six alone: once is enough
        found = _compare(two_years, catalog, period, only=None if two_years.is_whole else COUNTED)
        assert found.differences == {}, (period, list(found.differences.items())[:10])
        cells += found.cells
        if two_years.is_whole and period[5:7].isdigit() and len(period) == 7:
            assert differences(two_years.engine, catalog, two_years.sources / "tally.csv", period) == {}
    assert cells > (600_000 if two_years.is_whole else 400_000)
    failed = two_years.engine.sql(
        "SELECT period, form_id, check_id, unit_code, row_code, message FROM report.check_result "
        "WHERE outcome = 'failed' AND severity = 'error' ORDER BY ALL LIMIT 20"
    ).to_pylist()
    assert failed == []


def _compare(home: Home, catalog: Catalog, period: str, *, only: Sequence[str] | None = None) -> Compared:
    tabulate(home.engine, catalog, ReferencePeriod.parse(period), load_forms(catalog), only=only)
    return compare(home.engine, home.books, period)


def _live(folder: Path, catalog: Catalog, *, months: int, is_whole: bool) -> Iterator[Home]:
    simulate(folder / "sources", months=months, silent=None, defects=0)
    for source in (name for name, one in catalog.sources.items() if one.is_base or is_whole):
        extract.run(catalog=catalog, source=source, location=str(folder / "sources" / f"{source}.sqlite"), home=folder / "home")
    conform.run(catalog=catalog, home=folder / "home")
    province = make_province(add_months(FIRST, 6), add_months(FIRST, 9))
    with open_warehouse(folder / "home") as engine:
        yield Home(engine, Books(folder / "sources", province), folder / "sources", is_whole)
