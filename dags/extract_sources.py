"""When the sources are read: every night after the cut-off, each table by a task of its own; what arrived is landed, whatever happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import dag, task

from policestats.stages import scheduled
from policestats.stages.assets import LANDED, emitting
from policestats.stages.dag_parts import STANDARD, tried_again


@dag(
    schedule="5 6 * * *",  # just after a month's cut-off (day 2, 06:00), and in time for the bulletin
    start_date=datetime(2020, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")),
    catchup=False,
    max_active_runs=1,
    params=STANDARD,
    tags=["policestats", "extract"],
    default_args=tried_again("data engineering"),
)
def extract_sources() -> None:
    """Read every table of every source, and land what came.

    Sources come from POLICESTATS_SOURCE_<NAME> or from Airflow connections. A table that cannot be read is tried again, then left out: the
    other tables land, and `landed` says which sources are **silent**. Nothing here opens the warehouse. To read the sources again, trigger
    this DAG; a task that is cleared reads its table anew.
    """
    read = task(
        scheduled.read_table,
        retry_delay=timedelta(minutes=2),
        retry_exponential_backoff=True,
        max_active_tis_per_dagrun=4,
        map_index_template="{{ task.op_kwargs['source'] }}.{{ task.op_kwargs['table'] }}",
    )
    came = read.expand_kwargs(task(scheduled.tables)())
    came >> emitting(LANDED, scheduled.land, trigger_rule="all_done")()


extract_sources()
