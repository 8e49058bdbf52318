"""DuckDB for Great Expectations: a dialect whose results are fetched at once.

Great Expectations reads its results after the connection has gone back to the pool, where DuckDB's are gone: every rule then dies with
``IndexError: list index out of range``. Buffering each result as soon as it is there is the cure.
"""

from __future__ import annotations

from pathlib import Path

import duckdb_sqlalchemy
from sqlalchemy.dialects import registry
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

_NAME = "policestats"


class BufferedContext(duckdb_sqlalchemy.DuckDBExecutionContext):
    """Fetches all rows of a statement right after it ran."""

    def post_exec(self) -> None:
        """Replace the cursor's way of fetching by a buffer that is already full."""
        super().post_exec()
        if self.cursor.description:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=self.cursor.fetchall())


class BufferedDialect(duckdb_sqlalchemy.Dialect):
    """DuckDB with BufferedContext."""

    execution_ctx_cls = BufferedContext
    supports_statement_cache = True


def url(path: Path) -> str:
    """Return the address of a DuckDB file, opened for reading only, under a name of ours."""
    registry.register(f"duckdb.{_NAME}", __name__, BufferedDialect.__name__)
    return f"duckdb+{_NAME}:///{path}?access_mode=read_only"
