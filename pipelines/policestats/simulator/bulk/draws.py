"""Chance and clocks in SQL: every draw is a pure function of seed, name of the draw and number of the record.

No random(): a row can be made again at any time, alone, in any order and on any number of threads, and comes out the same (with the
same minor version of DuckDB, whose ``hash`` it is). The clocks repeat the rule of corrections.md 3 on purpose: the tally shares no code with
what it is compared to.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import duckdb

from policestats.simulator.figures import RECORDS_BEGIN

#: Cases and disputes begin this many days before the first month, so that it opens with pending ones.
WARM_UP_DAYS = 60

_MACROS = """
-- uniform in [0, 1); murmur-mixed, so neighbouring records are independent
CREATE MACRO u(draw, i) AS (hash(xor(hash(draw || seed_text()), i::UBIGINT)) >> 11)::DOUBLE / 9007199254740992.0;
-- a whole number in [0, n)
CREATE MACRO pick(draw, i, n) AS floor(u(draw, i) * n)::INTEGER;
-- one of these values, each as likely as often it stands there; null where the list has a null
CREATE MACRO one_of(draw, i, list) AS list[1 + pick(draw, i, len(list))];
-- a waiting time in days, 0 included, with this mean
CREATE MACRO wait(draw, i, mean) AS floor(-ln(1 - u(draw, i)) * mean)::INTEGER;

CREATE MACRO cutoff(on_day) AS date_trunc('month', on_day)::TIMESTAMP + INTERVAL 1 MONTH + INTERVAL 30 HOUR;
CREATE MACRO is_late(on_day, entered) AS entered >= cutoff(on_day);
CREATE MACRO posted(on_day, entered) AS
    CASE WHEN on_day IS NULL OR entered < cutoff(on_day) THEN on_day ELSE date_trunc('month', entered - INTERVAL 30 HOUR)::DATE END;
-- months are counted as year * 12 + month - 1
CREATE MACRO month_no(day) AS (year(day) * 12 + month(day) - 1)::INTEGER;
CREATE MACRO december(month) AS month // 12 * 12 + 11;

-- when an event of a day is entered: mostly the same day, sometimes days or months late, sometimes at the very cut-off
CREATE MACRO entry_drawn(on_day, kind, second, days) AS
    on_day::TIMESTAMP + CASE
        WHEN kind < 0.06 THEN to_seconds(second) + to_days((1 + days * 10)::INTEGER)
        WHEN kind < 0.10 THEN to_seconds(second) + to_days((20 + days * 41)::INTEGER)
        WHEN kind < 0.20 AND on_day >= last_day(on_day) - 3 THEN cutoff(on_day) - to_seconds((days * 1.99)::BIGINT) - on_day::TIMESTAMP
        ELSE to_seconds(second) END;
-- nothing is entered after the last month has closed; the one-element lists have each draw evaluated once
CREATE MACRO entry_within(on_day, drawn, second) AS
    CASE WHEN drawn < now_at() THEN drawn ELSE on_day::TIMESTAMP + to_seconds(second) END;
CREATE MACRO entry(draw, i, on_day) AS
    entry_within(on_day, entry_drawn(on_day, u(draw || '.kind', i), 28800 + pick(draw || '.second', i, 54000), u(draw || '.days', i)),
                 28800 + pick(draw || '.second', i, 54000));
-- the same, but never before the event it follows was entered; null when that is too late to be in the data at all
CREATE MACRO entry_after(draw, i, on_day, previous) AS
    CASE WHEN on_day IS NOT NULL AND previous IS NOT NULL THEN
        list_filter([greatest(entry(draw, i, on_day), previous + to_seconds(60 + pick(draw || '.gap', i, 600)))], lambda entered: entered < now_at())[1] END;
CREATE MACRO if_before_end(day) AS CASE WHEN day < after_day() THEN day END;
"""

# Volumes differ by month (more in summer and before the spring festival) and by day of the week.
_DAYS = """
CREATE TABLE day_pick AS
SELECT row_number() OVER (ORDER BY day, copy) - 1 AS k, day
FROM (
    SELECT day::DATE AS day,
           unnest(range([11, 8, 9, 10, 10, 11, 13, 13, 11, 10, 10, 12][month(day)] + (isodow(day) >= 6)::INTEGER)) AS copy
    FROM range(first_day() - to_days(warm_up_days()), after_day(), INTERVAL 1 DAY) AS days (day)
);
CREATE TABLE months AS
SELECT month_no(month) AS month, strftime(month, '%Y-%m') AS period, month::DATE AS first_on,
       day(last_day(month)) AS days
FROM range(first_day(), after_day(), INTERVAL 1 MONTH) AS all_months (month);
"""


def define(connection: duckdb.DuckDBPyConnection, *, seed: int, first: date, after: date) -> None:
    """Define the draws and clocks of one world in ``connection``.

    Args:
        seed: The same seed gives the same records.
        first: First day of the first month.
        after: First day after the last month; the data stand as at that month's cut-off.
    """
    now = datetime(after.year, after.month, after.day) + timedelta(hours=30)
    connection.execute(f"""
        CREATE MACRO seed_text() AS '#{seed:d}';
        CREATE MACRO first_day() AS DATE '{first}';
        CREATE MACRO after_day() AS DATE '{after}';
        CREATE MACRO now_at() AS TIMESTAMP '{now}';
        CREATE MACRO warm_up_days() AS {WARM_UP_DAYS};
        CREATE MACRO records_begin() AS {RECORDS_BEGIN.year * 12 + RECORDS_BEGIN.month - 1};
    """)
    connection.execute(_MACROS)
    connection.execute(_DAYS)
    fix_count(connection, "day_count", "day_pick")
    fix_count(connection, "warm_up_picks", "day_pick WHERE day < first_day()")


def fix_count(connection: duckdb.DuckDBPyConnection, macro: str, rows: str) -> None:
    """Define ``macro()`` as the number of ``rows`` (a table, perhaps with a condition) as it is now.

    A number, not a subquery: a join on a draw below a subquery would be computed pair by pair.
    """
    found = connection.execute(f"SELECT count(*) FROM {rows}").fetchone()
    assert found is not None
    connection.execute(f"CREATE MACRO {macro}() AS {found[0]}")
