"""The rows of a form: blocks that each partition what is counted, with of-which rows, or with rows that are found in the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from policestats.catalog import Catalog
from policestats.catalog.model import CodeList, Label
from policestats.errors import DefinitionError, nearest


@dataclass(frozen=True)
class Row:
    """A row: ``kind`` is total, subtotal, leaf or of_which. ``condition`` is that of an of-which row."""

    code: str
    label: Label
    kind: str
    parent: str | None
    block: str
    condition: dict[str, Any] | None = None
    where: str = "form"


@dataclass(frozen=True)
class Dynamic:
    """Rows found in the data: one for each value of ``dimension`` at each unit of ``level``, under each of ``members`` when crossed.

    ``members`` are the rows of the code list that is crossed (dimension ``crossed``, null and unknown codes to ``unknown``); without one,
    ``members`` is empty. ``labels`` says where the values' names stand: table, code, zh, en. The columns ``without`` have no cell there.
    """

    dimension: str
    level: str
    labels: dict[str, str] | None
    crossed: str | None
    members: tuple[Row, ...]
    unknown: str | None
    without: tuple[str, ...] = ()

    def lines(self) -> dict[str, list[str]]:
        """Return, for each member that partitions, itself and the members above it."""
        parents = {m.code: m.parent for m in self.members}
        found = {}
        for member in self.members:
            if member.kind == "leaf":
                line, above = [member.code], member.parent
                while above in parents:
                    line.append(str(above))
                    above = parents[above]
                found[member.code] = line
        return found


@dataclass(frozen=True)
class Block:
    """A set of rows that partitions the counted things, with its of-which rows.

    ``dimension`` is None for a single row; ``unknown`` takes null and unknown members (None: they do not enter the block); ``leaves`` are the
    members that partition. ``total`` is empty for rows that stand apart and are never added up.
    ``condition``: only records that meet it enter the block (None: all do).
    ``dynamic``: the dimension whose values, as found in the data, are the rows (see FoundRows); such a block has no ``rows`` of its own.
    ``label``: what it divides by, printed as a line over its rows (None: nothing is).
    """

    id: str
    rows: tuple[Row, ...]
    dimension: str | None
    unknown: str | None
    total: str
    where: str = "form"
    condition: dict[str, Any] | None = None
    dynamic: Dynamic | None = None
    label: Label | None = None

    @property
    def leaves(self) -> list[str]:
        """Codes of the rows that partition the block."""
        return [r.code for r in self.rows if r.kind == "leaf"]

    @property
    def sets(self) -> list[Row]:
        """The of-which rows."""
        return [r for r in self.rows if r.kind == "of_which"]

    @property
    def row_codes(self) -> list[str]:
        """Codes of all its rows; of rows found in the data what stands before the value: their members, or the block."""
        if self.dynamic is None:
            return [r.code for r in self.rows]
        return [m.code for m in self.dynamic.members] or [self.id]


def read_blocks(specs: list[dict[str, Any]], catalog: Catalog, where: Any) -> tuple[Block, ...]:
    """Return the blocks written as ``specs``; ``where(trail)`` gives the place of a value in its file.

    Raises: DefinitionError with file, line, value and cure.
    """
    blocks: list[Block] = []
    total = None
    for position, spec in enumerate(specs):
        place = where(("blocks", position))
        rows_spec = spec["rows"]
        rows: list[Row] = []
        if "dynamic" in rows_spec or "cross" in rows_spec:
            blocks.append(_dynamic_block(spec, blocks, catalog, where, position))
            continue
        if "one" in rows_spec:
            only = rows_spec["one"]
            rows.append(Row(only["code"], only["label"], "leaf", None, spec["id"]))
            total = total or only["code"]
            dimension = unknown = None
        else:
            apart = "apart" in rows_spec
            if apart and (not position or "total" in rows_spec):
                raise DefinitionError(
                    f"{place}: rows that stand apart have no total, and the first block needs one; take out apart, or put the block later"
                )
            if "total" in rows_spec:
                total = total if position else rows_spec["total"]["code"]
                rows.append(Row(rows_spec["total"]["code"], rows_spec["total"]["label"], "total", None, spec["id"]))
            if total is None:
                raise DefinitionError(f"{place}: the first block needs a total; add total: {{code: T, label: ...}}")
            if position and not apart and "total" not in rows_spec and spec.get("where") != specs[0].get("where"):
                raise DefinitionError(
                    f"{place}: block {spec['id']!r} takes other records than the first block, so it cannot add up to the first block's total; "
                    "give it a total of its own, or the same where"
                )
            block_total = "" if apart else rows_spec.get("total", {}).get("code", total)
            c = rows_spec["classification"]
            rows += _members(c, block_total or None, spec["id"], catalog, place)
            dimension, unknown = c["dimension"], c.get("unknown")
            for i, s in enumerate(rows_spec.get("sets", [])):
                line = where(("blocks", position, "rows", "sets", i))
                after = s.get("after", s["parent"])
                if "after" in s and after not in (known := [row.code for row in rows]):
                    raise DefinitionError(
                        f"{line}: row {s['code']!r} stands after {after!r}, which is no row above it here; {nearest(after, known)}"
                    )
                _put(rows, Row(s["code"], s["label"], "of_which", s["parent"], spec["id"], s["where"], line), after)
        block_total = rows[0].code if "one" in rows_spec else block_total
        blocks.append(
            Block(
                spec["id"],
                tuple(rows),
                dimension,
                unknown,
                block_total,
                where(("blocks", position, "rows", "classification")),
                spec.get("where"),
                label=spec.get("label"),
            )
        )
    return tuple(blocks)


def _put(rows: list[Row], of_which: Row, after: str) -> None:
    """Put an of-which row after the row ``after`` and all that stands below that; at the end where that is a row of another block."""
    family, last = {after}, len(rows) - 1
    for i, row in enumerate(rows):
        if row.code in family or row.parent in family:
            family.add(row.code)
            last = i
    rows.insert(last + 1, of_which)


def _members(c: dict[str, Any], total: str | None, block: str, catalog: Catalog, place: str) -> list[Row]:
    """Return the rows of a code list, or of the members and levels chosen of it: its leaves partition, ``unknown`` is one of them."""
    codelist = catalog.codelist(c["codelist"], place)
    chosen = _chosen(c, codelist, place)
    inner = {codelist.members[code]["parent_code"] for code in chosen}
    rows = []
    for code in chosen:
        member = codelist.members[code]
        parent = member["parent_code"] if member["parent_code"] in chosen else total
        label = {"zh": member["label_zh"] or code, "en": member["label_en"] or member["label_zh"] or code}
        rows.append(Row(code, label, "subtotal" if code in inner else "leaf", parent, block))
    leaves = [row.code for row in rows if row.kind == "leaf"]
    if "members" not in c and c["unknown"] not in leaves:
        raise DefinitionError(
            f"{place}: the row for unknown members, {c['unknown']!r}, is no leaf of code list {codelist.id!r}; {nearest(c['unknown'], leaves)}"
        )
    return rows


def _chosen(c: dict[str, Any], codelist: CodeList, place: str) -> list[str]:
    """Return the codes that are rows, in the order of the list: all, or the `members` named with what is below them, down to `depth` levels."""
    named = [str(code) for code in c.get("members", [])]
    for code in named:
        if code not in codelist.members:
            raise DefinitionError(f"{place}: code list {codelist.id!r} has no member {code!r}; {nearest(code, codelist.members)}")
    lines = {code: [code, *codelist.ancestors(code)] for code in codelist.members}
    chosen = [code for code in codelist.members if not named or any(above in named for above in lines[code])]
    return [code for code in chosen if sum(above in chosen for above in lines[code]) <= c.get("depth", len(lines[code]))]


def _dynamic_block(spec: dict[str, Any], before: list[Block], catalog: Catalog, where: Any, position: int) -> Block:
    place = where(("blocks", position))
    if not before:
        raise DefinitionError(f"{place}: the rows of the first block are fixed; put the block whose rows are found in the data after it")
    level, levels = spec.get("at_level"), [u.code for u in catalog.standard.unit_levels]
    if level not in levels:
        raise DefinitionError(f"{place}: rows found in the data need at_level, a level of units; {nearest(str(level), levels)}")
    members: list[Row] = []
    crossed = unknown = None
    found = spec["rows"]
    if "cross" in found:
        c, found = found["cross"][0] | {"unknown": found["unknown"]}, found["cross"][1]
        members = _members(c, None, spec["id"], catalog, place)
        crossed, unknown = c["dimension"], c["unknown"]
        if any(m.code in {x.code for b in before if b.dynamic for x in b.dynamic.members} for m in members):
            raise DefinitionError(
                f"{place}: another block crosses code list {c['codelist']!r} already, so row codes would stand twice; cross another"
            )
    labels = found.get("labels")
    if labels is not None:
        for name in ("code", "zh", "en"):
            catalog.table(labels["table"], place).column(labels[name], place)
    dynamic = Dynamic(found["dynamic"], level, labels, crossed, tuple(members), unknown, tuple(spec.get("without", ())))
    return Block(
        spec["id"], (), None, None, before[0].total, where(("blocks", position, "rows")), spec.get("where"), dynamic, spec.get("label")
    )
