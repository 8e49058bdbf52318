"""What stands in an administrative case beside its decisions: items of penalties, mediation, pauses, extensions, confiscations, remedies."""

from __future__ import annotations

import duckdb

_STORY = """
-- every penalty has an item, now and then several
CREATE TABLE penalty AS
SELECT *, unnest(kinds) AS kind, unnest(range(1, len(kinds) + 1))::INTEGER AS n
FROM (SELECT *, list_concat(
          CASE WHEN fine_yuan IS NOT NULL THEN ['fine'] ELSE [] END,
          CASE WHEN person_kind = 'unit' AND (fine_yuan IS NULL OR u('cf.revoked', p) < 0.15) THEN ['revocation']
               WHEN person_kind = 'natural' AND u('cf.detained', p) < CASE WHEN fine_yuan IS NULL THEN 0.65 ELSE 0.3 END THEN ['detention']
               WHEN person_kind = 'natural' AND fine_yuan IS NULL THEN ['warning'] ELSE [] END,
          CASE WHEN person_kind = 'natural' AND u('cf.expelled', p) < 0.005 THEN ['expulsion'] ELSE [] END,
          CASE WHEN cause = 'Q004' AND u('cf.closed', p) < 0.4 THEN ['closure'] ELSE [] END) AS kinds
      FROM admin_party WHERE decision = 'penalty' AND decided_entered IS NOT NULL);

-- one mediation for each case in which somebody agreed, and attempts that came to nothing
CREATE TABLE mediating AS
WITH agreed AS (
    SELECT i, min(decided_on) AS agreed_on, max(decided_entered) AS agreed_entered, max(performing_on) FILTER (performed_entered IS NOT NULL) AS ended_on,
           max(performed_entered) AS end_entered
    FROM admin_party WHERE decision = 'mediation' AND decided_entered IS NOT NULL GROUP BY i
), tried AS (
    SELECT a.*, g.agreed_on, g.agreed_entered, g.ended_on AS performed_on, g.end_entered AS performed_entered,
           CASE WHEN g.i IS NULL THEN if_before_end(accepted_on + 3 + wait('tj.days', a.i, 9)) END AS giving_up_on
    FROM admin AS a LEFT JOIN agreed AS g ON g.i = a.i WHERE accepted_on IS NOT NULL AND (g.i IS NOT NULL OR u('tj', a.i) < 0.08)
)
SELECT *, entry_after('tj.entry', i, giving_up_on, entered_at) AS given_up_entered FROM tried;
"""

TABLES = {
    "penalty_item": """
        SELECT 'CF' || lpad(p::VARCHAR, 9, '0') || n AS item_no, 'XZD' || lpad(p::VARCHAR, 9, '0') AS decision_no, kind AS kind_code,
               CASE WHEN kind = 'fine' THEN fine_yuan END AS fine_yuan,
               NOT (kind = 'detention' AND (act_age < 18 OR act_age >= 70) AND u('cf.spared', p) < 0.85) AS is_executed,
               decided_entered AS entered_at, decided_entered AS updated_at
        FROM penalty ORDER BY p, n""",
    "mediation": """
        SELECT 'TJ' || lpad(i::VARCHAR, 9, '0') AS mediation_no, case_no, holder AS unit_code,
               CASE WHEN agreed_on IS NULL THEN 'police'
                    ELSE one_of('tj.route', i, ['police', 'police', 'police', 'police', 'people', 'self']) END AS route_code,
               accepted_on AS applied_on, entered_at, u('tj.spot', i) < 0.2 AS is_on_the_spot, u('tj.minor', i) < 0.12 AS is_minor_involved, agreed_on,
               agreed_entered AS agreement_entered_at,
               CASE WHEN performed_entered IS NOT NULL THEN 'performed'
                    WHEN given_up_entered IS NOT NULL THEN one_of('tj.end', i, ['failed', 'failed', 'withdrawn'])
                    END AS end_code,
               CASE WHEN performed_entered IS NOT NULL THEN performed_on WHEN given_up_entered IS NOT NULL THEN giving_up_on END AS ended_on,
               coalesce(performed_entered, given_up_entered) AS end_entered_at,
               greatest(entered_at, agreed_entered, performed_entered, given_up_entered) AS updated_at
        FROM mediating ORDER BY i""",
    "case_pause": """
        SELECT 'KC' || lpad(i::VARCHAR, 9, '0') AS pause_no, case_no, holder AS unit_code,
               one_of('kc.kind', i, ['appraisal', 'appraisal', 'appraisal', 'appraisal', 'hearing', 'mediation']) AS kind_code, pausing_on AS paused_from,
               CASE WHEN u('kc.open', i) >= 0.06 THEN if_before_end(pausing_on + 3 + wait('kc.long', i, 12)) END AS paused_until, paused AS entered_at,
               paused AS updated_at
        FROM (SELECT *, entry_after('kc.entry', i, pausing_on, entered_at) AS paused
              FROM (SELECT *, if_before_end(accepted_on + 1 + wait('kc.days', i, 5)) AS pausing_on FROM admin
                    WHERE accepted_on IS NOT NULL AND u('kc', i) < 0.18))
        WHERE paused IS NOT NULL ORDER BY i""",
    "case_extension": """
        SELECT 'YQ' || lpad(i::VARCHAR, 9, '0') || round_of AS extension_no, case_no, holder AS unit_code, extending_on AS approved_on, extended AS entered_at,
               30 AS extended_days, extended AS updated_at
        FROM (SELECT *, entry_after('yq.entry', i * 2 + round_of, extending_on, entered_at) AS extended
              FROM (SELECT *, if_before_end(accepted_on + 30 * round_of - 2) AS extending_on FROM (SELECT *, unnest([1, 2]) AS round_of FROM admin)
                    WHERE accepted_on IS NOT NULL AND u('yq', i * 2 + round_of) < 0.15))
        WHERE extended IS NOT NULL ORDER BY i, round_of""",
    "domestic_violence_case": """
        SELECT case_no, relation_of('jx', i) AS relation_code, violence_victim('jx', i) AS victim_sex_code, entered_at, entered_at AS updated_at
        FROM admin WHERE cause IN ('Z093', 'Z094') AND u('jx', i) < 0.15 ORDER BY i""",
}

