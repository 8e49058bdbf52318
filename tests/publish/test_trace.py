"""fold(trace(cell)) = cell, for every base cell; the macro; tracing from Python."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

import duckdb
import pytest

import policestats
from policestats.errors import ReleaseError
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, EAST, OTHER_CITY, OTHER_COUNTY, PERIOD, PROVINCE, SILENT, STATION_1, STATION_2, UNKNOWN, WEST

#: Every base cell that has a figure, zeros included, beside what its traces fold to; written over the published tables alone.
_FOLDED = """
WITH cell AS (
    SELECT s.form_id, s.unit_code, r.row_code, s.column_code, coalesce(c.value, 0) AS value
    FROM october.report.status AS s
    JOIN october.report.form_column AS f ON f.form_id = s.form_id AND f.column_code = s.column_code
    JOIN october.report.form_row AS r ON r.form_id = s.form_id AND r.block_id = s.block_id
    LEFT JOIN october.report.cell AS c
      ON c.form_id = s.form_id AND c.unit_code = s.unit_code AND c.row_code = r.row_code AND c.column_code = s.column_code
    WHERE f.variant IS NOT NULL AND s.status IN ('auto', 'partial') AND (f.applies_to IS NULL OR list_contains(f.applies_to, r.row_code))
), traced AS (
    SELECT r.form_id, u.unit_code, m.row_code, r.column_code, any_value(r.measure) AS measure,
        CASE WHEN any_value(r.measure) = 'distinct' THEN count(DISTINCT c.counted_no) ELSE sum(c.value) END AS value
    FROM report.column_reading AS r
    JOIN report.contribution AS c
      ON c.form_id = r.form_id AND c.period = r.period AND c.indicator_id = r.indicator_id AND c.anchor_on = r.anchor_on
    JOIN report.row_member AS m ON m.form_id = r.form_id AND m.member_row_code = c.row_code
    JOIN report.unit_member AS u ON u.member_unit_code = c.unit_code
    LEFT JOIN report.unit_member AS p ON p.unit_code = u.unit_code AND p.member_unit_code = c.partner_unit_code
    WHERE c.on_date < r.end_on
      AND CASE WHEN r.is_stock THEN c.until_date IS NULL OR c.until_date >= r.end_on ELSE c.on_date >= r.start_on END
      AND NOT (r.is_net AND p.member_unit_code IS NOT NULL)
    GROUP BY ALL
)
SELECT cell.*, coalesce(traced.value, 0) AS folded, traced.measure FROM cell LEFT JOIN traced USING (form_id, unit_code, row_code, column_code)
"""


@pytest.fixture(scope="module")
def connection(release: Published) -> Any:
    with duckdb.connect(str(release.result.folder / "trace.duckdb"), read_only=True) as found:
        found.execute(f"ATTACH '{release.result.folder / 'statistics.duckdb'}' AS october (READ_ONLY)")
        yield found


@pytest.fixture(scope="module")
def folded(connection: Any) -> list[tuple[Any, ...]]:
    return list(connection.execute(_FOLDED).fetchall())


def test_every_base_cell_is_the_fold_of_its_traces(folded: list[tuple[Any, ...]]) -> None:
    assert [row for row in folded if row[4] != row[5]] == []
    # 13 units x (T01: 12 rows x FILED, CHARGES, RECEIVED, HIDDEN, BEFORE + ALL_ONLY in one row), less October at the silent station
    own = [row for row in folded if row[0] == "T01"]
    assert len(own) == 13 * (12 * 5 + 1) - (12 * 4 + 1)
    assert {row[0] for row in folded} == {"T01", "X01", "Z01", "Z11"}


def test_the_cells_compared_are_of_every_kind(connection: Any, folded: list[tuple[Any, ...]]) -> None:
    kinds = {
        (form, column): (net, stock)
        for form, column, net, stock in connection.execute(
            "SELECT form_id, column_code, is_net, is_stock FROM report.column_reading"
        ).fetchall()
    }
    nonzero = [row for row in folded if row[4] != 0]
    assert any(row[6] == "distinct" for row in nonzero)
    assert any(kinds[row[0], row[3]][0] for row in nonzero), "no netted cell"
    assert any(kinds[row[0], row[3]][1] for row in nonzero), "no stock"
    assert any(row[1] == UNKNOWN for row in nonzero)
    assert any(row[2] == "PENDING" for row in nonzero), "no of-which row"
    assert any(row[1] == PROVINCE and row[2] == "T" for row in nonzero)


def test_the_macro_gives_the_rows_of_every_cell_that_is_not_zero(connection: Any, folded: list[tuple[Any, ...]]) -> None:
    for form, unit, row, column, value, _, measure in [r for r in folded if r[4] != 0][::7]:
        fold = "count(DISTINCT counted_no)" if measure == "distinct" else "sum(value)"
        [(found,)] = connection.execute(f"SELECT {fold} FROM trace(?, ?, ?, ?, ?)", [form, PERIOD, unit, row, column]).fetchall()
        assert found == value, (form, unit, row, column)


def test_a_trace_comes_by_day_and_record(connection: Any, folded: list[tuple[Any, ...]]) -> None:
    for form, unit, row, column, *_ in [r for r in folded if r[4] > 2]:
        told = connection.execute(
            "SELECT on_date, record_key, unit_code FROM trace(?, ?, ?, ?, ?)", [form, PERIOD, unit, row, column]
        ).fetchall()
        assert told == sorted(told), (form, unit, row, column)


@pytest.mark.parametrize(
    ("unit", "row", "column", "keys"),
    [
        (STATION_1, "T", "FILED", ["case1", "case2"]),
        (COUNTY_1, "R06", "FILED", ["case1", "case3"]),
        (PROVINCE, "T", "FILED", ["case1", "case2", "case3", "case4", "case5"]),
        (UNKNOWN, "PENDING", "FILED", ["case5"]),
        (COUNTY_1, "T", "CHARGES", ["case1", "case2", "case3"]),  # of two different charges: the cell is 2
        (STATION_1, "T", "BEFORE", ["case6"]),
        (STATION_2, "T", "RECEIVED", ["move1"]),
        (COUNTY_1, "T", "RECEIVED", []),  # move1 stays inside
        (OTHER_COUNTY, "T", "RECEIVED", ["move2"]),
        (EAST, "T", "RECEIVED", []),  # move2 too
        (OTHER_CITY, "T", "RECEIVED", ["move3"]),
        (WEST, "T", "RECEIVED", ["move3"]),
        (PROVINCE, "T", "RECEIVED", []),
        (STATION_1, "R05", "FILED", []),  # a true zero
    ],
)
def test_a_cell_is_traced_to_its_records(release: Published, unit: str, row: str, column: str, keys: list[str]) -> None:
    found = policestats.trace("T01", row, column, unit, home=release.home)
    assert sorted(found["record_key"]) == keys
    assert list(found.columns) == ["record_key", "unit_code", "on_date", "until_date", "value", "partner_unit_code", "counted_no"]


def test_the_macro_works_beside_the_statistics(release: Published) -> None:
    with duckdb.connect(str(release.result.folder / "statistics.duckdb"), read_only=True) as connection:
        connection.execute(f"ATTACH '{release.result.folder / 'trace.duckdb'}' AS trace (READ_ONLY)")
        found = connection.execute(
            "SELECT c.value, t.folded FROM report.cell AS c, (SELECT sum(value) AS folded FROM trace.trace('T01', ?, ?, 'T', 'FILED')) AS t "
            "WHERE c.form_id = 'T01' AND unit_code = ? AND row_code = 'T' AND column_code = 'FILED'",
            [PERIOD, COUNTY_1, COUNTY_1],
        ).fetchone()
    assert found == (Decimal(3), Decimal(3))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("T02", "T", "FILED", STATION_1), r"no form 'T02'; did you mean T01\?"),
        (("T01", "R1", "FILED", STATION_1), r"form T01 has no row 'R1'; did you mean"),
        (("T01", "T", "FILD", STATION_1), r"form T01 has no column 'FILD'; did you mean FILED\?"),
        (("T01", "T", "FILED", "123"), r"no unit '123'"),
        (("T01", "T", "SHARE", STATION_1), r"SHARE is computed from others; trace FILED"),
        (("T01", "R06", "ALL_ONLY", STATION_1), r"ALL_ONLY has cells only in the rows T, not in R06"),
        (("T01", "T", "FILED", SILENT), r"no figure to trace \(missing: "),
    ],
)
def test_what_cannot_be_traced_says_why(release: Published, arguments: tuple[str, str, str, str], message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        policestats.trace(*arguments, home=release.home)


def test_the_restricted_file_is_for_its_group_alone(release: Published) -> None:
    modes = {name: os.stat(release.result.folder / name).st_mode & 0o777 for name in ("statistics.duckdb", "trace.duckdb")}
    assert modes == {"statistics.duckdb": 0o444, "trace.duckdb": 0o440}
