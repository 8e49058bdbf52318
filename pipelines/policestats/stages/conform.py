"""conform: raw loads -> versions of core records. Every load is a full snapshot of its source, merged in one transaction."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from policestats.catalog import Catalog
from policestats.engines.duckdb import WAREHOUSE, DuckDBEngine, open_warehouse
from policestats.errors import ConformError
from policestats.landing import deliveries, snapshot
from policestats.landing.core_tables import CAST_ISSUE, DELIVERY, LOAD, prepare, version_table
from policestats.landing.merge import merge_snapshot
from policestats.landing.plan import TablePlan, plan_source
from policestats.landing.raw import Manifest, RawStore
from policestats.landing.units_check import TREE, check_units

NEW = f"{WAREHOUSE}.new"


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
    A load that cannot be merged is rolled back whole; the loads of other sources go on, and the error is raised at the end. Once a later
    load of its source is there, such a load is put down as refused (with the reason) and never tried again.

    Raises: ConformError naming load, table, values and cure; DefinitionError when a source's description is wrong.
    """
    tell = progress or (lambda message: None)
    raw = RawStore(home)
    if rebuild:
        _remove(home / NEW)
    with open_warehouse(home, name=NEW if rebuild else WAREHOUSE) as engine:
        prepare(engine, catalog.tables)
        result, failures = _merge_all(engine, catalog, raw, tell)
        engine.execute("CHECKPOINT")
    if rebuild:
        # the old file's log goes first: replayed onto the new file it would spoil it, and all it holds is in raw
        (home / f"{WAREHOUSE}.wal").unlink(missing_ok=True)
        os.replace(home / NEW, home / WAREHOUSE)
    if failures:
        raise ConformError("\n".join(failures))
    return result


def _merge_all(engine: DuckDBEngine, catalog: Catalog, raw: RawStore, tell: Callable[[str], None]) -> tuple[ConformResult, list[str]]:
    result, failures = ConformResult(), []
    loads = raw.loads()
    held = set(engine.sql(f"SELECT load_id FROM {LOAD}")["load_id"].to_pylist())
    last = {load.source: load.load_id for load in loads}
    plans: dict[str, list[TablePlan]] = {}
    for load in loads:
        if load.load_id in held:
            continue
        if load.source not in plans:
            plans[load.source] = plan_source(catalog, catalog.source(load.source, f"load {load.load_id} in the raw folder"))
        try:
            with engine.transaction():
                merged = _merge(engine, catalog, raw, plans[load.source], load)
        except ConformError as error:
            if load.load_id == last[load.source]:
                failures.append(str(error))
            else:
                _refuse(engine, catalog, load, str(error))
                result.loads.append(load.load_id)
                result.issues += 1
            tell(f"load {load.load_id} of {load.source}: not merged")
            continue
        result.add(merged)
        new, changed, gone = merged.inserted.total(), merged.changed.total(), merged.removed.total()
        tell(f"load {load.load_id} of {load.source}: {new} new, {changed} changed, {gone} gone")
    return result, failures


def _merge(engine: DuckDBEngine, catalog: Catalog, raw: RawStore, plans: list[TablePlan], load: Manifest) -> ConformResult:
    result = ConformResult([load.load_id])
    _enter(engine, catalog, load, load.to_json())
    zone = catalog.standard.time_zone
    for plan in plans:
        if plan.into is None or plan.name not in load.tables:
            continue
        table = catalog.tables[plan.into]
        path = raw.table_path(load.source, plan.name, load.load_id)
        snapshot.stage(engine, path, plan, table, load.tables[plan.name].columns, zone)
        merged = merge_snapshot(
            engine,
            snapshot=snapshot.STAGED,
            into=version_table(table.name),
            key=table.key,
            columns=tuple(table.columns),
            load_id=load.load_id,
        )
        result.inserted[table.name] = merged.inserted
        result.changed[table.name] = merged.changed
        result.removed[table.name] = merged.removed
        if table.name == catalog.standard.units_table:
            check_units(engine, catalog, f"load {load.load_id} of source {load.source!r}")
        result.issues += _merge_issues(engine, table.name, load.load_id)
    source = catalog.sources[load.source]
    deliveries.stage_deliveries(engine, raw, source, plans, load)
    merge_snapshot(
        engine,
        snapshot=deliveries.STAGED,
        into=DELIVERY,
        key=("source", "table_name", "unit_code", "period"),
        columns=deliveries.COLUMNS,
        load_id=load.load_id,
        scope={"source": load.source},
        known_from="load_id",
    )
    if source.deliveries is not None:
        result.issues += _merge_issues(engine, f"{load.source}.{source.deliveries['table']}", load.load_id)
    return result


def _merge_issues(engine: DuckDBEngine, table: str, load_id: int) -> int:
    """Keep core.cast_issue in step with what this load could not give; return how many issues it opened."""
    engine.execute(f"ALTER TABLE {snapshot.ISSUES} ADD COLUMN table_name VARCHAR")
    engine.execute(f"UPDATE {snapshot.ISSUES} SET table_name = ?", [table])
    columns = ("table_name", "record_key", "column_name", "raw_value")
    merged = merge_snapshot(
        engine,
        snapshot=snapshot.ISSUES,
        into=CAST_ISSUE,
        key=columns,
        columns=columns,
        load_id=load_id,
        scope={"table_name": table},
        known_from="load_id",
    )
    return merged.inserted


def _refuse(engine: DuckDBEngine, catalog: Catalog, load: Manifest, reason: str) -> None:
    """Put down a load that can never be merged; the issue is closed by the next load of the table that can."""
    with engine.transaction():
        _enter(engine, catalog, load, json.dumps({**json.loads(load.to_json()), "refused": reason}, ensure_ascii=False))
        engine.execute(
            f"INSERT INTO {CAST_ISSUE} (load_id, table_name, record_key, column_name, raw_value) VALUES (?, ?, '', ?, ?)",
            [load.load_id, catalog.standard.units_table, TREE, reason],
        )


def _enter(engine: DuckDBEngine, catalog: Catalog, load: Manifest, manifest: str) -> None:
    engine.execute(
        f"INSERT INTO {LOAD} SELECT ?, ?, timezone(?, CAST(? AS TIMESTAMPTZ)), ?",
        [load.load_id, load.source, catalog.standard.time_zone, load.landed_at.isoformat(), manifest],
    )


def _remove(path: Path) -> None:
    """Remove a half-built warehouse and its log."""
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
