"""Disputes: found, graded, perhaps moved, resolved (agreed, then confirmed by a call back), handed over, turned into a case, re-opened; and Z13.

A resolution counts on the day it was confirmed; one that is not confirmed has not happened yet.
"""

from __future__ import annotations

import duckdb

_STORY = """
CREATE TABLE dispute AS
WITH found AS (
    SELECT i, 'JF' || lpad(i::VARCHAR, 9, '0') AS dispute_no, d.day AS found_on, entry('jf.entry', i, d.day) AS entered_at, s.unit_code AS station,
           taker.unit_code AS other_station, written('jf', i, s.unit_code) AS unit_code,
           CASE WHEN u('jf.type', i) < 0.98 THEN 'K' || lpad((1 + pick('jf.kind', i, 10))::VARCHAR, 2, '0') WHEN u('jf.type', i) < 0.99
               THEN 'K77' END AS type_code,
           ['S1', 'S1', 'S2', 'S2', 'S2', 'S3', 'S4', 'S9', NULL][1 + pick('jf.source', i, 9)] AS source_code
    FROM range(dispute_count()) AS disputes (i)
    JOIN day_pick AS d ON d.k = pick('jf.day', i, day_count())
    JOIN station_pick AS s ON s.k = pick('jf.station', i, station_picks())
    JOIN station_pick AS taker ON taker.k = pick('jf.move.to', i, station_picks())
), graded AS (
    SELECT *, CASE WHEN u('jf.graded', i) < 0.85 THEN if_before_end(found_on + pick('jf.grade.days', i, 4)) END AS graded_on,
           ['L1', 'L2', 'L2', 'L3', 'L3', 'L3', 'L4', 'L4'][1 + pick('jf.grade', i, 8)] AS grade,
           CASE WHEN u('jf.move', i) < 0.02 THEN if_before_end(found_on + wait('jf.move.days', i, 8)) END AS moving_on, u('jf.move.out', i) < 0.1 AS would_leave
    FROM found
), moved AS (
    SELECT *, entry_after('jf.grade.entry', i, graded_on, entered_at) AS graded_entered,
           CASE WHEN u('jf.regrade', i) < 0.1 THEN if_before_end(graded_on + 1 + wait('jf.regrade.days', i, 20)) END AS regraded_on,
           ['L1', 'L2', 'L3', 'L4'][1 + pick('jf.regrade.to', i, 4)] AS regrade,
           entry_after('jf.move.entry', i, moving_on, entered_at) AS moved_entered
    FROM graded
), held AS (
    SELECT *, entry_after('jf.regrade.entry', i, regraded_on, graded_entered) AS regraded_entered,
           moved_entered IS NOT NULL AS is_moved, moved_entered IS NOT NULL AND would_leave AS is_gone,
           CASE WHEN moved_entered IS NOT NULL AND NOT would_leave THEN other_station ELSE unit_code END AS holder,
           CASE WHEN moved_entered IS NOT NULL THEN moving_on ELSE found_on END AS last_on, coalesce(moved_entered, entered_at) AS last_entered,
           u('jf.end', i) AS fate, u('jf.spot', i) < 0.2 AS is_on_the_spot
    FROM moved
), ending AS (
    SELECT *, CASE WHEN fate < 0.84 THEN 'resolved' WHEN fate < 0.88 THEN 'handed' ELSE 'to_case' END AS end_kind,
           CASE WHEN NOT is_gone AND fate < 0.92 THEN if_before_end(last_on + wait('jf.end.days', i, 14)) END AS end_on
    FROM held
), ended AS (
    SELECT *, entry_after('jf.end.entry', i, end_on, last_entered) AS end_entered,
           CASE WHEN end_kind = 'resolved' AND u('jf.confirm', i) < 0.93 THEN if_before_end(end_on + wait('jf.confirm.days', i, 5)) END AS confirming_on
    FROM ending
), confirmed AS (
    SELECT *, entry_after('jf.confirm.entry', i, confirming_on, end_entered) AS confirmed_entered FROM ended
), reopening AS (
    SELECT *, CASE WHEN confirmed_entered IS NOT NULL AND u('jf.reopen', i) < 0.03 THEN if_before_end(confirming_on + 1 + wait('jf.reopen.days', i,
        30)) END AS reopen_on
    FROM confirmed
), reopened AS (
    SELECT *, entry_after('jf.reopen.entry', i, reopen_on, confirmed_entered) AS reopen_entered,
           CASE WHEN u('jf.again', i) < 0.6 THEN if_before_end(reopen_on + wait('jf.again.days', i, 14)) END AS again_on
    FROM reopening
), again AS (
    SELECT *, entry_after('jf.again.entry', i, again_on, reopen_entered) AS again_entered FROM reopened
)
SELECT *, posted(found_on, entered_at) AS found_posted_on FROM again;
"""

