"""A form filled for one period: base columns from the fold, derived ones from totals, each with its status."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import lcm
from typing import Protocol

import numpy as np

from policestats.errors import StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.exact import SCALE, Flags, Integers, decimal, linear
from policestats.reports.figures import Figures, Positions
from policestats.reports.form_columns import FormColumn, operands
from policestats.reports.plan import Plan
from policestats.reports.rates import rates, wilsons
from policestats.reports.status import ColumnStatus
from policestats.reports.template import Form

Values = tuple[Integers, Flags]


@dataclass
class FormTable:
    """All figures of a form, by column. ``booked`` holds what is booked at each unit itself, for checks over units."""

    form: Form
    period: ReferencePeriod
    units: list[str]
    rows: list[str]
    figures: dict[str, Figures]
    booked: dict[str, Figures]
    statuses: dict[str, ColumnStatus]
    _at_row: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._at_row = {code: i for i, code in enumerate(self.rows)}

    def row_index(self, code: str) -> int:
        """Position of a row."""
        return self._at_row[code]

    def rows_at(self, codes: list[str] | tuple[str, ...]) -> Positions:
        """Positions of rows."""
        return np.array([self._at_row[code] for code in codes], dtype=np.int64)

    def column(self, name: str) -> Values:
        """Return (values, usable) of a column, both [unit, row]: whole millionths, and where there is a figure to compare."""
        values, defined = self.figures[name].dense()
        return values, defined & self.statuses[name].has_values(*np.ogrid[: len(self.units), : len(self.rows)])

    def at(self, name: str, rows: Positions) -> Values:
        """Return (values, usable) of a column in the given rows, both [unit, len(rows)]."""
        values, defined = self.figures[name].at_rows(rows)
        return values, defined & self.statuses[name].has_values(np.arange(len(self.units))[:, None], rows[None, :])


def fill(
    plan: Plan, units: list[str], base: dict[str, Integers], booked: dict[str, Figures], statuses: dict[str, ColumnStatus]
) -> FormTable:
    """Return the form's table: every derived column computed after aggregation from unrounded operands.

    Args: base: for each column that records or people fill, its values [unit, row].
    """
    rows = [row.code for row in plan.form.rows]
    known = {c.code: c for c in plan.form.columns}
    figures: dict[str, Figures] = {}
    for code, values in base.items():
        applies = _applies(known[code], rows) if code in known else np.ones(len(rows), dtype=bool)
        figures[code] = Figures.of_counts(len(units), len(rows), values, applies)
    table = FormTable(plan.form, plan.period, units, rows, figures, booked, statuses)
    for column in plan.form.columns_for(plan.period.frequency):
        if column.code not in base and (column.kind == "manual" or column.code in plan.not_applicable):
            figures[column.code] = Figures.none(len(units), len(rows))
    for column in plan.form.columns_for(plan.period.frequency):
        _compute(column, table, plan)
    return table


def _applies(column: FormColumn, rows: list[str]) -> Flags:
    return np.array([column.applies(r) for r in rows], dtype=bool)


def _compute(column: FormColumn, table: FormTable, plan: Plan) -> None:
    if column.code in table.figures:
        return
    for name in operands(column):
        _compute(plan.form.column(name), table, plan)
    values, defined = Derivation(plan, _Grid(table)).of(column)
    count = (len(table.units), len(table.rows))
    applies = _applies(column, table.rows)
    values, defined = np.broadcast_to(values, count), np.broadcast_to(defined, count)  # a rate of two fixed rows is the same in every row
    if column.kind == "formula":
        everywhere = applies & np.logical_and.reduce([table.figures[name].is_zero for name in operands(column)], axis=0)
        table.figures[column.code] = Figures.of_counts(*count, values, everywhere)
    else:
        table.figures[column.code] = Figures.of_rates(*count, values, defined & applies[None, :])


class _Grid:
    """The cells of a form as derived columns see them: [unit, row]."""

    def __init__(self, table: FormTable) -> None:
        self.table = table

    def part(self, name: str) -> Values:
        """Return a column."""
        return self.table.figures[name].dense()

    def fixed(self, name: str, row: str) -> Values:
        """Return a column in one row, [unit, 1]."""
        return self.table.figures[name].at_rows(self.table.rows_at([row]))

    def share_base(self, name: str, row: str, exceptions: dict[str, str]) -> Values:
        """Return a column in the row that is each row's base."""
        values, defined = self.part(name)
        at = self.table.rows_at([exceptions.get(r, row) for r in self.table.rows])
        return values[:, at], defined[:, at]

    def place(self, at: tuple[int, ...], shape: tuple[int, ...]) -> str:
        """Return the words for a cell of an array of ``shape``."""
        row = f"[{self.table.rows[at[1]]}]" if shape[1] == len(self.table.rows) else "its fixed row"
        return f"{row} of unit {self.table.units[at[0]]}"


