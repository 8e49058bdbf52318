"""What a table with a cursor lands after its first load: late commits, changes, deletions and undeletions, on PostgreSQL and on SQLite alike.

The first load of every test is made when the greatest cursor is 2026-03-10 12:00:00; with a lag of 2 days the next one reads from
2026-03-08 12:00:00.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from policestats.errors import DefinitionError, ExtractError
from policestats.landing.raw import RawStore
from tests.landing.desk import TABLES, calls, desk, gone, land, landed, replayed, source_rows
from tests.stages.small import files
from tests.support.source_database import SourceDatabase

OLD = (1, "A1", 2, "2026-01-05 08:00:00")
RECENT = (2, "A1", None, "2026-03-09 08:00:00")
LAST = (3, "A2", 1, "2026-03-10 12:00:00")
ALL = (OLD, RECENT, LAST)


def text(*values: object) -> tuple[str | None, ...]:
    return tuple(None if value is None else str(value) for value in values)


def test_the_first_load_is_a_snapshot_and_the_next_none(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL)
    catalog = desk(tmp_path)
    first = land(catalog, database, home)
    assert first is not None
    table = first.tables["call"]
    assert (table.mode, table.rows, table.deleted, table.until) == ("snapshot", 3, 0, "2026-03-10 12:00:00")
    assert list(table.source_types) == ["call_no", "unit_code", "people", "updated_at"]
    assert (table.source_types["call_no"], table.source_types["unit_code"]) == ("integer", "varchar(12)")
    assert landed(home, first) == [text(*row) for row in ALL]
    stand = files(home)
    assert land(catalog, database, home) is None
    assert files(home) == stand


def test_new_and_changed_rows_are_what_lands(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.insert("call", [(4, "A2", 5, "2026-03-11 09:00:00")])
    database.run("UPDATE call SET people = 7, updated_at = '2026-03-11 10:00:00.25' WHERE call_no = 1")
    load = land(catalog, database, home)
    assert load is not None
    assert (load.tables["call"].mode, load.tables["call"].until) == ("changes", "2026-03-11 10:00:00.25")
    assert landed(home, load) == [text(1, "A1", 7, "2026-03-11 10:00:00.25"), text(4, "A2", 5, "2026-03-11 09:00:00")]
    assert land(catalog, database, home) is None


@pytest.mark.parametrize(
    ("committed", "reconcile", "arrives"),
    [
        ("2026-03-08 12:00:00", "never", True),  # the very start of the lag
        ("2026-03-08 11:59:59", "never", False),  # a second before it: without reconciliation it is never seen
        ("2026-03-08 11:59:59", "each_load", True),
        ("2024-02-29 00:00:00", "each_load", True),
    ],
)
def test_a_late_commit_with_an_older_timestamp(
    committed: str, reconcile: str, arrives: bool, database: SourceDatabase, home: Path, tmp_path: Path
) -> None:
    calls(database, *ALL)
    catalog = desk(tmp_path, reconcile=reconcile)
    land(catalog, database, home)
    database.insert("call", [(9, "A9", 1, committed)])
    load = land(catalog, database, home)
    assert (load is not None) == arrives
    if load is not None:
        assert landed(home, load) == [text(9, "A9", 1, committed)]
        assert load.tables["call"].until == "2026-03-10 12:00:00"  # a late commit never sets the start back
        assert land(catalog, database, home) is None


def test_a_change_of_an_old_record_is_found_by_its_cursor(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """The new cursor is itself older than the lag: only the comparison of keys and cursors sees it."""
    calls(database, *ALL)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("UPDATE call SET people = 8, updated_at = '2026-01-06 08:00:00' WHERE call_no = 1")
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(1, "A1", 8, "2026-01-06 08:00:00")]


def test_a_change_without_its_cursor_is_seen_inside_the_lag_only(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("UPDATE call SET people = 8 WHERE call_no = 1")  # outside
    assert land(catalog, database, home) is None
    database.run("UPDATE call SET people = 9 WHERE call_no = 2")  # inside
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(2, "A1", 9, "2026-03-09 08:00:00")]
    whole = desk(tmp_path, {"call": {"into": "call"}})  # a table without a cursor is read whole: it sees both
    load = land(whole, database, home)
    assert load is not None
    assert load.tables["call"].mode == "snapshot"
    assert landed(home, load) == source_rows(database)


def test_deletion_and_undeletion(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("DELETE FROM call WHERE call_no IN (1, 2)")  # one outside the lag, one inside
    load = land(catalog, database, home)
    assert load is not None
    table = load.tables["call"]
    assert (table.mode, table.rows, table.deleted) == ("changes", 0, 2)
    assert (landed(home, load), gone(home, load)) == ([], [("1",), ("2",)])
    assert land(catalog, database, home) is None
    database.insert("call", [OLD, RECENT])  # the same content, with the same old cursor, comes back
    load = land(catalog, database, home)
    assert load is not None
    assert (landed(home, load), gone(home, load)) == ([text(*OLD), text(*RECENT)], [])
    assert land(catalog, database, home) is None
    assert replayed(home) == source_rows(database)


def test_the_last_record_goes_and_the_first_comes(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, LAST)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("DELETE FROM call")
    load = land(catalog, database, home)
    assert load is not None
    assert gone(home, load) == [("3",)]
    database.insert("call", [OLD])
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(*OLD)]
    assert replayed(home) == source_rows(database)


def test_an_empty_table_is_landed_and_then_filled(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls_table = "CREATE TABLE call (call_no INTEGER, unit_code VARCHAR(12), people INTEGER, updated_at TIMESTAMP)"
    database.run(calls_table)
    catalog = desk(tmp_path)
    first = land(catalog, database, home)
    assert first is not None
    assert (first.tables["call"].rows, first.tables["call"].until) == (0, None)
    assert land(catalog, database, home) is None
    database.insert("call", [OLD])
    load = land(catalog, database, home)
    assert load is not None
    assert (load.tables["call"].mode, load.tables["call"].until) == ("changes", "2026-01-05 08:00:00")
    assert replayed(home) == source_rows(database)


def test_a_record_without_a_cursor_is_always_read(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL, (7, "A7", 1, None))
    catalog = desk(tmp_path, reconcile="never")
    land(catalog, database, home)
    assert land(catalog, database, home) is None
    database.insert("call", [(8, "A8", 1, None)])  # added without one
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(8, "A8", 1, None)]
    database.run("UPDATE call SET people = 2 WHERE call_no = 7")  # changed without one
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(7, "A7", 2, None)]
    database.run("UPDATE call SET updated_at = NULL WHERE call_no = 3")  # lost it
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(3, "A2", 1, None)]
    assert land(catalog, database, home) is None


def test_reconciled_every_week(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """Deletions and commits older than the lag are seen when a week has passed since the table was last compared or read whole."""
    calls(database, *ALL)
    catalog = desk(tmp_path, reconcile={"every": "7 days"})
    land(catalog, database, home)
    database.run("DELETE FROM call WHERE call_no = 1")
    database.insert("call", [(4, "A2", 5, "2026-03-11 09:00:00")])
    load = land(catalog, database, home)
    assert load is not None
    assert (landed(home, load), gone(home, load)) == ([text(4, "A2", 5, "2026-03-11 09:00:00")], [])
    path = home / f"raw/desk/manifest/{load.load_id:08d}.json"
    manifest = json.loads(path.read_text())
    read_at = datetime.fromisoformat(manifest["tables"]["call"]["reconciled_at"])
    manifest["tables"]["call"]["reconciled_at"] = (read_at - timedelta(days=7)).isoformat()
    path.write_text(json.dumps(manifest))
    load = land(catalog, database, home)
    assert load is not None
    assert (landed(home, load), gone(home, load)) == ([], [("1",)])


def test_a_cursor_in_the_future_hides_nothing(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL, (6, "A6", 1, "2206-03-10 12:00:00"))  # a slip of the pen
    catalog = desk(tmp_path, reconcile="never")
    first = land(catalog, database, home)
    assert first is not None
    assert first.tables["call"].until == "2026-03-10 12:00:00"
    assert land(catalog, database, home) is None
    database.insert("call", [(4, "A2", 5, "2026-03-11 09:00:00")])
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(4, "A2", 5, "2026-03-11 09:00:00")]


def test_a_number_as_cursor(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """Numbers grow as numbers: 9 < 10."""
    database.run("CREATE TABLE call (call_no INTEGER, unit_code VARCHAR(12), people INTEGER)")
    database.insert("call", [(1, "A", 9), (2, "B", 10)])
    core = {"call": {"key": ["call_no"], "columns": {"call_no": "integer", "unit_code": "text", "people": "integer"}}}
    catalog = desk(tmp_path, {"call": {"into": "call", "cursor": {"column": "people"}, "reconcile": "never"}}, core)
    first = land(catalog, database, home)
    assert first is not None
    assert first.tables["call"].until == "10"
    database.insert("call", [(3, "C", 11), (4, "D", 9)])  # 9 is below 10: not seen
    load = land(catalog, database, home)
    assert load is not None
    assert (landed(home, load), load.tables["call"].until) == ([text(3, "C", 11)], "11")
    lagging = {"call": {"into": "call", "cursor": {"column": "people", "lag": "1 day"}}}
    with pytest.raises(
        ExtractError, match=r"'desk', table 'call': the cursor 'people' ends at '11', which is no date or time.*remove 'lag'"
    ):
        land(desk(tmp_path, lagging, core), database, home)


def test_keys_of_two_columns_found_by_the_comparison(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """Quotes, Chinese text, dates and a null in a key; a key that stands twice keeps both its rows."""
    database.run("CREATE TABLE mark (book VARCHAR(20), made_on DATE, note VARCHAR(20), updated_at TIMESTAMP)")
    database.insert("mark", [("甲'%:x", "2026-01-01", "one", "2026-01-01 00:00:00"), ("b", "2026-01-02", "two", "2026-03-10 12:00:00")])
    core = {"mark": {"key": ["book", "made_on"], "columns": {"book": "text", "made_on": "date", "note": "text"}}}
    catalog = desk(tmp_path, {"mark": {"into": "mark", "cursor": {"column": "updated_at"}}}, core)
    land(catalog, database, home)
    database.run("UPDATE mark SET note = 'changed', updated_at = '2026-01-03 00:00:00' WHERE made_on = '2026-01-01'")
    database.insert("mark", [(None, "2026-01-03", "no book", "2026-01-04 00:00:00")])
    database.insert("mark", [("b", "2026-01-02", "again", "2026-01-02 00:00:00")])
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load, "mark") == [
        ("甲'%:x", "2026-01-01", "changed", "2026-01-03 00:00:00"),
        ("b", "2026-01-02", "again", "2026-01-02 00:00:00"),
        ("b", "2026-01-02", "two", "2026-03-10 12:00:00"),
        (None, "2026-01-03", "no book", "2026-01-04 00:00:00"),
    ]
    assert land(catalog, database, home) is None
    columns = ("book", "made_on", "note", "updated_at")
    assert replayed(home, "mark", ("book", "made_on")) == source_rows(database, columns, "mark")


def test_when_much_has_changed_the_table_is_read_whole(
    database: SourceDatabase, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("policestats.landing.landing._FEW_KEYS", 1)
    calls(database, *ALL)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.run("UPDATE call SET updated_at = '2026-01-01 00:00:00'")  # 3 of 3 keys, all older than the lag
    load = land(catalog, database, home)
    assert load is not None
    assert load.tables["call"].mode == "snapshot"
    assert replayed(home) == source_rows(database)
    assert land(catalog, database, home) is None


def test_a_column_that_is_described_later_lands_for_all_rows(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL)
    few = {"call": {"key": ["call_no"], "columns": {"call_no": "integer", "unit_code": "text"}}}
    land(desk(tmp_path, core=few), database, home)
    load = land(desk(tmp_path), database, home)
    assert load is not None
    assert load.tables["call"].mode == "snapshot"
    assert landed(home, load) == source_rows(database)


def test_another_cursor_begins_from_the_beginning(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """How far the old column had come says nothing of the new one, although both have landed all along."""
    database.run("CREATE TABLE call (call_no INTEGER, unit_code VARCHAR(12), people INTEGER, updated_at TIMESTAMP)")
    database.insert("call", [(1, "A1", 9, "2026-01-05 08:00:00"), (2, "A1", 8, "2026-01-06 08:00:00")])
    land(desk(tmp_path, cursor={"column": "people"}, reconcile="never"), database, home)
    database.run("UPDATE call SET unit_code = 'A2' WHERE call_no = 1")
    by_time = desk(tmp_path, cursor={"column": "updated_at"}, reconcile="never")
    load = land(by_time, database, home)
    assert load is not None
    assert (landed(home, load), load.tables["call"].until) == ([text(1, "A2", 9, "2026-01-05 08:00:00")], "2026-01-06 08:00:00")
    database.run("UPDATE call SET unit_code = 'A3' WHERE call_no = 2")
    load = land(by_time, database, home)
    assert load is not None
    assert landed(home, load) == [text(2, "A3", 8, "2026-01-06 08:00:00")]


def test_two_tables_one_with_and_one_without_a_cursor(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """A table that brings nothing stands in the load as changes without rows: it was read."""
    calls(database, *ALL)
    database.run("CREATE TABLE unit (unit_code VARCHAR(12), parent VARCHAR(12))")
    database.insert("unit", [("A1", "A0")])
    core = {**TABLES, "unit": {"key": ["unit_code"], "columns": {"unit_code": "text", "parent": "text"}}}
    tables = {"call": {"into": "call", "cursor": {"column": "updated_at"}}, "unit": {"into": "unit"}}
    catalog = desk(tmp_path, tables, core)
    land(catalog, database, home)
    database.insert("unit", [("A2", "A0")])
    load = land(catalog, database, home)
    assert load is not None
    call, unit = load.tables["call"], load.tables["unit"]
    assert (call.mode, call.rows, call.until) == ("changes", 0, "2026-03-10 12:00:00")
    assert (unit.mode, unit.rows) == ("snapshot", 2)
    assert land(catalog, database, home) is None


def test_a_table_without_a_key_has_no_cursor(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"desk\.yaml:\d+: tables\.call\.cursor: the table has no key .* name it with 'key'"):
        land(desk(tmp_path, {"call": {"columns": {"x": "call_no"}, "cursor": {"column": "updated_at"}}}), database, home)


_KILLED = """
import os, sys
from pathlib import Path
from policestats.landing.raw import RawStore
from tests.landing.desk import desk
from policestats.stages import extract
moves = 0
move = RawStore._move
def killed(self, written, place):
    global moves
    if moves == int(sys.argv[4]):
        os._exit(9)
    moves += 1
    move(self, written, place)