_LINKS = """
-- criminal cases that grew from a dispute that was known before
CREATE TABLE dispute_link AS
SELECT c.i AS case_i, c.case_no, d.i AS dispute_i, d.dispute_no FROM criminal AS c JOIN dispute AS d ON d.i = c.dispute_i AND d.found_on <= c.filed_on;
"""

TABLES = {
    "dispute": """
        SELECT dispute_no, unit_code, community_of(station, pick('jf.community', i, communities())) AS community_code, found_on, entered_at,
               type_code AS dispute_type_code, source_code AS dispute_source_code, NULL::VARCHAR AS incident_no, entered_at AS updated_at
        FROM dispute ORDER BY i""",
    "dispute_event": """
        SELECT 'JFE' || lpad(i::VARCHAR, 9, '0') || step AS event_no, dispute_no, kind AS kind_code, on_day AS occurred_on, entered AS entered_at,
               CASE WHEN confirmed_at IS NOT NULL THEN confirmed_day END AS confirmed_on, confirmed_at AS confirmation_entered_at, unit AS unit_code,
               to_unit AS to_unit_code, is_to_outside, kind = 'resolved' AND is_on_the_spot AS is_on_the_spot,
               CASE WHEN kind = 'to_case' THEN (SELECT min(case_no) FROM dispute_link AS l WHERE l.dispute_i = i) END AS case_no,
               coalesce(confirmed_at, entered) AS updated_at
        FROM (SELECT i, 1 AS step, dispute_no, 'moved' AS kind, moving_on AS on_day, moved_entered AS entered, NULL::DATE AS confirmed_day,
            NULL::TIMESTAMP AS confirmed_at,
                     unit_code AS unit, CASE WHEN NOT is_gone THEN holder END AS to_unit, is_gone AS is_to_outside, is_on_the_spot FROM dispute
              UNION ALL SELECT i, 2, dispute_no, end_kind, end_on, end_entered, confirming_on, confirmed_entered, holder, NULL, false, is_on_the_spot
                  FROM dispute
              UNION ALL SELECT i, 3, dispute_no, 'reopened', reopen_on, reopen_entered, NULL, NULL, holder, NULL, false, false FROM dispute
              UNION ALL SELECT i, 4, dispute_no, 'resolved', again_on, again_entered, again_on, again_entered, holder, NULL, false, false FROM dispute)
        WHERE entered IS NOT NULL ORDER BY i, step""",
    "dispute_grade": """
        SELECT 'JFG' || lpad(i::VARCHAR, 9, '0') || step AS grade_no, dispute_no, grade AS grade_code, on_day AS graded_on, entered AS entered_at,
            entered AS updated_at
        FROM (SELECT i, 1 AS step, dispute_no, grade, graded_on AS on_day, graded_entered AS entered FROM dispute
              UNION ALL SELECT i, 2, dispute_no, regrade, regraded_on, regraded_entered FROM dispute)
        WHERE entered IS NOT NULL ORDER BY i, step""",
}

