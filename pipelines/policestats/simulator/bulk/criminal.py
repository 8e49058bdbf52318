"""Criminal cases: each case's story in one row, the records it leaves in the case system, and what it counts for on X01 and X02.

A case is filed, or received from outside the tree; one charge change, one transfer, one ending (solved, withdrawn, or withdrawn,
    re-opened and solved) and one or two
referrals may follow. Every event is entered after the one before it, and what would be entered after the end of the data has not happened.
"""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.sizes import Size

_STORY = """
CREATE TABLE criminal AS
WITH begun AS (
    SELECT i, d.day, s.unit_code AS station,
           CASE WHEN i < 485 THEN all_charges.charge ELSE c.charge END AS charge,
           u('xs.outside', i) < 0.005 AS is_outside
    FROM range(case_count()) AS cases (i)
    JOIN day_pick AS d ON d.k = pick('xs.day', i, day_count())
    JOIN station_pick AS s ON s.k = pick('xs.station', i, station_picks())
    JOIN charge_pick AS c ON c.k = pick('xs.charge', i, charge_picks())
    LEFT JOIN (SELECT row_number() OVER (ORDER BY charge NULLS LAST) - 1 AS n, charge FROM charge) AS all_charges ON all_charges.n = i
), filed AS (
    SELECT i, is_outside, station, day AS begun_on, entry('xs.entry', i, day) AS entered_at, charge,
           CASE WHEN is_outside THEN day - 20 - pick('xs.filed', i, 200) ELSE day END AS filed_on,
           CASE WHEN NOT is_outside THEN written('xs', i, station) END AS filing_unit_code
    FROM begun
), moved AS (
    SELECT *, 'XS' || year(filed_on) || lpad(i::VARCHAR, 8, '0') AS case_no,
           u('xs.telecom', i) < CASE WHEN charge = 'C222' THEN 0.4 ELSE 0.01 END AS is_telecom_fraud,
           CASE WHEN is_telecom_fraud THEN one_of('xs.fraud', i, ['0310', '0311', '0312', '0313', '0314', '0315', '0316', '0317', '0318', '0319'])
                WHEN charge = 'C221' AND u('xs.mo', i) < 0.8 THEN ['0110', '0120', '0121', '0130', '0140', '0190'][1 + pick('xs.mo_kind', i, 6)]
                WHEN charge = 'C220' AND u('xs.mo', i) < 0.5 THEN '0210' WHEN charge = 'C223' THEN '0220'
                WHEN charge = 'C222' AND u('xs.mo', i) < 0.4 THEN '0310' WHEN u('xs.mo', i) < 0.3 THEN '0900' END AS mo_code,
           u('xs.dispute', i) < 0.04 AS is_dispute_origin,
           charge IN ('C177', 'C179') AND u('xs.homicide', i) < 0.3 AS is_homicide,
           -- a case may grow from a dispute found up to two months before: see disputes
           CASE WHEN u('xs.linked', i) < 0.01 THEN pick('xs.which', i, dispute_count()) END AS dispute_i,
           CASE WHEN u('xs.change', i) < 0.04 THEN if_before_end(begun_on + wait('xs.change.days', i, 40)) END AS changed_on,
           CASE WHEN u('xs.move', i) < 0.02 THEN if_before_end(begun_on + wait('xs.move.days', i, 15)) END AS moving_on
    FROM filed
), changed AS (
    SELECT moved.*, entry_after('xs.change.entry', i, changed_on, entered_at) AS changed_entered,
           CASE WHEN t.charge IS NOT DISTINCT FROM moved.charge THEN 'C269' ELSE t.charge END AS to_charge,
           entry_after('xs.move.entry', i, moving_on, entered_at) AS moved_entered,
           taker.unit_code AS other_station, u('xs.move.out', i) < 0.1 AS would_leave
    FROM moved
    JOIN charge_pick AS t ON t.k = pick('xs.change.to', i, charge_picks())
    JOIN station_pick AS taker ON taker.k = pick('xs.move.to', i, station_picks())
), held AS (
    SELECT *, moved_entered IS NOT NULL AS is_moved,
           moved_entered IS NOT NULL AND would_leave AS is_gone,
           CASE WHEN moved_entered IS NOT NULL THEN moving_on ELSE begun_on END AS last_on,
           coalesce(moved_entered, entered_at) AS last_entered,
           CASE WHEN is_outside THEN station ELSE filing_unit_code END AS first_holder,
           CASE WHEN moved_entered IS NOT NULL AND NOT would_leave THEN other_station
                WHEN is_outside THEN station ELSE filing_unit_code END AS holder,
           u('xs.end', i) AS fate
    FROM changed
), first_end AS (
    SELECT *, CASE WHEN NOT is_gone AND fate < 0.68 THEN if_before_end(last_on + wait('xs.end.days', i, 45)) END AS first_end_on,
           fate >= 0.62 AND fate < 0.68 AS is_withdrawal
    FROM held
), ended AS (
    SELECT *, entry_after('xs.end.entry', i, first_end_on, last_entered) AS first_end_entered,
           if_before_end(first_end_on + 5 + wait('xs.reopen.days', i, 20)) AS reopen_on
    FROM first_end
), reopened AS (
    SELECT *, CASE WHEN is_withdrawal AND u('xs.reopen', i) < 0.15 THEN entry_after('xs.reopen.entry', i, reopen_on, first_end_entered) END AS reopen_entered,
           if_before_end(reopen_on + wait('xs.again.days', i, 20)) AS again_on
    FROM ended
), solved AS (
    SELECT *, CASE WHEN u('xs.again', i) < 0.6 THEN entry_after('xs.again.entry', i, again_on, reopen_entered) END AS again_entered
    FROM reopened
), referred AS (
    SELECT *, CASE WHEN NOT is_withdrawal AND first_end_entered IS NOT NULL THEN first_end_on
                   WHEN again_entered IS NOT NULL THEN again_on END AS solved_on,
           CASE WHEN NOT is_withdrawal THEN first_end_entered ELSE again_entered END AS solved_entered,
           CASE WHEN is_withdrawal AND first_end_entered IS NOT NULL THEN first_end_on END AS withdrawn_on,
           CASE WHEN is_withdrawal THEN first_end_entered END AS withdrawn_entered
    FROM solved
), once AS (
    SELECT *, CASE WHEN u('xs.refer', i) < 0.6 THEN if_before_end(solved_on + 10 + wait('xs.refer.days', i, 30)) END AS refer_on,
           u('xs.manner', i) < 0.15 AS is_linked, 1 + pick('xs.persons', i, 3) AS persons
    FROM referred
), twice AS (
    SELECT *, entry_after('xs.refer.entry', i, refer_on, solved_entered) AS refer_entered,
           CASE WHEN u('xs.second', i) < 0.05 THEN if_before_end(refer_on + 1 + wait('xs.second.days', i, 30)) END AS second_on
    FROM once
)
SELECT *, entry_after('xs.second.entry', i, second_on, refer_entered) AS second_entered,
       -- what the victims of a crime against property say to have lost
       CASE WHEN charge IN ('C220', 'C221', 'C222', 'C223', 'C224', 'C226', 'C229', 'C230', 'C139', 'C167') AND u('xs.loss', i) >= 0.07
            THEN (u('xs.loss.part', i) * one_of('xs.loss.band', i, [3000, 3000, 3000, 3000, 30000, 30000, 30000, 500000, 500000, 5000000]))::DECIMAL(18, 2)
            END AS reported_loss_yuan,
       CASE WHEN is_outside THEN filed_on ELSE posted(filed_on, entered_at) END AS filed_posted_on
FROM twice;
"""

