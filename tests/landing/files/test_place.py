"""Where files are: the same table from a folder, a zip, a zip in an object store and a prefix of it; which files are a table; what is missing."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policestats.errors import DefinitionError, ExtractError
from policestats.landing.files import open_files
from tests.landing.files.conftest import Server
from tests.landing.files.reading import plan, read, refused, schema

Files = dict[str, bytes]
Deliver = Callable[[Files], str]


def zip_of(files: Files) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def put(folder: Path, files: Files) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.fixture(params=["folder", "zip", "s3 prefix", "zip in s3"])
def deliver(request: pytest.FixtureRequest, tmp_path: Path) -> Deliver:
    """Return the function that delivers files in one of the ways and returns their location."""

    def make(files: Files) -> str:
        if request.param == "folder":
            put(tmp_path / "in", files)
            return str(tmp_path / "in")
        if request.param == "zip":
            put(tmp_path, {"in.zip": zip_of(files)})
            return str(tmp_path / "in.zip")
        server: Server = request.getfixturevalue("s3")
        bucket = f"b{uuid.uuid4().hex}"
        if request.param == "s3 prefix":
            put(server.folder / bucket / "a" / "b", files)
            return f"s3://{bucket}/a/b/"
        put(server.folder / bucket, {"in.zip": zip_of(files)})
        return f"s3://{bucket}/in.zip"

    return make


CSV = "no,x\n1,警\n".encode()


def parquet(**columns: list[object]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())


# --- which files are a table -----------------------------------------------------------------------------------------------


def test_a_file_is_named_as_its_table(deliver: Deliver) -> None:
    location = deliver({"report.csv": CSV, "report.csv.md5": b"0", "reports.csv": b"no,x\n2,\n", "person.parquet": parquet(no=[3])})
    assert read(location, plan()) == [("1", "警")]
    assert read(location, plan("person")) == [(3,)]
    assert read(location, plan("report_2026", member="report")) == [("1", "警")]  # the source's own name of the table


def test_a_name_of_its_own_in_folders(deliver: Deliver) -> None:
    location = deliver(
        {"2026/01/Reports of Jan.txt": CSV, "2026/02/Reports of Jan.txt": b"no,x\n2,\n", "Reports of Jan.txt": b"no,x\n3,\n"}
    )
    assert read(location, plan(file="2026/01/Reports of Jan.txt")) == [("1", "警")]
    assert read(location, plan(file="Reports*.txt")) == [("3", None)]  # a star stays within its folder
    assert read(location, plan(file="20*/*/Reports*.txt")) == [("1", "警"), ("2", None)]


def test_several_files_are_one_table_in_order_of_their_names(deliver: Deliver) -> None:
    location = deliver({f"incidents-{i:02d}.csv": f"no,x\n{i},a\n".encode() for i in (3, 1, 10, 2)} | {"incidents.csv": b"no,x\n9,z\n"})
    assert [row[0] for row in read(location, plan(file="incidents-*.csv"))] == ["1", "2", "3", "10"]
    with open_files("desk", location) as reader:
        assert list(reader.files(plan(file="incidents-*.csv"))) == [f"incidents-{i:02d}.csv" for i in (1, 2, 3, 10)]


def test_one_of_the_files(deliver: Deliver) -> None:
    location = deliver({"a-1.csv": b"no\n1\n", "a-2.csv": b"no\n2\n"})
    assert read(location, plan(file="a-*.csv"), ["no"], file="a-2.csv") == [("2",)]


def test_the_hash_of_a_file_is_that_of_its_bytes(deliver: Deliver) -> None:
    location = deliver({"report.csv": b"no\n1\n"})
    with open_files("desk", location) as reader:
        # printf 'no\n1\n' | sha256sum
        assert reader.files(plan()) == {"report.csv": "dcf91d1d05e6be1163573feae1da3e2470795db100547ad25b41b2621ea13aa6"}


def test_columns_in_another_order_are_the_same_columns(deliver: Deliver) -> None:
    location = deliver({"a-1.csv": b"no,x\n1,a\n", "a-2.csv": b"x,no\nb,2\n"})
    assert read(location, plan(file="a-*.csv"), ["no", "x"]) == [("1", "a"), ("2", "b")]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (b"no\n2\n", ["a-2.csv", "the column 'x', which a-1.csv has, this file has not"]),
        (b"no,x,y\n2,,\n", ["a-2.csv", "the column 'y', which a-1.csv has not, this file has"]),
        (b"no,X\n2,b\n", ["a-2.csv", "the column 'x', which a-1.csv has, this file has not"]),
    ],
)
def test_files_of_one_table_with_other_columns(second: bytes, words: list[str], deliver: Deliver) -> None:
    location = deliver({"a-1.csv": b"no,x\n1,a\n", "a-2.csv": second})
    refused(location, plan(file="a-*.csv"), *words, columns=None)


def test_files_of_one_table_with_other_types(tmp_path: Path) -> None:
    put(tmp_path, {"a-1.parquet": parquet(no=[1]), "a-2.parquet": parquet(no=["2"])})
    refused(tmp_path, plan(file="a-*.parquet"), "a-2.parquet", "the column 'no'", "has as string, not int64")


def test_a_table_in_two_formats(deliver: Deliver) -> None:
    location = deliver({"report.csv": CSV, "report.parquet": parquet(no=[1])})
    refused(location, plan(), "several formats (report.csv, report.parquet)", "keep one of them")
    assert read(location, plan(file="report.parquet")) == [(1,)]
    assert read(location, plan(format="parquet")) == [(1,)]


def test_a_missing_file(deliver: Deliver) -> None:
    location = deliver({"reports.csv": CSV, "unit.csv": CSV})
    shown = location.rstrip("/")
    refused(location, plan(), f"{shown} has no file 'report.csv'", "did you mean reports.csv?", "deliver the file")
    refused(location, plan(file="in/x-*.csv"), "has no file 'in/x-*.csv'", "'file:'")
    refused(location, plan(format="parquet"), "has no file 'report.parquet'")


def test_a_fault_names_the_place_and_the_line(deliver: Deliver) -> None:
    location = deliver({"a/report.csv": b"no,x\n1,2\n3\n"})
    between = "!" if location.endswith(".zip") else "/"
    refused(location, plan(file="a/report.csv"), f"{location.rstrip('/')}{between}a/report.csv:3: 1 fields, the header has 2")


def test_a_name_that_tells_no_format(tmp_path: Path) -> None:
    put(tmp_path, {"report.dat": CSV})
    with pytest.raises(ExtractError, match="does not tell the format; add format"):
        schema(tmp_path, plan(file="report.dat"))
    assert read(tmp_path, plan(file="report.dat", format="csv")) == [("1", "警")]


def test_file_and_member_are_two_names_for_one_thing(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="'file' and 'member' both name the file"):
        schema(tmp_path, plan(member="reports", file="report.csv"))


def test_files_are_not_read_by_key(tmp_path: Path) -> None:
    with open_files("desk", str(tmp_path)) as reader, pytest.raises(ExtractError, match="not read by key"):
        reader.rows_of(plan(), columns=["no"], keys=pa.table({"no": ["1"]}))


# --- a single file ---------------------------------------------------------------------------------------------------------


def test_a_single_file_is_the_file_of_every_table(tmp_path: Path, s3: Server) -> None:
    """Whatever its name: who runs the load has named it. A name in the description must fit."""
    put(tmp_path, {"cpd_2018-07-21.csv": CSV})
    put(s3.folder / "single", {"cpd_2018-07-21.csv": CSV})
    for location in (f"{tmp_path}/cpd_2018-07-21.csv", "s3://single/cpd_2018-07-21.csv"):
        assert read(location, plan()) == read(location, plan("person")) == [("1", "警")]
        assert read(location, plan(file="cpd_*.csv")) == [("1", "警")]
        refused(location, plan(file="other_*.csv"), "has no file 'other_*.csv'")


def test_the_sheets_of_a_workbook_in_a_zip(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["no"])
    book.active.append(["R1"])
    book.save(tmp_path / "report.xlsx")
    put(tmp_path, {"in.zip": zip_of({"report.xlsx": (tmp_path / "report.xlsx").read_bytes()})})
    assert read(tmp_path / "in.zip", plan()) == [("R1",)]


# --- places that are not there, or not what they look like -----------------------------------------------------------------


def opening_fails(location: Path | str, *words: str) -> str:
    with pytest.raises(ExtractError) as error, open_files("desk", str(location)):
        pass
    for word in ("source 'desk'", *words):
        assert word in str(error.value)
    return str(error.value)


def test_nothing_at_the_location(tmp_path: Path) -> None:
    opening_fails(tmp_path / "none.zip", "there is no file or folder", "none.zip", "give the folder, file or zip")
    opening_fails("ftp://user:secret@host/x", "files are not read from ftp://")
    assert "secret" not in opening_fails("ftp://user:secret@host/x")


def test_a_file_that_is_not_a_zip(tmp_path: Path) -> None:
    put(tmp_path, {"page.zip": b"<html>not found</html>", "cut.zip": zip_of({"report.csv": CSV * 100})[:-30]})
    opening_fails(tmp_path / "page.zip", "page.zip is not a zip file", "give the zip itself")
    opening_fails(tmp_path / "cut.zip", "cut.zip is not a zip file")


def test_a_zip_without_a_suffix(tmp_path: Path) -> None:
    put(tmp_path, {"download": zip_of({"report.csv": CSV})})
    assert read(tmp_path / "download", plan()) == [("1", "警")]


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
def test_a_damaged_zip(kind: str, tmp_path: Path) -> None:
    content = {"csv": b"no\n" + b"".join(b"%d\n" % (i * i) for i in range(2000)), "parquet": parquet(no=[i * i for i in range(2000)])}
    data = bytearray(zip_of({f"report.{kind}": content.get(kind, b"PK" * 999)}))
    data[len(data) // 3] ^= 0xFF  # one byte inside the compressed member
    put(tmp_path, {"in.zip": bytes(data)})
    refused(tmp_path / "in.zip", plan(), f"in.zip!report.{kind}", "damaged")


def test_a_zip_with_a_password(tmp_path: Path) -> None:
    data = bytearray(zip_of({"report.csv": CSV}))
    data[6] |= 1  # the flag of a locked member, in the member's head ...
    data[data.index(b"PK\x01\x02") + 8] |= 1  # ... and in the list at the end
    put(tmp_path, {"in.zip": bytes(data)})
    refused(tmp_path / "in.zip", plan(), "in.zip!report.csv", "locked with a password", "deliver the zip without one")


def test_a_file_written_while_it_is_read(tmp_path: Path) -> None:
    """Its rows may be of two deliveries: nothing of it is taken."""
    put(tmp_path, {"report.csv": b"no\n1\n"})
    with open_files("desk", str(tmp_path)) as reader:
        reader.schema(plan())
        put(tmp_path, {"report.csv": b"no\n1\n2\n"})
        with pytest.raises(ExtractError, match=r"report\.csv: it was written while it was read; run again"):
            list(reader.batches(plan(), columns=["no"]))


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    put(tmp_path, {"report.csv": b"no\n1\n"})
    with open_files("desk", str(tmp_path)) as reader:
        reader.schema(plan())
        (tmp_path / "report.csv").unlink()
        with pytest.raises(ExtractError, match=r"table 'report'.*report\.csv: cannot be read \(No such file or directory\)"):
            list(reader.batches(plan(), columns=["no"]))


# --- the object store ------------------------------------------------------------------------------------------------------


def test_a_bucket_or_prefix_that_is_not_there(s3: Server) -> None:
    put(s3.folder / "stays", {"in/report.csv": CSV})
    assert read("s3://stays/in", plan()) == [("1", "警")]
    opening_fails("s3://stays/none", "there is no file or folder s3://stays/none")
    opening_fails("s3://nowhere/in", "there is no file or folder s3://nowhere/in")


def test_a_wrong_key_is_told_and_never_shown(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    put(s3.folder / "locked", {"in/report.csv": CSV})
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
    message = opening_fails("s3://locked/in", "s3://locked/in cannot be reached", "(ACCESS_DENIED)", "the account")
    assert "wrong-secret" not in message
    assert "STATISTICS" not in message


def test_a_server_that_is_not_there(s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # the port of "discard": nobody listens
    opening_fails("s3://bucket/in", "s3://bucket/in cannot be reached (NETWORK_CONNECTION)", "check the address")


def test_an_address_with_keys_in_it_is_refused(s3: Server) -> None:
    for location in ("s3://ID:secret@bucket/in", "s3://bucket/in?secret_key=secret", "s3://"):
        message = opening_fails(location, "the address is not s3://bucket/prefix", "set AWS_ACCESS_KEY_ID")
        assert "secret@" not in message
        assert "=secret" not in message


def test_an_object_that_goes_away(s3: Server) -> None:
    put(s3.folder / "leaves", {"report.csv": CSV})
    with open_files("desk", "s3://leaves") as reader:
        reader.schema(plan())
        (s3.folder / "leaves" / "report.csv").unlink()
        with pytest.raises(ExtractError, match=r"s3://leaves/report\.csv: cannot be read"):
            list(reader.batches(plan(), columns=["no"]))
