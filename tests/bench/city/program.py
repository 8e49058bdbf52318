"""The bare program: every base cell of the form of emergency calls, from the call records by DuckDB alone.

It reads the open records of the warehouse and writes the cells of all units to a Parquet file. It knows the default choices only, traces
nothing, checks nothing and makes no rate.
"""

from __future__ import annotations

from datetime import date

import duckdb

from tests.bench.measure import REPOSITORY

FORM = "Z11"
_LISTS = REPOSITORY / "schemas" / "cn" / "codelists"
_VALID_ROWS = "'T', 'V', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'V61', 'V62', 'V7', 'V8', 'V9', 'V10', 'V99'"
_UNKNOWN = "000000000000"  # the unit of calls without a known one; it lies below the root
#: the base columns; the others are made of them
COLUMNS = ("CUR", "CUR_INIT", "TURNED_VALID", "TURNED_INVALID", "PREV", "PY", "YTD", "DISP", "DIVERT", "UNLINKED")


def bare(home: str, period: str, written: str) -> int:
    """Count ``period`` (a month) and write (unit_code, row_code, column_code, value) without zeros; return how many cells."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{home}/warehouse.duckdb' AS warehouse (READ_ONLY)")
        connection.execute(f"CREATE TABLE cell AS {_cells(period)}")
        connection.execute(f"COPY cell TO '{written}'")
        row = connection.execute("SELECT count(*) FROM cell").fetchone()
    assert row is not None
    return int(row[0])


def differing(home: str, period: str, written: str) -> int:
    """Return in how many base cells the tabulated form and the written counts differ."""
    names = ", ".join(f"'{name}'" for name in COLUMNS)
    ours = (
        "SELECT unit_code, row_code, column_code, CAST(value AS BIGINT) AS value FROM warehouse.report.cell "
        f"WHERE form_id = '{FORM}' AND period = '{period}' AND value <> 0 AND column_code IN ({names})"
    )
    bare_ones = f"SELECT unit_code, row_code, column_code, CAST(value AS BIGINT) AS value FROM read_parquet('{written}')"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{home}/warehouse.duckdb' AS warehouse (READ_ONLY)")
        row = connection.execute(f"SELECT count(*) FROM (({ours} EXCEPT {bare_ones}) UNION ALL ({bare_ones} EXCEPT {ours}))").fetchone()
    assert row is not None
    return int(row[0])


def _cells(period: str) -> str:
    start = date.fromisoformat(f"{period}-01")
    end = _months_later(start, 1)
    year_before = _months_later(start, -12)
    windows = {"CUR": (start, end), "PREV": (_months_later(start, -1), start), "PY": (year_before, _months_later(end, -12))}
    windows["YTD"] = (start.replace(month=1), end)
    listed = ", ".join(f"('{name}', DATE '{since}', DATE '{until}')" for name, (since, until) in windows.items())
    return f"""
    WITH RECURSIVE
    type AS (SELECT code, class_code FROM read_csv('{_LISTS}/incident_type.csv', header = true, delim = ',', quote = '"', all_varchar = true)),
    class AS (SELECT code, parent_code FROM read_csv('{_LISTS}/incident_class.csv', header = true, delim = ',', quote = '"', all_varchar = true)),
    above_class (leaf, row_code) AS (
      SELECT code, code FROM class WHERE code NOT IN (SELECT parent_code FROM class)
      UNION ALL SELECT leaf, class.parent_code FROM above_class JOIN class ON class.code = above_class.row_code),
    standing AS (
      SELECT unit_code, parent_unit_code FROM warehouse.core.unit
      UNION ALL SELECT '{_UNKNOWN}', (SELECT unit_code FROM warehouse.core.unit WHERE parent_unit_code IS NULL)),
    above_unit (unit, unit_code) AS (
      SELECT unit_code, unit_code FROM standing
      UNION ALL SELECT unit, u.parent_unit_code FROM above_unit JOIN standing AS u ON u.unit_code = above_unit.unit_code
      WHERE u.parent_unit_code IS NOT NULL),
    call AS (
      SELECT CASE WHEN unit_code IN (SELECT unit_code FROM standing) THEN unit_code ELSE '{_UNKNOWN}' END AS unit_code, received_at, channel_code, is_domestic_violence, is_telecom_fraud, mo_code, diverted_on, linked_case_no,
        incident_no IN (SELECT incident_no FROM warehouse.core.dispatch_order) AS is_dispatched,
        CASE WHEN merged_into_incident_no IS NOT NULL THEN 'D'
          WHEN coalesce(final_type_code, intake_type_code) IN ('6210', '6220', '6230') THEN 'V62'
          WHEN final.leaf IS NULL THEN 'V99' ELSE final.leaf END AS class,
        CASE WHEN intake_type_code IN ('6210', '6220', '6230') THEN 'V62' WHEN intake.leaf IS NULL THEN 'V99' ELSE intake.leaf END AS intake_class
      FROM warehouse.core.incident
      LEFT JOIN (SELECT type.code, leaf FROM type JOIN above_class ON leaf = class_code AND row_code = leaf) AS final
        ON final.code = coalesce(final_type_code, intake_type_code)
      LEFT JOIN (SELECT type.code, leaf FROM type JOIN above_class ON leaf = class_code AND row_code = leaf) AS intake ON intake.code = intake_type_code
      WHERE received_at >= DATE '{year_before}' AND received_at < DATE '{end}'),
    judged AS (
      SELECT *, class NOT IN ('D', 'N1', 'N2', 'N3', 'N4', 'N9') AS is_valid, intake_class NOT IN ('D', 'N1', 'N2', 'N3', 'N4', 'N9') AS was_valid,
        CASE WHEN channel_code IN ('K1', 'K2', 'K3', 'K4', 'K5') THEN channel_code ELSE 'K9' END AS channel
      FROM call),
    windows (window_code, since, until) AS (VALUES {listed}),
    counted AS (
      SELECT unit_code, window_code, class, intake_class, channel, is_valid, was_valid, is_dispatched, diverted_on IS NOT NULL AS is_diverted,
        linked_case_no IS NULL AS is_unlinked, is_domestic_violence, is_telecom_fraud,
        coalesce(mo_code IN ('0110', '0120', '0121', '0130', '0140', '0210', '0220'), false) AS is_preventable, count(*) AS n
      FROM judged JOIN windows ON received_at >= since AND received_at < until GROUP BY ALL),
    rows_of AS (
      SELECT unit_code, window_code AS column_code, class AS leaf, is_valid AS valid, * EXCLUDE (unit_code, window_code, class, intake_class, is_valid)
      FROM counted
      UNION ALL SELECT unit_code, 'CUR_INIT', intake_class, was_valid, * EXCLUDE (unit_code, window_code, class, intake_class, is_valid)
      FROM counted WHERE window_code = 'CUR'
      UNION ALL SELECT unit_code, 'DIVERT', class, is_valid, * EXCLUDE (unit_code, window_code, class, intake_class, is_valid)
      FROM counted WHERE window_code = 'CUR' AND is_diverted),
    booked AS (
      SELECT unit_code, row_code, column_code, n FROM rows_of JOIN above_class USING (leaf)
      UNION ALL SELECT unit_code, channel, column_code, n FROM rows_of
      UNION ALL SELECT unit_code, unnest(list_filter([
          CASE WHEN leaf IN ('V1', 'V2') THEN 'M1' END, CASE WHEN valid AND is_domestic_violence THEN 'M2' END,
          CASE WHEN valid AND is_telecom_fraud THEN 'M3' END, CASE WHEN valid AND is_preventable THEN 'M4' END], lambda row: row IS NOT NULL)),
        column_code, n FROM rows_of
      UNION ALL SELECT unit_code, row_code, 'DISP', n FROM counted JOIN above_class ON leaf = class
        WHERE window_code = 'CUR' AND is_dispatched AND row_code IN ({_VALID_ROWS})
      UNION ALL SELECT unit_code, 'V', 'TURNED_VALID', n FROM counted WHERE window_code = 'CUR' AND is_valid AND NOT was_valid
      UNION ALL SELECT unit_code, 'V', 'TURNED_INVALID', n FROM counted WHERE window_code = 'CUR' AND NOT is_valid AND was_valid
      UNION ALL SELECT unit_code, 'M1', 'UNLINKED', n FROM counted WHERE window_code = 'CUR' AND class IN ('V1', 'V2') AND is_unlinked),
    at_unit AS (SELECT unit_code AS unit, row_code, column_code, sum(n) AS n FROM booked GROUP BY ALL)
    SELECT above_unit.unit_code, row_code, column_code, sum(n) AS value FROM at_unit JOIN above_unit USING (unit) GROUP BY ALL"""


def _months_later(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return day.replace(year=index // 12, month=index % 12 + 1)