#: table -> what the case system holds
TABLES = {
    "criminal_case": """
        SELECT c.case_no, c.filed_on, c.entered_at, filing_unit_code, charge AS charge_code, is_telecom_fraud, mo_code,
               d.dispute_no, is_dispute_origin, is_homicide, is_outside AS is_received_from_outside, reported_loss_yuan,
               CASE WHEN charge BETWEEN 'C067' AND 'C176' OR charge IN ('C226', 'C257', 'C300', 'C207', 'C252', 'C286')
                    THEN 10000 + pick('xs.involved', c.i, 2990000) END AS involved_yuan,
               CASE WHEN charge IN ('C207', 'C252') THEN 50 + pick('xs.records', c.i, 200000) END AS personal_record_count,
               CASE WHEN reported_loss_yuan IS NOT NULL THEN one_of('xs.completed', c.i, [true, true, true, true, true, true, true, true, false, NULL])
                   END AS is_completed,
               charge = 'C300' AND u('xs.upstream', c.i) < 0.5 AS is_cyber_upstream,
               (charge BETWEEN 'C067' AND 'C176' OR charge BETWEEN 'C340' AND 'C355') AND u('xs.agency', c.i) < 0.3 AS is_agency_referral,
               c.entered_at AS updated_at
        FROM criminal AS c LEFT JOIN dispute_link AS d ON d.case_i = c.i ORDER BY c.i""",
    "criminal_case_charge_change": """
        SELECT 'XSB' || lpad(i::VARCHAR, 8, '0') AS change_no, case_no, changed_on, changed_entered AS entered_at,
               charge AS from_charge_code, to_charge AS to_charge_code, changed_entered AS updated_at
        FROM criminal WHERE changed_entered IS NOT NULL ORDER BY i""",
    "criminal_case_event": """
        SELECT 'XSE' || lpad(i::VARCHAR, 8, '0') || step AS event_no, case_no, kind AS kind_code, on_day AS occurred_on, entered AS entered_at,
               holder AS unit_code, CASE WHEN kind = 'solved' THEN CASE WHEN is_linked THEN 'linked' ELSE 'direct' END END AS manner_code,
               CASE WHEN kind IN ('withdrawn', 'to_admin') THEN one_of('xs.reason', i, ['W1', 'W1', 'W1', 'W2', 'W2', 'W3', 'W4', 'W5', 'W6', NULL]) END
                   AS reason_code, entered AS updated_at
        FROM (SELECT i, 1 AS step, case_no, CASE WHEN is_withdrawal THEN 'withdrawn' ELSE 'solved' END AS kind, first_end_on AS on_day,
                     first_end_entered AS entered, holder, is_linked FROM criminal
              UNION ALL SELECT i, 2, case_no, 'reopened', reopen_on, reopen_entered, holder, is_linked FROM criminal
              UNION ALL SELECT i, 3, case_no, 'solved', again_on, again_entered, holder, is_linked FROM criminal
              -- after a withdrawal without a return some go on as administrative cases; some cases are concluded without a referral
              UNION ALL SELECT i, 4, case_no, 'to_admin', withdrawn_on, withdrawn_entered + INTERVAL 1 SECOND, holder, is_linked
              FROM criminal WHERE reopen_entered IS NULL AND u('xs.to_admin', i) < 0.3 AND withdrawn_entered < now_at() - INTERVAL 1 SECOND
              UNION ALL SELECT i, 5, case_no, 'concluded', concluding_on, entry_after('xs.concluded.entry', i, concluding_on, solved_entered), holder, is_linked
              FROM (SELECT *, CASE WHEN refer_entered IS NULL AND u('xs.concluded', i) < 0.3
                                   THEN if_before_end(solved_on + 30 + wait('xs.concluded.days', i, 60)) END AS concluding_on FROM criminal))
        WHERE entered IS NOT NULL ORDER BY i, step""",
    "criminal_case_transfer": """
        SELECT 'XSY' || lpad(i::VARCHAR, 8, '0') || step AS transfer_no, case_no, on_day AS transferred_on, entered AS entered_at,
            'jurisdiction' AS reason_code,
               from_unit AS from_unit_code, to_unit AS to_unit_code, step = 1 AS is_from_outside, step = 2 AND is_gone AS is_to_outside,
               entered AS updated_at
        FROM (SELECT i, 1 AS step, case_no, begun_on AS on_day, entered_at AS entered, NULL AS from_unit, station AS to_unit, is_gone
              FROM criminal WHERE is_outside
              UNION ALL SELECT i, 2, case_no, moving_on, moved_entered, first_holder, CASE WHEN NOT is_gone THEN holder END, is_gone
              FROM criminal WHERE is_moved) ORDER BY i, step""",
    "criminal_referral": """
        SELECT 'XSQ' || lpad(i::VARCHAR, 8, '0') || step AS referral_no, person_no, case_no, on_day AS referred_on, entered AS entered_at,
               holder AS unit_code, entered AS updated_at
        FROM (SELECT i, 1 AS step, unnest(range(1, persons + 1))::INTEGER AS person_no, case_no, refer_on AS on_day, refer_entered AS entered, holder
              FROM criminal WHERE refer_entered IS NOT NULL
              UNION ALL SELECT i, 2, persons + 1, case_no, second_on, second_entered, holder FROM criminal WHERE second_entered IS NOT NULL)
        ORDER BY i, step, person_no""",
}

