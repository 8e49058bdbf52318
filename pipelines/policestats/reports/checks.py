"""Checks evaluated on filled forms: set-wise over units, rows and columns, exact to the millionth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from policestats.reports.check_language import Call, Cell, Check, Term
from policestats.reports.form_table import FormTable
from policestats.reports.plan import PREVIOUS_SUFFIX
from policestats.reports.rates import SCALE, Flags, Integers
from policestats.reports.template import Form, FormColumn
from policestats.reports.units import UnitsTree

Values = tuple[Integers, Flags]
#: gives, for (form, period, row, column), the value of each unit in whole millionths; None when that form or period was not tabulated
Elsewhere = Callable[[str, str, str, str], dict[str, int] | None]
_COMPARE: dict[str, Callable[[Integers, int], Flags]] = {
    "=": lambda difference, tolerance: np.abs(difference) <= tolerance,
    "<=": lambda difference, tolerance: difference <= tolerance,
    ">=": lambda difference, tolerance: difference >= -tolerance,
    "<": lambda difference, tolerance: difference < 0,
    ">": lambda difference, tolerance: difference > 0,
}


@dataclass(frozen=True)
class Finding:
    """A check that failed, or could not be evaluated, at one unit (and row or column)."""

    check_id: str
    severity: str
    unit_code: str
    block_id: str | None
    row_code: str | None
    column_code: str | None
    left: Decimal | None
    right: Decimal | None
    outcome: str
    message: str


@dataclass
class Outcome:
    """What the checks of a form found: findings, and how many evaluations passed per (check, unit)."""

    findings: list[Finding]
    passed: dict[tuple[str, str], int]


def evaluate(table: FormTable, tree: UnitsTree, elsewhere: Elsewhere) -> Outcome:
    """Evaluate the form's checks and the implied ones; a check with an operand that has no figure is not evaluated, never passed (ALL-03)."""
    outcome = Outcome([], {})
    evaluator = _Evaluator(table, tree, elsewhere)
    for check in (*table.form.checks, *implied(table.form, table.period.frequency)):
        if check.frequencies is not None and table.period.frequency not in check.frequencies:
            continue
        for row, column in _instances(check, table):
            evaluator.run(check, row, column, outcome)
    return outcome


def implied(form: Form, frequency: str) -> list[Check]:
    """Return the checks that every form obeys: partitions add up to the total; of-which rows and sub-columns lie between 0 and their parent (ALL-02)."""
    found = []
    additive = [c for c in form.columns_for(frequency) if c.kind in ("base", "formula")]
    growing = [c for c in additive if _grows(form, c)]
    for block in form.blocks:
        if block.dimension is None:
            continue
        columns = tuple(c.code for c in additive if c.additivity["rows"] == "sum" and c.rows is None)
        left = (Term(1, Cell(None, (block.total,), None)),)
        right = (Term(1, Call("sum", Cell(None, tuple(block.leaves), None))),)
        found.append(_check(f"{form.id}-leaves-{block.id}", "columns", left, "=", right, columns=columns))
        for row in block.sets:
            assert row.parent is not None
            both = tuple(c.code for c in growing if c.applies(row.code) and c.applies(row.parent))
            own = (Term(1, Cell(None, (row.code,), None)),)
            found.append(
                _check(f"{form.id}-of-which-{row.code}", "columns", own, "<=", (Term(1, Cell(None, (row.parent,), None)),), columns=both)
            )
            sums = tuple(c.code for c in growing if c.code in both and _is_sum(c))  # only amounts can lie below 0
            if sums:
                found.append(_check(f"{form.id}-of-which-{row.code}", "columns", own, ">=", (Term(0, None),), columns=sums))
    for column in growing:
        parent = next((c for c in growing if c.code == column.parent), None)
        if parent is not None:
            rows = tuple(r.code for r in form.rows if column.applies(r.code) and parent.applies(r.code))
            part, whole = (Term(1, Cell(None, None, column.code)),), (Term(1, Cell(None, None, parent.code)),)
            found.append(_check(f"{form.id}-of-which-{column.code}", "rows", part, "<=", whole, rows=rows))
            if _is_sum(column):
                found.append(_check(f"{form.id}-of-which-{column.code}", "rows", part, ">=", (Term(0, None),), rows=rows))
    return found


