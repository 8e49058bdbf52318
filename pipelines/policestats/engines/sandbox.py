"""An engine in memory that sees the records of the warehouse: what is tabulated in it is thrown away, and the warehouse is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from policestats.engines.duckdb import WAREHOUSE, DuckDBEngine, open_memory, quoted
from policestats.engines.held import when_free
from policestats.errors import StatisticsError

_ATTACHED = "records"
#: schemas whose tables a tabulation reads
_READ = ("core", "quality")


@contextmanager
def open_sandbox(home: Path) -> Iterator[DuckDBEngine]:
    """Open an empty engine in memory in which every table of core and quality is that of the warehouse under ``home``.

    Raises: StatisticsError when there is no warehouse, or another process holds it for too long.
    """
    path = home / WAREHOUSE
    if not path.exists():
        raise StatisticsError(f"{path}: there is no warehouse yet; run 'policestats extract' and 'policestats conform' first")
    with open_memory() as engine:
        place = str(path).replace("'", "''")
        when_free(path, lambda: engine.execute(f"ATTACH '{place}' AS {_ATTACHED} (READ_ONLY)"))
        show(engine, _ATTACHED)
        yield engine


def show(engine: DuckDBEngine, database: str) -> None:
    """Let the names of core and quality stand for the tables and views of an attached ``database``."""
    tables = engine.sql("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY ALL", [database]).to_pylist()
    views = engine.sql(
        "SELECT schema_name, sql FROM duckdb_views() WHERE database_name = ? AND NOT internal ORDER BY ALL", [database]
    ).to_pylist()
    for schema in _READ:
        engine.execute(f"CREATE SCHEMA {schema}")
    for t in (t for t in tables if t["schema_name"] in _READ):
        name = f"{t['schema_name']}.{t['table_name']}"
        engine.execute(f"CREATE VIEW {quoted(name)} AS FROM {quoted(f'{database}.{name}')}")
    for v in (v for v in views if v["schema_name"] in _READ):
        engine.execute(v["sql"])  # it names the tables of core, which stand here too
