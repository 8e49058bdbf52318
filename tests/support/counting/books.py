"""What the stations of a simulated province entered, as plain rows: read from the source databases, past every stage of the product."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from policestats.simulator.databases import BOOLEAN, DATABASES, DATE, DECIMAL, TIMESTAMP
from policestats.simulator.province import Province

Row = dict[str, Any]
_READ: dict[str, Callable[[Any], Any]] = {
    DATE: date.fromisoformat,
    TIMESTAMP: datetime.fromisoformat,
    BOOLEAN: bool,
    DECIMAL: lambda value: Decimal(str(value)),
}


class Books:
    """Every table of every system of the province; ``province`` says which unit stands when."""

    def __init__(self, folder: Path, province: Province) -> None:
        self.province = province
        self._tables: dict[str, list[Row]] = {}
        self._sorted: dict[tuple[str, str], dict[Any, list[Row]]] = {}
        for system, tables in DATABASES.items():
            connection = sqlite3.connect(folder / f"{system}.sqlite")
            for table, columns in tables.items():
                found = connection.execute(f"SELECT {', '.join(columns)} FROM {table}")
                self._tables[table] = [
                    {
                        name: None if value is None else _READ.get(kind, _as_is)(value)
                        for (name, kind), value in zip(columns.items(), row, strict=True)
                    }
                    for row in found
                ]
            connection.close()

    def rows(self, table: str) -> list[Row]:
        """Return the rows of ``table``; KeyError when no system has it."""
        return self._tables[table]

    def by(self, table: str, column: str) -> dict[Any, list[Row]]:
        """Return the rows of ``table`` by their value of ``column``; a value that no row has gives []."""
        if (table, column) not in self._sorted:
            found: dict[Any, list[Row]] = defaultdict(list)
            for row in self._tables[table]:
                found[row[column]].append(row)
            self._sorted[table, column] = found
        return self._sorted[table, column]


def _as_is(value: Any) -> Any:
    return value
