"""Reads one table into a folder: whole, by its cursor, or by a file that was delivered. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from policestats.errors import ExtractError
from policestats.landing.comparison import Comparison, comparison
from policestats.landing.cursors import greatest_cursor, start_after
from policestats.landing.disguise import Batches
from policestats.landing.known_rows import known_rows
from policestats.landing.parquet import Written, write_table
from policestats.landing.plan import TablePlan
from policestats.landing.raw import LandedTable, Manifest, RawStore
from policestats.landing.reader import Reader

MEMORY_LIMIT = "2GB"
#: more keys than these, and more than this share of the known rows, are read by reading the table whole
_FEW_KEYS, _SHARE = 5_000, 0.1


@contextmanager
def computing(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the engine that compares and counts for a landing; what does not fit into its memory goes into the landing's ``folder``."""
    with duckdb.connect(config={"temp_directory": str(folder), "memory_limit": MEMORY_LIMIT}) as engine:
        engine.execute("SET GLOBAL TimeZone = 'UTC'")  # moments are compared as text with those of earlier loads
        yield engine


def last_of(loads: Sequence[Manifest], table: str) -> LandedTable | None:
    """Return the last landing of a table among ``loads``; None when none of them has it."""
    return next((load.tables[table] for load in reversed(loads) if table in load.tables), None)


def nothing_new(engine: duckdb.DuckDBPyConnection, folder: Path, plan: TablePlan, last: LandedTable | None) -> LandedTable:
    """Write a table that was read and brings nothing, after its landing ``last``."""
    written = write_table(engine, folder / f"{plan.name}.parquet", plan.lands, [])
    empty = LandedTable(written.rows, plan.lands, written.content, mode="changes")
    if last is None:
        return empty
    return replace(empty, cursor=last.cursor, until=last.until, reconciled_at=last.reconciled_at, key_fingerprint=last.key_fingerprint)


