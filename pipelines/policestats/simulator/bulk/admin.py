"""Administrative cases: each case's story in one row, one row per person, the records they leave, and what they count for on Z01.

A case is accepted, or received from outside the tree; one change of cause, one transfer and one ending (decisions on its persons, terminated,
    turned criminal) may follow.
From 2026 on acceptance is the filing decision, before that the registration.
"""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.sizes import Size

_STORY = """
CREATE TABLE admin AS
WITH begun AS (
    SELECT i, d.day AS begun_on, s.unit_code AS station, u('xz.outside', i) < 0.004 AS is_outside,
           CASE WHEN u('xz.outside', i) < 0.004 THEN d.day - 5 - pick('xz.registered', i, 55) ELSE d.day END AS registered_on
    FROM range(admin_count()) AS cases (i)
    JOIN day_pick AS d ON d.k = pick('xz.day', i, day_count())
    JOIN station_pick AS s ON s.k = pick('xz.station', i, station_picks())
), law_known AS (
    SELECT *, registered_on - pick('xz.act', i, 6) AS act_on,
           CASE WHEN registered_on - pick('xz.act', i, 6) < DATE '2026-01-01' THEN 'psapl_2012' ELSE 'psapl_2025' END AS law
    FROM begun
), caused AS (
    SELECT l.*, CASE WHEN every.cause IS NOT NULL THEN every.cause ELSE c.cause END AS cause
    FROM (SELECT *, row_number() OVER (PARTITION BY law ORDER BY i) AS nth FROM law_known) AS l
    JOIN cause_pick AS c ON c.law = l.law AND c.k = pick('xz.cause', i, cause_count(l.law))
    LEFT JOIN (SELECT law, cause, row_number() OVER (PARTITION BY law ORDER BY cause) AS n FROM cause WHERE cause IS NOT NULL) AS every
           ON every.law = l.law AND every.n = l.nth
), filed AS (
    SELECT *, CASE WHEN registered_on < DATE '2026-01-01' THEN NULL WHEN is_outside THEN registered_on
                   WHEN u('xz.unfiled', i) >= 0.02 THEN if_before_end(registered_on + pick('xz.filed', i, 3)) END AS filed_on
    FROM caused
), accepted AS (
    SELECT *, CASE WHEN is_outside THEN begun_on WHEN registered_on < DATE '2026-01-01' THEN registered_on ELSE filed_on END AS accepted_on,
           CASE WHEN NOT is_outside THEN written('xz', i, station) END AS unit_code,
           'XZ' || year(registered_on) || lpad(i::VARCHAR, 8, '0') AS case_no
    FROM filed
), entered AS (
    SELECT *, entry('xz.entry', i, coalesce(accepted_on, registered_on)) AS entered_at,
           ['incident', 'incident', 'incident', 'walk_in', 'found', 'other', 'criminal_not_filed', 'criminal_withdrawn']
               [1 + CASE WHEN u('xz.source', i) < 0.04 THEN 6 + pick('xz.criminal', i, 2) ELSE pick('xz.source_kind', i, 6) END] AS source_code,
           u('xz.dispute', i) < 0.10 AS is_dispute_origin, 1 + pick('xz.persons', i, 3) AS persons, u('xz.end', i) AS fate,
           CASE WHEN u('xz.change', i) < 0.02 THEN if_before_end(accepted_on + wait('xz.change.days', i, 15)) END AS changed_on,
           CASE WHEN u('xz.move', i) < 0.015 THEN if_before_end(accepted_on + wait('xz.move.days', i, 6)) END AS moving_on,
           CASE WHEN u('xz.absent', i) < 0.08 THEN if_before_end(accepted_on + pick('xz.absent.days', i, 10)) END AS absent_from
    FROM accepted
), moved AS (
    SELECT e.*, taker.unit_code AS other_station,
           entry_after('xz.move.entry', i, moving_on, entered_at) AS moved_entered, u('xz.move.out', i) < 0.1 AS would_leave,
           CASE WHEN e.cause <> 'Q004' THEN entry_after('xz.change.entry', i, changed_on, entered_at) END AS changed_entered,
           CASE WHEN t.cause = 'Q004' OR t.cause IS NOT DISTINCT FROM e.cause THEN 'Z179' ELSE t.cause END AS to_cause,
           CASE WHEN u('xz.found', i) < 0.7 THEN if_before_end(absent_from + 1 + wait('xz.found.days', i, 40)) END AS absent_until
    FROM entered AS e
    JOIN station_pick AS taker ON taker.k = pick('xz.move.to', i, station_picks())
    JOIN cause_pick AS t ON t.law = e.law AND t.k = pick('xz.change.to', i, cause_count(e.law))
), held AS (
    SELECT *, moved_entered IS NOT NULL AS is_moved, moved_entered IS NOT NULL AND would_leave AS is_gone,
           CASE WHEN is_outside THEN station ELSE unit_code END AS first_holder,
           CASE WHEN moved_entered IS NOT NULL AND NOT would_leave THEN other_station WHEN is_outside THEN station ELSE unit_code END AS holder,
           CASE WHEN moved_entered IS NOT NULL THEN moving_on ELSE accepted_on END AS last_on,
           coalesce(moved_entered, entered_at) AS last_entered
    FROM moved
), ending AS (
    SELECT *, CASE WHEN NOT is_gone AND fate >= 0.78 AND fate < 0.84 THEN if_before_end(last_on + 3 + wait('xz.end.days', i, 40)) END AS ended_on,
           CASE WHEN fate < 0.81 THEN 'terminated' ELSE 'to_criminal' END AS ended_kind
    FROM held
)
SELECT *, entry_after('xz.end.entry', i, ended_on, last_entered) AS ended_entered,
       posted(CASE WHEN is_outside THEN begun_on ELSE accepted_on END, entered_at) AS opened_posted_on
FROM ending;

-- one row per person; those of a case to be decided get a decision, a mediated one when it is performed
CREATE TABLE admin_party AS
WITH party AS (
    SELECT i, i * 4 + n AS p, n AS person_no, case_no, cause, act_on, entered_at, holder, last_on, last_entered, NOT is_gone AND fate < 0.78
        AND accepted_on IS NOT NULL AS is_decided
    FROM (SELECT *, unnest(range(1, persons + 1))::INTEGER AS n FROM admin)
), decided AS (
    SELECT *, CASE WHEN u('xzp.kind', p) < 0.04 THEN 'unit' ELSE 'natural' END AS person_kind,
           CASE WHEN u('xzp.decision', p) < 0.80 THEN 'penalty' WHEN u('xzp.decision', p) < 0.84 THEN 'measure'
                WHEN u('xzp.decision', p) < 0.92 THEN 'mediation' WHEN u('xzp.decision', p) < 0.97 THEN 'no_penalty' ELSE 'no_fact' END AS decision,
           CASE WHEN is_decided THEN if_before_end(last_on + wait('xzp.days', p, 18)) END AS decided_on
    FROM party
), dated AS (
    SELECT *, entry_after('xzp.entry', p, decided_on, last_entered) AS decided_entered,
           CASE WHEN decision = 'mediation' AND u('xzp.performed', p) < 0.75 THEN if_before_end(decided_on + wait('xzp.perform', p, 8)) END AS performing_on
    FROM decided
), performed AS (
    SELECT *, entry_after('xzp.perform.entry', p, performing_on, decided_entered) AS performed_entered FROM dated
)
SELECT *, CASE WHEN decision = 'penalty' AND u('xzp.fined', p) < 0.6 THEN 100 * (1 + pick('xzp.fine', p, 20)) END AS fine_yuan,
       CASE WHEN person_kind = 'natural' AND u('xzp.no_age', p) >= 0.02 THEN age_on(person_born('xzp', p), act_on) END AS act_age,
       CASE WHEN decision <> 'mediation' THEN posted(decided_on, decided_entered)
               ELSE posted(performing_on, performed_entered) END AS final_posted_on
FROM performed;
"""

