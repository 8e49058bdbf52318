"""The tiny standard, written once for all tests of the report layer."""

from __future__ import annotations

import pytest

from policestats.catalog import Catalog
from tests.reports import tiny


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Return the catalog of the tiny standard. Nobody changes it."""
    return tiny.standard(tmp_path_factory.mktemp("tiny"))
