"""Rows found in the data: one for each value of a dimension at each unit of a level, held as pairs (unit, row) instead of a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from policestats.reports.exact import Flags, Integers, addable, from_decimals, whole, zeros
from policestats.reports.figures import Positions
from policestats.reports.form_table import Derivation, FormTable, Values
from policestats.reports.plan import Plan
from policestats.reports.rollup import positions
from policestats.reports.template import Block, Dynamic, Form, FormColumn, operands
from policestats.reports.units import UnitsTree

#: value of records that have none
NO_VALUE = "-"
_SEPARATOR = "/"


def split(code: str) -> tuple[str, str]:
    """Return the member (of a plain block its id) and the value of a found row's code."""
    member, _, value = code.partition(_SEPARATOR)
    return member, value


def block_of(form: Form, code: str) -> Block | None:
    """Return the block in which a row of this code could be found; None when there is none."""
    member = split(code)[0] if _SEPARATOR in code else None
    for block in form.dynamic_blocks:
        if member in _members(block):
            return block
    return None


def members_of(form: Form, codes: Iterable[str]) -> list[tuple[str, str]]:
    """Return (row, member) pairs of the rows that contributions landed in: each with the rows of the members above, itself included."""
    lines = {member: line for block in form.dynamic_blocks for member, line in _lines(block).items()}
    pairs = []
    for code in codes:
        member, value = split(code)
        pairs += [(f"{above}{_SEPARATOR}{value}", code) for above in lines.get(member, ())]
    return pairs


@dataclass(eq=False)
class FoundRows:
    """The rows of one block: ``codes`` in printed order, ``units`` and ``rows`` [pair] say which unit has which, in tree and printed order.

    ``values`` and ``defined`` hold [pair] by column: whole millionths, and where there is a figure.
    """

    block: Block
    codes: list[str]
    units: Positions
    rows: Positions
    values: dict[str, Integers] = field(default_factory=dict)
    defined: dict[str, Flags] = field(default_factory=dict)

    @property
    def dynamic(self) -> Dynamic:
        """What the block says of its rows."""
        assert self.block.dynamic is not None
        return self.block.dynamic

    def applies(self, column: FormColumn) -> Flags:
        """Return [pair]: whether ``column`` has a cell there, as it has in the member's own row."""
        if column.rows is None:
            return np.ones(len(self.rows), dtype=bool)
        return np.array([split(code)[0] in column.rows for code in self.codes], dtype=bool)[self.rows]


