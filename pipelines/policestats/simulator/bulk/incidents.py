"""Calls of the incident desk, their dispatch orders and callbacks, and what they count for on Z11."""

from __future__ import annotations

import duckdb

from policestats.simulator.bulk.sizes import Size

_STORY = """
-- when a clock noted something after an order was sent: nobody knows in one case of thirty, nor what comes after the end of the data
CREATE MACRO noted(draw, o, sent_at, least, mean) AS
    list_filter([CASE WHEN u(draw || '.none', o) >= 0.035 THEN sent_at + to_seconds(least + (-ln(1 - u(draw, o)) * mean)::BIGINT) END],
                lambda moment: moment < now_at())[1];
CREATE MACRO clock(draw, o) AS CASE WHEN u(draw, o) < 0.96 THEN 'device' ELSE 'typed' END;
CREATE MACRO relation_of(draw, i) AS
    one_of(draw || '.relation', i, ['spouse', 'spouse', 'spouse', 'spouse', 'spouse', 'parent_child', 'relative', 'former_partner', 'household', NULL]);
CREATE MACRO violence_victim(draw, i) AS one_of(draw || '.victim', i, ['2', '2', '2', '2', '2', '2', '2', '2', '1', NULL]);

CREATE TABLE call AS
WITH received AS (
    SELECT i, 'JQ' || year(d.day) || lpad(i::VARCHAR, 9, '0') AS incident_no, d.day::TIMESTAMP + to_seconds(pick('jq.second', i, 86400)) AS received_at,
           s.unit_code AS station, intake.type_code AS intake, handled.type_code AS other,
           -- every fortieth call repeats the one before it
           i % 40 = 39 AS is_repeat
    FROM range(call_count()) AS calls (i)
    JOIN day_pick AS d ON d.k = warm_up_picks() + pick('jq.day', i, day_count() - warm_up_picks())
    JOIN station_pick AS s ON s.k = pick('jq.station', i, station_picks())
    JOIN type_pick AS intake ON intake.k = pick('jq.intake', i, type_picks())
    JOIN type_pick AS handled ON handled.k = pick('jq.handled', i, type_picks())
), typed AS (
    SELECT *, received_at + to_seconds(30 + pick('jq.entry', i, 60)) AS entered_at, written('jq', i, station) AS unit_code,
           CASE WHEN u('jq.no_type', i) < 0.002 THEN NULL ELSE intake END AS intake_type_code,
           CASE WHEN u('jq.open', i) < 0.05 THEN NULL WHEN u('jq.same', i) < 0.85 THEN intake ELSE other END AS final_type_code,
           CASE WHEN u('jq.channel', i) < 0.7 THEN 'K1' WHEN u('jq.channel', i) < 0.995 THEN ['K2', 'K3', 'K4', 'K5', 'K9'][1 + pick('jq.channel_kind', i,
               5)] END AS channel_code
    FROM received
), classed AS (
    SELECT t.*, coalesce(was.class, 'V99') AS intake_class,
           CASE WHEN is_repeat THEN 'D' WHEN final_type_code IS NULL THEN coalesce(was.class, 'V99') ELSE coalesce(is_now.class, 'V99') END AS final_class
    FROM typed AS t LEFT JOIN incident_type AS was ON was.type_code = t.intake_type_code
    LEFT JOIN incident_type AS is_now ON is_now.type_code = t.final_type_code
)
SELECT *, u('jq.violence', i) < CASE WHEN final_class = 'V5' THEN 0.2 ELSE 0.005 END AS is_domestic_violence,
       u('jq.telecom', i) < CASE WHEN final_class = 'V1' THEN 0.25 ELSE 0.005 END AS is_telecom_fraud,
       CASE WHEN u('jq.mo', i) < CASE WHEN final_class IN ('V1', 'V2') THEN 0.5 ELSE 0.01 END
            THEN ['0110', '0120', '0121', '0130', '0140', '0210', '0220', '0190', '0310', '0900'][1 + pick('jq.mo_kind', i, 10)] END AS mo_code,
       CASE WHEN u('jq.divert', i) < CASE WHEN final_class = 'V62' THEN 0.5 ELSE 0.01 END THEN received_at::DATE END AS diverted_on,
       final_class IN ('V1', 'V2') AND u('jq.linked', i) < 0.7 AS is_linked,
       CASE WHEN final_class[1] = 'V' AND u('jq.dispatch', i) < 0.9 OR u('jq.dispatch', i) < 0.1 THEN 1 + (u('jq.second_order', i) < 0.05)::INTEGER
           ELSE 0 END AS orders
FROM classed;
"""

