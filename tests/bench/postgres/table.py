"""A made-up table of calls in PostgreSQL: 12 columns of every common type, Chinese text, nulls, and a cursor."""

from __future__ import annotations

import psycopg

COLUMNS = {
    "call_no": "text",
    "unit_code": "text",
    "category_code": "text",
    "received_at": "timestamp",
    "closed_at": "timestamp",
    "updated_at": "timestamp",
    "address": "text",
    "summary": "text",
    "people": "integer",
    "loss_yuan": "decimal",
    "is_urgent": "boolean",
    "happened_on": "date",
}
_DDL = (
    "CREATE TABLE call (call_no text PRIMARY KEY, unit_code varchar(12), category_code varchar(6), received_at timestamp, "
    "closed_at timestamp, updated_at timestamptz, address text, summary text, people integer, loss_yuan numeric(12, 2), "
    "is_urgent boolean, happened_on date)"
)
_ROWS = """
INSERT INTO call
SELECT 'J' || lpad(i::text, 12, '0'), '9901' || lpad((i %% 1653)::text, 8, '0'), lpad((i * 7919 %% 483)::text, 6, '0'),
    timestamp '2024-01-01' + (i * 37 %% 63072000) * interval '1 second',
    CASE WHEN i %% 5 > 0 THEN timestamp '2024-01-01' + (i * 37 %% 63072000 + i %% 90000) * interval '1 second' END,
    timestamptz '2024-01-01 00:00:00+08' + i * interval '15 second',
    '某省某市' || (i %% 97) || '区人民路' || (i * 31 %% 1999) || '号' || (i %% 40) || '室',
    CASE WHEN i %% 4 > 0 THEN '报警人称在' || (i * 17 %% 99991) || '处与他人发生纠纷,民警到场后"调解"处理' END,
    CASE WHEN i %% 3 > 0 THEN i %% 9 END, CASE WHEN i %% 6 = 0 THEN (i * 13 %% 1000000) / 100.0 END, i %% 11 = 0,
    date '2024-01-01' + (i %% 730)::int
FROM generate_series(%s::bigint, %s::bigint) AS numbers(i)
"""
_PART = 500_000


def fill(connection: psycopg.Connection, rows: int) -> None:
    """Make the table with ``rows`` rows; the cursor of row n is 15 seconds after that of row n - 1."""
    connection.execute(_DDL)
    for first in range(1, rows + 1, _PART):
        connection.execute(_ROWS, [first, min(first + _PART - 1, rows)])
    connection.execute("CREATE INDEX ON call (updated_at)")
    connection.execute("VACUUM ANALYZE call")


def pass_a_day(connection: psycopg.Connection, rows: int) -> None:
    """Change a thousandth of the rows: three fifths get a new cursor, one fifth is new, a tenth goes, a tenth is changed with an old cursor."""
    step = rows // 1000
    day = "interval '1 day'"
    connection.execute(
        f"UPDATE call SET people = 77, updated_at = (SELECT max(updated_at) FROM call) + {day} "
        "WHERE call_no IN (SELECT 'J' || lpad((n * 1000 + 1)::text, 12, '0') FROM generate_series(0, %s) AS numbers(n))",
        [step * 6 // 10],
    )
    connection.execute(_ROWS, [rows + 1, rows + step * 2 // 10])
    connection.execute(
        "DELETE FROM call WHERE call_no IN (SELECT 'J' || lpad((n * 1000 + 3)::text, 12, '0') FROM generate_series(0, %s) AS numbers(n))",
        [step // 10],
    )
    connection.execute(
        "UPDATE call SET people = 78, updated_at = updated_at + interval '1 second' "
        "WHERE call_no IN (SELECT 'J' || lpad((n * 1000 + 5)::text, 12, '0') FROM generate_series(0, %s) AS numbers(n))",
        [step // 10],
    )
