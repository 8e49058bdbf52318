"""What `simulate` makes besides its defaults: wrong records, a source that changes its shape, and databases on a server."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest

from tests.cli.commands import policestats
from tests.support.postgres import PASSWORD, PostgresServer, postgres

__all__ = ["postgres"]


def test_defects_and_drift(tmp_path: Path) -> None:
    done = policestats(
        "simulate", "--home", tmp_path, "--months", 1, "--silent", "none", "--defects", 0.02, "--drift", "rename:incident.mo_code"
    )
    assert done.code == 0, done.err
    with (tmp_path / "sources" / "defects.csv").open(encoding="utf-8") as file:
        wrong = len(list(csv.DictReader(file)))
    assert wrong > 0
    assert f"{wrong} values are wrong on purpose" in done.out
    with sqlite3.connect(tmp_path / "sources" / "incident_desk.sqlite") as desk:
        columns = [row[1] for row in desk.execute("PRAGMA table_info(incident)")]
    assert "mo_code_v2" in columns
    assert "mo_code" not in columns


@pytest.mark.slow
def test_a_server_takes_every_system(postgres: PostgresServer, tmp_path: Path) -> None:
    with postgres.database() as name:
        done = policestats("simulate", "--home", tmp_path, "--months", 1, "--to", postgres.url(name))
        assert done.code == 0, done.err
        assert PASSWORD not in done.out.replace("%20", " ").replace("+", " ")
        with postgres.connect(name) as session:
            found = session.execute(
                "SELECT schemaname, count(*) FROM pg_tables WHERE schemaname !~ '^(pg_|information)' GROUP BY 1"
            ).fetchall()
    assert sorted(schema for schema, _ in found) == [
        "callback_desk", "case_system", "dispute_desk", "field_collection", "forensic", "incident_desk", "inspection_desk", "payment_stop",
        "property", "review", "scene",
    ]  # fmt: skip
    assert "search_path" in done.out  # the address that `extract` takes
    assert {path.name for path in (tmp_path / "sources").iterdir()} == {"tally.csv", "defects.csv"}
