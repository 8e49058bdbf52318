"""Alerts: one notifier for everything that needs a human. It keeps them in HOME/audit/alerts.jsonl and in the task's log."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk.bases.notifier import BaseNotifier

from policestats import settings

log = logging.getLogger(__name__)
ALERTS = Path("audit") / "alerts.jsonl"


def alert(kind: str, text: str, **more: Any) -> None:
    """Keep an alert of a ``kind`` (a word) with what happened; the file only grows, a line of JSON each."""
    said = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "kind": kind, "text": text, **more}
    path = settings.home() / ALERTS
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(said, ensure_ascii=False, default=str) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)  # one write is one line, whoever else writes
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)
    log.error("%s: %s", kind, text)


class Alert(BaseNotifier):
    """Tells that a task has failed for good. Other ways to tell (mail, a message) are notifiers beside it, or a subclass that extends ``notify``."""

    def notify(self, context: Any) -> None:
        """Keep which task of which run failed, and the first line of the reason."""
        task, run = context["ti"], context.get("dag_run")
        error = context.get("exception")
        said = str(error or "the task was ended").strip() or type(error).__name__  # an assertion or a full memory says nothing
        reason = said.splitlines()[0]
        index = getattr(task, "map_index", -1)
        place = f"{task.dag_id}.{task.task_id}" + (f"[{index}]" if index >= 0 else "")
        alert("task failed", f"{place}: {reason}", dag_id=task.dag_id, task_id=task.task_id, run_id=getattr(run, "run_id", None))
