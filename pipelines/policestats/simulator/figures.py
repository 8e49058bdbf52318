"""What the tally's books have in common: plain counters, carrying them up the tree of units, and exact rates."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from policestats.simulator.calendar import add_months
from policestats.simulator.province import Province

#: First day there are records of; before it a comparison is not applicable, not zero (corrections.md 14).
RECORDS_BEGIN = date(2025, 1, 1)

UnitRow = tuple[str, str]
#: Things counted, by the unit as written in the record (None: none was written) and the row.
Counts = Counter[tuple[str | None, str]]
#: Transfers, by both ends as written and the row.
Moves = Counter[tuple[str | None, str | None, str]]
#: The cells of one form and month: column -> (unit, row) -> number.
Cells = dict[str, Counter[UnitRow]]


@dataclass(frozen=True)
class Cell:
    """One figure of the tally."""

    form_id: str
    period: str
    unit_code: str
    row_code: str
    column_code: str
    value: int | Decimal


@dataclass
class MonthFigures:
    """What was counted for one month, before any unit above the station is looked at."""

    counts: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counter))
    moves: dict[str, Moves] = field(default_factory=lambda: defaultdict(Counter))


class Fold:
    """Carries counters to the units of the tree as it stands on the last day of a month.

    Source: language.md (units that ended are carried to their successors in force at the end of the reported period).
    """

    def __init__(self, province: Province, month: date) -> None:
        self.last_day = add_months(month, 1) - timedelta(days=1)
        self.units = province.tree(self.last_day)
        self._province = province
        self._chains: dict[str | None, tuple[str, ...]] = {}

    def chain(self, code: str | None) -> tuple[str, ...]:
        """Return the unit that stands for ``code`` at the end of the month, and all above it."""
        if code not in self._chains:
            self._chains[code] = self._province.chain(code, self.last_day)
        return self._chains[code]

    def up(self, counts: Counts) -> Counter[UnitRow]:
        """Add every count to its unit and to all units above it."""
        cells: Counter[UnitRow] = Counter()
        for (unit, row), number in counts.items():
            for above in self.chain(unit):
                cells[above, row] += number
        return cells

    def net(self, moves: Moves) -> tuple[Counter[UnitRow], Counter[UnitRow]]:
        """Return what each unit received and what it sent; a move inside a unit's own subtree is neither (corrections.md 4)."""
        received: Counter[UnitRow] = Counter()
        sent: Counter[UnitRow] = Counter()
        for (giver, taker, row), number in moves.items():
            givers, takers = self.chain(giver), self.chain(taker)
            for unit in takers:
                if unit not in givers:
                    received[unit, row] += number
            for unit in givers:
                if unit not in takers:
                    sent[unit, row] += number
        return received, sent


def ratio(numerator: int, denominator: int, decimals: int) -> Decimal | None:
    """Return ``numerator / denominator`` to ``decimals`` places, halves away from zero (四舍五入); None over a base of zero, printed "—".

    Whole numbers all the way, so that no half is lost: 1/8 to two places is 0.13.
    """
    if denominator == 0:
        return None
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    scaled = 2 * abs(numerator) * 10**decimals
    units = (scaled + denominator) // (2 * denominator)
    return Decimal(units if numerator >= 0 or units == 0 else -units).scaleb(-decimals)


def share(part: int, whole: int, decimals: int = 2) -> Decimal | None:
    """Return ``part`` in percent of ``whole``."""
    return ratio(100 * part, whole, decimals)


def change(now: int, before: int, decimals: int = 1) -> Decimal | None:
    """Return by how many percent ``now`` is above ``before``; negative below it."""
    return ratio(100 * (now - before), before, decimals)


def base_cells(form_id: str, period: str, cells: Mapping[str, Counter[UnitRow]]) -> Iterator[Cell]:
    """Yield the counted cells that are not zero."""
    for column, counter in cells.items():
        for (unit, row), number in counter.items():
            if number:
                yield Cell(form_id, period, unit, row, column, number)


def rate_cells(form_id: str, period: str, unit: str, row: str, rates: Mapping[str, Decimal | None]) -> Iterator[Cell]:
    """Yield the rates that are defined."""
    for column, value in rates.items():
        if value is not None:
            yield Cell(form_id, period, unit, row, column, value)
