"""What a new release of a period says otherwise than the one before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from policestats.engines.release_files import PREVIOUS, STATISTICS_DB, ReleaseFiles

_SHOWN = 3


def changes(files: ReleaseFiles, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the differences as sentences: loads, definitions, policies, then figures and statuses form by form.

    Args:
        files: holds the new statistics file, and the former one attached as ``previous``.
        before, now: the manifests.
    """
    found: list[str] = []
    for name, what in (("as_of", "load"), ("code_version", "program"), ("with_records", "record keys beside the pages")):
        if before.get(name) != now[name]:
            found.append(f"{what}: {before.get(name)} -> {now[name]}")
    for name, what in (("policies", "policy"), ("definitions", "definition of")):
        old, new = _flat(before.get(name, {})), _flat(now[name])
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                values = f": {old.get(key, 'none')} -> {new.get(key, 'none')}" if name == "policies" else " changed"
                found.append(f"{what} {key}{values}")
    return found + _cells(files) + _statuses(files)


def _cells(files: ReleaseFiles) -> list[str]:
    rows = files.sql(
        f"""SELECT coalesce(n.form_id, o.form_id) AS form_id, coalesce(n.unit_code, o.unit_code) AS unit_code,
            coalesce(n.row_code, o.row_code) AS row_code, coalesce(n.column_code, o.column_code) AS column_code, o.value AS old, n.value AS new
        FROM {STATISTICS_DB}.report.cell AS n
        FULL JOIN {PREVIOUS}.report.cell AS o USING (form_id, unit_code, row_code, column_code)
        WHERE o.value IS DISTINCT FROM n.value ORDER BY ALL"""
    ).to_pylist()
    by_form: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_form.setdefault(row["form_id"], []).append(row)
    found = []
    for form, differing in by_form.items():
        shown = "; ".join(
            f"{r['unit_code']} {r['row_code']} {r['column_code']} {_figure(r['old'])} -> {_figure(r['new'])}" for r in differing[:_SHOWN]
        )
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        found.append(f"{form}: {len(differing)} cells differ: {shown}{more}")
    return found


def _statuses(files: ReleaseFiles) -> list[str]:
    rows = files.sql(
        f"""SELECT form_id, o.status AS old, n.status AS new, count(*) AS columns, count(DISTINCT unit_code) AS units
        FROM {STATISTICS_DB}.report.status AS n FULL JOIN {PREVIOUS}.report.status AS o USING (form_id, unit_code, block_id, column_code)
        WHERE n.row_code IS NULL AND o.row_code IS NULL AND o.status IS DISTINCT FROM n.status GROUP BY ALL ORDER BY ALL"""
    ).to_pylist()
    return [
        f"{r['form_id']}: {r['columns']} columns at {r['units']} units were {r['old'] or 'absent'}, are {r['new'] or 'absent'}"
        for r in rows
    ]


def _flat(values: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in values.items():
        found |= _flat(value, f"{above}{key} ") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


def _figure(value: Decimal | None) -> str:
    return "none" if value is None else f"{value.normalize():f}"