_COUNTED = """
CREATE TABLE dispute_history AS
WITH dated AS (SELECT i, grade, regrade, month_no(posted(graded_on, graded_entered)) AS g, month_no(posted(regraded_on, regraded_entered)) AS r FROM dispute)
SELECT i, 'L9' AS grade, 0 AS first, coalesce(g - 1, 99999) AS last FROM dated
UNION ALL SELECT i, grade, g, coalesce(r - 1, 99999) FROM dated WHERE g IS NOT NULL
UNION ALL SELECT i, regrade, r, 99999 FROM dated WHERE r IS NOT NULL;
DELETE FROM dispute_history WHERE first > last;

CREATE TABLE dispute_dims AS
SELECT i, CASE WHEN type_code IS NULL OR type_code = 'K77' THEN 'K99' ELSE type_code END AS kind_row, coalesce(source_code, 'S9') AS source_row FROM dispute;

CREATE TABLE dispute_spell AS
WITH d AS (
    SELECT i, found_on, counted_at(unit_code) AS unit, counted_at(holder) AS holder, is_moved, is_gone, month_no(found_posted_on) AS found_month,
           month_no(posted(moving_on, moved_entered)) AS moved_month, month_no(posted(reopen_on, reopen_entered)) AS reopen_month,
           CASE WHEN end_kind = 'resolved' THEN month_no(posted(confirming_on, confirmed_entered)) ELSE month_no(posted(end_on, end_entered)) END AS end_month,
           month_no(posted(again_on, again_entered)) AS again_month
    FROM dispute
)
SELECT i, found_on, unit, found_month AS start_month, coalesce(moved_month, end_month) AS end_month FROM d
UNION ALL SELECT i, found_on, holder, moved_month, end_month FROM d WHERE is_moved AND NOT is_gone
UNION ALL SELECT i, found_on, holder, reopen_month, again_month FROM d WHERE reopen_month IS NOT NULL;

CREATE TABLE dispute_span AS
WITH resolved AS (
    SELECT i, counted_at(holder) AS unit, month_no(posted(confirming_on, confirmed_entered)) AS m, is_on_the_spot FROM dispute
        WHERE confirmed_entered IS NOT NULL
    UNION ALL SELECT i, counted_at(holder), month_no(posted(again_on, again_entered)), false FROM dispute WHERE again_entered IS NOT NULL
), found AS (SELECT i, counted_at(unit_code) AS unit, month_no(found_posted_on) AS m FROM dispute)
SELECT i, 'FOUND' AS column_code, unit, m AS first, m AS last, 0 AS later FROM found
UNION ALL SELECT i, 'FOUND_YTD', unit, m, december(m), 0 FROM found
UNION ALL SELECT i, 'RESOLVED', unit, m, m, 0 FROM resolved
UNION ALL SELECT i, 'SPOT', unit, m, m, 0 FROM resolved WHERE is_on_the_spot
UNION ALL SELECT i, 'RES_YTD', unit, m, december(m), 0 FROM resolved
UNION ALL SELECT i, CASE end_kind WHEN 'handed' THEN 'HANDED' ELSE 'TO_CASE' END, counted_at(holder), month_no(posted(end_on, end_entered)),
                 month_no(posted(end_on, end_entered)), 0 FROM dispute WHERE end_kind <> 'resolved' AND end_entered IS NOT NULL
UNION ALL SELECT i, 'REOPEN', counted_at(holder), month_no(posted(reopen_on, reopen_entered)), month_no(posted(reopen_on, reopen_entered)), 0
          FROM dispute WHERE reopen_entered IS NOT NULL
-- found this year and resolved at the end of a month, not re-opened since: each once, at the unit that found it
UNION ALL SELECT d.i, 'RES_COH', counted_at(unit_code), greatest(month_no(found_posted_on), month_no(posted(confirming_on, confirmed_entered))),
                 least(december(month_no(found_posted_on)), coalesce(month_no(posted(reopen_on, reopen_entered)) - 1, 99999)), 0
          FROM dispute AS d WHERE confirmed_entered IS NOT NULL
UNION ALL SELECT d.i, 'RES_COH', counted_at(unit_code), month_no(posted(again_on, again_entered)), december(month_no(found_posted_on)), 0
          FROM dispute AS d WHERE again_entered IS NOT NULL
UNION ALL SELECT i, 'OPEN', unit, start_month + 1, coalesce(end_month, 99999), 0 FROM dispute_spell
UNION ALL SELECT i, 'CLOSE', unit, start_month, coalesce(end_month - 1, 99999), 0 FROM dispute_spell;
DELETE FROM dispute_span WHERE first > last;

CREATE TABLE dispute_leaf AS
SELECT column_code, unit, kind_row, source_row, grade, greatest(s.first, h.first) + later AS first, least(s.last, h.last) + later AS last, count(*) AS n
FROM dispute_span AS s JOIN dispute_history AS h ON h.i = s.i AND h.first <= s.last AND h.last >= s.first JOIN dispute_dims AS d ON d.i = s.i
GROUP BY ALL
UNION ALL
-- overdue: in stock at the end of a month whose last day is more than the limit of its grade after it was found
SELECT 'OVERDUE', unit, kind_row, source_row, grade, first, last, count(*)
FROM (SELECT unit, kind_row, source_row, grade, least(coalesce(end_month - 1, 99999), h.last) AS last,
             greatest(start_month, h.first, month_no(found_on + (map {'L1': 7, 'L2': 15, 'L3': 30, 'L4': 60, 'L9': 30})[grade] + 1)) AS first
      FROM dispute_spell AS s JOIN dispute_history AS h ON h.i = s.i JOIN dispute_dims AS d ON d.i = s.i)
WHERE first <= last GROUP BY ALL
UNION ALL
-- criminal cases that grew from a dispute, by the dispute's own rows; those that name none are pending, not graded, other
SELECT shown.c, counted_at(filing_unit_code), kind_row, source_row, grade,
       greatest(m, first) + shown.later, least(CASE WHEN shown.y THEN december(m) ELSE m END, last) + shown.later, count(*)
FROM (SELECT c.i, filing_unit_code, month_no(filed_posted_on) AS m, coalesce(kind_row, 'K99') AS kind_row, coalesce(source_row, 'S9') AS source_row,
             coalesce(grade, 'L9') AS grade, coalesce(first, 0) AS first, coalesce(last, 99999) AS last,
             unnest([{c: 'CIV2CRIM', y: false, later: 0}, {c: CASE WHEN is_homicide THEN 'CIV2DEATH' END, y: false, later: 0},
                     {c: 'C2C_YTD', y: true, later: 0}, {c: 'C2C_PY', y: true, later: 12}]) AS shown
      FROM criminal AS c LEFT JOIN dispute_link AS l ON l.case_i = c.i LEFT JOIN dispute_dims AS d ON d.i = l.dispute_i
      LEFT JOIN dispute_history AS h ON h.i = l.dispute_i
      WHERE NOT is_outside AND (is_dispute_origin OR l.dispute_no IS NOT NULL))
WHERE shown.c IS NOT NULL AND first <= CASE WHEN shown.y THEN december(m) ELSE m END AND last >= m GROUP BY ALL
UNION ALL
SELECT 'CIV2ADM', counted_at(unit_code), 'K99', 'S9', 'L9', month_no(opened_posted_on), month_no(opened_posted_on), count(*)
FROM admin WHERE accepted_on IS NOT NULL AND NOT is_outside AND is_dispute_origin AND cause IS DISTINCT FROM 'Q004' GROUP BY ALL;

INSERT INTO leaf
SELECT 'Z13', column_code, unit, unnest(['T', kind_row, source_row, grade]), first, last, n FROM dispute_leaf;
INSERT INTO move
SELECT 'Z13', 'IN', 'OUT', NULL, NULL, giver, taker, unnest(['T', kind_row, source_row, grade]), month, month, n
FROM (SELECT counted_at(unit_code) AS giver, CASE WHEN is_gone THEN 'outside' ELSE counted_at(holder) END AS taker, kind_row, source_row, h.grade AS grade,
             month_no(posted(moving_on, moved_entered)) AS month, count(*) AS n
      FROM dispute AS m JOIN dispute_dims AS d ON d.i = m.i
      JOIN dispute_history AS h ON h.i = m.i AND month_no(posted(moving_on, moved_entered)) BETWEEN h.first AND h.last
      WHERE is_moved GROUP BY ALL);
"""


def make(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the stories of all disputes into ``dispute`` and their links to criminal cases into ``dispute_link``; after criminal.make."""
    connection.execute(_STORY)
    connection.execute(_LINKS)


def count(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what the disputes, and the cases that grew from them, count for to the tables ``leaf`` and ``move`` (see tally.py)."""
    connection.execute(_COUNTED)
