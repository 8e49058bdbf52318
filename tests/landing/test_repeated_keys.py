"""Keys that stand twice in a source: every row lands, and core takes one of them, the other an issue."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.stages import conform
from tests.landing.desk import calls, desk, gone, land, landed, replayed, source_rows
from tests.landing.test_increments import LAST, OLD, text
from tests.stages.small import query
from tests.support.source_database import SourceDatabase

TWIN = (1, "A9", 4, "2026-03-09 08:00:00")  # the key of OLD once more, inside the lag


@pytest.mark.parametrize("reconcile", ["each_load", "never"])
def test_of_a_key_that_stands_twice_all_rows_land(reconcile: str, database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """One row changes inside the lag; what is said of the other, outside it, stays as it is."""
    calls(database, OLD, TWIN, LAST)
    catalog = desk(tmp_path, reconcile=reconcile)
    land(catalog, database, home)
    conform.run(catalog=catalog, home=home)
    stands = "SELECT record_key, column_name, known_to FROM core.cast_issue"
    assert query(home, stands) == [("1", "<key>", None)]  # one of the two counts, the other one is an issue
    database.run("UPDATE call SET people = 5, updated_at = '2026-03-11 09:00:00' WHERE unit_code = 'A9'")
    load = land(catalog, database, home)
    assert load is not None
    assert (load.tables["call"].mode, landed(home, load)) == ("changes", [text(*OLD), text(1, "A9", 5, "2026-03-11 09:00:00")])
    assert replayed(home) == source_rows(database)
    assert land(catalog, database, home) is None
    conform.run(catalog=catalog, home=home)
    assert query(home, f"{stands} WHERE known_to IS NULL") == [("1", "<key>", None)]


def test_a_key_comes_to_stand_twice_and_no_longer_does(database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    calls(database, OLD, LAST)
    catalog = desk(tmp_path)
    land(catalog, database, home)
    database.insert("call", [TWIN])  # inside the lag, OLD is outside
    load = land(catalog, database, home)
    assert load is not None
    assert landed(home, load) == [text(*OLD), text(*TWIN)]
    assert land(catalog, database, home) is None
    database.run("DELETE FROM call WHERE unit_code = 'A1'")  # OLD: the key itself is not gone
    load = land(catalog, database, home)
    assert load is not None
    assert (load.tables["call"].mode, landed(home, load), gone(home, load)) == ("changes", [text(*TWIN)], [])
    assert replayed(home) == source_rows(database)
    assert land(catalog, database, home) is None
