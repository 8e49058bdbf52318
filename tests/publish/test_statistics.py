"""statistics.duckdb: what every reader finds."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.errors import ReleaseError
from policestats.stages import publish
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, LEDGER, PERIOD, PROVINCE, SILENT, STATION_1, UNKNOWN


def rows(path: Path, text: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(text, parameters or []).fetchall()


@pytest.mark.parametrize("file", ["statistics.duckdb", "trace.duckdb"])
def test_every_table_view_and_column_is_described_in_both_languages(release: Published, file: str) -> None:
    path = release.result.folder / file
    described = rows(
        path,
        "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() UNION ALL "
        "SELECT schema_name || '.' || view_name, comment FROM duckdb_views() WHERE NOT internal UNION ALL "
        "SELECT c.schema_name || '.' || table_name || '.' || column_name, comment FROM duckdb_columns() AS c WHERE NOT internal UNION ALL "
        "SELECT function_name, comment FROM duckdb_functions() WHERE NOT internal",
    )
    assert len(described) > 30
    for name, comment in described:
        chinese, _, english = (comment or "").partition(" | ")
        assert chinese.strip(), f"{file}: {name} has no comment"
        assert english.strip(), f"{file}: {name} has no comment in English"


def test_all_tables_of_the_contract_are_there(release: Published) -> None:
    found = {
        f"{s}.{t}" for s, t in rows(release.result.folder / "statistics.duckdb", "SELECT schema_name, table_name FROM duckdb_tables()")
    }
    assert {
        "report.form", "report.form_row", "report.form_column", "report.cell", "report.status", "report.check_result", "report.check_count",
        "report.generation", "report.generation_trend", "report.query", "report.row_member", "dim.unit", "dim.nbs_group", "dim.charge", "release.manifest",
    } <= found  # fmt: skip
    assert not found & {"report.contribution", "report.column_reading", "report.unit_member"}  # restricted: in trace.duckdb alone


def test_the_wide_view_has_zeros_and_nulls_where_they_belong(release: Published) -> None:
    path = release.result.folder / "statistics.duckdb"
    cells = {
        (unit, row): values
        for unit, row, *values in rows(
            path, 'SELECT unit_code, row_code, "FILED", "CHARGES", "RECEIVED", "ALL_ONLY", "SHARE", "BEFORE" FROM report."T01"'
        )
    }
    # case1 theft, case2 fraud; nobody sent a case here; case6 was filed a year earlier; 2 of 2 = 100 %
    assert cells[STATION_1, "T"] == [2, 2, 0, 2, 100, 1]
    assert cells[STATION_1, "R06"] == [1, 1, 0, None, 50, 1]  # ALL_ONLY applies to the total alone; 1 of 2
    assert cells[STATION_1, "R07"] == [1, 1, 0, None, 50, 0]  # the year before a true zero
    # case1, case2, case3: 3 cases of 2 charges; move1 lies inside; 2 of 3 are theft
    assert cells[COUNTY_1, "T"] == [3, 2, 0, 3, 100, 1]
    assert cells[COUNTY_1, "R06"][4] == Decimal("66.67")
    assert cells[SILENT, "T"] == [None, None, None, None, None, 0]  # October missing, October a year earlier delivered
    assert cells[COUNTY_2, "T"] == [0, 0, 1, 0, None, 0]  # partial: what came; no case, so no share; move2
    # case1 to case5; every transfer lies inside
    assert cells[PROVINCE, "T"][0] == 5
    assert cells[PROVINCE, "T"][2] == 0
    assert cells[UNKNOWN, "PENDING"][:1] == [1]  # case5


def test_the_wide_view_is_in_the_order_of_both_trees_and_prints_no_hidden_column(release: Published) -> None:
    path = release.result.folder / "statistics.duckdb"
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute('FROM report."T01"')
        names = [d[0] for d in found.description or []]
        table = found.fetchall()
    assert names == [
        "period", "unit_code", "unit_name_zh", "unit_level", "row_code", "row_label_zh", "row_label_en",
        "FILED", "CHARGES", "RECEIVED", "ALL_ONLY", "SHARE", "BEFORE",
    ]  # fmt: skip
    assert table[0][:7] == (PERIOD, PROVINCE, "样例省", "province", "T", "合计", "Total")
    assert [r[4] for r in table[:12]] == ["T", *(f"R{i:02d}" for i in range(1, 11)), "PENDING"]
    assert [r[1] for r in table[::12]] == [
        PROVINCE, "990100000000", COUNTY_1, STATION_1, "990101020000", COUNTY_2, "990102010000", SILENT,
        "990200000000", "990201000000", "990201010000", "990201020000", UNKNOWN,
    ]  # fmt: skip


def test_the_view_can_be_read_from_an_attached_file(release: Published) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{release.result.folder / 'statistics.duckdb'}' AS october (READ_ONLY)")
        assert connection.execute(
            'SELECT "FILED" FROM october.report."T01" WHERE unit_code = ? AND row_code = \'T\'', [STATION_1]
        ).fetchone() == (2,)


def test_only_the_period_goes_in(release: Published) -> None:
    folder = release.result.folder
    for file, tables in (
        ("statistics.duckdb", ("cell", "status", "check_count", "query", "generation")),
        ("trace.duckdb", ("contribution", "column_reading")),
    ):
        for table in tables:
            assert rows(folder / file, f"SELECT DISTINCT period FROM report.{table}") == [(PERIOD,)], table
    assert rows(folder / "statistics.duckdb", "SELECT DISTINCT period FROM dim.unit") == [(PERIOD,)]


def test_statistics_names_no_record(release: Published) -> None:
    numbers = {
        str(row[key])
        for table, key in (("criminal_case", "case_no"), ("admin_case", "case_no"), ("incident", "incident_no"))
        for row in LEDGER[table]
    }
    path = release.result.folder / "statistics.duckdb"
    texts = rows(
        path, "SELECT schema_name, table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' AND schema_name = 'report'"
    )
    views = {name for (name,) in rows(path, "SELECT view_name FROM duckdb_views() WHERE NOT internal")}
    for schema, table, column in texts:
        if table not in views:
            found = {str(v) for (v,) in rows(path, f'SELECT DISTINCT "{column}" FROM {schema}."{table}"')}
            assert not found & numbers, f"{schema}.{table}.{column}"
            if column == "sql":
                assert not any(f"'{number}'" in text for text in found for number in numbers)


def test_the_manifest_says_what_was_published(release: Published) -> None:
    path = release.result.folder / "statistics.duckdb"
    [(release_id, name, period, as_of, counts)] = rows(path, "SELECT release_id, release, period, as_of, row_counts FROM release.manifest")
    assert (release_id, name, period, as_of) == (release.result.release_id, "2026-10-r1", PERIOD, 1)
    [(cells,)] = rows(path, "SELECT count(*) FROM report.cell")
    assert f'"statistics.report.cell": {cells}' in counts
    assert release.result.cells == cells
    assert release.result.forms == ["T01", "X01", "Z01", "Z11"]


def test_a_status_of_one_cell_hides_that_cell_alone(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute(
            "INSERT INTO report.status SELECT * REPLACE ('R06' AS row_code, 'suppressed' AS status) FROM report.status "
            "WHERE unit_code = ? AND column_code = 'FILED' AND row_code IS NULL",
            [STATION_1],
        )
        engine.execute("DELETE FROM report.cell WHERE unit_code = ? AND column_code = 'FILED' AND row_code = 'R06'", [STATION_1])
    folder = publish.run(catalog=small, home=home, period=PERIOD).folder
    found = rows(
        folder / "statistics.duckdb",
        "SELECT row_code, \"FILED\" FROM report.\"T01\" WHERE unit_code = ? AND row_code IN ('R05', 'R06', 'R07')",
        [STATION_1],
    )
    assert found == [("R05", 0), ("R06", None), ("R07", 1)]


def test_data_quality_goes_in_as_it_was_known_and_without_the_values_of_records(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute("CREATE TABLE quality.rule_result (as_of BIGINT, table_name VARCHAR, rule_id VARCHAR, verdict VARCHAR)")
        engine.execute("INSERT INTO quality.rule_result VALUES (1, 'unit', 'known', 'passed'), (2, 'unit', 'later', 'failed')")
        engine.execute(
            "CREATE TABLE quality.issue (issue_id VARCHAR, rule_id VARCHAR, record_key VARCHAR, opened_at TIMESTAMP, "
            "closed_at TIMESTAMP, status VARCHAR, detail VARCHAR)"
        )
        # load 1 landed on 2026-01-01: an issue of before, one that was cured after, one that came after
        engine.execute("INSERT INTO quality.issue VALUES ('a', 'known', 'case1', TIMESTAMP '2025-12-01', NULL, 'open', 'x=1')")
        engine.execute(
            "INSERT INTO quality.issue VALUES ('b', 'known', 'case2', TIMESTAMP '2025-12-01', TIMESTAMP '2026-05-01', 'closed', 'x=2')"
        )
        engine.execute("INSERT INTO quality.issue VALUES ('c', 'known', 'case3', TIMESTAMP '2026-05-01', NULL, 'open', 'x=3')")
    path = publish.run(catalog=small, home=home, period=PERIOD).folder / "statistics.duckdb"
    assert rows(path, "SELECT rule_id FROM quality.rule_result") == [("known",)]
    assert rows(path, "SELECT issue_id, closed_at, status FROM quality.issue ORDER BY ALL") == [("a", None, "open"), ("b", None, "open")]
    assert rows(path, "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'issue' AND column_name = 'detail'") == [(0,)]


def test_a_column_that_nobody_described_is_not_published(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute("CREATE TABLE quality.rate (as_of BIGINT, id_number VARCHAR)")
    with pytest.raises(ReleaseError, match=r"quality\.rate has the column 'id_number'"):
        publish.run(catalog=small, home=home, period=PERIOD)
