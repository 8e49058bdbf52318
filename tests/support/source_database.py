"""A source database that a test can change: the same statements for PostgreSQL and for SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.postgres import PostgresServer


@dataclass(frozen=True)
class SourceDatabase:
    """``location`` is what extract is given. Statements take ``?`` for a value and are committed one by one."""

    kind: str
    location: str
    server: PostgresServer | None = None
    name: str = ""

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        if self.server is None:
            connection = sqlite3.connect(self.location)
            with connection:
                rows = connection.execute(statement, values).fetchall()
            connection.close()
            return rows
        with self.server.connect(self.name) as session:
            cursor = session.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

    def insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        """Append rows of all columns."""
        marks = ", ".join("?" * len(rows[0]))
        for row in rows:
            self.run(f'INSERT INTO "{table}" VALUES ({marks})', *row)


@contextmanager
def opened(kind: str, folder: Path, server: PostgresServer | None) -> Iterator[SourceDatabase]:
    """Give an empty database: a file in ``folder``, or one of the server's own."""
    if kind == "sqlite":
        path = folder / "source.sqlite"
        sqlite3.connect(path).close()
        path.touch()
        yield SourceDatabase(kind, str(path))
        return
    assert server is not None
    with server.database() as name:
        yield SourceDatabase(kind, server.url(name), server, name)
