"""The services of docker-compose.yml run without a container engine, with and without its profile for Celery.

Commands, environment, mounts, order and health checks are read from the file; see tests/support/stack.py for what stands in for an engine.
"""

from __future__ import annotations

import os

import pytest

from tests.support import compose, postgres, stack
from tests.support.ledger import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not stack.is_possible(), reason="this account may not make namespaces (unshare --net --mount-proc --pid)"),
    pytest.mark.skipif(not postgres.is_installed(), reason=f"the wheel {postgres.WHEEL} with a PostgreSQL server is not installed"),
]


@pytest.fixture(scope="module", params=["", "celery"], ids=["local", "celery"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, stack.Report]:
    """The profile, and what was seen of its services from their start to their end."""
    return request.param, stack.run(tmp_path_factory.mktemp("services"), request.param)


def test_every_service_becomes_healthy_and_ends_by_its_process_id(seen: tuple[str, stack.Report]) -> None:
    profile, report = seen
    of_profile = {name for name, given in compose.written()["services"].items() if set(given.get("profiles", [])) <= {profile}}
    assert set(report.healthy) == of_profile - {"init"}
    assert set(report.ended) == of_profile - {"postgres"}
    # Airflow 3.3's LocalExecutor asks only workers still alive to leave; when one has taken another's request, a third waits until it is killed.
    assert {name: code for name, code in report.ended.items() if code and (name, code) != ("scheduler", -9)} == {}
    assert report.left == []


def test_the_api_shows_every_dag_of_the_folder_to_the_login_of_the_env_file_alone(seen: tuple[str, stack.Report]) -> None:
    _, report = seen
    assert report.import_errors == []
    assert {path.name for path in (ROOT / "dags").glob("*.py")} <= set(report.dags.values())
    assert report.wrong_password == 401


def test_a_task_runs_where_it_should_with_data_and_key_and_no_secret_of_others(seen: tuple[str, stack.Report]) -> None:
    profile, report = seen
    assert report.probe["host"] == ("worker" if profile == "celery" else "scheduler")
    assert report.probe["secrets"] == ["POLICESTATS_PSEUDONYM_KEY_FILE"]
    assert report.probe["uid"] == (compose.image().uid if os.geteuid() == 0 else os.geteuid())
    assert report.key_is_that_of_the_file
    assert report.written_to_data == "written by a task"
    assert report.probe_log
