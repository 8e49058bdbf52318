"""When the monthly forms are made, and in what order; what they say is in report_templates/."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import Param, dag, task

from policestats.stages import scheduled

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dag(
    schedule="30 6 2 * *",  # half an hour after the month's cut-off: day 2, 06:00
    start_date=datetime(2026, 1, 1, tzinfo=SHANGHAI),
    catchup=False,
    max_active_runs=1,
    params={
        "period": Param(None, type=["null", "string"], description="A month, 2026-10; default: the month before this run"),
        "standard": Param(
            None, type=["null", "string"], description="Whose rules; default: POLICESTATS_STANDARD, else the first of schemas/"
        ),
    },
    tags=["policestats", "monthly"],
    default_args={"owner": "statistics", "retries": 1, "retry_delay": timedelta(minutes=5)},
)
def monthly_report() -> None:
    """Extract every source, conform, validate, tabulate and check every form of one month, and publish a release.

    Sources come from POLICESTATS_SOURCE_<NAME>, data go to POLICESTATS_HOME. A source that cannot be read fails its own task; the forms
    are still made and say what is missing.
    """
    landed = task(scheduled.extract).expand(source=task(scheduled.sources)())
    conformed = task(scheduled.conform, trigger_rule="all_done")()
    validated = task(scheduled.validate)()
    period = task(scheduled.tabulate)(run_after="{{ dag_run.run_after }}")
    landed >> conformed >> validated >> period
    task(scheduled.publish)(period)


monthly_report()
