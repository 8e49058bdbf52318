"""What extract needs of an open source, whatever its kind: its columns, and its rows as Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import pyarrow as pa

from policestats.landing.plan import TablePlan


class Reader(Protocol):
    """An open source, all of whose tables are read as of one moment. Batches have the asked columns in the asked order.

    Values are text, or of the Arrow type the source has them in. Every method raises ExtractError naming source, table, place and cure.
    """

    def schema(self, plan: TablePlan) -> dict[str, str]:
        """Return the table's columns in source order, each with its type as the source declares it ("" when it declares none)."""

    def batches(
        self, plan: TablePlan, *, columns: Sequence[str], since: str | None = None, file: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the table's rows, each batch of bounded size.

        Args:
            since: rows whose cursor is below it may be left out; rows with a null cursor never are. A reader may ignore it.
            file: one of ``files``: only the rows of that file.
        """

    def rows_of(self, plan: TablePlan, *, columns: Sequence[str], keys: pa.Table) -> Iterator[pa.RecordBatch]:
        """Yield the rows whose key columns are those of a row of ``keys`` (as text). Databases only."""

    def files(self, plan: TablePlan) -> dict[str, str]:
        """Return the delivered files of a table in the order in which they count, each with a hash of its content.

        Asked only of tables that deliver increments: each file that was not landed before becomes a load of its own, mode changes.
        """
