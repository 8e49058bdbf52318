"""Writes the tables of the six source systems: Parquet files with real types, and from them SQLite files or PostgreSQL schemas."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import sqlalchemy as sa

from policestats.errors import SettingsError
from policestats.simulator.databases import BOOLEAN, DATABASES, DATE, DECIMAL, INTEGER, KEYS, TEXT, TIMESTAMP, Columns

Progress = Callable[[str], None]

_DUCKDB = {TEXT: "VARCHAR", DATE: "DATE", TIMESTAMP: "TIMESTAMP", BOOLEAN: "BOOLEAN", INTEGER: "INTEGER", DECIMAL: "DECIMAL(18, 6)"}
_POSTGRES = {TEXT: "text", DATE: "date", TIMESTAMP: "timestamp", BOOLEAN: "boolean", INTEGER: "integer", DECIMAL: "numeric"}
_SQLITE = {TEXT: "TEXT", DATE: "TEXT", TIMESTAMP: "TEXT", BOOLEAN: "INTEGER", INTEGER: "INTEGER", DECIMAL: "NUMERIC"}
PARQUET, SQLITE = "parquet", "sqlite"
#: Rows per statement (SQLite) and per batch (PostgreSQL).
BATCH_ROWS = 50_000
_ROW_GROUP = 122_880


def parquet_file(folder: Path, database: str, table: str) -> Path:
    """Return where ``table`` of ``database`` stands under ``folder``."""
    return folder / database / f"{table}.parquet"


def changes_file(folder: Path, database: str, table: str, *, deleted: bool = False) -> Path:
    """Return where ``touch`` leaves the new rows of a table, or the keys of the rows that are replaced or gone."""
    return folder / "changes" / database / f"{table}{'.deleted' if deleted else ''}.parquet"


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, path: Path, columns: Columns) -> int:
    """Write the rows of ``query`` to ``path``, complete or not at all, with exactly ``columns`` in their types, and return their number."""
    typed = ", ".join(f"CAST({name} AS {_DUCKDB[kind]}) AS {name}" for name, kind in columns.items())
    unfinished = path.with_suffix(".unfinished")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    written = connection.execute(
        f"COPY (SELECT {typed} FROM ({query})) TO '{_quoted(unfinished)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
    ).fetchone()
    assert written is not None
    os.replace(unfinished, path)
    return int(written[0])


def load(folder: Path, to: str, progress: Progress | None = None) -> dict[str, str]:
    """Load the Parquet files of ``folder`` into databases, replacing tables that are there.

    Args:
        folder: Written by ``simulate_bulk`` or ``touch``.
        to: ``sqlite``: one file per system, ``<folder>/<system>.sqlite``; ``sqlite:///OTHER`` the same in the folder OTHER; a PostgreSQL URL: one schema per
            system in that database.
    Returns: The location of each system, to be given to ``extract``.
    Raises: SettingsError when ``to`` is none of these.
    """
    tell = progress or (lambda message: None)
    files = sqlite_folder(folder, to)
    if files is not None:
        files.mkdir(parents=True, exist_ok=True)
        return {database: str(_load_sqlite(folder, files, database, tell)) for database in DATABASES}
    return {database: _load_postgres(folder, database, to, tell) for database in DATABASES}


def sqlite_folder(folder: Path, to: str) -> Path | None:
    """Return the folder of the SQLite files that ``to`` means; None when it means a PostgreSQL database.

    Raises: SettingsError when it means neither.
    """
    if to == SQLITE:
        return folder
    try:
        url = sa.make_url(to)
    except sa.exc.ArgumentError:
        url = None
    if url is not None and url.get_backend_name() == "postgresql":
        return None
    if url is None or url.get_backend_name() != SQLITE or not url.database:
        raise SettingsError(
            f"a bulk world cannot be loaded into {to.split('@')[-1]!r}; give 'sqlite', sqlite:///FOLDER or a postgresql:// URL"
        )
    return Path(url.database)


def load_changes(folder: Path, to: str) -> None:
    """Bring what ``touch`` changed in ``folder`` into databases that ``load`` filled before the touch: one transaction per system.

    Args:
        folder: Touched once since it was loaded.
        to: As given to ``load``.
    """
    files = sqlite_folder(folder, to)
    for database in DATABASES:
        if files is not None:
            _change_sqlite(folder, files, database)
        else:
            _change_postgres(folder, database, to)


def _load_sqlite(folder: Path, files: Path, database: str, tell: Progress) -> Path:
    path = files / f"{database}.sqlite"
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    source, target = duckdb.connect(), sqlite3.connect(unfinished)
    try:
        target.execute("PRAGMA synchronous = OFF")  # the file is moved into place when it is complete
        for table, columns in DATABASES[database].items():
            target.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {_SQLITE[kind]}' for name, kind in columns.items())})")
            marks = ", ".join("?" for _ in columns)
            stored = ", ".join(_as_sqlite(name, kind) for name, kind in columns.items())
            rows = source.execute(f"SELECT {stored} FROM read_parquet('{_quoted(parquet_file(folder, database, table))}')")
            while batch := rows.fetchmany(BATCH_ROWS):
                target.executemany(f"INSERT INTO {table} VALUES ({marks})", batch)
        target.commit()
    finally:
        target.close()
        source.close()
    os.replace(unfinished, path)
    tell(f"{database}: {path.name}")
    return path


def _change_sqlite(folder: Path, files: Path, database: str) -> None:
    source, target = duckdb.connect(), sqlite3.connect(files / f"{database}.sqlite")
    try:
        for table, columns, fresh, away in _changes(folder, database):
            keys = KEYS[table]
            gone = source.execute(
                f"SELECT {', '.join(_as_sqlite(k, columns[k]) for k in keys)} FROM read_parquet('{_quoted(away)}')"
            ).fetchall()
            target.execute(f"CREATE INDEX IF NOT EXISTS {table}_key ON {table} ({', '.join(keys)})")
            target.executemany(f"DELETE FROM {table} WHERE {' AND '.join(f'{k} = ?' for k in keys)}", gone)
            stored = ", ".join(_as_sqlite(name, kind) for name, kind in columns.items())
            rows = source.execute(f"SELECT {stored} FROM read_parquet('{_quoted(fresh)}')").fetchall()
            target.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in columns)})", rows)
        target.commit()
    finally:
        target.close()
        source.close()


def _change_postgres(folder: Path, database: str, to: str) -> None:
    import psycopg

    source = duckdb.connect()
    with psycopg.connect(_plain(to)) as connection, connection.cursor() as cursor:
        for table, columns, fresh, away in _changes(folder, database):
            keys = KEYS[table]
            cursor.execute(f"CREATE TEMP TABLE away ({', '.join(f'{k} {_POSTGRES[columns[k]]}' for k in keys)}) ON COMMIT DROP")
            copy_rows(source, cursor, f"SELECT * FROM read_parquet('{_quoted(away)}')", "away")
            cursor.execute(f"DELETE FROM {database}.{table} AS t USING away WHERE {' AND '.join(f't.{k} = away.{k}' for k in keys)}")
            cursor.execute("DROP TABLE away")
            copy_rows(source, cursor, f"SELECT * FROM read_parquet('{_quoted(fresh)}')", f"{database}.{table}")
    source.close()


def _changes(folder: Path, database: str) -> Iterator[tuple[str, Columns, Path, Path]]:
    """Yield the tables that were touched, with the files of new rows and of the keys that are replaced or gone."""
    for table, columns in DATABASES[database].items():
        fresh, away = changes_file(folder, database, table), changes_file(folder, database, table, deleted=True)
        if fresh.exists():
            yield table, columns, fresh, away


def _plain(to: str) -> str:
    return sa.make_url(to).set(drivername="postgresql").render_as_string(hide_password=False)


def _as_sqlite(name: str, kind: str) -> str:
    """Return the value as SQLite keeps it: dates and timestamps as text, booleans as 0 and 1."""
    if kind == TIMESTAMP:
        return f"strftime({name}, '%Y-%m-%d %H:%M:%S')"
    if kind in (DATE, DECIMAL):
        return f"{name}::VARCHAR"
    return f"{name}::INTEGER" if kind == BOOLEAN else name


def _load_postgres(folder: Path, database: str, to: str, tell: Progress) -> str:
    """Load by COPY, all tables of the system in one transaction, into the schema named as the system."""
    import psycopg

    source = duckdb.connect()
    with psycopg.connect(_plain(to)) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {database} CASCADE")
        cursor.execute(f"CREATE SCHEMA {database}")
        for table, columns in DATABASES[database].items():
            cursor.execute(f"CREATE TABLE {database}.{table} ({', '.join(f'{name} {_POSTGRES[kind]}' for name, kind in columns.items())})")
            copy_rows(
                source, cursor, f"SELECT * FROM read_parquet('{_quoted(parquet_file(folder, database, table))}')", f"{database}.{table}"
            )
            tell(f"{database}.{table} loaded")
    source.close()
    return sa.make_url(to).update_query_dict({"options": f"-csearch_path={database}"}).render_as_string(hide_password=False)


def copy_rows(source: duckdb.DuckDBPyConnection, cursor: object, query: str, table: str) -> None:
    """Send the rows of ``query`` to the PostgreSQL ``table`` by COPY, as CSV text that DuckDB makes set-wise and pyarrow writes in batches."""
    import psycopg
    from pyarrow import csv

    assert isinstance(cursor, psycopg.Cursor)
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
        for batch in source.execute(query).fetch_record_batch(BATCH_ROWS):
            csv.write_csv(batch, _Into(copy.write), csv.WriteOptions(include_header=False))


class _Into:
    """A file object that hands on what is written to it."""

    closed = False

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write

    def write(self, data: bytes) -> int:
        """Hand on ``data``."""
        self._write(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def writable(self) -> bool:
        """Tell pyarrow that it may write."""
        return True

    def readable(self) -> bool:
        """Tell pyarrow that there is nothing to read."""
        return False

    def seekable(self) -> bool:
        """Tell pyarrow that it may not seek."""
        return False


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
