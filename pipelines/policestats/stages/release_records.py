"""Writes the keys of the records behind the cells of a form beside its page, where that was asked for and where a key names no person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog, Indicator
from policestats.catalog.model import Label
from policestats.engines.duckdb import DuckDBEngine
from policestats.reports.template import Form

#: keys written for one cell; `policestats trace` gives all
MOST_KEYS = 200

_PSEUDONYM: Label = {"zh": "记录号是人员假名，不在网页列出", "en": "the record key is a pseudonym of a person: not listed on pages"}
_PERSON: Label = {
    "zh": "记录号可指向案件之外的个人，不在网页列出",
    "en": "the record key may stand for a person outside any case: not listed on pages",
}


def withheld(catalog: Catalog, indicator: Indicator) -> Label | None:
    """Return why the keys of what ``indicator`` counts are not written on pages; None when they may be.

    A key may be the number of a case, or of a person within a case. It may be no pseudonym, nor the number of a record that is a person by
    itself: a table that lands with an identity number and has a key of one column.
    """
    identified = [t for s in catalog.sources.values() for t in s.tables.values() if t.identity is not None]
    pseudonyms = {t.identity["pseudonym"] for t in identified if t.identity is not None}
    fact = catalog.facts[indicator.fact]
    if any(name.rpartition(".")[2] in pseudonyms for name in _read(fact.spec, [*fact.spec.get("key", []), *indicator.operand])):
        return _PSEUDONYM
    persons = {t.into for t in identified if t.into is not None and len(catalog.tables[t.into].key) == 1}
    return _PERSON if persons & set(fact.tables) else None


def _read(spec: dict[str, Any], names: Iterable[str]) -> Iterator[str]:
    """Yield ``names`` and every text in the definitions of the dimensions they stand for: more than they read, never less."""
    parts = [spec, *spec.get("union", [])]
    defined = [part[kind] for part in parts for kind in ("dimensions", "columns") if isinstance(part.get(kind), dict)]
    seen: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            yield name
            ahead += [text for of in defined for text in _texts(of.get(name))]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def write_records(path: Path, engine: DuckDBEngine, catalog: Catalog, form: Form, units: list[str]) -> int:
    """Write the keys of ``units`` as a script that the page of ``form`` reads, and return how many cells have some.

    A page opened from disk may not read other files, but may run them; who may not open this one sees the page without keys.
    ``engine`` has the trace attached under the name ``trace``.
    """
    columns = [c.code for c in form.columns if not c.hidden and c.indicator is not None and withheld(catalog, c.indicator) is None]
    numbers: dict[str, int] = {}
    cells: dict[str, dict[str, dict[str, tuple[int, list[int]]]]] = {}
    found = engine.sql(_KEYS, [MOST_KEYS, form.id, columns, units])
    for unit, row, column, count, keys in zip(*(c.to_pylist() for c in found.columns), strict=True):
        listed = [numbers.setdefault(key, len(numbers)) for key in keys]
        cells.setdefault(unit, {}).setdefault(row, {})[column] = (count, listed)
    told = json.dumps({"keys": list(numbers), "cells": cells}, ensure_ascii=False, separators=(",", ":"))
    path.write_text(f"var policestatsRecords = {told};\n", encoding="utf-8")
    return found.num_rows


#: the macro `trace` for all cells of a form at once: its conditions are the same
_KEYS = """
SELECT unit_code, row_code, column_code, count(*) AS keys, min(record_key, ?) AS first_keys FROM (
    SELECT DISTINCT u.unit_code, m.row_code, r.column_code, c.record_key
    FROM trace.report.column_reading AS r
    JOIN trace.report.contribution AS c ON c.form_id = r.form_id AND c.period = r.period AND c.indicator_id = r.indicator_id
        AND c.anchor_on = r.anchor_on AND c.on_date < r.end_on
        AND ((NOT r.is_stock AND c.on_date >= r.start_on) OR (r.is_stock AND (c.until_date IS NULL OR c.until_date >= r.end_on)))
    JOIN trace.report.row_member AS m ON m.form_id = r.form_id AND m.period = r.period AND m.member_row_code = c.row_code
    JOIN trace.report.unit_member AS u ON u.period = r.period AND u.member_unit_code = c.unit_code
    LEFT JOIN trace.report.unit_member AS p ON p.period = u.period AND p.unit_code = u.unit_code AND p.member_unit_code = c.partner_unit_code
    WHERE r.form_id = ? AND list_contains(?::VARCHAR[], r.column_code) AND list_contains(?::VARCHAR[], u.unit_code)
        AND c.record_key IS NOT NULL AND NOT (r.is_net AND m.is_netted AND p.unit_code IS NOT NULL)
) GROUP BY ALL ORDER BY ALL"""
