"""extract: one source -> one raw load, as delivered minus identity, or nothing when the source has not changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from policestats.catalog import Catalog, Source
from policestats.errors import DefinitionError, ExtractError, nearest
from policestats.landing.arrivals import Arrival, Arrivals
from policestats.landing.committing import Committing
from policestats.landing.database import open_database, without_password
from policestats.landing.disguise import disguise, key_fingerprint
from policestats.landing.files import new_files, open_files
from policestats.landing.landing import Landing, computing, last_of
from policestats.landing.plan import TablePlan, plan_source
from policestats.landing.raw import LandedTable, Manifest, RawStore
from policestats.landing.reader import Reader
from policestats.landing.shape import refuse_changed
from policestats.settings import pseudonym_key

READERS: dict[str, Callable[[str, str], AbstractContextManager[Reader]]] = {"database": open_database, "files": open_files}


@dataclass(frozen=True)
class ExtractResult:
    """What was landed: ``load_id`` is None when the source gave what its loads hold (``unchanged``); ``rows`` by source table.

    Of a table that is landed by its cursor ``rows`` counts the new and changed ones. Where files are delivered in increments, each is a load
    of its own, and ``load_id`` is the last.
    """

    load_id: int | None
    rows: dict[str, int]
    unchanged: bool
    issues: list[str] = field(default_factory=list)


def run(*, catalog: Catalog, source: str, location: str, home: Path, progress: Callable[[str], None] | None = None) -> ExtractResult:
    """Land all tables of ``source``, found at ``location`` (a URL or a path), as one load under ``home``/raw.

    The source is compared with its description, and with its shape at the last load, before anything is written. A table without a cursor
    is read whole. Of one with a cursor only new and changed records land, and the keys of those that are gone; a record that was changed
    without its cursor can be seen inside the lag only. Killed at any moment, nothing is half-landed: a load exists when its manifest does.
    An empty table is a delivery of zero rows, and one of the ``issues`` to look at.

    Raises: ExtractError when the source cannot be read or is not shaped as described; DefinitionError when the description is wrong.
    """
    tell = progress or (lambda message: None)
    raw = RawStore(home)
    plans = plan_source(catalog, catalog.source(source))
    with _opened(catalog.source(source), location) as reader:
        loads = raw.loads_of(source)
        shapes = {plan.name: _shape(source, plan, reader, loads) for plan in plans}
        with raw.landing(source) as work, computing(work) as engine:
            loads = raw.loads_of(source)  # nobody else lands the source from here on
            arrivals = Arrivals(work / "arrivals")
            reading = _Reading(source, location, reader, raw, loads, engine, pseudonym_key() if _has_identity(plans) else b"")
            arrived = [reading.read(plan, shapes[plan.name], arrivals) for plan in plans]
            for arrival in arrived:
                tell(f"{source}.{arrival.table}: {_told(arrival)}")
            committing = Committing(raw, source, plans, without_password(location))
            committed = committing.commit({arrival.table: arrival for arrival in arrived}, {}, arrivals, work)
    _refuse_broken(arrived)
    rows = {arrival.table: sum(turn.rows for turn in arrival.turns) for arrival in arrived}
    issues = [issue for arrival in arrived for issue in _issues(source, arrival)]
    return ExtractResult(committed[-1].load_id if committed else None, rows, unchanged=not committed, issues=issues)


def read_table(*, catalog: Catalog, source: str, table: str, location: str, home: Path, run: str) -> ExtractResult:
    """Read one table of ``source`` so that ``land`` can commit it with the others of the same ``run`` (any text); nothing is landed yet.

    Each table is read as of its own moment. Killed or failed, it can be read again.

    Raises: ExtractError, DefinitionError as ``run`` does.
    """
    raw = RawStore(home)
    described = catalog.source(source)
    plans = {plan.name: plan for plan in plan_source(catalog, described)}
    if table not in plans:
        raise DefinitionError(f"{described.where}: source {source!r} has no table {table!r}; {nearest(table, plans)}")
    plan = plans[table]
    arrivals = Arrivals(raw.arriving(source, run))
    try:
        with _opened(described, location) as reader:
            loads = raw.loads_of(source)
            shape = _shape(source, plan, reader, loads)
            with arrivals.reading(table) as folder, computing(folder) as engine:
                reading = _Reading(source, location, reader, raw, loads, engine, pseudonym_key() if plan.identity else b"")
                arrival = reading.read(plan, shape, arrivals)
        _refuse_broken([arrival])
    except ExtractError as error:
        arrivals.fail(table, str(error))
        raise
    return ExtractResult(None, {table: sum(turn.rows for turn in arrival.turns)}, unchanged=True, issues=_issues(source, arrival))


@contextmanager
def _opened(source: Source, location: str) -> Iterator[Reader]:
    open_source = READERS.get(source.kind)
    if open_source is None:
        raise DefinitionError(f"{source.where}: there is no kind of source {source.kind!r}; {nearest(source.kind, READERS)}")
    with open_source(source.id, location) as reader:
        yield reader


@dataclass(frozen=True)
class _Reading:
    """Reads tables of an open source, as they differ from its ``loads``."""

    source: str
    location: str
    reader: Reader
    raw: RawStore
    loads: list[Manifest]
    engine: duckdb.DuckDBPyConnection
    key: bytes

    def read(self, plan: TablePlan, shape: dict[str, str], arrivals: Arrivals) -> Arrival:
        """Write what ``plan`` brings to ``arrivals``: the table once, or each file not landed before, up to one that cannot be read."""
        at = datetime.now(UTC)
        replacement = disguise(plan, self.key)
        files: list[str | None] = [None]
        if plan.delivers == "increments":
            landed = {n: content for load in self.loads if plan.name in load.tables for n, content in load.tables[plan.name].files.items()}
            files = list(new_files(self.source, plan, self.reader.files(plan), landed))
        fingerprint = key_fingerprint(self.key) if self.key else None
        turns: list[LandedTable] = []
        broken = None
        for number, file in enumerate(files):
            landing = Landing(self.source, self.reader, self.raw, self.loads, arrivals.turn(plan.name, number), self.engine, fingerprint)
            try:
                turns.append(landing.land(plan, replacement, file))
            except ExtractError as error:
                if not turns:
                    raise
                broken = str(error)
                break
        last = self.loads[-1].load_id if self.loads else 0
        arrival = Arrival(plan.name, last, without_password(self.location), at.isoformat(), shape, turns, broken)
        arrivals.put(arrival)
        return arrival


def _refuse_broken(arrived: list[Arrival]) -> None:
    """Raise ExtractError when a delivered file could not be read; those before it are kept."""
    broken = [arrival.broken for arrival in arrived if arrival.broken is not None]
    if broken:
        raise ExtractError("\n".join(broken))


def _has_identity(plans: list[TablePlan]) -> bool:
    return any(plan.identity for plan in plans)


def _shape(source: str, plan: TablePlan, reader: Reader, loads: list[Manifest]) -> dict[str, str]:
    """Return the table's columns with their declared types, once they agree with its plan and with the last load that has it."""
    shape = reader.schema(plan)
    last = last_of(loads, plan.name)
    refuse_changed(source, plan, shape, last.source_types if last is not None else {})
    return shape


def _issues(source: str, arrival: Arrival) -> list[str]:
    is_empty = any(turn.mode == "snapshot" and turn.rows == 0 for turn in arrival.turns)
    return [f"{source}.{arrival.table}: the table is empty; zero rows are a delivery"] if is_empty else []


def _told(arrival: Arrival) -> str:
    rows = sum(turn.rows for turn in arrival.turns)
    if any(turn.mode == "snapshot" for turn in arrival.turns):
        return f"{rows} rows"
    deleted = sum(turn.deleted for turn in arrival.turns)
    return f"{rows} new or changed rows{f', {deleted} gone' if deleted else ''}"
