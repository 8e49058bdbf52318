"""What the DAGs share: how a task is tried again and whom its failure alerts, what a run can be asked for, and the tasks of a report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, task

from policestats.stages import scheduled
from policestats.stages.alerts import Alert
from policestats.stages.assets import RELEASED, emitting
from policestats.stages.waiting import UntilValidated

STANDARD = {
    "standard": Param(None, type=["null", "string"], description="Whose rules; default: POLICESTATS_STANDARD, else the first of schemas/")
}


def tried_again(owner: str) -> dict[str, Any]:
    """Return the default arguments of a DAG's tasks: two retries, three hours at most, an alert when all of them failed."""
    return {
        "owner": owner,
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": Alert(),
    }


def report_params(period: str, *, wait_minutes: int) -> dict[str, Param]:
    """Return what a report can be asked for; ``period`` describes the periods that it takes."""
    return {
        "period": Param(None, type=["null", "string"], description=period),
        "as_of": Param(None, type=["null", "integer"], description="The load whose knowledge counts; default: the last validated"),
        "wait_minutes": Param(wait_minutes, type="number", minimum=0, description="How long to wait for sources that are late"),
        **STANDARD,
    }


def report(frequency: str) -> None:
    """Put down the tasks of a report: wait, tabulate every form that is due, check, publish."""
    known = UntilValidated(task_id="wait_until_validated", frequency=frequency, execution_timeout=None).output
    mapped = task(
        max_active_tis_per_dagrun=2,  # one writes, one gets ready
        map_index_template="{{ task.op_kwargs['due']['form'] }} {{ task.op_kwargs['due']['period'] }}",
    )
    tabulate = mapped(scheduled.tabulate)
    cells = tabulate.partial(known=known).expand(due=task(scheduled.due)(known))
    cells >> (checked := task(scheduled.check)(known))
    checked >> emitting(RELEASED, scheduled.publish)(known)