RawStore._move = killed
extract.run(catalog=desk(Path(sys.argv[1])), source="desk", location=sys.argv[2], home=Path(sys.argv[3]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("moves", [0, 1, 2])  # before the rows, the deleted keys, the manifest are moved into place
def test_killed_before_the_commit_then_run_again(moves: int, database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, *ALL)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    stand = files(home)
    database.run("DELETE FROM call WHERE call_no = 1")
    database.insert("call", [(4, "A2", 5, "2026-03-11 09:00:00")])
    arguments = [sys.executable, "-c", _KILLED, str(tmp_path), database.location, str(home), str(moves)]
    killed = subprocess.run(arguments, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, check=False)
    assert killed.returncode == 9, killed.stderr.decode()
    assert len(files(home)) > len(stand)  # it left something
    assert [load.load_id for load in RawStore(home).loads()] == [1]
    load = land(catalog, database, home)
    assert load is not None
    assert (landed(home, load), gone(home, load)) == ([text(4, "A2", 5, "2026-03-11 09:00:00")], [("1",)])
    names = ["raw/desk/call/00000002.deleted.parquet", "raw/desk/call/00000002.parquet", "raw/desk/manifest/00000002.json"]
    assert files(home) == sorted([*stand, *names])
    assert land(catalog, database, home) is None
