"""The stages on the simulated city; arguments are text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.bench.measure import REPOSITORY

MONTHS = 14
_CONTENT = {
    "report.cell": "SELECT * EXCLUDE run_id",
    "report.contribution": "SELECT *",
    "report.status": "SELECT *",
    "report.check_result": "SELECT *",
}


def simulate(world: str, scale: str) -> int:
    """Make the six source systems, as SQLite files, and return how many records they hold."""
    from policestats.simulator.bulk import simulate_bulk

    return sum(simulate_bulk(Path(world), size="city", months=MONTHS, scale=float(scale), to="sqlite").records.values())


def touch(world: str, share: str, where: str) -> int:
    """Change a share of the records of the source systems and return how many that were."""
    from policestats.simulator.bulk import load_changes
    from policestats.simulator.bulk import touch as touch_bulk

    touched = touch_bulk(Path(world), share=float(share), where=where)
    load_changes(Path(world), "sqlite")
    return touched.updated + touched.inserted + touched.deleted


def land(world: str, home: str) -> None:
    """Land the source systems that the standard describes, and merge them."""
    from policestats.catalog import load_catalog
    from policestats.stages import conform, extract

    catalog = load_catalog(REPOSITORY, "cn")
    for source in catalog.sources:
        extract.run(catalog=catalog, source=source, location=str(Path(world) / f"{source}.sqlite"), home=Path(home))
    conform.run(catalog=catalog, home=Path(home))


def tabulate(home: str, period: str, how: str, *forms: str) -> dict[str, int]:
    """Fill ``forms`` (none named: all that are due), ``how`` is full or changes; return the number of cells and of contributions."""
    from policestats.catalog import load_catalog
    from policestats.stages import tabulate

    catalog = load_catalog(REPOSITORY, "cn")
    result = tabulate.run(catalog=catalog, home=Path(home), period=period, forms=forms or None, full=how == "full")
    return {"cells": result.cells, "contributions": result.contributions}


def is_as_in_full(home: str, period: str) -> bool:
    """Whether what the warehouse holds is what a full tabulation makes of the same records."""
    before = _content(home, period)
    tabulate(home, period, "full")
    return _content(home, period) == before


def _content(home: str, period: str) -> dict[str, Any]:
    from policestats.engines.duckdb import open_warehouse

    with open_warehouse(Path(home)) as engine:
        return {
            table: engine.sql(
                f"SELECT count(*) AS n, sum(hash(t)) AS h FROM ({columns} FROM {table} WHERE period = ?) AS t", [period]
            ).to_pylist()
            for table, columns in _CONTENT.items()
        }
