"""Schema drift on demand: a source whose shape changes without a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from policestats.errors import SettingsError
from policestats.simulator.calendar import month_text
from policestats.simulator.databases import DATABASES, DATE, INTEGER, TEXT, TIMESTAMP
from policestats.simulator.targets import Content

KINDS = ("rename", "drop", "retype", "add")
_EPOCH = datetime(1970, 1, 1)


@dataclass(frozen=True)
class Drift:
    """One change of one table from the month ``since`` on."""

    kind: str
    table: str
    column: str
    since: date

    def apply(self, content: Content) -> Content:
        """Return (table, columns, rows) as they look afterwards; other tables as they are."""
        table, columns, rows = content
        if table != self.table:
            return content
        if self.kind == "add":
            return table, {**columns, self.column: TEXT}, [{**row, self.column: "新"} for row in rows]
        if self.kind == "drop":
            return table, {name: kind for name, kind in columns.items() if name != self.column}, rows
        if self.kind == "rename":
            renamed = {f"{name}_v2" if name == self.column else name: kind for name, kind in columns.items()}
            return table, renamed, [{**row, f"{self.column}_v2": row[self.column]} for row in rows]
        return (
            table,
            {**columns, self.column: _other(columns[self.column])},
            [{**row, self.column: _retyped(row[self.column])} for row in rows],
        )


def parse_drift(text: str | None, months: list[date]) -> Drift | None:
    """Return the drift that ``text`` asks for, None for none.

    Args:
        text: ``kind:table.column``, from the last month on, or ``kind:table.column@2025-06``.
        months: The months simulated.
    Raises: SettingsError when there is no such kind, table, column or month.
    """
    if text is None:
        return None
    what, _, since = text.partition("@")
    kind, _, place = what.partition(":")
    table, _, column = place.partition(".")
    starts = [month for month in months if month_text(month) == since] if since else months[-1:]
    tables = {name: columns for tables in DATABASES.values() for name, columns in tables.items()}
    if kind not in KINDS or table not in tables or not column or not starts:
        raise SettingsError(
            f"drift is {text!r}; write {'|'.join(KINDS)}:TABLE.COLUMN or …@YYYY-MM, with a table of the sources "
            f"({', '.join(sorted(tables))}) and a month simulated ({month_text(months[0])} to {month_text(months[-1])})"
        )
    if (kind == "add") == (column in tables[table]):
        there = "is there already" if kind == "add" else "is not there"
        raise SettingsError(f"drift is {text!r}; the column {column!r} {there}: {table} has {', '.join(tables[table])}")
    if kind == "retype" and tables[table][column] == TEXT:
        raise SettingsError(f"drift is {text!r}; {column!r} is text, which anything can be read as; retype a column of another kind")
    return Drift(kind, table, column, starts[0])


def _other(kind: str) -> str:
    """Dates become numbers, as in a spreadsheet; everything else becomes text."""
    return INTEGER if kind in (DATE, TIMESTAMP) else TEXT


def _retyped(value: Any) -> Any:
    if isinstance(value, datetime):
        return int((value - _EPOCH).total_seconds())
    if isinstance(value, date):
        return (value - _EPOCH.date()).days
    return None if value is None else str(value)
