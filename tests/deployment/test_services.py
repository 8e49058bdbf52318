"""The services of docker-compose.yml run without a container engine, with and without its profile for Celery.

Commands, environment, mounts, order and health checks are read from the file; see tests/support/stack.py for what stands in for an engine.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support import compose, postgres, stack
from tests.support.ledger import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not stack.is_possible(), reason="this account may not make namespaces (unshare --net --mount-proc --pid)"),
    pytest.mark.skipif(not postgres.is_installed(), reason=f"the wheel {postgres.WHEEL} with a PostgreSQL server is not installed"),
]


@pytest.mark.parametrize("profile", ["", "celery"], ids=["local", "celery"])
def test_the_services_come_up_run_a_task_and_end(tmp_path: Path, profile: str) -> None:
    """One test, because workers of pytest share no fixture: the services would be started once for each."""
    report = stack.run(tmp_path, profile)
    _every_service_became_healthy_and_ended_by_its_process_id(report, profile)
    _the_api_showed_every_dag_of_the_folder_to_the_login_of_the_env_file_alone(report)
    _a_task_ran_where_it_should_with_data_and_key_and_no_secret_of_others(report, profile)


def _every_service_became_healthy_and_ended_by_its_process_id(report: stack.Report, profile: str) -> None:
    of_profile = {name for name, given in compose.written()["services"].items() if set(given.get("profiles", [])) <= {profile}}
    assert set(report.healthy) == of_profile - {"init"}
    assert set(report.ended) == of_profile - {"postgres"}
    # Airflow 3.3's LocalExecutor asks only workers still alive to leave; when one has taken another's request, a third waits until it is killed.
    assert {name: code for name, code in report.ended.items() if code and (name, code) != ("scheduler", -9)} == {}
    assert report.left == []


def _the_api_showed_every_dag_of_the_folder_to_the_login_of_the_env_file_alone(report: stack.Report) -> None:
    assert report.import_errors == []
    assert {path.name for path in (ROOT / "dags").glob("*.py")} <= set(report.dags.values())
    assert report.wrong_password == 401


def _a_task_ran_where_it_should_with_data_and_key_and_no_secret_of_others(report: stack.Report, profile: str) -> None:
    assert report.probe["host"] == ("worker" if profile == "celery" else "scheduler")
    assert report.probe["uid"] == (compose.image().uid if os.geteuid() == 0 else os.geteuid())
    assert report.probe["secrets"] == ["POLICESTATS_PSEUDONYM_KEY_FILE"]
    assert report.key_is_that_of_the_file
    assert report.written_to_data == "written by a task"
    assert report.probe_log
