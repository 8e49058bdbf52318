"""Where a source is: a connection of the scheduler, and a password that is neither kept nor shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from policestats.errors import ExtractError
from policestats.stages import extract
from policestats.stages.run import locations
from tests.landing.desk import calls, desk
from tests.support.postgres import HOST, PASSWORD, SUPERUSER, PostgresServer
from tests.support.source_database import opened

# In a process of its own: Airflow reads its settings when it is first imported.
_SCHEDULED = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from policestats.stages import scheduled
from policestats.stages.connections import location_of
read = [scheduled.read_table(**table, run_id="night 1") for table in scheduled.tables()]
landed = scheduled.land(run_id="night 1")
sys.stdout.write(json.dumps([read, landed, [location_of(name) for name in json.loads(sys.argv[1])]]))
"""


@pytest.mark.slow
def test_a_connection_of_the_scheduler_says_where_a_source_is(postgres: PostgresServer, home: Path, tmp_path: Path) -> None:
    """A real Airflow connection, with a password full of spaces, lands the table; the password stands in no log, manifest or result."""
    with opened("postgresql", tmp_path, postgres) as database:
        calls(database, (1, "A1", 2, "2026-01-05 08:00:00"))
        desk(tmp_path, {"call": {"into": "call"}})
        path = tmp_path / "definitions/schemas/tiny/sources/desk.yaml"
        path.write_text(path.read_text() + "connection: police_desk\n")
        connections = {
            "POLICE_DESK": {
                "conn_type": "postgres",
                "host": HOST,
                "port": postgres.port,
                "login": SUPERUSER,
                "password": PASSWORD,
                "schema": database.name,
            },
            "LITE": {"conn_type": "sqlite", "host": "/data/desk.sqlite"},
            "FOLDER": {"conn_type": "fs", "extra": {"path": "/data/in"}},
            "BUCKET": {"conn_type": "generic", "extra": {"location": "s3://bucket/desk"}},
            "OTHER": {"conn_type": "mysql", "host": "h", "login": "u", "password": "p/w", "schema": "d", "extra": {"charset": "utf8mb4"}},
        }
        env = os.environ | {
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
            "POLICESTATS_HOME": str(home),
            "POLICESTATS_DEFINITIONS": str(tmp_path / "definitions"),
            "PYTHONPATH": os.pathsep.join(sys.path),
            **{f"AIRFLOW_CONN_{name}": json.dumps(connection) for name, connection in connections.items()},
        }
        names = json.dumps(["lite", "folder", "bucket", "other", "nobody"])
        done = subprocess.run([sys.executable, "-c", _SCHEDULED, names], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == [
        [1],  # row
        {"loads": [1], "silent": {}},
        ["/data/desk.sqlite", "/data/in", "s3://bucket/desk", "mysql://u:p%2Fw@h/d?charset=utf8mb4", None],
    ]
    manifest = (home / "raw/desk/manifest/00000001.json").read_text()
    assert json.loads(manifest)["location"] == f"postgresql://{SUPERUSER}:***@{HOST}:{postgres.port}/{database.name}"
    for text in (done.stderr, *done.stdout.splitlines()[:-1], manifest):
        assert PASSWORD not in text
        assert PASSWORD.replace(" ", "%20") not in text


def test_what_is_given_goes_before_the_environment_and_that_before_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = desk(tmp_path)
    asked: list[str] = []

    def connected(connection: str) -> str:
        asked.append(connection)
        return "by connection"

    assert locations(catalog, {}, connected) == {"desk": "by connection"}
    assert asked == ["desk"]  # without 'connection:' it is the source's own id
    monkeypatch.setenv("POLICESTATS_SOURCE_DESK", "by environment")
    assert locations(catalog, {}, connected) == {"desk": "by environment"}
    assert locations(catalog, {"desk": "given"}, connected) == {"desk": "given"}


@pytest.mark.parametrize("database", ["postgres", "nosuch"])
def test_an_unknown_user_or_database(database: str, postgres: PostgresServer, home: Path, tmp_path: Path) -> None:
    address = postgres.url(
        database, user="nobody_known" if database == "postgres" else SUPERUSER, password=PASSWORD if database == "nosuch" else "secret word"
    )
    with pytest.raises(ExtractError) as error:
        extract.run(catalog=desk(tmp_path), source="desk", location=address, home=home)
    message = str(error.value)
    assert "source 'desk'" in message
    assert "cannot be reached" in message
    assert ("nobody_known" if database == "postgres" else '"nosuch" does not exist') in message
    assert "check the address, the account and its rights" in message
    assert "secret word" not in message
    assert PASSWORD not in message
    assert not home.exists()


def test_a_server_that_is_not_there(home: Path, tmp_path: Path) -> None:
    """Port 1 of the loopback: nobody listens there."""
    with pytest.raises(ExtractError, match=r"source 'desk': .*127.0.0.1:1/db cannot be reached .*refused"):
        extract.run(catalog=desk(tmp_path), source="desk", location="postgresql+psycopg://u:p@127.0.0.1:1/db", home=home)
    assert not home.exists()
