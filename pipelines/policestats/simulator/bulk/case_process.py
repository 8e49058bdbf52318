"""What goes before a filing and what follows an arrival: screening with its reviews, coercive measures, requests for arrests, decisions."""

from __future__ import annotations

import duckdb

_STORY = """
-- one screening for nearly every case that was filed here, a third as many again from which no case came
CREATE TABLE screening AS
WITH begun AS (
    SELECT i * 2 AS s, 'filed' AS outcome, i, case_no, charge, filing_unit_code AS unit, filed_on AS decided_on, entered_at AS decided_entered,
           filed_on - one_of('sl.days', i, [0, 0, 1, 2, 3, 4, 6, 12, 25]) AS accepted_on
    FROM criminal WHERE NOT is_outside AND u('sl.direct', i) >= 0.03
    UNION ALL
    SELECT i * 2 + 1, one_of('sl.outcome', i, ['not_filed', 'not_filed', 'not_filed', 'not_filed', 'transferred', 'transferred', 'to_admin', 'to_admin',
               'merged', NULL]),
           i, case_no, charge, filing_unit_code, if_before_end(filed_on + one_of('sl.vain.days', i, [0, 1, 2, 3, 5, 9, 20, 33])), NULL, filed_on
    FROM criminal WHERE NOT is_outside AND u('sl.vain', i) < 0.35
), entered AS (
    SELECT *, CASE outcome WHEN 'filed' THEN least(entry('sl.entry', s, accepted_on), decided_entered - INTERVAL 1 MINUTE)
                   ELSE entry('sl.entry', s, accepted_on) END AS accepted_entered
    FROM begun
), decided AS (
    SELECT * EXCLUDE (decided_entered),
           CASE WHEN outcome = 'filed' THEN decided_entered
                WHEN outcome IS NOT NULL THEN entry_after('sl.end', s, decided_on, accepted_entered) END AS end_entered
    FROM entered
)
SELECT * EXCLUDE (outcome), CASE WHEN end_entered IS NOT NULL THEN outcome END AS outcome,
       'SL' || lpad(s::VARCHAR, 9, '0') AS screening_no, 'BA' || lpad(s::VARCHAR, 9, '0') AS report_no,
       end_entered IS NOT NULL AND outcome = 'filed' AND u('sl.order', s) < 0.02 AS is_ordered,
       CASE WHEN end_entered IS NOT NULL AND outcome = 'not_filed' THEN if_before_end(decided_on + 1 + pick('fy.days', s, 7)) END AS objecting_on
FROM decided;

CREATE TABLE objection AS
SELECT *, entry_after('fy.entry', s, objecting_on, end_entered) AS objected_entered, u('fy.kind', s) AS kind FROM screening WHERE objecting_on IS NOT NULL;

-- the first measure of a suspect who came; a detention leads to a request for the arrest, which the answer ends
CREATE TABLE measure AS
WITH begun AS (
    SELECT *, one_of('cs.kind', p, ['A4', 'A4', 'A4', 'A4', 'A4', 'A4', 'A2', 'A2', 'A2', 'A3', 'A5']) AS kind
    FROM suspect WHERE arrived_on IS NOT NULL AND u('cs', p) < 0.85
), asked AS (
    SELECT *, CASE WHEN kind = 'A4' AND u('cs.asked', p) < 0.65 THEN if_before_end(arrived_on + one_of('cs.asked.days', p, [1, 2, 3, 3, 5, 7, 7, 20, 30]))
                   END AS asking_on
    FROM begun
), requested AS (
    SELECT *, entry_after('cs.asked.entry', p, asking_on, entered_at) AS asked_entered FROM asked
), answering AS (
    SELECT *, CASE WHEN asked_entered IS NOT NULL AND u('cs.answered', p) < 0.94
                THEN if_before_end(asking_on + 1 + pick('cs.answer.days', p, 7)) END AS answering_on,
           one_of('cs.answer', p, ['approved', 'approved', 'approved', 'refused', 'withdrawn']) AS answer
    FROM requested
), answered AS (
    SELECT *, entry_after('cs.answer.entry', p, answering_on, asked_entered) AS answer_entered FROM answering
), ending AS (
    SELECT *, CASE WHEN asked_entered IS NULL AND refer_on >= arrived_on AND kind <> 'A4' THEN refer_on
                   WHEN asked_entered IS NULL
                        THEN if_before_end(arrived_on + 1 + wait('cs.end.days', p, CASE kind WHEN 'A4' THEN 5 ELSE 150 END)) END AS ending_on
    FROM answered
), ended AS (
    SELECT *, CASE WHEN answer_entered IS NOT NULL THEN answer_entered ELSE entry_after('cs.end.entry', p, ending_on, entered_at) END AS end_entered FROM ending
)
SELECT *, CASE WHEN answer_entered IS NOT NULL THEN answering_on WHEN end_entered IS NOT NULL THEN ending_on END AS ended_on,
       CASE WHEN answer_entered IS NOT NULL THEN 'changed' WHEN end_entered IS NULL THEN NULL WHEN ending_on = refer_on THEN 'prosecuted'
            ELSE one_of('cs.end', p, ['lifted', 'released', 'expired']) END AS end_kind,
       'CS' || lpad(p::VARCHAR, 9, '0') AS measure_no
FROM ended;

-- what the detention is changed to on the day of the answer, until the referral or some months later
CREATE TABLE later_measure AS
SELECT *, entry_after('cs.later.entry', p, later_end_on, answer_entered) AS later_end_entered
FROM (SELECT *, CASE WHEN refer_on >= answering_on THEN refer_on ELSE if_before_end(answering_on + 20 + wait('cs.later.days', p, 90)) END AS later_end_on
      FROM measure WHERE answer_entered IS NOT NULL);
"""

