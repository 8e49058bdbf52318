"""Reads one table of a source of files without the stages around it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from policestats.errors import ExtractError
from policestats.landing.files import open_files
from policestats.landing.plan import TablePlan


def plan(name: str = "report", member: str | None = None, **options: Any) -> TablePlan:
    """Return the plan of a table with the given options of its description; what it reads and lands is the caller's choice."""
    return TablePlan(name, member or name, None, False, (), (), {}, None, options=options)


def read(location: Path | str, table: TablePlan, columns: list[str] | None = None, file: str | None = None) -> list[tuple[Any, ...]]:
    """Return the rows of a table, all columns when none are named."""
    with open_files("desk", str(location)) as reader:
        wanted = columns or list(reader.schema(table))
        batches = list(reader.batches(table, columns=wanted, file=file))
    assert all(batch.schema.names == wanted for batch in batches)
    return [tuple(row.values()) for row in pa.Table.from_batches(batches).to_pylist()] if batches else []


def schema(location: Path | str, table: TablePlan) -> dict[str, str]:
    """Return the columns of a table with their types."""
    with open_files("desk", str(location)) as reader:
        return reader.schema(table)


def refused(location: Path | str, table: TablePlan, *words: str, columns: list[str] | None = None) -> str:
    """Reading stops with an error that names source, table and all ``words``; returns its text."""
    with pytest.raises(ExtractError) as error:
        read(location, table, columns)
    for word in ("source 'desk'", f"table '{table.name}'", *words):
        assert word in str(error.value), f"{word!r} not in {error.value}"
    return str(error.value)
