"""One run of the monthly DAG in a process of its own, as the demo drives it: ``python -m tests.support.dag_process PERIOD``.

Airflow's metadata and logs go below the home. On its last line of standard output it says as JSON how many facts of each form were made
wholly, by groups of records, and kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.support.ledger import ROOT

Remade = dict[str, dict[str, int]]


def run(home: Path, sources: dict[str, str], period: str) -> Remade:
    """Run the DAG for ``period`` with the sources at these locations; return how the facts of each form were made."""
    env = os.environ | {"POLICESTATS_HOME": str(home)} | {f"POLICESTATS_SOURCE_{name.upper()}": place for name, place in sources.items()}
    command = [sys.executable, "-m", "tests.support.dag_process", period]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    found: Remade = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _main(period: str) -> None:
    from policestats import demo, settings
    from policestats.stages import tabulate
    from policestats.stages.tabulate import TabulateResult

    made: list[TabulateResult] = []
    really = tabulate.run

    def remembered(**asked: Any) -> TabulateResult:  # the tasks run in this process; what a task returns is the period alone
        made.append(really(**asked))
        return made[-1]

    tabulate.run = remembered
    demo.prepare_airflow(settings.home() / "airflow", ROOT / "dags")
    demo.run_dags(period, ROOT / "dags")
    [result] = made
    print(json.dumps({form: asdict(remade) for form, remade in result.remade.items()}))


if __name__ == "__main__":
    _main(sys.argv[1])
