"""conform: types, versions over several loads, what cannot be taken, and the same content after a kill or a rebuild."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.errors import ConformError
from policestats.landing import deliveries
from policestats.stages import conform, extract
from tests.stages.small import REPORT_COLUMNS, TABLES, UNIT_COLUMNS, content, csv_text, make_sqlite, make_zip, query, reports_zip, standard


def land(catalog: Catalog, home: Path, rows: list[dict[str, Any]]) -> int:
    """Land rows of the table report as one load and return its id."""
    loads = len(list(home.glob("raw/*/manifest/*.json")))
    load_id = extract.run(catalog=catalog, source="desk", location=reports_zip(home.parent / f"{loads}.zip", rows), home=home).load_id
    assert load_id is not None
    return load_id


def merged(catalog: Catalog, home: Path, rows: list[dict[str, Any]]) -> conform.ConformResult:
    land(catalog, home, rows)
    return conform.run(catalog=catalog, home=home)


def history(home: Path) -> list[tuple[Any, ...]]:
    return query(home, "SELECT report_no, people, known_from, known_to FROM core.report_version ORDER BY ALL")


def counts(result: conform.ConformResult) -> tuple[int, int, int]:
    return result.inserted["report"], result.changed["report"], result.removed["report"]


# --- types -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("remark", " x ", " x "),  # text stays as it was written
        ("people", "007", 7),
        ("people", "+5", 5),
        ("people", "-5", -5),
        ("people", " 5 ", 5),
        ("people", "5.0", 5),  # a whole number out of a column of floats
        ("people", "9223372036854775807", 9223372036854775807),
        ("loss_yuan", "0.1", Decimal("0.100000")),
        ("loss_yuan", "-1234567890123456789012345678901.5", Decimal("-1234567890123456789012345678901.500000")),
        ("loss_yuan", "1e-06", Decimal("0.000001")),  # as a float column writes it
        ("made_on", "2026-02-28", date(2026, 2, 28)),
        ("made_on", "2024-02-29", date(2024, 2, 29)),
        ("made_on", "2016-01-27 00:00:00", date(2016, 1, 27)),
        ("made_on", "2026/1/3", date(2026, 1, 3)),
        ("made_on", "2026-01-31T18:00:00Z", date(2026, 2, 1)),  # 02:00 of the next day in the standard's zone (UTC+8)
        ("entered_at", "2026-01-05 08:00:01", datetime(2026, 1, 5, 8, 0, 1)),
        ("entered_at", "2026-01-05T08:00", datetime(2026, 1, 5, 8)),
        ("entered_at", "2026-01-05", datetime(2026, 1, 5)),
        ("entered_at", "2026-01-31 18:00:00+00:00", datetime(2026, 2, 1, 2)),
        ("entered_at", "2026-02-01 02:00:00.5+08", datetime(2026, 2, 1, 2, 0, 0, 500000)),
        ("is_urgent", "1", True),
        ("is_urgent", "0", False),
        ("is_urgent", "TRUE", True),
        ("is_urgent", "false", False),
        ("is_urgent", "Y", True),
        ("is_urgent", "N", False),
        ("is_urgent", "t", True),
        ("is_urgent", "f", False),
        ("is_urgent", "是", True),
        ("is_urgent", " 否 ", False),
        ("is_urgent", "", False),  # null: the column's default
        ("people", "  ", None),  # blank is null, and no issue
    ],
)
def test_a_text_becomes_a_value(column: str, text: str, value: Any, reports: Catalog, home: Path) -> None:
    result = merged(reports, home, [{"report_no": "R1", column: text}])
    assert query(home, f"SELECT {column} FROM core.report") == [(value,)]
    assert result.issues == 0


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("made_on", "2026-02-30"),
        ("made_on", "2025-02-29"),
        ("made_on", "infinity"),  # DuckDB would take these four as dates
        ("made_on", "epoch"),
        ("made_on", "0000-01-01"),
        ("made_on", "2026-01-03 (BC)"),
        ("made_on", "20260103"),
        ("entered_at", "2026-01-05 25:00:00"),
        ("entered_at", "2026-02-30 08:00:00"),
        ("people", "abc"),
        ("people", "5.6"),  # DuckDB would round it to 6
        ("people", "0x10"),  # DuckDB would read 16
        ("people", "1_000"),
        ("people", "9223372036854775808"),  # one too many for 64 bits
        ("loss_yuan", "1,000"),
        ("loss_yuan", "nan"),
        ("loss_yuan", "1e40"),
    ],
)
def test_a_value_that_cannot_be_is_null_and_an_issue(column: str, text: str, reports: Catalog, home: Path) -> None:
    result = merged(reports, home, [{"report_no": "R1", column: text}, {"report_no": "R2"}])
    assert result.issues == 1
    assert query(home, f"SELECT {column} FROM core.report WHERE report_no = 'R1'") == [(None,)]
    assert query(home, "SELECT * FROM core.cast_issue") == [(1, "report", "R1", column, text, None)]
    assert query(home, "SELECT count(*) FROM core.report") == [(2,)]  # the record counts all the same


@pytest.mark.parametrize("default", [None, False, True])
def test_a_flag_that_cannot_be_read_takes_its_default_and_is_an_issue(default: bool | None, home: Path, tmp_path: Path) -> None:
    """Null where the flag has none: then unknown is a value of its own. Every record meets a flag with a default, or its opposite."""
    flag = {"type": "boolean"} if default is None else {"type": "boolean", "default": default}
    tables = {**TABLES, "report": {"key": ["report_no"], "columns": {**TABLES["report"]["columns"], "is_urgent": flag}}}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"report": {"into": "report"}}}}, tables)
    given = ("2", "maybe", "是的", "", "1", "0")
    merged(catalog, home, [{"report_no": f"R{n}", "is_urgent": text} for n, text in enumerate(given)])
    assert query(home, "SELECT is_urgent FROM core.report ORDER BY report_no") == [(default,)] * 4 + [(True,), (False,)]
    bad = [(1, "report", f"R{n}", "is_urgent", given[n], None) for n in range(3)]
    assert query(home, "SELECT * FROM core.cast_issue ORDER BY record_key") == bad
    merged(catalog, home, [{"report_no": f"R{n}", "is_urgent": "1"} for n, _ in enumerate(given)])
    assert query(home, "SELECT DISTINCT known_to FROM core.cast_issue") == [(2,)]


def test_an_issue_ends_when_the_value_is_corrected(reports: Catalog, home: Path) -> None:
    merged(reports, home, [{"report_no": "R1", "people": "abc"}])
    assert merged(reports, home, [{"report_no": "R1", "people": "abc", "remark": "still there"}]).issues == 0
    merged(reports, home, [{"report_no": "R1", "people": "3"}])
    assert query(home, "SELECT * FROM core.cast_issue") == [(1, "report", "R1", "people", "abc", 3)]
    assert history(home) == [("R1", 3, 3, None), ("R1", None, 1, 2), ("R1", None, 2, 3)]


def test_columns_can_be_mapped_formatted_and_fixed(home: Path, tmp_path: Path) -> None:
    columns = {
        "report_no": "NO.",
        "made_on": {"source": "day", "format": "%d.%m.%Y"},
        "entered_at": {"source": "stamp", "format": "%Y%m%d %H%M %z"},
        "unit_code": {"literal": "A1"},
        "people": {"literal": 2},
        "loss_yuan": {"literal": None},
        "is_urgent": {"literal": True},
    }
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"Reports": {"into": "report", "columns": columns}}}})
    text = "NO.,day,stamp,remark\nR1,03.02.2026,20260131 1800 +0000,a\nR2,30.02.2026,,b\n"
    extract.run(catalog=catalog, source="desk", location=make_zip(tmp_path / "s.zip", {"Reports.csv": text}), home=home)
    conform.run(catalog=catalog, home=home)
    assert query(home, "SELECT * FROM core.report ORDER BY 1") == [
        ("R1", "A1", date(2026, 2, 3), datetime(2026, 2, 1, 2), 2, None, True, "a"),  # 18:00 UTC is 02:00 at UTC+8
        ("R2", "A1", None, None, 2, None, True, "b"),
    ]
    assert query(home, "SELECT record_key, column_name, raw_value FROM core.cast_issue") == [("R2", "made_on", "30.02.2026")]


# --- versions --------------------------------------------------------------------------------------------------------------


def test_new_changed_deleted_and_undeleted_records(reports: Catalog, home: Path) -> None:
    first = merged(reports, home, [{"report_no": "R1", "people": 1}, {"report_no": "R2", "people": 1}, {"report_no": "R3", "people": 1}])
    assert (first.loads, counts(first)) == ([1], (3, 0, 0))
    # load 2: R1 as it was, R2 changed, R3 gone, R4 new (a late record)
    second = merged(reports, home, [{"report_no": "R1", "people": 1}, {"report_no": "R2", "people": 2}, {"report_no": "R4", "people": 1}])
    assert counts(second) == (1, 1, 1)
    # load 3: R3 back as it was, R2 back to its first value, R4 gone
    third = merged(reports, home, [{"report_no": "R1", "people": 1}, {"report_no": "R2", "people": 1}, {"report_no": "R3", "people": 1}])
    assert counts(third) == (1, 1, 1)
    assert history(home) == [
        ("R1", 1, 1, None),
        ("R2", 1, 1, 2),
        ("R2", 1, 3, None),
        ("R2", 2, 2, 3),
        ("R3", 1, 1, 2),
        ("R3", 1, 3, None),
        ("R4", 1, 2, 3),
    ]
    assert query(home, "SELECT report_no, people FROM core.report ORDER BY 1") == [("R1", 1), ("R2", 1), ("R3", 1)]
    at_two = "SELECT report_no, people FROM core.report_version WHERE known_from <= 2 AND (known_to IS NULL OR known_to > 2) ORDER BY 1"
    assert query(home, at_two) == [("R1", 1), ("R2", 2), ("R4", 1)]


def test_a_value_that_becomes_null_is_a_change(reports: Catalog, home: Path) -> None:
    merged(reports, home, [{"report_no": "R1", "people": 1}])
    assert counts(merged(reports, home, [{"report_no": "R1"}])) == (0, 1, 0)
    assert counts(merged(reports, home, [{"report_no": "R1", "remark": "x"}])) == (0, 1, 0)
    assert history(home) == [("R1", 1, 1, 2), ("R1", None, 2, 3), ("R1", None, 3, None)]


def test_another_spelling_of_one_value_is_no_change(reports: Catalog, home: Path) -> None:
    merged(reports, home, [{"report_no": "R1", "people": "7", "is_urgent": "0"}])
    assert counts(merged(reports, home, [{"report_no": "R1", "people": "007", "is_urgent": "false"}])) == (0, 0, 0)
    assert history(home) == [("R1", 7, 1, None)]
    assert query(home, "SELECT load_id, source FROM core.load ORDER BY 1") == [(1, "desk"), (2, "desk")]  # yet the load is held


def test_an_empty_load_closes_every_record(reports: Catalog, home: Path) -> None:
    merged(reports, home, [{"report_no": "R1"}, {"report_no": "R2"}])
    assert counts(merged(reports, home, [])) == (0, 0, 2)
    assert query(home, "SELECT count(*) FROM core.report") == [(0,)]
    assert query(home, "SELECT row_count, load_id, known_to FROM core.delivery ORDER BY 2") == [(2, 1, 2), (0, 2, None)]


def test_several_loads_at_once_give_what_one_by_one_gives(reports: Catalog, home: Path, tmp_path: Path) -> None:
    snapshots = [[{"report_no": "R1", "people": 1}], [{"report_no": "R1", "people": "x"}, {"report_no": "R2"}], [{"report_no": "R2"}]]
    for rows in snapshots:
        merged(reports, home, rows)
    one_by_one = content(home, reports)
    (home / "warehouse.duckdb").unlink()
    result = conform.run(catalog=reports, home=home)
    assert (result.loads, counts(result)) == ([1, 2, 3], (2, 1, 1))  # R1 and R2 new; R1 changed; R1 gone
    assert content(home, reports) == one_by_one
    assert conform.run(catalog=reports, home=home) == conform.ConformResult()  # nothing left to do
    assert content(home, reports) == one_by_one


def test_a_load_is_written_down(reports: Catalog, home: Path) -> None:
    merged(reports, home, [{"report_no": "R1"}])
    load_id, source, landed_at, manifest = query(home, "SELECT * FROM core.load")[0]
    assert (load_id, source) == (1, "desk")
    on_disk = json.loads((home / "raw/desk/manifest/00000001.json").read_text())
    assert json.loads(manifest) == on_disk
    utc = datetime.strptime(on_disk["landed_at"], "%Y-%m-%dT%H:%M:%S.%fZ")
    assert (landed_at - utc).total_seconds() == 8 * 3600  # local time of the standard's zone, UTC+8


# --- keys ------------------------------------------------------------------------------------------------------------------


def test_exact_repeats_collapse(reports: Catalog, home: Path) -> None:
    row = {"report_no": "R1", "people": 1, "remark": ""}
    result = merged(reports, home, [row, row, {"report_no": "R2"}, row])
    assert (counts(result), result.issues) == ((2, 0, 0), 0)


def test_of_conflicting_rows_the_first_in_file_order_stays(reports: Catalog, home: Path) -> None:
    a, b, c = ({"report_no": "R1", "people": n} for n in (3, 1, 2))
    result = merged(reports, home, [{"report_no": "R0"}, a, b, a, c, b])  # a stays; b and c are set aside once each
    assert result.issues == 2
    assert history(home) == [("R0", None, 1, None), ("R1", 3, 1, None)]
    issues = query(home, "SELECT table_name, record_key, column_name, raw_value FROM core.cast_issue ORDER BY raw_value")
    assert [issue[:3] for issue in issues] == [("report", "R1", "<key>")] * 2
    assert [json.loads(issue[3])["people"] for issue in issues] == ["1", "2"]
    assert json.loads(issues[0][3]) == {**dict.fromkeys(REPORT_COLUMNS), "report_no": "R1", "people": "1"}


def test_rows_without_a_key_are_set_aside(reports: Catalog, home: Path) -> None:
    result = merged(reports, home, [{"people": 1}, {"people": 1}, {"people": 2}, {"report_no": "R1", "people": 1}])
    assert (counts(result), result.issues) == ((1, 0, 0), 2)  # the repeat collapses
    issues = query(home, "SELECT record_key, column_name, raw_value FROM core.cast_issue ORDER BY raw_value")
    assert [(k, c, json.loads(v)["people"]) for k, c, v in issues] == [("", "<key>", "1"), ("", "<key>", "2")]


def test_a_key_that_cannot_be_cast_and_a_key_of_two_columns(home: Path, tmp_path: Path) -> None:
    catalog = standard(tmp_path / "definitions", {"staff": {"kind": "files", "tables": {"unit": {"into": "unit"}}}})
    rows = [
        {"unit_code": "A1", "valid_from": "2026-01-01"},
        {"unit_code": "A1", "valid_from": "2026-02-01"},  # the same unit from another day: another key
        {"unit_code": "A1", "valid_from": "2026-02-30"},  # no such day: no key
        {"unit_code": "A1", "valid_from": "2026-02-01", "valid_to": "x"},  # conflicts with the second row
    ]
    text = csv_text(list(TABLES["unit"]["columns"]), rows)
    extract.run(catalog=catalog, source="staff", location=make_zip(tmp_path / "s.zip", {"unit.csv": text}), home=home)
    assert conform.run(catalog=catalog, home=home).issues == 2  # and the x of the rejected row is no issue of its own
    assert query(home, "SELECT valid_from FROM core.unit ORDER BY 1") == [(date(2026, 1, 1),), (date(2026, 2, 1),)]
    found = query(home, "SELECT record_key, column_name FROM core.cast_issue ORDER BY 1")
    assert found == [("A1/", "<key>"), ("A1/2026-02-01", "<key>")]


# --- killed, rebuilt, redefined --------------------------------------------------------------------------------------------


def test_killed_in_the_middle_of_a_load_then_run_again(reports: Catalog, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second load is killed after its records were merged, before it is complete: nothing of it stands; the next run takes it."""
    for rows in ([{"report_no": "R1", "people": 1}], [{"report_no": "R1", "people": 2}, {"report_no": "R2", "people": "x"}]):
        land(reports, home, rows)
    conform.run(catalog=reports, home=home)
    expected = content(home, reports)
    (home / "warehouse.duckdb").unlink()

    stage = deliveries.stage_deliveries

    def killed(engine: DuckDBEngine, raw: Any, source: Any, plans: Any, loads: Any) -> list[str]:
        if loads[-1].load_id == 2:
            raise KeyboardInterrupt
        return stage(engine, raw, source, plans, loads)

    monkeypatch.setattr(deliveries, "stage_deliveries", killed)
    with pytest.raises(KeyboardInterrupt):
        conform.run(catalog=reports, home=home)
    assert query(home, "SELECT load_id FROM core.load") == [(1,)]
    assert history(home) == [("R1", 1, 1, None)]
    assert query(home, "SELECT count(*) FROM core.cast_issue") == [(0,)]
    monkeypatch.setattr(deliveries, "stage_deliveries", stage)
    assert conform.run(catalog=reports, home=home).loads == [2]
    assert content(home, reports) == expected