TABLES = {
    "criminal_report": """
        SELECT report_no, screening_no, accepted_on AS reported_on, accepted_entered AS entered_at, unit AS unit_code,
               CASE WHEN is_ordered THEN 'S07' ELSE one_of('ba.source', s, ['S01', 'S01', 'S01', 'S01', 'S02', 'S03', 'S03', 'S04', 'S05', 'S06', 'S08', 'S09',
                   'S10', NULL]) END AS source_code,
               charge AS charge_code, true AS is_case, NULL AS repeat_of_case_no, accepted_entered AS updated_at
        FROM screening
        UNION ALL
        SELECT report_no || 'C', screening_no, repeating_on, repeated_entered, unit, one_of('ba.again', s, ['S01', 'S02', 'S03']), charge, true, case_no,
            repeated_entered
        FROM (SELECT *, entry_after('ba.again.entry', s, repeating_on, end_entered) AS repeated_entered
              FROM (SELECT *, if_before_end(decided_on + 1 + pick('ba.again.days', s, 20)) AS repeating_on FROM screening
                    WHERE outcome = 'filed' AND u('ba.again', s) < 0.08)) WHERE repeated_entered IS NOT NULL""",
    "criminal_screening": """
        SELECT screening_no, report_no, accepted_on, accepted_entered AS entered_at, unit AS unit_code, charge AS charge_code,
               one_of('sl.limit', s, [3, 3, 3, 3, 7, 7, 30]) AS approved_limit_days, outcome = 'not_filed' AND u('sl.complainant', s) < 0.7 AS has_complainant,
               outcome AS outcome_code, CASE WHEN outcome IS NOT NULL THEN decided_on END AS decided_on, end_entered AS decision_entered_at,
               CASE WHEN outcome IN ('filed', 'merged') THEN case_no END AS case_no, CASE WHEN is_ordered THEN 'LA' || lpad(s::VARCHAR, 9, '0') END AS order_no,
               CASE WHEN outcome = 'transferred' THEN decided_on::TIMESTAMP + to_hours(9 - pick('sl.hours', s, 40)) END AS transfer_approved_at,
               CASE WHEN outcome = 'transferred' THEN decided_on::TIMESTAMP + INTERVAL 9 HOUR END AS transferred_at,
               CASE WHEN outcome = 'not_filed' AND u('sl.complainant', s) < 0.7
                    THEN if_before_end(decided_on + one_of('sl.notice', s, [0, 1, 1, 2, 3, 4, 6])) END
                   AS notified_on,
               coalesce(end_entered, accepted_entered) AS updated_at
        FROM screening ORDER BY s""",
    "criminal_screening_review": """
        SELECT 'XF' || lpad(s::VARCHAR, 9, '0') AS review_no, screening_no, objecting_on AS applied_on, objected_entered AS entered_at, unit AS unit_code,
               CASE WHEN answered IS NOT NULL THEN one_of('fy.result', s, ['upheld', 'upheld', 'upheld', 'upheld', 'changed', 'withdrawn']) END AS result_code,
               CASE WHEN answered IS NOT NULL THEN answering_on END AS decided_on, answered AS decision_entered_at,
               coalesce(answered, objected_entered) AS updated_at
        FROM (SELECT *, entry_after('fy.answer.entry', s, answering_on, objected_entered) AS answered
              FROM (SELECT *, if_before_end(objecting_on + 5 + pick('fy.answer', s, 26)) AS answering_on FROM objection
                    WHERE objected_entered IS NOT NULL AND kind < 0.3)) ORDER BY s""",
    "criminal_supervision": """
        SELECT 'LA' || lpad(s::VARCHAR, 9, '0') AS document_no, screening_no, 'order_filing' AS kind_code, accepted_on AS received_on,
               accepted_entered AS entered_at, unit AS unit_code, accepted_entered AS updated_at FROM screening WHERE is_ordered
        UNION ALL
        SELECT 'LY' || lpad(s::VARCHAR, 9, '0'), screening_no, 'ask_reasons', objecting_on, objected_entered, unit, objected_entered
        FROM objection WHERE objected_entered IS NOT NULL AND kind >= 0.3 AND kind < 0.45""",
    "criminal_person_measure": """
        SELECT measure_no, replaces_measure_no, case_no, person_no, kind AS measure_code, kind = 'A3' AND u('cs.place', p) < 0.4 AS is_designated_place,
               CASE WHEN kind = 'A4' THEN one_of('cs.days', p, [3, 3, 3, 7, 7, 30]) END AS approved_days,
               CASE WHEN kind = 'A5' THEN one_of('cs.months', p, [2, 2, 2, 2, 3, 5]) END AS approved_months,
               started_on, entered_at, holder AS unit_code, end_kind AS end_code, ended_on, end_entered AS end_entered_at, false AS is_received_from_outside,
               coalesce(end_entered, entered_at) AS updated_at
        FROM (SELECT p, measure_no, NULL AS replaces_measure_no, case_no, person_no, kind, arrived_on AS started_on, entered_at, holder, end_kind,
                     ended_on, end_entered FROM measure
              UNION ALL
              SELECT p, measure_no || 'B', measure_no, case_no, person_no, CASE answer WHEN 'approved' THEN 'A5' ELSE 'A2' END, answering_on, answer_entered,
                     holder, CASE WHEN later_end_entered IS NULL THEN NULL WHEN later_end_on = refer_on THEN 'prosecuted' ELSE 'lifted' END,
                     CASE WHEN later_end_entered IS NOT NULL THEN later_end_on END, later_end_entered FROM later_measure
              UNION ALL  -- some are first called in, for a day at most
              SELECT p, measure_no || 'A', NULL, case_no, person_no, 'A1', arrived_on, entered_at, holder, 'released', arrived_on, entered_at
              FROM measure WHERE u('cs.called', p) < 0.08)
        ORDER BY measure_no""",
    "criminal_measure_transfer": """
        SELECT 'CY' || lpad(p::VARCHAR, 9, '0') AS transfer_no, measure_no, moving_on AS transferred_on, moved AS entered_at, holder AS from_unit_code,
               taker AS to_unit_code, false AS is_from_outside, false AS is_to_outside, moved AS updated_at
        FROM (SELECT *, entry_after('cy.entry', p, moving_on, entered_at) AS moved
              FROM (SELECT m.*, s.unit_code AS taker, if_before_end(arrived_on + 1 + pick('cy.days', p, 30)) AS moving_on FROM measure AS m
                    JOIN station_pick AS s ON s.k = pick('cy.to', p, station_picks()) WHERE kind = 'A2' AND u('cy', p) < 0.05)
              WHERE moving_on < ended_on OR ended_on IS NULL)
        WHERE moved IS NOT NULL AND (end_entered IS NULL OR moved < end_entered) ORDER BY p""",
    "criminal_arrest_request": """
        SELECT 'TB' || lpad(p::VARCHAR, 9, '0') AS request_no, case_no, person_no, measure_no, asking_on AS requested_on, asked_entered AS entered_at,
               holder AS unit_code, CASE WHEN answer_entered IS NOT NULL THEN answer END AS result_code,
               CASE WHEN answer_entered IS NOT NULL THEN answering_on END AS decided_on, answer_entered AS decision_entered_at,
               coalesce(answer_entered, asked_entered) AS updated_at
        FROM measure WHERE asked_entered IS NOT NULL ORDER BY p""",
    "criminal_person_decision": """
        SELECT 'RD' || lpad(p::VARCHAR, 9, '0') AS decision_no, case_no, person_no, kind AS kind_code, deciding_on AS decided_on, decided AS entered_at,
               holder AS unit_code, decided AS updated_at
        FROM (SELECT *, entry_after('rd.entry', p, deciding_on, coalesce(refer_entered, entered_at)) AS decided
              FROM (SELECT *, CASE WHEN refer_entered IS NULL THEN 'terminated'
                                ELSE one_of('rd.kind', p, ['returned', 'returned', 'not_prosecuted']) END AS kind,
                           if_before_end(coalesce(refer_on, arrived_on) + 5 + wait('rd.days', p, 30)) AS deciding_on
                    FROM suspect WHERE arrived_on IS NOT NULL AND u('rd', p) < 0.12))
        WHERE decided IS NOT NULL ORDER BY p""",
}

