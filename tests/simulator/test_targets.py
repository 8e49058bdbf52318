"""The same province in SQLite files and in a PostgreSQL server, with its real types."""

import sqlite3
from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, inspect, text

from policestats.errors import SettingsError
from policestats.simulator import simulate
from policestats.simulator.databases import BOOLEAN, DATABASES, DATE, DECIMAL, INTEGER, TEXT, TIMESTAMP
from policestats.simulator.targets import target

_PYTHON = {TEXT: str, DATE: date, TIMESTAMP: datetime, BOOLEAN: bool, INTEGER: int, DECIMAL: Decimal}


@pytest.fixture(scope="module")
def server():
    postgres = pytest.importorskip("tests.support.postgres", reason="the support module that starts PostgreSQL is not there")
    if not postgres.is_installed():
        pytest.skip(f"the wheel {postgres.WHEEL} with a PostgreSQL server is not installed (make setup installs it)")
    with postgres.running() as running:
        yield running


@pytest.mark.slow
def test_postgresql_holds_what_sqlite_holds(tmp_path, server):
    """All rows of all tables agree, SQLite's text read as what it means; only dates that are none are null."""
    simulate(tmp_path / "files", months=2, seed=4)
    with server.database() as database:
        seen = []
        made = simulate(tmp_path / "server", months=2, seed=4, to=server.url(database), on_month=seen.append)
        assert seen == ["2025-01", "2025-02"]
        unreadable = 0
        for source, tables in DATABASES.items():
            files = sqlite3.connect(tmp_path / "files" / f"{source}.sqlite")
            engine = create_engine(made.locations[source])
            with engine.connect() as connection:
                for table, columns in tables.items():
                    rows = [
                        tuple(row) for row in connection.execute(text(f"SELECT {', '.join(columns)} FROM {table}"))
                    ]  # by the search path
                    expected = []
                    for row in files.execute(f"SELECT {', '.join(columns)} FROM {table}"):
                        meant = [_meaning(kind, value) for value, kind in zip(row, columns.values(), strict=True)]
                        unreadable += sum(a is not None and b is None for a, b in zip(row, meant, strict=True))
                        expected.append(tuple(meant))
                    assert sorted(rows, key=repr) == sorted(expected, key=repr), f"{source}.{table}"
            engine.dispose()
            files.close()
        assert unreadable == len([defect for defect in made.defects if defect.kind == "unparseable_date"]) > 0
        assert (tmp_path / "server" / "tally.csv").read_bytes() == (tmp_path / "files" / "tally.csv").read_bytes()
        engine = create_engine(server.url(database))
        kinds = {c["name"]: str(c["type"]) for c in inspect(engine).get_columns("incident", schema="incident_desk")}
        engine.dispose()
        assert (kinds["received_at"], kinds["diverted_on"], kinds["is_telecom_fraud"]) == ("TIMESTAMP", "DATE", "BOOLEAN")


def _meaning(kind, value):
    try:
        if value is None or kind == TEXT:
            return value
        if kind == DATE:
            return date.fromisoformat(value)
        if kind == TIMESTAMP:
            return datetime.fromisoformat(value)
        return _PYTHON[kind](value) if kind != DECIMAL else Decimal(str(value))
    except ValueError:
        return None


def test_sqlite_by_url_is_refused():
    with pytest.raises(SettingsError, match="give a folder"):
        target("sqlite:///somewhere.db")
