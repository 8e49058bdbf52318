"""The demo: the DAGs in one process, from nothing to a release, and again without a change."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ledger import ROOT
from tests.support.offline import is_possible, offline


@pytest.mark.slow
def test_the_demo_runs_the_dags_to_a_release_and_again_without_a_change(tmp_path: Path) -> None:
    """The first time without a network, where the account may take one away: nothing is fetched, and nothing is told to anybody."""
    env = os.environ | {"POLICESTATS_HOME": str(tmp_path), "POLICESTATS_PSEUDONYM_KEY": "a key for tests only"}
    demo = [sys.executable, "-m", "policestats.demo"]
    first = subprocess.run(offline(demo) if is_possible() else demo, env=env, capture_output=True, text=True, check=False, cwd=ROOT)
    assert first.returncode == 0, first.stderr[-3000:]
    current = (tmp_path / "releases" / "current").resolve()
    assert current.name == "2026-02-r1"
    assert (current / "statistics.duckdb").is_file()
    for word in ("stand in core", "generation rate", "template rate", "checks", "990102520000", str(current / "html" / "index.html")):
        assert word in first.stdout.replace("\n", "")
    second = subprocess.run(demo, env=env, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr[-3000:]
    assert "nothing new was landed" in second.stdout
    assert "unchanged" in second.stdout
    assert (tmp_path / "releases" / "current").resolve() == current
