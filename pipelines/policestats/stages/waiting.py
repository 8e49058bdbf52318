"""Waiting, without holding a worker, until a period can be reported: every source read after it closed, and validated; or a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger, TriggerEvent

from policestats.stages import scheduled

_LOOK_SECONDS = 15.0


class ValidatedTrigger(BaseTrigger):
    """Fires once the last validation under ``home`` covers ``moment`` (local ISO), or at ``deadline`` (UTC ISO)."""

    def __init__(self, home: str, moment: str, deadline: str) -> None:
        super().__init__()
        self.home, self.moment, self.deadline = home, moment, deadline

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return how the trigger is made again in another process."""
        return f"{__name__}.{type(self).__name__}", {"home": self.home, "moment": self.moment, "deadline": self.deadline}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look now and then; a look is one small file."""
        deadline = datetime.fromisoformat(self.deadline)
        while not scheduled.is_covered(Path(self.home), self.moment):
            left = (deadline - datetime.now(UTC)).total_seconds()
            if left <= 0:
                break
            await asyncio.sleep(min(_LOOK_SECONDS, left))
        yield TriggerEvent({})


class UntilValidated(BaseOperator):
    """Waits until what is validated covers the period asked for, or the period of ``frequency`` that has just ended; past the deadline it goes on.

    What it gives on is ``{"period", "as_of", "late"}``: the load to tabulate, and the sources that were not read in time. A load that was
    asked for (``as_of``) is not waited for.
    """

    template_fields = ("at",)

    def __init__(self, *, frequency: str, at: str = "{{ dag_run.logical_date or dag_run.run_after }}", **more: Any) -> None:
        """``at`` is the moment of the run, from which the period follows."""
        super().__init__(**more)
        self.frequency, self.at = frequency, at

    def execute(self, context: Any) -> dict[str, Any]:
        """Go on at once when nothing is to be waited for, else defer."""
        asked = scheduled.asked(self.frequency, self.at, context["params"])
        if asked.as_of is None and not scheduled.is_covered(asked.home, asked.moment):
            minutes = float(context["params"].get("wait_minutes") or 0)
            deadline = (context["dag_run"].start_date or datetime.now(UTC)) + timedelta(minutes=minutes)  # a second try waits no longer
            trigger = ValidatedTrigger(str(asked.home), asked.moment, deadline.isoformat())
            self.defer(trigger=trigger, method_name="resume", timeout=timedelta(minutes=minutes + 10))
        return self.resume(context)

    def resume(self, context: Any, event: Any = None) -> dict[str, Any]:
        """Return what is to be tabulated."""
        return scheduled.known(self.frequency, self.at, context["params"])
