"""Puts hand-written or random rows into a warehouse in memory, as one load that every unit delivered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from policestats.catalog import Catalog, Table
from policestats.engines.duckdb import DuckDBEngine, open_memory
from policestats.periods import ReferencePeriod
from policestats.reports.template import Form
from policestats.stages.tabulate import TabulateResult, tabulate

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
Row = dict[str, Any]
_ARROW = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(38, 6),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "boolean": pa.bool_(),
}


@contextmanager
def ledger(catalog: Catalog, tables: dict[str, list[Row]]) -> Iterator[DuckDBEngine]:
    """Open a warehouse in memory whose core tables hold ``tables`` (absent tables are empty, absent columns null or their default)."""
    with open_memory() as engine:
        engine.execute("CREATE SCHEMA core")
        engine.execute("CREATE TABLE core.load (load_id BIGINT, source VARCHAR, landed_at TIMESTAMP)")
        engine.execute("INSERT INTO core.load VALUES (1, 'hand', TIMESTAMP '2026-01-01')")
        engine.execute(
            "CREATE TABLE core.delivery (source VARCHAR, table_name VARCHAR, unit_code VARCHAR, period VARCHAR, load_id BIGINT, known_to BIGINT, "
            "is_complete BOOLEAN, row_count BIGINT, reason VARCHAR)"
        )
        engine.execute("CREATE TABLE core.reading (source VARCHAR, table_name VARCHAR, load_id BIGINT, read_at TIMESTAMP, reason VARCHAR)")
        for table in catalog.core_tables.values():
            rows = [complete(table, row) | {"known_from": 1, "known_to": None} for row in tables.get(table.name, [])]
            schema = pa.schema(
                [*((c.name, _ARROW[c.type]) for c in table.columns.values()), ("known_from", pa.int64()), ("known_to", pa.int64())]
            )
            engine.connection.register("rows", pa.Table.from_pylist(rows, schema=schema))
            engine.execute(f'CREATE TABLE core."{table.name}_version" AS SELECT * FROM rows')
            engine.execute(
                f'CREATE VIEW core."{table.name}" AS SELECT * EXCLUDE (known_from, known_to) FROM core."{table.name}_version" WHERE known_to IS NULL'
            )
            engine.connection.unregister("rows")
            engine.execute("INSERT INTO core.delivery VALUES ('hand', ?, NULL, NULL, 1, NULL, true, 0, NULL)", [table.name])
            engine.execute("INSERT INTO core.reading VALUES ('hand', ?, 1, TIMESTAMP '2100-01-01', NULL)", [table.name])
        yield engine


def enter(engine: DuckDBEngine, catalog: Catalog, load: int, before: dict[str, list[Row]], after: dict[str, list[Row]]) -> None:
    """Enter ``after`` as a load: a version closes where a record changed or went, and opens where one changed or came."""
    engine.execute("INSERT INTO core.load VALUES (?, 'hand', TIMESTAMP '2026-01-01')", [load])
    for name in {*before, *after}:
        table = catalog.core_tables[name]
        was = {tuple(r.get(k) for k in table.key): complete(table, r) for r in before.get(name, [])}
        now = {tuple(r.get(k) for k in table.key): complete(table, r) for r in after.get(name, [])}
        for key, row in was.items():
            if now.get(key) != row:
                same = " AND ".join(f'"{k}" IS NOT DISTINCT FROM ?' for k in table.key)
                engine.execute(
                    f'UPDATE core."{name}_version" SET known_to = ? WHERE known_to IS NULL AND {same}', [load, *(row[k] for k in table.key)]
                )
        new: list[dict[str, Any]] = [{**row, "known_from": load, "known_to": None} for key, row in now.items() if was.get(key) != row]
        if new:
            shape = engine.sql(f'FROM core."{name}_version" LIMIT 0').schema
            engine.append(f"core.{name}_version", pa.Table.from_pylist(new, schema=shape))


def cells(
    engine: DuckDBEngine, catalog: Catalog, form: Form, period: str
) -> tuple[TabulateResult, dict[tuple[str, str, str], Decimal | None]]:
    """Tabulate one form and return every stored cell by (unit, row, column)."""
    result = tabulate(engine, catalog, ReferencePeriod.parse(period), {form.id: form})
    rows = engine.sql("SELECT unit_code, row_code, column_code, value FROM report.cell WHERE period = ?", [period]).to_pylist()
    return result, {(r["unit_code"], r["row_code"], r["column_code"]): r["value"] for r in rows}


def complete(table: Table, row: Row) -> Row:
    """Return ``row`` with every column of ``table``, typed; what it does not name is null or the column's default."""
    unknown = set(row) - set(table.columns)
    assert not unknown, f"table {table.name} has no column {sorted(unknown)}"
    found: Row = {}
    for name, column in table.columns.items():
        value = row.get(name)
        value = column.default if value is None else value
        if isinstance(value, str) and column.type == "timestamp":
            value = datetime.fromisoformat(value)
        if isinstance(value, str) and column.type == "date":
            value = date.fromisoformat(value)
        if column.type == "timestamp" and isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, datetime.min.time())
        if column.type == "decimal" and value is not None:
            value = Decimal(str(value))
        found[name] = value
    return found
