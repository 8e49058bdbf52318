"""What the end-to-end tests share: a key of their own, the standard, and a PostgreSQL server where a test asks for one."""

from __future__ import annotations

import pytest

from policestats import settings
from policestats.catalog import Catalog, load_catalog
from tests.support.ledger import ROOT
from tests.support.postgres import postgres

__all__ = ["postgres"]


@pytest.fixture(autouse=True, scope="session")
def _key() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
        yield


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(ROOT, "cn")
