"""A client of Airflow's REST API, as a person with a login uses it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rest:
    """Asks the API at ``address`` with a token."""

    address: str
    token: str

    @classmethod
    def login(cls, address: str, user: str, password: str) -> Rest:
        """Log in."""
        return cls(address, _asked(f"{address}/auth/token", "POST", {"username": user, "password": password}, {})["access_token"])

    def get(self, path: str) -> Any:
        """Return what stands at a path of the API."""
        return self._ask("GET", path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Make something new."""
        return self._ask("POST", path, body)

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self._ask("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, **conf: Any) -> str:
        """Start a run and return its id."""
        return str(self.post(f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"])

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the runs of a DAG, oldest first."""
        return sorted(self.get(f"/dags/{dag_id}/dagRuns?limit=100")["dag_runs"], key=lambda run: str(run["run_after"]))

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        found: list[dict[str, Any]] = self.get(f"/dags/{dag_id}/dagRuns/{urllib.request.quote(run_id)}/taskInstances?limit=1000")[
            "task_instances"
        ]
        return found

    def until(self, done: Callable[[], Any], seconds: float, what: str) -> Any:
        """Return what ``done`` gives once it gives something; fail after some time."""
        end = time.monotonic() + seconds
        while not (found := done()):
            assert time.monotonic() < end, f"not within {seconds:g} seconds: {what}"
            time.sleep(1)
        return found

    def ended(self, dag_id: str, run_id: str, seconds: float) -> str:
        """Wait until a run has ended and return its state."""

        def state() -> str | None:
            found = str(self.get(f"/dags/{dag_id}/dagRuns/{urllib.request.quote(run_id)}")["state"])
            return found if found in ("success", "failed") else None

        return str(self.until(state, seconds, f"the end of {dag_id} {run_id}"))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return _asked(f"{self.address}/api/v2{path}", method, body, {"Authorization": f"Bearer {self.token}"})


def _asked(url: str, method: str, body: dict[str, Any] | None, headers: dict[str, str]) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers}, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