INCIDENT_TABLES = {
    "incident": """
        SELECT incident_no, received_at, c.entered_at, c.unit_code, channel_code, intake_type_code, final_type_code,
               CASE WHEN is_repeat THEN (SELECT incident_no FROM call AS first_call WHERE first_call.i = c.i - 1) END AS merged_into_incident_no,
               is_domestic_violence, c.is_telecom_fraud, c.mo_code, diverted_on,
               CASE WHEN orders > 0 AND final_type_code IS NOT NULL THEN one_of('jq.settled', c.i, ['settled', 'settled', 'settled', 'settled', 'settled',
                   'settled', 'handed', 'handed', 'pending', NULL]) END AS settlement_code,
               orders > 0 AND u('jq.camera', c.i) < 0.8 AS has_body_camera,
               CASE WHEN c.is_linked THEN x.case_no END AS linked_case_no,
               least(CASE WHEN final_type_code IS NULL THEN c.entered_at ELSE c.entered_at + to_seconds(pick('jq.handling', c.i, 200000)) END,
                     now_at() - INTERVAL 1 SECOND) AS updated_at
        FROM call AS c JOIN criminal AS x ON x.i = pick('jq.case', c.i, case_count()) ORDER BY c.i""",
    "dispatch_order": """
        SELECT 'CJ' || lpad(i::VARCHAR, 9, '0') || number AS order_no, incident_no, unit_code, dispatched_at, dispatched_at + INTERVAL 20 SECOND AS entered_at,
               number = 0 AS is_first, one_of('cj.area', o, ['A1', 'A1', 'A1', 'A2', 'A2', 'A2', 'A3', 'A3', 'A4', NULL]) AS area_class_code,
               one_of('cj.force', o, ['F1', 'F1', 'F2', 'F2', 'F2', 'F2', 'F2', 'F3', 'F9']) AS force_code,
               one_of('cj.priority', o, ['urgent', 'normal']) AS priority_code, acknowledged_at,
               CASE WHEN acknowledged_at IS NOT NULL THEN clock('cj.ack.by', o) END AS acknowledged_source_code, arrived_at,
               CASE WHEN arrived_at IS NOT NULL THEN clock('cj.came.by', o) END AS arrived_source_code, feedback_at,
               CASE WHEN feedback_at IS NOT NULL THEN clock('cj.told.by', o) END AS feedback_source_code,
               coalesce(feedback_at, dispatched_at + INTERVAL 20 SECOND) AS updated_at
        FROM (SELECT *, noted('cj.ack', o, dispatched_at, 20, 70) AS acknowledged_at, noted('cj.came', o, dispatched_at, 20, 600) AS arrived_at,
                     noted('cj.told', o, dispatched_at, 20, 5400) AS feedback_at
              FROM (SELECT i, i * 2 + number AS o, number, incident_no, unit_code,
                           received_at + to_seconds(60 + pick('jq.sent', i, 300) + 600 * number) AS dispatched_at
                    FROM (SELECT *, unnest(range(orders))::INTEGER AS number FROM call))) ORDER BY i, number""",
    "domestic_violence_call": """
        SELECT incident_no, relation_of('jb', i) AS relation_code, violence_victim('jb', i) AS victim_sex_code, entered_at, entered_at AS updated_at
        FROM call WHERE is_domestic_violence AND u('jb.known', i) < 0.95 ORDER BY i""",
}

