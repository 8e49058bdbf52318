"""When yesterday's bulletin is made: every morning, and with it, after a Sunday, that of the week."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from airflow.sdk import dag

from policestats.stages.dag_parts import report, report_params, tried_again


@dag(
    schedule="0 7 * * *",
    start_date=datetime(2020, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")),  # any past period can be backfilled
    catchup=False,
    max_active_runs=1,
    params=report_params("A day, 2026-10-03; default: the day before this run", wait_minutes=60),
    tags=["policestats", "daily"],
    default_args=tried_again("statistics"),
)
def bulletin() -> None:
    """Tabulate, check and publish the daily forms of yesterday, and on a Monday the weekly ones.

    Waits, without holding a worker and an hour at most, until every source was read after midnight. The release is found under
    `releases/current-day` and `releases/current-week`; `releases/current` stays with the month.
    """
    report("day")


bulletin()
