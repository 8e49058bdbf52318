"""Where the made-up source databases are written: SQLite files in a folder, or schemas of any database that SQLAlchemy reaches."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, Numeric, String, Table, create_engine
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.schema import CreateSchema

from policestats.errors import SettingsError
from policestats.simulator.databases import BOOLEAN, DATE, DECIMAL, INTEGER, TEXT, TIMESTAMP, Columns

#: Rows in one statement.
_BATCH = 5000
_SQLITE = {TEXT: "TEXT", DATE: "TEXT", TIMESTAMP: "TEXT", BOOLEAN: "INTEGER", INTEGER: "INTEGER", DECIMAL: "NUMERIC"}
_TYPES = {TEXT: String, DATE: Date, TIMESTAMP: DateTime, BOOLEAN: Boolean, INTEGER: Integer, DECIMAL: Numeric}

#: A table: its name, its columns, and rows with at least those columns.
Content = tuple[str, Columns, Sequence[Mapping[str, Any]]]
Contents = Iterable[Content]


class Target(Protocol):
    """Somewhere to write source databases to."""

    def write(self, database: str, contents: Contents) -> None:
        """Replace ``database`` by ``contents``, (table, columns, rows) each, completely or not at all."""

    def location(self, database: str) -> str:
        """Return where a reader finds the database: a path or an SQLAlchemy URL."""


class SqliteFolder:
    """One SQLite file per database. Dates and timestamps are text, booleans 0 and 1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def location(self, database: str) -> str:
        """Return the path of the file."""
        return str(self.folder / f"{database}.sqlite")

    def write(self, database: str, contents: Contents) -> None:
        """Write the file beside the old one and move it there."""
        path = Path(self.location(database))
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        connection = sqlite3.connect(unfinished)
        try:
            for table, columns, rows in contents:
                connection.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {_SQLITE[kind]}' for name, kind in columns.items())})")
                marks = ", ".join("?" for _ in columns)
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", ([_text(row[name]) for name in columns] for row in rows))
            connection.commit()
        finally:
            connection.close()
        os.replace(unfinished, path)


class SchemasOf:
    """One schema per database in a server's database, with real types. What its types cannot hold (a day that does not exist) is null."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        if self.url.get_backend_name() == "sqlite":
            raise SettingsError(
                f"{self.url.render_as_string()}: SQLite has no schemas; give a folder, and one file per database is written"
            )

    def location(self, database: str) -> str:
        """Return the URL, password included, with the database's schema first in the search path."""
        if self.url.get_backend_name() == "postgresql":
            located = self.url.update_query_dict({"options": f"-csearch_path={database}"})
        else:  # elsewhere a schema is a database
            located = self.url.set(database=database)
        return located.render_as_string(hide_password=False)

    def write(self, database: str, contents: Contents) -> None:
        """Replace the schema's tables in one transaction."""
        engine = create_engine(self.url)
        try:
            self._write(engine, database, contents)
        finally:
            engine.dispose()

    @staticmethod
    def _write(engine: Engine, database: str, contents: Contents) -> None:
        metadata = MetaData(schema=database)
        with engine.begin() as connection:
            connection.execute(CreateSchema(database, if_not_exists=True))
            for name, columns, rows in contents:
                table = Table(name, metadata, *(Column(column, _TYPES[kind]()) for column, kind in columns.items()))
                table.drop(connection, checkfirst=True)
                table.create(connection)
                for start in range(0, len(rows), _BATCH):
                    connection.execute(table.insert(), [_typed(row, columns) for row in rows[start : start + _BATCH]])


def target(to: Path | str) -> Target:
    """Return the target that a folder or an SQLAlchemy URL names."""
    return SchemasOf(to) if isinstance(to, str) and "://" in to else SqliteFolder(Path(to))


def _text(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, Decimal):
        return str(value)
    return value


def _typed(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    return {name: None if isinstance(row[name], str) and kind != TEXT else row[name] for name, kind in columns.items()}
