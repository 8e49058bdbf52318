"""core.delivery: who delivered what, and from which load on it is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.errors import ExtractError
from policestats.stages import conform, extract
from tests.stages.raw_loads import Landing, changes, put
from tests.stages.small import REPORT_COLUMNS, UNIT_COLUMNS, content, csv_text, make_zip, query, standard

UPLOADS = ("unit_code", "period", "uploaded_at", "record_count")
LISTED = {"table": "unit_upload", "unit": "unit_code", "period": "period", "delivered_at": "uploaded_at", "row_count": "record_count"}
TABLES = {"report": {"into": "report"}, "unit": {"into": "unit", "is_reference": True}}
SELECT = "SELECT table_name, unit_code, period, is_complete, row_count, reason, load_id, known_to FROM core.delivery ORDER BY ALL"


def desk(tmp_path: Path, deliveries: dict[str, Any] | None, tables: dict[str, Any] | None = None) -> Catalog:
    spec: dict[str, Any] = {"kind": "files", "tables": tables or TABLES}
    return standard(tmp_path / "definitions", {"desk": {**spec, "deliveries": deliveries} if deliveries else spec})


def deliver(catalog: Catalog, home: Path, **members: str) -> conform.ConformResult:
    """Land and merge one load of the tables report (one row), unit (one row) and the given CSV texts."""
    content = {
        "report.csv": csv_text(REPORT_COLUMNS, [{"report_no": "R1"}]),
        "unit.csv": csv_text(UNIT_COLUMNS, [{"unit_code": "A1", "valid_from": "2025-01-01"}]),
        **{f"{name}.csv": text for name, text in members.items()},
    }
    number = len(list(home.glob("raw/*/manifest/*.json")))
    extract.run(catalog=catalog, source="desk", location=make_zip(home.parent / f"{number}.zip", content), home=home)
    return conform.run(catalog=catalog, home=home)


def uploads(*rows: tuple[str, str, str, str]) -> str:
    return csv_text(UPLOADS, [dict(zip(UPLOADS, row, strict=True)) for row in rows])


def test_a_source_without_a_list_delivers_every_table_for_all_units(home: Path, tmp_path: Path) -> None:
    deliver(desk(tmp_path, None), home)
    assert query(home, SELECT) == [("report", None, None, True, 1, None, 1, None), ("unit", None, None, True, 1, None, 1, None)]


def test_a_listed_unit_and_month_counts_for_every_table_but_references(home: Path, tmp_path: Path) -> None:
    catalog = desk(tmp_path, LISTED)
    deliver(
        catalog,
        home,
        unit_upload=uploads(
            ("A1", "2026-01", "2026-02-01 09:00:00", "1"),
            ("A2", "2026-01", "2026-02-01 10:00:00", "0"),  # zero records are a delivery
            ("A3", "2026-01", "", ""),  # on the list, not uploaded
        ),
    )
    assert query(home, SELECT) == [
        ("report", "A1", "2026-01", True, 1, None, 1, None),
        ("report", "A2", "2026-01", True, 0, None, 1, None),
        ("report", "A3", "2026-01", False, None, "uploaded_at is null", 1, None),
        ("unit", None, None, True, 1, None, 1, None),
    ]
    assert query(home, "SELECT DISTINCT source FROM core.delivery") == [("desk",)]


def test_deliveries_are_versioned(home: Path, tmp_path: Path) -> None:
    """A3 delivers late, A1 is taken back; what was known at load 1 stays readable."""
    catalog = desk(tmp_path, LISTED)
    a2 = ("A2", "2026-01", "2026-02-01 10:00:00", "0")
    deliver(catalog, home, unit_upload=uploads(("A1", "2026-01", "2026-02-01", "1"), a2, ("A3", "2026-01", "", "")))
    deliver(catalog, home, unit_upload=uploads(a2, ("A3", "2026-01", "2026-02-03", "4")))
    assert query(home, SELECT.replace("ORDER", "WHERE table_name = 'report' ORDER")) == [
        ("report", "A1", "2026-01", True, 1, None, 1, 2),
        ("report", "A2", "2026-01", True, 0, None, 1, None),
        ("report", "A3", "2026-01", False, None, "uploaded_at is null", 1, 2),
        ("report", "A3", "2026-01", True, 4, None, 2, None),
    ]


def test_of_several_uploads_a_complete_and_later_one_counts(home: Path, tmp_path: Path) -> None:
    deliver(
        desk(tmp_path, LISTED),
        home,
        unit_upload=uploads(
            ("A1", "2026-01", "2026-02-02", "2"),
            ("A1", "2026-01", "", "9"),
            ("A1", "2026-01", "2026-02-03", "3"),
            ("A1", "2026-01", "2026-02-01", "1"),
        ),
    )
    assert query(home, SELECT.replace("ORDER", "WHERE table_name = 'report' ORDER")) == [
        ("report", "A1", "2026-01", True, 3, None, 1, None)
    ]


def test_a_later_upload_that_was_sent_back_does_not_take_a_delivery_away(home: Path, tmp_path: Path) -> None:
    catalog = desk(tmp_path, {**LISTED, "delivered": {"record_count": [2]}})  # here only 2 means delivered
    deliver(catalog, home, unit_upload=uploads(("A1", "2026-01", "2026-02-01", "2"), ("A1", "2026-01", "2026-02-03", "3")))
    assert query(home, SELECT.replace("ORDER", "WHERE table_name = 'report' ORDER")) == [
        ("report", "A1", "2026-01", True, 2, None, 1, None)
    ]


def test_one_source_never_closes_what_another_delivered(home: Path, tmp_path: Path) -> None:
    """Load 2 is of another source: the deliveries and the issues of load 1 stay open."""
    catalog = standard(
        tmp_path / "definitions",
        {
            "desk": {"kind": "files", "tables": {"report": {"into": "report"}}},
            "staff": {"kind": "files", "tables": {"unit": {"into": "unit"}}},
        },
    )
    report = csv_text(REPORT_COLUMNS, [{"report_no": "R1", "people": "x"}])
    unit = csv_text(UNIT_COLUMNS, [{"unit_code": "A1", "valid_from": "2025-01-01", "valid_to": "y"}])
    for source, member, text in (("desk", "report.csv", report), ("staff", "unit.csv", unit)):
        extract.run(catalog=catalog, source=source, location=make_zip(tmp_path / f"{source}.zip", {member: text}), home=home)
        conform.run(catalog=catalog, home=home)
    assert query(home, SELECT) == [("report", None, None, True, 1, None, 1, None), ("unit", None, None, True, 1, None, 2, None)]
    assert query(home, "SELECT load_id, raw_value, known_to FROM core.cast_issue ORDER BY 1") == [(1, "x", None), (2, "y", None)]


def test_a_listed_row_without_unit_or_month_is_an_issue_never_all_units(home: Path, tmp_path: Path) -> None:
    catalog = desk(tmp_path, LISTED)
    result = deliver(
        catalog,
        home,
        unit_upload=uploads(("", "2026-01", "2026-02-01", "1"), ("A1", "2026-13", "2026-02-01", "1"), ("A2", "", "2026-02-01", "1")),
    )
    assert result.issues == 3
    assert query(home, "SELECT count(*) FROM core.delivery WHERE table_name = 'report'") == [(0,)]
    found = query(home, "SELECT table_name, record_key, column_name FROM core.cast_issue ORDER BY record_key")
    assert found == [("desk.unit_upload", key, "<delivery>") for key in ("/2026-01", "A1/", "A2/")]
    assert "2026-13" in query(home, "SELECT raw_value FROM core.cast_issue WHERE record_key = 'A1/'")[0][0]
    deliver(catalog, home, unit_upload=uploads(("A1", "2026-12", "2026-02-01", "1")))
    assert query(home, "SELECT DISTINCT known_to FROM core.cast_issue") == [(2,)]


def test_year_and_month_columns_and_values_that_mean_delivered(home: Path, tmp_path: Path) -> None:
    """The list is itself the source of a core table: its columns land once for both."""
    listed = {"table": "months", "unit": "agency", "period": ["year", "month"], "delivered": {"status": ["I", "Z"]}}
    catalog = desk(tmp_path, listed, {**TABLES, "months": {"into": "person", "columns": dict.fromkeys(PERSON, "agency")}})
    columns = ("agency", "year", "month", "status")
    rows = [("7", "2016", "1", "I"), ("7", "2016", "12", "Z"), ("8", "2016", "01", "U"), ("9", "2016", "02", ""), ("9", "2016", "13", "I")]
    deliver(catalog, home, months=csv_text(columns, [dict(zip(columns, row, strict=True)) for row in rows]))
    assert query(home, SELECT.replace("ORDER", "WHERE table_name = 'report' ORDER")) == [
        ("report", "7", "2016-01", True, None, None, 1, None),
        ("report", "7", "2016-12", True, None, None, 1, None),
        ("report", "8", "2016-01", False, None, "status is U", 1, None),
        ("report", "9", "2016-02", False, None, "status is null", 1, None),
    ]
    assert query(home, "SELECT count(*) FROM core.delivery WHERE table_name = 'person'") == [(4,)]
    assert query(home, "SELECT record_key, column_name FROM core.cast_issue WHERE table_name = 'desk.months'") == [("9/", "<delivery>")]


PERSON = ("person_no", "sex_code", "person_key", "id_is_valid", "birth_year", "birth_month", "sex_agrees")


def test_a_list_that_is_missing_or_lacks_a_column(home: Path, tmp_path: Path) -> None:
    catalog = desk(tmp_path, LISTED)
    with pytest.raises(ExtractError, match=r"table 'unit_upload'.*no file 'unit_upload.csv'"):
        deliver(catalog, home)
    with pytest.raises(ExtractError, match="table 'unit_upload': the column 'uploaded_at' is missing"):
        deliver(catalog, home, unit_upload="unit_code,period,record_count\nA1,2026-01,1\n")
    assert not list(home.glob("raw/*/manifest/*"))


# --- loads of changes ------------------------------------------------------------------------------------------------------


def increments(tmp_path: Path, **uploads: Any) -> Catalog:
    """A standard whose desk lists its deliveries in unit_upload, described with ``uploads`` (its key, if it has one)."""
    tables = {"report": {"into": "report"}, "unit_upload": uploads} if uploads else {"report": {"into": "report"}}
    return standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": tables, "deliveries": LISTED}})


def listed(*rows: tuple[str, str, str | None, str]) -> list[dict[str, Any]]:
    return [dict(zip(UPLOADS, row, strict=True)) for row in rows]


REPORTED = SELECT.replace("ORDER", "WHERE table_name = 'report' ORDER")
A1, A2, A3 = (("A1", "2026-01", "2026-02-01", "1"), ("A2", "2026-01", "2026-02-01", "0"), ("A3", "2026-01", None, "0"))
ONE = Landing([{"report_no": "R1"}])


def test_what_was_delivered_stays_delivered(home: Path, tmp_path: Path) -> None:
    """A3 uploads late, A1 takes its upload back, A2's row is gone; what the second load does not name stands."""
    catalog = increments(tmp_path, columns={"unit_code": "unit_code"}, key=["unit_code", "period"])
    put(catalog, home, "desk", {"report": ONE, "unit_upload": Landing(listed(A1, A2, A3))})
    put(catalog, home, "desk", {"report": changes(), "unit_upload": Landing(listed(("A3", "2026-01", "2026-02-03", "4")), "changes")})
    conform.run(catalog=catalog, home=home)
    assert query(home, REPORTED) == [
        ("report", "A1", "2026-01", True, 1, None, 1, None),
        ("report", "A2", "2026-01", True, 0, None, 1, None),
        ("report", "A3", "2026-01", False, 0, "uploaded_at is null", 1, 2),
        ("report", "A3", "2026-01", True, 4, None, 2, None),
    ]
    back = Landing(listed(("A1", "2026-01", None, "1")), "changes", [{"unit_code": "A2", "period": "2026-01"}])
    put(catalog, home, "desk", {"report": changes(), "unit_upload": back})
    conform.run(catalog=catalog, home=home)
    assert query(home, REPORTED.replace("ORDER", "AND known_to IS NULL ORDER")) == [
        ("report", "A1", "2026-01", False, 1, "uploaded_at is null", 3, None),
        ("report", "A3", "2026-01", True, 4, None, 2, None),
    ]
    again = Landing(listed(A2), "changes", [{"unit_code": "A3", "period": "2026-01"}])
    put(catalog, home, "desk", {"report": changes(), "unit_upload": again})
    conform.run(catalog=catalog, home=home)
    assert query(home, REPORTED.replace("ORDER", "AND known_to IS NULL ORDER")) == [
        ("report", "A1", "2026-01", False, 1, "uploaded_at is null", 3, None),
        ("report", "A2", "2026-01", True, 0, None, 4, None),  # back after it was gone
    ]
    before = content(home, catalog)
    conform.run(catalog=catalog, home=home, rebuild=True)
    assert content(home, catalog) == before