WARNING_TABLES = {
    "violence_warning": """
        SELECT 'GJ' || lpad(i::VARCHAR, 9, '0') AS warning_no, incident_no, unit_code, warned_on AS issued_on, warned_entered AS entered_at,
               relation_of('jb', i) AS relation_code, violence_victim('jb', i) AS victim_sex_code,
               CASE WHEN breach_entered IS NOT NULL THEN breaching_on END AS breached_on, breach_entered AS breach_entered_at,
               coalesce(breach_entered, warned_entered) AS updated_at
        FROM (SELECT *, entry_after('gj.breach.entry', i, breaching_on, warned_entered) AS breach_entered
              FROM (SELECT *, entry_after('gj.entry', i, warned_on, entered_at) AS warned_entered,
                           CASE WHEN u('gj.breach', i) < 0.2 THEN if_before_end(warned_on + 1 + wait('gj.breach.days', i, 30)) END AS breaching_on
                    FROM (SELECT *, if_before_end(received_at::DATE + wait('gj.days', i, 2)) AS warned_on FROM call
                          WHERE is_domestic_violence AND u('gj', i) < 0.35)))
        WHERE warned_entered IS NOT NULL ORDER BY i""",
}

ORDER_TABLES = {
    "protection_order": """
        SELECT 'BH' || lpad(i::VARCHAR, 9, '0') AS order_no, unit_code, helped_on AS assisted_on, helped_entered AS entered_at,
               relation_of('jb', i) AS relation_code, violence_victim('jb', i) AS victim_sex_code, helped_entered AS updated_at
        FROM (SELECT *, entry_after('bh.entry', i, helped_on, entered_at) AS helped_entered
              FROM (SELECT *, if_before_end(received_at::DATE + 5 + wait('bh.days', i, 20)) AS helped_on FROM call
                    WHERE is_domestic_violence AND u('bh', i) < 0.08))
        WHERE helped_entered IS NOT NULL ORDER BY i""",
}

CALLBACK_TABLES = {
    "callback": """
        SELECT 'HF' || lpad(i::VARCHAR, 9, '0') AS callback_no, incident_no, unit_code, received_at::DATE AS due_on,
            received_at + INTERVAL 1 HOUR AS entered_at,
               person_phone(i) AS phone, called_at, CASE WHEN called_at IS NOT NULL THEN result END AS result_code,
               CASE WHEN called_at IS NOT NULL AND result = 'dissatisfied' AND u('hf.rectified', i) < 0.6
                   THEN if_before_end(called_at::DATE + 3) END AS rectified_on,
               least(greatest(received_at + INTERVAL 1 HOUR, coalesce(called_at, received_at), coalesce(
                   CASE WHEN result = 'dissatisfied' AND u('hf.rectified', i) < 0.6 THEN if_before_end(called_at::DATE + 3)::TIMESTAMP END, received_at)),
                   now_at() - INTERVAL 1 SECOND) AS updated_at
        FROM (SELECT i, incident_no, unit_code, received_at,
                     CASE WHEN u('hf.called', i) < 0.85 AND received_at::DATE + 1 + pick('hf.days', i, 3) < after_day()
                          THEN (received_at::DATE + 1 + pick('hf.days', i, 3))::TIMESTAMP + to_seconds(32400 + pick('hf.second', i, 30000)) END AS called_at,
                     CASE WHEN u('hf.result', i) < 0.80 THEN 'satisfied' WHEN u('hf.result', i) < 0.90 THEN 'basically_satisfied'
                          WHEN u('hf.result', i) < 0.94 THEN 'dissatisfied' WHEN u('hf.result', i) < 0.99 THEN 'not_reached' ELSE 'refused' END AS result
              FROM call WHERE orders > 0 AND u('hf.chosen', i) < 0.5) ORDER BY i""",
}

