"""The simulated province from SQLite files and from PostgreSQL, read after every month: the same core tables, those of one full delivery at
the end, and in every cell the tally of the simulator.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse, quoted
from policestats.landing.plan import plan_source
from policestats.landing.raw import RawStore
from policestats.simulator import SimulationResult, simulate
from policestats.simulator.databases import UPDATED_AT
from policestats.simulator.targets import target
from policestats.stages import conform, extract, tabulate
from tests.support.content import content
from tests.support.postgres import PostgresServer
from tests.support.tally import COUNTED, differences

#: What a source's own types decide: a day that does not exist is a text in SQLite and an issue in core, in PostgreSQL it cannot be entered.
BY_TYPES = {"core.load", "core.cast_issue"}


@dataclass
class Kept:
    """A home that was brought up to date after every month, and how many rows each month's loads brought."""

    home: Path
    made: SimulationResult
    rows: dict[str, int] = field(default_factory=dict)


@dataclass
class Lived:
    """The same months in both databases; ``tally`` is that of both."""

    sqlite: Kept
    postgresql: Kept
    tally: Path


def land(catalog: Catalog, locations: dict[str, str], home: Path) -> int:
    """Read every source and merge what it gave; return how many rows that were."""
    results = [extract.run(catalog=catalog, source=source, location=locations[source], home=home) for source in catalog.sources]
    conform.run(catalog=catalog, home=home)
    return sum(sum(result.rows.values()) for result in results)


def live(catalog: Catalog, folder: Path, months: int, to: str | None = None) -> Kept:
    """Simulate ``months`` months and bring a home up to date after each of them; in SQLite files every month's keys are compared."""
    home, rows = folder / "home", {}
    place = target(to or folder / "sources")
    locations = {source: place.location(source) for source in catalog.sources}

    def month_closed(month: str) -> None:
        rows[month] = land(catalog, locations, home)
        if to is None:
            same_keys(catalog, locations, home, month)

    made = simulate(folder / "sources", months=months, to=to, on_month=month_closed)
    return Kept(home, made, rows)


def same_keys(catalog: Catalog, locations: dict[str, str], home: Path, month: str) -> None:
    """Core holds the records that the source files hold now, by key: what came late is there, what was deleted is not."""
    with open_warehouse(home, read_only=True) as engine:
        for source, location in locations.items():
            with closing(sqlite3.connect(location)) as database:
                for plan in plan_source(catalog, catalog.source(source)):
                    if plan.into is None:
                        continue
                    key = ", ".join(f"CAST({column} AS VARCHAR)" for column in catalog.tables[plan.into].key)
                    there = set(database.execute(f"SELECT {key.replace('VARCHAR', 'TEXT')} FROM {plan.name}").fetchall())
                    held = engine.connection.execute(f"SELECT {key} FROM core.{quoted(plan.into)}").fetchall()
                    assert len(held) == len(set(held))
                    assert set(held) == there, f"{source}.{plan.name} after {month}"


def lived(catalog: Catalog, folder: Path, server: PostgresServer, months: int) -> Iterator[Lived]:
    in_files = live(catalog, folder / "sqlite", months)
    with server.database() as name:
        yield Lived(in_files, live(catalog, folder / "postgresql", months, server.url(name)), folder / "sqlite" / "sources" / "tally.csv")


@pytest.fixture(scope="module")
def a_few(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Lived]:
    yield from lived(catalog, tmp_path_factory.mktemp("few"), postgres, 2)


@pytest.fixture(scope="module")
def every(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Lived]:
    yield from lived(catalog, tmp_path_factory.mktemp("every"), postgres, 14)


def open_content(engine: DuckDBEngine, catalog: Catalog) -> dict[str, tuple[int, int]]:
    """The records that stand now and what was delivered, free of the loads by which they came, as a number of rows and a hash."""
    tables = {f"core.{table}": f"core.{quoted(table)}" for table in catalog.tables}
    tables["core.delivery"] = "(SELECT * EXCLUDE (load_id, known_to) FROM core.delivery WHERE known_to IS NULL)"
    found = {}
    for name, rows in tables.items():
        relation = engine.connection.sql(f"SELECT count(*), bit_xor(hash(t)) FROM {rows} AS t").fetchone()
        assert relation is not None
        found[name] = relation
    return found


