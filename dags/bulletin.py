"""When yesterday's bulletin is made: every morning, and with it, after a Sunday, that of the week."""

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
    schedule="0 7 * * *",
    start_date=datetime(2020, 1, 1, tzinfo=SHANGHAI),  # any past period can be backfilled
    catchup=False,
    max_active_runs=1,
    params={
        "period": Param(None, type=["null", "string"], description="A day, 2026-10-03; default: the day before this run"),
        "as_of": Param(None, type=["null", "integer"], description="The load whose knowledge counts; default: the last validated"),
        "wait_minutes": Param(60, type="number", minimum=0, description="How long to wait for sources that are late"),
        "standard": Param(
            None, type=["null", "string"], description="Whose rules; default: POLICESTATS_STANDARD, else the first of schemas/"
        ),
    },
    tags=["policestats", "daily"],
    default_args={
        "owner": "statistics",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": Alert(),
    },
)
def bulletin() -> None:
    """Tabulate, check and publish the daily forms of yesterday, and on a Monday the weekly ones.

    Waits, without holding a worker and an hour at most, until every source was read after midnight. The release is found under
    `releases/current-day` and `releases/current-week`; `releases/current` stays with the month.
    """
    known = UntilValidated(task_id="wait_until_validated", frequency="day", execution_timeout=None).output
    tabulate = task(
        scheduled.tabulate,
        max_active_tis_per_dagrun=2,  # one writes, one gets ready
        map_index_template="{{ task.op_kwargs['due']['form'] }} {{ task.op_kwargs['due']['period'] }}",
    )
    cells = tabulate.partial(known=known).expand(due=task(scheduled.due)(known))
    cells >> (checked := task(scheduled.check)(known))
    checked >> emitting(RELEASED, scheduled.publish)(known)


bulletin()
