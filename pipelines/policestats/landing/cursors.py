"""How far a table has been landed: the greatest cursor so far, and where the next increment starts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from policestats.errors import ExtractError
from policestats.landing.plan import TablePlan
from policestats.landing.typed import text_literal
from policestats.landing.warehouse import quoted_column

_NUMBER = r"[+-]?[0-9]{1,32}(\.[0-9]+)?"
_DATE = 10  # characters of a date without a time


def greatest_cursor(engine: duckdb.DuckDBPyConnection, path: Path, plan: TablePlan, before: str | None, now: datetime) -> str | None:
    """Return the greatest of ``before`` and the cursors in a Parquet file; numbers are compared as numbers, all else as text.

    A date later than the day after ``now`` is a slip of the pen, and would hide all that comes before it: it does not count.
    """
    assert plan.cursor is not None
    # told by its spelling: a cast that fails takes longer than reading the row
    query = (
        f"SELECT CASE WHEN bool_and(is_number) THEN arg_max(c, CASE WHEN is_number THEN CAST(c AS DECIMAL(38, 6)) END) "
        "ELSE max(c) FILTER (replace(left(c, ?), '/', '-') <= ?) END "
        f"FROM (SELECT c, regexp_full_match(c, '{_NUMBER}') AS is_number FROM "
        f"(SELECT CAST({quoted_column(plan.cursor.column)} AS VARCHAR) AS c FROM read_parquet({text_literal(path)}) UNION ALL SELECT ?))"
    )
    row = engine.execute(query, [_DATE, (now + timedelta(days=1)).date().isoformat(), before]).fetchone()
    return row[0] if row else None


def start_after(source: str, plan: TablePlan, until: str | None) -> str | None:
    """Return ``until`` less the lag of the table's cursor, written as the source writes it; None (from the beginning) for None.

    Raises: ExtractError when there is a lag and the cursor is no date or time.
    """
    cursor = plan.cursor
    assert cursor is not None
    if until is None or not cursor.lag:
        return until
    try:
        if until.isdigit():
            raise ValueError
        moment = datetime.fromisoformat(until.replace("/", "-")) - cursor.lag
    except ValueError:
        raise ExtractError(
            f"source {source!r}, table {plan.name!r}: the cursor {cursor.column!r} ends at {until!r}, which is no date or time, and has a lag "
            f"of {cursor.lag}; remove 'lag' from the description of the source, or name another column"
        ) from None
    # 'T' sorts after a space and '/' after '-': a text written in another way is read once more rather than left out
    return moment.date().isoformat() if len(until) <= _DATE else moment.isoformat(sep=" ")