def compare(lived: Lived, catalog: Catalog, folder: Path) -> None:
    """Both homes know the same versions, by the same loads; what stands in the end is what one full delivery of the end holds."""
    with open_warehouse(lived.sqlite.home) as files, open_warehouse(lived.postgresql.home) as server:
        of_files, of_server = content(files), content(server)
        assert {t: c for t, c in of_files.items() if t not in BY_TYPES} == {t: c for t, c in of_server.items() if t not in BY_TYPES}
        loads = "SELECT load_id, source FROM core.load ORDER BY ALL"
        assert files.sql(loads) == server.sql(loads)
        # the only difference: days that are none, of which the simulator keeps a list
        unreadable = [defect for defect in lived.sqlite.made.defects if defect.kind == "unparseable_date"]
        issues = "SELECT count(*) FROM core.cast_issue WHERE known_to IS NULL"
        assert (files.scalar(issues), server.scalar(issues)) == (len(unreadable), 0)
        standing = open_content(files, catalog)
    for name, kept in (("sqlite", lived.sqlite), ("postgresql", lived.postgresql)):
        land(catalog, kept.made.locations, folder / name)
        with open_warehouse(folder / name, read_only=True) as whole:
            assert open_content(whole, catalog) == standing, f"one full delivery of {name}"


def increments(lived: Lived, catalog: Catalog) -> tuple[int, int]:
    """After the first month only changes landed; return how many rows were older than the cursor less its lag, and how many were gone."""
    late = gone = 0
    raw, seen, begun = RawStore(lived.postgresql.home), set(), set()
    until: dict[tuple[str, str], str] = {}
    for load in raw.loads():
        for table, landed in load.tables.items():
            before = until.get((load.source, table))
            if landed.cursor is None or before is None:
                # a table that was empty so far has no cursor yet, and has been read whole before
                assert landed.mode == "snapshot" or (load.source, table) in begun
            else:
                assert landed.mode == "changes", f"{load.source}.{table} was read whole by load {load.load_id}"
                gone += landed.deleted
                early = datetime.fromisoformat(before) - timedelta(days=2)
                path = raw.table_path(load.source, table, load.load_id)
                [(count,)] = duckdb.execute(f"SELECT count(*) FROM '{path}' WHERE CAST({UPDATED_AT} AS TIMESTAMP) < ?", [early]).fetchall()
                late += count
            begun.add((load.source, table))
            if landed.until is not None:
                until[load.source, table] = landed.until
                seen.add((load.source, table))
    assert len(seen) == sum(plan.cursor is not None for s in catalog.sources.values() for plan in plan_source(catalog, s))
    return late, gone


def came_back(lived: Lived, catalog: Catalog) -> int:
    """Return how many records were gone for a while."""
    back = 0
    with open_warehouse(lived.postgresql.home, read_only=True) as engine:
        for name, table in catalog.tables.items():
            key = ", ".join(map(quoted, table.key))
            gaps = f"SELECT known_from > lag(known_to) OVER (PARTITION BY {key} ORDER BY known_from) AS gap FROM core.{quoted(name + '_version')}"
            back += int(engine.scalar(f"SELECT count(*) FILTER (gap) FROM ({gaps})"))
    return back


def cells(lived: Lived, catalog: Catalog, periods: list[str]) -> None:
    """Every cell of the forms that the simulator counts equals its tally, from both databases."""
    assert (lived.postgresql.home.parent / "sources" / "tally.csv").read_bytes() == lived.tally.read_bytes()
    for kept in (lived.sqlite, lived.postgresql):
        for period in periods:
            tabulate.run(catalog=catalog, home=kept.home, period=period, forms=COUNTED)
            with open_warehouse(kept.home, read_only=True) as engine:
                assert differences(engine, catalog, lived.tally, period) == {}, period


def test_a_few_months_are_the_same_from_both(a_few: Lived, catalog: Catalog, tmp_path: Path) -> None:
    compare(a_few, catalog, tmp_path)
    _, gone = increments(a_few, catalog)
    assert gone > 0


@pytest.mark.slow
def test_a_few_months_equal_the_tally(a_few: Lived, catalog: Catalog) -> None:
    cells(a_few, catalog, ["2025-02"])


@pytest.mark.slow
def test_fourteen_months_are_the_same_from_both_and_equal_the_tally(every: Lived, catalog: Catalog, tmp_path: Path) -> None:
    """With the merger of two stations, one that changes its county, and one that is silent in the last month."""
    compare(every, catalog, tmp_path)
    late, gone = increments(every, catalog)
    assert late > 0
    assert gone > 0
    assert came_back(every, catalog) > 0
    rows = every.postgresql.rows
    assert max(list(rows.values())[1:]) < sum(every.postgresql.made.records.values()) / 4  # a month's increment, not the whole again
    cells(every, catalog, [every.sqlite.made.months[-1]])
