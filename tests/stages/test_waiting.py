"""Waiting for a validation: what ends it, what it gives on, and what a task that emits an asset says with it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from policestats.stages.assets import LANDED, emitting
from policestats.stages.validated import Validated
from policestats.stages.waiting import UntilValidated, ValidatedTrigger
from tests.stages.test_scheduled import NOW, scheduler

__all__ = ["scheduler"]
BEGUN = datetime(2026, 11, 1, 22, 30, tzinfo=UTC)  # of the run
MOMENT = "2026-11-02T06:00:00"
IN_TIME, LATE = Validated(2, {"desk": MOMENT}), Validated(1, {"desk": "2026-11-02T05:59:59"})


def fired(home: Path, deadline: datetime) -> None:
    """Run the trigger as the triggerer does, made again from how it was put down; it must fire before long."""
    _, written = ValidatedTrigger(str(home), MOMENT, deadline.isoformat()).serialize()

    async def first() -> None:
        async for _ in ValidatedTrigger(**written).run():
            return

    asyncio.run(asyncio.wait_for(first(), 10))


def test_it_fires_at_once_when_all_is_validated(scheduler: Path) -> None:
    IN_TIME.write(scheduler)
    fired(scheduler, datetime.now(UTC) + timedelta(days=1))


def test_it_fires_at_its_deadline(scheduler: Path) -> None:
    LATE.write(scheduler)
    fired(scheduler, datetime.now(UTC) + timedelta(seconds=0.2))


def waited(**params: Any) -> Any:
    return UntilValidated(task_id="wait", frequency="month", at=NOW).execute(
        {"params": params, "dag_run": SimpleNamespace(start_date=BEGUN)}
    )


def test_it_defers_until_the_deadline_and_then_goes_on(scheduler: Path) -> None:
    LATE.write(scheduler)
    with pytest.raises(TaskDeferred) as deferred:
        waited(wait_minutes=360)
    trigger, more = deferred.value.trigger, deferred.value.timeout
    assert isinstance(trigger, ValidatedTrigger)
    assert (trigger.home, trigger.moment, deferred.value.method_name) == (str(scheduler), MOMENT, "resume")
    assert datetime.fromisoformat(trigger.deadline) == BEGUN + timedelta(minutes=360)  # also of a second try, hours later
    assert more is not None
    assert more > timedelta(minutes=360)  # the scheduler must not end it before it ends itself
    after = UntilValidated(task_id="wait", frequency="month", at=NOW).resume({"params": {}}, {})
    assert after == {"period": "2026-10", "periods": ["2026-10"], "as_of": 1, "late": ["desk"]}


def test_a_load_that_is_asked_for_is_not_waited_for(scheduler: Path) -> None:
    LATE.write(scheduler)
    assert waited(wait_minutes=360, as_of=1) == {"period": "2026-10", "periods": ["2026-10"], "as_of": 1, "late": []}


def test_what_is_validated_in_time_is_not_waited_for(scheduler: Path) -> None:
    IN_TIME.write(scheduler)
    assert waited(wait_minutes=360)["as_of"] == 2


def test_an_event_carries_what_the_task_returns() -> None:
    class Event:
        extra: Any = None

    def stage(run_id: str) -> dict[str, Any]:
        return {"loads": [1], "run": run_id}

    events = {LANDED: Event()}
    assert emitting(LANDED, stage).function("night 1", outlet_events=events) == {"loads": [1], "run": "night 1"}
    assert events[LANDED].extra == {"loads": [1], "run": "night 1"}
