"""Figures that people typed, laid over the figures of records: what is typed at a unit, and what adds up from it.

A figure of records wins. Where a column has none at a unit (missing, or partial with nothing below that completes it), the typed cell stands.
Above it a column that adds up along the tree adds it up: with every unit below automatic or typed the sum is `manual`, else `partial`.
A total adds its rows up in the same way, and columns computed from typed cells are `manual` too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from policestats.reports.exact import Flags, Integers, linear, summed, whole
from policestats.reports.figures import Figures
from policestats.reports.form_columns import FormColumn, operands
from policestats.reports.status import AUTO, BLOCKED, MANUAL, MISSING, PARTIAL, SUPPRESSED, CellStatuses, ColumnStatus
from policestats.reports.template import Form
from policestats.reports.units import UnitsTree

#: reasons of cells that are not typed themselves
ADDED_UP = "added up with figures that people typed"
ADDED_UP_PARTLY = "added up from what came and what people typed; the rest is missing"
COMPUTED = "computed with figures that people typed"
#: a share is no number that adds up
_SHARES = ("%", "‰")


@dataclass(eq=False)
class Given:
    """The typed cells of a column: ``values`` [unit, row] in millionths where ``ranks`` is not -1, and what is told of each, by (unit, row).

    ``ranks`` is that of ``manual``, or of ``partial`` where the figures of a unit that took over others are not those of all of them.
    """

    values: Integers
    ranks: npt.NDArray[np.int64]
    told: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def none(cls, units: int, rows: int) -> Given:
        """Return no cell at all."""
        return cls(np.zeros((units, rows), dtype=object), np.full((units, rows), -1, dtype=np.int64))


@dataclass(frozen=True)
class Superseded:
    """A typed cell that a figure of records stands in front of, both in millionths."""

    column: str
    unit: int
    row: int
    typed: int
    computed: int


@dataclass(frozen=True, eq=False)
class Laid:
    """A column with its typed cells: its values, what they add to each cell, its statuses, and the typed cells that did not count."""

    values: Integers
    added: Integers
    status: ColumnStatus
    superseded: list[Superseded]


def adds_up(column: FormColumn, along: str) -> bool:
    """Return whether figures of ``column`` add up along units or rows."""
    return column.additivity[along] == "sum" and column.unit not in _SHARES


def entry_rows(form: Form, column: FormColumn) -> list[str]:
    """Return the rows in which ``column`` can be typed: those that do not follow from others, of the blocks whose rows are the form's own."""
    parts = follows(form, column)
    fixed = {row.code for block in form.blocks if block.dynamic is None for row in block.rows}
    return [row.code for row in form.rows if row.code in fixed and column.applies(row.code) and row.code not in parts]


def follows(form: Form, column: FormColumn) -> dict[str, list[str]]:
    """Return the rows of ``column`` that are the sum of others, with the rows they add up; none where a column does not add up along rows."""
    if not adds_up(column, "rows"):
        return {}
    found: dict[str, list[str]] = {}
    for row, member in form.members():
        if row != member:
            found.setdefault(row, []).append(member)
    return {row: parts for row, parts in found.items() if column.applies(row) and all(map(column.applies, parts))}


def lay_over(column: FormColumn, form: Form, counted: Integers, status: ColumnStatus, given: Given, tree: UnitsTree) -> Laid:
    """Lay the cells ``given`` over a column whose records give ``counted`` [unit, row] with the ``status`` of each unit."""
    units, rows = counted.shape
    at = {row.code: i for i, row in enumerate(form.rows)}
    applies = np.array([column.applies(code) for code in at], dtype=bool)
    parts = [(at[row], [at[m] for m in members]) for row, members in follows(form, column).items()]
    below: list[list[int]] = [[] for _ in range(units)]
    for i, unit in enumerate(tree.units[:units]):
        if unit.parent is not None and unit.code != tree.unknown:
            below[tree.position[unit.parent]].append(i)
    ranks = np.repeat(status.ranks[:, None], rows, axis=1)
    added = np.zeros((units, rows), dtype=object)
    told: dict[int, str] = {}
    used = np.zeros((units, rows), dtype=bool)
    for u in range(units - 1, -1, -1):  # parents stand before their children
        if status.ranks[u] in (AUTO, BLOCKED, SUPPRESSED):
            continue
        above = below[u] if adds_up(column, "units") else []
        is_whole, is_some, sums = _composed(ranks, added, above)
        is_given = (given.ranks[u] >= 0) & applies & ~is_whole
        used[u] = is_given
        added[u] = np.where(is_whole, sums, np.where(is_given, given.values[u] - counted[u], np.where(is_some, sums, 0)))
        found = np.where(is_whole, MANUAL, np.where(is_given, given.ranks[u], np.where(is_some, PARTIAL, ranks[u])))
        ranks[u] = np.where(applies, found, ranks[u])
        for row, members in parts:
            if ranks[u, row] == MANUAL:
                continue
            of = ranks[u, members]
            if (of <= PARTIAL).any() and not used[u, row]:
                ranks[u, row] = max(MANUAL, of.max()) if (of <= PARTIAL).all() else PARTIAL
                added[u, row] = sum(added[u, members])
        for row in np.flatnonzero((ranks[u] != status.ranks[u]) | used[u]).tolist():
            composed = ADDED_UP if ranks[u, row] == MANUAL else ADDED_UP_PARTLY
            told[u * rows + row] = given.told[u, row] if used[u, row] else composed
    values = whole(linear([(counted, 1), (added, 1)]))
    ignored = np.argwhere((given.ranks >= 0) & applies & ~used & (ranks <= MANUAL)).tolist()
    superseded = [Superseded(column.code, u, r, int(given.values[u, r]), int(values[u, r])) for u, r in ignored]
    return Laid(values, added, replace(status, cells=CellStatuses(ranks, told)), superseded)


