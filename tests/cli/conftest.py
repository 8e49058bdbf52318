"""A small province of two months, taken to a release by one command; all tests but the rebuilding one only read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from policestats import settings
from policestats.catalog import load_catalog
from tests.cli.commands import Done, policestats
from tests.support.ledger import ROOT

PERIOD = "2025-02"
SOURCES = tuple(load_catalog(ROOT, "cn").sources)


@dataclass(frozen=True)
class Office:
    """The home, and what `simulate` and `run` printed."""

    home: Path
    simulated: Done
    ran: Done


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    home = tmp_path_factory.mktemp("office") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
        patch.setenv("COLUMNS", "200")
        simulated = policestats("simulate", "--home", home, "--months", 2)
        sources = [f"--source={name}={home / 'sources' / f'{name}.sqlite'}" for name in SOURCES]
        ran = policestats("run", "--home", home, "--period", PERIOD, *sources)
        yield Office(home, simulated, ran)
