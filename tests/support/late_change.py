"""What happens in the source systems of the simulated province after they were first read: late changes, deletions, a unit that moves."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

#: later than any moment of the simulated months, and past: a cursor that lies in the future is not believed
_NOW = "2026-04-01 09:00:00"


def change_late(sources: Path, period: str, *, move: bool = True) -> None:
    """Change old records in place: dates, charges, units, classes; delete some, enter some late, move a station to another county.

    Args:
        period: A month, 2025-02, whose figures the changes touch.
        move: Whether a station moves too; then every form is made anew wholly.
    """
    with _open(sources / "case_system.sqlite") as case:
        month = f"filed_on LIKE '{period}-%'"
        _update(case, "criminal_case", "filed_on = date(filed_on, '-40 days')", month, 2)
        _update(case, "criminal_case", "charge_code = (SELECT charge_code FROM criminal_case ORDER BY case_no DESC LIMIT 1)", month, 2, 2)
        _update(case, "criminal_case", "filing_unit_code = (SELECT max(filing_unit_code) FROM criminal_case)", month, 2, 4)
        _update(case, "criminal_case", "charge_code = 'no such charge', filed_on = 'some day'", month, 1, 6)
        _enter_late(case, "criminal_case", "case_no", month, 3)
        for table, key in (("criminal_case_event", "event_no"), ("criminal_case", "case_no"), ("admin_decision", "decision_no")):
            _delete(case, table, f"{key} IN (SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT 3)")
        _update(case, "admin_case", "cause_code = NULL", f"registered_on LIKE '{period}-%'", 2)
        if move:  # the first station that stands joins the last county
            county = "(SELECT max(unit_code) FROM unit WHERE level_code = 'county')"
            _update(case, "unit", f"parent_unit_code = {county}", "level_code = 'station' AND valid_to IS NULL", 1, order="unit_code")
        _update(case, "unit_upload", "uploaded_at = NULL", f"period = '{period}'", 1)
    with _open(sources / "incident_desk.sqlite") as desk:
        month = f"received_at LIKE '{period}-%'"
        _update(desk, "incident", "final_type_code = intake_type_code, is_domestic_violence = 1", month, 5)
        _update(desk, "incident", "unit_code = (SELECT max(unit_code) FROM incident)", month, 5, 5)
        _enter_late(desk, "incident", "incident_no", month, 4)
        _delete(desk, "incident", "incident_no IN (SELECT incident_no FROM incident ORDER BY incident_no LIMIT 5)")


def bring_back(sources: Path, before: Path) -> None:
    """Enter again what was deleted since ``before``, as it was: its key had gone and comes back."""
    for system, table, key in (
        ("case_system", "criminal_case_event", "event_no"),
        ("case_system", "criminal_case", "case_no"),
        ("incident_desk", "incident", "incident_no"),
    ):
        with _open(sources / f"{system}.sqlite") as database:
            database.execute("ATTACH ? AS former", [str(before / f"{system}.sqlite")])
            gone = f"SELECT * FROM former.{table} WHERE {key} NOT IN (SELECT {key} FROM main.{table})"
            database.execute(f"INSERT INTO main.{table} {gone}")
            assert database.execute("SELECT changes()").fetchone()[0], f"nothing of {table} had been deleted"


def copied(sources: Path, to: Path) -> Path:
    """Copy the source databases as they stand and return the folder."""
    return shutil.copytree(sources, to)


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as database, database:
        yield database


def _touch(database: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    return f", updated_at = '{_NOW}'" if "updated_at" in columns else ""


def _update(database: sqlite3.Connection, table: str, change: str, where: str, count: int, skip: int = 0, order: str = "1") -> None:
    chosen = f"SELECT rowid FROM {table} WHERE {where} ORDER BY {order}, rowid LIMIT {count} OFFSET {skip}"
    done = database.execute(f"UPDATE {table} SET {change}{_touch(database, table)} WHERE rowid IN ({chosen})").rowcount
    assert done, f"no record of {table} meets {where}: the test would change nothing"


def _delete(database: sqlite3.Connection, table: str, where: str) -> None:
    assert database.execute(f"DELETE FROM {table} WHERE {where}").rowcount, f"no record of {table} meets {where}"


def _enter_late(database: sqlite3.Connection, table: str, key: str, where: str, count: int) -> None:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(f"{key} || 'L'" if c == key else f"'{_NOW}'" if c == "updated_at" else c for c in columns)
    done = database.execute(f"INSERT INTO {table} SELECT {values} FROM {table} WHERE {where} ORDER BY rowid LIMIT {count}").rowcount
    assert done == count, f"no record of {table} meets {where}"
