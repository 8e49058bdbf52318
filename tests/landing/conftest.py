"""What the tests of landing start from: an empty home, a key of their own, and a source database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policestats import settings
from tests.support.postgres import postgres
from tests.support.source_database import SourceDatabase, opened

__all__ = ["postgres"]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder of all run-time data; it does not exist yet."""
    return tmp_path / "home"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SourceDatabase]:
    """Give an empty source database of each kind in turn."""
    server = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    with opened(request.param, tmp_path, server) as source:
        yield source
