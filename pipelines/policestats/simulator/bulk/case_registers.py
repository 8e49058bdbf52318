"""What other ledgers hold of criminal cases: scenes, amounts, payments stopped, the laboratory, organisations, weapons, values, referrals, property."""

from __future__ import annotations

import duckdb


def _after(draw: str, base: str, days: str, where: str) -> str:
    """Return the query of ``base`` with a day ``on_day``, ``days`` after the filing, entered at ``entered``; what comes after the end is left out."""
    return f"""
        (SELECT * FROM (SELECT *, entry_after('{draw}.entry', i, on_day, entered_at) AS entered
                        FROM (SELECT *, if_before_end(begun_on + {days}) AS on_day FROM {base} WHERE {where}))
         WHERE entered IS NOT NULL)"""


_ARMED = "(charge IN ('C043', 'C048', 'C051', 'C271') AND u('qz', i) < 0.7 OR charge = 'C177' AND u('qz', i) < 0.1)"
_FATAL = "charge IN ('C177', 'C179', 'C016', 'C013', 'C220', 'C182', 'C187')"
_FATAL_CHANCE = "u('ma', i) < CASE charge WHEN 'C177' THEN 0.9 WHEN 'C016' THEN 0.5 WHEN 'C187' THEN 0.3 ELSE 0.08 END"

_ORGANISED = "charge IN ('C271', 'C269', 'C229') AND u('zz', i) < CASE charge WHEN 'C271' THEN 0.9 ELSE 0.2 END"

_STORY = f"""
-- what is seized when a case is solved, and what becomes of it
CREATE TABLE seizure AS
SELECT *, entry_after('cw.end.entry', w, ending_on, seized_entered) AS end_entered
FROM (SELECT *, one_of('cw.fate', w, ['returned', 'returned', 'returned', 'transferred', 'transferred', 'remitted', 'other', 'moved']) AS fate,
             CASE WHEN u('cw.kept', w) >= 0.17 THEN if_before_end(seized_on + 1 + wait('cw.days', w, 60)) END AS ending_on
      FROM (SELECT i * 8 + n AS w, case_no, 'criminal' AS case_kind, holder AS unit, solved_on AS seized_on, solved_entered AS seized_entered
            FROM (SELECT *, unnest(range(one_of('cw', i, [0, 0, 0, 1, 1, 1, 2, 2, 4])))::INTEGER AS n FROM criminal WHERE solved_entered IS NOT NULL)
            UNION ALL SELECT 4000000000 + i, case_no, 'admin', unit_code, accepted_on, entered_at FROM admin
            WHERE accepted_on IS NOT NULL AND u('cw.admin', i) < 0.06));
CREATE TABLE organisation_story AS
SELECT *, 'ZZ' || lpad(i::VARCHAR, 9, '0') AS organisation_no, row_number() OVER (ORDER BY i) - 1 AS k
FROM {_after("zz", "criminal", "20 + wait('zz.days', i, 40)", _ORGANISED)};
"""

SCENE_TABLES = {
    "scene_examination": f"""
        SELECT 'KY' || lpad(i::VARCHAR, 9, '0') AS scene_no, case_no, first_holder AS unit_code, on_day AS examined_on, entered AS entered_at,
               CASE WHEN u('ky.unknown', i) >= 0.06 THEN until - to_minutes(one_of('ky.width', i, [0, 20, 90, 240, 480, 900, 4000])) END AS earliest_at,
               CASE WHEN u('ky.exact', i) >= 0.25 THEN until END AS latest_at,
               CASE WHEN is_on_network THEN 'PL13' ELSE one_of('ky.place', i, ['PL01', 'PL01', 'PL01', 'PL02', 'PL03', 'PL04', 'PL05', 'PL06', 'PL07', 'PL08',
                   'PL09', 'PL10', 'PL10', 'PL11', 'PL12', 'PL14', NULL]) END AS place_code,
               CASE WHEN is_on_network THEN 'MO09' ELSE one_of('ky.means', i, ['MO01', 'MO02', 'MO03', 'MO04', 'MO05', 'MO06', 'MO07', 'MO08', 'MO08', 'MO10',
                   'MO11', 'MO12', NULL]) END AS means_code,
               entered AS updated_at
        FROM (SELECT *, filed_on::TIMESTAMP + INTERVAL 8 HOUR - to_minutes(pick('ky.until', i, 7200)) AS until,
                     charge IN ('C222', 'C257', 'C139') AND u('ky.network', i) < 0.6 AS is_on_network
              FROM {_after("ky", "criminal", "one_of('ky.days', i, [0, 0, 0, 0, 1, 3])", "u('ky', i) < 0.75")}) ORDER BY i""",
}

