"""The bulk world's own tally: what a statistician would count, from the stories themselves, set-wise.

``leaf`` holds counts by form, column, unit as counted, row, and the months in which they show (first to last); ``move`` transfers with both ends.
Here they are spread over the months, carried up the tree of units, and divided. Nothing is shared with the product's compiler.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

_TABLES = """
CREATE TABLE leaf (form_id VARCHAR, column_code VARCHAR, unit VARCHAR, row_code VARCHAR, first INTEGER, last INTEGER, n BIGINT);
-- in_column and out_column: netted at each unit; the two ext columns: only what crosses the border of the tree, at every unit
CREATE TABLE move (form_id VARCHAR, in_column VARCHAR, out_column VARCHAR, in_ext_column VARCHAR, out_ext_column VARCHAR,
                   giver VARCHAR, taker VARCHAR, row_code VARCHAR, first INTEGER, last INTEGER, n BIGINT);
-- rows that stand at their station alone (communities)
CREATE TABLE station_leaf (form_id VARCHAR, column_code VARCHAR, unit VARCHAR, row_code VARCHAR, first INTEGER, last INTEGER, n BIGINT);
"""

_FOLD = """
CREATE MACRO shown_months(first, last) AS
    range(greatest(first, month_no(first_day())), least(last, month_no(after_day()) - 1) + 1);
CREATE TABLE counted AS
WITH leaf_month AS (
    SELECT form_id, column_code, unit, row_code, month, sum(n) AS n
    FROM (SELECT *, unnest(shown_months(first, last)) AS month FROM leaf) GROUP BY ALL
), move_month AS (
    SELECT form_id, in_column, out_column, in_ext_column, out_ext_column, giver, taker, row_code, month, sum(n) AS n
    FROM (SELECT *, unnest(shown_months(first, last)) AS month FROM move) GROUP BY ALL
), netted AS (
    -- a unit receives what one of its own takes and none of its own gives
    SELECT form_id, in_column AS column_code, in_ext_column AS ext_column, giver AS other, a.ancestor AS unit, row_code, month, n
    FROM move_month JOIN above AS a ON a.unit_code = taker
    WHERE NOT EXISTS (SELECT 1 FROM above AS b WHERE b.unit_code = giver AND b.ancestor = a.ancestor)
    UNION ALL
    SELECT form_id, out_column, out_ext_column, taker, a.ancestor, row_code, month, n
    FROM move_month JOIN above AS a ON a.unit_code = giver
    WHERE NOT EXISTS (SELECT 1 FROM above AS b WHERE b.unit_code = taker AND b.ancestor = a.ancestor)
)
SELECT form_id, month, unit, row_code, column_code, sum(n)::BIGINT AS n
FROM (SELECT form_id, month, ancestor AS unit, row_code, column_code, n FROM leaf_month JOIN above ON unit_code = unit
      UNION ALL SELECT form_id, unnest(shown_months(first, last)), unit, row_code, column_code, n FROM station_leaf
      UNION ALL SELECT form_id, month, unit, row_code, column_code, n FROM netted WHERE column_code IS NOT NULL
      UNION ALL SELECT form_id, month, unit, row_code, ext_column, n FROM netted WHERE ext_column IS NOT NULL AND other = 'outside')
