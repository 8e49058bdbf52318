"""How long one form of one unit, and one trace, take on an open connection to a release: the first query of each, none is repeated."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.bench.province.definitions import STANDARD
from tests.bench.province.stages import PERIODS

#: Records of the longest trace that the aim is for.
LONGEST = 100_000


def publish(definitions: str, home: str) -> str:
    """Publish the month and return the folder of the release."""
    from policestats.catalog import load_catalog
    from policestats.stages import publish

    publish.run(catalog=load_catalog(Path(definitions), STANDARD), home=Path(home), period=PERIODS[0])
    return str((Path(home) / "releases" / "current").resolve())


def forms(release: str) -> dict[str, Any]:
    """Read every form of a unit of each level; return how many were read, and the slowest with its milliseconds."""
    import duckdb

    with duckdb.connect(f"{release}/statistics.duckdb", read_only=True) as connection:
        connection.execute("SELECT ?", [1])  # the first parameter of a process loads pandas
        names = [name for (name,) in connection.execute("SELECT form_id FROM report.form ORDER BY ALL").fetchall()]
        units = connection.execute("SELECT level_code, min(unit_code) FROM dim.unit GROUP BY ALL ORDER BY ALL").fetchall()
        taken = []
        for name in names:
            for level, unit in units:
                began = time.perf_counter()
                connection.execute(f'FROM report."{name}" WHERE unit_code = ?', [unit]).fetchall()
                taken.append(((time.perf_counter() - began) * 1000, f"{name} of a {level}"))
    return {"read": len(taken), "slowest_ms": max(taken)[0], "slowest": max(taken)[1]}


def traces(release: str) -> dict[str, Any]:
    """Trace for each form and column the cell of the root with the greatest count up to LONGEST; return the slowest with its milliseconds."""
    import duckdb

    with duckdb.connect(f"{release}/statistics.duckdb", read_only=True) as connection:
        cells = connection.execute(
            "SELECT c.form_id, c.period, c.unit_code, c.row_code, c.column_code FROM report.cell AS c JOIN report.form_column AS k "
            "ON k.form_id = c.form_id AND k.column_code = c.column_code AND k.variant IS NOT NULL JOIN dim.unit AS u ON u.unit_code = c.unit_code "
            "WHERE u.depth = 0 AND c.value BETWEEN 1 AND ? QUALIFY row_number() OVER (PARTITION BY c.form_id, c.column_code ORDER BY c.value DESC) = 1 ORDER BY ALL",
            [LONGEST],
        ).fetchall()
    taken = []
    with duckdb.connect(f"{release}/trace.duckdb", read_only=True) as connection:
        for cell in cells:
            began = time.perf_counter()
            rows = connection.execute("FROM trace(?, ?, ?, ?, ?)", list(cell)).to_arrow_table().num_rows
            taken.append(((time.perf_counter() - began) * 1000, rows, f"{cell[0]} [{cell[3]}].{cell[4]}"))
    return {
        "read": len(taken),
        "slowest_ms": max(taken)[0],
        "slowest": f"{max(taken)[2]}, {max(taken)[1]:,} records",
        "longest": max(t[1] for t in taken),
    }