class Landing:
    """The tables of one source, read one after the other."""

    def __init__(
        self,
        source: str,
        reader: Reader,
        raw: RawStore,
        loads: Sequence[Manifest],
        folder: Path,
        engine: duckdb.DuckDBPyConnection,
        fingerprint: str | None,
    ) -> None:
        """``fingerprint`` is that of the key of the pseudonyms; None when no table has any."""
        self._source, self._reader, self._raw, self._loads, self._folder = source, reader, raw, loads, folder
        self._engine, self._fingerprint = engine, fingerprint
        self._now = datetime.now(UTC)

    def land(self, plan: TablePlan, disguised: Batches, file: str | None) -> LandedTable:
        """Write what the table brings; ``disguised`` takes identity out of it, ``file`` is the delivered file to read.

        A table with pseudonyms of another key is read whole: those of the rows that did not change would never meet the new ones.

        Raises: ExtractError; what was written then stays in the folder, and is swept with it.
        """
        if plan.delivers == "increments":
            assert file is not None
            return self._delivered(plan, disguised, file)
        last = last_of(self._loads, plan.name)
        is_same_key = last is not None and last.key_fingerprint == self._fingerprint_of(plan)
        known = known_rows(self._raw, self._loads, plan) if plan.cursor is not None and is_same_key else None
        try:
            changes = self._changes(plan, disguised, known) if known is not None else None
        except duckdb.IOException:
            raise ExtractError(
                f"source {self._source!r}, table {plan.name!r}: an earlier load of it under raw/ cannot be read; restore the raw folder from its backup"
            ) from None
        return changes or self._snapshot(plan, disguised)

    def _snapshot(self, plan: TablePlan, disguised: Batches) -> LandedTable:
        written = self._write(plan, self._place(plan), map(disguised, self._reader.batches(plan, columns=plan.reads)))
        whole = LandedTable(written.rows, plan.lands, written.content, key_fingerprint=self._fingerprint_of(plan))
        if plan.cursor is None:
            return whole
        until = greatest_cursor(self._engine, self._place(plan), plan, None, self._now)
        return replace(whole, cursor=plan.cursor.column, until=until, reconciled_at=self._now.isoformat())

    def _delivered(self, plan: TablePlan, disguised: Batches, file: str) -> LandedTable:
        content = self._reader.files(plan)[file]
        written = self._write(plan, self._place(plan), map(disguised, self._reader.batches(plan, columns=plan.reads, file=file)))
        fingerprint = self._fingerprint_of(plan)
        return LandedTable(written.rows, plan.lands, written.content, mode="changes", files={file: content}, key_fingerprint=fingerprint)

    def _changes(self, plan: TablePlan, disguised: Batches, known: str) -> LandedTable | None:
        """Write the new and changed rows and the keys that are gone; None when so much has changed that the table is better read whole.

        Read are the rows from the last cursor, less the lag, and all without a cursor. When the table is to be reconciled, the keys and
        cursors of all rows are compared as well, and the rows that this finds are read by their keys. Of a changed key all rows land.
        """
        last = last_of(self._loads, plan.name)
        assert last is not None
        assert plan.cursor is not None
        before = last.until if last.cursor == plan.cursor.column else None  # of another column it says nothing
        since = start_after(self._source, plan, before)
        is_due = self._is_due(plan, last)
        with comparison(self._engine, plan, known) as compared:
            fetched = self._folder / f"{plan.name}.fetched.parquet"
            self._write(plan, fetched, map(disguised, self._reader.batches(plan, columns=plan.reads, since=since)))
            compared.add(fetched)
            if is_due and not self._reconciled(plan, disguised, compared):
                return None
            if not self._completed(plan, disguised, compared, is_due=is_due):
                return None
            written = self._write(plan, self._place(plan), compared.changed())
            deleted = self._write_gone(plan, compared) if is_due else 0
        until = greatest_cursor(self._engine, fetched, plan, before, self._now)
        reconciled_at = self._now.isoformat() if is_due else last.reconciled_at
        return LandedTable(
            written.rows,
            plan.lands,
            written.content,
            mode="changes",
            deleted=deleted,
            cursor=plan.cursor.column,
            until=until,
            reconciled_at=reconciled_at,
            key_fingerprint=last.key_fingerprint,
        )

    def _reconciled(self, plan: TablePlan, disguised: Batches, compared: Comparison) -> bool:
        """Fetch what the comparison of all keys and cursors finds; False when not all of it can be read by key, or not well."""
        assert plan.cursor is not None
        pair = tuple(dict.fromkeys([*plan.key, plan.cursor.column]))
        pairs = self._folder / f"{plan.name}.pairs.parquet"
        self._write(plan, pairs, self._reader.batches(plan, columns=pair), pair)
        compared.reconcile(pairs)
        # a key that its own text does not find again (bytes, say) leaves a row that only reading all finds
        return self._fetched(plan, disguised, compared, compared.unfetched(), "found") and compared.unfetched().num_rows == 0

    def _completed(self, plan: TablePlan, disguised: Batches, compared: Comparison, *, is_due: bool) -> bool:
        """Fetch the other rows of the keys that changed; False when not all of them can be read by key, or not well."""
        keys = compared.halved()
        if not keys.num_rows:
            return True
        # without a comparison of the whole table nothing says whether a known row that did not come is still there
        return self._fetched(plan, disguised, compared, keys, "completed") and (not is_due or compared.halved().num_rows == 0)

    def _fetched(self, plan: TablePlan, disguised: Batches, compared: Comparison, keys: pa.Table, name: str) -> bool:
        """Fetch the rows with the ``keys``; False when they are so many that the table is better read whole."""
        if keys.num_rows > max(_FEW_KEYS, _SHARE * compared.known_count()):
            return False
        if keys.num_rows:
            found = self._folder / f"{plan.name}.{name}.parquet"
            self._write(plan, found, map(disguised, self._reader.rows_of(plan, columns=plan.reads, keys=keys)))
            compared.add(found)
        return True

    def _write_gone(self, plan: TablePlan, compared: Comparison) -> int:
        return self._write(plan, self._folder / f"{plan.name}.deleted.parquet", compared.gone(), plan.key).rows

    def _fingerprint_of(self, plan: TablePlan) -> str | None:
        return self._fingerprint if plan.identity is not None else None

    def _is_due(self, plan: TablePlan, last: LandedTable) -> bool:
        if plan.reconcile is None:
            return False
        return last.reconciled_at is None or datetime.fromisoformat(last.reconciled_at) + plan.reconcile <= self._now

    def _place(self, plan: TablePlan) -> Path:
        return self._folder / f"{plan.name}.parquet"

    def _write(self, plan: TablePlan, path: Path, batches: Iterable[pa.RecordBatch], columns: tuple[str, ...] = ()) -> Written:
        try:
            return write_table(self._engine, path, columns or plan.lands, batches)
        except pa.ArrowInvalid as error:
            raise ExtractError(
                f"source {self._source!r}, table {plan.name!r}: a later part of the table has other types than its beginning "
                f"({type(error).__name__}); deliver it with one type per column"
            ) from None
