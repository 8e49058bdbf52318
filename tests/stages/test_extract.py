"""extract: what lands, when it is a load, and that nothing is half-landed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, ExtractError
from policestats.landing import database_reader
from policestats.landing.database import open_database, without_password
from policestats.landing.files import text as text_files
from policestats.landing.raw import RawStore
from policestats.stages import extract
from tests.stages.small import REPORT_COLUMNS, csv_text, files, make_sqlite, make_zip, reports_zip, standard

ONE = [{"report_no": "R1", "people": "2"}]
TWO = [{"report_no": "R1", "people": "2"}, {"report_no": "R2", "people": ""}]


def land(catalog: Catalog, home: Path, location: str, source: str = "desk") -> extract.ExtractResult:
    return extract.run(catalog=catalog, source=source, location=location, home=home)


def landed(home: Path, load_id: int, table: str = "report", source: str = "desk") -> list[dict[str, Any]]:
    return pq.read_table(home / "raw" / source / table / f"{load_id:08d}.parquet").to_pylist()


def database(tmp_path: Path, tables: dict[str, Any] | None = None) -> Catalog:
    return standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": tables or {"report": {"into": "report"}}}})


def test_a_zip_lands_as_text_with_its_manifest(reports: Catalog, home: Path, tmp_path: Path) -> None:
    rows = [
        {"report_no": "R1", "unit_code": "A1", "people": "007", "remark": 'one, "two"\nthree'},  # comma, quotes and a line break in a field
        {"report_no": "R2", "made_on": "2026-02-30", "loss_yuan": " 1.50 "},  # text stays as it was written
    ]
    told: list[str] = []
    location = reports_zip(tmp_path / "s.zip", rows)
    result = extract.run(catalog=reports, source="desk", location=location, home=home, progress=told.append)
    assert (result.load_id, result.rows, result.unchanged, result.issues) == (1, {"report": 2}, False, [])
    empty = dict.fromkeys(REPORT_COLUMNS)
    assert landed(home, 1) == [{**empty, **rows[0]}, {**empty, **rows[1]}]  # an empty field is null
    assert files(home) == ["raw/desk/manifest/00000001.json", "raw/desk/report/00000001.parquet"]
    manifest = json.loads((home / "raw/desk/manifest/00000001.json").read_text())
    assert (manifest["load_id"], manifest["source"], manifest["location"]) == (1, "desk", location)
    assert manifest["tables"]["report"]["rows"] == 2
    assert manifest["tables"]["report"]["columns"] == list(REPORT_COLUMNS)
    assert len(manifest["tables"]["report"]["sha256"]) == 64
    assert manifest["landed_at"].endswith("Z")
    assert told == ["desk.report: 2 rows"]


def test_a_byte_order_mark_and_chinese_text(reports: Catalog, home: Path, tmp_path: Path) -> None:
    text = csv_text(REPORT_COLUMNS, [{"report_no": "警1", "remark": "家庭纠纷"}])
    land(reports, home, make_zip(tmp_path / "s.zip", {"report.csv": text.encode("utf-8-sig")}))
    assert landed(home, 1)[0]["report_no"] == "警1"
    assert landed(home, 1)[0]["remark"] == "家庭纠纷"


def test_a_member_of_another_name(home: Path, tmp_path: Path) -> None:
    catalog = standard(
        tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"report": {"into": "report", "file": "in/Reports 2026.csv"}}}}
    )
    land(catalog, home, make_zip(tmp_path / "s.zip", {"in/Reports 2026.csv": csv_text(REPORT_COLUMNS, ONE)}))
    assert landed(home, 1)[0]["report_no"] == "R1"


def test_batches_keep_every_row_in_order(reports: Catalog, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "CHUNK", 120)
    monkeypatch.setattr(database_reader, "BATCH_ROWS", 3)
    rows = [{"report_no": f"R{i}"} for i in range(10)]  # of a database 3 + 3 + 3 + 1
    assert land(reports, home, reports_zip(tmp_path / "s.zip", rows)).rows == {"report": 10}
    assert [row["report_no"] for row in landed(home, 1)] == [f"R{i}" for i in range(10)]
    assert pq.ParquetFile(home / "raw/desk/report/00000001.parquet").num_row_groups > 1
    location = make_sqlite(tmp_path / "s.sqlite", {"report": (", ".join(REPORT_COLUMNS), [(f"R{i}", *[None] * 7) for i in range(10)])})
    other = tmp_path / "other"
    assert land(database(tmp_path), other, location).rows == {"report": 10}
    assert landed(other, 1) == landed(home, 1)


def test_a_database_lands_as_text(home: Path, tmp_path: Path) -> None:
    """Values of any type as text that reads back; null and an empty text stay two things; a declared type changes nothing."""
    declared = (
        "report_no TEXT, unit_code TEXT, made_on DATE, entered_at TIMESTAMP, people INTEGER, loss_yuan REAL, is_urgent BOOLEAN, remark BLOB"
    )
    rows = [
        ("R1", "", "2026-02-30", "2026-01-05 08:00:00", 3, 0.1, 1, b"\x01\xff"),
        ("R2", None, None, None, None, None, None, None),
    ]
    location = make_sqlite(tmp_path / "s.sqlite", {"report": (declared, rows)})
    assert land(database(tmp_path), home, location).rows == {"report": 2}
    assert [tuple(row.values()) for row in landed(home, 1)] == [
        ("R1", "", "2026-02-30", "2026-01-05 08:00:00", "3", "0.1", "1", "01ff"),
        ("R2", None, None, None, None, None, None, None),
    ]


def test_a_url_is_read_as_a_path_is(home: Path, tmp_path: Path) -> None:
    location = make_sqlite(tmp_path / "a b%20?.sqlite", {"report": (", ".join(REPORT_COLUMNS), [("R1", *[None] * 7)])})
    assert land(database(tmp_path), home, location).load_id == 1
    plain = make_sqlite(tmp_path / "s.sqlite", {"report": (", ".join(REPORT_COLUMNS), [("R2", *[None] * 7)])})
    assert land(database(tmp_path), home, f"sqlite:///{plain}").load_id == 2


def test_a_duckdb_url_and_typed_values(home: Path, tmp_path: Path) -> None:
    """Another driver: dates, times and decimals come as Python values and land as text."""
    with duckdb.connect(str(tmp_path / "s.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE report AS SELECT 'R1' AS report_no, 'A1' AS unit_code, DATE '2026-01-05' AS made_on, "
            "TIMESTAMP '2026-01-05 08:00:01' AS entered_at, 3 AS people, 1.50::DECIMAL(9,2) AS loss_yuan, true AS is_urgent, NULL AS remark"
        )
    land(database(tmp_path), home, f"duckdb:///{tmp_path}/s.duckdb")
    assert list(landed(home, 1)[0].values()) == ["R1", "A1", "2026-01-05", "2026-01-05 08:00:01", "3", "1.50", "true", None]


def test_a_view_is_a_table(home: Path, tmp_path: Path) -> None:
    location = make_sqlite(tmp_path / "s.sqlite", {"kept": (", ".join(REPORT_COLUMNS), [("R1", *[None] * 7)])})
    with sqlite3.connect(location) as connection:
        connection.execute("CREATE VIEW report AS SELECT * FROM kept")
    connection.close()
    assert land(database(tmp_path), home, location).rows == {"report": 1}


def test_a_database_is_read_in_one_transaction(home: Path, tmp_path: Path) -> None:
    """What another process commits between two tables is not seen: the second table is of the same moment as the first."""
    tables = {"report": {"into": "report"}, "person": {"into": "person"}}
    columns = "person_no, sex_code, person_key, id_is_valid, birth_year, birth_month, sex_agrees"
    location = make_sqlite(
        tmp_path / "s.sqlite",
        {"report": (", ".join(REPORT_COLUMNS), [("R1", *[None] * 7)]), "person": (columns, [(1, *[None] * 6)])},
    )
    writer = sqlite3.connect(location)
    writer.execute("PRAGMA journal_mode = WAL")  # lets the writer commit while a reader is inside its transaction
    writer.commit()

    def write_in_between(message: str) -> None:
        if message.startswith("desk.report"):
            writer.execute("INSERT INTO person (person_no) VALUES (2)")
            writer.commit()

    catalog = database(tmp_path, tables)
    first = extract.run(catalog=catalog, source="desk", location=location, home=home, progress=write_in_between)
    assert first.rows == {"report": 1, "person": 1}
    assert land(catalog, home, location).rows == {"report": 1, "person": 2}
    writer.close()


def test_a_source_is_never_written(tmp_path: Path, home: Path) -> None:
    location = make_sqlite(tmp_path / "s.sqlite", {"report": ("report_no", [("R1",)])})
    with open_database("desk", location) as reader, pytest.raises(Exception, match="readonly"):
        reader._connection.exec_driver_sql("DELETE FROM report")


def test_unchanged_content_is_no_load(reports: Catalog, home: Path, tmp_path: Path) -> None:
    land(reports, home, reports_zip(tmp_path / "s.zip", TWO))
    again = land(reports, home, reports_zip(tmp_path / "again.zip", TWO))
    assert (again.load_id, again.unchanged, again.rows) == (None, True, {"report": 2})
    turned = land(reports, home, reports_zip(tmp_path / "turned.zip", TWO[::-1]))  # the same rows in another order
    assert turned.unchanged
    assert files(home) == ["raw/desk/manifest/00000001.json", "raw/desk/report/00000001.parquet"]


@pytest.mark.parametrize(
    "rows",
    [
        [{"report_no": "R1", "people": "2"}, {"report_no": "R2", "people": "2"}],  # a value more
        [{"report_no": "R1", "people": "2"}],  # a row less
        [*TWO, TWO[1]],  # a repeat more
        [{"report_no": "R1", "people": ""}, {"report_no": "R2", "people": "2"}],  # a value in another row
        [{"report_no": "R1", "people": "", "unit_code": "2"}, {"report_no": "R2"}],  # a value in another column
    ],
)
def test_any_change_is_a_load(rows: list[dict[str, str]], reports: Catalog, home: Path, tmp_path: Path) -> None:
    land(reports, home, reports_zip(tmp_path / "s.zip", TWO))
    assert land(reports, home, reports_zip(tmp_path / "next.zip", rows)).load_id == 2


def test_going_back_to_an_earlier_content_is_a_load(reports: Catalog, home: Path, tmp_path: Path) -> None:
    """Only the last load is compared: a record deleted by mistake and brought back is news."""
    loads = [land(reports, home, reports_zip(tmp_path / f"{i}.zip", rows)).load_id for i, rows in enumerate([TWO, ONE, TWO])]
    assert loads == [1, 2, 3]


def test_load_ids_run_over_all_sources(home: Path, tmp_path: Path) -> None:
    catalog = standard(
        tmp_path / "definitions",
        {
            "desk": {"kind": "files", "tables": {"report": {"into": "report"}}},
            "staff": {"kind": "files", "tables": {"unit": {"into": "unit"}}},
        },
    )
    units = make_zip(tmp_path / "u.zip", {"unit.csv": csv_text(list(catalog.tables["unit"].columns), [{"unit_code": "A1"}])})
    assert land(catalog, home, reports_zip(tmp_path / "1.zip", ONE)).load_id == 1
    assert land(catalog, home, units, "staff").load_id == 2
    assert land(catalog, home, reports_zip(tmp_path / "2.zip", TWO)).load_id == 3
    assert [m.source for m in RawStore(home).loads()] == ["desk", "staff", "desk"]


def test_an_empty_table_is_a_delivery(reports: Catalog, home: Path, tmp_path: Path) -> None:
    result = land(reports, home, reports_zip(tmp_path / "s.zip", []))
    assert (result.load_id, result.rows) == (1, {"report": 0})
    assert result.issues == ["desk.report: the table is empty; zero rows are a delivery"]
    assert landed(home, 1) == []


def test_columns_that_nobody_named_do_not_land(home: Path, tmp_path: Path) -> None:
    spec = {"into": "report", "columns": {"remark": "note"}, "drop": ["phone"]}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"report": spec}}})
    columns = [c for c in REPORT_COLUMNS if c != "remark"] + ["note", "phone", "unheard_of"]
    rows = [{"report_no": "R1", "note": "n", "phone": "1", "unheard_of": "x"}]
    land(catalog, home, make_zip(tmp_path / "s.zip", {"report.csv": csv_text(columns, rows)}))
    assert set(landed(home, 1)[0]) == {*REPORT_COLUMNS, "note"} - {"remark"}


# --- sources that are not as described -------------------------------------------------------------------------------------


def refused(catalog: Catalog, home: Path, location: str, *words: str) -> None:
    """Landing stops with all ``words`` in its message, and leaves no file behind."""
    before = files(home) if home.exists() else []
    with pytest.raises(ExtractError) as error:
        land(catalog, home, location)
    for word in words:
        assert word in str(error.value)
    assert (files(home) if home.exists() else []) == before


def test_a_zip_without_a_member(reports: Catalog, home: Path, tmp_path: Path) -> None:
    location = make_zip(tmp_path / "s.zip", {"reports.csv": csv_text(REPORT_COLUMNS, ONE)})
    refused(reports, home, location, "'desk'", "table 'report'", "no file 'report.csv'", "did you mean reports.csv?", "deliver the file")


def test_a_missing_column(reports: Catalog, home: Path, tmp_path: Path) -> None:
    text = csv_text([c for c in REPORT_COLUMNS if c != "people"] + ["persons"], [{"report_no": "R1"}])
    location = make_zip(tmp_path / "s.zip", {"report.csv": text})
    refused(reports, home, location, "'desk'", "'report'", "column 'people' is missing", "found: report_no", "persons", "restore it")


def test_a_database_without_the_table_or_the_column(home: Path, tmp_path: Path) -> None:
    location = make_sqlite(tmp_path / "s.sqlite", {"reports": ("report_no", [])})
    refused(database(tmp_path), home, location, "'desk'", "no table or view 'report'", "did you mean reports?")
    location = make_sqlite(tmp_path / "s.sqlite", {"report": (", ".join(REPORT_COLUMNS[:-1]), [])})
    refused(database(tmp_path), home, location, "'desk'", "'report'", "column 'remark' is missing", "found: report_no, unit_code")


def test_what_is_checked_before_anything_lands(home: Path, tmp_path: Path) -> None:
    """The second table lacks a column: nothing of the first is on disk either."""
    tables = {"report": {"into": "report"}, "person": {"into": "person"}}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": tables}})
    location = make_zip(tmp_path / "s.zip", {"report.csv": csv_text(REPORT_COLUMNS, ONE), "person.csv": "person_no\n1\n"})
    refused(catalog, home, location, "table 'person'", "'sex_code'")
    assert not home.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", ["report.csv:1", "no header line"]),
        (b"report_no,report_no\n", ["report.csv:1", "'report_no' stands twice"]),
        (csv_text(REPORT_COLUMNS, TWO).encode() + b"R3,A1\n", ["report.csv:4", "2 fields, the header has 8"]),
        (csv_text(REPORT_COLUMNS, TWO).encode() + "警\n".encode("gb18030"), ["report.csv:4", "byte 1 of the line (0xbe)", "is not UTF-8"]),
        (csv_text(REPORT_COLUMNS, ONE).encode() + b'R2,"A1"x,,,,,,\n', ["report.csv:3", "not valid CSV"]),
        (csv_text(REPORT_COLUMNS, ONE).encode() + b'R2,"A1,,,,,,\n', ["report.csv:3", "not valid CSV"]),  # the quote never closes
    ],
)
def test_a_broken_csv_names_its_line(text: bytes, words: list[str], reports: Catalog, home: Path, tmp_path: Path) -> None:
    refused(reports, home, make_zip(tmp_path / "s.zip", {"report.csv": text}), *words)


def test_blank_lines_hold_no_record(reports: Catalog, home: Path, tmp_path: Path) -> None:
    text = csv_text(REPORT_COLUMNS, ONE) + "\n\n"
    assert land(reports, home, make_zip(tmp_path / "s.zip", {"report.csv": text})).rows == {"report": 1}


def test_a_file_that_is_not_a_zip_or_not_there(reports: Catalog, home: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.zip"
    page.write_text("<html>not found</html>")
    refused(reports, home, str(page), str(page), "is not a zip file")
    refused(reports, home, str(tmp_path / "none.zip"), "there is no file", "none.zip")
    refused(reports, home, str(tmp_path), f"{tmp_path} has no file 'report.csv'")  # a folder is a place of files, too


def test_a_damaged_zip(reports: Catalog, home: Path, tmp_path: Path) -> None:
    location = Path(reports_zip(tmp_path / "s.zip", [{"report_no": f"R{i}", "remark": str(i * i)} for i in range(500)]))
    data = bytearray(location.read_bytes())
    data[len(data) // 3] ^= 0xFF  # one byte inside the compressed member
    location.write_bytes(bytes(data))
    refused(reports, home, str(location), "report.csv", "damaged")


def test_a_database_that_is_not_there_or_not_one(home: Path, tmp_path: Path) -> None:
    catalog = database(tmp_path)
    refused(catalog, home, str(tmp_path / "none.sqlite"), "there is no file")
    refused(catalog, home, f"sqlite:///{tmp_path}/none.sqlite", "there is no file")
    assert not (tmp_path / "none.sqlite").exists()  # SQLite would have made an empty one
    text = tmp_path / "text.sqlite"
    text.write_text("this is no database, only a long enough text " * 50)
    refused(catalog, home, str(text), "not a database that can be opened")
    refused(catalog, home, "nosuch://user:secret@host/db", "needs a driver")
    with pytest.raises(ExtractError) as error:
        land(catalog, home, "nosuch://user:secret@host/db?password=secret")
    assert "secret" not in str(error.value)


def test_a_text_of_a_database_that_is_not_utf8(home: Path, tmp_path: Path) -> None:
    """The error says where, and never repeats the text: it may be a name."""
    location = make_sqlite(tmp_path / "s.sqlite", {"report": (", ".join(REPORT_COLUMNS), [("R1", *[None] * 7)])})
    with sqlite3.connect(location) as connection:
        connection.execute(
            "INSERT INTO report (report_no, remark) VALUES ('R2', CAST(X'616263BEAF' AS TEXT))"
        )  # 'abc' and two GB18030 bytes
    connection.close()
    refused(database(tmp_path), home, location, "'report'", "is not UTF-8", "0xbe")
    with pytest.raises(ExtractError) as error:
        land(database(tmp_path), home, location)
    assert "abc" not in str(error.value)


def test_a_password_is_neither_kept_nor_shown() -> None:
    assert without_password("postgresql://reader:secret@host/db?password=secret&sslmode=require") == "postgresql://reader:***@host/db"
    assert without_password("/data/desk.sqlite") == "/data/desk.sqlite"
    assert "secret" not in without_password("postgresql://reader:secret@host:port/db")  # not a valid port: cannot be parsed


@pytest.mark.parametrize("password", ["my@secret", "my@sec/secret", "my@secret@end", "@secret"])
def test_a_password_with_an_at_sign_is_not_taken_for_the_host(tmp_path: Path, home: Path, password: str) -> None:
    location = f"postgresql://reader:{password}@127.0.0.1:1/db"
    with pytest.raises(ExtractError, match=r"postgresql://\*\*\* has more than one @; write an @ in a password as %40") as error:
        land(database(tmp_path), home, location)
    assert "secret" not in f"{error.value}{without_password(location)}"


# --- killed and run again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moves_done", [0, 1, 2])
def test_killed_before_the_manifest_then_run_again(moves_done: int, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while the files are moved into place: no load; what the kill left is gone after the next run, which lands the same load."""
    tables = {"report": {"into": "report"}, "unit": {"into": "unit"}}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": tables}})
    unit = csv_text(list(catalog.tables["unit"].columns), [{"unit_code": "A1"}])
    first = make_zip(tmp_path / "1.zip", {"report.csv": csv_text(REPORT_COLUMNS, ONE), "unit.csv": unit})
    second = make_zip(tmp_path / "2.zip", {"report.csv": csv_text(REPORT_COLUMNS, TWO), "unit.csv": unit})
    land(catalog, home, first)
    stand = files(home)

    move, sweep = RawStore._move, RawStore._sweep
    moved: list[Path] = []

    def killed(self: RawStore, written: Path, place: Path) -> None:
        if len(moved) == moves_done:
            monkeypatch.setattr(RawStore, "_sweep", lambda self, folder: None)  # a killed process tidies nothing
            raise KeyboardInterrupt
        moved.append(place)
        move(self, written, place)

    monkeypatch.setattr(RawStore, "_move", killed)
    with pytest.raises(KeyboardInterrupt):
        land(catalog, home, second)
    assert set(files(home)) > set(stand)  # something was left behind
    assert [m.load_id for m in RawStore(home).loads()] == [1]

    monkeypatch.setattr(RawStore, "_move", move)
    monkeypatch.setattr(RawStore, "_sweep", sweep)
    assert land(catalog, home, first).unchanged  # the leavings are no load: the last one is still the first
    assert files(home) == stand
    assert land(catalog, home, second).load_id == 2
    assert files(home) == sorted(
        [*stand, "raw/desk/manifest/00000002.json", "raw/desk/report/00000002.parquet", "raw/desk/unit/00000002.parquet"]
    )
    assert len(landed(home, 2)) == 2


def test_an_error_in_the_middle_of_a_table_leaves_nothing(
    reports: Catalog, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_files, "CHUNK", 100)
    land(reports, home, reports_zip(tmp_path / "1.zip", ONE))
    text = csv_text(REPORT_COLUMNS, TWO).encode() + b"R3\n"
    refused(reports, home, make_zip(tmp_path / "2.zip", {"report.csv": text}), "report.csv:4")


# --- descriptions that make no sense ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"report": {"into": "report", "columns": {"peeple": "x"}}}, r"has no column 'peeple'; did you mean people\?"),
        ({"report": {"into": "report", "drop": ["people"]}}, "the column 'people' must never land"),
        ({"report": {}}, "nothing of it would land"),
        ({"report": {"into": "report"}, "old_report": {"into": "report"}}, r"desk\.old_report and desk\.report both feed the core table"),
    ],
)
def test_a_description_that_contradicts_itself(tables: dict[str, Any], message: str, home: Path, tmp_path: Path) -> None:
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": tables}})
    with pytest.raises(DefinitionError, match=message) as error:
        land(catalog, home, reports_zip(tmp_path / "s.zip", ONE))
    assert "desk.yaml:" in str(error.value)
