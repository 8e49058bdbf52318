"""What every test of bad records starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.catalog import Catalog
from tests.bad_input import homes


@pytest.fixture
def office(tmp_path: Path) -> Catalog:
    """Return a standard with a database, a zip, data rules and one form."""
    return homes.definitions(tmp_path / "definitions")
