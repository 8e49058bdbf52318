"""When the forms of a month are made: after its cut-off, once everything that was to be read is validated, or the deadline has passed."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import Param, dag, task

from policestats.stages import scheduled
from policestats.stages.alerts import Alert
from policestats.stages.assets import RELEASED, emitting
from policestats.stages.waiting import UntilValidated

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dag(
    schedule="30 6 2 * *",  # half an hour after the month's cut-off: day 2, 06:00
    start_date=datetime(2020, 1, 1, tzinfo=SHANGHAI),  # any past period can be backfilled
    catchup=False,
    max_active_runs=1,
    params={
        "period": Param(None, type=["null", "string"], description="A month, 2026-10; default: the month before this run"),
        "as_of": Param(None, type=["null", "integer"], description="The load whose knowledge counts; default: the last validated"),
        "wait_minutes": Param(360, type="number", minimum=0, description="How long to wait for sources that are late"),
        "standard": Param(
            None, type=["null", "string"], description="Whose rules; default: POLICESTATS_STANDARD, else the first of schemas/"
        ),
    },
    tags=["policestats", "monthly"],
    default_args={
        "owner": "statistics",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": Alert(),
    },
)
def monthly_report() -> None:
    """Tabulate, check and publish every form of a month, and of the quarter, half-year and year that end with it.

    Waits without holding a worker until every source was read after the cut-off and validated. Past the deadline it goes on: cells of a
    source that is late are **missing** or **partial**. Any past month can be made again, with `as_of` exactly as it was known then.
    """
    known = UntilValidated(task_id="wait_until_validated", frequency="month", execution_timeout=None).output
    tabulate = task(
        scheduled.tabulate,
        max_active_tis_per_dagrun=2,  # one writes, one gets ready
        map_index_template="{{ task.op_kwargs['due']['form'] }} {{ task.op_kwargs['due']['period'] }}",
    )
    cells = tabulate.partial(known=known).expand(due=task(scheduled.due)(known))
    cells >> (checked := task(scheduled.check)(known))
    checked >> emitting(RELEASED, scheduled.publish)(known)


monthly_report()
