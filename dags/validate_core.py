"""When records become core and are judged: whenever something was landed."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from airflow.sdk import dag, task

from policestats.stages import scheduled
from policestats.stages.assets import LANDED, VALIDATED, emitting
from policestats.stages.dag_parts import STANDARD, tried_again


@dag(
    schedule=[LANDED],
    start_date=datetime(2020, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai")),
    catchup=False,
    is_paused_upon_creation=False,  # it acts only when something was landed
    max_active_runs=1,
    params=STANDARD,
    tags=["policestats", "quality"],
    default_args=tried_again("data engineering"),
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
