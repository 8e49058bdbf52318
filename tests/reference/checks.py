"""The checks of a form: those it declares, and those every form has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from .calendar import CUMULATIVE, period, previous
from .check_language import Expression, Side, comparison
from .contributions import is_distinct
from .standard import Row, Standard

if TYPE_CHECKING:
    from .interpreter import Tabulation


@dataclass(frozen=True)
class Failure:
    """A check that did not hold at one place; ``row_code`` and ``column_code`` are None where the check names them itself."""

    check_id: str
    severity: str
    unit_code: str
    row_code: str | None
    column_code: str | None
    left: Decimal
    right: Decimal


def check(standard: Standard, form_id: str, period_text: str, tables: dict[str, list[Row]]) -> list[Failure]:
    """Evaluate a form's checks and the implied ones; a check with a missing operand is not evaluated and gives no failure."""
    from .interpreter import Tabulation  # the interpreter offers this function, so it is imported when called

    this = period(period_text)
    now = Tabulation(standard, form_id, this, tables)
    # The previous period is read with the units of this one: a station that took over another would else seem to gain cases.
    before = Tabulation(standard, form_id, previous(this), tables, now.tree)
    failures = [failure for declared in now.form.get("checks", []) for failure in _declared(declared, now, before)]
    return failures + list(_implied(now))


class _Place:
    """Where an expression is evaluated: a unit, and the row or column it leaves open."""

    def __init__(self, now: Tabulation, before: Tabulation, unit: str, row: str | None, column: str | None, mode: str = "") -> None:
        self.now, self.before, self.unit, self.row, self.column, self.mode = now, before, unit, row, column, mode

    def at(self, unit: str | None = None, mode: str | None = None) -> _Place:
        return _Place(self.now, self.before, unit or self.unit, self.row, self.column, self.mode if mode is None else mode)

    def cell(self, row: str | None, column: str | None) -> Decimal | None:
        row, column = row or self.row, column or self.column
        if row is None or column is None or not self.now.has_cell(row, column):
            return None
        if self.mode == "own":
            return self.now.own(self.unit, row, column)
        return self._previous(row, column) if self.mode == "previous" else self.now.value(self.unit, row, column)

    def _previous(self, row: str, column: str) -> Decimal | None:
        this = self.now.period
        if this.start == this.first_day_of_year and self.now.variant(column) in CUMULATIVE:
            return Decimal(0)
        begin = self.now.standard.settings.get("records_begin")
        if begin is not None and self.before.period.start < begin:
            return None
        return self.before.value(self.unit, row, column)


def _declared(declared: Row, now: Tabulation, before: Tabulation) -> Iterator[Failure]:
    if now.period.frequency not in declared.get("frequencies", [now.period.frequency]):
        return
    scope = declared.get("for")
    rows = declared.get("rows", [row.code for row in now.rows]) if scope == "rows" else [None]
    columns = declared.get("columns", [code for code in now.columns if _counts(now, code)]) if scope == "columns" else [None]
    for unit in now.units():
        if declared.get("units") == "root" and unit not in now.tree.roots:
            continue
        for row in rows:
            for column in columns:
                place = _Place(now, before, unit, row, column)
                sides = _failing_sides(declared, place)
                if sides is not None:
                    yield Failure(declared["id"], declared["severity"], unit, row, column, *sides)


def _counts(now: Tabulation, column: str) -> bool:
    """Whether a check over columns reaches this one: counts and their sums do, rates and shares do not add up."""
    return now.indicator(column) is not None or "formula" in now.columns[column]


def _failing_sides(declared: Row, place: _Place) -> tuple[Decimal, Decimal] | None:
    if isinstance(declared["that"], dict):
        return _outlier(declared["that"]["outlier"], place)
    left, operator, right = comparison(declared["that"])
    a, b = _side(left, place), _side(right, place)
    if a is None or b is None:
        return None
    tolerance = Decimal(str(declared.get("tolerance", 0)))
    held = {
        "=": abs(a - b) <= tolerance,
        "<=": a <= b + tolerance,
        ">=": a + tolerance >= b,
        "<": a < b + tolerance,
        ">": a + tolerance > b,
    }
    return None if held[operator] else (a, b)


