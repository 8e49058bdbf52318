"""Files through extract: the same content from every kind of file, increments a load each, and nothing half-landed."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, ExtractError
from policestats.landing.raw import LandedTable, RawStore
from policestats.stages import extract
from policestats.stages.run import RunResult, extract_all
from tests.landing.files.conftest import Server
from tests.stages.small import IDENTITY, REPORT_COLUMNS, csv_text, files, standard
from tests.support.object_store import KEY_ID, SECRET_KEY

ROWS = [
    {
        "report_no": "警1",
        "unit_code": "A1",
        "made_on": "2026-01-05",
        "entered_at": "2026-01-05 08:00:00",
        "people": "2",
        "remark": '一，"二"\n三',
    },
    {"report_no": "警2", "made_on": "2026-02-30", "loss_yuan": "1.5", "is_urgent": "true", "people": "007"},
    {"report_no": "警3"},
]
IDENTITIES = [{"person_no": "1", "sex_code": "1", "id_number": "999999199001010016"}]


def desk(folder: Path, table: str = "report", **options: Any) -> Catalog:
    """Return a standard whose source ``desk`` has one table of files."""
    return standard(folder / "definitions", {"desk": {"kind": "files", "tables": {table: {"into": table, **options}}}})


def land(catalog: Catalog, location: Path | str, home: Path) -> extract.ExtractResult:
    return extract.run(catalog=catalog, source="desk", location=str(location), home=home)


def tables(home: Path) -> list[LandedTable]:
    """Return what the loads say of the table report, load by load."""
    return [load.tables["report"] for load in RawStore(home).loads()]


def numbers(home: Path, load: int) -> list[str]:
    return [row["report_no"] for row in pq.read_table(RawStore(home).table_path("desk", "report", load)).to_pylist()]


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def report_csv(*report_nos: str) -> bytes:
    return csv_text(REPORT_COLUMNS, [{"report_no": no} for no in report_nos]).encode()


# --- one table, however it comes -------------------------------------------------------------------------------------------


def as_csv() -> bytes:
    return csv_text(REPORT_COLUMNS, ROWS).encode()


def as_xlsx() -> bytes:
    book, data = openpyxl.Workbook(), io.BytesIO()
    book.active.append(list(REPORT_COLUMNS))
    for row in ROWS:
        book.active.append([row.get(name) for name in REPORT_COLUMNS])
    book.save(data)
    return data.getvalue()


def as_parquet() -> bytes:
    data = io.BytesIO()
    columns = {name: pa.array([row.get(name) for row in ROWS], pa.string()) for name in REPORT_COLUMNS}
    pq.write_table(pa.table(columns), data)
    return data.getvalue()


def as_zip() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.csv", as_csv())
    return data.getvalue()


def test_the_same_table_from_every_kind_of_file_is_the_same_content(tmp_path: Path, home: Path, s3: Server) -> None:
    """The first delivery is a load; each of the others, of another kind and from another place, brings nothing new."""
    plain, chinese = desk(tmp_path), desk(tmp_path / "gb", encoding="gb18030", delimiter="\t", quote="'")
    put(s3.folder / "same" / "in" / "report.csv", as_csv())
    put(s3.folder / "same" / "in.zip", as_zip())
    gb18030 = as_csv().decode().replace(",", "\t").replace('"一，""二""\n三"', "'一，\"二\"\n三'").encode("gb18030")
    deliveries = {
        "csv": (plain, put(tmp_path / "csv" / "report.csv", as_csv()).parent),
        "csv in gb18030": (chinese, put(tmp_path / "gb18030" / "report.csv", gb18030).parent),
        "xlsx": (plain, put(tmp_path / "xlsx" / "report.xlsx", as_xlsx()).parent),
        "parquet": (plain, put(tmp_path / "parquet" / "report.parquet", as_parquet()).parent),
        "zip": (plain, put(tmp_path / "in.zip", as_zip())),
        "a single file": (plain, tmp_path / "csv" / "report.csv"),
        "s3": (plain, "s3://same/in"),
        "zip in s3": (plain, "s3://same/in.zip"),
    }
    for kind, (catalog, location) in deliveries.items():
        alone = tmp_path / f"home of {kind}"
        assert land(catalog, location, alone).rows == {"report": 3}, kind
        assert pq.read_table(RawStore(alone).table_path("desk", "report", 1)).to_pylist() == [
            {name: row.get(name) for name in REPORT_COLUMNS} for row in ROWS
        ], kind
        again = land(catalog, location, home)
        assert (again.load_id, again.unchanged) == ((1, False) if kind == "csv" else (None, True)), kind


def test_typed_columns_of_parquet_land_as_they_are(tmp_path: Path, home: Path) -> None:
    columns: dict[str, Any] = {name: pa.array(["x"]) for name in REPORT_COLUMNS}
    columns |= {"people": pa.array([2], pa.int32()), "made_on": pa.array([10], pa.date32()), "remark": pa.array(["r"]).dictionary_encode()}
    pq.write_table(pa.table(columns), tmp_path / "report.parquet")
    with pytest.raises(ExtractError, match=r"table 'report': the column 'remark' is 'string', expected integer"):
        land(desk(tmp_path, types={"remark": "integer"}), tmp_path / "report.parquet", home)
    land(desk(tmp_path), tmp_path / "report.parquet", home)
    landed = pq.read_schema(RawStore(home).table_path("desk", "report", 1))
    assert (landed.field("people").type, landed.field("made_on").type, landed.field("remark").type) == (
        pa.int32(),
        pa.date32(),
        pa.string(),
    )
    assert tables(home)[0].source_types["people"] == "int32"


def test_identity_is_replaced_in_every_encoding(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = desk(tmp_path, "person", drop=["name"], identity=IDENTITY, encoding="gb18030")
    text = csv_text(["person_no", "sex_code", "id_number", "name"], [{**row, "name": "某某"} for row in IDENTITIES])
    land(catalog, put(tmp_path / "person.csv", text.encode("gb18030")), home)
    [person] = pq.read_table(RawStore(home).table_path("desk", "person", 1)).to_pylist()
    assert (person["id_is_valid"], person["birth_year"], person["birth_month"], person["sex_agrees"]) == ("true", "1990", "1", "true")
    assert "id_number" not in person
    assert "name" not in person
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(word in content for word in (b"999999199001010016", "某某".encode(), "某某".encode("gb18030"))), path


def test_the_keys_of_an_object_store_are_kept_nowhere(tmp_path: Path, home: Path, s3: Server) -> None:
    put(s3.folder / "kept" / "report.csv", as_csv())
    land(desk(tmp_path), "s3://kept", home)
    manifest = (home / "raw/desk/manifest/00000001.json").read_text()
    assert json.loads(manifest)["location"] == "s3://kept"
    assert not any(
        word in path.read_bytes() for path in home.rglob("*") if path.is_file() for word in (KEY_ID.encode(), SECRET_KEY.encode())
    )


# --- increments ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def monthly(tmp_path: Path) -> Catalog:
    return desk(tmp_path, file="report-*.csv", delivers="increments")


def test_every_new_file_is_a_load_in_order_of_the_names(monthly: Catalog, tmp_path: Path, home: Path) -> None:
    inbox = tmp_path / "in"
    put(inbox / "report-02.csv", report_csv("R2", "R3"))
    put(inbox / "report-01.csv", report_csv("R1", "R2"))
    result = land(monthly, inbox, home)
    assert (result.load_id, result.rows) == (2, {"report": 4})  # 2 + 2
    assert [numbers(home, load) for load in (1, 2)] == [["R1", "R2"], ["R2", "R3"]]
    assert [(t.mode, t.deleted, list(t.files)) for t in tables(home)] == [
        ("changes", 0, ["report-01.csv"]),
        ("changes", 0, ["report-02.csv"]),
    ]
    assert land(monthly, inbox, home).unchanged
    put(inbox / "report-03.csv", report_csv("R1"))
    assert land(monthly, inbox, home).load_id == 3
    assert numbers(home, 3) == ["R1"]
    assert land(monthly, inbox, home).unchanged


def test_an_empty_increment_is_a_delivery(monthly: Catalog, tmp_path: Path, home: Path) -> None:
    put(tmp_path / "in" / "report-01.csv", report_csv())
    assert (land(monthly, tmp_path / "in", home).load_id, tables(home)[0].rows) == (1, 0)
    assert land(monthly, tmp_path / "in", home).unchanged


def test_a_landed_file_that_holds_something_else_now_is_refused(monthly: Catalog, tmp_path: Path, home: Path) -> None:
    """Taken again, its record R2 would replace the later one of the second file."""
    inbox = tmp_path / "in"
    put(inbox / "report-01.csv", report_csv("R1", "R2"))
    put(inbox / "report-02.csv", report_csv("R2"))
    land(monthly, inbox, home)
    put(inbox / "report-01.csv", report_csv("R0", "R2"))
    before = files(home)
    with pytest.raises(
        ExtractError, match=r"table 'report': the file 'report-01\.csv' was landed before.*in a new file whose name comes after"
    ):
        land(monthly, inbox, home)
    assert files(home) == before
    put(inbox / "report-01.csv", report_csv("R1", "R2"))
    assert land(monthly, inbox, home).unchanged


def test_a_broken_increment_keeps_the_ones_before_it_and_lands_when_it_is_whole(monthly: Catalog, tmp_path: Path, home: Path) -> None:
    inbox = tmp_path / "in"
    put(inbox / "report-01.csv", report_csv("R1"))
    put(inbox / "report-02.csv", report_csv("R2") + b"R3\n")
    put(inbox / "report-03.csv", report_csv("R4"))
    with pytest.raises(ExtractError, match=r"report-02\.csv:3: 1 fields, the header has 8"):
        land(monthly, inbox, home)
    assert [list(t.files) for t in tables(home)] == [["report-01.csv"]]
    put(inbox / "report-02.csv", report_csv("R2", "R3"))
    assert land(monthly, inbox, home).load_id == 3
    assert [numbers(home, load) for load in (1, 2, 3)] == [["R1"], ["R2", "R3"], ["R4"]]


def test_an_increment_without_a_column(monthly: Catalog, tmp_path: Path, home: Path) -> None:
    """The last file is as described, so the table is; the first one is not."""
    put(tmp_path / "in" / "report-01.csv", report_csv("R1").replace(b",remark", b",note"))
    put(tmp_path / "in" / "report-02.csv", report_csv("R2"))
    with pytest.raises(
        ExtractError, match=r"report-01\.csv: the column 'remark' is missing; found: report_no.*note; deliver the file again"
    ):
        land(monthly, tmp_path / "in", home)
    assert tables(home) == []


def test_increments_beside_a_table_that_comes_whole(tmp_path: Path, home: Path) -> None:
    specs = {"report": {"into": "report", "file": "report-*.csv", "delivers": "increments"}, "unit": {"into": "unit"}}
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": specs}})
    units = list(catalog.tables["unit"].columns)
    put(tmp_path / "in" / "unit.csv", csv_text(units, [{"unit_code": "A1"}]).encode())
    for number in (1, 2):
        put(tmp_path / "in" / f"report-{number}.csv", report_csv(f"R{number}"))
    assert land(catalog, tmp_path / "in", home).rows == {"report": 2, "unit": 1}
    loads = RawStore(home).loads()
    assert [(load.tables["unit"].mode, load.tables["unit"].rows) for load in loads] == [("snapshot", 1), ("changes", 0)]
    put(tmp_path / "in" / "unit.csv", csv_text(units, [{"unit_code": "A2"}]).encode())
    assert land(catalog, tmp_path / "in", home).load_id == 3
    last = RawStore(home).loads()[-1].tables
    assert (last["unit"].mode, last["unit"].rows, last["report"].mode, last["report"].rows) == ("snapshot", 1, "changes", 0)


def test_increments_have_no_cursor(tmp_path: Path, home: Path) -> None:
    """Each file says by itself what is new in it."""
    catalog = desk(tmp_path, delivers="increments", cursor={"column": "entered_at"})
    put(tmp_path / "in" / "report.csv", report_csv("R1"))
    with pytest.raises(
        DefinitionError, match=r"table 'report': 'cursor' says nothing of a table that is delivered in increments; remove it"
    ):
        land(catalog, tmp_path / "in", home)


def test_a_file_with_a_cursor_lands_its_changes(tmp_path: Path, home: Path) -> None:
    """A full export each time, of which only what changed is kept: R1 as it was, R2 changed, R3 gone, R4 new with an old time."""
    catalog = desk(tmp_path, cursor={"column": "entered_at"})
    exports = [
        {"R1": "2026-01-01 08:00:00", "R2": "2026-01-02 08:00:00", "R3": "2026-01-03 08:00:00"},
        {"R1": "2026-01-01 08:00:00", "R2": "2026-01-04 08:00:00", "R4": "2026-01-01 09:00:00"},
    ]
    for number, export in enumerate(exports, 1):
        rows = [{"report_no": no, "entered_at": at} for no, at in export.items()]
        put(tmp_path / "in" / "report.csv", csv_text(REPORT_COLUMNS, rows).encode())
        assert land(catalog, tmp_path / "in", home).load_id == number
        assert land(catalog, tmp_path / "in", home).unchanged
    assert [(t.mode, t.rows, t.deleted) for t in tables(home)] == [("snapshot", 3, 0), ("changes", 2, 1)]
    assert sorted(numbers(home, 2)) == ["R2", "R4"]
    assert pq.read_table(RawStore(home).deleted_path("desk", "report", 2)).to_pylist() == [{"report_no": "R3"}]


# --- nothing half-landed ---------------------------------------------------------------------------------------------------

BROKEN: dict[str, tuple[str, bytes, str]] = {
    "a row too short": ("person.csv", b"person_no,sex_code,id_number\n1,1,9\n2\n", r"person\.csv:3: 1 fields"),
    "a broken quote": ("person.csv", b'person_no,sex_code,id_number\n1,"1"x,9\n', r"person\.csv:2: not valid CSV"),
    "a wrong byte": ("person.csv", b"person_no,sex_code,id_number\n1,\xff,9\n", r"person\.csv:2: byte 3 of the line \(0xff\)"),
    "no header": ("person.csv", b"", r"person\.csv:1: the file has no header"),
    "no such file": ("people.csv", b"person_no,sex_code,id_number\n", r"has no file 'person\.csv'"),
    "no workbook": ("person.xlsx", b"PK but no zip", r"person\.xlsx: it is not an Excel workbook"),
    "no parquet": ("person.parquet", b"PAR1", r"person\.parquet: it is not a Parquet file"),
    "a missing column": ("person.csv", b"person_no,sex\n1,1\n", r"the columns 'sex_code', 'id_number' are missing"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_of_one_table_lands_nothing_of_the_source_and_the_others_go_on(fault: str, tmp_path: Path, home: Path) -> None:
    name, content, message = BROKEN[fault]
    specs = {"report": {"into": "report"}, "person": {"into": "person", "identity": IDENTITY}}
    sources = {"desk": {"kind": "files", "tables": specs}, "staff": {"kind": "files", "tables": {"unit": {"into": "unit"}}}}
    catalog = standard(tmp_path / "definitions", sources)
    put(tmp_path / "in" / "report.csv", as_csv())
    put(tmp_path / "in" / name, content)
    units = put(tmp_path / "staff" / "unit.csv", csv_text(list(catalog.tables["unit"].columns), [{"unit_code": "A1"}]).encode())
    with pytest.raises(ExtractError, match=rf"source 'desk', table 'person'.*{message}"):
        land(catalog, tmp_path / "in", home)
    assert not home.exists() or files(home) == []
    result = RunResult("2026-01")
    extract_all(catalog, home, {"desk": str(tmp_path / "in"), "staff": str(units)}, result)
    assert files(home) == ["raw/staff/manifest/00000001.json", "raw/staff/unit/00000001.parquet"]
    assert len(result.problems) == 1
    assert "table 'person'" in result.problems[0]


# --- descriptions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["file", "encoding", "quote", "sheet", "delivers"])
def test_a_database_has_no_files(key: str, tmp_path: Path) -> None:
    value = "increments" if key == "delivers" else "x"
    with pytest.raises(DefinitionError, match=rf"desk\.yaml:\d+: the key '{key}' cannot stand here"):
        standard(tmp_path, {"desk": {"kind": "database", "tables": {"report": {"into": "report", key: value}}}})