-- what is older than the records is not compared with (corrections.md 14)
WHERE column_code NOT LIKE '%PY' OR month - 12 >= records_begin()
GROUP BY ALL;
"""

# numerator / denominator in whole numbers, halves away from zero (四舍五入): 1/8 to two places is 0.13
_RATES = """
CREATE MACRO rounded(numerator, denominator, decimals) AS
    (sign(numerator)::HUGEINT * ((2 * abs(numerator)::HUGEINT * (10 ** decimals)::HUGEINT + denominator::HUGEINT)
        // (2 * denominator::HUGEINT)))::DECIMAL(28, 0)
    * CASE decimals WHEN 1 THEN 0.1 ELSE 0.01 END::DECIMAL(3, 2);
CREATE TABLE rate (form_id VARCHAR, column_code VARCHAR, kind VARCHAR, part VARCHAR, base VARCHAR, decimals INTEGER);
"""

#: (form, column, kind, part, base, decimals): ratio = part / base in percent; change = (part - base) / base in percent.
_RATE_COLUMNS = (
    ("X01", "RATE_YTD", "ratio", "SOLVED_YTD", "FILED_YTD", 2),
    ("X01", "RATE_CUR_YTD", "ratio", "SOLVED_CUR_YTD", "FILED_YTD", 2),
    ("X01", "FILED_YOY", "change", "FILED_YTD", "FILED_PY", 1),
    ("X01", "SOLVED_YOY", "change", "SOLVED_YTD", "SOLVED_PY", 1),
    ("X02", "RATE_YTD", "ratio", "SOLVED_YTD", "FILED_YTD", 2),
    ("X02", "FILED_YOY", "change", "FILED_YTD", "FILED_PY", 1),
    ("X02", "SOLVED_YOY", "change", "SOLVED_YTD", "SOLVED_PY", 1),
    ("Z01", "RATE_YTD", "ratio", "DEALT_YTD", "ACC_YTD", 2),
    ("Z01", "ACC_YOY", "change", "ACC_YTD", "ACC_PY", 1),
    ("Z01", "DEALT_YOY", "change", "DEALT_YTD", "DEALT_PY", 1),
    ("Z11", "MOM", "change", "CUR", "PREV", 1),
    ("Z11", "YOY", "change", "CUR", "PY", 1),
    ("Z13", "RATE", "ratio", "RES_YTD", "FOUND_YTD", 2),
    ("Z13", "RATE_COH", "ratio", "RES_COH", "FOUND_YTD", 2),
    ("Z13", "C2C_YOY", "change", "C2C_YTD", "C2C_PY", 1),
    ("Z14", "COMPLETE", "ratio", "FILLED", "FIELDS", 2),
    ("Z14", "REC_RATE", "ratio", "REC_FULL", "CLOSE", 2),
    ("Z14", "RULE_RATE", "ratio", "RULE_OK", "CLOSE", 2),
    ("Z14", "FRESH_RATE", "ratio", "FRESH", "DUE", 2),
    ("Z14", "LINK_RATE", "ratio", "LINKED", "CLOSE", 2),
    ("Z14", "LEAVE_RATE", "ratio", "LEAVE30", "LEAVE", 2),
)

_DIVIDE = """
CREATE TABLE rated AS
SELECT b.form_id, b.month, b.unit, b.row_code, r.column_code,
       rounded(100 * (coalesce(p.n, 0) - CASE WHEN kind = 'change' THEN b.n ELSE 0 END), b.n, decimals) AS value
FROM rate AS r JOIN counted AS b ON b.form_id = r.form_id AND b.column_code = r.base AND b.n <> 0
     -- Z14-06: no rate over all objects; and here none of communities
     AND NOT (b.form_id = 'Z14' AND (b.row_code IN ('T', 'O1') AND (b.row_code = 'T' OR r.column_code = 'LINK_RATE') OR b.row_code LIKE '%/%'))
LEFT JOIN counted AS p ON p.form_id = b.form_id AND p.month = b.month AND p.unit = b.unit AND p.row_code = b.row_code AND p.column_code = r.part
UNION ALL
-- X01: the share of each row in the total
SELECT b.form_id, b.month, b.unit, p.row_code, 'SHARE_YTD', rounded(100 * p.n, b.n, 2)
FROM counted AS b JOIN counted AS p USING (form_id, month, unit, column_code)
WHERE b.form_id = 'X01' AND b.column_code = 'FILED_YTD' AND b.row_code = 'T' AND b.n <> 0
UNION ALL
-- Z11: per day; by daily means; the share in the valid ones, of those in all; dispatched per call; diverted of the non-police requests
SELECT form_id, month, unit, row_code, 'DAILY', rounded(n, days, 1) FROM counted JOIN months USING (month) WHERE form_id = 'Z11' AND column_code = 'CUR'
UNION ALL
SELECT b.form_id, b.month, b.unit, b.row_code, 'MOM_DAILY',
       rounded(100 * (coalesce(p.n, 0) * day(now.first_on - 1) - b.n * now.days), b.n * now.days, 1)
FROM counted AS b JOIN months AS now ON now.month = b.month
LEFT JOIN counted AS p ON p.form_id = b.form_id AND p.month = b.month AND p.unit = b.unit AND p.row_code = b.row_code AND p.column_code = 'CUR'
WHERE b.form_id = 'Z11' AND b.column_code = 'PREV' AND b.n <> 0
UNION ALL
SELECT b.form_id, b.month, b.unit, p.row_code, 'SHARE', rounded(100 * p.n, b.n, 2)
FROM counted AS b JOIN counted AS p USING (form_id, month, unit, column_code)
WHERE b.form_id = 'Z11' AND b.column_code = 'CUR' AND b.n <> 0
  AND (b.row_code = 'T' AND p.row_code = 'V' OR b.row_code = 'V' AND p.row_code[1] = 'V' AND p.row_code <> 'V')
UNION ALL
SELECT b.form_id, b.month, b.unit, b.row_code, CASE b.row_code WHEN 'T' THEN 'DISP_RATE' ELSE 'DIV_RATE' END, rounded(100 * coalesce(p.n, 0), b.n, 2)
FROM counted AS b
LEFT JOIN counted AS p ON p.form_id = b.form_id AND p.month = b.month AND p.unit = b.unit AND p.row_code = b.row_code
     AND p.column_code = CASE b.row_code WHEN 'T' THEN 'DISP' ELSE 'DIVERT' END
WHERE b.form_id = 'Z11' AND b.column_code = 'CUR' AND b.row_code IN ('T', 'V62') AND b.n <> 0;
"""

_WRITE = """
COPY (
    SELECT form_id, period, unit AS unit_code, row_code, column_code, value
    FROM (SELECT form_id, month, unit, row_code, column_code, n::DECIMAL(38, 6) AS value FROM counted WHERE n <> 0
          UNION ALL SELECT form_id, month, unit, row_code, column_code, value::DECIMAL(38, 6) FROM rated)
    JOIN months USING (month)
    ORDER BY form_id, period, unit_code, row_code, column_code
) TO '{path}' (FORMAT parquet, COMPRESSION zstd);
"""


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables ``leaf``, ``move`` and ``station_leaf``."""
    connection.execute(_TABLES)


def write(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Fold and divide all counts, write them to ``path`` and return the number of cells.

    A count of 0 has no cell; a rate has one wherever its base is not 0, except the daily mean and shares of nothing. Rows of communities have
    counts alone: a province has 100,000 of them.
    """
    connection.execute(_FOLD)
    connection.execute(_RATES)
    connection.executemany("INSERT INTO rate VALUES (?, ?, ?, ?, ?, ?)", _RATE_COLUMNS)
    connection.execute(_DIVIDE)
    connection.execute(_WRITE.format(path=str(path).replace("'", "''")))
    row = connection.execute("SELECT (SELECT count(*) FROM counted WHERE n <> 0) + (SELECT count(*) FROM rated)").fetchone()
    assert row is not None
    return int(row[0])
