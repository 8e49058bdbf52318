"""The content of a warehouse as one hash per table, free of row order and without what differs between two equal runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from policestats.engines.duckdb import DuckDBEngine, quoted

#: Columns that say when or by which run something was made, not what it says.
RUN_COLUMNS = ("landed_at", "read_at", "manifest", "run_id", "run_at", "created_at", "opened_at", "closed_at")
#: The detail of an issue names the values that decided, the time of landing among them.
_SAID = {"detail": "regexp_replace(detail, 'landed_at=[^;]*', 'landed_at')"}


def content(engine: DuckDBEngine, schemas: Iterable[str] = ("core",), without: Iterable[str] = ()) -> dict[str, tuple[int, str]]:
    """Return for every table of ``schemas`` its number of rows and the hash of its rows, in whatever order they stand; ``without`` names columns."""
    left_out = {*RUN_COLUMNS, *without}
    found = {}
    for schema in schemas:
        tables = engine.sql(
            "SELECT table_name, list(column_name ORDER BY column_name) AS columns FROM information_schema.columns "
            "WHERE table_schema = ? GROUP BY ALL ORDER BY ALL",
            [schema],
        ).to_pylist()
        for table in tables:
            columns = ", ".join(_SAID.get(c, quoted(c)) for c in table["columns"] if c not in left_out)
            rows = engine.connection.execute(f"SELECT {columns} FROM {schema}.{quoted(table['table_name'])} ORDER BY ALL").fetchall()
            found[f"{schema}.{table['table_name']}"] = (len(rows), hashlib.sha256(repr(rows).encode()).hexdigest()[:16])
    return found
