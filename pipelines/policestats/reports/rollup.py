"""What is booked at units and leaf rows, added up the tree of rows and the tree of units: the figures of base columns.

The groups are few and the trees small, so they are added up in arrays instead of joining every group with all its ancestors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policestats.reports.exact import Flags, Integers, addable, from_decimals, whole
from policestats.reports.figures import Figures, Positions
from policestats.reports.template import Form
from policestats.reports.units import UnitsTree


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of contributions as positions: of the column, the row (-1: not one of the rows), the unit, the other end (-1: none, or outside)."""

    columns: Positions
    rows: Positions
    units: Positions
    partners: Positions
    values: Integers

    @classmethod
    def of(cls, found: pa.Table, columns: Sequence[str], rows: Sequence[str], tree: UnitsTree) -> Groups:
        """Return the groups of ``found`` (column_code, row_code, unit_code, partner_unit_code?, value)."""
        units = [u.code for u in tree.units]
        partners = found.column("partner_unit_code") if "partner_unit_code" in found.column_names else None
        return cls(
            positions(found.column("column_code"), columns),
            positions(found.column("row_code"), rows),
            positions(found.column("unit_code"), units),
            positions(partners, units) if partners is not None else np.full(found.num_rows, -1, dtype=np.int64),
            from_decimals(found.column("value")),
        )

    def take(self, chosen: Flags | Positions) -> Groups:
        """Return some of the groups."""
        parts = (self.columns, self.rows, self.units, self.partners, self.values)
        return Groups(*(part[chosen] for part in parts))

    def laid_out(self, units: int, rows: int) -> Integers:
        """Return [unit, row]: the values where the groups are."""
        found = np.zeros((units, rows), dtype=self.values.dtype)
        held = self.rows >= 0
        found[self.units[held], self.rows[held]] = self.values[held]
        return found

    def by_column(self, count: int) -> list[Groups]:
        """Return the groups of each of ``count`` columns."""
        order = np.argsort(self.columns, kind="stable")
        bounds = np.searchsorted(self.columns[order], np.arange(count + 1))
        return [self.take(order[start:end]) for start, end in pairwise(bounds)]


def positions(codes: pa.ChunkedArray | pa.Array, of: Sequence[str]) -> Positions:
    """Return the position of each code in ``of``; -1 for a null or a code that is not there."""
    found = pc.fill_null(pc.index_in(codes, value_set=pa.array(of, pa.string()), skip_nulls=True), -1)
    return np.asarray(found.combine_chunks(), dtype=np.int64) if isinstance(found, pa.ChunkedArray) else np.asarray(found, dtype=np.int64)


def lines_of_rows(form: Form) -> Positions:
    """Return [row, n]: for each row the rows that add it up, itself first; filled with -1."""
    at = {row.code: i for i, row in enumerate(form.rows)}
    above: list[list[int]] = [[] for _ in at]
    for row, member in form.members():
        above[at[member]].append(at[row])
    found = np.full((len(at), max((len(a) for a in above), default=0)), -1, dtype=np.int64)
    for i, line in enumerate(above):
        found[i, : len(line)] = line
    return found


def added_up(groups: Groups, tree: UnitsTree, lines: Positions) -> Integers:
    """Return [unit, row] for every unit of the tree and every row: the sums of ``groups`` (of one column) over both trees.

    A transfer counts up to, and not at, the lowest unit that holds both its ends.
    """
    held = groups.take(groups.rows >= 0)
    transfers = held.take(held.partners >= 0)
    meet = tree.common(transfers.units, transfers.partners)
    units = np.concatenate([held.units, meet[meet >= 0]])
    rows = np.concatenate([held.rows, transfers.rows[meet >= 0]])
    values = np.concatenate([held.values, -transfers.values[meet >= 0]])
    return whole(tree.add_up(_laid_out(units, rows, values, lines, len(tree.units))))


def booked_at(groups: Groups, units: int, rows: int) -> Figures:
    """Return what is booked at each unit itself in each leaf and of-which row, transfers to itself aside."""
    own = groups.take((groups.rows >= 0) & (groups.partners != groups.units))
    flat = own.units * rows + own.rows
    at, back = np.unique(flat, return_inverse=True)
    parts = addable(own.values)
    values = np.zeros(len(at), dtype=parts.dtype)
    np.add.at(values, back, parts)
    return Figures(units, rows, at, values, np.ones(rows, dtype=bool))


def _laid_out(units: Positions, rows: Positions, values: Integers, lines: Positions, count: int) -> Integers:
    values = addable(values)
    found = np.zeros((count, len(lines)), dtype=values.dtype)
    for step in range(lines.shape[1]):
        above = lines[rows, step]
        has = above >= 0
        np.add.at(found.reshape(-1), units[has] * len(lines) + above[has], values[has])
    return found
