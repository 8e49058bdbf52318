"""What was known at a load: the records, the units and the loads themselves."""

from __future__ import annotations

from datetime import date, datetime

from sqlglot import exp

from policestats.catalog import Catalog
from policestats.catalog.office import OFFICE
from policestats.engines.duckdb import DuckDBEngine
from policestats.engines.release_files import ReleaseFiles
from policestats.errors import StatisticsError
from policestats.query import Query, column, literal, table
from policestats.reports.deliveries import Readings
from policestats.reports.units import UnitVersion


def relation(catalog: Catalog, name: str, as_of: int, versions: exp.Table | None = None) -> exp.Select:
    """Return the rows of core table ``name`` that were open at the load ``as_of``; ``versions``, named v, stands for its versions, default all."""
    columns = (column(c, "v") for c in catalog.core_tables[name].columns)
    held = versions or table(f"{name}_version", "core", "v")
    return exp.select(*columns, copy=False).from_(held, copy=False).where(known_at(as_of, "known_from", "v"), copy=False)


def known_at(as_of: int, since: str, of: str) -> exp.Expr:
    """Return the condition under which a row of ``of``, known from the load ``since`` until ``known_to``, was known at ``as_of``."""
    until = column("known_to", of)
    still = exp.or_(exp.Is(this=until, expression=exp.null()), exp.GT(this=until.copy(), expression=literal(as_of)), copy=False)
    return exp.and_(exp.LTE(this=column(since, of), expression=literal(as_of)), exp.paren(still, copy=False), copy=False)


def unit_versions(engine: DuckDBEngine, catalog: Catalog, as_of: int) -> list[UnitVersion]:
    """Return the rows of the units table as known at the load ``as_of``."""
    name = catalog.standard.units_table
    rows = engine.fetch(Query(relation(catalog, name, as_of), tuple(catalog.tables[name].columns))).to_pylist()
    return [
        UnitVersion(
            r["unit_code"],
            r["valid_from"] or date.min,
            r["valid_to"],
            r["parent_unit_code"],
            r["successor_unit_code"],
            r["level_code"] or "",
            r["name_zh"] or r["unit_code"],
            r["name_en"] or r["name_zh"] or r["unit_code"],
        )
        for r in rows
    ]


def loads(engine: DuckDBEngine) -> dict[int, datetime]:
    """Return when each load was landed, by load id, in order.

    Raises: StatisticsError when nothing has been landed.
    """
    rows = engine.sql("SELECT load_id, landed_at FROM core.load ORDER BY load_id").to_pylist() if engine.has_table("core", "load") else []
    if not rows:
        raise StatisticsError("nothing has been landed yet: run 'policestats extract' and 'policestats conform' first")
    return {int(r["load_id"]): r["landed_at"] for r in rows}


def readings(engine: DuckDBEngine, as_of: int) -> Readings:
    """Return when each core table was last read, as known at the load ``as_of``, and the failures since."""
    rows = engine.sql(
        "SELECT table_name, max(read_at) FILTER (reason IS NULL) AS read_at, max(read_at) FILTER (reason IS NOT NULL) AS failed_at "
        "FROM core.reading WHERE load_id <= ? GROUP BY table_name",
        [as_of],
    ).to_pylist()
    sources = engine.sql("SELECT DISTINCT source FROM core.reading WHERE load_id <= ?", [as_of]).column(0).to_pylist()
    return Readings(
        {r["table_name"]: r["read_at"] for r in rows}, {r["table_name"]: r["failed_at"] for r in rows}, frozenset(map(str, sources))
    )


def judged_load(engine: DuckDBEngine | ReleaseFiles, as_of: int, of: str = "") -> int:
    """Return the load whose verdicts of the data rules count at ``as_of``: itself, or the last judged one before when people alone landed since.

    What people type is no record that a rule judges; without this, typing a figure would lift every block until the next validation.

    Args: of: the attached database that holds the warehouse, with a point; "" when it is the one that is open.
    """
    found = engine.scalar(
        f"SELECT max(as_of) FROM {of}quality.rule_result WHERE as_of <= ? "
        f"AND NOT EXISTS (SELECT 1 FROM {of}core.load AS l WHERE l.load_id > as_of AND l.load_id <= ? AND l.source <> ?)",
        [as_of, as_of, OFFICE],
    )
    return as_of if found is None else int(found)


def chosen_load(known: dict[int, datetime], as_of: int | None) -> int:
    """Return ``as_of``, or the latest load. Raises: StatisticsError for a load that does not exist."""
    latest = max(known)
    if as_of is not None and as_of not in known:
        raise StatisticsError(f"--as-of {as_of}: there is no such load; the latest is {latest}")
    return latest if as_of is None else as_of