CASE_TABLES = {
    "criminal_case_amount": " UNION ALL ".join(
        f"""SELECT '{prefix}' || lpad(i::VARCHAR, 9, '0') AS amount_no, case_no, '{kind}' AS kind_code, on_day AS counted_on, entered AS entered_at,
                   holder AS unit_code, (reported_loss_yuan * {share})::DECIMAL(18, 2) AS amount_yuan, entered AS updated_at
            FROM {_after(prefix, "criminal", days, f"reported_loss_yuan IS NOT NULL AND u('{prefix}', i) < {chance}")}"""
        for prefix, kind, chance, share, days in (
            ("jea", "assessed", 0.6, 1, "3 + wait('jea.days', i, 35)"),
            ("jeb", "assessed", 0.06, 1.1, "40 + wait('jeb.days', i, 30)"),
            ("jec", "recovered", 0.4, 0.25, "1 + wait('jec.days', i, 45)"),
            ("jed", "recovered", 0.1, 0.125, "1 + wait('jed.days', i, 45)"),
        )
    ),
}

PAYMENT_TABLES = {
    "payment_event": " UNION ALL ".join(
        f"""SELECT '{prefix}' || lpad(i::VARCHAR, 9, '0') AS payment_no, case_no, '{kind}' AS kind_code, on_day AS occurred_on, entered AS entered_at,
                   first_holder AS unit_code, (reported_loss_yuan * {share})::DECIMAL(18, 2) AS amount_yuan, entered AS updated_at
            FROM {_after(prefix, "criminal", days, f"is_telecom_fraud AND reported_loss_yuan IS NOT NULL AND u('{prefix}', i) < {chance}")}"""
        for prefix, kind, chance, share, days in (
            ("zfa", "frozen", 0.7, 0.5, "one_of('zfa.days', i, [0, 0, 1, 4])"),
            ("zfb", "returned", 0.35, 0.3, "10 + wait('zfb.days', i, 50)"),
        )
    ),
}

FORENSIC_TABLES = {
    "drug_weight": f"""
        SELECT 'DP' || lpad(i::VARCHAR, 9, '0') || n AS weight_no, case_no, holder AS unit_code, on_day AS weighed_on, entered AS entered_at,
               one_of('dp.kind', i * 4 + n, ['D1', 'D1', 'D2', 'D2', 'D2', 'D3', 'D4', 'D5', 'D6', 'D7', 'D8', 'D9', NULL]) AS drug_kind_code,
               (0.05 + u('dp.g', i * 4 + n) * one_of('dp.much', i, [50, 50, 50, 1000, 20000]))::DECIMAL(18, 2) AS weight_g,
               CASE WHEN u('dp.pure', i * 4 + n) >= 0.4 THEN (5 + pick('dp.purity', i * 4 + n, 940) / 10)::DECIMAL(18, 1) END AS purity_percent,
               entered AS updated_at
        FROM (SELECT *, unnest(range(one_of('dp', i, [0, 1, 1, 1, 2, 2, 3])))::INTEGER AS n
              FROM {_after("dp", "criminal", "3 + wait('dp.days', i, 25)", "charge BETWEEN 'C356' AND 'C367'")})""",
    "homicide_recognition": f"""
        SELECT 'MA' || lpad(i::VARCHAR, 9, '0') AS recognition_no, case_no, first_holder AS unit_code, on_day AS recognised_on, entered AS entered_at,
               true AS is_recognised, CASE charge WHEN 'C177' THEN 'H1' WHEN 'C179' THEN 'H2' WHEN 'C016' THEN 'H4' WHEN 'C013' THEN 'H5' WHEN 'C220' THEN 'H6'
                   WHEN 'C182' THEN 'H7' ELSE 'H8' END AS homicide_kind_code, entered AS updated_at
        FROM {_after("ma", "criminal", "wait('ma.days', i, 12)", f"{_FATAL} AND {_FATAL_CHANCE}")}
        UNION ALL  -- now and then taken back
        SELECT 'MB' || lpad(i::VARCHAR, 9, '0'), case_no, first_holder, on_day, entered, false, NULL, entered
        FROM {_after("mb", "criminal", "60 + wait('mb.days', i, 40)", f"{_FATAL} AND {_FATAL_CHANCE} AND u('mb', i) < 0.1")}""",
}

