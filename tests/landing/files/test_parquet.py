"""Parquet files: types are kept, only the wanted columns are read, and a fault names its row group."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from policestats.landing.files import open_files, parquet_file
from tests.landing.files.reading import plan, read, refused, schema


def written(folder: Path, columns: dict[str, pa.Array], name: str = "report.parquet", rows_per_group: int = 1000) -> Path:
    pq.write_table(pa.table(columns), folder / name, row_group_size=rows_per_group, compression="none", use_dictionary=False)
    return folder


def test_types_are_kept(tmp_path: Path) -> None:
    at = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    columns = {
        "no": pa.array([7, None], pa.int32()),
        "made_on": pa.array([date(2026, 1, 5), None]),
        "entered_at": pa.array([at.replace(tzinfo=None), None], pa.timestamp("us")),
        "sent_at": pa.array([at, None], pa.timestamp("ms", tz="UTC")),
        "loss": pa.array([Decimal("1.50"), None], pa.decimal128(9, 2)),
        "urgent": pa.array([True, None]),
        "share": pa.array([0.5, None]),
        "remark": pa.array(["警", None]),
    }
    written(tmp_path, columns)
    assert schema(tmp_path, plan()) == {
        "no": "int32",
        "made_on": "date32[day]",
        "entered_at": "timestamp[us]",
        "sent_at": "timestamp[ms, tz=UTC]",
        "loss": "decimal128(9, 2)",
        "urgent": "bool",
        "share": "double",
        "remark": "string",
    }
    first = (7, date(2026, 1, 5), datetime(2026, 1, 5, 8, 0), at, Decimal("1.50"), True, 0.5, "警")
    assert read(tmp_path, plan()) == [first, (None,) * 8]


@pytest.mark.parametrize(
    "type_", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()), pa.binary(), pa.large_binary()]
)
def test_texts_of_any_kind_are_texts(type_: pa.DataType, tmp_path: Path) -> None:
    """Programs write texts in many ways; what lands is one type, so that the next load compares equal."""
    texts = pa.array(["警", None, ""])
    if pa.types.is_dictionary(type_):
        made = texts.dictionary_encode()
    elif pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        made = pa.array([text.encode() if text is not None else None for text in texts.to_pylist()], type_)
    else:
        made = texts.cast(type_)
    pq.write_table(pa.table({"a": made}), tmp_path / "report.parquet")
    assert schema(tmp_path, plan()) == {"a": "string"}
    with open_files("desk", str(tmp_path)) as reader:
        batches = list(reader.batches(plan(), columns=["a"]))
    assert [batch.schema.field("a").type for batch in batches] == [pa.string()]
    assert batches[0]["a"].to_pylist() == ["警", None, ""]


def test_a_column_of_nulls_only_is_a_text(tmp_path: Path) -> None:
    written(tmp_path, {"no": pa.array(["R1"]), "a": pa.nulls(1)})
    assert schema(tmp_path, plan())["a"] == "string"
    assert read(tmp_path, plan()) == [("R1", None)]


def test_only_the_wanted_columns_are_read(tmp_path: Path) -> None:
    """The bytes of a column that nobody wants are never looked at: damaged, they do not matter."""
    written(tmp_path, {"a": pa.array(["keep"] * 3), "b": pa.array(["other"] * 3)})
    path = tmp_path / "report.parquet"
    data = path.read_bytes()
    at = data.index(b"other")
    path.write_bytes(data[: at - 4] + b"\xff" * 4 + data[at:])  # the length of the first text
    assert read(tmp_path, plan(), ["a"]) == [("keep",)] * 3
    refused(tmp_path, plan(), "report.parquet, row group 0", "cannot be read", columns=["b"])


def test_row_groups_and_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "BATCH_ROWS", 4)
    written(tmp_path, {"a": pa.array(range(10))}, rows_per_group=5)
    with open_files("desk", str(tmp_path)) as reader:
        batches = list(reader.batches(plan(), columns=["a"]))
    assert [batch["a"].to_pylist() for batch in batches] == [[0, 1, 2, 3], [4], [5, 6, 7, 8], [9]]


def test_no_rows(tmp_path: Path) -> None:
    written(tmp_path, {"a": pa.array([], pa.int64())})
    assert (schema(tmp_path, plan()), read(tmp_path, plan())) == ({"a": "int64"}, [])


def test_files_that_are_no_parquet(tmp_path: Path) -> None:
    path = tmp_path / "report.parquet"
    path.write_text("secret")
    assert "secret" not in refused(tmp_path, plan(), "report.parquet", "not a Parquet file")
    path.write_bytes(b"")
    refused(tmp_path, plan(), "report.parquet", "not a Parquet file")
    written(tmp_path, {"a": pa.array(["x" * 100] * 100)})
    path.write_bytes(path.read_bytes()[:-50])
    refused(tmp_path, plan(), "report.parquet", "not a Parquet file that can be read, or is damaged")


def test_a_damaged_row_group(tmp_path: Path) -> None:
    written(tmp_path, {"a": pa.array(["one", "two", "three", "secret"])}, rows_per_group=2)
    path = tmp_path / "report.parquet"
    data = path.read_bytes()
    at = data.index(b"three")
    path.write_bytes(data[: at - 4] + b"\xff" * 4 + data[at:])
    assert "secret" not in refused(tmp_path, plan(), "report.parquet, row group 1", "damaged", "deliver the file again")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    written(tmp_path, {"a": pa.array([b"one", b"\xbe\xaf"], pa.binary())}, rows_per_group=1)
    refused(tmp_path, plan(), "report.parquet, row group 1", "no text")


def test_columns_that_hold_no_single_values(tmp_path: Path) -> None:
    written(tmp_path, {"no": pa.array([1]), "phones": pa.array([["secret"]])})
    assert read(tmp_path, plan(), ["no"]) == [(1,)]
    assert "secret" not in refused(tmp_path, plan(), "report.parquet, column 'phones'", "list<", columns=["phones"])


def test_a_column_twice(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "report.parquet")
    refused(tmp_path, plan(), "report.parquet", "the column 'a' stands twice")
