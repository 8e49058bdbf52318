"""Premises, inspections of them, and the hazards found with their rectification."""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.sizes import Size

_STORY = """
CREATE TABLE inspection AS
SELECT i, d.day AS inspected_on, entry('jc.entry', i, d.day) AS entered_at, pick('jc.premises', i, premises_count()) AS premises_i,
       CASE WHEN u('jc.hazards', i) < 0.6 THEN 0 ELSE 1 + pick('jc.hazard_count', i, 3) END AS hazards, u('jc.notice', i) < 0.9 AS has_notice
FROM range(inspection_count()) AS inspections (i) JOIN day_pick AS d ON d.k = pick('jc.day', i, day_count());
CREATE TABLE premises AS
SELECT i, 'CS' || lpad(i::VARCHAR, 8, '0') AS premises_no, s.unit_code, DATE '2020-01-01' + pick('cs.opened', i, 1500) AS opened_on
FROM range(premises_count()) AS all_premises (i) JOIN station_pick AS s ON s.k = pick('cs.station', i, station_picks());
"""

TABLES = {
    "premises": """
        SELECT premises_no, unit_code, opened_on, CASE WHEN u('cs.closed', i) < 0.02 THEN first_day() + pick('cs.closed_on', i, 300) END AS closed_on,
               opened_on::TIMESTAMP + INTERVAL 10 HOUR AS entered_at, ['hotel', 'internet_cafe', 'bar', 'pawnshop', 'parcel'][1 + pick('cs.type', i,
                   5)] AS premises_type_code,
               [3, 6, 12][1 + pick('cs.cycle', i, 3)] AS cycle_months, person_name(i) AS contact_name, person_phone(i) AS contact_phone,
               least(CASE WHEN u('cs.closed', i) < 0.02 THEN (first_day() + pick('cs.closed_on', i, 300))::TIMESTAMP + INTERVAL 18 HOUR
                          ELSE opened_on::TIMESTAMP + INTERVAL 10 HOUR END, now_at() - INTERVAL 1 SECOND) AS updated_at
        FROM premises ORDER BY i""",
    "inspection": """
        SELECT 'JC' || lpad(n.i::VARCHAR, 8, '0') AS inspection_no, premises_no, unit_code, inspected_on, entered_at,
               CASE WHEN u('jc.kind', n.i) < 0.8 THEN 'routine' ELSE 'special' END AS kind_code,
               CASE WHEN hazards > 0 AND has_notice THEN 'TZ' || lpad(n.i::VARCHAR, 8, '0') END AS notice_no, NULL::VARCHAR AS case_no, entered_at AS updated_at
        FROM inspection AS n JOIN premises AS p ON p.i = n.premises_i ORDER BY n.i""",
    "hazard": """
        SELECT 'YH' || lpad(i::VARCHAR, 8, '0') || number AS hazard_no, 'JC' || lpad(i::VARCHAR, 8, '0') AS inspection_no, premises_no, unit_code,
            inspected_on AS found_on,
               entered_at, ['fire', 'registration', 'monitoring', 'structure'][1 + pick('yh.kind', h, 4)] AS hazard_kind_code, inspected_on + 15 AS deadline_on,
               CASE WHEN fixed_entered IS NOT NULL THEN fixing_on END AS fixed_on, fixed_entered AS fixed_entered_at, u('yh.spot', h) < 0.2 AS is_on_the_spot,
               NULL::DATE AS voided_on, NULL::TIMESTAMP AS voided_entered_at, coalesce(fixed_entered, entered_at) AS updated_at
        FROM (SELECT *, entry_after('yh.entry', h, fixing_on, entered_at) AS fixed_entered
              FROM (SELECT *, i * 4 + number AS h,
                           CASE WHEN u('yh.spot', i * 4 + number) < 0.2 THEN inspected_on
                                WHEN u('yh.fixed', i * 4 + number) < 0.9 THEN if_before_end(inspected_on + wait('yh.days', i * 4 + number, 10)) END AS fixing_on
                    FROM (SELECT n.i, unnest(range(1, hazards + 1)) AS number, premises_no, unit_code, inspected_on, entered_at
                          FROM inspection AS n JOIN premises AS p ON p.i = n.premises_i)))
        ORDER BY i, number""",
}


def make(connection: duckdb.DuckDBPyConnection, size: Size, years: float) -> None:
    """Write all premises and inspections into ``premises`` and ``inspection``. ``years``: length of the world, warm-up included."""
    connection.execute(f"""
        CREATE MACRO inspection_count() AS {max(1, round(size.inspections_per_year * years))};
        CREATE MACRO premises_count() AS {max(1, round(size.inspections_per_year / 3))};
    """)
    connection.execute(_STORY)
