"""A real Airflow on PostgreSQL, as `make airflow` starts it: driven through its REST API from sources to releases, a writer killed on the way."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import policestats
from policestats import settings
from policestats.engines.duckdb import WAREHOUSE
from policestats.engines.release_folder import resolve
from policestats.simulator import simulate
from tests.dags.rest import Rest
from tests.support.few_definitions import few_definitions
from tests.support.ledger import ROOT
from tests.support.postgres import PostgresServer, postgres

__all__ = ["postgres"]
pytestmark = pytest.mark.slow
PERIOD = "2025-01"
#: each table is read, and each form is made, by a task of its own, a process each: a few are enough
FORMS = ("X01", "Z11")
DAGS = {"bulletin", "extract_sources", "monthly_report", "validate_core"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def said(process: subprocess.Popen[str], pattern: str, seconds: float) -> re.Match[str]:
    """Return the match of ``pattern`` in a line that the process prints."""
    assert process.stdout is not None
    end, seen = time.monotonic() + seconds, ""
    while time.monotonic() < end:
        ready, _, _ = select.select([process.stdout], [], [], 1)
        if not ready:
            continue
        line = process.stdout.readline()
        seen += line
        if found := re.search(pattern, line):
            return found
        assert line or process.poll() is None, seen
    raise AssertionError(f"{pattern!r} was not printed: {seen}")


def of_home(home: Path) -> dict[int, str]:
    """The processes whose environment names ``home``, with their command lines, by /proc."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if str(home).encode() in (path / "environ").read_bytes() and int(path.name) != os.getpid():
                found[int(path.name)] = (path / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
    return {process: command for process, command in found.items() if command}  # an ended one has no command line


def holders(file: Path) -> list[int]:
    """The processes that have ``file`` open."""
    found = []
    for path in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(path) == str(file):
                found.append(int(path.parts[2]))
        except OSError:
            continue
    return sorted(set(found))


def test_from_extraction_to_release_through_the_rest_api(postgres: PostgresServer, tmp_path: Path) -> None:
    home = (tmp_path / "var").resolve()
    made = simulate(tmp_path / "sources", months=1)
    sources = few_definitions(tmp_path / "definitions", FORMS)
    with postgres.database() as database:
        env = os.environ | {
            settings.HOME: str(home),
            settings.DEFINITIONS: str(tmp_path / "definitions"),
            settings.PSEUDONYM_KEY: "a key that only the tests use",
            "AIRFLOW_HOME": str(home / "airflow"),
            "AIRFLOW__API__PORT": str(free_port()),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgres.url(database),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": postgres.url(database),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        }
        env |= {f"{settings.SOURCE_PREFIX}{name.upper()}": made.locations[name] for name in sources}
        command = [sys.executable, "-m", "policestats.local_airflow"]
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            login = said(process, r"(http://\S+)\s+user (\S+), password (\S+)", 300)
            drive(Rest.login(*login.groups()), home)
        finally:
            process.send_signal(signal.SIGINT)  # Ctrl-C
            try:
                code = process.wait(120)
            finally:
                left = of_home(home)
                for one in left:
                    os.kill(one, signal.SIGKILL)
        assert code == 0
        assert left == {}
    assert str(postgres.port) in json.dumps(env)  # the metadata were there
    assert not (home / "airflow" / "airflow.db").exists()


def ended(api: Rest, dag_id: str) -> list[dict[str, Any]]:
    """The runs of a DAG, once all that were begun have ended; none before."""
    runs = api.runs(dag_id)
    return runs if all(run["state"] in ("success", "failed") for run in runs) else []


def drive(api: Rest, home: Path) -> None:
    """Do what a data engineer does on the first day."""
    dags = api.get("/dags")["dags"]
    assert {dag["dag_id"] for dag in dags} == DAGS
    assert api.get("/importErrors")["import_errors"] == []
    assert {dag["dag_id"] for dag in dags if not dag["is_paused"]} == {"validate_core"}

    first = api.trigger("extract_sources")
    api.unpause("extract_sources")
    assert api.ended("extract_sources", first, 400) == "success"
    (landed, *_) = [e for e in api.get("/assets/events?limit=100")["asset_events"] if e["name"] == "landed"]
    assert landed["extra"]["silent"] == {}
    api.until(lambda: {"scheduled", "manual"} == {r["run_type"] for r in ended(api, "extract_sources")}, 300, "the day's own run, too")
    judged = api.until(lambda: ended(api, "validate_core"), 300, "validation")
    assert {(r["run_type"], r["state"]) for r in judged} == {("asset_triggered", "success")}

    # a past month by a backfill, beside the run of last month; a task that writes the warehouse is killed, and tried again
    api.unpause("monthly_report")
    day = "2025-02-02T06:30:00+08:00"
    api.post(
        "/backfills", {"dag_id": "monthly_report", "from_date": day, "to_date": day, "max_active_runs": 1, "reprocess_behavior": "none"}
    )
    api.until(lambda: [r for r in api.runs("monthly_report") if r["run_type"] == "backfill"], 60, "the backfill")

    def is_tried_again() -> bool:
        """Kill who writes the warehouse for a report, until a task is tried again: who is killed may just have said that it is done."""
        tasks = [t for r in api.runs("monthly_report") for t in api.tasks("monthly_report", r["dag_run_id"])]
        if any(t["try_number"] > 1 or t["state"] == "up_for_retry" for t in tasks):
            return True
        is_report_alone = all(ended(api, dag) for dag in ("extract_sources", "validate_core"))
        if is_report_alone and any((t["task_id"], t["state"]) == ("tabulate", "running") for t in tasks):
            for process in holders(home / WAREHOUSE):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        return False

    api.until(is_tried_again, 400, "a task that was killed while it wrote the warehouse, and is tried again")
    runs = api.until(lambda: ended(api, "monthly_report"), 900, "both runs")
    assert {(r["run_type"], r["state"]) for r in runs} == {("backfill", "success"), ("scheduled", "success")}
    assert max(t["try_number"] for r in runs for t in api.tasks("monthly_report", r["dag_run_id"])) == 2
    alerts = (home / "audit" / "alerts.jsonl").read_text() if (home / "audit").exists() else ""
    assert "task failed" not in alerts  # it was tried again
    assert not list(home.glob("validate-*"))
    released = [e for e in api.get("/assets/events?limit=100")["asset_events"] if e["name"] == "released"]
    assert any(PERIOD in e["extra"]["releases"] for e in released)

    release = resolve(home, PERIOD)
    assert release.name == f"{PERIOD}-r1"
    assert int(policestats.read_form("X01", home=home, release=PERIOD)["FILED_M"].sum()) > 0