def _composed(ranks: npt.NDArray[np.int64], added: Integers, below: Sequence[int]) -> tuple[Flags, Flags, Integers]:
    """Return, by row, whether every unit ``below`` has a whole figure, whether some has a figure, and what typed cells add below."""
    if not below:
        nothing = np.zeros(ranks.shape[1], dtype=bool)
        return nothing, nothing, added[0] * 0
    of = ranks[below]
    whole_below: Flags = np.logical_and.reduce(of <= MANUAL, axis=0)
    some_below: Flags = np.logical_or.reduce(of <= PARTIAL, axis=0)
    return whole_below, some_below, summed(added[below], 0)


def booked_with(booked: Figures, added: Integers, tree: UnitsTree, entries: Sequence[int]) -> Figures:
    """Return what is booked at each unit itself with the typed cells, so that the sums over units are the cells.

    Args: entries: the rows that are not added up from others.
    """
    units, rows = added.shape
    own = added.copy()
    for i, unit in enumerate(tree.units[:units]):
        if unit.parent is not None:
            own[tree.position[unit.parent]] -= added[i]
    held = np.zeros(rows, dtype=bool)
    held[list(entries)] = True
    values = whole(linear([(booked.dense()[0], 1), (np.where(held[None, :], own, 0), 1)]))
    return Figures.of_counts(units, rows, values, np.ones(rows, dtype=bool))


def derive_cells(column: FormColumn, columns: dict[str, FormColumn], found: dict[str, ColumnStatus], rows: Sequence[str]) -> None:
    """Give a computed column the statuses of its cells, where an operand has some: a cell is as its worst operand."""
    parts = list(dict.fromkeys(operands(column)))
    for name in parts:
        if columns[name].kind not in ("base", "manual") and found[name].cells is None:
            derive_cells(columns[name], columns, found, rows)
    if all(found[name].cells is None for name in parts):
        return
    at = {code: i for i, code in enumerate(rows)}
    ranks = [found[name].ranks_in(len(rows))[:, [at[r] for r in read]] for name, read in _reads(column, rows)]
    worst = np.max(np.stack(ranks), axis=0)
    differs = np.flatnonzero(worst != found[column.code].ranks[:, None])
    told = {int(i): COMPUTED if worst.reshape(-1)[i] <= MANUAL else ADDED_UP_PARTLY for i in differs}
    found[column.code] = replace(found[column.code], cells=CellStatuses(worst, told))


def _reads(column: FormColumn, rows: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """Return the columns that ``column`` is computed from, each with the row in which it is read for each of ``rows``."""
    if column.kind == "share_of":
        share = column.spec["share_of"]
        base = [share.get("except", {}).get(r, share["row"]) for r in rows]
        return [(share["column"], rows), (share["column"], base)]
    if column.kind == "rate":
        spec = column.spec["rate"]
        count = len(spec["of"]) if isinstance(spec["of"], dict) else 1  # what is counted stands before what it is divided by
        fixed = [(name, spec.get("of_row" if i < count else "over_row")) for i, name in enumerate(operands(column))]
        return [(name, [row] * len(rows) if row is not None else rows) for name, row in fixed]
    return [(name, rows) for name in dict.fromkeys(operands(column))]


def typed_reason(at: str, evidence: str, reason: str | None) -> str:
    """Return what is told of a typed cell to all who may read a release: who typed it stays in the private warehouse."""
    return f"typed at {at}, evidence {evidence}" + (f", reason {reason}" if reason else "")


def is_open(status: ColumnStatus, column: FormColumn, unit: int, row: int, *, has_units_below: bool) -> bool:
    """Return whether an entry row of ``column`` may be typed at a unit: it is missing or typed, or partial where nothing below can complete it."""
    rank = status.rank_at(unit, row)
    if rank == MANUAL and status.cells is not None:
        told = status.cells.told.get(unit * status.cells.ranks.shape[1] + row)
        return told not in (ADDED_UP, None)
    return rank == MISSING or (rank == PARTIAL and not (has_units_below and adds_up(column, "units")))
