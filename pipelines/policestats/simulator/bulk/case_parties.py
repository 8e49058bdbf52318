"""The people of criminal cases: suspects once a case is solved, victims with its filing, and the opinions on injuries."""

from __future__ import annotations

import duckdb

_STORY = """
CREATE TABLE suspect AS
WITH person AS (
    SELECT *, i * 8 + n AS p FROM (SELECT *, unnest(range(1, persons + 1 + (second_entered IS NOT NULL)::INTEGER))::INTEGER AS n
                                   FROM criminal WHERE solved_entered IS NOT NULL)
), coming AS (
    SELECT *, CASE WHEN u('rs.kind', p) < 0.05 THEN 'unit' ELSE 'natural' END AS person_kind,
           -- who is referred has come; of the others some come later and some never
           CASE WHEN refer_entered IS NOT NULL OR u('rs.fate', p) < 0.55 THEN solved_on END AS come_on,
           CASE WHEN refer_entered IS NULL AND u('rs.fate', p) BETWEEN 0.55 AND 0.85 THEN if_before_end(solved_on + 1 + wait('rs.days', p, 25)) END AS later_on
    FROM person
), caught AS (
    SELECT *, entry_after('rs.entry', p, later_on, solved_entered) AS later_entered FROM coming
)
SELECT i, p, n AS person_no, case_no, charge, holder, person_kind, filed_on, refer_on, refer_entered, solved_entered,
       coalesce(come_on, CASE WHEN later_entered IS NOT NULL THEN later_on END) AS arrived_on, coalesce(later_entered, solved_entered) AS entered_at
FROM caught;

CREATE TABLE victim AS
SELECT i, i * 4 + n AS v, n AS victim_no, case_no, charge, first_holder, filed_on, entered_at,
       CASE WHEN u('bh.kind', i * 4 + n) < 0.08 THEN 'unit' ELSE 'natural' END AS victim_kind
FROM (SELECT *, unnest(range(1, 1 + one_of('bh.many', i, [0, 1, 1, 1, 1, 1, 1, 1, 2, 3])))::INTEGER AS n FROM criminal);
"""

TABLES = {
    "criminal_person": """
        SELECT case_no, person_no, person_kind AS person_kind_code, holder AS unit_code, arrived_on, entered_at, person_name(p) AS name,
               person_phone(p) AS phone, CASE WHEN is_natural THEN person_id('rs', p) END AS id_number,
               CASE WHEN is_natural THEN person_sex('rs', p) END AS sex_code,
               CASE WHEN is_natural AND u('rs.no_age', p) >= 0.04 THEN age_on(person_born('rs', p), filed_on) END AS act_age,
               CASE WHEN is_natural THEN education_of('rs', p) END AS education_code, CASE WHEN is_natural THEN occupation_of('rs', p) END AS occupation_code,
               CASE WHEN is_natural THEN residence_of('rs', p) END AS residence_code,
               CASE WHEN is_natural THEN one_of('rs.prior', p, [true, true, false, false, false, false, false, NULL]) END AS has_prior_record,
               entered_at AS updated_at
        FROM (SELECT *, person_kind = 'natural' AS is_natural FROM suspect) ORDER BY p""",
    "criminal_victim": """
        SELECT case_no, victim_no, victim_kind AS victim_kind_code, entered_at, person_name(v) AS name, person_phone(v) AS phone,
               CASE WHEN is_natural THEN person_id('bh', v) END AS id_number, CASE WHEN is_natural THEN person_sex('bh', v) END AS sex_code,
               CASE WHEN is_natural AND u('bh.no_age', v) >= 0.04 THEN age_on(person_born('bh', v), filed_on) END AS act_age,
               CASE WHEN charge BETWEEN 'C187' AND 'C193' THEN if_before_end(filed_on + wait('bh.rescue', v, 20)) END AS rescued_on,
               entered_at AS updated_at
        FROM (SELECT *, victim_kind = 'natural' AS is_natural FROM victim) ORDER BY v""",
}

FORENSIC_TABLES = {
    "injury_grade": """
        SELECT 'SJ' || lpad(v::VARCHAR, 9, '0') AS grade_no, case_no, victim_no, first_holder AS unit_code, graded_on, graded_entered AS entered_at,
               one_of('jd.grade', v, ['dead', 'serious', 'light', 'light', 'light', 'slight', 'slight', 'none']) AS injury_code, graded_entered AS updated_at
        FROM (SELECT *, entry_after('jd.entry', v, graded_on, entered_at) AS graded_entered
              FROM (SELECT *, if_before_end(filed_on + 3 + wait('jd.days', v, 20)) AS graded_on FROM victim
                    WHERE victim_kind = 'natural' AND charge IN ('C177', 'C179', 'C182', 'C220', 'C269') AND u('jd', v) < 0.7))
        WHERE graded_entered IS NOT NULL ORDER BY v""",
}


def make(connection: duckdb.DuckDBPyConnection) -> None:
    """Write who stands in the cases of ``criminal`` into the tables ``suspect`` and ``victim``."""
    connection.execute(_STORY)