def _is_sum(column: FormColumn) -> bool:
    return column.indicator is not None and column.indicator.measure == "sum"


def _grows(form: Form, column: FormColumn) -> bool:
    """Whether more records can only make the column larger: a difference of two columns may lawfully be larger in a part than in the whole."""
    weights: dict[str, int] = column.spec.get("formula", {})
    return all(weight >= 0 and _grows(form, form.column(name)) for name, weight in weights.items())


def _check(
    id: str,
    over: str,
    left: tuple[Term, ...],
    operator: str,
    right: tuple[Term, ...],
    rows: tuple[str, ...] | None = None,
    columns: tuple[str, ...] | None = None,
) -> Check:
    return Check(
        id,
        "error",
        over,
        rows,
        columns,
        "all",
        None,
        left,
        operator,
        right,
        None,
        "0",
        _text(left, operator, right),
        "checks.csv ALL-02",
        "",
    )


def _text(left: tuple[Term, ...], operator: str, right: tuple[Term, ...]) -> str:
    return f"{' + '.join(map(_term_text, left))} {operator} {' + '.join(map(_term_text, right))}"


def _term_text(term: Term) -> str:
    cell = term.value.argument if isinstance(term.value, Call) else term.value
    if cell is None:
        return f"{term.weight:g}"
    rows = "" if cell.rows is None else f"[{cell.rows[0]}]" if len(cell.rows) == 1 else f"[{cell.rows[0]}..{cell.rows[-1]}]"
    text = rows + (f".{cell.column}" if rows and cell.column else cell.column or "")
    return f"{term.value.function}({text})" if isinstance(term.value, Call) else text


def _instances(check: Check, table: FormTable) -> Iterator[tuple[str | None, str | None]]:
    columns = {c.code: c for c in table.form.columns_for(table.period.frequency)}
    if check.over == "rows":
        for row in check.rows or table.rows:
            if all(c.applies(row) for c in _named(check, columns)):
                yield row, None
    elif check.over == "columns":
        for name in check.columns or [
            c.code for c in columns.values() if c.kind in ("base", "formula") and c.additivity["rows"] == "sum" and c.rows is None
        ]:
            if name in columns:
                yield None, name
    else:
        yield None, None


def _named(check: Check, columns: dict[str, FormColumn]) -> Iterator[FormColumn]:
    names = [check.outlier["of"], check.outlier["from"]] if check.outlier else []
    for term in (*check.left, *check.right):
        cell = term.value.argument if isinstance(term.value, Call) else term.value
        if cell is not None and cell.form is None and cell.rows is None and cell.column:
            names.append(cell.column)
    return (columns[n] for n in names if n in columns)


