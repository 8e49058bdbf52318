"""Runs of the DAGs in a process of its own, one after the other, as the demo drives them: ``python -m tests.support.dag_runs RUNS``.

RUNS is JSON: a list of [DAG id, configuration]. Airflow's metadata and logs go below the home. A task that fails is tried again after a
second. On its last line of standard output it says as JSON how each run and its tasks ended and how many facts of each form were made
wholly, by groups of records, and kept. With $DIE_IN=<stage>:<n> the process kills itself when the stage writes for the n-th time.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.ledger import ROOT

DIE_IN = "DIE_IN"
NIGHTLY = [("extract_sources", {}), ("validate_core", {})]
Run = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Ended:
    """How the runs ended: by DAG the state of the run and of its tasks, and how the facts of each form were made."""

    states: dict[str, str]
    tasks: dict[str, dict[str, list[str]]]
    remade: dict[str, dict[str, int]]


def command(runs: list[Run]) -> list[str]:
    """Return the command that runs the DAGs."""
    return [sys.executable, "-m", "tests.support.dag_runs", json.dumps(runs)]


def environment(home: Path, sources: dict[str, str], airflow: str = "airflow") -> dict[str, str]:
    """Return its environment: the home, the locations of the sources, and the folder of Airflow below the home.

    Definitions are those that $POLICESTATS_DEFINITIONS names, default the repository's.
    """
    located = {f"POLICESTATS_SOURCE_{name.upper()}": place for name, place in sources.items()}
    return os.environ | {"POLICESTATS_HOME": str(home), "AIRFLOW_FOLDER": airflow} | located


def run(home: Path, sources: dict[str, str], runs: list[Run]) -> Ended:
    """Run the DAGs with the sources at these locations."""
    done = subprocess.run(command(runs), cwd=ROOT, env=environment(home, sources), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return Ended(**json.loads(done.stdout.strip().splitlines()[-1]))


def _main(runs: list[Run]) -> None:
    from policestats import demo, settings
    from policestats.stages import tabulate
    from policestats.stages.tabulate import TabulateResult, Tabulation

    made: list[TabulateResult] = []
    really = tabulate.run

    def remembered(**asked: Any) -> TabulateResult:  # the tasks run in this process; what a task returns is small
        made.append(really(**asked))
        return made[-1]

    tabulate.run = remembered
    _mortal(Tabulation)
    demo.prepare_airflow(settings.home() / os.environ["AIRFLOW_FOLDER"], ROOT / "dags")
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(ROOT / "dags"))
    assert bag.import_errors == {}
    ended = Ended({}, {}, {})
    for name, conf in runs:
        dag = bag.dags[name]
        for task in dag.tasks:
            if task.is_mapped:
                task.partial_kwargs["retry_delay"] = timedelta(seconds=1)
            else:
                task.retry_delay = timedelta(seconds=1)
        done = dag.test(run_conf=conf)
        ended.states[name] = str(done.state)
        for instance in done.get_task_instances():
            ended.tasks.setdefault(name, {}).setdefault(instance.task_id, []).append(str(instance.state))
    ended.remade.update({form: asdict(remade) for result in made for form, remade in result.remade.items()})
    print(json.dumps(asdict(ended)))


def _mortal(tabulation: Any) -> None:
    """Let the process kill itself in the middle of writing, when the environment says so."""
    stage, _, count = os.environ.get(DIE_IN, "").partition(":")
    if stage != "tabulate":
        return
    really, times = tabulation.fill, [0]

    def fill(self: Any, form: Any) -> Any:
        times[0] += 1
        filled = really(self, form)
        if times[0] == int(count):  # contributions are written, nothing is committed
            os.kill(os.getpid(), signal.SIGKILL)
        return filled

    tabulation.fill = fill


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