_COUNTED = """
CREATE TABLE class_rows AS
SELECT class, list_concat([class, 'T'],
    CASE WHEN class[1] = 'V' THEN ['V'] WHEN class = 'D' THEN [] ELSE ['N'] END,
    CASE WHEN class IN ('V61', 'V62') THEN ['V6'] ELSE [] END, CASE WHEN class IN ('V1', 'V2') THEN ['M1'] ELSE [] END) AS rows
FROM (SELECT DISTINCT class FROM incident_type UNION SELECT 'V99' UNION SELECT 'D');
CREATE MACRO call_rows(rows, class, violence, telecom, preventable, channel) AS
    list_concat(rows, CASE WHEN class[1] = 'V' AND violence THEN ['M2'] ELSE [] END, CASE WHEN class[1] = 'V' AND telecom THEN ['M3'] ELSE [] END,
                CASE WHEN class[1] = 'V' AND preventable THEN ['M4'] ELSE [] END, [coalesce(channel, 'K9')]);
CREATE TABLE call_group AS
SELECT counted_at(unit_code) AS unit, month_no(received_at::DATE) AS month, final_class, intake_class, is_domestic_violence AS violence,
    is_telecom_fraud AS telecom,
       coalesce(mo_code IN ('0110', '0120', '0121', '0130', '0140', '0210', '0220'), false) AS preventable, channel_code AS channel,
       diverted_on IS NOT NULL AS is_diverted, orders > 0 AS is_dispatched, is_linked, count(*) AS n
FROM call GROUP BY ALL;
CREATE TABLE call_counted AS
SELECT g.*, call_rows(f.rows, final_class, violence, telecom, preventable, channel) AS final_rows,
       call_rows(w.rows, intake_class, violence, telecom, preventable, channel) AS intake_rows
FROM call_group AS g JOIN class_rows AS f ON f.class = g.final_class JOIN class_rows AS w ON w.class = g.intake_class;
INSERT INTO leaf
SELECT 'Z11', column_code, unit, row_code, first, last, sum(n)
FROM (SELECT 'CUR' AS column_code, unit, unnest(final_rows) AS row_code, month AS first, month AS last, n FROM call_counted
      UNION ALL SELECT 'YTD', unit, unnest(final_rows), month, december(month), n FROM call_counted
      UNION ALL SELECT 'PREV', unit, unnest(final_rows), month + 1, month + 1, n FROM call_counted
      UNION ALL SELECT 'PY', unit, unnest(final_rows), month + 12, month + 12, n FROM call_counted
      UNION ALL SELECT 'DIVERT', unit, unnest(final_rows), month, month, n FROM call_counted WHERE is_diverted
      UNION ALL SELECT 'DISP', unit, unnest(list_filter(final_rows, lambda r: r = 'T' OR r[1] = 'V')), month, month, n FROM call_counted WHERE is_dispatched
      UNION ALL SELECT 'CUR_INIT', unit, unnest(intake_rows), month, month, n FROM call_counted
      UNION ALL SELECT 'TURNED_VALID', unit, 'V', month, month, n FROM call_counted WHERE final_class[1] = 'V' AND intake_class[1] <> 'V'
      UNION ALL SELECT 'TURNED_INVALID', unit, 'V', month, month, n FROM call_counted WHERE final_class[1] <> 'V' AND intake_class[1] = 'V'
      UNION ALL SELECT 'UNLINKED', unit, 'M1', month, month, n FROM call_counted WHERE final_class IN ('V1', 'V2') AND NOT is_linked)
GROUP BY ALL;
"""


def make(connection: duckdb.DuckDBPyConnection, size: Size, years: float) -> None:
    """Write all calls into the table ``call``. ``years``: length of the world without warm-up."""
    connection.execute(f"CREATE MACRO call_count() AS {max(40, round(size.incidents_per_year * years))}")
    connection.execute(_STORY)


def count(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what the calls count for to the table ``leaf`` (see tally.py)."""
    connection.execute(_COUNTED)
