"""The DAGs: which there are, their tasks and edges, what they emit and wait for, and that parsing them is cheap."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.ledger import ROOT

EDGES = {
    "extract_sources": {"tables": {"read_table"}, "read_table": {"land"}, "land": set()},
    "validate_core": {"conform": {"validate"}, "validate": set()},
    "monthly_report": {
        "wait_until_validated": {"due", "tabulate", "check", "publish"},
        "due": {"tabulate"},
        "tabulate": {"check"},
        "check": {"publish"},
        "publish": set(),
    },
}
EDGES["bulletin"] = EDGES["monthly_report"]
EMITS = {"land": ["landed"], "validate": ["validated"], "publish": ["released"]}
MAPPED = {"read_table", "tabulate"}
GOES_ON = {"land", "validate"}  # whatever happened to the tasks before

# In a process of its own: Airflow reads its settings when it is first imported.
_LOOK = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
heavy = sorted(m for m in ("duckdb", "pandas", "great_expectations", "sqlglot", "policestats.catalog", "policestats.stages.tabulate") if m in sys.modules)
print(json.dumps({
    "errors": {str(k): str(v) for k, v in bag.import_errors.items()}, "heavy": heavy,
    "dags": {id: {
        "edges": {t.task_id: sorted(t.downstream_task_ids) for t in dag.tasks}, "zone": str(dag.timezone), "doc": dag.doc_md or "",
        "params": sorted(dag.params), "tags": sorted(dag.tags), "runs": dag.max_active_runs, "catchup": dag.catchup,
        "schedule": dag.schedule if isinstance(dag.schedule, str) else [a.name for a in (dag.schedule or [])],
        "tasks": {t.task_id: {
            "emits": [a.name for a in t.outlets], "mapped": t.is_mapped, "rule": str(getattr(t.trigger_rule, "value", t.trigger_rule)), "retries": t.retries, "owner": t.owner,
            "minutes": t.execution_timeout.total_seconds() / 60 if t.execution_timeout else None,
            "alerts": [type(c).__name__ for c in (t.on_failure_callback if isinstance(t.on_failure_callback, list) else [t.on_failure_callback])],
        } for t in dag.tasks},
    } for id, dag in bag.dags.items()},
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("airflow")
    env = os.environ | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
    }
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True)
    done = subprocess.run([sys.executable, "-c", _LOOK, str(ROOT / "dags")], env=env, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_exactly_these_dags_with_these_edges(seen: Any) -> None:
    assert seen["errors"] == {}
    assert {id: {task: set(following) for task, following in dag["edges"].items()} for id, dag in seen["dags"].items()} == EDGES


def test_when_they_run(seen: Any) -> None:
    schedules = {id: dag["schedule"] for id, dag in seen["dags"].items()}
    assert schedules == {
        "extract_sources": "5 6 * * *",
        "validate_core": ["landed"],
        "monthly_report": "30 6 2 * *",
        "bulletin": "0 7 * * *",
    }
    assert {dag["zone"] for id, dag in seen["dags"].items() if id != "validate_core"} == {"Asia/Shanghai"}
    assert all(dag["runs"] == 1 and not dag["catchup"] for dag in seen["dags"].values())


def test_what_each_task_emits_and_how_it_fails(seen: Any) -> None:
    for id, dag in seen["dags"].items():
        for name, task in dag["tasks"].items():
            assert task["emits"] == EMITS.get(name, []), (id, name)
            assert task["mapped"] == (name in MAPPED), (id, name)
            assert task["rule"] == ("all_done" if name in GOES_ON else "all_success"), (id, name)
            assert task["alerts"] == ["Alert"], (id, name)
            assert task["owner"] in ("statistics", "data engineering"), (id, name)
            assert task["retries"] >= 2, (id, name)
            if name == "wait_until_validated":
                assert task["minutes"] is None  # its own deadline ends it
            else:
                assert task["minutes"] == 180, (id, name)


def test_what_the_interface_shows(seen: Any) -> None:
    for id, dag in seen["dags"].items():
        assert "policestats" in dag["tags"], id
        assert "standard" in dag["params"], id
        assert len(dag["doc"]) > 100, id
    for id in ("monthly_report", "bulletin"):
        assert {"period", "as_of", "wait_minutes"} <= set(seen["dags"][id]["params"])


def test_parsing_imports_nothing_heavy(seen: Any) -> None:
    assert seen["heavy"] == []  # imported when a task runs, not when the file is parsed


def test_a_dag_file_stays_small() -> None:
    for path in (ROOT / "dags").glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, f"{path.name}: a DAG says when and in what order, nothing else"
