"""Rows of a form: which there are, in what order, and which of them a record falls into."""

from __future__ import annotations

from dataclasses import dataclass

from .conditions import Anchor, holds, value_of
from .standard import Row, Standard


@dataclass(frozen=True)
class FormRow:
    """One row; ``parent`` is the row it is part of, ``kind`` total, inner, leaf, one or of_which."""

    code: str
    block: str
    kind: str
    parent: str | None


def form_rows(form: Row, standard: Standard) -> list[FormRow]:
    """All rows in printing order: of each block the total, the members of the classification, the of-which rows.

    Raises: ValueError for a row code that stands twice.
    """
    rows: list[FormRow] = []
    total = None
    for block in form["blocks"]:
        described, name = block["rows"], block["id"]
        if "one" in described:
            rows.append(FormRow(described["one"]["code"], name, "one", None))
        if "cross" in described:
            continue  # its rows exist where records are
        if "total" in described:
            rows.append(FormRow(described["total"]["code"], name, "total", None))
            total = described["total"]["code"]
        above = None if "apart" in described else total
        rows += _members(described["classification"], name, above, standard) if "classification" in described else []
        rows += [FormRow(part["code"], name, "of_which", part.get("parent")) for part in described.get("sets", [])]
    codes = [row.code for row in rows]
    for code in codes:
        if codes.count(code) > 1:
            raise ValueError(f"form {form['id']}: row {code} stands twice")
    return rows


def rows_of_record(form: Row, record: Row, renamed: Row, anchor: Anchor) -> set[str]:
    """The codes of all rows that ``record`` counts in; ``renamed`` is the indicator's ``as``."""
    seen = {**record, **{name: value_of(other, record) for name, other in renamed.items()}}
    codes: set[str] = set()
    for block in form["blocks"]:
        described = block["rows"]
        if holds(block.get("where", {}), seen, anchor) is not True:
            continue
        if "cross" in described:
            continue
        path = _path(described["classification"], seen, anchor.standard) if "classification" in described else {""}
        if not path:  # it is none of the block's members
            continue
        codes |= path - {""} | {described[kind]["code"] for kind in ("one", "total") if kind in described}
        codes |= {part["code"] for part in described.get("sets", []) if holds(part["where"], seen, anchor) is True}
    return codes


def dynamic_rows_of_record(form: Row, column: str, record: Row, renamed: Row, anchor: Anchor) -> dict[str, str]:
    """The rows that exist where records are, by their code ``member/value``, with the level of units that print them."""
    seen = {**record, **{name: value_of(other, record) for name, other in renamed.items()}}
    found: dict[str, str] = {}
    for block in form["blocks"]:
        if "cross" not in block["rows"] or column in block.get("without", ()) or holds(block.get("where", {}), seen, anchor) is not True:
            continue
        fixed, moving = block["rows"]["cross"]
        value = value_of(moving["dynamic"], seen)
        for member in _path({**fixed, "unknown": block["rows"]["unknown"]}, seen, anchor.standard):
            found[f"{member}/{'-' if value is None else value}"] = block["at_level"]
    return found


def _members(classification: Row, block: str, total: str | None, standard: Standard) -> list[FormRow]:
    members = chosen_members(classification, standard)
    inner = {member["parent_code"] for member in members.values()}
    rows = [
        FormRow(code, block, "inner" if code in inner else "leaf", member["parent_code"] if member["parent_code"] in members else total)
        for code, member in members.items()
    ]
    if "unknown" in classification and classification["unknown"] not in members:
        rows.append(FormRow(classification["unknown"], block, "leaf", total))
    return rows


def chosen_members(classification: Row, standard: Standard) -> dict[str, Row]:
    """The members that are rows: all, or those named with all below them, down to so many levels."""
    members = standard.codelists[classification["codelist"]]
    if not {"members", "depth"} & set(classification):
        return members
    named = [str(code) for code in classification["members"]] if "members" in classification else None

    def above(code: str) -> list[str]:
        parent = members[code]["parent_code"]
        return [code, *(above(parent) if parent in members else [])]

    chosen = {code: member for code, member in members.items() if named is None or set(above(code)) & set(named)}
    return {
        code: member
        for code, member in chosen.items()
        if "depth" not in classification or len([c for c in above(code) if c in chosen]) <= classification["depth"]
    }


def _path(classification: Row, record: Row, standard: Standard) -> set[str]:
    """The leaf of a record and the inner members above it; what is no leaf goes to ``unknown``, or nowhere when there is none."""
    members = chosen_members(classification, standard)
    inner = {member["parent_code"] for member in members.values()}
    code = value_of(classification["dimension"], record)
    if code not in members or code in inner:
        if "unknown" not in classification:
            return set()
        code = classification["unknown"]
    path = {code}
    while code in members and members[code]["parent_code"] in members:
        code = members[code]["parent_code"]
        path.add(code)
    return path
