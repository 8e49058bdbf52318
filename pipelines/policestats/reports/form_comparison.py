"""What two definitions of one form say otherwise: rows, columns and checks, by their codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from policestats.reports.blocks import Block, Row
from policestats.reports.check_language import Check
from policestats.reports.form_columns import FormColumn
from policestats.reports.template import Form

Part = TypeVar("Part")
Said = Mapping[str, Any]
#: keys of a column that are compared one by one; what else it says is its definition
_OF_COLUMN = ("code", "label", "labels", "parent", "unit", "decimals", "hidden", "rows", "frequencies", "group", "variant")


@dataclass(frozen=True)
class DefinitionDifference:
    """One thing that differs. ``part`` is form, block, row, column or check; ``change`` is added or removed (by theirs) or changed: ``detail`` says how."""

    form_id: str
    part: str
    code: str
    change: str
    detail: str


def compare_forms(ours: Form, theirs: Form) -> list[DefinitionDifference]:
    """Return what ``theirs`` says otherwise than ``ours``, in the order of ours, then what it adds; places in files do not count."""
    found = list(_changed(ours.id, "form", ours.id, _form(ours), _form(theirs)))
    found += _compare(ours.id, "block", ours.blocks, theirs.blocks, lambda b: b.id, _block)
    found += _compare(ours.id, "row", ours.rows, theirs.rows, lambda r: r.code, _row)
    found += _compare(ours.id, "column", ours.columns, theirs.columns, lambda c: c.code, _column)
    found += _compare(ours.id, "check", ours.checks, theirs.checks, lambda c: c.id, _check)
    return found


def _compare(
    form: str, part: str, ours: Iterable[Part], theirs: Iterable[Part], key: Callable[[Part], str], said: Callable[[Part], Said]
) -> Iterator[DefinitionDifference]:
    one, other = {key(p): said(p) for p in ours}, {key(p): said(p) for p in theirs}
    for code, told in one.items():
        if code not in other:
            yield DefinitionDifference(form, part, code, "removed", _label(told))
        else:
            yield from _changed(form, part, code, told, other[code])
    for code, told in other.items():
        if code not in one:
            yield DefinitionDifference(form, part, code, "added", _label(told))


def _changed(form: str, part: str, code: str, ours: Said, theirs: Said) -> Iterator[DefinitionDifference]:
    differing = [f"{name}: {_words(ours[name])} -> {_words(theirs[name])}" for name in ours if ours[name] != theirs[name]]
    if differing:
        yield DefinitionDifference(form, part, code, "changed", "; ".join(differing))


def _form(form: Form) -> Said:
    return {
        "title": form.title,
        "version": form.version,
        "frequency": list(form.frequencies),
        "lateness": form.lateness,
        "valid_from": form.valid_from,
        "valid_to": form.valid_to,
    }


def _block(block: Block) -> Said:
    found_by = (block.dynamic.dimension, block.dynamic.level, block.dynamic.crossed, block.dynamic.without) if block.dynamic else None
    return {
        "dimension": block.dimension,
        "unknown": block.unknown,
        "total": block.total,
        "where": block.condition,
        "rows found by": found_by,
    }


def _row(row: Row) -> Said:
    return {"label": row.label, "kind": row.kind, "parent": row.parent, "block": row.block, "where": row.condition}


def _column(column: FormColumn) -> Said:
    return {
        "label": column.label,
        "later labels": [[str(day), label] for day, label in column.labels],
        "definition": {key: value for key, value in column.spec.items() if key not in _OF_COLUMN},
        "variant": column.variant,
        "unit": column.unit,
        "decimals": column.decimals,
        "parent": column.parent,
        "hidden": column.hidden,
        "rows": list(column.rows) if column.rows is not None else None,
        "frequencies": list(column.frequencies) if column.frequencies is not None else None,
    }


def _check(check: Check) -> Said:
    names = ("severity", "over", "rows", "columns", "units", "frequencies", "tolerance")
    return {"that": check.text, **{name: getattr(check, name) for name in names}}


def _label(told: Said) -> str:
    label = told.get("label")
    return f"{label['zh']} {label['en']}" if label else _words(told.get("that"))


def _words(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict) and set(value) == {"zh", "en"}:
        return f"{value['zh']} {value['en']}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
