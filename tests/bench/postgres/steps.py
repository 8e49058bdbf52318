"""What is measured, each function in a process of its own; arguments are text."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench.postgres.table import COLUMNS


def define(folder: str) -> None:
    """Write the definitions of a standard whose only source is the table of calls, landed by its cursor with a lag of 2 days."""
    from tests.stages.small import standard

    tables = {"call": {"key": ["call_no"], "columns": COLUMNS}}
    table = {"into": "call", "cursor": {"column": "updated_at", "lag": "2 days"}}
    standard(Path(folder), {"desk": {"kind": "database", "tables": {"call": table}}}, tables)


def extract(definitions: str, location: str, home: str) -> dict[str, int]:
    """Land the table; return how many rows landed and how many keys were gone."""
    os.environ["POLICESTATS_PSEUDONYM_KEY"] = "a key that only the benchmark uses"
    from policestats.catalog import load_catalog
    from policestats.landing.raw import RawStore
    from policestats.stages import extract

    catalog = load_catalog(Path(definitions), "tiny")
    result = extract.run(catalog=catalog, source="desk", location=location, home=Path(home))
    if result.load_id is None:
        return {"rows": 0, "gone": 0}
    table = RawStore(Path(home)).loads()[-1].tables["call"]
    return {"rows": table.rows, "gone": table.deleted}


def adbc(location: str, path: str) -> int:
    """Write the whole table to one Parquet file by ADBC alone; return its number of rows."""
    import pyarrow.parquet as pq
    from adbc_driver_postgresql import dbapi
    from sqlalchemy import make_url

    url = make_url(location)
    address = f"host={url.host} port={url.port} user={url.username} password='{url.password}' dbname={url.database}"
    rows = 0
    with dbapi.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM call")
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
                rows += batch.num_rows
    return rows
