"""A made-up desk with a table of calls, landed by its cursor, and the rows that its loads hold, replayed load by load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from policestats.catalog import Catalog
from policestats.landing.raw import Manifest, RawStore
from policestats.stages import extract
from tests.stages.small import standard
from tests.support.source_database import SourceDatabase

TABLES = {
    "call": {
        "key": ["call_no"],
        "columns": {"call_no": "integer", "unit_code": "text", "people": "integer", "updated_at": "timestamp"},
    }
}
COLUMNS = ("call_no", "unit_code", "people", "updated_at")
DDL = "CREATE TABLE call (call_no INTEGER, unit_code VARCHAR(12), people INTEGER, updated_at TIMESTAMP)"
CURSOR = {"column": "updated_at", "lag": "2 days"}


def desk(folder: Path, tables: dict[str, Any] | None = None, core: dict[str, Any] | None = None, **options: Any) -> Catalog:
    """Return a standard with the source ``desk``: its table call by cursor with ``options``, or the ``tables`` given."""
    spec = tables or {"call": {"into": "call", "cursor": CURSOR, **options}}
    return standard(folder / "definitions", {"desk": {"kind": "database", "tables": spec}}, core or TABLES)


def calls(database: SourceDatabase, *rows: tuple[Any, ...]) -> None:
    """Make the table of calls with these rows."""
    database.run(DDL)
    database.insert("call", list(rows))


def land(catalog: Catalog, database: SourceDatabase, home: Path) -> Manifest | None:
    """Land the desk; return the load's manifest, None when it gave nothing new."""
    result = extract.run(catalog=catalog, source="desk", location=database.location, home=home)
    return None if result.load_id is None else RawStore(home).loads()[-1]


def landed(home: Path, load: Manifest, table: str = "call") -> list[tuple[Any, ...]]:
    """Return the rows that one load holds, sorted."""
    rows = pq.read_table(RawStore(home).table_path("desk", table, load.load_id)).to_pylist()
    return sorted((tuple(row.values()) for row in rows), key=str)


def gone(home: Path, load: Manifest, table: str = "call") -> list[tuple[Any, ...]]:
    """Return the keys that one load says are gone, sorted."""
    if not load.tables[table].deleted:
        return []
    rows = pq.read_table(RawStore(home).deleted_path("desk", table, load.load_id)).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def replayed(home: Path, table: str = "call", key: tuple[str, ...] = ("call_no",)) -> list[tuple[Any, ...]]:
    """Return the rows that all loads together hold, replayed in order, one record after the other."""
    held: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for load in RawStore(home).loads():
        if load.tables[table].mode == "snapshot":
            held = {}
        rows = pq.read_table(RawStore(home).table_path("desk", table, load.load_id)).to_pylist()
        for row in rows:
            held.pop(tuple(row[name] for name in key), None)
        for row in rows:
            held.setdefault(tuple(row[name] for name in key), []).append(tuple(row.values()))
        for no in gone(home, load, table):
            held.pop(no)
    return sorted((row for rows in held.values() for row in rows), key=str)


def source_rows(database: SourceDatabase, columns: tuple[str, ...] = COLUMNS, table: str = "call") -> list[tuple[Any, ...]]:
    """Return what the source holds now, each value as text, sorted."""
    names = ", ".join(f"CAST({name} AS TEXT)" for name in columns)
    return sorted(database.run(f'SELECT {names} FROM "{table}"'), key=str)
