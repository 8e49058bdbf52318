"""docker-compose.yml without a container engine: what it names exists here, and it opens nothing to the network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from policestats import settings
from policestats.catalog import load_catalog
from tests.support.ledger import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_what_the_services_start_is_installed() -> None:
    entrypoint = re.search(r'ENTRYPOINT \["(\w+)"\]', DOCKERFILE)
    assert entrypoint
    programs = {service.get("entrypoint", [entrypoint.group(1)])[0] for service in COMPOSE["services"].values()}
    assert programs == {"policestats", "airflow"}
    for program in programs:
        path = Path(sys.executable).parent / program
        assert subprocess.run([path, "--help"], capture_output=True, check=False).returncode == 0


def test_ports_are_bound_to_the_loopback_and_no_secret_is_written_down() -> None:
    assert [port for s in COMPOSE["services"].values() for port in s.get("ports", []) if not port.startswith("127.0.0.1:")] == []
    assert all(s["env_file"] == ".env" and "environment" not in s for s in COMPOSE["services"].values())
    values = re.findall(r"^[A-Z_]+=(.*)$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert values
    assert not any(values)


def test_the_settings_explained_are_those_that_are_read() -> None:
    explained = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    sources = {settings.SOURCE_PREFIX + name.upper() for name in load_catalog(ROOT, settings.standard()).sources}
    assert explained == sources | {settings.PSEUDONYM_KEY}


def test_the_image_has_what_it_mounts_and_copies() -> None:
    assert {volume.split(":")[0] for s in COMPOSE["services"].values() for volume in s["volumes"]} == {"data", "./sources"}
    assert "data" in COMPOSE["volumes"]
    assert "POLICESTATS_HOME=/data" in DOCKERFILE
    assert "make setup" in DOCKERFILE
