"""Every cell of a form, computed row by row in plain Python: slow, short, and independent of the compiler.

API:
    load(standard_dir, templates_dir, policies={name: choice}) -> Standard
    interpret(standard, form_id, period, tables) -> {(unit_code, row_code, column_code): Decimal | None}
    check(standard, form_id, period, tables) -> [Failure]
``tables`` is {core table: [row]}; a row is a dict of Python date, datetime, str, bool, int, Decimal or None, and may leave columns out.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .calendar import LOOKS_BACK, Clock, Period, Window, clock, period, window
from .checks import Failure, check
from .conditions import Anchor
from .contributions import OUTSIDE, Contribution, contributions, is_distinct
from .derived import DERIVED, Number, derived, printed
from .rows import dynamic_rows_of_record, form_rows, rows_of_record
from .standard import Row, Standard, core_rows, load
from .units import Tree

__all__ = ["Failure", "Standard", "Tabulation", "check", "interpret", "load"]

Key = tuple[str, str, str]


def interpret(standard: Standard, form_id: str, period_text: str, tables: dict[str, list[Row]]) -> dict[Key, Decimal | None]:
    """Return every applicable cell of a form.

    A base cell without records is 0. None stands for a rate without a base ("—") and for a cell that is not applicable: its window would
    start before ``records_begin``, or the prior year has no such week or day.
    Units: all that stand at the end of the period, and the unknown unit when a record is counted there in any cell (a move within it is none).
    """
    table = Tabulation(standard, form_id, period(period_text), tables)
    return {(unit, row, column): table.value(unit, row, column) for unit in table.units() for row, column in table.cells(unit)}


class Tabulation:
    """One form for one period. ``tree`` is given when a period is read with the units of another one (comparable figures)."""

    def __init__(self, standard: Standard, form_id: str, this: Period, tables: dict[str, list[Row]], tree: Tree | None = None) -> None:
        self.standard, self.form, self.period = standard, standard.forms[form_id], this
        core = core_rows(standard, tables)
        self._tables = core
        self.tree = tree or Tree(core.get(standard.settings["units"]["table"], []), this.end, standard.unknown_unit)
        self.columns: dict[str, Row] = {column["code"]: column for column in self.form["columns"] if self._prints(column)}
        self.rows = form_rows(self.form, standard)
        self._seen_unknown = False
        self._narrowed: dict[Any, Row] = {}
        self._anchors: dict[date, Anchor] = {}
        self._totals: dict[Key, Fraction] = {}
        self._dynamic: dict[str, set[str]] = {}
        self._own: dict[Key, Fraction] = {}
        self._values: dict[Key, Decimal | None] = {}
        self._applicable = {code for code in self.columns if self.indicator(code) is not None and self._begins_in_time(code)}
        for code in self._applicable:
            self._add_up(code)

    def units(self) -> list[str]:
        """The units that have cells."""
        unknown = self.standard.unknown_unit
        return [unit for unit in self.tree.parent if unit != unknown or self._seen_unknown]

    def cells(self, unit: str) -> list[tuple[str, str]]:
        """(row, column) of every cell of one unit."""
        rows = [*(row.code for row in self.rows), *sorted(self._dynamic.get(unit, ()))]
        return [(row, code) for row in rows for code in self.columns if self.has_cell(row, code)]

    def has_cell(self, row: str, column: str) -> bool:
        """Whether the form prints ``column`` in ``row`` at this frequency."""
        member = row.partition("/")[0]  # a row below a member has the columns of the member
        if column not in self.columns or member not in self.columns[column].get("rows", [member]):
            return False
        blocks = self.columns[column].get("blocks")
        return blocks is None or self._block_of(member) in blocks

    def _block_of(self, row: str) -> str:
        return next((r.block for r in self.rows if r.code == row), row)

    def _is_evaluated(self, row: str, indicator: Row) -> bool:
        """Whether a record that ``indicator`` counts is looked at for ``row``: some column of it has a cell there, or in another row of a partition."""
        columns = [code for code in self._applicable if self.indicator(code) == indicator]
        own = next(r for r in self.rows if r.code == row)
        together = [row] if own.kind == "of_which" else [r.code for r in self.rows if r.block == own.block and r.kind != "of_which"]
        return any(self.has_cell(code, column) for code in together for column in columns)

    def value(self, unit: str, row: str, column: str) -> Decimal | None:
        """The published value of a cell."""
        if (unit, row, column) not in self._values:
            definition = self.columns[column]
            decimals = definition.get("decimals") if any(kind in definition for kind in DERIVED) else None
            self._values[unit, row, column] = printed(self._exact(unit, row, column), decimals)
        return self._values[unit, row, column]

    def own(self, unit: str, row: str, column: str) -> Decimal | None:
        """The value of what is booked at ``unit`` itself, without the units below; None for what is no indicator column."""
        return printed(self._own.get((unit, row, column), Fraction(0)), None) if column in self._applicable else None

    def indicator(self, column: str) -> Row | None:
        """The indicator (or inline ledger) of a column; None for a derived one."""
        definition = self.columns[column]
        if "ledger" in definition:
            return definition
        named = self.standard.indicators[definition["indicator"]] if "indicator" in definition else None
        if named is None or named.get("manual"):
            return None
        return {**named, "where": {"all": [named.get("where", {}), definition["where"]]}} if "where" in definition else named

    def variant(self, column: str) -> str:
        """The variant of an indicator column."""
        return str(self.columns[column].get("variant", "current"))

    def window(self, column: str) -> Window | None:
        """The window an indicator column is filled from; a derived column has that of the period."""
        return window(self.period, self.variant(column))

    def _prints(self, column: Row) -> bool:
        return self.period.frequency in column.get("frequencies", [self.period.frequency])

    def _begins_in_time(self, column: str) -> bool:
        """Whether the window of an indicator column exists and, when it looks back, begins with or after the records."""
        this = self.window(column)
        if this is None:
            return False
        begin: date | None = self.standard.settings.get("records_begin")
        return self.variant(column) not in LOOKS_BACK or begin is None or this.start >= begin

    def _exact(self, unit: str, row: str, column: str) -> Number:
        if not self.has_cell(row, column):
            return None
        if "indicator" in self.columns[column] and self.indicator(column) is None:
            return None  # typed by people
        if self.indicator(column) is not None:
            return self._totals.get((unit, row, column), Fraction(0)) if column in self._applicable else None
        return derived(self.columns[column], row, self.standard.policies, lambda at, code: self._exact(unit, at, code), self._days)

    def _days(self, column: str) -> int:
        this = self.window(column)
        return (this.end - this.start).days if this else 0

    def _add_up(self, column: str) -> None:
        """Count the contributions of one column at their unit and at every unit above it."""
        indicator, this = self.indicator(column), self.window(column)
        if indicator is None or this is None:
            return
        anchor = self._anchors.setdefault(this.end, Anchor(self.standard, self._tables, self._clock(), this.end))
        keys: set[tuple[Any, ...]] = set()
        for contribution in contributions(indicator, this, anchor):
            unit = self.tree.find(contribution.unit)
            rows = rows_of_record(self._form_for(indicator), contribution.record, indicator.get("as", {}), anchor)
            if unit == self.standard.unknown_unit and rows and self._is_from_elsewhere(contribution, [unit]):
                self._seen_unknown = True
            for row in rows:
                if self._is_from_elsewhere(contribution, [unit]) and _is_new(keys, ("own", unit, row), contribution):
                    _add(self._own, (unit, row, column), contribution.weight)
                for above in self.tree.above(unit):
                    if self._is_from_elsewhere(contribution, self.tree.below(above)) and _is_new(keys, (above, row), contribution):
                        _add(self._totals, (above, row, column), contribution.weight)
            self._add_dynamic(column, indicator, contribution, unit, keys, anchor)
        if is_distinct(indicator) and "partner" in indicator:
            raise ValueError(f"form {self.form['id']}: {column}: a distinct count of transfers has no meaning in the language")

    def _form_for(self, indicator: Row) -> Row:
        """The form with only the rows that a column of ``indicator`` has cells in: a fact need not know the dimensions of the others."""
        key = id(self.standard.indicators.get(str(indicator.get("id")), indicator)), repr(indicator.get("where"))
        if key not in self._narrowed:
            wanted = {row.code for row in self.rows if self._is_evaluated(row.code, indicator)}
            blocks = []
            for block in self.form["blocks"]:
                described = block["rows"]
                sets = [part for part in described.get("sets", []) if part["code"] in wanted]
                plain = {r.code for r in self.rows if r.block == block["id"] and r.kind != "of_which"}
                if "cross" in described or plain & wanted:
                    blocks.append({**block, "rows": {**described, "sets": sets}})
                elif sets:
                    blocks.append({**block, "rows": {"sets": sets}})
            self._narrowed[key] = {**self.form, "blocks": blocks}
        return self._narrowed[key]

    def _add_dynamic(
        self, column: str, indicator: Row, contribution: Contribution, unit: str, keys: set[tuple[Any, ...]], anchor: Anchor
    ) -> None:
        """Count in the rows below a unit, which only units of their level print; a move between two such rows of a unit is a move in both."""
        for row, level in dynamic_rows_of_record(self.form, column, contribution.record, indicator.get("as", {}), anchor).items():
            for above in (above for above in self.tree.above(unit) if self.tree.level(above) == level):
                self._dynamic.setdefault(above, set()).add(row)
                if _is_new(keys, (above, row), contribution):
                    _add(self._totals, (above, row, column), contribution.weight)

    def _clock(self) -> Clock:
        return clock(self.standard.settings, self.standard.lateness(self.form))

    def _is_from_elsewhere(self, contribution: Contribution, units: list[str]) -> bool:
        """A transfer counts only when its other end lies outside ``units``; what is no transfer always counts."""
        if contribution.partner is None or contribution.partner is OUTSIDE:
            return True
        return self.tree.find(contribution.partner) not in units


def _is_new(keys: set[tuple[Any, ...]], place: tuple[Any, ...], contribution: Contribution) -> bool:
    """Whether a distinct key is met for the first time in this place; what is counted by record always is."""
    if contribution.key is None:
        return True
    if (*place, contribution.key) in keys:
        return False
    keys.add((*place, contribution.key))
    return True


def _add(totals: dict[Key, Fraction], key: Key, weight: Fraction) -> None:
    totals[key] = totals.get(key, Fraction(0)) + weight