TABLES = {
    "admin_case": """
        SELECT case_no, registered_on, filed_on, entered_at, unit_code, source_code, cause AS cause_code,
               CASE WHEN cause = 'Q004' THEN NULL ELSE law END AS applied_law_code, act_on,
               false AS is_lighter_law, is_dispute_origin, u('xz.bullying', i) < 0.03 AS is_student_bullying,
               absent_from AS offender_absent_from, absent_until AS offender_absent_until,
               is_outside AS is_received_from_outside,
               least(greatest(entered_at, coalesce(absent_from::TIMESTAMP + INTERVAL 18 HOUR, entered_at),
                              coalesce(absent_until::TIMESTAMP + INTERVAL 18 HOUR, entered_at)), now_at() - INTERVAL 1 SECOND) AS updated_at
        FROM admin ORDER BY i""",
    "admin_case_cause_change": """
        SELECT 'XZB' || lpad(i::VARCHAR, 8, '0') AS change_no, case_no, changed_on, changed_entered AS entered_at, to_cause AS to_cause_code,
               changed_entered AS updated_at
        FROM admin WHERE changed_entered IS NOT NULL ORDER BY i""",
    "admin_case_event": """
        SELECT 'XZE' || lpad(i::VARCHAR, 8, '0') || step AS event_no, case_no, kind AS kind_code, on_day AS occurred_on, entered AS entered_at,
               from_unit AS from_unit_code, to_unit AS to_unit_code, is_to_outside, entered AS updated_at
        FROM (SELECT i, 1 AS step, case_no, 'transferred' AS kind, begun_on AS on_day, entered_at AS entered, NULL AS from_unit, station AS to_unit,
                     false AS is_to_outside FROM admin WHERE is_outside
              UNION ALL SELECT i, 2, case_no, 'transferred', moving_on, moved_entered, first_holder, CASE WHEN NOT is_gone THEN holder END, is_gone
              FROM admin WHERE is_moved
              UNION ALL SELECT i, 3, case_no, ended_kind, ended_on, ended_entered, holder, NULL, false FROM admin WHERE ended_entered IS NOT NULL)
        ORDER BY i, step""",
    "admin_person": """
        SELECT case_no, person_no, person_kind AS person_kind_code, person_name(p) AS name, person_phone(p) AS phone,
               CASE WHEN person_kind = 'natural' THEN person_id('xzp', p) END AS id_number,
               CASE WHEN person_kind = 'natural' THEN person_sex('xzp', p) END AS sex_code, entered_at,
               act_age, CASE WHEN person_kind = 'natural' THEN one_of('xzp.first', p, [true, true, true, true, false, NULL]) END AS is_first_violation,
               person_kind = 'natural' AND person_sex('xzp', p) = '2' AND u('xzp.nursing', p) < 0.06 AS is_pregnant_or_nursing,
               CASE WHEN person_kind = 'natural' THEN education_of('xzp', p) END AS education_code,
               CASE WHEN person_kind = 'natural' THEN occupation_of('xzp', p) END AS occupation_code,
               CASE WHEN person_kind = 'natural' THEN residence_of('xzp', p) END AS residence_code,
               CASE WHEN person_kind = 'natural' THEN one_of('xzp.repeat', p, [true, false, false, false, false, false, NULL]) END AS is_repeat_within_year,
               entered_at AS updated_at
        FROM admin_party ORDER BY p""",
    "admin_decision": """
        SELECT 'XZD' || lpad(p::VARCHAR, 9, '0') AS decision_no, case_no, person_no, person_kind AS person_kind_code, decision AS kind_code,
               decided_on, CASE WHEN performed_entered IS NOT NULL THEN performing_on END AS performed_on, decided_entered AS entered_at,
               performed_entered AS performance_entered_at, holder AS unit_code,
               fine_yuan,
               CASE WHEN decision = 'measure'
                    THEN CASE WHEN cause BETWEEN 'Z180' AND 'Z193' THEN one_of('xzp.measure', p, ['community_rehab', 'forced_rehab']) ELSE 'other' END
                    END AS measure_code,
               decision = 'penalty' AND fine_yuan <= 500 AND u('xzp.spot', p) < 0.35 AS is_on_the_spot,
               CASE WHEN decision = 'penalty' AND fine_yuan <= 500 THEN one_of('xzp.by', p, ['station', 'county']) ELSE 'county' END AS decided_by_code,
               coalesce(performed_entered, decided_entered) AS updated_at
        FROM admin_party WHERE decided_entered IS NOT NULL ORDER BY p""",
}

