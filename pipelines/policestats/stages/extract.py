"""extract: one source -> one raw load, as delivered minus identity, or nothing when the source has not changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, ExtractError, nearest
from policestats.landing.database import open_database, without_password
from policestats.landing.identity import Row, disguise
from policestats.landing.parquet import write_table
from policestats.landing.plan import TablePlan, plan_source
from policestats.landing.raw import RawStore
from policestats.landing.zip_csv import open_zip
from policestats.settings import pseudonym_key

BATCH_ROWS = 50_000


class Reader(Protocol):
    """An open source: the columns of a table, and its rows as text in batches."""

    def columns(self, plan: TablePlan) -> list[str]:
        """Return the columns the source has. Raises: ExtractError when it has no such table."""

    def batches(self, plan: TablePlan, size: int) -> Iterator[list[Row]]:
        """Yield the rows of ``plan.reads``. Raises: ExtractError."""


READERS: dict[str, Callable[[str, str], AbstractContextManager[Reader]]] = {"database": open_database, "zip_csv": open_zip}


@dataclass(frozen=True)
class ExtractResult:
    """What was landed: ``load_id`` is None when the source gave what its last load holds (``unchanged``); ``rows`` by source table."""

    load_id: int | None
    rows: dict[str, int]
    unchanged: bool
    issues: list[str] = field(default_factory=list)


def run(*, catalog: Catalog, source: str, location: str, home: Path, progress: Callable[[str], None] | None = None) -> ExtractResult:
    """Land all tables of ``source``, found at ``location`` (a URL or a path), as one load under ``home``/raw.

    The source is compared with its description before anything is written. Killed at any moment, nothing is half-landed: a load
    exists when its manifest does. An empty table is a delivery of zero rows, and one of the ``issues`` to look at.

    Raises: ExtractError when the source cannot be read or is not shaped as described; DefinitionError when the description is wrong.
    """
    tell = progress or (lambda message: None)
    described = catalog.source(source)
    open_source = READERS.get(described.kind)
    if open_source is None:
        raise DefinitionError(f"{described.where}: there is no kind of source {described.kind!r}; {nearest(described.kind, READERS)}")
    plans = plan_source(catalog, described)
    key = pseudonym_key() if any(plan.identity for plan in plans) else b""
    replacements = {plan.name: disguise(plan, key) for plan in plans}
    raw = RawStore(home)
    with open_source(source, location) as reader:
        for plan in plans:
            _refuse_missing_columns(source, plan, reader.columns(plan))
        with raw.landing(source) as folder:
            tables = {}
            for plan in plans:
                replace = replacements[plan.name]
                batches = ([replace(row) for row in batch] for batch in reader.batches(plan, BATCH_ROWS))
                tables[plan.name] = write_table(folder / f"{plan.name}.parquet", plan.lands, batches)
                tell(f"{source}.{plan.name}: {tables[plan.name].rows} rows")
            rows = {name: table.rows for name, table in tables.items()}
            issues = [f"{source}.{name}: the table is empty; zero rows are a delivery" for name, count in rows.items() if count == 0]
            last = raw.last(source)
            if last is not None and last.tables == tables:
                return ExtractResult(None, rows, unchanged=True, issues=issues)
            manifest = raw.commit(source, folder, without_password(location), tables)
    return ExtractResult(manifest.load_id, rows, unchanged=False, issues=issues)


def _refuse_missing_columns(source: str, plan: TablePlan, found: list[str]) -> None:
    missing = [name for name in plan.reads if name not in found]
    if missing:
        what = f"the column {missing[0]!r} is" if len(missing) == 1 else f"the columns {', '.join(map(repr, missing))} are"
        raise ExtractError(
            f"source {source!r}, table {plan.name!r}: {what} missing; found: {', '.join(found)}; "
            "restore it, or map another column with 'columns:' in the description of the source"
        )
