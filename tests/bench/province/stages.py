"""The stages on the simulated province; arguments are text."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.province.definitions import STANDARD

FIRST = date(2021, 1, 1)
MONTHS = 60
#: all that ends with the last day of the five years
PERIODS = ("2025-12", "2025-Q4", "2025-H2", "2025")
_CONTENT = {
    "report.cell": "SELECT * EXCLUDE run_id",
    "report.contribution": "SELECT *",
    "report.status": "SELECT *",
    "report.check_result": "SELECT *",
}


def simulate(world: str, scale: str, objects: str) -> dict[str, int]:
    """Make the source systems, as Parquet files, and return how many records each table holds."""
    from policestats.simulator.bulk import simulate_bulk

    made = simulate_bulk(
        Path(world), size="province", months=MONTHS, start=FIRST, scale=float(scale), object_scale=float(objects), with_tally=False
    )
    return made.records


def touch(world: str, share: str, where: str) -> int:
    """Change a share of the records of the source systems and return how many that were."""
    from policestats.simulator.bulk import touch as touch_bulk

    touched = touch_bulk(Path(world), share=float(share), where=where)
    return touched.updated + touched.inserted + touched.deleted


def land(definitions: str, world: str, home: str) -> None:
    """Land the source systems and merge them."""
    from policestats.catalog import load_catalog
    from policestats.stages import conform, extract

    catalog = load_catalog(Path(definitions), STANDARD)
    for source in catalog.sources:
        extract.run(catalog=catalog, source=source, location=str(Path(world) / source), home=Path(home))
    conform.run(catalog=catalog, home=Path(home))


def tabulate(definitions: str, home: str, how: str, *forms: str) -> dict[str, Any]:
    """Fill every form once, for the shortest of PERIODS in which it is due (or the named ones of the month); ``how`` is full or changes.

    Returns the number of forms, cells, contributions and SQL statements.
    """
    from policestats.catalog import load_catalog
    from policestats.engines.duckdb import open_warehouse
    from policestats.periods import ReferencePeriod
    from policestats.reports.template import load_forms
    from policestats.stages.tabulate import tabulate as fill

    catalog = load_catalog(Path(definitions), STANDARD)
    total = {"forms": 0, "cells": 0, "contributions": 0}
    filled: set[str] = set()
    with open_warehouse(Path(home)) as engine:
        counting = _Counting(engine.connection)
        engine.connection = counting  # type: ignore[assignment]
        for text in PERIODS[:1] if forms else PERIODS:
            period = ReferencePeriod.parse(text)
            known = load_forms(catalog, period=period, only=forms or None)
            due = [name for name, form in known.items() if period.frequency in form.frequencies and name not in filled]
            result = fill(engine, catalog, period, known, only=forms or (due if filled else None), full=how == "full")
            filled |= set(result.forms)
            total["forms"] += len(result.forms)
            total["cells"] += result.cells
            total["contributions"] += result.contributions
    return {**total, "statements": counting.statements}


def filled(home: str) -> dict[str, int]:
    """Return for every form of PERIODS how many of its cells are not zero."""
    from policestats.engines.duckdb import open_warehouse

    with open_warehouse(Path(home)) as engine:
        rows = engine.sql(
            "SELECT r.form_id, r.period, count(*) FILTER (c.value <> 0) AS n FROM report.run AS r LEFT JOIN report.cell AS c "
            "ON c.form_id = r.form_id AND c.period = r.period GROUP BY ALL ORDER BY ALL"
        ).to_pylist()
    return {f"{row['form_id']} {row['period']}": row["n"] for row in rows}


def is_as_in_full(definitions: str, home: str) -> bool:
    """Whether what the warehouse holds is what a full tabulation makes of the same records."""
    before = _content(home)
    tabulate(definitions, home, "full")
    return _content(home) == before


def _content(home: str) -> dict[str, Any]:
    from policestats.engines.duckdb import open_warehouse

    with open_warehouse(Path(home)) as engine:
        return {
            table: engine.sql(
                f"SELECT period, count(*) AS n, sum(hash(t)) AS h FROM ({columns} FROM {table}) AS t GROUP BY ALL ORDER BY ALL"
            ).to_pylist()
            for table, columns in _CONTENT.items()
        }


class _Counting:
    """A connection that counts the statements it is given."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.statements = 0

    def execute(self, *arguments: Any) -> Any:
        self.statements += 1
        return self._connection.execute(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)
