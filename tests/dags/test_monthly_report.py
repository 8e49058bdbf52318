"""The DAG: its tasks and edges, its period, and a whole run in process on embedded Airflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ledger import ROOT
from tests.support.offline import is_possible, offline

EDGES = {
    "sources": {"extract"},
    "extract": {"conform"},
    "conform": {"validate"},
    "validate": {"tabulate"},
    "tabulate": {"publish"},
    "publish": set(),
}

# In a process of its own: Airflow reads its settings when it is first imported.
_LOOK = """
import json, sys, time
started = time.perf_counter()
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
dag = bag.dags["monthly_report"]
heavy = sorted(m for m in ("duckdb", "pandas", "great_expectations", "policestats.stages.tabulate") if m in sys.modules)
print(json.dumps({
    "ids": sorted(bag.dags), "errors": {str(k): str(v) for k, v in bag.import_errors.items()}, "heavy": heavy,
    "edges": {t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks}, "zone": str(dag.timezone), "doc": dag.doc_md or dag.description or "",
    "params": sorted(dag.params), "tags": sorted(dag.tags), "owner": dag.owner,
}))
"""


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = tmp_path_factory.mktemp("airflow")
    return os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
    }


def test_tasks_edges_and_settings(airflow: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=airflow, check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-c", _LOOK, str(ROOT / "dags")], env=airflow, check=True, capture_output=True, text=True)
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert seen["ids"] == ["monthly_report"]
    assert seen["errors"] == {}
    assert {task: set(following) for task, following in seen["edges"].items()} == EDGES
    assert seen["zone"] == "Asia/Shanghai"
    assert {"period", "standard"} <= set(seen["params"])
    assert seen["owner"] == "statistics"
    assert "policestats" in seen["tags"]
    assert seen["doc"]
    assert seen["heavy"] == []  # imported when a task runs, not when the file is parsed


def test_a_dag_file_stays_small() -> None:
    for path in (ROOT / "dags").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, f"{path.name}: a DAG says when and in what order, nothing else"


@pytest.mark.slow
def test_the_demo_runs_the_dag_to_a_release_and_again_without_a_change(tmp_path: Path) -> None:
    """The first time without a network, where the account may take one away: nothing is fetched, and nothing is told to anybody."""
    env = os.environ | {"POLICESTATS_HOME": str(tmp_path), "POLICESTATS_PSEUDONYM_KEY": "a key for tests only"}
    demo = [sys.executable, "-m", "policestats.demo"]
    first = subprocess.run(offline(demo) if is_possible() else demo, env=env, capture_output=True, text=True, check=False, cwd=ROOT)
    assert first.returncode == 0, first.stderr[-3000:]
    current = (tmp_path / "releases" / "current").resolve()
    assert current.name == "2026-02-r1"
    assert (current / "statistics.duckdb").is_file()
    for word in ("stand in core", "generation rate", "template rate", "checks", "990102520000", str(current / "html" / "index.html")):
        assert word in first.stdout.replace("\n", "")
    second = subprocess.run(demo, env=env, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr[-3000:]
    assert "nothing new was landed" in second.stdout
    assert "unchanged" in second.stdout
    assert (tmp_path / "releases" / "current").resolve() == current