REVIEW_TABLES = {
    "fugitive": """
        SELECT 'ZT' || lpad(i::VARCHAR, 9, '0') AS fugitive_no, case_no, wanting_on AS wanted_on, wanted AS entered_at, holder AS unit_code,
               CASE WHEN ended IS NOT NULL THEN one_of('zt.end', i, ['caught', 'caught', 'caught', 'cancelled']) END AS end_code,
               CASE WHEN ended IS NOT NULL THEN ending_on END AS ended_on, ended AS end_entered_at, coalesce(ended, wanted) AS updated_at
        FROM (SELECT *, entry_after('zt.end.entry', i, ending_on, wanted) AS ended
              FROM (SELECT *, entry_after('zt.entry', i, wanting_on, entered_at) AS wanted,
                           CASE WHEN u('zt.caught', i) < 0.7 THEN if_before_end(wanting_on + 1 + wait('zt.end.days', i, 120)) END AS ending_on
                    FROM (SELECT *, if_before_end(begun_on + wait('zt.days', i, 30)) AS wanting_on FROM criminal WHERE u('zt', i) < 0.04)))
        WHERE wanted IS NOT NULL ORDER BY i""",
}


def make(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables ``screening``, ``objection``, ``measure`` and ``later_measure``; ``criminal`` and ``suspect`` are there."""
    connection.execute(_STORY)
