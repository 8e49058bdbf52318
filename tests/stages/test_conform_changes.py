"""conform: loads of changes and deletions, what they do to versions and issues, and what a refused load leaves to the next one."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from policestats.catalog import Catalog
from policestats.errors import ConformError
from policestats.stages import conform
from tests.stages.raw_loads import Landing, changes, desk, put
from tests.stages.small import content, query, standard


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return desk(tmp_path / "definitions")


def merged(catalog: Catalog, home: Path, landing: Landing) -> tuple[int, int, int]:
    """Land and merge one load of the table report; return how many records were inserted, changed and removed."""
    put(catalog, home, "desk", {"report": landing})
    result = conform.run(catalog=catalog, home=home)
    return result.inserted["report"], result.changed["report"], result.removed["report"]


def history(home: Path) -> list[tuple[Any, ...]]:
    return query(home, "SELECT report_no, people, known_from, known_to FROM core.report_version ORDER BY ALL")


def issues(home: Path) -> list[tuple[Any, ...]]:
    return query(home, "SELECT record_key, column_name, load_id, known_to FROM core.cast_issue ORDER BY ALL")


def r(number: str | None, people: Any = None, **more: Any) -> dict[str, Any]:
    return {"report_no": number, "people": people, **more}


# --- versions --------------------------------------------------------------------------------------------------------------


def test_changes_touch_only_the_keys_they_name(catalog: Catalog, home: Path) -> None:
    assert merged(catalog, home, Landing([r("R1", 1), r("R2", 1), r("R3", 1)])) == (3, 0, 0)
    # R1 as it was (a repeat of the lag window), R2 changed, R4 new, R3 not named: it stands
    assert merged(catalog, home, changes([r("R1", 1), r("R2", 2), r("R4", 1)])) == (1, 1, 0)
    assert merged(catalog, home, changes([], deleted=["R3"])) == (0, 0, 1)
    assert merged(catalog, home, changes([r("R3", 1)])) == (1, 0, 0)  # back as it was: a version of its own
    assert history(home) == [
        ("R1", 1, 1, None),
        ("R2", 1, 1, 2),
        ("R2", 2, 2, None),
        ("R3", 1, 1, 3),
        ("R3", 1, 4, None),
        ("R4", 1, 2, None),
    ]


def test_a_load_of_zero_changes_leaves_everything(catalog: Catalog, home: Path) -> None:
    merged(catalog, home, Landing([r("R1", 1), r("R2", "x")]))
    before = content(home, catalog)
    assert merged(catalog, home, changes()) == (0, 0, 0)
    after = content(home, catalog)
    assert [row[:2] for row in after.pop("core.load")] == [(1, "desk"), (2, "desk")]  # it is written down that the source was read
    assert [row[:3] for row in after.pop("core.reading")] == [("desk", "report", 1), ("desk", "report", 2)]
    assert after == {name: rows for name, rows in before.items() if name not in ("core.load", "core.reading")}


def test_a_key_both_deleted_and_there_is_there(catalog: Catalog, home: Path) -> None:
    merged(catalog, home, Landing([r("R1", 1), r("R2", 1)]))
    assert merged(catalog, home, changes([r("R1", 1), r("R2", 2)], deleted=["R1", "R2"])) == (0, 1, 0)
    assert query(home, "SELECT report_no, people FROM core.report ORDER BY 1") == [("R1", 1), ("R2", 2)]


def test_a_deletion_of_what_is_not_there_is_none(catalog: Catalog, home: Path) -> None:
    merged(catalog, home, Landing([r("R1", 1)]))
    assert merged(catalog, home, changes([], deleted=["R9"])) == (0, 0, 0)
    merged(catalog, home, changes([], deleted=["R1"]))
    assert merged(catalog, home, changes([], deleted=["R1"])) == (0, 0, 0)
    assert history(home) == [("R1", 1, 1, 3)]


def test_a_snapshot_after_changes_closes_what_it_lacks(catalog: Catalog, home: Path) -> None:
    merged(catalog, home, Landing([r("R1", 1)]))
    merged(catalog, home, changes([r("R2", 1)]))
    assert merged(catalog, home, Landing([r("R2", 1)])) == (0, 0, 1)
    assert history(home) == [("R1", 1, 1, 3), ("R2", 1, 2, None)]


def test_changes_may_come_first(catalog: Catalog, home: Path) -> None:
    assert merged(catalog, home, changes([r("R1", 1)], deleted=["R0"])) == (1, 0, 0)


def test_a_key_of_two_columns_one_of_them_a_day(home: Path, tmp_path: Path) -> None:
    """Keys of deleted records are read as the records' own: 2026/1/5 and 2026-01-05 are one day."""
    catalog = desk(tmp_path / "definitions", {"unit": {"into": "unit"}})
    days = [{"unit_code": "A1", "valid_from": day} for day in ("2026-01-05", "2026-02-01")]
    put(catalog, home, "desk", {"unit": Landing(days)})
    put(catalog, home, "desk", {"unit": Landing([], "changes", [{"unit_code": "A1", "valid_from": "2026/1/5"}])})
    conform.run(catalog=catalog, home=home)
    assert query(home, "SELECT valid_from FROM core.unit") == [(date(2026, 2, 1),)]


