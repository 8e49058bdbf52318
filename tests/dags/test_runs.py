"""Whole runs of the DAGs in process: each of them, with a dead source, with a writer that is killed, and two at once."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import policestats
from policestats import settings
from policestats.engines.release_folder import resolve
from policestats.simulator import simulate
from tests.support import dag_runs
from tests.support.dag_runs import DIE_IN, NIGHTLY
from tests.support.few_definitions import few_definitions
from tests.support.ledger import ROOT

pytestmark = pytest.mark.slow
PERIOD = "2025-01"
SUNDAY, WEEK = "2025-01-26", "2025-W04"
#: by the month; of days and weeks Z11 and Z12 are made, too
FORMS = ("X01", "Z11", "Z12", "Z13")
DEAD = "dispute_desk"
MONTHLY: list[dag_runs.Run] = [("monthly_report", {"period": PERIOD, "wait_minutes": 0})]
FIGURES = {
    "cell": "SELECT form_id, unit_code, row_code, column_code, value FROM report.cell",
    "status": "SELECT form_id, unit_code, block_id, column_code, status, reason FROM report.status",
    "check_result": "SELECT form_id, unit_code, check_id, row_code, column_code, outcome FROM report.check_result",
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the systems are that a few forms read; the processes of the tests know these forms alone."""
    folder = tmp_path_factory.mktemp("definitions")
    read = few_definitions(folder, FORMS)
    locations = simulate(tmp_path_factory.mktemp("sources"), months=1).locations
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
        patch.setenv(settings.DEFINITIONS, str(folder))
        yield {name: locations[name] for name in read}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, sources: dict[str, str]) -> tuple[Path, dag_runs.Ended]:
    """A home after every DAG ran once."""
    home = tmp_path_factory.mktemp("whole")
    return home, dag_runs.run(home, sources, [*NIGHTLY, *MONTHLY, ("bulletin", {"period": SUNDAY, "wait_minutes": 0})])


def figures(home: Path, release: str, without: str = "") -> dict[str, list[tuple[Any, ...]]]:
    """What a release says: cells, statuses and what the checks found; of all forms but one."""
    with duckdb.connect(str(resolve(home, release).statistics), read_only=True) as reader:
        return {name: reader.execute(f"{sql} WHERE form_id <> ? ORDER BY ALL", [without]).fetchall() for name, sql in FIGURES.items()}


def alerts(home: Path) -> list[dict[str, Any]]:
    path = home / "audit" / "alerts.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_each_dag_runs(whole: tuple[Path, dag_runs.Ended]) -> None:
    """The month, its first Sunday but one and the week that ends with it; the bulletins do not take the place of the month."""
    home, ended = whole
    assert ended.states == dict.fromkeys(("extract_sources", "validate_core", "monthly_report", "bulletin"), "success")
    assert {state for tasks in ended.tasks.values() for states in tasks.values() for state in states} == {"success"}
    assert len(ended.tasks["monthly_report"]["tabulate"]) == len(FORMS)
    assert len(ended.tasks["bulletin"]["tabulate"]) == 4  # Z11 and Z12, of the day and of the week
    assert resolve(home).name == f"{PERIOD}-r1"
    assert resolve(home, "current-day").name == f"{SUNDAY}-r1"
    assert resolve(home, "current-week").name == f"{WEEK}-r1"
    assert alerts(home) == []
    # seven days make the week, in every row of emergency calls
    week = policestats.read_form("Z11", home=home, release=WEEK)
    month = policestats.read_form("Z11", home=home, release=PERIOD)
    day = policestats.read_form("Z11", home=home, release=SUNDAY)
    assert 0 < day["CUR"].sum() < week["CUR"].sum() < month["CUR"].sum()


def test_one_dead_source_and_the_report_still_comes(whole: tuple[Path, dag_runs.Ended], sources: dict[str, str], tmp_path: Path) -> None:
    """Its own forms say that it was never read; all others are what they are with it."""
    home = tmp_path / "home"
    ended = dag_runs.run(home, sources | {DEAD: str(tmp_path / "gone.sqlite")}, [*NIGHTLY, *MONTHLY])
    assert set(ended.states.values()) == {"success"}
    assert ended.tasks["extract_sources"]["read_table"].count("failed") == 4  # after its retries
    kinds = [alert["kind"] for alert in alerts(home)]
    assert kinds.count("task failed") == 4
    assert kinds.count("silent source") == 1
    assert "sources late" in kinds
    with duckdb.connect(str(resolve(home).statistics), read_only=True) as reader:
        told = reader.execute("SELECT DISTINCT status, reason FROM report.status WHERE form_id = 'Z13' AND due > 0").fetchall()
    assert {status for status, _ in told} == {"missing"}
    assert all("never read, not readable 20" in reason for _, reason in told), told
    assert figures(home, PERIOD, without="Z13")["cell"] == figures(whole[0], PERIOD, without="Z13")["cell"]
    assert figures(home, PERIOD, without="Z13")["status"] == figures(whole[0], PERIOD, without="Z13")["status"]


def test_a_writer_that_is_killed_and_tried_again(whole: tuple[Path, dag_runs.Ended], sources: dict[str, str], tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(whole[0], home, symlinks=True)
    shutil.rmtree(home / "releases")
    (home / "warehouse.duckdb").unlink()
    assert dag_runs.run(home, sources, NIGHTLY[1:]).states == {"validate_core": "success"}
    env = dag_runs.environment(home, sources) | {DIE_IN: "tabulate:3"}
    killed = subprocess.run(dag_runs.command(MONTHLY), cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    assert not (home / "releases").exists()
    assert dag_runs.run(home, sources, MONTHLY).states == {"monthly_report": "success"}
    assert figures(home, PERIOD) == figures(whole[0], PERIOD)


def test_two_runs_at_once(whole: tuple[Path, dag_runs.Ended], sources: dict[str, str], tmp_path: Path) -> None:
    """Two schedulers that know nothing of each other report the same month into one home: one release, with the same figures."""
    home = tmp_path / "home"
    shutil.copytree(whole[0], home, symlinks=True)
    shutil.rmtree(home / "releases")
    both = [
        subprocess.Popen(
            dag_runs.command([*NIGHTLY, *MONTHLY]),
            cwd=ROOT,
            env=dag_runs.environment(home, sources, airflow=f"airflow-{n}"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in (1, 2)
    ]
    for process in both:
        out, err = process.communicate(timeout=900)
        assert process.returncode == 0, err[-3000:]
        assert set(json.loads(out.strip().splitlines()[-1])["states"].values()) == {"success"}
    assert resolve(home).name == f"{PERIOD}-r1"
    assert figures(home, PERIOD) == figures(whole[0], PERIOD)
