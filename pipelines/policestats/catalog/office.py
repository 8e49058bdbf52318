"""What every standard has besides its own definitions: the source ``office``, whose records are what people type and import."""

from __future__ import annotations

from policestats.catalog.model import Column, Source, SourceTable, Table

OFFICE = "office"
#: figures that people type, version by version; an open version without a value is a figure that was withdrawn
TYPED = "office_cell"
#: figures published before the records of the standard begin
LEGACY = "legacy_cell"
_WHERE = "the source 'office' (every standard has it)"
#: what names a cell: the key of both tables
CELL_KEY = ("form_id", "period", "unit_code", "row_code", "column_code")
_COLUMNS = {
    "form_id": ("text", "报表编号", "form id"),
    "period": ("text", "统计期", "period, written as in a release"),
    "unit_code": ("text", "机构代码", "unit code of the standard"),
    "row_code": ("text", "行代码", "row code"),
    "column_code": ("text", "列代码", "column code"),
    "value": ("decimal", "数值（空：已撤回）", "value; null: withdrawn"),
    "author": ("text", "填报人", "who typed or imported it"),
    "typed_at": ("timestamp", "填报时间（标准所在时区）", "when it was typed, in the standard's time zone"),
    "evidence": ("text", "依据", "reference to the evidence"),
    "reason": ("text", "更改或撤回的原因", "why it was changed or withdrawn"),
}


def _table(name: str, zh: str, en: str, lacks: tuple[str, ...] = ()) -> Table:
    columns = {c: Column(c, type_, {"zh": zh_, "en": en_}) for c, (type_, zh_, en_) in _COLUMNS.items() if c not in lacks}
    return Table(name, {"zh": zh, "en": en}, CELL_KEY, columns, "unit_code", None, _WHERE)


OFFICE_TABLES = {
    TYPED: _table(TYPED, "填报的单元格", "cells that people typed"),
    LEGACY: _table(LEGACY, "记录开始以前已公布的单元格", "cells published before the records begin", lacks=("reason",)),
}
OFFICE_SOURCE = Source(
    id=OFFICE,
    label={"zh": "人工填报", "en": "What people enter"},
    kind=OFFICE,
    tables={name: SourceTable(name, into=name) for name in OFFICE_TABLES},
    deliveries=None,
    where=_WHERE,
    connection=OFFICE,
)