@dataclass
class _Evaluator:
    table: FormTable
    tree: UnitsTree
    elsewhere: Elsewhere

    def run(self, check: Check, row: str | None, column: str | None, outcome: Outcome) -> None:
        """Evaluate one check for one row or column at all units."""
        if check.outlier is not None:
            assert row is not None
            left, right, holds, known = self._outlier(check.outlier, row)
        else:
            (left, left_known), (right, right_known) = self._sum(check.left, row, column), self._sum(check.right, row, column)
            known = left_known & right_known
            holds = _COMPARE[check.operator](left - right, int(Decimal(check.tolerance) * SCALE))
        block = next((r.block for r in self.table.form.rows if r.code == row), None)
        for i, unit in enumerate(self.table.units):
            if check.units == "root" and self.tree.units[self.tree.position[unit]].parent is not None:
                continue
            if known[i] and holds[i]:
                outcome.passed[check.id, unit] = outcome.passed.get((check.id, unit), 0) + 1
                continue
            left_side, right_side = (Decimal(side[i]) / SCALE if known[i] else None for side in (left, right))
            result = "failed" if known[i] else "not_evaluated"
            outcome.findings.append(Finding(check.id, check.severity, unit, block, row, column, left_side, right_side, result, check.text))

    def _sum(self, terms: tuple[Term, ...], row: str | None, column: str | None) -> Values:
        count = len(self.table.units)
        total = np.full(count, 0, dtype=object)
        known = np.ones(count, dtype=bool)
        for term in terms:
            weight = Decimal(str(term.weight))
            if term.value is None:
                total = total + int(weight * SCALE)
                continue
            part, has = self._value(term.value, row, column)
            total, known = total + part * int(weight), known & has
        return total, known

    def _value(self, value: Cell | Call, row: str | None, column: str | None) -> Values:
        if isinstance(value, Cell):
            return self._cells(value, row, column)
        cell = value.argument
        if value.function == "sum":
            return self._cells(cell, row, column)
        if value.function == "previous":
            name = cell.column or column
            assert name is not None
            return self._cells(Cell(None, cell.rows, name + PREVIOUS_SUFFIX), row, None)
        if value.function == "days":
            return self._days(cell, row, column)
        return self._over_units(value.function, cell, row, column)

    def _cells(self, cell: Cell, row: str | None, column: str | None) -> Values:
        rows = cell.rows or ((row,) if row else ())
        name = cell.column or column
        assert name is not None
        if cell.form is not None:
            return self._other(cell.form, self.table.period.text, rows, name)
        if name not in self.table.values:  # a column that this frequency does not have
            return self._nothing()
        at = [self.table.row_index(r) for r in rows]
        return self.table.values[name][:, at].sum(axis=1), _everywhere(self.table.usable(name)[:, at])

    def _over_units(self, function: str, cell: Cell, row: str | None, column: str | None) -> Values:
        """units(x): what is booked at each unit of the subtree itself; children(x): the children's values plus the unit's own bookings."""
        rows, name = cell.rows or ((row,) if row else ()), cell.column or column
        assert name is not None
        if name not in self.table.booked:  # not applicable in this period, or a column that this frequency does not have
            return self._nothing()
        members = [m for r in rows for m in _members(self.table.form, r)]
        own = self.table.booked[name][:, [self.table.row_index(m) for m in members]].sum(axis=1)
        known = _everywhere(self.table.usable(name)[:, [self.table.row_index(r) for r in rows]])
        at = {u: i for i, u in enumerate(self.table.units)}
        total = own.copy()
        whole = self.table.values[name][:, [self.table.row_index(r) for r in rows]].sum(axis=1)
        for i, unit in enumerate(self.table.units):
            if function == "units":
                total[i] = sum(own[at[u]] for u in self.tree.below(unit) if u in at)
            else:
                total[i] = own[i] + sum(whole[at[u.code]] for u in self.tree.units if u.parent == unit and u.code in at)
        return total, known

    def _days(self, cell: Cell, row: str | None, column: str | None) -> Values:
        rows, name = cell.rows or ((row,) if row else ()), cell.column or column
        assert name is not None
        parts = [self._other(self.table.form.id, day.text, rows, name) for day in self.table.period.split("day")]
        return np.array([p[0] for p in parts], dtype=object).sum(axis=0), _everywhere(np.array([p[1] for p in parts]).T)

    def _other(self, form: str, period: str, rows: tuple[str, ...], column: str) -> Values:
        total, known = np.full(len(self.table.units), 0, dtype=object), np.ones(len(self.table.units), dtype=bool)
        for row in rows:
            found = self.elsewhere(form, period, row, column)
            if found is None:
                return self._nothing()
            for i, unit in enumerate(self.table.units):
                if unit in found:
                    total[i] += found[unit]
                else:
                    known[i] = False
        return total, known

    def _nothing(self) -> Values:
        count = len(self.table.units)
        return np.full(count, 0, dtype=object), np.zeros(count, dtype=bool)

    def _outlier(self, spec: dict[str, object], row: str) -> tuple[Integers, Integers, Flags, Flags]:
        """z = (of - from) / sqrt(of + from); an outlier when both reach ``at_least`` and |z| > z (corrections.md 13), compared as squares."""
        now, now_known = self._cells(Cell(None, (row,), str(spec["of"])), None, None)
        before, before_known = self._cells(Cell(None, (row,), str(spec["from"])), None, None)
        least = int(str(spec["at_least"])) * SCALE
        limit = Decimal(str(spec["z"])) ** 2
        judged = (now >= least) & (before >= least)
        far = np.array([(n - b) ** 2 > limit * (n + b) * SCALE for n, b in zip(now, before, strict=True)], dtype=bool)
        return now, before, ~(judged.astype(bool) & far), now_known & before_known


def _everywhere(flags: Flags) -> Flags:
    """Whether all flags of a row hold."""
    found: Flags = np.logical_and.reduce(flags, axis=1)
    return found


def _members(form: Form, row: str) -> list[str]:
    return [member for code, member in form.members() if code == row]
