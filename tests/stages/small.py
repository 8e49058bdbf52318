"""A tiny standard made in a folder, tiny sources, and the whole content of a warehouse, for the tests of the stages."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.landing.core_tables import CAST_ISSUE, DELIVERY, LOAD, READING

REPOSITORY = Path(__file__).resolve().parents[2]
LABEL = {"zh": "字", "en": "word"}

STANDARD = {
    "standard": "tiny",
    "label": LABEL,
    "time_zone": "Asia/Shanghai",
    "records_begin": "2026-01-01",
    "prescribed_forms": 1,
    "lateness": "restated",
    "cutoff": {"day": 2, "time": "06:00"},
    "units": {
        "table": "unit",
        "code_pattern": "^[A-Z][0-9]$",
        "levels": [{"code": "top", "label": LABEL}, {"code": "base", "label": LABEL}],
        "unknown": {"code": "U0", "label": LABEL},
    },
    "marks": {"none": "—", "missing": "m", "partial": "p", "blocked": "b", "suppressed": "×", "of_which": "#"},
    "furniture": {"note": LABEL, "table_number": LABEL, "rounding": LABEL},
}

TABLES: dict[str, dict[str, Any]] = {
    "unit": {
        "key": ["unit_code", "valid_from"],
        "columns": {
            "unit_code": "text",
            "valid_from": "date",
            "valid_to": "date",
            "parent_unit_code": "text",
            "successor_unit_code": "text",
        },
    },
    "report": {
        "key": ["report_no"],
        "columns": {
            "report_no": "text",
            "unit_code": "text",
            "made_on": "date",
            "entered_at": "timestamp",
            "people": "integer",
            "loss_yuan": "decimal",
            "is_urgent": {"type": "boolean", "default": False},
            "remark": "text",
        },
    },
    "person": {
        "key": ["person_no"],
        "columns": {
            "person_no": "integer",
            "sex_code": "text",
            "person_key": "text",
            "id_is_valid": "boolean",
            "birth_year": "integer",
            "birth_month": "integer",
            "sex_agrees": "boolean",
        },
    },
}

IDENTITY = {
    "column": "id_number",
    "kind": "resident_id",
    "sex": "sex_code",
    "pseudonym": "person_key",
    "is_valid": "id_is_valid",
    "birth_year": "birth_year",
    "birth_month": "birth_month",
    "sex_agrees": "sex_agrees",
}

REPORT_COLUMNS = tuple(TABLES["report"]["columns"])
UNIT_COLUMNS = tuple(TABLES["unit"]["columns"])


def standard(folder: Path, sources: dict[str, dict[str, Any]], tables: dict[str, Any] | None = None, name: str = "tiny") -> Catalog:
    """Write a standard with the three tables above (or ``tables``) and ``sources`` into ``folder`` and return its catalog."""
    place = folder / "schemas" / name
    for part in ("tables", "sources"):
        (place / part).mkdir(parents=True, exist_ok=True)
        for old in (place / part).glob("*.yaml"):
            old.unlink()
    meta = folder / "schemas" / "meta"
    if not meta.exists():
        meta.symlink_to(REPOSITORY / "schemas" / "meta")
    _dump(place / "standard.yaml", {**STANDARD, "standard": name})
    for table, spec in (tables or TABLES).items():
        columns = {c: {**(t if isinstance(t, dict) else {"type": t}), "label": LABEL} for c, t in spec["columns"].items()}
        _dump(place / "tables" / f"{table}.yaml", {"table": table, "label": LABEL, "key": spec["key"], "columns": columns})
    for source, spec in sources.items():
        _dump(place / "sources" / f"{source}.yaml", {"source": source, "label": LABEL, **spec})
    return load_catalog(folder, name)


def _dump(path: Path, data: Any) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    path.write_text(text.replace("'2026-01-01'", "2026-01-01"), encoding="utf-8")


def csv_text(columns: tuple[str, ...] | list[str], rows: list[dict[str, Any]]) -> str:
    """Return the rows as CSV with double quotes; a value that a row does not give is an empty field."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def make_zip(path: Path, members: dict[str, str | bytes]) -> str:
    """Write a zip of ``members`` and return its path as text."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return str(path)


def reports_zip(path: Path, rows: list[dict[str, Any]]) -> str:
    """Write a zip with one member, report.csv, and return its path as text."""
    return make_zip(path, {"report.csv": csv_text(REPORT_COLUMNS, rows)})


def make_sqlite(path: Path, tables: dict[str, tuple[str, list[tuple[Any, ...]]]]) -> str:
    """Write a SQLite file afresh; ``tables`` gives for each table its column declarations and its rows. Returns its path as text."""
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        for name, (columns, rows) in tables.items():
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
            if rows:
                connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
    connection.close()
    return str(path)


def query(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of ``sql`` over the warehouse of ``home``."""
    with open_warehouse(home, read_only=True) as engine:
        return engine.connection.execute(sql).fetchall()


def content(home: Path, catalog: Catalog) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of schema core, sorted, table by table: two warehouses with the same content give equal values."""
    names = [LOAD, READING, DELIVERY, CAST_ISSUE, *(f"core.{t}_version" for t in catalog.tables), *(f"core.{t}" for t in catalog.tables)]
    return {name: query(home, f"SELECT * FROM {name} ORDER BY ALL") for name in names}


def files(folder: Path) -> list[str]:
    """Return the relative names of all files under ``folder`` except lock files, sorted."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != ".lock")
