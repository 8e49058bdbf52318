"""The two DuckDB files of a release while they are being made: every database call of their making goes through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from policestats.engines.duckdb import UTC, WAREHOUSE, DuckDBEngine, quoted, text_literal
from policestats.engines.held import when_free
from policestats.engines.release_folder import STATISTICS, TRACE
from policestats.errors import ReleaseError

#: Names under which the files are attached. The trace macro names its own file, so the file is always attached as `trace`.
SOURCE, STATISTICS_DB, TRACE_DB, PREVIOUS = "warehouse", "statistics", "trace", "previous"


class ReleaseFiles(DuckDBEngine):
    """A connection that holds the warehouse (read-only) and both files of a release."""

    def attach(self, path: Path, name: str, *, read_only: bool) -> None:
        """Attach the file ``path`` as ``name``, waiting for a process that writes to it.

        Raises: ReleaseError when it is not there or cannot be opened; StatisticsError when a process holds it for too long.
        """
        if read_only and not path.exists():
            raise ReleaseError(f"{path}: there is no such file; run 'policestats tabulate' first")
        try:
            when_free(
                path, lambda: self.execute(f"ATTACH {text_literal(str(path))} AS {quoted(name)} {'(READ_ONLY)' if read_only else ''}")
            )
        except duckdb.IOException as error:
            raise ReleaseError(f"{path}: cannot be opened ({error}); is it a file of this program?") from None

    def columns(self, database: str, table: str) -> list[str]:
        """Return the columns of ``schema.name`` in an attached file, in order; none when it is not there."""
        schema, name = table.split(".", 1)
        rows = self.sql(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
            [database, schema, name],
        )
        return [str(n) for n in rows.column(0).to_pylist()]

    def create(self, database: str, ddl: str, table: str, comments: Iterable[str]) -> None:
        """Create ``table`` by ``ddl`` and comment it, in ``database``."""
        self.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(database)}.{quoted(table.split('.', 1)[0])}")
        self.execute(f"USE {quoted(database)}")
        self.execute(ddl)
        for comment in comments:
            self.execute(comment)
        self.execute("USE memory")

    def fill(self, database: str, table: str, select: str, parameters: list[Any] | None = None) -> int:
        """Append what ``select`` gives to ``table`` by name; return how many rows it gave."""
        self.execute(f"INSERT INTO {quoted(f'{database}.{table}')} BY NAME {select}", parameters)
        row = self.connection.fetchone()
        return int(row[0]) if row else 0

    def content(self, database: str, table: str, without: Iterable[str] = ()) -> str:
        """Return a number that says what rows ``table`` holds, in whatever order; the columns ``without`` do not count."""
        left_out = [c for c in self.columns(database, table) if c in set(without)]
        kept = f"* EXCLUDE ({', '.join(map(quoted, left_out))})" if left_out else "*"
        # a sum, not an exclusive or: two equal rows must not cancel
        found = self.scalar(
            f"SELECT concat(count(*), ':', coalesce(sum(md5_number_lower(CAST(to_json(t) AS VARCHAR))), 0)) "
            f"FROM (SELECT {kept} FROM {quoted(f'{database}.{table}')}) AS t"
        )
        return str(found)

    def finish(self) -> None:
        """Write everything to the files and let go of them."""
        for name in (STATISTICS_DB, TRACE_DB):
            self.execute(f"CHECKPOINT {quoted(name)}")
            self.execute(f"DETACH {quoted(name)}")


@contextmanager
def open_release_files(folder: Path, home: Path) -> Iterator[ReleaseFiles]:
    """Open the warehouse of ``home`` read-only and two new files in ``folder``."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(UTC)
        files = ReleaseFiles(connection)
        files.attach(home / WAREHOUSE, SOURCE, read_only=True)
        files.attach(folder / STATISTICS, STATISTICS_DB, read_only=False)
        files.attach(folder / TRACE, TRACE_DB, read_only=False)
        yield files
    finally:
        connection.close()


def trace_macro(tables: list[str], zh: str, en: str) -> list[str]:
    """Return the statements that make the macro `trace` and its comment.

    ``tables`` (schema.name) of the trace file: contributions, readings, members of rows, members of units.

    The rows are exactly those whose fold is the cell: in the column's window (a stock: open at its day), in a row that the asked row
    adds up, at a unit of the asked unit's subtree, and, for netted transfers, with the other end outside that subtree. They come in the
    order in which the contributions are stored: by day and record.
    """
    c, r, m, u = (f"{TRACE_DB}.{name}" for name in tables)
    # every table is told what is asked for, although the joins would imply it: so each reads only that part of the file
    macro = f"""CREATE MACRO {TRACE_DB}.main.trace(form_id, period, unit_code, row_code, column_code) AS TABLE
WITH asked AS (SELECT period AS asked_period, unit_code AS asked_unit),
subtree AS (SELECT p.member_unit_code FROM {u} AS p JOIN asked ON p.period = asked_period AND p.unit_code = asked_unit)
SELECT c.record_key, c.unit_code, c.on_date, c.until_date, c.value, c.partner_unit_code, c.counted_no
FROM {r} AS r
JOIN {c} AS c ON c.form_id = r.form_id AND c.period = r.period AND c.indicator_id = r.indicator_id AND c.anchor_on = r.anchor_on
  AND c.on_date < r.end_on
  AND ((NOT r.is_stock AND c.on_date >= r.start_on) OR (r.is_stock AND (c.until_date IS NULL OR c.until_date >= r.end_on)))
JOIN {m} AS m ON m.member_row_code = c.row_code
JOIN {u} AS u ON u.member_unit_code = c.unit_code
WHERE r.form_id = form_id AND r.period = period AND r.column_code = column_code
  AND c.form_id = form_id AND c.period = period
  AND m.form_id = form_id AND m.period = period AND m.row_code = row_code
  AND u.period = period AND u.unit_code = unit_code
  AND NOT (r.is_net AND m.is_netted AND coalesce(c.partner_unit_code IN (FROM subtree), false))
ORDER BY c.rowid"""
    return [macro, f"COMMENT ON MACRO TABLE {TRACE_DB}.main.trace IS {text_literal(f'{zh} | {en}')}"]


def comment(kind: str, name: str, zh: str, en: str) -> str:
    """Return the COMMENT statement of a TABLE, VIEW or COLUMN whose quoted name is ``name``."""
    return f"COMMENT ON {kind} {name} IS {text_literal(f'{zh} | {en}')}"
