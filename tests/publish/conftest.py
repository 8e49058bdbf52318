"""One release of October 2026 that the reading tests share, and the definitions of one small form."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from policestats.catalog import Catalog
from policestats.stages import publish
from policestats.stages.publish import PublishResult
from tests.publish.standards import PERIOD, definitions, tabulated, warehouse


@dataclass(frozen=True)
class Published:
    """A home with one release."""

    home: Path
    catalog: Catalog
    result: PublishResult


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """Return October of all four forms, published after September was tabulated too. Nobody changes it."""
    folder = tmp_path_factory.mktemp("release")
    catalog = definitions(folder / "definitions", "X01", "Z01", "Z11")
    home = folder / "home"
    warehouse(home, catalog)
    tabulated(home, catalog, "2026-09", PERIOD)
    return Published(home, catalog, publish.run(catalog=catalog, home=home, period=PERIOD))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Return the definitions with the tests' own form alone."""
    return definitions(tmp_path_factory.mktemp("small") / "definitions")


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, small: Catalog) -> Path:
    """Return a home whose October is tabulated; the tests take copies of it."""
    folder = tmp_path_factory.mktemp("prepared") / "home"
    warehouse(folder, small)
    tabulated(folder, small, PERIOD)
    return folder


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Path:
    """Return a home of the test's own whose October is tabulated and not yet published."""
    return Path(shutil.copytree(prepared, tmp_path / "home"))