PROPERTY_TABLES = {
    "confiscation": """
        SELECT 'SJ' || lpad(i::VARCHAR, 9, '0') AS confiscation_no, case_no, unit_code, CASE WHEN is_gambling THEN 'confiscated'
                   ELSE one_of('sj.kind', i, ['confiscated', 'confiscated', 'confiscated', 'recovered', 'recovered']) END AS kind_code,
               is_gambling AS is_gambling_money, accepted_on AS confiscated_on, entered_at,
               CASE WHEN is_gambling OR u('sj.valued', i) < 0.5 THEN (50 + u('sj.yuan', i) * 39950)::DECIMAL(18, 2) END AS amount_yuan, entered_at AS updated_at
        FROM (SELECT *, cause IN ('Z178', 'Z179') AS is_gambling FROM admin
              WHERE accepted_on IS NOT NULL AND u('sj', i) < CASE WHEN cause IN ('Z178', 'Z179') THEN 0.8 ELSE 0.08 END) ORDER BY i""",
}

FORENSIC_TABLES = {
    "admin_drug_weight": """
        SELECT 'JY' || lpad(i::VARCHAR, 9, '0') AS weight_no, case_no, holder AS unit_code, weighing_on AS weighed_on, weighed AS entered_at,
               (0.01 + u('jy.g', i) * 9)::DECIMAL(18, 2) AS weight_g, weighed AS updated_at
        FROM (SELECT *, entry_after('jy.entry', i, weighing_on, entered_at) AS weighed
              FROM (SELECT *, if_before_end(accepted_on + 2 + wait('jy.days', i, 14)) AS weighing_on FROM admin
                    WHERE accepted_on IS NOT NULL AND cause BETWEEN 'Z180' AND 'Z193' AND u('jy', i) < 0.7))
        WHERE weighed IS NOT NULL ORDER BY i""",
}

REVIEW_TABLES = {
    "admin_remedy": """
        SELECT 'FY' || lpad(p::VARCHAR, 9, '0') AS remedy_no, kind AS kind_code, case_no, holder AS unit_code, challenging_on AS received_on,
               challenged AS entered_at,
               CASE WHEN answered IS NULL THEN NULL
                    WHEN kind = 'review' THEN one_of('fj.review', p, ['keep', 'keep', 'keep', 'keep', 'cancel', 'change', 'other'])
                    WHEN kind = 'suit' THEN 'other' ELSE one_of('fj.claim', p, ['paid', 'refused']) END AS outcome_code,
               CASE WHEN answered IS NOT NULL THEN answering_on END AS decided_on, answered AS decision_entered_at, coalesce(answered, challenged) AS updated_at
        FROM (SELECT *, entry_after('fj.answer.entry', p, answering_on, challenged) AS answered
              FROM (SELECT *, entry_after('fj.entry', p, challenging_on, decided_entered) AS challenged,
                           CASE WHEN u('fj.open', p) < 0.9 THEN if_before_end(challenging_on + 10 + pick('fj.answer', p, 50)) END AS answering_on
                    FROM (SELECT *, one_of('fj.kind', p, ['review', 'review', 'review', 'suit', 'compensation']) AS kind,
                                 if_before_end(decided_on + 1 + pick('fj.days', p, 60)) AS challenging_on
                          FROM admin_party WHERE decided_entered IS NOT NULL AND u('fj', p) < 0.1)))
        WHERE challenged IS NOT NULL ORDER BY p""",
    "corrective_measure": """
        SELECT 'WC' || lpad(p::VARCHAR, 9, '0') AS measure_no, case_no, person_no, holder AS unit_code, correcting_on AS decided_on, corrected AS entered_at,
               one_of('wc.kind', p, ['CORR1', 'CORR1', 'CORR1', 'CORR2', 'CORR2', 'CORR3', 'CORR4', 'CORR5', 'CORR6', 'CORR7', 'CORR8', 'CORR9', 'SPEC', NULL])
                   AS kind_code,
               corrected AS updated_at
        FROM (SELECT *, entry_after('wc.entry', p, correcting_on, decided_entered) AS corrected
              FROM (SELECT *, if_before_end(decided_on + wait('wc.days', p, 8)) AS correcting_on FROM admin_party
                    WHERE decided_entered IS NOT NULL AND act_age < 18 AND u('wc', p) < 0.7))
        WHERE corrected IS NOT NULL ORDER BY p""",
}


def make(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables ``penalty`` and ``mediating``; ``admin`` and ``admin_party`` are there."""
    connection.execute(_STORY)
