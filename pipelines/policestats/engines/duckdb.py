"""DuckDB as the engine: every database call of the warehouse goes through here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from policestats import settings
from policestats.engines.held import when_free
from policestats.errors import StatisticsError
from policestats.query import Query

WAREHOUSE = "warehouse.duckdb"
#: a moment is written as text in the session's zone, by default the machine's: the same records would give other texts elsewhere
UTC = "SET GLOBAL TimeZone = 'UTC'"


class DuckDBEngine:
    """One connection to a DuckDB file, or to memory."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def fetch(self, query: Query) -> pa.Table:
        """Return the rows of ``query``."""
        return self.sql(query.sql("duckdb"))

    def sql(self, text: str, parameters: list[Any] | None = None) -> pa.Table:
        """Return the rows of SQL ``text``; values go in by ``parameters``, never pasted."""
        return self.connection.execute(text, parameters or []).to_arrow_table()

    def execute(self, text: str, parameters: list[Any] | None = None) -> None:
        """Run SQL ``text`` that gives no rows."""
        self.connection.execute(text, parameters or [])

    def scalar(self, text: str, parameters: list[Any] | None = None) -> Any:
        """Return the first value of the first row of SQL ``text``; None when there is no row."""
        row = self.connection.execute(text, parameters or []).fetchone()
        return row[0] if row else None

    def create_temporary(self, name: str, query: Query) -> int:
        """Materialise ``query`` as a temporary table and return its number of rows."""
        return int(self.scalar(f"CREATE OR REPLACE TEMPORARY TABLE {quoted(name)} AS {query.sql('duckdb')}"))

    def insert(self, name: str, query: Query) -> int:
        """Append the rows of ``query``, matched by column name, and return how many there were."""
        self.execute(f"INSERT INTO {quoted(name)} BY NAME {query.sql('duckdb')}")
        row = self.connection.fetchone()
        return int(row[0]) if row else 0

    def append(self, name: str, rows: pa.Table) -> None:
        """Append Arrow rows, matched by column name."""
        self.connection.register("appended_rows", rows)
        try:
            self.execute(f"INSERT INTO {quoted(name)} BY NAME SELECT * FROM appended_rows")
        finally:
            self.connection.unregister("appended_rows")

    def settle(self, name: str, rows: pa.Table, where: dict[str, Any], ignoring: tuple[str, ...] = ()) -> None:
        """Make the rows of table ``name`` that meet ``where`` (column: value) equal to ``rows``, and write only what differs.

        A row that differs in nothing but the columns ``ignoring`` stays as it is. No row may stand twice.
        """
        held = " AND ".join(f"{quoted(column)} = ?" for column in where)
        values = list(where.values())
        if not self.scalar(f"SELECT 1 FROM {quoted(name)} WHERE {held} LIMIT 1", values):
            self.append(name, rows)
            return
        same = " AND ".join(
            f"old.{quoted(c)} IS NOT DISTINCT FROM new.{quoted(c)}" for c in rows.schema.names if c not in {*ignoring, *where}
        )
        given = next(iter(where))
        self.connection.register("settled_rows", rows)
        try:
            self.execute(
                "CREATE OR REPLACE TEMPORARY TABLE settled AS SELECT old.gone, new.* "
                f"FROM (SELECT *, rowid AS gone FROM {quoted(name)} WHERE {held}) AS old FULL JOIN settled_rows AS new ON {same} "
                f"WHERE old.gone IS NULL OR new.{quoted(given)} IS NULL",
                values,
            )
        finally:
            self.connection.unregister("settled_rows")
        self.execute(f"DELETE FROM {quoted(name)} WHERE rowid IN (SELECT gone FROM temp.settled)")
        self.execute(f"INSERT INTO {quoted(name)} BY NAME SELECT * EXCLUDE gone FROM temp.settled WHERE gone IS NULL")
        self.drop_temporary("settled")

    def replace(self, name: str, rows: pa.Table) -> None:
        """Make ``rows`` the table ``name``, replacing one of that name."""
        self.connection.register("replacing_rows", rows)
        try:
            self.execute(f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM replacing_rows")
        finally:
            self.connection.unregister("replacing_rows")

    def load(self, name: str, rows: pa.Table) -> None:
        """Make ``rows`` a temporary table, replacing one of that name."""
        self.connection.register("loaded_rows", rows)
        try:
            self.execute(f"CREATE OR REPLACE TEMPORARY TABLE {quoted(name)} AS SELECT * FROM loaded_rows")
        finally:
            self.connection.unregister("loaded_rows")

    def drop_temporary(self, name: str) -> None:
        """Remove a temporary table, if it is there."""
        self.execute(f"DROP TABLE IF EXISTS temp.{quoted(name)}")

    def has_table(self, schema: str, name: str) -> bool:
        """Whether the table or view ``schema.name`` exists."""
        return bool(self.scalar("SELECT count(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?", [schema, name]))

    def attach_read_only(self, path: Path, name: str) -> None:
        """Let the tables of another file be read as ``name``.schema.table."""
        self.execute(f"ATTACH {text_literal(str(path))} AS {quoted(name)} (READ_ONLY)")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or roll all of it back when it raises."""
        self.execute("BEGIN TRANSACTION")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    @contextmanager
    def names_from(self, schema: str) -> Iterator[None]:
        """Let a table's name without a schema mean a temporary table or view, else one of ``schema``, inside."""
        self.execute(f"SET search_path = '{schema}'")
        try:
            yield
        finally:
            self.execute("RESET search_path")


def quoted(name: str) -> str:
    """Return a (possibly qualified) name as quoted identifiers."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def text_literal(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


@contextmanager
def open_warehouse(home: Path, *, read_only: bool = False, name: str = WAREHOUSE) -> Iterator[DuckDBEngine]:
    """Open the private warehouse under ``home``; one process may write at a time, and the others wait for it.

    It takes no more memory than $POLICESTATS_MEMORY; what needs more goes through files beside the warehouse.

    Raises: StatisticsError when it does not exist (read-only) or another process holds it for too long.
    """
    path = home / name
    if read_only and not path.exists():
        raise StatisticsError(f"{path}: there is no warehouse yet; run 'policestats extract' and 'policestats conform' first")
    home.mkdir(parents=True, exist_ok=True)
    connection = when_free(path, lambda: duckdb.connect(str(path), read_only=read_only))
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET memory_limit = ?", [settings.memory()])
        connection.execute(UTC)
        yield DuckDBEngine(connection)
    finally:
        connection.close()


@contextmanager
def open_memory() -> Iterator[DuckDBEngine]:
    """Open a warehouse that lives in memory only (tests, previews)."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(UTC)
        yield DuckDBEngine(connection)
    finally:
        connection.close()
