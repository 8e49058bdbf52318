"""Writes the rows of one table as Parquet, batch by batch, and takes the hash of their content on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Written:
    """How many rows a file has, and the hash of its content."""

    rows: int
    content: str


def write_table(engine: duckdb.DuckDBPyConnection, path: Path, columns: tuple[str, ...], batches: Iterable[pa.RecordBatch]) -> Written:
    """Write ``batches`` of the named columns to ``path``; ``engine`` takes the hash. No batch gives a file without rows, its columns text.

    Batches are written as they come: one at a time is held. The hash is that of the multiset of rows (the sum of the rows' hashes),
    with the columns: a source that gives the same rows in another order has the same content.

    Raises: pyarrow.ArrowInvalid when a later batch has other types than the first and cannot be cast to them.
    """
    writer: pq.ParquetWriter | None = None
    rows, total = 0, 0
    with ThreadPoolExecutor(max_workers=1) as beside:  # a batch is hashed while it is written
        try:
            for batch in batches:
                if batch.num_rows == 0:
                    continue
                if writer is None:
                    writer = pq.ParquetWriter(path, batch.schema, compression="zstd")
                batch = batch.cast(writer.schema) if batch.schema != writer.schema else batch
                hashed = beside.submit(_sum_of_hashes, engine, batch)
                writer.write_batch(batch)
                total += hashed.result()
                rows += batch.num_rows
            if writer is None:
                writer = pq.ParquetWriter(path, pa.schema([pa.field(name, pa.string()) for name in columns]), compression="zstd")
        finally:
            if writer is not None:
                writer.close()
    return Written(rows, hashlib.sha256(json.dumps([list(columns), rows, total]).encode()).hexdigest())


def _sum_of_hashes(engine: duckdb.DuckDBPyConnection, batch: pa.RecordBatch) -> int:
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in batch.schema.names)
    # hashed twice: the hash of a row mixes those of its values by exclusive or, whose sums could meet when values change places
    row = engine.from_arrow(pa.Table.from_batches([batch])).aggregate(f"sum(hash(hash({names}), 'row')::HUGEINT)").fetchone()
    return int(row[0]) if row else 0