def found_rows(block: Block, columns: Sequence[str], booked: pa.Table, distinct: pa.Table, tree: UnitsTree) -> FoundRows:
    """Return the rows of ``block`` and the figures of base ``columns``.

    What is booked below a unit of the block's level counts at that unit. Transfers are not netted: a move between two rows of one unit is a
    move in both.

    Args:
        booked: groups at the units and rows where they are booked (fold.booked).
        distinct: counts of distinct keys at every unit and row (fold.distinct).
    """
    assert block.dynamic is not None
    at_level = _at_level(tree, block.dynamic.level)
    lines = _lines(block)
    known = set(_members(block))
    ids: dict[str, int] = {}
    parts: list[tuple[Positions, Positions, Positions, Integers]] = []
    for groups, is_booked in ((booked, True), (distinct, False)):
        codes, at_code = _encoded(groups.column("row_code"))
        targets = [_targets(code, lines, known, is_booked) for code in codes]
        steps = np.full((len(codes), max((len(t) for t in targets), default=0)), -1, dtype=np.int64)
        for i, target in enumerate(targets):
            steps[i, : len(target)] = [ids.setdefault(code, len(ids)) for code in target]
        unit = positions(groups.column("unit_code"), [u.code for u in tree.units])
        level = at_level[unit]
        held = (level >= 0) if is_booked else (level == unit)
        column, values = positions(groups.column("column_code"), columns), from_decimals(groups.column("value"))
        for step in range(steps.shape[1]):
            row = steps[at_code, step]
            has = held & (row >= 0)
            parts.append((level[has], row[has], column[has], values[has]))
    order = _order(block, list(ids))
    rank = np.empty(len(order), dtype=np.int64)
    rank[[ids[code] for code in order]] = np.arange(len(order))
    units, rows, at_column, values = (np.concatenate(p) if p else zeros((0,)) for p in (list(zip(*parts, strict=True)) or [()] * 4))
    pairs, back = np.unique(units * max(len(order), 1) + rank[rows], return_inverse=True)
    found = FoundRows(block, order, pairs // max(len(order), 1), pairs % max(len(order), 1))
    for i, name in enumerate(columns):
        chosen = at_column == i
        added = addable(values[chosen])
        total = np.zeros(len(pairs), dtype=added.dtype)
        np.add.at(total, back[chosen], added)
        found.values[name] = whole(total)
    return found


def derive(found: FoundRows, table: FormTable, plan: Plan) -> None:
    """Fill the columns that are computed from others, and say where every column has a figure."""
    for column in plan.form.columns_for(plan.period.frequency):
        _compute(column, found, table, plan)


def _compute(column: FormColumn, found: FoundRows, table: FormTable, plan: Plan) -> None:
    if column.code in found.defined:
        return
    applies = found.applies(column)
    if column.kind == "manual" or column.code in plan.not_applicable:
        found.values[column.code], found.defined[column.code] = zeros(applies.shape), np.zeros_like(applies)
    elif column.code in found.values:
        found.defined[column.code] = applies
    else:
        for name in operands(column):
            _compute(plan.form.column(name), found, table, plan)
        values, defined = Derivation(plan, _Strip(found, table)).of(column)
        found.values[column.code] = np.broadcast_to(values, applies.shape)
        found.defined[column.code] = np.broadcast_to(defined, applies.shape) & applies


class _Strip:
    """The cells of found rows as derived columns see them: [pair]."""

    def __init__(self, found: FoundRows, table: FormTable) -> None:
        self.found, self.table = found, table

    def part(self, name: str) -> Values:
        """Return a column."""
        return self.found.values[name], self.found.defined[name]

    def fixed(self, name: str, row: str) -> Values:
        """Return a column in one row of the form, at the unit of each pair."""
        values, defined = self.table.figures[name].at_rows(self.table.rows_at([row]))
        return values[self.found.units, 0], defined[self.found.units, 0]

    def share_base(self, name: str, row: str, exceptions: dict[str, str]) -> Values:
        """Return a column in the row that is the base of each pair's member."""
        bases = [exceptions.get(split(code)[0], row) for code in self.found.codes]
        values, defined = self.table.figures[name].at_rows(self.table.rows_at(bases))
        at = (self.found.units, self.found.rows)
        return values[at], defined[at]

    def place(self, at: tuple[int, ...], shape: tuple[int, ...]) -> str:
        """Return the words for a cell."""
        return f"[{self.found.codes[self.found.rows[at[0]]]}] of unit {self.table.units[self.found.units[at[0]]]}"


def _lines(block: Block) -> dict[str, list[str]]:
    assert block.dynamic is not None
    return block.dynamic.lines() if block.dynamic.members else {block.id: [block.id]}


def _members(block: Block) -> list[str]:
    assert block.dynamic is not None
    return [m.code for m in block.dynamic.members] or [block.id]


def _targets(code: str | None, lines: dict[str, list[str]], known: set[str], is_booked: bool) -> list[str]:
    """Return the rows that a group in row ``code`` counts in; none when the row is not one of the block."""
    if code is None or _SEPARATOR not in code:
        return []
    member, value = split(code)
    if is_booked:
        return [f"{above}{_SEPARATOR}{value}" for above in lines.get(member, ())]
    return [code] if member in known else []


def _encoded(codes: pa.ChunkedArray) -> tuple[list[str | None], Positions]:
    encoded = codes.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices, dtype=np.int64)


def _at_level(tree: UnitsTree, level: str) -> Positions:
    """Return, for each unit, the position of the unit of ``level`` that it is or lies below; -1 when there is none."""
    is_level = np.array([u.level == level for u in tree.units], dtype=bool)
    fits = (tree.lines >= 0) & is_level[tree.lines]
    return np.where(fits.any(axis=1), tree.lines[np.arange(len(fits)), fits.argmax(axis=1)], -1)


def _order(block: Block, codes: list[str]) -> list[str]:
    """Return the rows in printed order: by member, then by value, those without a value last."""
    at = {member: i for i, member in enumerate(_members(block))}

    def key(code: str) -> tuple[int, bool, str]:
        member, value = split(code)
        return at[member], value == NO_VALUE, value

    return sorted(codes, key=key)