class Cells(Protocol):
    """Cells laid out in arrays, as derived columns see them."""

    def part(self, name: str) -> Values:
        """Return a column."""

    def fixed(self, name: str, row: str) -> Values:
        """Return a column in one row."""

    def share_base(self, name: str, row: str, exceptions: dict[str, str]) -> Values:
        """Return a column in the row that is each cell's base: ``row``, or another for the rows among ``exceptions``."""

    def place(self, at: tuple[int, ...], shape: tuple[int, ...]) -> str:
        """Return the words for a cell of an array of ``shape``."""


class Derivation:
    """Computes derived columns from the cells that ``cells`` lays out."""

    def __init__(self, plan: Plan, cells: Cells) -> None:
        self.plan, self.cells = plan, cells

    def of(self, column: FormColumn) -> Values:
        """Return (values, defined) of a derived column. Raises: StatisticsError naming the first cell whose base is negative."""
        spec = column.spec
        if column.kind == "formula":
            return self._linear(spec["formula"], None)
        if column.kind == "wilson":
            of, known = self._linear({spec["wilson"]["of"]: 1}, None)
            over, base_known = self._linear({spec["wilson"]["over"]: 1}, None)
            found, has_base = wilsons(of // SCALE, over // SCALE, bound=spec["wilson"]["bound"], decimals=column.decimals)
            return found, known & base_known & has_base
        if column.kind == "rate":
            r, (of_parts, over_parts) = spec["rate"], _in_whole_numbers(column)
            numerator, known = self._linear(of_parts, r.get("of_row"))
            denominator, base_known = self._linear(over_parts, r.get("over_row"))
            per = spec["per"]
        elif column.kind == "change":
            c = spec["change"]
            weights = (1, 1)
            if c.get("per_day"):  # daily means: each figure over its own days, kept in whole numbers by crossing the day counts
                weights = (_days(c["from"], self.plan), _days(c["of"], self.plan))
            now, now_known = self._linear({c["of"]: weights[0]}, None)
            before, before_known = self._linear({c["from"]: weights[1]}, None)
            numerator, denominator = linear([(now, 1), (before, -1)]), before
            known, base_known, per = now_known & before_known, before_known, 100
        elif column.kind == "share_of":
            share = spec["share_of"]
            numerator, known = self._linear({share["column"]: 1}, None)
            denominator, base_known = self.cells.share_base(share["column"], share["row"], share.get("except", {}))
            per = 100
        else:
            numerator, known = self._linear({spec["per_day"]: 1}, None)
            denominator, base_known, per = np.full_like(numerator, _days(spec["per_day"], self.plan) * SCALE), known, 1
        self._refuse_negative(denominator, column)
        found, has_base = rates(numerator, denominator, per=per, decimals=column.decimals)
        return found, known & base_known & has_base

    def _linear(self, weights: dict[str, int], row: str | None) -> Values:
        """Return the weighted sum of columns (of one row, if given) and where all of them are defined."""
        parts = {name: self.cells.part(name) if row is None else self.cells.fixed(name, row) for name in weights}
        known: Flags = np.logical_and.reduce([has for _, has in parts.values()], axis=0)
        return linear([(parts[name][0], weight) for name, weight in weights.items()]), known

    def _refuse_negative(self, denominator: Integers, column: FormColumn) -> None:
        below = np.argwhere((denominator < 0).astype(bool))
        if len(below):
            at = tuple(int(i) for i in below[0])
            raise StatisticsError(
                f"{column.where}: form {self.plan.form.id} {self.plan.period}: the base of column {column.code!r} is {decimal(denominator[at]):f} "
                f"in {self.cells.place(at, denominator.shape)}; a base cannot be negative: correct the amounts, or take another base"
            )


def _in_whole_numbers(column: FormColumn) -> tuple[dict[str, int], dict[str, int]]:
    """Return the weights of a rate's two sides, both multiplied by what makes all of them whole: the rate is the same."""
    assert column.weights is not None
    of, over = column.weights
    factor = lcm(*(w.denominator for side in (of, over) for w in side.values()))
    return {name: int(w * factor) for name, w in of.items()}, {name: int(w * factor) for name, w in over.items()}


def _days(column: str, plan: Plan) -> int:
    """Days of the column's window; 1 where there is no such window, so that what is not applicable divides like any other."""
    found = plan.period.window(plan.form.column(column).variant)
    return found.days if found is not None else 1
