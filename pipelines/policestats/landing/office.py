"""Lands what people type: rows that are new or changed become one load of the source ``office``, as of any other source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from policestats.catalog.office import OFFICE, OFFICE_TABLES
from policestats.landing.landing import computing
from policestats.landing.parquet import write_table
from policestats.landing.raw import LandedTable, Manifest, RawStore


def land_cells(raw: RawStore, work: Path, table: str, rows: Sequence[Mapping[str, str | None]], location: str) -> Manifest:
    """Commit ``rows`` (texts by column, each key once) as a load of changes of one of the office tables.

    Killed at any moment, all of them are landed or none: the load exists when its manifest does.

    Args:
        work: the landing's folder (``RawStore.landing``), while nobody else lands what people type.
        location: where the rows came from, as the manifest tells it.
    """
    columns = tuple(OFFICE_TABLES[table].columns)
    schema = pa.schema([(name, pa.string()) for name in columns])
    batch = pa.RecordBatch.from_pylist([dict(row) for row in rows], schema=schema)
    with computing(work) as engine:
        written = write_table(engine, work / f"{table}.parquet", columns, [batch])
    landed = LandedTable(written.rows, columns, written.content, mode="changes").as_read(dict.fromkeys(columns, "text"), datetime.now(UTC))
    return raw.commit(OFFICE, work, location, {table: landed})
