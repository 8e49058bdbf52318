"""After any sequence of changes and loads, the loads replayed one after the other hold what the source holds."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.landing.desk import DDL, desk, land, replayed, source_rows
from tests.support.source_database import SourceDatabase

START = datetime(2026, 1, 1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_loads_hold_what_the_source_holds(seed: int, database: SourceDatabase, home: Path, tmp_path: Path) -> None:
    """Inserts and updates with new, late and null cursors, deletions and undeletions, several between two loads; each change moves the cursor."""
    chance = random.Random(seed)
    database.run(DDL)
    catalog = desk(tmp_path)
    bin_: list[tuple[object, ...]] = []
    modes = set()
    for day in range(12):
        for _ in range(chance.randrange(4)):
            moment = START + timedelta(days=day, seconds=chance.randrange(86_400))
            late = moment - timedelta(days=chance.choice([0, 1, 5, 30]))
            cursor = chance.choice([moment, moment, late, None])
            # microseconds make every change's cursor its own
            at = None if cursor is None else str(cursor.replace(microsecond=chance.randrange(1, 999_999)))
            no = chance.randrange(6)
            match chance.choice(["insert", "update", "delete", "undelete"]):
                case "insert" if not database.run("SELECT 1 FROM call WHERE call_no = ?", no):
                    database.insert("call", [(no, "A", day, at)])
                case "update":
                    database.run("UPDATE call SET people = ?, updated_at = ? WHERE call_no = ?", day, at, no)
                case "delete":
                    bin_ += database.run("SELECT call_no, unit_code, people, CAST(updated_at AS TEXT) FROM call WHERE call_no = ?", no)
                    database.run("DELETE FROM call WHERE call_no = ?", no)
                case "undelete" if bin_ and not database.run("SELECT 1 FROM call WHERE call_no = ?", bin_[-1][0]):
                    database.insert("call", [bin_.pop()])
        load = land(catalog, database, home)
        modes |= {load.tables["call"].mode} if load else {"none"}
        assert replayed(home) == source_rows(database), f"seed {seed}, day {day}"
        assert land(catalog, database, home) is None
    assert modes == {"snapshot", "changes", "none"} or modes == {"snapshot", "changes"}
