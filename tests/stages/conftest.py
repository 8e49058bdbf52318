"""What every test of the stages starts from: an empty home, and a pseudonym key that no other test shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats import settings
from policestats.catalog import Catalog
from tests.stages.small import standard


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the folder of all run-time data; it does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def reports(tmp_path: Path) -> Catalog:
    """Return a standard with one source, ``desk``: a zip of CSV files with the table report."""
    return standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {"report": {"into": "report"}}}})
