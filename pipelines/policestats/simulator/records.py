"""The records of one source system, with everything they have said: so its database can be written as it stood at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from policestats.simulator.databases import DATABASES, KEYS, UPDATED_AT
from policestats.simulator.uploads import ANSWERS_FOR

#: After everything that is simulated.
END = datetime.max


class Row(dict[str, Any]):
    """A row as it stands in the end. ``past`` holds (until, values) of every earlier state; values are None while it was not there."""

    def __init__(self, table: str, seen_at: datetime, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.table = table
        self.past: list[tuple[datetime, dict[str, Any] | None]] = [(seen_at, None)]
        self.is_there = True

    @property
    def key(self) -> tuple[Any, ...]:
        """The values of the columns that identify the row."""
        return tuple(self[column] for column in KEYS[self.table])

    @property
    def changed_at(self) -> datetime:
        """Since when the row has stood as it does."""
        return self.past[-1][0]

    def at(self, moment: datetime) -> dict[str, Any] | None:
        """Return the row's values as a reader at ``moment`` finds them; None when the row is not there."""
        if moment >= self.past[-1][0]:
            return self if self.is_there else None
        return next(values for until, values in self.past if moment < until)


class Records:
    """The tables of one source system. Rows may change, go and come back; nothing of it is forgotten."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.columns = DATABASES[database]
        self.tables: dict[str, list[Row]] = {table: [] for table in self.columns}

    def add(self, table: str, *, at: datetime | None = None, **values: Any) -> Row:
        """Write a new record into ``table`` at the moment ``at`` (default: its ``entered_at``) and return it.

        Raises: KeyError when the values are not exactly the columns of the table, ``updated_at`` apart.
        """
        columns = self.columns[table]
        moment = at or values["entered_at"]
        if UPDATED_AT in columns:
            values[UPDATED_AT] = moment
        if values.keys() != columns.keys():
            raise KeyError(f"{self.database}.{table}: {sorted(values.keys() ^ columns.keys())} are missing or unknown")
        row = Row(table, moment, values)
        self.tables[table].append(row)
        return row

    def change(self, row: Row, at: datetime, **values: Any) -> None:
        """Change values of ``row`` at ``at``, or just after its last change when that was later."""
        moment = self._next(row, at)
        row.past.append((moment, dict(row)))
        row.update(values)
        if UPDATED_AT in row:
            row[UPDATED_AT] = moment

    def remove(self, row: Row, at: datetime) -> None:
        """Delete ``row`` at ``at``: from then on a reader does not find it."""
        row.past.append((self._next(row, at), dict(row)))
        row.is_there = False

    def restore(self, row: Row, at: datetime, *, touch: bool) -> None:
        """Bring a deleted row back at ``at``; with ``touch`` that is its last change, without it comes back as it was (from a backup)."""
        moment = self._next(row, at)
        row.past.append((moment, None))
        row.is_there = True
        if touch:
            row[UPDATED_AT] = moment

    def delay(self, row: Row, until: datetime) -> None:
        """Let the transaction that wrote ``row`` commit as late as ``until``: its ``updated_at`` is older than its first appearance."""
        if len(row.past) != 1:
            raise ValueError(f"{row.table} {row.key} has changed already; only its first writing can be delayed")
        row.past[0] = (max(until, row.past[0][0]), None)

    def rows_at(self, table: str, moment: datetime = END) -> Iterator[dict[str, Any]]:
        """Yield the rows of ``table`` as a reader at ``moment`` finds them."""
        for row in self.tables[table]:
            values = row.at(moment)
            if values is not None:
                yield values

    def counts(self) -> dict[str, int]:
        """Return the number of rows in the end, by table."""
        return {table: sum(row.is_there for row in rows) for table, rows in self.tables.items()}

    def uploads(self, closes: dict[str, datetime]) -> Counter[tuple[str, str]]:
        """Return how many records the system holds at each month's close, by (unit, month written 2025-03) of the unit and day they name.

        Args:
            closes: Month -> the moment at which it is closed.
        """
        counts: Counter[tuple[str, str]] = Counter()
        for table, (unit, on) in ANSWERS_FOR.items():
            for row in self.tables.get(table, ()):
                day = row[on]
                month = f"{day:%Y-%m}" if isinstance(day, date) else ""
                if month in closes and row.at(closes[month]) is not None:
                    counts[row[unit], month] += 1
        return counts

    @staticmethod
    def _next(row: Row, at: datetime) -> datetime:
        # strictly later than the change before, so that a reader in between sees it and the cursor moves
        return max(at, row.changed_at + timedelta(seconds=1))
