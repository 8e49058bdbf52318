"""extract: one source -> one raw load, as delivered minus identity, or nothing when the source has not changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, nearest
from policestats.landing.database import open_database, without_password
from policestats.landing.disguise import disguise, key_fingerprint
from policestats.landing.files import new_files, open_files
from policestats.landing.landing import Landing, computing
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
    described = catalog.source(source)
    open_source = READERS.get(described.kind)
    if open_source is None:
        raise DefinitionError(f"{described.where}: there is no kind of source {described.kind!r}; {nearest(described.kind, READERS)}")
    plans = plan_source(catalog, described)
    key = pseudonym_key() if any(plan.identity for plan in plans) else b""
    fingerprint = key_fingerprint(key) if key else None
    replacements = {plan.name: disguise(plan, key) for plan in plans}
    raw = RawStore(home)
    rows: dict[str, int] = dict.fromkeys((plan.name for plan in plans), 0)
    issues: list[str] = []
    load: Manifest | None = None
    with open_source(source, location) as reader:
        shapes = _shapes(source, plans, reader, raw.last(source))
        with raw.landing(source) as folder, computing(folder) as engine:
            loads = [manifest for manifest in raw.loads() if manifest.source == source]
            for files in _deliveries(source, reader, plans, loads):
                landing = Landing(source, reader, raw, loads, folder, engine, fingerprint)
                tables = {}
                for plan in plans:
                    file = files.get(plan.name)
                    was_read = load is not None and file is None  # for an earlier file of this very run
                    table = landing.nothing_new(plan) if was_read else landing.land(plan, replacements[plan.name], file)
                    tables[plan.name] = table.with_types(shapes[plan.name])
                    rows[plan.name] += table.rows
                    tell(f"{source}.{plan.name}: {_told(table)}")
                    if table.mode == "snapshot" and table.rows == 0:
                        issues.append(f"{source}.{plan.name}: the table is empty; zero rows are a delivery")
                if _is_news(tables, loads):
                    load = raw.commit(source, folder, without_password(location), tables)
                    loads.append(load)
    return ExtractResult(load.load_id if load else None, rows, unchanged=load is None, issues=issues)


def _shapes(source: str, plans: list[TablePlan], reader: Reader, last: Manifest | None) -> dict[str, dict[str, str]]:
    """The columns of every table with their declared types, once each of them agrees with its plan and with the last load."""
    landed = last.tables if last is not None else {}
    shapes = {}
    for plan in plans:
        shapes[plan.name] = reader.schema(plan)
        refuse_changed(source, plan, shapes[plan.name], landed[plan.name].source_types if plan.name in landed else {})
    return shapes


def _deliveries(source: str, reader: Reader, plans: list[TablePlan], loads: list[Manifest]) -> list[dict[str, str]]:
    """What is landed in turn, a load each: for every table that is delivered in increments its next file that was not landed before.

    Without such tables all is landed at once.
    """
    new: dict[str, list[str]] = {}
    for plan in plans:
        if plan.delivers == "increments":
            landed = {name: content for load in loads if plan.name in load.tables for name, content in load.tables[plan.name].files.items()}
            new[plan.name] = new_files(source, plan, reader.files(plan), landed)
    turns = max((len(files) for files in new.values()), default=1)
    return [{table: files[i] for table, files in new.items() if i < len(files)} for i in range(max(turns, 1))]


def _is_news(tables: dict[str, LandedTable], loads: list[Manifest]) -> bool:
    """Whether the tables bring anything that the loads before do not hold."""
    if not loads or set(loads[-1].tables) != set(tables):
        return True
    return any(
        not table.brings_nothing if table.mode == "changes" else not table.same_content(_last_that_brought(name, loads))
        for name, table in tables.items()
    )


def _last_that_brought(name: str, loads: list[Manifest]) -> LandedTable:
    """The last landing of a table that was not merely evidence that it was read."""
    landed = [load.tables[name] for load in reversed(loads) if name in load.tables]
    return next((table for table in landed if not table.brings_nothing), landed[-1])


def _told(table: LandedTable) -> str:
    if table.mode == "snapshot":
        return f"{table.rows} rows"
    gone = f", {table.deleted} gone" if table.deleted else ""
    return f"{table.rows} new or changed rows{gone}"
