"""One form of one period while it is being counted: counters by unit and row, carried up the tree, and the rates over them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from policestats.simulator.figures import Fold, ratio
from policestats.simulator.province import Province
from tests.support.counting.window import Window

#: unit, row, column
Place = tuple[str, str, str]


class Sheet:
    """Cells of one form: units as they stand at the end of ``span`` (corrections.md 11), every row the caller names, no cell for a zero."""

    def __init__(self, province: Province, span: Window) -> None:
        self.span = span
        self._fold = Fold(province, span.last_month)
        self._found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        self._seen: set[tuple[str, str, str, Any]] = set()
        self._rates: dict[Place, Decimal] = {}

    def count(self, column: str, unit: str | None, rows: Iterable[str], number: int | Decimal = 1) -> None:
        """Add ``number`` to the rows at ``unit``, as written in the record, and at all units above it."""
        for above in self._fold.chain(unit):
            for row in rows:
                self._found[column][above, row] += number

    def count_once(self, column: str, unit: str | None, row: str, thing: Any) -> None:
        """Count ``thing`` once at each unit, however often it comes (人, not 人次; corrections.md 8)."""
        for above in self._fold.chain(unit):
            if (column, above, row, thing) not in self._seen:
                self._seen.add((column, above, row, thing))
                self._found[column][above, row] += 1

    def count_beyond(self, column: str, unit: str | None, other: str | None, rows: Iterable[str], number: int | Decimal = 1) -> None:
        """Count one end of a transfer: at the units above ``unit`` that ``other`` does not lie under (corrections.md 4); None lies outside the tree."""
        others = () if other is None else self._fold.chain(other)
        for above in self._fold.chain(unit):
            if above not in others:
                for row in rows:
                    self._found[column][above, row] += number

    def at(self, column: str, unit: str, row: str) -> int | Decimal:
        """Return what was counted so far."""
        return self._found[column][unit, row]

    def units_of(self, column: str) -> set[str]:
        """Return the units at which ``column`` holds something."""
        return {unit for (unit, _), number in self._found[column].items() if number}

    def rate(
        self,
        column: str,
        of: Mapping[str, int],
        over: Mapping[str, int],
        *,
        per: int = 100,
        decimals: int = 2,
        rows: Iterable[str] | None = None,
    ) -> None:
        """Write ``per`` times one sum of columns over another, to ``decimals`` places; over zero there is no cell."""
        shown = None if rows is None else set(rows)
        for unit, row in {place for name in over for place in self._found[name]}:
            value = ratio(per * self._sum(of, unit, row), self._sum(over, unit, row), decimals)
            if value is not None and (shown is None or row in shown):
                self._rates[unit, row, column] = value

    def rate_over_row(self, column: str, of: str, rows: Iterable[str], *, over: str, row: str, per: int) -> None:
        """Write ``per`` times the column ``of`` of all ``rows`` over one figure of the unit, that of ``over`` in ``row``, to two places."""
        shown = list(rows)
        for (unit, base), number in self._found[over].items():
            if base == row:
                for found in shown:
                    self.write(unit, found, column, ratio(per * int(self._found[of][unit, found]), int(number), 2))

    def change(self, column: str, of: str, before: str) -> None:
        """Write by how many percent one column is above another, to one place."""
        self.rate(column, {of: 1, before: -1}, {before: 1}, decimals=1)

    def write(self, unit: str, row: str, column: str, value: Decimal | None) -> None:
        """Write a figure made by the caller; None is no cell."""
        if value is not None:
            self._rates[unit, row, column] = value

    def cells(self, *, without: Iterable[str] = ()) -> dict[Place, Decimal]:
        """Return every cell that is not zero and every rate; ``without`` names counters that are no columns."""
        dropped = set(without)
        counted = {
            (unit, row, column): Decimal(number)
            for column, counter in self._found.items()
            if column not in dropped
            for (unit, row), number in counter.items()
            if number
        }
        return counted | self._rates

    def _sum(self, weights: Mapping[str, int], unit: str, row: str) -> int:
        return sum(weight * int(self._found[name][unit, row]) for name, weight in weights.items())
