"""Checks evaluated on filled forms: set-wise over units, rows and columns, exact to the millionth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from policestats.reports.check_language import OVER_TIME, Call, Cell, Check, Term
from policestats.reports.exact import SCALE, Flags, Integers, addable, decimal, linear, summed, zeros
from policestats.reports.figures import Positions
from policestats.reports.form_columns import FormColumn
from policestats.reports.form_table import FormTable
from policestats.reports.found_rows import FoundRows
from policestats.reports.implied import additive_columns, found_check, implied
from policestats.reports.plan import PREVIOUS_SUFFIX
from policestats.reports.units import UnitsTree

#: (values, known), both [unit, 1] or [unit, row of the check]
Values = tuple[Integers, Flags]
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


@dataclass(frozen=True, eq=False)
class Findings:
    """Where one check failed or could not be evaluated: positions of units and of ``rows``, both sides, and whether they were known."""

    check: Check
    column: str | None
    rows: list[str | None]
    blocks: list[str | None]
    at_unit: Positions
    at_row: Positions
    left: Integers
    right: Integers
    known: Flags


@dataclass
class Outcome:
    """What the checks of a form found, and how many evaluations of each check passed at each of ``units``."""

    units: list[str]
    found: list[Findings] = field(default_factory=list)
    passed: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)

    def count(self, outcome: str, severity: str | None = None) -> int:
        """Return how many evaluations ended as ``failed`` or ``not_evaluated``."""
        chosen = [f for f in self.found if severity is None or f.check.severity == severity]
        return sum(int((f.known == (outcome == "failed")).sum()) for f in chosen)

    def has_error(self) -> Flags:
        """Return at which units an error check failed."""
        flags = np.zeros(len(self.units), dtype=bool)
        for f in self.found:
            if f.check.severity == "error":
                flags[f.at_unit[f.known]] = True
        return flags

    @property
    def findings(self) -> list[Finding]:
        """What was found, one by one."""
        return [finding for f in self.found for finding in self._each(f)]

    def _each(self, f: Findings) -> Iterator[Finding]:
        for i in range(len(f.at_unit)):
            left, right = (decimal(f.left[i]), decimal(f.right[i])) if f.known[i] else (None, None)
            unit, row = self.units[f.at_unit[i]], f.at_row[i]
            outcome = "failed" if f.known[i] else "not_evaluated"
            yield Finding(f.check.id, f.check.severity, unit, f.blocks[row], f.rows[row], f.column, left, right, outcome, f.check.text)


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """A column of another form or period: (values, known), both [unit, row]."""

    units: list[str]
    rows: list[str]
    values: Integers
    known: Flags


#: gives, for (form, period, column), that column; None when that form or period was not tabulated, or has no such column
FindElsewhere = Callable[[str, str, str], Elsewhere | None]


def evaluate(table: FormTable, tree: UnitsTree, elsewhere: FindElsewhere, found: Sequence[FoundRows] = ()) -> Outcome:
    """Evaluate the form's checks and the implied ones; a check with an operand that has no figure is not evaluated, never passed (ALL-03).

    Args: found: the rows of the form that were found in the data.
    """
    outcome = Outcome(table.units)
    evaluator = _Evaluator(table, tree, elsewhere, outcome)
    for check in (*table.form.checks, *implied(table.form, table.period.frequency)):
        if check.frequencies is None or table.period.frequency in check.frequencies:
            for rows, column in _instances(check, table):
                evaluator.run(check, rows, column)
    for part in found:
        for additive in (c for c in additive_columns(table.form, table.period.frequency) if c.code not in part.dynamic.without):
            evaluator.add_up(part, additive)
    return outcome


def _instances(check: Check, table: FormTable) -> Iterator[tuple[list[str] | None, str | None]]:
    """Give what a check runs over: all its rows at once, or one column after the other."""
    columns = {c.code: c for c in table.form.columns_for(table.period.frequency)}
    if check.over == "rows":
        named = list(_named(check, columns))
        yield [row for row in check.rows or table.rows if all(c.applies(row) for c in named)], None
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


class _Evaluator:
    def __init__(self, table: FormTable, tree: UnitsTree, elsewhere: FindElsewhere, outcome: Outcome) -> None:
        self.table, self.tree, self.elsewhere, self.outcome = table, tree, elsewhere, outcome
        self._in_tree = np.array([tree.position[u] for u in table.units], dtype=np.int64)
        self._is_root = np.array([tree.units[i].parent is None for i in self._in_tree], dtype=bool)
        self._blocks = {row.code: row.block for row in table.form.rows}
        self._known: dict[tuple[str, str, str], Elsewhere | None] = {}

    def run(self, check: Check, rows: list[str] | None, column: str | None) -> None:
        """Evaluate one check for all ``rows`` (None: it names its rows itself) or one column at all units."""
        if check.outlier is not None:
            left, right, holds, known = self._outlier(check.outlier, rows)
        else:
            (left, left_known), (right, right_known) = self._sum(check.left, rows, column), self._sum(check.right, rows, column)
            known = left_known & right_known
            holds = _COMPARE[check.operator](linear([(left, 1), (right, -1)]), int(Decimal(check.tolerance) * SCALE)).astype(bool)
        shape = (len(self.table.units), 1 if rows is None else len(rows))
        left, right, holds, known = (np.broadcast_to(part, shape) for part in (left, right, holds, known))
        judged = np.broadcast_to(self._is_root[:, None] if check.units == "root" else np.ones((1, 1), dtype=bool), shape)
        blocks: list[str | None] = [None] if rows is None else [self._blocks.get(row) for row in rows]
        self._keep(check, column, [None] if rows is None else list(rows), blocks, (left, right, holds, known, judged))

    def add_up(self, found: FoundRows, column: FormColumn) -> None:
        """Compare, at each unit of their level, what the found rows of each member add up to with the member's own row."""
        form, dynamic = self.table.form, found.dynamic
        own = [m.code for m in dynamic.members if m.code in self._blocks] if dynamic.members else [form.total]
        own = [code for code in own if column.applies(code)]
        at = {code: i for i, code in enumerate(own)}
        members = found.members if dynamic.members else [form.total] * len(found.codes)
        to = np.array([at.get(member, -1) for member in members], dtype=np.int64)[found.rows]
        values = addable(found.values[column.code][to >= 0])
        left = np.zeros((len(self.table.units), len(own)), dtype=values.dtype)
        np.add.at(left, (found.units[to >= 0], to[to >= 0]), values)
        rows = self.table.rows_at(own)
        right, known = self.table.at(column.code, rows)
        status = self.table.statuses[column.code]
        if status.cells is not None:  # what people typed has no rows that were found in the data
            known = known & (status.cells.ranks[:, rows] == status.ranks[:, None])
        levels = np.array([self.tree.units[i].level == dynamic.level for i in self._in_tree], dtype=bool)
        judged = np.broadcast_to(levels[:, None], left.shape)
        parts = (left, right, left == right, known, judged)
        self._keep(found_check(form, found.block), column.code, list(own), [found.block.id] * len(own), parts)

    def _keep(
        self,
        check: Check,
        column: str | None,
        rows: list[str | None],
        blocks: list[str | None],
        parts: tuple[Integers, Integers, Flags, Flags, Flags],
    ) -> None:
        """Keep how often a check passed and where it did not; ``parts`` are left, right, holds, known, judged, all [unit, row]."""
        left, right, holds, known, judged = parts
        passed = (judged & known & holds).sum(axis=1)
        self.outcome.passed[check.id] = self.outcome.passed.get(check.id, zeros((len(passed),))) + passed
        at_unit, at_row = np.nonzero(judged & ~(known & holds))
        if len(at_unit):
            at = (at_unit, at_row)
            self.outcome.found.append(Findings(check, column, rows, blocks, at_unit, at_row, left[at], right[at], known[at]))

    def _sum(self, terms: tuple[Term, ...], rows: list[str] | None, column: str | None) -> Values:
        count = len(self.table.units)
        parts: list[tuple[Integers, int]] = [(zeros((count, 1)), 1)]
        known = np.ones((count, 1), dtype=bool)
        for term in terms:
            if term.value is None:
                parts.append((np.full((1, 1), int(Decimal(str(term.weight)) * SCALE)), 1))
                continue
            part, has = self._value(term.value, rows, column)
            parts.append((part, int(term.weight)))
            known = known & has
        return linear(parts), known

    def _value(self, value: Cell | Call, rows: list[str] | None, column: str | None) -> Values:
        if isinstance(value, Cell):
            return self._cells(value, rows, column)
        cell = value.argument
        if value.function == "sum":
            return self._cells(cell, rows, column)
        if value.function == "previous":
            return self._cells(Cell(None, cell.rows, _name(cell, column) + PREVIOUS_SUFFIX), rows, None)
        if value.function in OVER_TIME:
            return self._over_time(OVER_TIME[value.function], cell, rows, column)
        return self._over_units(value.function, cell, rows, column)

    def _cells(self, cell: Cell, rows: list[str] | None, column: str | None) -> Values:
        name = _name(cell, column)
        if cell.form is not None:
            return self._other(cell.form, self.table.period.text, cell, rows, name)
        if name not in self.table.figures:  # a column that this frequency does not have
            return self._nothing()
        return _in_rows(*self.table.at(name, self.table.rows_at(_rows(cell, rows))), cell)

    def _over_units(self, function: str, cell: Cell, rows: list[str] | None, column: str | None) -> Values:
        """units(x): what is booked at each unit of the subtree itself; children(x): the children's values plus the unit's own bookings."""
        name = _name(cell, column)
        if name not in self.table.booked:  # not applicable in this period, or a column that this frequency does not have
            return self._nothing()
        at = self.table.rows_at(_rows(cell, rows))
        whole, known = _in_rows(*self.table.at(name, at), cell)
        own = self._booked(name, _rows(cell, rows))
        own = summed(own, 1)[:, None] if cell.rows is not None else own
        carried = np.zeros((len(self.tree.units), own.shape[1]), dtype=own.dtype)
        carried[self._in_tree] = own
        if function == "units":
            return self.tree.add_up(carried)[self._in_tree], known
        values = np.zeros_like(carried, dtype=whole.dtype)
        values[self._in_tree] = whole
        return linear([(own, 1), (self.tree.of_children(values)[self._in_tree], 1)]), known

    def _booked(self, name: str, rows: list[str]) -> Integers:
        """Return [unit, row]: what is booked at each unit itself in the members of each row."""
        booked = self.table.booked[name].dense()[0]
        members: dict[str, list[int]] = {row: [] for row in rows}
        for row, member in self.table.form.members():
            if row in members:
                members[row].append(self.table.row_index(member))
        return np.stack([summed(booked[:, members[row]], 1) for row in rows], axis=1) if rows else booked[:, :0]

    def _over_time(self, frequency: str, cell: Cell, rows: list[str] | None, column: str | None) -> Values:
        name, form = _name(cell, column), cell.form or self.table.form.id
        parts = [self._other(form, part.text, cell, rows, name) for part in self.table.period.split(frequency)]
        known = parts[0][1]
        for _, has in parts[1:]:
            known = known & has
        return linear([(values, 1) for values, _ in parts]), known

    def _other(self, form: str, period: str, cell: Cell, rows: list[str] | None, column: str) -> Values:
        asked = (form, period, column)
        if asked not in self._known:
            self._known[asked] = self.elsewhere(*asked)
        found = self._known[asked]
        codes = _rows(cell, rows)
        if found is None:
            return self._nothing()
        at_row = {code: i for i, code in enumerate(found.rows)}
        at_unit = {code: i for i, code in enumerate(found.units)}
        chosen = np.array([at_unit.get(u, -1) for u in self.table.units], dtype=np.int64)
        columns = np.array([at_row.get(code, -1) for code in codes], dtype=np.int64)
        values = found.values[chosen][:, columns]
        known = found.known[chosen][:, columns] & (chosen >= 0)[:, None] & (columns >= 0)[None, :]
        return _in_rows(values, known, cell)

    def _nothing(self) -> Values:
        count = len(self.table.units)
        return zeros((count, 1)), np.zeros((count, 1), dtype=bool)

    def _outlier(self, spec: dict[str, object], rows: list[str] | None) -> tuple[Integers, Integers, Flags, Flags]:
        """z = (of - from) / sqrt(of + from); an outlier when both reach ``at_least`` and |z| > z (corrections.md 13), compared as squares."""
        now, now_known = self._cells(Cell(None, None, str(spec["of"])), rows, None)
        before, before_known = self._cells(Cell(None, None, str(spec["from"])), rows, None)
        limit = Decimal(str(spec["z"])) ** 2
        least = int(str(spec["at_least"])) * SCALE
        holds = np.ones(now.shape, dtype=bool)
        judged = np.nonzero((now >= least) & (before >= least))
        pairs = zip(now[judged].tolist(), before[judged].tolist(), strict=True)
        holds[judged] = [(n - b) ** 2 <= limit * (n + b) * SCALE for n, b in pairs]
        return now, before, holds, now_known & before_known


def _name(cell: Cell, column: str | None) -> str:
    name = cell.column or column
    assert name is not None
    return name


def _rows(cell: Cell, rows: list[str] | None) -> list[str]:
    return list(cell.rows) if cell.rows is not None else rows or []


def _in_rows(values: Integers, known: Flags, cell: Cell) -> Values:
    """Return what a selector gives: the sum of the rows it names itself, else the row that the check runs over."""
    if cell.rows is None:
        return values, known
    return summed(values, 1)[:, None], np.logical_and.reduce(known, axis=1)[:, None]