def test_a_list_without_a_key_only_grows(home: Path, tmp_path: Path) -> None:
    """Files with new rows only: a later row that was not uploaded takes nothing away; a snapshot starts the list anew."""
    catalog = increments(tmp_path)
    put(catalog, home, "desk", {"report": ONE, "unit_upload": Landing(listed(A1))})
    put(catalog, home, "desk", {"report": changes(), "unit_upload": Landing(listed(("A1", "2026-01", None, "9"), A2), "changes")})
    conform.run(catalog=catalog, home=home)
    assert query(home, REPORTED) == [
        ("report", "A1", "2026-01", True, 1, None, 1, None),
        ("report", "A2", "2026-01", True, 0, None, 2, None),
    ]
    put(catalog, home, "desk", {"report": changes(), "unit_upload": Landing(listed(A2))})
    conform.run(catalog=catalog, home=home)
    assert query(home, REPORTED.replace("ORDER", "AND known_to IS NULL ORDER")) == [("report", "A2", "2026-01", True, 0, None, 2, None)]


def test_the_uploads_of_a_refused_load_count_with_the_next(home: Path, tmp_path: Path) -> None:
    tables = {"report": {"into": "report"}, "unit": {"into": "unit", "is_reference": True}}
    tables["unit_upload"] = {"columns": {"unit_code": "unit_code"}, "key": ["unit_code", "period"]}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": tables, "deliveries": LISTED}})
    good = Landing([{"unit_code": "A1", "valid_from": "2026-01-01"}])
    cycle = Landing([{"unit_code": "A1", "valid_from": "2026-01-01", "parent_unit_code": "A1"}])
    put(catalog, home, "desk", {"report": ONE, "unit": good, "unit_upload": Landing(listed(A3))})
    put(catalog, home, "desk", {"report": changes(), "unit": cycle, "unit_upload": Landing(listed(A1), "changes")})
    put(catalog, home, "desk", {"report": changes(), "unit": good, "unit_upload": Landing(listed(A2), "changes")})
    conform.run(catalog=catalog, home=home)
    assert query(home, REPORTED) == [
        ("report", "A1", "2026-01", True, 1, None, 3, None),
        ("report", "A2", "2026-01", True, 0, None, 3, None),
        ("report", "A3", "2026-01", False, 0, "uploaded_at is null", 1, None),
    ]


