"""make demo: a made-up province through the real Airflow DAGs, in one process, to a release; then a summary."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from policestats import settings
from policestats.cli import printing, summary
from policestats.errors import StatisticsError
from policestats.simulator import SimulationResult, simulate

#: the DAGs that take sources to a release, in the order in which they start one another
DAGS = ("extract_sources", "validate_core", "monthly_report")


def prepare_airflow(folder: Path, dags: Path) -> None:
    """Point Airflow at ``folder`` (its SQLite metadata and logs), with nothing but ``dags``, and bring the metadata up to date.

    Raises: StatisticsError with what Airflow said when it cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        AIRFLOW_HOME=str(folder),
        AIRFLOW__CORE__DAGS_FOLDER=str(dags),
        AIRFLOW__CORE__LOAD_EXAMPLES="false",
        AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{folder / 'airflow.db'}",
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="false",
    )
    done = subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StatisticsError(f"airflow db migrate failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def run_dags(period: str, dags: Path) -> None:
    """Run the DAGs one after the other in this process, the last for ``period``. Raises: StatisticsError naming the tasks that failed."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(dags))
    if bag.import_errors:
        raise StatisticsError(f"the DAGs cannot be read: {bag.import_errors}")
    for name in DAGS:
        run = bag.dags[name].test(run_conf={"period": period} if name == DAGS[-1] else None)
        failed = [t.task_id for t in run.get_task_instances() if str(t.state) not in ("success", "skipped")]
        if failed or str(run.state) != "success":
            raise StatisticsError(f"the run of {name} ended {run.state}; tasks that failed: {', '.join(failed) or 'none'}")


def main() -> None:
    """Simulate, run the DAG for the last month simulated, and print what came of it."""
    started = time.monotonic()
    home = settings.home()
    definitions = settings.definitions()
    with printing.progress() as tell:
        tell("simulating 14 months of a small province ...")
        made = simulate(home / "sources", progress=tell)
        for source, location in made.locations.items():
            os.environ[f"{settings.SOURCE_PREFIX}{source.upper()}"] = location
        os.environ[settings.HOME] = str(home)
        os.environ[settings.DEFINITIONS] = str(definitions)
        tell("preparing Airflow's metadata ...")
        prepare_airflow(home / "airflow", definitions / "dags")
        tell(f"running the DAGs {', '.join(DAGS)} for {made.months[-1]} ...")
        before = summary.state(home)
        run_dags(made.months[-1], definitions / "dags")
    summary.released(home, made.months[-1], before, time.monotonic() - started)
    _silence(made)


def _silence(made: SimulationResult) -> None:
    if made.silent_unit:
        printing.out.print(
            f"The simulator kept station {made.silent_unit} silent in {made.silent_month}: its own cells are missing, its county's, city's and "
            "province's are partial sums, and that is what the rates above lost.",
            markup=False,
        )


if __name__ == "__main__":
    try:
        main()
    except StatisticsError as error:
        printing.err.print(f"error: {error}", markup=False, style="bold red")
        sys.exit(1)
