"""When records become core and are judged: whenever something was landed."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import Param, dag, task

from policestats.stages import scheduled
from policestats.stages.alerts import Alert
from policestats.stages.assets import LANDED, VALIDATED, emitting

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dag(
    schedule=[LANDED],
    start_date=datetime(2026, 1, 1, tzinfo=SHANGHAI),
    catchup=False,
    is_paused_upon_creation=False,  # it acts only when something was landed
    max_active_runs=1,
    params={
        "standard": Param(
            None, type=["null", "string"], description="Whose rules; default: POLICESTATS_STANDARD, else the first of schemas/"
        )
    },
    tags=["policestats", "quality"],
    default_args={
        "owner": "data engineering",
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(hours=3),
        "on_failure_callback": Alert(),
    },
)
def validate_core() -> None:
    """Merge every load into core, then judge every record by the rules of expectations/.

    A load that cannot be merged fails `conform`; the loads of the other sources are merged, and judged all the same. A failed **error** rule
    blocks the cells that need its table, and `validated` says which failed. A rule that raised fails `validate`: its load counts as not validated.
    """
    merged = task(scheduled.conform)()
    judged = emitting(VALIDATED, scheduled.validate, trigger_rule="all_done")
    merged >> judged()


validate_core()
