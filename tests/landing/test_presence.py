"""Whether a column is filled in: what counts as a value, and that the column itself never lands."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.errors import DefinitionError
from policestats.stages import extract
from tests.landing.desk import gone, land, landed
from tests.stages.small import IDENTITY, files, standard
from tests.support.source_database import SourceDatabase

MAN = "999999199001010016"  # see tests/stages/test_identity.py for the check character
CORE = {
    "person": {
        "key": ["person_no"],
        "columns": {
            "person_no": "integer", "sex_code": "text", "person_key": "text", "id_is_valid": "boolean", "birth_year": "integer",
            "birth_month": "integer", "sex_agrees": "boolean", "name_is_filled": "boolean", "phone_is_filled": "boolean",
        },
    }
}  # fmt: skip
PERSON = {
    "into": "person",
    "cursor": {"column": "updated_at"},
    "identity": IDENTITY,
    "presence": {"name_is_filled": "name", "phone_is_filled": "phone"},
}
DDL = "CREATE TABLE person (person_no INTEGER, sex_code VARCHAR(1), name VARCHAR(20), phone VARCHAR(20), id_number VARCHAR(18), updated_at TIMESTAMP)"


def test_what_fills_a_column(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    catalog = standard(
        tmp_path / "definitions", {"desk": {"kind": "database", "placeholders": ["无", "不详", "0000"], "tables": {"person": PERSON}}}, CORE
    )
    names = [
        ("张测试", True), ("X", True), (" 李 ", True), ("7", True), ("不详者", True),  # a placeholder is the whole value
        (None, False), ("", False), ("  \u3000", False), ("无", False), (" 不详 ", False), ("0000", False), ("—", False), ("/", False), ("**", False),
    ]  # fmt: skip
    database.run(DDL)
    database.insert(
        "person", [(no, "1", name, None, MAN if no == 0 else None, "2026-01-05 08:00:00") for no, (name, _) in enumerate(names)]
    )
    load = land(catalog, database, home)
    assert load is not None
    columns = load.tables["person"].columns
    assert set(columns) == {*CORE["person"]["columns"], "updated_at"}
    at = {name: columns.index(name) for name in columns}
    rows = {int(row[at["person_no"]]): row for row in landed(home, load, "person")}
    assert [(name, rows[no][at["name_is_filled"]]) for no, (name, _) in enumerate(names)] == [
        (name, "true" if filled else "false") for name, filled in names
    ]
    assert {row[at["phone_is_filled"]] for row in rows.values()} == {"false"}
    assert (rows[0][at["birth_year"]], rows[0][at["sex_agrees"]], rows[1][at["birth_year"]]) == ("1990", "true", None)

    database.run("UPDATE person SET phone = '19900000001', updated_at = '2026-01-06 08:00:00' WHERE person_no = 3")
    database.run("DELETE FROM person WHERE person_no = 4")
    load = land(catalog, database, home)
    assert load is not None
    (changed,) = landed(home, load, "person")
    assert (changed[at["person_no"]], changed[at["phone_is_filled"]]) == ("3", "true")
    assert gone(home, load, "person") == [("4",)]
    for name in files(home):
        for secret in ("张测试", "19900000001", MAN):
            assert secret.encode() not in (home / name).read_bytes()
    for load_rows in (rows.values(), [changed]):
        assert not {"张测试", "19900000001", MAN} & {value for row in load_rows for value in row}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({**PERSON, "presence": {"nobody": "name"}}, "tables.person.presence.*no column 'nobody'"),
        ({**PERSON, "columns": {"sex_code": "name"}}, "the column 'name' must never land"),
        ({**PERSON, "presence": {"id_is_valid": "name"}}, "id_is_valid is made at landing and named a second time"),
    ],
)
def test_a_presence_that_makes_no_sense(spec: dict[str, object], message: str, home: Path, tmp_path: Path) -> None:
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": {"person": spec}}}, CORE)
    with pytest.raises(DefinitionError, match=message):
        extract.run(catalog=catalog, source="desk", location="unread", home=home)
    assert not home.exists()
