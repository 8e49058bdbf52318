"""What a computing engine must offer: run compiled queries, take and give Arrow tables."""

from __future__ import annotations

from typing import Protocol

import pyarrow as pa

from policestats.query import Query


class Engine(Protocol):
    """Runs compiled queries. Names may be qualified (``report.cell``)."""

    def fetch(self, query: Query) -> pa.Table:
        """Return the rows of ``query``."""

    def create_temporary(self, name: str, query: Query) -> int:
        """Materialise ``query`` as a temporary table and return its number of rows."""

    def insert(self, name: str, query: Query) -> int:
        """Append the rows of ``query``, matched by column name, and return how many there were."""

    def load(self, name: str, rows: pa.Table) -> None:
        """Make ``rows`` a temporary table, replacing one of that name."""

    def drop_temporary(self, name: str) -> None:
        """Remove a temporary table, if it is there."""
