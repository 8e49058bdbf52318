"""The tables of schema core: loads, when each table was read, versions of every record, deliveries, and values that could not be taken."""

from __future__ import annotations

from policestats.catalog import Table
from policestats.errors import ConformError
from policestats.landing.typed import SQL_TYPES
from policestats.landing.warehouse import Warehouse, quoted

LOAD = "core.load"
READING = "core.reading"
DELIVERY = "core.delivery"
CAST_ISSUE = "core.cast_issue"

_BOOKS = {
    LOAD: {"load_id": "BIGINT", "source": "VARCHAR", "landed_at": "TIMESTAMP", "manifest": "VARCHAR"},
    READING: {"source": "VARCHAR", "table_name": "VARCHAR", "load_id": "BIGINT", "read_at": "TIMESTAMP", "reason": "VARCHAR"},
    DELIVERY: {
        "source": "VARCHAR",
        "table_name": "VARCHAR",
        "unit_code": "VARCHAR",
        "period": "VARCHAR",
        "load_id": "BIGINT",
        "known_to": "BIGINT",
        "is_complete": "BOOLEAN",
        "row_count": "BIGINT",
        "reason": "VARCHAR",
    },
    CAST_ISSUE: {
        "load_id": "BIGINT",
        "table_name": "VARCHAR",
        "record_key": "VARCHAR",
        "column_name": "VARCHAR",
        "raw_value": "VARCHAR",
        "known_to": "BIGINT",
    },
}


def version_table(table: str) -> str:
    """Return the name of the table that holds every delivered version of a core table's records."""
    return f"core.{table}_version"


def prepare(engine: Warehouse, tables: dict[str, Table]) -> None:
    """Make what is missing of schema core: a version table and a view of its open versions for every core table.

    Raises: ConformError when a table made earlier has other columns than its definition says now.
    """
    wanted = dict(_BOOKS)
    for table in tables.values():
        columns = {name: SQL_TYPES[column.type] for name, column in table.columns.items()}
        wanted[version_table(table.name)] = {**columns, "known_from": "BIGINT", "known_to": "BIGINT"}
    found = _columns(engine)
    with engine.transaction():
        engine.execute("CREATE SCHEMA IF NOT EXISTS core")
        for name, columns in wanted.items():
            if name not in found:
                engine.execute(f"CREATE TABLE {quoted(name)} ({', '.join(f'{quoted(c)} {t}' for c, t in columns.items())})")
            elif found[name] != columns:
                changed = sorted(set(found[name].items()) ^ set(columns.items()))
                where = next((t.where for t in tables.values() if version_table(t.name) == name), "the warehouse")
                raise ConformError(
                    f"{where}: the warehouse holds {name} with other columns ({', '.join(f'{c} {t}' for c, t in changed)}); "
                    "run 'policestats rebuild' to make it again from the raw loads"
                )
        for table in tables.values():
            if f"core.{table.name}" not in found:
                names = ", ".join(quoted(c) for c in table.columns)
                versions = quoted(version_table(table.name))
                engine.execute(f"CREATE VIEW core.{quoted(table.name)} AS SELECT {names} FROM {versions} WHERE known_to IS NULL")


def _columns(engine: Warehouse) -> dict[str, dict[str, str]]:
    rows = engine.sql(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'core' "
        "ORDER BY table_name, ordinal_position"
    )
    found: dict[str, dict[str, str]] = {}
    for row in rows.to_pylist():
        found.setdefault(f"core.{row['table_name']}", {})[row["column_name"]] = row["data_type"]
    return found
