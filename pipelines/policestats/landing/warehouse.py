"""What landing needs of the warehouse's engine, and how names are quoted in SQL."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

import pyarrow as pa


class Warehouse(Protocol):
    """An open warehouse. Values go in by parameters, never pasted."""

    def sql(self, text: str, parameters: list[Any] | None = None) -> pa.Table:
        """Return the rows of SQL ``text``."""

    def execute(self, text: str, parameters: list[Any] | None = None) -> None:
        """Run SQL ``text`` that gives no rows."""

    def scalar(self, text: str, parameters: list[Any] | None = None) -> Any:
        """Return the first value of the first row; None when there is no row."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what happens inside, or roll all of it back when it raises."""


def quoted_column(name: str) -> str:
    """Return a column's name as one quoted identifier; a dot in it is part of the name."""
    return '"' + name.replace('"', '""') + '"'


def quoted(name: str) -> str:
    """Return a (possibly qualified) table's name as quoted identifiers."""
    return ".".join(quoted_column(part) for part in name.split("."))