def test_keys_of_deleted_records_that_lack_a_column(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    merged(catalog, home, Landing([r("R1", 1)]))
    put(catalog, home, "desk", {"report": changes([], deleted=["R1"])})
    renamed = desk(tmp_path / "definitions", {"report": {"into": "report", "columns": {"report_no": "number"}}})
    with pytest.raises(ConformError, match=r"00000002\.deleted\.parquet: .* lack the column 'number'.*report\.report_no is made"):
        conform.run(catalog=renamed, home=home)


# --- issues ----------------------------------------------------------------------------------------------------------------


def test_an_issue_stands_until_its_record_comes_again(catalog: Catalog, home: Path) -> None:
    merged(catalog, home, Landing([r("R1", "x"), r("R2", "y"), r("R3", "z")]))
    merged(catalog, home, changes([r("R4", 1)]))  # nothing is said of the three
    assert [issue[3] for issue in issues(home)] == [None, None, None]
    merged(catalog, home, changes([r("R1", 1), r("R2", "w")], deleted=["R3"]))  # corrected, wrong in another way, gone
    assert issues(home) == [
        ("R1", "people", 1, 3),
        ("R2", "people", 1, 3),
        ("R2", "people", 3, None),
        ("R3", "people", 1, 3),
    ]


def test_a_conflict_ends_when_its_key_comes_alone(catalog: Catalog, home: Path) -> None:
    merged(catalog, home, Landing([r("R1", 1), r("R1", 2), r("R2", 1), r("R2", 2)]))
    merged(catalog, home, changes([r("R1", 1)]))
    assert issues(home) == [("R1", "<key>", 1, 2), ("R2", "<key>", 1, None)]


def test_a_row_without_a_key_stays_an_issue_until_it_is_gone(catalog: Catalog, home: Path) -> None:
    merged(catalog, home, Landing([r(None, 1), r("R1", 1)]))
    merged(catalog, home, changes([r(None, 2)]))  # another one, or the same changed: nobody can tell
    assert issues(home) == [("", "<key>", 1, None), ("", "<key>", 2, None)]
    merged(catalog, home, changes([], deleted=["R1"]))
    assert [issue[3] for issue in issues(home)] == [None, None]
    merged(catalog, home, changes([], deleted=[None]))
    assert [issue[3] for issue in issues(home)] == [4, 4]


def test_a_key_that_cannot_be_read_is_gone_alone(home: Path, tmp_path: Path) -> None:
    """The keys x and y are both no numbers, so both records have none; when x is gone, y is still there."""
    catalog = desk(tmp_path / "definitions", {"person": {"into": "person"}})
    put(catalog, home, "desk", {"person": Landing([{"person_no": "x"}, {"person_no": "y"}])})
    put(catalog, home, "desk", {"person": changes([], deleted=["x"], key="person_no")})
    conform.run(catalog=catalog, home=home)
    found = query(home, "SELECT json_extract_string(raw_value, '$.person_no'), known_to FROM core.cast_issue ORDER BY 1")
    assert found == [("x", 2), ("y", None)]


def test_the_units_tree_is_looked_at_whole(home: Path, tmp_path: Path) -> None:
    """A1's parent is missing until it comes; then A1 is in order although its own row did not come again."""
    catalog = desk(tmp_path / "definitions", {"unit": {"into": "unit"}})
    put(catalog, home, "desk", {"unit": Landing([{"unit_code": "A1", "valid_from": "2026-01-01", "parent_unit_code": "B1"}])})
    put(catalog, home, "desk", {"unit": Landing([{"unit_code": "C1", "valid_from": "2026-01-01"}], "changes")})
    put(catalog, home, "desk", {"unit": Landing([{"unit_code": "B1", "valid_from": "2026-01-01"}], "changes")})
    conform.run(catalog=catalog, home=home)
    assert issues(home) == [("A1/2026-01-01", "parent_unit_code", 1, 3)]


# --- a refused load --------------------------------------------------------------------------------------------------------

TABLES = {"report": {"into": "report"}, "unit": {"into": "unit"}}


def tree(*parents: tuple[str, str | None]) -> list[dict[str, Any]]:
    return [{"unit_code": code, "valid_from": "2026-01-01", "parent_unit_code": parent} for code, parent in parents]


def test_what_a_refused_load_alone_brought_comes_with_the_next(home: Path, tmp_path: Path) -> None:
    """Load 2 has a cycle of units, and with it changes of reports that load 3 does not bring again."""
    catalog = desk(tmp_path / "definitions", TABLES)
    good, cycle = Landing(tree(("A1", None), ("B1", "A1"))), Landing(tree(("A1", "B1"), ("B1", "A1")))
    put(catalog, home, "desk", {"report": Landing([r("R1", 1), r("R2", "x"), r("R3", 1), r("R4", 1)]), "unit": good})
    conform.run(catalog=catalog, home=home)
    put(catalog, home, "desk", {"report": changes([r("R1", 2), r("R2", 1), r("R4", 2), r("R5", 1)], deleted=["R3"]), "unit": cycle})
    with pytest.raises(ConformError, match="load 2 of source 'desk': the table 'unit' has a cycle"):
        conform.run(catalog=catalog, home=home)
    put(catalog, home, "desk", {"report": changes([r("R4", 1), r("R6", 1)], deleted=["R5"]), "unit": good})
    result = conform.run(catalog=catalog, home=home)
    assert result.loads == [2, 3]
    # R6 new; R1 and R2 changed; R3 gone. R4 changed and changed back, R5 came and went: never known
    assert (result.inserted["report"], result.changed["report"], result.removed["report"]) == (1, 2, 1)
    assert history(home) == [
        ("R1", 1, 1, 3),
        ("R1", 2, 3, None),
        ("R2", 1, 3, None),
        ("R2", None, 1, 3),
        ("R3", 1, 1, 3),
        ("R4", 1, 1, None),
        ("R6", 1, 3, None),
    ]
    assert issues(home) == [("", "<tree>", 2, 3), ("R2", "people", 1, 3)]
    assert query(home, "SELECT DISTINCT known_from FROM core.unit_version") == [(1,)]
    before = content(home, catalog)
    conform.run(catalog=catalog, home=home, rebuild=True)
    assert content(home, catalog) == before


def test_two_refused_loads_and_a_snapshot(home: Path, tmp_path: Path) -> None:
    """Of two refused loads the second brought the whole table: what the first changed is in it or is undone."""
    catalog = desk(tmp_path / "definitions", TABLES)
    good, cycle = Landing(tree(("A1", None))), Landing(tree(("A1", "A1")))
    put(catalog, home, "desk", {"report": Landing([r("R1", 1)]), "unit": good})
    put(catalog, home, "desk", {"report": changes([r("R1", 2), r("R2", 1)]), "unit": cycle})
    put(catalog, home, "desk", {"report": Landing([r("R1", 3)]), "unit": cycle})
    put(catalog, home, "desk", {"report": changes([r("R3", 1)]), "unit": good})
    conform.run(catalog=catalog, home=home)
    assert history(home) == [("R1", 1, 1, 4), ("R1", 3, 4, None), ("R3", 1, 4, None)]


# --- values that have their type already -----------------------------------------------------------------------------------

MOMENT, UTC = pa.timestamp("us"), pa.timestamp("us", tz="UTC")


@pytest.mark.parametrize(
    ("column", "type_", "given", "value"),
    [
        ("people", pa.int64(), 7, 7),
        ("people", pa.int16(), 7, 7),
        ("people", pa.float64(), 5.0, 5),
        ("people", pa.decimal128(10, 0), Decimal("5"), 5),
        ("loss_yuan", pa.decimal128(38, 6), Decimal("0.1"), Decimal("0.100000")),
        ("loss_yuan", pa.decimal128(12, 2), Decimal("10.25"), Decimal("10.250000")),
        ("loss_yuan", pa.decimal128(12, 8), Decimal("0.12345678"), Decimal("0.123457")),
        ("loss_yuan", pa.int32(), 3, Decimal("3.000000")),
        ("loss_yuan", pa.float64(), 0.1, Decimal("0.100000")),
        ("made_on", pa.date32(), date(2026, 2, 28), date(2026, 2, 28)),
        ("made_on", MOMENT, datetime(2026, 2, 28, 23, 59), date(2026, 2, 28)),
        ("made_on", UTC, datetime(2026, 1, 31, 18), date(2026, 2, 1)),  # 02:00 of the next day in the standard's zone (UTC+8)
        ("entered_at", MOMENT, datetime(2026, 1, 5, 8, 0, 1), datetime(2026, 1, 5, 8, 0, 1)),
        ("entered_at", pa.timestamp("ns"), datetime(2026, 1, 5, 8), datetime(2026, 1, 5, 8)),
        ("entered_at", pa.timestamp("s"), datetime(2026, 1, 5, 8), datetime(2026, 1, 5, 8)),
        ("entered_at", UTC, datetime(2026, 1, 31, 18), datetime(2026, 2, 1, 2)),
        ("entered_at", pa.date32(), date(2026, 1, 5), datetime(2026, 1, 5)),
        ("is_urgent", pa.bool_(), True, True),
        ("is_urgent", pa.bool_(), None, False),  # the column's default
        ("is_urgent", pa.int8(), 1, True),
        ("remark", pa.int64(), 12, "12"),
        ("remark", pa.date32(), date(2026, 1, 5), "2026-01-05"),
        ("remark", UTC, datetime(2026, 1, 31, 18), "2026-02-01 02:00:00"),
        ("remark", pa.bool_(), True, "true"),
        ("remark", pa.dictionary(pa.int8(), pa.string()), "a", "a"),
    ],
)
def test_a_value_of_another_type_than_text(column: str, type_: pa.DataType, given: Any, value: Any, catalog: Catalog, home: Path) -> None:
    put(catalog, home, "desk", {"report": Landing([{"report_no": "R1", column: given}], types={column: type_})})
    assert conform.run(catalog=catalog, home=home).issues == 0
    assert query(home, f"SELECT {column} FROM core.report") == [(value,)]


@pytest.mark.parametrize(
    ("column", "type_", "given", "shown"),
    [
        ("people", pa.uint64(), 2**64 - 1, "18446744073709551615"),
        ("people", pa.float64(), 5.6, "5.6"),
        ("people", pa.bool_(), True, "true"),
        ("loss_yuan", pa.float64(), float("nan"), "nan"),
        ("made_on", pa.date32(), 2_932_897, "10000-01-01"),  # 9999-12-31 is day 2,932,896
        ("entered_at", MOMENT, 2**63 - 1, "infinity"),
    ],
)
def test_a_typed_value_that_cannot_be_is_null_and_an_issue(
    column: str, type_: pa.DataType, given: Any, shown: str, catalog: Catalog, home: Path
) -> None:
    put(catalog, home, "desk", {"report": Landing([{"report_no": "R1", column: given}], types={column: type_})})
    assert conform.run(catalog=catalog, home=home).issues == 1
    assert query(home, f"SELECT {column} FROM core.report") == [(None,)]
    assert query(home, "SELECT column_name, raw_value FROM core.cast_issue") == [(column, shown)]


def test_a_typed_flag_that_cannot_be_takes_its_default_and_is_an_issue(catalog: Catalog, home: Path) -> None:
    put(catalog, home, "desk", {"report": Landing([{"report_no": "R1", "is_urgent": 2}], types={"is_urgent": pa.int64()})})
    assert conform.run(catalog=catalog, home=home).issues == 1
    assert query(home, "SELECT is_urgent FROM core.report") == [(False,)]
    assert query(home, "SELECT column_name, raw_value FROM core.cast_issue") == [("is_urgent", "2")]


def test_the_same_values_as_text_and_as_types_are_one_version(catalog: Catalog, home: Path) -> None:
    """The source becomes a database with real types: nothing has changed in its records."""
    row = {
        "report_no": "R1",
        "made_on": "2026-01-05",
        "entered_at": "2026-01-05 08:00:00",
        "people": "3",
        "loss_yuan": "1.5",
        "is_urgent": "1",
    }
    assert merged(catalog, home, Landing([row])) == (1, 0, 0)
    typed = {**row, "made_on": date(2026, 1, 5), "entered_at": datetime(2026, 1, 5, 8), "people": 3, "loss_yuan": 1.5, "is_urgent": True}
    types = {"made_on": pa.date32(), "entered_at": MOMENT, "people": pa.int32(), "loss_yuan": pa.float64(), "is_urgent": pa.bool_()}
    assert merged(catalog, home, Landing([typed], types=types)) == (0, 0, 0)
    assert merged(catalog, home, Landing([typed], "changes", types=types)) == (0, 0, 0)


def test_a_key_that_is_no_text(home: Path, tmp_path: Path) -> None:
    catalog = desk(tmp_path / "definitions", {"person": {"into": "person"}})
    types = {"person_no": pa.int32()}
    rows = [{"person_no": 1}, {"person_no": 2}, {"person_no": 2, "sex_code": "1"}, {"person_no": None}]
    put(catalog, home, "desk", {"person": Landing(rows, types=types)})
    put(catalog, home, "desk", {"person": Landing([], "changes", [{"person_no": 1}, {"person_no": None}], types)})
    conform.run(catalog=catalog, home=home)
    assert query(home, "SELECT person_no FROM core.person") == [(2,)]
    assert issues(home) == [("", "<key>", 1, 2), ("2", "<key>", 1, None)]


def test_a_format_reads_only_texts(home: Path, tmp_path: Path) -> None:
    columns = {"made_on": {"source": "day", "format": "%d.%m.%Y"}, "entered_at": {"source": "stamp", "format": "%Y%m%d"}}
    catalog = desk(tmp_path / "definitions", {"report": {"into": "report", "columns": columns}})
    rows = [{"report_no": "R1", "day": date(2026, 2, 3), "stamp": 20260204}]
    put(catalog, home, "desk", {"report": Landing(rows, types={"day": pa.date32(), "stamp": pa.int32()})})
    conform.run(catalog=catalog, home=home)
    assert query(home, "SELECT made_on, entered_at FROM core.report") == [(date(2026, 2, 3), datetime(2026, 2, 4))]


def test_a_folder_whose_name_looks_like_a_column(catalog: Catalog, tmp_path: Path) -> None:
    """DuckDB would read the column people out of the path."""
    home = tmp_path / "people=5" / "home"
    assert merged(catalog, home, Landing([r("R1", 1)])) == (1, 0, 0)
    assert history(home) == [("R1", 1, 1, None)]


def test_another_source_feeds_on(home: Path, tmp_path: Path) -> None:
    """Changes of one source leave the records of the others alone."""
    sources = {name: {"kind": "database", "tables": {table: {"into": table}}} for name, table in (("desk", "report"), ("staff", "unit"))}
    catalog = standard(tmp_path / "definitions", sources)
    put(catalog, home, "desk", {"report": Landing([r("R1", 1)])})
    put(catalog, home, "staff", {"unit": Landing(tree(("A1", None)))})
    put(catalog, home, "desk", {"report": changes([], deleted=["R1"])})
    conform.run(catalog=catalog, home=home)
    assert query(home, "SELECT count(*) FROM core.unit") == [(1,)]
    assert query(home, "SELECT count(*) FROM core.report") == [(0,)]


ARROW = {"integer": pa.int64(), "decimal": pa.decimal128(38, 6), "date": pa.date32(), "timestamp": MOMENT, "boolean": pa.bool_()}


def test_a_load_whose_columns_all_have_their_types_is_merged_like_any_other(catalog: Catalog, home: Path) -> None:
    types = {name: ARROW[column.type] for name, column in catalog.tables["report"].columns.items() if column.type != "text"}
    first, repeated, no_key = {"report_no": "R1", "people": 1}, {"report_no": "R1", "people": 2}, {"people": 3}
    bad = {"report_no": "R2", "people": 4, "entered_at": 2**63 - 1}  # infinity: no day of a calendar
    put(catalog, home, "desk", {"report": Landing([first, repeated, no_key, first, bad], types=types)})
    result = conform.run(catalog=catalog, home=home)
    assert (result.inserted["report"], result.issues) == (2, 3)  # R1 and R2; a second R1, no key, and the time of R2
    assert history(home) == [("R1", 1, 1, None), ("R2", 4, 1, None)]
    put(catalog, home, "desk", {"report": Landing([{"report_no": "R1", "people": 5}, {"report_no": "R3", "people": 6}], types=types)})
    conform.run(catalog=catalog, home=home)
    assert history(home) == [("R1", 1, 1, 2), ("R1", 5, 2, None), ("R2", 4, 1, 2), ("R3", 6, 2, None)]
    landing = Landing([{"report_no": "R3", "people": 7}], "changes", [{"report_no": "R1"}], types=types)
    put(catalog, home, "desk", {"report": landing})
    conform.run(catalog=catalog, home=home)
    assert history(home)[1:] == [("R1", 5, 2, 3), ("R2", 4, 1, 2), ("R3", 6, 2, 3), ("R3", 7, 3, None)]
