"""What tests ask of Airflow's REST API, over HTTP."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any


class Api:
    """A client that logs in with name and password."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._token = ""

    def log_in(self, username: str, password: str) -> int:
        """Log in; return the HTTP status: 201 with a token, 401 without."""
        try:
            answer = self._ask("POST", "/auth/token", {"username": username, "password": password})
        except urllib.error.HTTPError as error:
            return error.code
        self._token = answer["access_token"]
        return 201

    def dags_when_all_are_there(self, files: set[str], seconds: float) -> dict[str, str]:
        """Wait until every one of ``files`` has given a DAG or an import error; return the DAGs, id to file."""
        end = time.monotonic() + seconds
        while True:
            dags = {dag["dag_id"]: dag["relative_fileloc"] for dag in self._ask("GET", "/api/v2/dags?limit=1000")["dags"]}
            failed = {error["filename"] for error in self._ask("GET", "/api/v2/importErrors?limit=1000")["import_errors"]}
            missing = files - set(dags.values()) - {name.rsplit("/", 1)[-1] for name in failed if name}
            if not missing or time.monotonic() > end:
                return dags
            time.sleep(1)

    def import_errors(self) -> list[str]:
        """Return what could not be imported, and why."""
        found = self._ask("GET", "/api/v2/importErrors?limit=1000")["import_errors"]
        return [f"{error['filename']}: {error['stack_trace']}" for error in found]

    def run(self, dag: str, task: str, seconds: float) -> Any:
        """Run ``dag`` once; return what ``task`` returned.

        Raises: AssertionError with the task's log when the run does not succeed in time.
        """
        self._ask("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
        self._run_id = self._ask("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})["dag_run_id"]
        end = time.monotonic() + seconds
        while (state := self._ask("GET", f"/api/v2/dags/{dag}/dagRuns/{self._run_id}")["state"]) != "success":
            if state == "failed" or time.monotonic() > end:
                raise AssertionError(f"the run of {dag} is {state}:\n{self.log_of(dag, task)}")
            time.sleep(0.5)
        entry = f"/api/v2/dags/{dag}/dagRuns/{self._run_id}/taskInstances/{task}/xcomEntries/return_value"
        found = self._ask("GET", entry)["value"]
        return json.loads(found) if isinstance(found, str) else found

    def log_of(self, dag: str, task: str) -> str:
        """Return the log of the first try of ``task`` in the run that ``run`` started, as the API server shows it."""
        return json.dumps(self._ask("GET", f"/api/v2/dags/{dag}/dagRuns/{self._run_id}/taskInstances/{task}/logs/1"))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())
