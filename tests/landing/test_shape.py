"""A source that has changed its shape is told before anything is landed: source, table, column, what was found and expected, the cure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, ExtractError
from policestats.landing.shape import family
from policestats.stages import extract
from policestats.stages.run import RunResult, extract_all
from tests.landing.desk import CURSOR, TABLES, calls, desk, land
from tests.stages.small import files, standard
from tests.support.source_database import SourceDatabase

ROW = (1, "A1", 2, "2026-01-05 08:00:00")


def refused(catalog: Catalog, database: SourceDatabase, home: Path, *words: str) -> None:
    """Landing stops with all ``words`` in its message, and changes no file."""
    before = files(home) if home.exists() else []
    with pytest.raises(ExtractError) as error:
        land(catalog, database, home)
    for word in ("source 'desk'", "table 'call'", *words):
        assert word in str(error.value)
    assert (files(home) if home.exists() else []) == before


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("varchar(12)", "text"), ("TEXT", "text"), ("uuid", "text"), ("large_string", "text"), ("nvarchar(9)", "text"), ("char(18)", "text"),
        ("integer", "integer"), ("BIGINT", "integer"), ("int8", "integer"), ("uint32", "integer"), ("tinyint(1)", "integer"), ("bigserial", "integer"),
        ("numeric(12, 2)", "decimal"), ("double precision", "decimal"), ("real", "decimal"), ("float", "decimal"), ("decimal128(9, 2)", "decimal"),
        ("date", "date"), ("date32[day]", "date"), ("datetime", "timestamp"), ("timestamp with time zone", "timestamp"), ("timestamp[us]", "timestamp"),
        ("boolean", "boolean"), ("bool", "boolean"), ("bytea", "binary"), ("blob", "binary"), ("interval", "time"), ("time without time zone", "time"),
        ("", None), ("point", None), ("mood", None),
    ],
)  # fmt: skip
def test_families_of_types(declared: str, expected: str | None) -> None:
    assert family(declared) == expected


def test_a_renamed_column_is_named(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, ROW)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("ALTER TABLE call ADD COLUMN remark VARCHAR(9)")
    database.run("ALTER TABLE call RENAME COLUMN people TO headcount")  # not alike, but in its place
    refused(
        catalog,
        database,
        home,
        "the column 'people' is missing ('people' was 'integer')",
        "'people' is probably 'headcount' now",
        "found: call_no",
        "restore it",
        "'columns:'",
    )
    mapped = desk(tmp_path, columns={"people": "headcount"})  # the cure
    load = land(mapped, database, home)
    assert load is not None
    assert (load.tables["call"].mode, load.tables["call"].rows) == ("snapshot", 1)


def test_a_column_that_is_gone(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, ROW)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("ALTER TABLE call DROP COLUMN unit_code")
    refused(
        catalog, database, home, "the column 'unit_code' is missing ('unit_code' was 'varchar(12)')", "found: call_no, people, updated_at"
    )
    with pytest.raises(ExtractError) as error:
        land(catalog, database, home)
    assert "probably" not in str(error.value)


def test_a_source_without_its_cursor(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, ROW)
    wrong = desk(tmp_path, cursor={"column": "changed_at"})
    refused(wrong, database, home, "the column 'changed_at' is missing", "remove 'cursor:' there, so that the table is read whole")
    assert not home.exists()


def test_a_table_that_is_gone(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, ROW)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("ALTER TABLE call RENAME TO calls")
    refused(catalog, database, home, "no table or view 'call'", "did you mean calls?")


def test_a_retyped_column(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """A number that becomes text could still be read, and is told all the same: until the description says that it is meant."""
    calls(database, ROW)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("DROP TABLE call")
    database.run("CREATE TABLE call (call_no INTEGER, unit_code VARCHAR(99), people VARCHAR(9), updated_at TIMESTAMP)")
    database.insert("call", [(1, "A1", "2", "2026-01-05 08:00:00")])
    refused(catalog, database, home, "'people' is 'varchar(9)', it was 'integer' at the last load", "types: {people: text}")
    accepted = desk(tmp_path, types={"people": "text"})
    assert land(accepted, database, home) is None  # the same values
    refused(desk(tmp_path, types={"people": "integer"}), database, home, "'people' is 'varchar(9)', expected integer")


def test_a_type_that_the_core_type_cannot_be_read_from(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    database.run("CREATE TABLE call (call_no INTEGER, unit_code VARCHAR(9), people DATE, updated_at TIMESTAMP)")
    refused(desk(tmp_path), database, home, "'people' is 'date', expected integer or decimal or text")
    assert not home.exists()


def test_types_of_a_column_that_is_not_read(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    with pytest.raises(
        DefinitionError, match=r"desk\.yaml:\d+: tables\.call\.types: the column 'poeple' is not read; did you mean people\?"
    ):
        land(desk(tmp_path, types={"poeple": "integer"}), database, home)


def test_the_other_sources_go_on(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, ROW)
    core: dict[str, Any] = {**TABLES, "unit": {"key": ["unit_code"], "columns": {"unit_code": "text"}}}
    sources = {
        "desk": {"kind": "database", "tables": {"call": {"into": "call", "cursor": CURSOR}}},
        "staff": {"kind": "database", "tables": {"call": {"into": "unit", "columns": {"unit_code": "code"}}}},
    }
    catalog = standard(tmp_path / "definitions", sources, core)
    result = RunResult("2026-01")
    extract_all(catalog, home, {"staff": database.location, "desk": database.location}, result)
    assert list(result.extracted) == ["desk"]
    assert result.extracted["desk"].rows == {"call": 1}
    assert len(result.problems) == 1
    assert "source 'staff', table 'call': the column 'code' is missing" in result.problems[0]
    again = extract.run(catalog=catalog, source="desk", location=database.location, home=home)
    assert again.unchanged
