"""The assets by which the DAGs start one another; what an event carries is a task's result."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any

from airflow.sdk import Asset, task

LANDED = Asset(name="landed", uri="policestats://landed")
VALIDATED = Asset(name="validated", uri="policestats://validated")
RELEASED = Asset(name="released", uri="policestats://released")


def emitting(asset: Asset, stage: Callable[..., dict[str, Any]], **options: Any) -> Any:
    """Return the task of a ``stage`` that emits ``asset`` once it is done, with its result as what the event carries."""

    @wraps(stage)
    def emit(*args: Any, outlet_events: Any = None, **named: Any) -> dict[str, Any]:
        result = stage(*args, **named)
        outlet_events[asset].extra = result
        return result

    asked = signature(stage)  # the scheduler gives a task what its signature asks for
    events = Parameter("outlet_events", Parameter.KEYWORD_ONLY, default=None)
    emit.__signature__ = asked.replace(parameters=[*asked.parameters.values(), events])  # type: ignore[attr-defined]
    return task(outlets=[asset], **options)(emit)
