"""Simulate a city or a province into its source systems, set-wise, with a tally of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from policestats.errors import SettingsError
from policestats.simulator.bulk import (
    admin,
    admin_details,
    case_parties,
    case_process,
    case_registers,
    codes,
    criminal,
    disputes,
    draws,
    incidents,
    inspections,
    object_counts,
    objects,
    people,
    places,
    tally,
)
from policestats.simulator.bulk.sizes import Size, size_of
from policestats.simulator.bulk.write import PARQUET, Progress, load, parquet_file, sqlite_folder, write_parquet
from policestats.simulator.calendar import add_months, month_of, month_text, months_between
from policestats.simulator.databases import DATABASES, Columns
from policestats.simulator.uploads import ANSWERS_FOR

MEMORY = "6GB"
_UPLOAD = "unit_upload"


@dataclass(frozen=True)
class BulkResult:
    """What was simulated: ``records`` counts the rows of each table, written ``<system>.<table>``; ``locations`` says where each system is."""

    folder: Path
    size: Size
    months: tuple[str, ...]
    records: dict[str, int]
    tally_cells: int
    locations: dict[str, str]


def simulate_bulk(
    folder: Path,
    *,
    size: str = "city",
    months: int = 14,
    seed: int = 1,
    start: date = date(2025, 1, 1),
    scale: float = 1.0,
    object_scale: float = 1.0,
    with_tally: bool = True,
    to: str = PARQUET,
    progress: Progress | None = None,
) -> BulkResult:
    """Write ``<folder>/<system>/<table>.parquet`` for the source systems, and ``<folder>/tally.parquet``.

    The tally has every counted cell that is not zero and every rate of the forms,
        for all units and the months simulated. Nobody is silent and the tree of units
    stays as it is; those, and injected defects, are the small simulator's.

    Args:
        folder: Made when it is not there; the files are replaced.
        size: ``city`` or ``province`` (sizes.py).
        months: Months simulated, from the month of ``start`` on; cases begin 60 days earlier, objects up to five years.
        seed: The same seed gives the same records and the same tally.
        start: Any day of the first month.
        scale: The same tree with this share of the records, above 0 and at most 1.
        object_scale: The share of the collected objects, of those that ``scale`` leaves.
        with_tally: Without it nothing is counted and ``tally_cells`` is 0: a province has 20,000 units and communities, in every month.
        to: ``parquet``; or also loaded there: ``sqlite``, ``sqlite:///FOLDER`` or a PostgreSQL URL (see ``load``).
        progress: Called with a line of text after each table.
    Raises: SettingsError when there is no such size or target, or ``months`` is below 1.
    """
    if months < 1:
        raise SettingsError(f"months is {months}; simulate at least 1")
    tell = progress or (lambda message: None)
    world = size_of(size).scaled(scale).with_objects(object_scale)
    if to != PARQUET:
        sqlite_folder(folder, to)  # a target that cannot be is told before the work, not after it
    first = month_of(start)
    after = add_months(first, months)
    folder.mkdir(parents=True, exist_ok=True)
    spill = folder / ".spill"
    # tables of the stories stay in memory as long as they fit, and go to the folder's own disk when they do not
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(spill)})
    try:
        # the rows of the big tables may then come in any order; without it they would all be held in memory first
        connection.execute("SET preserve_insertion_order = false")
        tables = _make(connection, world, seed=seed, first=first, after=after, tell=tell)
        records = _write(connection, folder, tables, tell)
        cells = _count(connection, world, folder, tell) if with_tally else 0
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)
    shown = tuple(map(month_text, months_between(first, after)))
    locations = {database: str(folder / database) for database in DATABASES} if to == PARQUET else load(folder, to, tell)
    return BulkResult(folder=folder, size=world, months=shown, records=records, tally_cells=cells, locations=locations)


def _make(
    connection: duckdb.DuckDBPyConnection, size: Size, *, seed: int, first: date, after: date, tell: Callable[[str], None]
) -> dict[str, dict[str, str]]:
    """Make all stories and return system -> table -> query."""
    years = (after - first).days / 365
    whole = years + draws.WARM_UP_DAYS / 365
    draws.define(connection, seed=seed, first=first, after=after)
    codes.define(connection)
    places.define(connection, size)
    people.define(connection)
    criminal.make(connection, size, whole)
    case_parties.make(connection)
    case_process.make(connection)
    admin.make(connection, size, whole)
    admin_details.make(connection)
    case_registers.make(connection)
    incidents.make(connection, size, years)
    disputes.make(connection)
    inspections.make(connection, size, whole)
    objects.make(connection, size)
    tell("the stories of all cases, calls, disputes and inspections are made")
    return {
        "incident_desk": incidents.INCIDENT_TABLES,
        "case_system": {
            "unit": places.UNIT_ROWS,
            **criminal.TABLES,
            **case_parties.TABLES,
            **case_process.TABLES,
            **case_registers.CASE_TABLES,
            **admin.TABLES,
            **admin_details.TABLES,
            **incidents.WARNING_TABLES,
        },
        "field_collection": objects.tables(size),
        "dispute_desk": disputes.TABLES,
        "callback_desk": incidents.CALLBACK_TABLES,
        "inspection_desk": inspections.TABLES,
        "review": {
            **case_process.REVIEW_TABLES,
            **case_registers.REVIEW_TABLES,
            **admin_details.REVIEW_TABLES,
            **incidents.ORDER_TABLES,
        },
        "forensic": {**case_parties.FORENSIC_TABLES, **case_registers.FORENSIC_TABLES, **admin_details.FORENSIC_TABLES},
        "scene": case_registers.SCENE_TABLES,
        "property": {**case_registers.PROPERTY_TABLES, **admin_details.PROPERTY_TABLES},
        "payment_stop": case_registers.PAYMENT_TABLES,
    }


def _count(connection: duckdb.DuckDBPyConnection, size: Size, folder: Path, tell: Callable[[str], None]) -> int:
    """Write what a statistician would count, and return the number of cells."""
    tally.begin(connection)
    for count in (criminal.count, admin.count, incidents.count, disputes.count):
        count(connection)
    object_counts.count(connection, size)
    cells = tally.write(connection, folder / "tally.parquet")
    tell(f"tally: {cells} cells")
    return cells


def _write(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: dict[str, dict[str, str]], tell: Callable[[str], None]
) -> dict[str, int]:
    records = {}
    for database, shapes in DATABASES.items():
        for table, columns in shapes.items():
            query = _uploads(folder, database) if table == _UPLOAD else tables.get(database, {}).get(table, _nothing(columns))
            written = write_parquet(connection, query, parquet_file(folder, database, table), columns)
            records[f"{database}.{table}"] = written
            tell(f"{database}.{table}: {written} rows")
    return records


def _nothing(columns: Columns) -> str:
    """Return the query of a table of which the bulk world tells no story: it is there, and empty."""
    return f"SELECT {', '.join(f'NULL AS {name}' for name in columns)} LIMIT 0"


def _uploads(folder: Path, database: str) -> str:
    """Return the query of one row per station and month with the number of records that the system holds of them, zero too."""
    counted = []
    for table in DATABASES[database]:
        if table in ANSWERS_FOR:
            unit, on = ANSWERS_FOR[table]
            path = str(parquet_file(folder, database, table)).replace("'", "''")
            counted.append(
                f"SELECT {unit} AS unit_code, strftime({on}, '%Y-%m') AS period, count(*) AS n FROM read_parquet('{path}') GROUP BY ALL"
            )
    return f"""
        SELECT s.unit_code, m.period, cutoff(m.first_on) - INTERVAL 1 SECOND AS uploaded_at, coalesce(sum(c.n), 0) AS record_count,
               cutoff(m.first_on) - INTERVAL 1 SECOND AS updated_at
        FROM station AS s CROSS JOIN months AS m LEFT JOIN ({" UNION ALL ".join(counted)}) AS c ON c.unit_code = s.unit_code AND c.period = m.period
        GROUP BY ALL ORDER BY ALL"""
