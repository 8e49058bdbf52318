"""A warehouse that another process holds is waited for, by name, and not for ever."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from policestats import settings
from policestats.engines.duckdb import WAREHOUSE, open_warehouse
from policestats.engines.release_files import open_release_files
from policestats.errors import SettingsError, StatisticsError

# A word like those of a command line, and one that may hold a password.
_HOLD = "import duckdb, sys, time; c = duckdb.connect(sys.argv[2]); print('held', flush=True); time.sleep(float(sys.argv[1])); c.close()"
SECRET = "postgresql://clerk:s3cret@desk/records"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with open_warehouse(tmp_path) as engine:
        engine.execute("CREATE TABLE t AS SELECT 1 AS n")
    return tmp_path


@contextmanager
def holder(home: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the warehouse for some seconds, in which a password stands on the command line."""
    command = [sys.executable, "-c", _HOLD, str(seconds), str(home / WAREHOUSE), SECRET]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("read_only", [False, True])
def test_it_waits_for_the_holder_and_names_it(home: Path, caplog: pytest.LogCaptureFixture, read_only: bool) -> None:
    with caplog.at_level(logging.WARNING), holder(home, 1.0) as process, open_warehouse(home, read_only=read_only) as engine:
        assert engine.scalar("SELECT n FROM t") == 1
    told = [r.getMessage() for r in caplog.records if r.name == "policestats.engines.held"]
    assert len(told) == 1
    assert f"{home / WAREHOUSE} is held by process {process.pid}" in told[0]
    assert "s3cret" not in told[0]


def test_a_release_waits_too(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with holder(home, 1.0), open_release_files(tmp_path_factory.mktemp("release"), home) as files:
        assert files.scalar("SELECT n FROM warehouse.main.t") == 1


def test_it_does_not_wait_for_ever(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.LOCK_WAIT, "0.005")
    with holder(home, 60) as process:
        says = rf"process {process.pid}.* holds the file.*0\.005 minutes"
        with pytest.raises(StatisticsError, match=says), open_warehouse(home):
            pass


@pytest.mark.parametrize("name", ["data", "lock"])
def test_what_is_no_lock_is_told_at_once(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.LOCK_WAIT, "0.01")  # were it taken for a lock, it would end as one
    home = tmp_path / name
    home.mkdir()
    (home / WAREHOUSE).write_bytes(b"no database" * 1000)
    with pytest.raises(duckdb.IOException), open_warehouse(home):
        pass


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_minutes_are_a_number(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(settings.LOCK_WAIT, text)
    with pytest.raises(SettingsError, match="POLICESTATS_LOCK_WAIT"):
        settings.lock_wait()
