"""Settling a table writes what differs and leaves every other row where it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from policestats.engines.duckdb import DuckDBEngine, open_memory

SCHEMA = pa.schema(
    [("form", pa.string()), ("unit", pa.string()), ("row", pa.string()), ("value", pa.decimal128(38, 6)), ("run", pa.string())]
)
OTHER = ("Z01", "S1", "R1", 1, "1")  # of another form: never looked at


def rows(*values: tuple[str | None, ...]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, value, strict=True)) for value in values], schema=SCHEMA)


def found(engine: DuckDBEngine) -> dict[tuple[Any, ...], int]:
    table = engine.sql("SELECT *, rowid FROM cell").to_pylist()
    return {tuple(r[name] for name in SCHEMA.names): r["rowid"] for r in table}


@pytest.mark.parametrize("together", [False, True])  # also what was written in the same transaction is compared
def test_only_what_differs_is_written(together: bool) -> None:
    held = [("X01", "S1", "R1", 5, "1"), ("X01", "S1", None, 6, "1"), ("X01", "S2", "R1", 7, "1"), ("X01", "S3", "R1", 8, "1")]
    new = [
        ("X01", "S1", "R1", 5, "2"),  # the same but for its run
        ("X01", "S1", None, 6, "2"),  # the same: a null equals a null
        ("X01", "S2", "R1", Decimal("7.5"), "2"),  # another value
        ("X01", "S4", "R1", 9, "2"),  # new; S3 is gone
    ]
    with open_memory() as engine:
        if together:
            engine.execute("BEGIN TRANSACTION")
        engine.replace("cell", rows(OTHER, *held))
        before = found(engine)
        engine.settle("cell", rows(*new), {"form": "X01"}, ignoring=("run",))
        after = found(engine)
    kept = [OTHER, *held[:2]]
    assert set(after) == {*kept, *new[2:]}
    assert [after[row] for row in kept] == [before[row] for row in kept]


def test_nothing_and_everything() -> None:
    with open_memory() as engine:
        engine.replace("cell", rows(OTHER))
        engine.settle("cell", rows(("X01", "S1", "R1", 5, "1")), {"form": "X01"})
        assert set(found(engine)) == {OTHER, ("X01", "S1", "R1", 5, "1")}
        engine.settle("cell", rows(), {"form": "X01"})
        assert set(found(engine)) == {OTHER}