_COUNTED = """
CREATE TABLE admin_history AS
SELECT i, law, cause, 0 AS first, CASE WHEN changed_entered IS NULL THEN 99999 ELSE month_no(posted(changed_on, changed_entered)) - 1 END AS last FROM admin
UNION ALL
SELECT i, law, to_cause, month_no(posted(changed_on, changed_entered)), 99999 FROM admin WHERE changed_entered IS NOT NULL;

-- what a case does besides moving: accepted, and the one thing that ends it
CREATE TABLE admin_end AS
SELECT a.i, 'DEALT' AS kind, min(month_no(final_posted_on)) AS month FROM admin AS a JOIN admin_party AS p ON p.i = a.i
WHERE final_posted_on IS NOT NULL GROUP BY a.i
UNION ALL
SELECT i, CASE ended_kind WHEN 'terminated' THEN 'TERM' ELSE 'TO_CRIM' END, month_no(posted(ended_on, ended_entered)) FROM admin
    WHERE ended_entered IS NOT NULL;

CREATE TABLE admin_spell AS
SELECT a.i, counted_at(first_holder) AS unit, month_no(opened_posted_on) AS start_month,
       CASE WHEN is_moved THEN month_no(posted(moving_on, moved_entered)) ELSE e.month END AS end_month, absent_from, absent_until
FROM admin AS a LEFT JOIN admin_end AS e ON e.i = a.i WHERE accepted_on IS NOT NULL
UNION ALL
SELECT a.i, counted_at(holder), month_no(posted(moving_on, moved_entered)), e.month, absent_from, absent_until
FROM admin AS a LEFT JOIN admin_end AS e ON e.i = a.i WHERE is_moved AND NOT is_gone;

CREATE TABLE admin_span AS
WITH accepted AS (SELECT *, month_no(opened_posted_on) AS m, counted_at(unit_code) AS unit FROM admin WHERE accepted_on IS NOT NULL AND NOT is_outside),
ended AS (SELECT e.*, counted_at(holder) AS unit FROM admin_end AS e JOIN admin AS a ON a.i = e.i),
person AS (SELECT i, person_kind, counted_at(holder) AS unit, month_no(final_posted_on) AS m FROM admin_party WHERE final_posted_on IS NOT NULL)
SELECT i, 'ACC_M' AS column_code, unit, m AS first, m AS last, 0 AS later FROM accepted
UNION ALL SELECT i, 'ACC_LATE_M', unit, m, m, 0 FROM accepted WHERE is_late(accepted_on, entered_at)
UNION ALL SELECT i, 'FROM_CRIM_M', unit, m, m, 0 FROM accepted WHERE source_code IN ('criminal_not_filed', 'criminal_withdrawn')
UNION ALL SELECT i, 'ACC_YTD', unit, m, december(m), 0 FROM accepted
UNION ALL SELECT i, 'ACC_PY', unit, m, december(m), 12 FROM accepted
UNION ALL SELECT i, kind || '_M', unit, month, month, 0 FROM ended
UNION ALL SELECT i, 'DEALT_YTD', unit, month, december(month), 0 FROM ended WHERE kind = 'DEALT'
UNION ALL SELECT i, 'DEALT_PY', unit, month, december(month), 12 FROM ended WHERE kind = 'DEALT'
UNION ALL SELECT i, CASE person_kind WHEN 'natural' THEN 'PERS_M' ELSE 'UNITS_M' END, unit, m, m, 0 FROM person
UNION ALL SELECT i, 'PERS_YTD', unit, m, december(m), 0 FROM person WHERE person_kind = 'natural'
UNION ALL SELECT i, 'OPEN', unit, start_month + 1, coalesce(end_month, 99999), 0 FROM admin_spell
UNION ALL SELECT i, 'CLOSE', unit, start_month, coalesce(end_month - 1, 99999), 0 FROM admin_spell
UNION ALL SELECT i, 'CLOSE_UNK', unit, greatest(start_month, month_no(absent_from)),
                 least(coalesce(end_month - 1, 99999), coalesce(month_no(absent_until) - 1, 99999)), 0 FROM admin_spell WHERE absent_from IS NOT NULL;
DELETE FROM admin_span WHERE first > last;

CREATE TABLE admin_move AS
SELECT i, month_no(opened_posted_on) AS month, 'outside' AS giver, counted_at(station) AS taker FROM admin WHERE is_outside
UNION ALL
SELECT i, month_no(posted(moving_on, moved_entered)), counted_at(first_holder), CASE WHEN is_gone THEN 'outside' ELSE counted_at(holder) END
FROM admin WHERE is_moved;

INSERT INTO leaf
SELECT 'Z01', column_code, unit, unnest(z01) AS row_code, first, last, n
FROM (SELECT column_code, unit, CASE WHEN is_dispute_origin AND len(c.z01) > 0 THEN list_append(c.z01, 'M01') ELSE c.z01 END AS z01,
             greatest(s.first, h.first) + later AS first, least(s.last, h.last) + later AS last, count(*) AS n
      FROM admin_span AS s JOIN admin_history AS h ON h.i = s.i AND h.first <= s.last AND h.last >= s.first
      JOIN admin AS a ON a.i = s.i JOIN cause AS c ON c.law = h.law AND c.cause IS NOT DISTINCT FROM h.cause GROUP BY ALL);
INSERT INTO move
SELECT 'Z01', 'IN_M', 'OUT_M', NULL, NULL, giver, taker, unnest(z01), month, month, n
FROM (SELECT giver, taker, CASE WHEN is_dispute_origin AND len(c.z01) > 0 THEN list_append(c.z01, 'M01') ELSE c.z01 END AS z01, month, count(*) AS n
      FROM admin_move AS m JOIN admin_history AS h ON h.i = m.i AND m.month BETWEEN h.first AND h.last
      JOIN admin AS a ON a.i = m.i JOIN cause AS c ON c.law = h.law AND c.cause IS NOT DISTINCT FROM h.cause GROUP BY ALL);
"""


def make(connection: duckdb.DuckDBPyConnection, size: Size, years: float) -> None:
    """Write the stories of all administrative cases into ``admin`` and ``admin_party``. ``years``: length of the world, warm-up included."""
    connection.execute(f"CREATE MACRO admin_count() AS {max(1, round(size.admin_cases_per_year * years))}")
    connection.execute(_STORY)


def count(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what the cases count for to the tables ``leaf`` and ``move`` (see tally.py)."""
    connection.execute(_COUNTED)
