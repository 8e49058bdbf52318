"""conform: raw loads -> versions of core records. A load is merged in one transaction, whole snapshots and changes alike."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from policestats.catalog import Catalog, Table
from policestats.engines.duckdb import WAREHOUSE, DuckDBEngine, open_warehouse
from policestats.errors import ConformError, DefinitionError
from policestats.landing import deliveries, snapshot
from policestats.landing.core_tables import CAST_ISSUE, DELIVERY, LOAD, READING, prepare, version_table
from policestats.landing.merge import Changes, Versions, collapse, merge_changes, merge_snapshot
from policestats.landing.plan import TablePlan, plan_source
from policestats.landing.raw import Manifest, RawStore
from policestats.landing.units_check import TREE, check_units

NEW = f"{WAREHOUSE}.new"
_REFUSED = "refused"  # key of a load's manifest in core.load: why it was not merged


@dataclass
class ConformResult:
    """What was merged: the loads, and by core table how many records were inserted, changed and removed.

    ``issues`` is the number of values and rows that could not be taken, opened by these loads (core.cast_issue).
    """

    loads: list[int] = field(default_factory=list)
    inserted: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    issues: int = 0

    def add(self, other: ConformResult) -> None:
        """Add what another merge did."""
        self.loads += other.loads
        self.inserted.update(other.inserted)
        self.changed.update(other.changed)
        self.removed.update(other.removed)
        self.issues += other.issues


def run(*, catalog: Catalog, home: Path, rebuild: bool = False, progress: Callable[[str], None] | None = None) -> ConformResult:
    """Merge every committed load that the warehouse does not hold yet, in order of load id.

    With ``rebuild`` a new warehouse is made beside the old one from all raw loads and takes its place in one move.
    A load that cannot be merged is rolled back whole, and a source whose description is wrong waits; the loads of other sources go on, and
    the errors are raised at the end. Once a later
    load of its source is there, such a load is put down as refused (with the reason) and never tried again; what it alone brought is
    merged with that later load.

    Raises: ConformError naming load, table, values and cure, or file, line and cure of a wrong description.
    """
    tell = progress or (lambda message: None)
    raw = RawStore(home)
    if rebuild:
        _remove(home / NEW)
    with open_warehouse(home, name=NEW if rebuild else WAREHOUSE) as engine:
        prepare(engine, catalog.core_tables)
        plans, wrong = _plans(catalog, raw)
        if wrong and rebuild:  # a warehouse without that source would take the place of one that has it
            raise ConformError("\n".join([*wrong, "The warehouse stays as it was."]))
        result, failures = _merge_all(engine, catalog, raw, plans, tell)
        engine.execute("CHECKPOINT")
    if rebuild:
        # the old file's log goes first: replayed onto the new file it would spoil it, and all it holds is in raw
        (home / f"{WAREHOUSE}.wal").unlink(missing_ok=True)
        os.replace(home / NEW, home / WAREHOUSE)
    if wrong or failures:
        raise ConformError("\n".join([*wrong, *failures]))
    return result


def _plans(catalog: Catalog, raw: RawStore) -> tuple[dict[str, list[TablePlan]], list[str]]:
    """Return the plans of every source that has landed something, and what is wrong with the descriptions of the others."""
    plans, wrong = {}, []
    for source in dict.fromkeys(load.source for load in raw.loads()):
        try:
            plans[source] = plan_source(catalog, catalog.landed_source(source, "the raw folder"))
        except DefinitionError as error:
            wrong.append(str(error))
    return plans, wrong


def _merge_all(
    engine: DuckDBEngine, catalog: Catalog, raw: RawStore, plans: dict[str, list[TablePlan]], tell: Callable[[str], None]
) -> tuple[ConformResult, list[str]]:
    result, failures = ConformResult(), []
    loads: dict[str, list[Manifest]] = {}
    for load in raw.loads():
        loads.setdefault(load.source, []).append(load)
    books = engine.sql(f"SELECT load_id, json_exists(manifest, '$.{_REFUSED}') AS refused FROM {LOAD}").to_pylist()
    held = {book["load_id"]: bool(book["refused"]) for book in books}
    for load in sorted((load for of in loads.values() for load in of), key=lambda m: m.load_id):
        if load.load_id in held or load.source not in plans:
            continue
        until = [earlier for earlier in loads[load.source] if earlier.load_id <= load.load_id]
        # what a refused load held has not arrived: the changes in it come with the next load that can be merged
        waiting = len(until) - 1
        while waiting and held.get(until[waiting - 1].load_id, False):
            waiting -= 1
        try:
            with engine.transaction():
                merged = _merge(engine, catalog, raw, plans[load.source], until, waiting)
        except ConformError as error:
            if load is loads[load.source][-1]:
                failures.append(str(error))
            else:
                _refuse(engine, catalog, load, str(error))
                held[load.load_id] = True
                result.loads.append(load.load_id)
                result.issues += 1
            tell(f"load {load.load_id} of {load.source}: not merged")
            continue
        held[load.load_id] = False
        result.add(merged)
        new, changed, gone = merged.inserted.total(), merged.changed.total(), merged.removed.total()
        tell(f"load {load.load_id} of {load.source}: {new} new, {changed} changed, {gone} gone")
    return result, failures


def _merge(
    engine: DuckDBEngine, catalog: Catalog, raw: RawStore, plans: list[TablePlan], until: list[Manifest], waiting: int
) -> ConformResult:
    """Merge the last of the loads ``until``, all of one source; those from number ``waiting`` on were refused and come with it."""
    load = until[-1]
    result = ConformResult([load.load_id])
    _enter(engine, catalog, load, load.to_json())
    _enter_readings(engine, catalog, until[waiting:], plans)
    for plan in plans:
        chain = deliveries.since_snapshot(until[waiting:], plan.name)  # this load may lack a table that a refused one brought
        if plan.into is None or not chain:
            continue
        table = catalog.core_tables[plan.into]
        changes, issues = _merge_table(engine, catalog, raw, plan, table, chain, load.load_id)
        result.inserted[table.name] = changes.inserted
        result.changed[table.name] = changes.changed
        result.removed[table.name] = changes.removed
        result.issues += issues
    source = catalog.landed_source(load.source, "the raw folder")
    tables = deliveries.stage_deliveries(engine, raw, source, plans, until)
    if tables:
        delivered = Versions(
            DELIVERY,
            ("source", "table_name", "unit_code", "period"),
            deliveries.COLUMNS,
            scope={"source": [load.source], "table_name": tables},
            known_from="load_id",
        )
        merge_snapshot(engine, delivered, staged=deliveries.STAGED, load_id=load.load_id)
    if source.deliveries is not None:
        result.issues += _merge_issues(engine, f"{load.source}.{source.deliveries['table']}", load.load_id).inserted
    return result


def _merge_table(
    engine: DuckDBEngine, catalog: Catalog, raw: RawStore, plan: TablePlan, table: Table, chain: list[Manifest], load_id: int
) -> tuple[Changes, int]:
    """Merge the rows of one table out of every load of ``chain``, as known from ``load_id``; return the changes and the issues opened."""
    versions = Versions(version_table(table.name), table.key, tuple(table.columns))
    for load in chain:
        landed, zone = load.tables[plan.name], catalog.standard.time_zone
        snapshot.stage(engine, raw.table_path(load.source, plan.name, load.load_id), plan, table, zone)
        if landed.mode == "snapshot":
            changes = merge_snapshot(engine, versions, staged=snapshot.STAGED, load_id=load_id)
        else:
            if landed.deleted:
                snapshot.stage_deleted(engine, raw.deleted_path(load.source, plan.name, load.load_id), plan, table, zone)
            deleted = snapshot.DELETED if landed.deleted else None
            changes = merge_changes(engine, versions, staged=snapshot.STAGED, deleted=deleted, load_id=load_id)
            snapshot.keep_untouched(engine, plan, table, CAST_ISSUE, has_deleted=bool(landed.deleted))
        if table.name == catalog.standard.units_table and load is chain[-1]:
            check_units(engine, catalog, f"load {load_id} of source {load.source!r}")
        issues = _merge_issues(engine, table.name, load_id)
    if len(chain) > 1:
        changes, issues = collapse(engine, versions, load_id=load_id), collapse(engine, _issues_of(table.name), load_id=load_id)
    return changes, issues.inserted


def _merge_issues(engine: DuckDBEngine, table: str, load_id: int) -> Changes:
    """Keep core.cast_issue in step with what this load could not give."""
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE issue_now AS SELECT DISTINCT ? AS table_name, record_key, column_name, raw_value FROM {snapshot.ISSUES}",
        [table],
    )
    return merge_snapshot(engine, _issues_of(table), staged="issue_now", load_id=load_id)


def _issues_of(table: str) -> Versions:
    columns = ("table_name", "record_key", "column_name", "raw_value")
    return Versions(CAST_ISSUE, columns, columns, scope={"table_name": [table]}, known_from="load_id")


def _refuse(engine: DuckDBEngine, catalog: Catalog, load: Manifest, reason: str) -> None:
    """Put down a load that can never be merged; the issue is closed by the next load of the table that can."""
    with engine.transaction():
        _enter(engine, catalog, load, json.dumps({**json.loads(load.to_json()), _REFUSED: reason}, ensure_ascii=False))
        engine.execute(
            f"INSERT INTO {CAST_ISSUE} (load_id, table_name, record_key, column_name, raw_value) VALUES (?, ?, '', ?, ?)",
            [load.load_id, catalog.standard.units_table, TREE, reason],
        )


def _enter(engine: DuckDBEngine, catalog: Catalog, load: Manifest, manifest: str) -> None:
    engine.execute(
        f"INSERT INTO {LOAD} SELECT ?, ?, timezone(?, CAST(? AS TIMESTAMPTZ)), ?",
        [load.load_id, load.source, catalog.standard.time_zone, load.landed_at.isoformat(), manifest],
    )


def _enter_readings(engine: DuckDBEngine, catalog: Catalog, chain: list[Manifest], plans: list[TablePlan]) -> None:
    """Enter when each core table was read, or why it was not, as known from the last load of ``chain``."""
    for load in chain:
        for plan in plans:
            table = load.tables.get(plan.name)
            reason = load.absent.get(plan.name)
            if plan.into is None or (table is None and reason is None):
                continue
            at = table.read_at if table is not None and table.read_at is not None else load.landed_at.isoformat()
            engine.execute(
                f"INSERT INTO {READING} SELECT ?, ?, ?, timezone(?, CAST(? AS TIMESTAMPTZ)), ?",
                [load.source, plan.into, chain[-1].load_id, catalog.standard.time_zone, at, reason],
            )


def _remove(path: Path) -> None:
    """Remove a half-built warehouse and its log."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
