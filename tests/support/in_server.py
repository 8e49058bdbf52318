"""The source databases of the simulated province, copied from SQLite files into a server's database with its real types."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from policestats.simulator.databases import BOOLEAN, DATABASES, DATE, DECIMAL, TEXT, TIMESTAMP
from policestats.simulator.targets import SchemasOf


def copied_into_server(sources: Path, url: str) -> str:
    """Write what the files in ``sources`` hold now into a schema per source of the database at ``url``; return ``url``.

    What a column of the server cannot hold (a day that does not exist) is null there, as if it had been entered there.
    """
    for database, tables in DATABASES.items():
        contents = []
        with closing(sqlite3.connect(sources / f"{database}.sqlite")) as files:
            for table, columns in tables.items():
                rows = files.execute(f"SELECT {', '.join(columns)} FROM {table}")
                contents.append(
                    (table, columns, [{c: _meant(kind, v) for (c, kind), v in zip(columns.items(), row, strict=True)} for row in rows])
                )
        SchemasOf(url).write(database, contents)
    return url


def _meant(kind: str, value: Any) -> Any:
    if value is None or kind == TEXT:
        return value
    try:
        if kind == DATE:
            return date.fromisoformat(value)
        if kind == TIMESTAMP:
            return datetime.fromisoformat(value)
        if kind == DECIMAL:
            return Decimal(str(value))
        return bool(value) if kind == BOOLEAN else int(value)
    except ValueError:
        return None