def _outlier(rule: Row, place: _Place) -> tuple[Decimal, Decimal] | None:
    """Two counts differ by more than ``z`` standard errors: (a - b) / sqrt(a + b), both at least ``at_least`` (corrections.md 13)."""
    a, b = place.cell(None, rule["of"]), place.cell(None, rule["from"])
    if a is None or b is None or min(a, b) < rule["at_least"]:
        return None
    return (a, b) if (a - b) ** 2 > Decimal(str(rule["z"])) ** 2 * (a + b) else None


def _side(side: Side, place: _Place) -> Decimal | None:
    total = Decimal(0)
    for weight, part in side:
        value = _expression(part, place)
        if value is None:
            return None
        total += weight * value
    return total


def _expression(part: Expression, place: _Place) -> Decimal | None:
    kind = part[0]
    if kind == "number":
        return part[1]
    if kind == "cell":
        return place.cell(part[1], part[2])
    if kind == "range":
        codes = [row.code for row in place.now.rows]
        return _total([place.cell(code, part[3]) for code in codes[codes.index(part[1]) : codes.index(part[2]) + 1]])
    if kind == "other":
        return None  # another form: not read here
    return _call(part[1], part[2], place)


def _call(function: str, side: Side, place: _Place) -> Decimal | None:
    tree = place.now.tree
    if function == "sum":
        return _side(side, place)
    if function == "previous":
        return _side(side, place.at(mode="previous"))
    if function == "units":
        return _total([_side(side, place.at(unit, "own")) for unit in tree.below(place.unit)])
    if function == "children":
        return _total([_side(side, place.at(mode="own")), *(_side(side, place.at(child)) for child in tree.children(place.unit))])
    if function in ("days", "months"):
        return None  # the forms of shorter periods are not read here
    raise ValueError(f"check: {function} is no function")


def _total(values: list[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None


def _implied(now: Tabulation) -> Iterator[Failure]:
    """Leaves add up to the total (for counts that may be added); of-which rows and columns lie between 0 and what they are part of."""
    counted = [code for code in now.columns if now.indicator(code) is not None]
    total = next((row.code for row in now.rows if row.kind in ("total", "one")), None)
    totals = {row.block: row.code for row in now.rows if row.kind == "total"}
    apart = {block["id"] for block in now.form["blocks"] if "apart" in block["rows"]}
    blocks = {row.block: totals.get(row.block, total) for row in now.rows if row.kind == "leaf" and row.block not in apart}
    for unit in now.units():
        for code in counted:
            indicator = now.indicator(code)
            for block, above in blocks.items():
                if above is None or indicator is None or is_distinct(indicator):
                    continue
                leaves = [row.code for row in now.rows if row.block == block and row.kind == "leaf"]
                yield from _compared(now, f"leaves of {block}", unit, (above, code), [(leaf, code) for leaf in leaves], "=")
            for row in now.rows:
                if row.kind == "of_which" and row.parent:
                    yield from _compared(now, "of-which row", unit, (row.parent, code), [(row.code, code)], "within")
                parent = now.columns[code].get("parent")
                if parent in now.columns:
                    yield from _compared(now, "of-which column", unit, (row.code, parent), [(row.code, code)], "within")


def _compared(
    now: Tabulation, name: str, unit: str, whole: tuple[str, str], parts: list[tuple[str, str]], relation: str
) -> Iterator[Failure]:
    if not all(now.has_cell(*cell) for cell in [whole, *parts]):
        return
    right, left = now.value(unit, *whole), _total([now.value(unit, *part) for part in parts])
    if left is None or right is None:
        return
    held = left == right if relation == "=" else 0 <= left <= right
    if not held:
        yield Failure(f"implied: {name}", "error", unit, parts[0][0], parts[0][1], left, right)