def test_rebuild_gives_the_same_content(reports: Catalog, home: Path) -> None:
    for rows in ([{"report_no": "R1", "people": 1}], [{"report_no": "R1", "people": "x"}, {"report_no": "R1", "people": 2}], []):
        merged(reports, home, rows)
    before = content(home, reports)
    inode = (home / "warehouse.duckdb").stat().st_ino
    assert conform.run(catalog=reports, home=home, rebuild=True).loads == [1, 2, 3]
    assert content(home, reports) == before
    assert (home / "warehouse.duckdb").stat().st_ino != inode  # another file took its place
    assert sorted(p.name for p in home.glob("warehouse*")) == ["warehouse.duckdb"]


def test_a_killed_rebuild_leaves_the_old_warehouse(reports: Catalog, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged(reports, home, [{"report_no": "R1"}])
    before = content(home, reports)
    stage = deliveries.stage_deliveries
    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "stage_deliveries", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            conform.run(catalog=reports, home=home, rebuild=True)
    assert deliveries.stage_deliveries is stage
    assert content(home, reports) == before
    (home / "warehouse.duckdb.new").write_bytes(b"half a file")  # as a kill in the middle of writing leaves it
    conform.run(catalog=reports, home=home, rebuild=True)
    assert content(home, reports) == before


def test_a_changed_definition_asks_for_a_rebuild(reports: Catalog, home: Path, tmp_path: Path) -> None:
    """A new column: the warehouse says what to do; after a rebuild older loads have null in it, and nothing else changed."""
    merged(reports, home, [{"report_no": "R1", "people": 1}])
    tables = {**TABLES, "report": {**TABLES["report"], "columns": {**TABLES["report"]["columns"], "place": "text"}}}
    source = {"desk": {"kind": "files", "tables": {"report": {"into": "report"}}}}
    wider = standard(tmp_path / "definitions", source, tables)
    with pytest.raises(
        ConformError, match=r"report\.yaml:1: .*core\.report_version with other columns \(place VARCHAR\).*policestats rebuild"
    ):
        conform.run(catalog=wider, home=home)
    conform.run(catalog=wider, home=home, rebuild=True)
    assert query(home, "SELECT report_no, people, place FROM core.report") == [("R1", 1, None)]


def test_a_core_table_without_a_source_is_there_and_empty(reports: Catalog, home: Path) -> None:
    conform.run(catalog=reports, home=home)
    assert query(home, "SELECT count(*) FROM core.person") == [(0,)]
    assert query(home, "SELECT count(*) FROM core.load") == [(0,)]


def test_a_source_that_nobody_describes_any_more_waits_and_the_others_go_on(reports: Catalog, home: Path, tmp_path: Path) -> None:
    merged(reports, home, [{"report_no": "R1"}])
    land(reports, home, [{"report_no": "R2"}])
    other = standard(tmp_path / "definitions", {"bureau": {"kind": "files", "tables": {"unit": {"into": "unit"}}}})
    unit = {"unit_code": "A1", "valid_from": "2020-01-01"}
    units = make_zip(tmp_path / "units.zip", {"unit.csv": csv_text(UNIT_COLUMNS, [unit])})
    extract.run(catalog=other, source="bureau", location=units, home=home)
    with pytest.raises(ConformError, match="the raw folder: there is no source 'desk'"):
        conform.run(catalog=other, home=home)
    assert query(home, "SELECT report_no FROM core.report") == [("R1",)]
    assert query(home, "SELECT unit_code FROM core.unit") == [("A1",)]
    before = content(home, reports)
    with pytest.raises(ConformError, match="The warehouse stays as it was"):
        conform.run(catalog=other, home=home, rebuild=True)
    assert content(home, reports) == before


def test_more_than_one_batch_of_a_database(home: Path, tmp_path: Path) -> None:
    """60,000 rows are two batches; one changed row is one version more."""
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": {"report": {"into": "report"}}}})
    rows = [(f"R{i}", "A1", "2026-01-05", "2026-01-05 08:00:00", i, 0.5, 0, None) for i in range(60_000)]
    location = make_sqlite(tmp_path / "s.sqlite", {"report": (", ".join(REPORT_COLUMNS), rows)})
    extract.run(catalog=catalog, source="desk", location=location, home=home)
    assert counts(conform.run(catalog=catalog, home=home)) == (60_000, 0, 0)
    rows[55_000] = (*rows[55_000][:-1], "changed")
    location = make_sqlite(tmp_path / "s.sqlite", {"report": (", ".join(REPORT_COLUMNS), rows)})
    extract.run(catalog=catalog, source="desk", location=location, home=home)
    assert counts(conform.run(catalog=catalog, home=home)) == (0, 1, 0)
    assert query(home, "SELECT sum(people), count(*) FROM core.report") == [
        (1_799_970_000, 60_000)
    ]  # 0 + 1 + ... + 59,999 = 59,999 * 60,000 / 2
