"""First load, unchanged load and daily increment from PostgreSQL, beside ADBC writing the same table to Parquet."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.measure import Line, measured
from tests.support import postgres

from .table import fill, pass_a_day

ROWS = int(os.environ.get("BENCH_POSTGRES_ROWS", "2000000"))
_ADBC = "ADBC, the whole table to Parquet"


def missing() -> str | None:
    """Return why this cannot be measured here; None when it can."""
    return None if postgres.is_installed() else f"the wheel {postgres.WHEEL} is not installed"


def lines(folder: Path, tell: Callable[[str], None]) -> Iterator[Line]:
    """Yield a line for each measurement; a first run of ADBC, not measured, warms the server's memory."""
    definitions, home = folder / "definitions", folder / "home"
    with postgres.running() as server, server.database() as name:
        location = server.url(name)
        with server.connect(name) as connection:
            tell(f"filling a table with {ROWS:,} rows")
            fill(connection, ROWS)
            measured("postgres.steps:define", definitions)
            measured("postgres.steps:adbc", location, folder / "adbc.parquet")
            base = measured("postgres.steps:adbc", location, folder / "adbc.parquet")
            tell(f"ADBC: {base.result:,} rows in {base.seconds:.1f} s, {base.peak_mib:.0f} MiB")
            first = measured("postgres.steps:extract", definitions, location, home)
            yield Line(f"PostgreSQL, first load of {ROWS:,} rows", first, _ADBC, base, 2.0)
            again = measured("postgres.steps:extract", definitions, location, home)
            yield Line("the same, unchanged, keys and cursors compared", again, _ADBC, base)
            pass_a_day(connection, ROWS)
            day = measured("postgres.steps:extract", definitions, location, home)
            yield Line(f"daily increment: {day.result['rows']:,} rows, {day.result['gone']:,} gone", day, _ADBC, base)
