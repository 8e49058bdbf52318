"""What the end-to-end tests share: a key of their own, the standard, a judged province, and a PostgreSQL server where a test asks for one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from policestats import settings
from policestats.catalog import Catalog, load_catalog
from policestats.simulator import SimulationResult, simulate
from policestats.stages import conform, extract, validate
from policestats.stages.validate import ValidateResult
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


@dataclass(frozen=True)
class Judged:
    """A province of three months, one record in a hundred of which is wrong on purpose, landed and judged; its last month has a silent station."""

    sources: Path
    home: Path
    made: SimulationResult
    result: ValidateResult


@pytest.fixture(scope="session")
def judged(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Judged:
    folder = tmp_path_factory.mktemp("judged")
    made = simulate(folder / "sources", months=3, seed=3, defects=0.01)
    for source in catalog.sources:
        extract.run(catalog=catalog, source=source, location=str(folder / "sources" / f"{source}.sqlite"), home=folder / "home")
    conform.run(catalog=catalog, home=folder / "home")
    return Judged(folder / "sources", folder / "home", made, validate.run(catalog=catalog, home=folder / "home"))