REVIEW_TABLES = {
    "criminal_organisation": """
        SELECT organisation_no, holder AS unit_code, on_day AS recognised_on, entered AS entered_at,
               CASE WHEN u('zz.kind', i) >= 0.05 THEN CASE charge WHEN 'C271' THEN 'O1' WHEN 'C269' THEN 'O2' ELSE 'O3' END END AS organisation_kind_code,
               entered AS updated_at
        FROM organisation_story ORDER BY i""",
    "criminal_organisation_case": f"""
        SELECT case_no, organisation_no, entered AS entered_at, entered AS updated_at FROM organisation_story
        UNION ALL
        SELECT c.case_no, o.organisation_no, c.entered, c.entered
        FROM {_after("zl", "criminal", "wait('zl.days', i, 10)", "charge NOT IN ('C271', 'C269', 'C229') AND u('zl', i) < 0.02")} AS c
        JOIN organisation_story AS o ON o.k = pick('zl.to', c.i, (SELECT count(*) FROM organisation_story))""",
    "case_valuation": f"""
        SELECT 'JZ' || lpad(i::VARCHAR, 9, '0') AS valuation_no, case_no, holder AS unit_code, on_day AS valued_on, entered AS entered_at,
               (50 + u('jz.yuan', i) * 400000)::DECIMAL(18, 2) AS value_yuan, entered AS updated_at
        FROM {
        _after(
            "jz",
            "criminal",
            "5 + wait('jz.days', i, 30)",
            "(charge BETWEEN 'C067' AND 'C076' OR charge BETWEEN 'C156' AND 'C163' OR charge BETWEEN 'C340' AND 'C355') AND u('jz', i) < 0.8",
        )
    }""",
    "agency_referral": f"""
        SELECT 'YS' || lpad(i::VARCHAR, 9, '0') AS referral_no, first_holder AS unit_code,
               one_of('ys.agency', i, ['market', 'market', 'environment', 'forestry', 'other']) AS agency_code,
               one_of('ys.charge', i, ['C067', 'C067', 'C156', 'C156', 'C340', 'C340', 'C344', 'C221', NULL]) AS charge_code, on_day AS received_on,
               entered AS entered_at, CASE WHEN decided IS NOT NULL THEN one_of('ys.end', i, ['filed', 'filed', 'not_filed']) END AS outcome_code,
               CASE WHEN decided IS NOT NULL THEN deciding_on END AS decided_on, decided AS decision_entered_at, coalesce(decided, entered) AS updated_at
        FROM (SELECT *, entry_after('ys.end.entry', i, deciding_on, entered) AS decided
              FROM (SELECT *, if_before_end(on_day + 1 + wait('ys.end.days', i, 6)) AS deciding_on
                    FROM {_after("ys", "criminal", "pick('ys.days', i, 5)", "u('ys', i) < 0.08")}))""",
    "resident_population": """
        SELECT unit_code, make_date(y, 1, 1) AS year_begins_on,
               (80000 + pick('population', u.k, 820000) + 1000 * (y - year(first_day())))::INTEGER AS mean_population
        FROM (SELECT unit_code, row_number() OVER (ORDER BY unit_code) AS k FROM unit WHERE level_code = 'county') AS u,
             range(year(first_day()), year(after_day() - 1) + 1) AS years (y)""",
}

PROPERTY_TABLES = {
    "seized_property": """
        SELECT 'CW' || lpad(w::VARCHAR, 10, '0') AS item_no, case_no, case_kind AS case_kind_code, unit AS unit_code, seized_on, seized_entered AS entered_at,
               one_of('cw.kind', w, ['G1', 'G1', 'G1', 'G2', 'G2', 'G3', 'G4', 'G5', 'G5', 'G5', 'G5', NULL]) AS property_kind_code,
               CASE WHEN u('cw.unvalued', w) >= 0.03
                    THEN (50 + u('cw.yuan', w) * one_of('cw.much', w, [5000, 50000, 50000, 600000]))::DECIMAL(18, 2) END AS value_yuan,
               CASE WHEN u('cw.appraised', w) < 0.15 THEN (50 + u('cw.fair', w) * 90000)::DECIMAL(18, 2) END AS appraised_yuan, seized_entered AS updated_at
        FROM seizure ORDER BY w""",
    "seized_property_event": """
        SELECT 'CE' || lpad(w::VARCHAR, 10, '0') AS event_no, 'CW' || lpad(w::VARCHAR, 10, '0') AS item_no, fate AS kind_code, ending_on AS occurred_on,
               end_entered AS entered_at, unit AS unit_code, CASE WHEN fate = 'moved' THEN s.unit_code END AS to_unit_code, false AS is_to_outside,
               end_entered AS updated_at
        FROM seizure JOIN station_pick AS s ON s.k = pick('cw.to', w, station_picks()) WHERE end_entered IS NOT NULL ORDER BY w""",
    "seized_weapon": f"""
        SELECT 'QZ' || lpad(i::VARCHAR, 9, '0') AS weapon_no, case_no, holder AS unit_code, on_day AS seized_on, entered AS entered_at,
               one_of('qz.kind', i, ['gun', 'gun', 'gun', 'ammunition', 'ammunition', 'explosive']) AS weapon_kind_code, 1 + pick('qz.many', i, 30) AS quantity,
               entered AS updated_at
        FROM {_after("qz", "criminal", "wait('qz.days', i, 15)", _ARMED)}""",
}


def make(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables ``seizure`` and ``organisation_story``; ``criminal`` and ``admin`` are there."""
    connection.execute(_STORY)
