"""When the forms of a month are made: after its cut-off, once everything that was to be read is validated, or the deadline has passed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from airflow.sdk import dag

from policestats.stages.dag_parts import report, report_params, tried_again


@dag(
    schedule="30 6 2 * *",  # half an hour after the month's cut-off: day 2, 06:00
    start_date=datetime(2020, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")),  # any past period can be backfilled
    catchup=False,
    max_active_runs=1,
    params=report_params("A month, 2026-10; default: the month before this run", wait_minutes=360),
    tags=["policestats", "monthly"],
    default_args=tried_again("statistics"),
)
def monthly_report() -> None:
    """Tabulate, check and publish every form of a month, and of the quarter, half-year and year that end with it.

    Waits without holding a worker until every source was read after the cut-off and validated. Past the deadline it goes on: cells of a
    source that is late are **missing** or **partial**. Any past month can be made again, with `as_of` exactly as it was known then.
    """
    report("month")


monthly_report()
