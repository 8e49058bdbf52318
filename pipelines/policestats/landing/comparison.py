"""Compares what a source gives now with what was landed before, set-wise: which rows are news, and which records are gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from policestats.landing.known_rows import same_key
from policestats.landing.plan import TablePlan
from policestats.landing.typed import text_literal
from policestats.landing.warehouse import quoted_column

BATCH_ROWS = 100_000


class Comparison:
    """The rows fetched from one table of a source, beside the rows known of it. All values are compared as text."""

    def __init__(self, engine: duckdb.DuckDBPyConnection, plan: TablePlan, known: str) -> None:
        self._engine, self._plan = engine, plan
        self._key = _names(plan.key)
        self._fetched: list[Path] = []
        self._is_reconciled = False
        assert plan.cursor is not None
        self._pair = _names(tuple(dict.fromkeys([*plan.key, plan.cursor.column])))
        engine.execute(f"CREATE TEMP VIEW known AS {known}")

    def add(self, path: Path) -> None:
        """Take the rows of a Parquet file as fetched."""
        self._fetched.append(path)
        files = ", ".join(text_literal(path) for path in self._fetched)
        rows = f"read_parquet([{files}], union_by_name = true)"
        self._engine.execute(f"CREATE OR REPLACE TEMP VIEW fetched AS SELECT {_texts(self._plan.lands)} FROM {rows}")
        self._engine.execute(f"CREATE OR REPLACE TEMP VIEW fetched_as_landed AS SELECT {_names(self._plan.lands)} FROM {rows}")

    def reconcile(self, pairs: Path) -> None:
        """Compare the keys and cursors of the whole table (a Parquet file) with the known ones."""
        cursor = self._plan.cursor
        assert cursor is not None
        texts = _texts(tuple(dict.fromkeys([*self._plan.key, cursor.column])))
        self._engine.execute(f"CREATE TEMP VIEW pair AS SELECT {texts} FROM read_parquet({text_literal(pairs)})")
        self._engine.execute(f"CREATE TEMP TABLE known_pair AS SELECT DISTINCT {self._pair} FROM known")
        self._engine.execute(f"CREATE TEMP TABLE unseen_pair AS SELECT {self._pair} FROM pair EXCEPT SELECT {self._pair} FROM known_pair")
        self._engine.execute(
            f"CREATE TEMP TABLE gone_key AS SELECT DISTINCT {_names(self._plan.key, 'k')} "
            f"FROM known_pair AS k ANTI JOIN pair AS p ON {same_key(self._plan, 'k', 'p')}"
        )
        self._is_reconciled = True

    def unfetched(self) -> pa.Table:
        """Return the keys of the new or changed pairs of key and cursor that no fetched row has."""
        return self._engine.execute(
            f"SELECT DISTINCT {self._key} FROM (SELECT {self._pair} FROM unseen_pair EXCEPT SELECT {self._pair} FROM fetched)"
        ).to_arrow_table()

    def known_count(self) -> int:
        """Return how many rows are known."""
        row = self._engine.execute("SELECT count(*) FROM known").fetchone()
        return int(row[0]) if row else 0

    def halved(self) -> pa.Table:
        """Return the changed keys not all rows of which were fetched: what a load says of a key must be all there is of it.

        A key may stand twice in a source. Which rows it has is told by the keys and cursors of the whole table, when they were compared (a key
        that lost a row has changed too), else by the known rows of the keys of which there are several.
        """
        lands = _names(self._plan.lands)
        self._engine.execute(
            f"CREATE OR REPLACE TEMP TABLE changed_key AS SELECT DISTINCT {self._key} FROM ("
            f"SELECT {lands} FROM fetched EXCEPT SELECT {lands} FROM known AS k SEMI JOIN fetched AS f ON {same_key(self._plan, 'k', 'f')})"
        )
        if self._is_reconciled:
            self._engine.execute(
                f"INSERT INTO changed_key SELECT DISTINCT {_names(self._plan.key, 'k')} FROM "
                f"(SELECT {self._pair} FROM known_pair EXCEPT SELECT {self._pair} FROM pair) AS k SEMI JOIN pair AS p ON {same_key(self._plan, 'k', 'p')} "
                f"ANTI JOIN changed_key AS c ON {same_key(self._plan, 'k', 'c')}"
            )
        several = "" if self._is_reconciled else f" QUALIFY count(*) OVER (PARTITION BY {self._key}) > 1"
        return self._engine.execute(
            f"WITH held AS (SELECT {self._pair} FROM {'pair' if self._is_reconciled else 'known'} AS r "
            f"SEMI JOIN changed_key AS c ON {same_key(self._plan, 'r', 'c')}{several}) "
            f"SELECT DISTINCT {self._key} FROM (SELECT {self._pair} FROM held EXCEPT SELECT {self._pair} FROM fetched)"
        ).to_arrow_table()

    def changed(self) -> Iterator[pa.RecordBatch]:
        """Yield the fetched rows of every key that changed, as ``halved`` found them."""
        as_text = " AND ".join(
            f"CAST(f.{quoted_column(name)} AS VARCHAR) IS NOT DISTINCT FROM c.{quoted_column(name)}" for name in self._plan.key
        )
        # a row that was fetched by its cursor and by its key is one row
        distinct = "DISTINCT " if len(self._fetched) > 1 else ""
        yield from self._engine.execute(
            f"SELECT {distinct}f.* FROM fetched_as_landed AS f SEMI JOIN changed_key AS c ON {as_text}"
        ).to_arrow_reader(BATCH_ROWS)

    def gone(self) -> Iterator[pa.RecordBatch]:
        """Yield the keys of known records that the source no longer has."""
        yield from self._engine.execute(f"SELECT {self._key} FROM gone_key").to_arrow_reader(BATCH_ROWS)


@contextmanager
def comparison(engine: duckdb.DuckDBPyConnection, plan: TablePlan, known: str) -> Iterator[Comparison]:
    """Open a comparison on a connection of its own to the same ``engine``. ``known`` is the SQL of the known rows."""
    with engine.cursor() as own:
        yield Comparison(own, plan, known)


def _names(columns: tuple[str, ...], alias: str | None = None) -> str:
    prefix = f"{alias}." if alias else ""
    return ", ".join(prefix + quoted_column(name) for name in columns)


def _texts(columns: tuple[str, ...]) -> str:
    return ", ".join(f"CAST({quoted_column(name)} AS VARCHAR) AS {quoted_column(name)}" for name in columns)
