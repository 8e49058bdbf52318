"""Writes the rows of one table as Parquet, all text, in batches, and takes the hash of its content on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from policestats.landing.identity import Row
from policestats.landing.raw import LandedTable

_MODULUS = 2**256


def write_table(path: Path, columns: tuple[str, ...], batches: Iterable[list[Row]]) -> LandedTable:
    """Write ``batches`` of rows to ``path`` and return what was written. No rows gives a file with columns only.

    The hash is that of the multiset of rows (the sum of their hashes), with the columns: a source that gives the same rows in
    another order has the same content.
    """
    schema = pa.schema([pa.field(name, pa.string()) for name in columns])
    rows, total = 0, 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            if not batch:
                continue
            total += sum(int.from_bytes(hashlib.sha256(json.dumps(row).encode()).digest()) for row in batch)
            rows += len(batch)
            arrays = [pa.array(values, pa.string()) for values in zip(*batch, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    content = json.dumps([list(columns), rows, total % _MODULUS])
    return LandedTable(rows, columns, hashlib.sha256(content.encode()).hexdigest())
