"""Rows found in the data: one for each value of a dimension at each unit of a level, held as pairs (unit, row) instead of a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policestats.reports.blocks import Block, Dynamic
from policestats.reports.exact import Flags, Integers, addable, from_decimals, whole, zeros
from policestats.reports.figures import Positions
from policestats.reports.form_columns import FormColumn, operands
from policestats.reports.form_table import Derivation, FormTable, Values
from policestats.reports.plan import Plan
from policestats.reports.rollup import positions
from policestats.reports.template import Form
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

    @cached_property
    def members(self) -> list[str]:
        """The member of each of ``codes``; the block's id when it crosses no code list."""
        return [split(code)[0] for code in self.codes]

    @property
    def dynamic(self) -> Dynamic:
        """What the block says of its rows."""
        assert self.block.dynamic is not None
        return self.block.dynamic

    def applies(self, column: FormColumn) -> Flags:
        """Return [pair]: whether ``column`` has a cell there, as it has in the member's own row."""
        if column.code in self.dynamic.without:
            return np.zeros(len(self.rows), dtype=bool)
        if column.rows is None:
            return np.ones(len(self.rows), dtype=bool)
        return np.array([member in column.rows for member in self.members], dtype=bool)[self.rows]


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
    members, lines = _members(block), _line_positions(block)
    split_codes = [_Codes.of(groups.column("row_code"), members) for groups in (booked, distinct)]
    values_known = pc.unique(pa.concat_arrays([codes.values for codes in split_codes])).to_pylist()
    values_known.sort(key=lambda value: (value == NO_VALUE, value))  # printed last: those without a value
    width = max(len(values_known), 1)
    counted = np.array([name not in block.dynamic.without for name in columns], dtype=bool)
    parts: list[tuple[Positions, Positions, Positions, Integers]] = []
    for groups, codes, is_booked in ((booked, split_codes[0], True), (distinct, split_codes[1], False)):
        unit = positions(groups.column("unit_code"), [u.code for u in tree.units])
        level = at_level[unit]
        held = (codes.members >= 0) & ((level >= 0) if is_booked else (level == unit))
        value = positions(codes.values, values_known)[codes.at]
        column, figures = positions(groups.column("column_code"), columns), from_decimals(groups.column("value"))
        for step in range(lines.shape[1] if is_booked else 1):  # keys are distinct in every row already, those of inner members too
            member = lines[codes.members, step] if is_booked else codes.members
            has = held & (member >= 0) & counted[column]
            parts.append((level[has], member[has] * width + value[has], column[has], figures[has]))
    units, rows, at_column, figures = (np.concatenate(p) for p in zip(*parts, strict=True))
    found_codes, row_at = np.unique(rows, return_inverse=True)
    count = max(len(found_codes), 1)
    pairs, back = np.unique(units * count + row_at, return_inverse=True)
    names = [f"{members[code // width]}{_SEPARATOR}{values_known[code % width]}" for code in found_codes.tolist()]
    found = FoundRows(block, names, pairs // count, pairs % count)
    for i, name in enumerate(columns):
        chosen = at_column == i
        added = addable(figures[chosen])
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
        bases = [row, *dict.fromkeys(exceptions.values())]  # few, however many rows were found
        position = {base: i for i, base in enumerate(bases)}
        chosen = np.array([position[exceptions.get(member, row)] for member in self.found.members], dtype=np.int64)
        values, defined = self.table.figures[name].at_rows(self.table.rows_at(bases))
        at = (self.found.units, chosen[self.found.rows])
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


@dataclass(frozen=True, eq=False)
class _Codes:
    """Row codes of groups taken apart: ``members`` [group] (-1: not a row of the block), ``values`` the different values, ``at`` [group] which."""

    members: Positions
    values: pa.Array
    at: Positions

    @classmethod
    def of(cls, codes: pa.ChunkedArray, members: Sequence[str]) -> _Codes:
        """Take ``codes`` apart at their first separator."""
        encoded = codes.cast(pa.string()).dictionary_encode().unify_dictionaries().combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):  # no group at all
            encoded = pa.array([], pa.string()).dictionary_encode()
        dictionary = encoded.dictionary
        ends = pc.find_substring(dictionary, _SEPARATOR)
        is_found = np.asarray(pc.greater_equal(ends, 0))
        parts = pc.split_pattern(pc.if_else(pc.greater_equal(ends, 0), dictionary, _SEPARATOR), _SEPARATOR, max_splits=1)
        member = np.where(is_found, positions(pc.list_element(parts, 0), members), -1)
        at = np.asarray(encoded.indices, dtype=np.int64)
        return cls(member[at], pc.list_element(parts, 1), at)


def _line_positions(block: Block) -> Positions:
    """Return [member, n]: for each member that partitions, itself and the members above it; filled with -1."""
    members, lines = _members(block), _lines(block)
    at = {member: i for i, member in enumerate(members)}
    found = np.full((len(members), max(len(line) for line in lines.values())), -1, dtype=np.int64)
    for member, line in lines.items():
        found[at[member], : len(line)] = [at[above] for above in line]
    return found


def _at_level(tree: UnitsTree, level: str) -> Positions:
    """Return, for each unit, the position of the unit of ``level`` that it is or lies below; -1 when there is none."""
    is_level = np.array([u.level == level for u in tree.units], dtype=bool)
    fits = (tree.lines >= 0) & is_level[tree.lines]
    return np.where(fits.any(axis=1), tree.lines[np.arange(len(fits)), fits.argmax(axis=1)], -1)