# The dims of a case that decide its rows: the charge (by month), and these tags.
_COUNTED = """
CREATE TABLE criminal_history AS
SELECT i, charge, 0 AS first, CASE WHEN changed_entered IS NULL THEN 99999 ELSE month_no(posted(changed_on, changed_entered)) - 1 END AS last FROM criminal
UNION ALL
SELECT i, to_charge, month_no(posted(changed_on, changed_entered)), 99999 FROM criminal WHERE changed_entered IS NOT NULL;

CREATE TABLE criminal_tags AS
SELECT i, list_concat(
    CASE WHEN is_telecom_fraud THEN ['M02'] ELSE [] END,
    CASE WHEN mo_code IN ('0110', '0120', '0121', '0130', '0140', '0210', '0220') THEN ['M06'] ELSE [] END,
    CASE WHEN is_dispute_origin OR d.dispute_no IS NOT NULL THEN CASE WHEN is_homicide THEN ['M07', 'M08'] ELSE ['M07'] END ELSE [] END) AS tags
FROM criminal LEFT JOIN dispute_link AS d ON d.case_i = i;

-- one row per thing counted: in the months first to last, shown `later` months after them
CREATE TABLE criminal_span AS
WITH event AS (
    SELECT i, 'filed' AS kind, month_no(filed_posted_on) AS month, counted_at(filing_unit_code) AS unit,
           is_late(filed_on, entered_at) AS is_late, false AS is_current, false AS is_linked
    FROM criminal WHERE NOT is_outside
    UNION ALL
    SELECT i, 'solved', month_no(posted(solved_on, solved_entered)), counted_at(holder), false,
           year(filed_posted_on) = year(posted(solved_on, solved_entered)), is_linked
    FROM criminal WHERE solved_entered IS NOT NULL
    UNION ALL
    SELECT i, 'withdrawn', month_no(posted(withdrawn_on, withdrawn_entered)), counted_at(holder), false, false, false
    FROM criminal WHERE withdrawn_entered IS NOT NULL
    UNION ALL
    SELECT i, 'referred', month_no(posted(refer_on, refer_entered)), counted_at(holder), false, false, false
    FROM criminal WHERE refer_entered IS NOT NULL
    UNION ALL
    SELECT i, 'person', month_no(posted(on_day, entered)), counted_at(holder), false, false, false
    FROM (SELECT i, holder, refer_on AS on_day, refer_entered AS entered, unnest(range(persons)) FROM criminal WHERE refer_entered IS NOT NULL
          UNION ALL SELECT i, holder, second_on, second_entered, 1 FROM criminal WHERE second_entered IS NOT NULL)
), shown AS (
    SELECT i, unit, month,
           unnest(CASE kind
               WHEN 'filed' THEN [{c: 'FILED_M', y: false, later: 0}, {c: CASE WHEN is_late THEN 'FILED_LATE_M' ELSE 'FILED_NEW_M' END, y: false, later: 0},
                                  {c: 'FILED_YTD', y: true, later: 0}, {c: 'FILED_PY', y: true, later: 12}]
               WHEN 'solved' THEN [{c: 'SOLVED_M', y: false, later: 0}, {c: CASE WHEN is_current THEN 'SOLVED_CUR_M' ELSE 'SOLVED_OLD_M' END, y: false,
                   later: 0},
                                   {c: CASE WHEN is_linked THEN 'SOLVED_LINK_M' END, y: false, later: 0}, {c: 'SOLVED_YTD', y: true, later: 0},
                                   {c: CASE WHEN is_current THEN 'SOLVED_CUR_YTD' END, y: true, later: 0}, {c: 'SOLVED_PY', y: true, later: 12}]
               WHEN 'withdrawn' THEN [{c: 'WITHDRAWN_M', y: false, later: 0}, {c: 'WITHDRAWN_YTD', y: true, later: 0}]
               WHEN 'referred' THEN [{c: 'REFER_CASES', y: false, later: 0}]
               ELSE [{c: 'REFER_PERS', y: false, later: 0}] END) AS column_shown
    FROM event
)
SELECT i, column_shown.c AS column_code, unit, NULL::VARCHAR AS partner, month AS first, CASE WHEN column_shown.y THEN december(month)
    ELSE month END AS last, column_shown.later
FROM shown WHERE column_shown.c IS NOT NULL;

-- transfers, both ends; outside the tree is 'outside'
CREATE TABLE criminal_move AS
SELECT i, month_no(posted(begun_on, entered_at)) AS month, 'outside' AS giver, counted_at(station) AS taker FROM criminal WHERE is_outside
UNION ALL
SELECT i, month_no(posted(moving_on, moved_entered)), counted_at(first_holder), CASE WHEN is_gone THEN 'outside' ELSE counted_at(holder) END
FROM criminal WHERE is_moved;

CREATE TABLE criminal_leaf AS
SELECT column_code, unit, charge, tags, greatest(s.first, h.first) + later AS first, least(s.last, h.last) + later AS last, count(*) AS n
FROM criminal_span AS s JOIN criminal_history AS h ON h.i = s.i AND h.first <= s.last AND h.last >= s.first JOIN criminal_tags AS t ON t.i = s.i
GROUP BY ALL
UNION ALL
-- a change of charge of a case filed here in an earlier month of the year (corrections.md 2), at the filing unit
SELECT direction.c, counted_at(filing_unit_code), direction.charge, tags, month, month, count(*)
FROM (SELECT i, filing_unit_code, month_no(posted(changed_on, changed_entered)) AS month,
             unnest([{c: 'RECLASS_OUT_M', charge: charge}, {c: 'RECLASS_IN_M', charge: to_charge}]) AS direction
      FROM criminal
      WHERE changed_entered IS NOT NULL AND NOT is_outside AND year(filed_posted_on) = year(posted(changed_on, changed_entered))
        AND month(filed_posted_on) <> month(posted(changed_on, changed_entered))) AS change
JOIN criminal_tags AS t ON t.i = change.i
GROUP BY ALL;

CREATE TABLE criminal_move_leaf AS
SELECT giver, taker, charge, tags, y.shown AS shown, greatest(month, h.first) AS first,
       least(CASE WHEN y.shown = 'IN_YTD' THEN december(month) ELSE month END, h.last) AS last, count(*) AS n
FROM criminal_move AS m, (VALUES ('M'), ('IN_YTD')) AS y (shown), criminal_history AS h, criminal_tags AS t
WHERE h.i = m.i AND t.i = m.i AND h.first <= CASE WHEN y.shown = 'IN_YTD' THEN december(month) ELSE month END AND h.last >= month
GROUP BY ALL;

INSERT INTO leaf
SELECT 'X01', column_code, unit, row_code, first, last, n
FROM (SELECT column_code, unit, unnest(list_concat(x01, tags)) AS row_code, first, last, n
      FROM criminal_leaf AS l JOIN charge AS c ON c.charge IS NOT DISTINCT FROM l.charge
      WHERE column_code NOT IN ('REFER_CASES', 'REFER_PERS'));
INSERT INTO leaf
SELECT 'X02', column_code, unit, row_code, first, last, n
FROM (SELECT column_code, unit, unnest(x02) AS row_code, first, last, n
      FROM criminal_leaf AS l JOIN charge AS c ON c.charge IS NOT DISTINCT FROM l.charge
      WHERE column_code NOT IN ('RECLASS_IN_M', 'RECLASS_OUT_M'));
INSERT INTO move
SELECT 'X01', CASE WHEN shown = 'M' THEN 'IN_M' ELSE shown END, CASE WHEN shown = 'M' THEN 'OUT_M' END,
       CASE WHEN shown = 'M' THEN 'IN_EXT_M' END, CASE WHEN shown = 'M' THEN 'OUT_EXT_M' END,
       giver, taker, unnest(list_concat(x01, tags)), first, last, n
FROM criminal_move_leaf AS l JOIN charge AS c ON c.charge IS NOT DISTINCT FROM l.charge;
"""


def make(connection: duckdb.DuckDBPyConnection, size: Size, years: float) -> None:
    """Write the stories of all criminal cases into the table ``criminal``. ``years``: length of the world, warm-up included."""
    connection.execute(f"""
        CREATE MACRO case_count() AS {max(1, round(size.criminal_cases_per_year * years))};
        CREATE MACRO dispute_count() AS {max(1, round(size.disputes_per_year * years))};
    """)
    connection.execute(_STORY)


def count(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what the cases count for to the tables ``leaf`` and ``move`` (see tally.py)."""
    connection.execute(_COUNTED)