def test_a_source_without_a_list_counts_the_records_that_stand(home: Path, tmp_path: Path) -> None:
    """Three records, then one new and two gone, then nothing: delivered all the time, and the third load changes nothing about it."""
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": {"report": {"into": "report"}}}})
    put(catalog, home, "desk", {"report": Landing([{"report_no": f"R{i}"} for i in (1, 2, 3)])})
    put(catalog, home, "desk", {"report": changes([{"report_no": "R4"}], deleted=["R1", "R2"])})
    put(catalog, home, "desk", {"report": changes()})
    conform.run(catalog=catalog, home=home)
    assert query(home, SELECT) == [("report", None, None, True, 2, None, 2, None), ("report", None, None, True, 3, None, 1, 2)]


def test_a_table_that_a_load_did_not_read_stays_delivered(home: Path, tmp_path: Path) -> None:
    catalog = standard(
        tmp_path / "definitions", {"desk": {"kind": "database", "tables": {"report": {"into": "report"}, "unit": {"into": "unit"}}}}
    )
    put(catalog, home, "desk", {"report": ONE, "unit": Landing([{"unit_code": "A1", "valid_from": "2026-01-01"}])})
    put(catalog, home, "desk", {"report": ONE})
    conform.run(catalog=catalog, home=home)
    assert query(home, SELECT) == [("report", None, None, True, 1, None, 1, None), ("unit", None, None, True, 1, None, 1, None)]
