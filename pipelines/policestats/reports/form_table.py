"""A form filled for one period: base columns from the fold, derived ones from totals, each with its status."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from policestats.errors import StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.fold import Grid
from policestats.reports.plan import Plan
from policestats.reports.rates import SCALE, Flags, Integers, rates, wilson
from policestats.reports.status import Status
from policestats.reports.template import Form, FormColumn, operands

Values = tuple[Integers, Flags]


@dataclass
class FormTable:
    """All values of a form: ``values[column]`` is [unit, row] in whole millionths, ``defined[column]`` says where there is one.

    ``booked[column]`` holds what is booked at each unit itself, for checks over units.
    """

    form: Form
    period: ReferencePeriod
    units: list[str]
    rows: list[str]
    values: dict[str, Integers]
    defined: dict[str, Flags]
    booked: dict[str, Integers]
    statuses: dict[str, dict[str, Status]]
    _at_row: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._at_row = {code: i for i, code in enumerate(self.rows)}

    def row_index(self, code: str) -> int:
        """Position of a row."""
        return self._at_row[code]

    def usable(self, column: str) -> Flags:
        """Where a column has a figure to compare: [unit, row]."""
        has = np.array([self.statuses[column][u].has_value for u in self.units], dtype=bool)[:, None]
        return self.defined[column] & has


def fill(plan: Plan, units: list[str], grid: Grid, booked: Grid, statuses: dict[str, dict[str, Status]]) -> FormTable:
    """Return the form's table: every derived column computed after aggregation from unrounded operands."""
    rows = grid.rows
    applies = {c.code: np.array([c.applies(r) for r in rows], dtype=bool)[None, :] for c in plan.form.columns}
    shape = (len(units), len(rows))
    values = dict(grid.values)
    defined: dict[str, Flags] = {}
    for code in values:
        defined[code] = np.broadcast_to(applies.get(code, np.ones((1, len(rows)), dtype=bool)), shape).copy()
    typed = [c.code for c in plan.form.columns_for(plan.period.frequency) if c.kind == "manual"]
    for code in (*plan.not_applicable, *typed):
        values[code] = np.full(shape, 0, dtype=object)
        defined[code] = np.zeros(shape, dtype=bool)
    table = FormTable(plan.form, plan.period, units, rows, values, defined, booked.values, statuses)
    for column in plan.form.columns_for(plan.period.frequency):
        _compute(column, table, plan)
    return table


def _compute(column: FormColumn, table: FormTable, plan: Plan) -> None:
    if column.code in table.values:
        return
    for name in operands(column):
        _compute(plan.form.column(name), table, plan)
    values, defined = _derived(column, table, plan)
    applies = np.array([column.applies(r) for r in table.rows], dtype=bool)[None, :]
    shape = (len(table.units), len(table.rows))  # a rate of two fixed rows is the same in every row
    table.values[column.code] = np.broadcast_to(values, shape).copy()
    table.defined[column.code] = np.broadcast_to(defined & applies, shape).copy()


def _derived(column: FormColumn, table: FormTable, plan: Plan) -> Values:
    spec = column.spec
    if column.kind == "formula":
        return _linear(spec["formula"], table, None)
    if column.kind == "rate":
        r = spec["rate"]
        of = r["of"] if isinstance(r["of"], dict) else {r["of"]: 1}
        numerator, known = _linear(of, table, r.get("of_row"))
        denominator, base_known = _linear({r["over"]: 1}, table, r.get("over_row"))
        per = spec["per"]
    elif column.kind == "change":
        c = spec["change"]
        weights = (1, 1)
        if c.get("per_day"):  # daily means: each figure over its own days, kept in whole numbers by crossing the day counts
            weights = (_days(c["from"], plan), _days(c["of"], plan))
        now, now_known = _linear({c["of"]: weights[0]}, table, None)
        before, before_known = _linear({c["from"]: weights[1]}, table, None)
        numerator, denominator = now - before, before
        known, base_known, per = now_known & before_known, before_known, 100
    elif column.kind == "wilson":
        return _wilson(column, table)
    elif column.kind == "share_of":
        numerator, known = _linear({spec["share_of"]["column"]: 1}, table, None)
        denominator, base_known = _share_base(spec["share_of"], table)
        per = 100
    else:
        numerator, known = _linear({spec["per_day"]: 1}, table, None)
        denominator, base_known, per = np.full(numerator.shape, _days(spec["per_day"], plan) * SCALE, dtype=object), known, 1
    found, has_base = rates(numerator, _as_base(denominator, column, table), per=per, decimals=column.decimals)
    return found, known & base_known & has_base


def _wilson(column: FormColumn, table: FormTable) -> Values:
    spec = column.spec["wilson"]
    of, known = _linear({spec["of"]: 1}, table, None)
    over, base_known = _linear({spec["over"]: 1}, table, None)
    defined = (known & base_known & (over > 0) & (of >= 0) & (of <= over)).astype(bool)  # what cannot be a share has no bounds
    values = np.zeros(of.shape, dtype=object)
    for at in zip(*np.nonzero(defined), strict=True):
        bound = wilson(of[at] // SCALE, over[at] // SCALE, bound=spec["bound"], decimals=column.decimals)
        assert bound is not None
        values[at] = int(bound * SCALE)
    return values, defined


def _as_base(denominator: Integers, column: FormColumn, table: FormTable) -> Integers:
    """Raises: StatisticsError naming the first cell whose base is negative."""
    below = np.argwhere((denominator < 0).astype(bool))
    if len(below):
        unit, row = below[0]
        where = f"[{table.rows[row]}]" if denominator.shape[1] == len(table.rows) else "its fixed row"
        raise StatisticsError(
            f"{column.where}: form {table.form.id} {table.period}: the base of column {column.code!r} is {Decimal(int(denominator[unit, row])) / SCALE:f} "
            f"in {where} of unit {table.units[unit]}; a base cannot be negative: correct the amounts, or take another base"
        )
    return denominator


def _linear(weights: dict[str, int], table: FormTable, row: str | None) -> tuple[Integers, Flags]:
    """Return the weighted sum of columns (of one row, if given) and where all of them are defined."""
    pick = slice(None) if row is None else slice(table.row_index(row), table.row_index(row) + 1)
    total: Integers | None = None
    known: Flags | None = None
    for name, weight in weights.items():
        part, has = table.values[name][:, pick] * weight, table.defined[name][:, pick]
        total = part if total is None else total + part
        known = has if known is None else known & has
    assert total is not None
    assert known is not None
    return total, known


def _share_base(spec: dict[str, object], table: FormTable) -> tuple[Integers, Flags]:
    column = str(spec["column"])
    exceptions = spec.get("except", {})
    assert isinstance(exceptions, dict)
    positions = [table.row_index(str(exceptions.get(row, spec["row"]))) for row in table.rows]
    return table.values[column][:, positions], table.defined[column][:, positions]


def _days(column: str, plan: Plan) -> int:
    """Days of the column's window; 1 where there is no such window, so that what is not applicable divides like any other."""
    found = plan.period.window(plan.form.column(column).variant)
    return found.days if found is not None else 1
