"""A home fed from real files: the thefts in a SQLite database, the transfers in a zip of CSV files."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import open_warehouse
from tests.reports import tiny

PERIOD = "2026-02"
_DESK = """
source: desk
label: {zh: 字, en: word}
kind: database
tables: {unit: {into: unit, is_reference: true}, theft: {into: theft}}
deliveries: {table: upload, unit: unit_code, period: period}
"""
_POST = """
source: post
label: {zh: 字, en: word}
kind: files
tables: {move: {into: move, file: move.csv}}
"""
_RULES = """
table: theft
unit: unit_code
rules:
  - {id: has_day, dimension: completeness, severity: warning, label: {zh: 字, en: word}, source: test, record: {filed_on: {null: false}}}
  - {id: loss_not_negative, dimension: accuracy, severity: warning, label: {zh: 字, en: word}, source: test, record: {loss_yuan: {at_least: 0}}}
  - {id: known_kind, dimension: accuracy, severity: warning, label: {zh: 字, en: word}, source: test, codelist: kind_code}
  - {id: known_unit, dimension: accuracy, severity: warning, label: {zh: 字, en: word}, source: test, reference: {column: unit_code, to: unit.unit_code}}
"""
FORM = tiny.form_data("- {code: FILED, indicator: filed}\n- {code: LOSS, indicator: loss}\n- {code: RECEIVED, indicator: received}")


def definitions(folder: Path) -> Catalog:
    """Return the tiny standard with two sources, some data rules and one form."""
    tiny.write(folder, sources__desk=_DESK)
    for path, text in (("schemas/tiny/sources/post.yaml", _POST), ("expectations/tiny/theft.yaml", _RULES)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text.lstrip("\n"), encoding="utf-8")
    (folder / "report_templates" / "tiny").mkdir(parents=True, exist_ok=True)
    (folder / "report_templates" / "tiny" / "F.yaml").write_text(yaml.safe_dump(FORM, allow_unicode=True), encoding="utf-8")
    return load_catalog(folder, "tiny")


def desk(path: Path, catalog: Catalog, thefts: Iterable[dict[str, Any]], units: list[dict[str, Any]] | None = None) -> str:
    """Write the database afresh; every station uploaded 2025 and the first two months of 2026. Returns its path as text."""
    path.unlink(missing_ok=True)
    months = [f"2025-{m:02d}" for m in range(1, 13)] + ["2026-01", "2026-02"]
    uploads = [{"unit_code": u, "period": m} for u in tiny.STATIONS for m in months]
    columns = {
        "unit": list(catalog.tables["unit"].columns),
        "theft": list(catalog.tables["theft"].columns),
        "upload": ["unit_code", "period"],
    }
    with sqlite3.connect(path) as connection:
        for (table, names), rows in zip(columns.items(), (tiny.UNITS if units is None else units, thefts, uploads), strict=True):
            connection.execute(f"CREATE TABLE {table} ({', '.join(f'{n} TEXT' for n in names)})")
            marks = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", [[row.get(n) for n in names] for row in rows])
    connection.close()
    return str(path)


def post(path: Path, moves: Iterable[dict[str, Any]], member: str = "move.csv") -> str:
    """Write the zip. Returns its path as text."""
    lines = ["move_no,theft_no,moved_on,entered_at,from_unit,to_unit"]
    lines += [",".join(str(m[k]) for k in ("move_no", "theft_no", "moved_on", "entered_at", "from_unit", "to_unit")) for m in moves]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "\n".join(lines) + "\n")
    return str(path)


def ask(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of ``sql`` over the warehouse."""
    with open_warehouse(home, read_only=True) as engine:
        return engine.connection.execute(sql).fetchall()


def cells(home: Path, column: str, row: str = "T") -> dict[str, Any]:
    """Return a column of the form by unit."""
    return dict(
        ask(home, f"SELECT unit_code, value FROM report.cell WHERE column_code = '{column}' AND row_code = '{row}' AND period = '{PERIOD}'")
    )


def statuses(home: Path, column: str) -> dict[str, str]:
    """Return the status of a column by unit."""
    return dict(ask(home, f"SELECT DISTINCT unit_code, status FROM report.status WHERE column_code = '{column}' AND period = '{PERIOD}'"))
