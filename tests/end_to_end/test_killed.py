"""Killed (SIGKILL) at every boundary of the stages and at random moments of extract and conform, then run again: the content of an unkilled run."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from policestats.catalog import load_catalog
from policestats.engines.duckdb import WAREHOUSE, open_warehouse
from policestats.landing.raw import RawStore
from policestats.simulator import simulate
from tests.support.content import content
from tests.support.in_server import copied_into_server
from tests.support.late_change import change_late, copied
from tests.support.ledger import ROOT
from tests.support.postgres import PostgresServer
from tests.support.stages_process import Kill, run

pytestmark = pytest.mark.slow
PERIOD = "2025-01"
EXTRACTS = [f"extract:{source}" for source in load_catalog(ROOT, "cn").sources]
STAGES = [*EXTRACTS, "conform", "validate", "tabulate", "publish"]
MOMENTS = 5
Sources = Path | str


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def deliveries(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sources, Sources]]:
    """Give the source databases as they stood first, and with late changes: as files, and as schemas of a server."""
    folder = tmp_path_factory.mktemp("province")
    simulate(folder / "sources", months=1)
    later = copied(folder / "sources", folder / "later")
    change_late(later, PERIOD)
    if request.param == "sqlite":
        yield folder / "sources", later
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as first, server.database() as second:
        yield copied_into_server(folder / "sources", server.url(first)), copied_into_server(later, server.url(second))


def held(home: Path, schemas: tuple[str, ...] = ("core",)) -> dict[str, object]:
    """Return the content of the warehouse, and which files are there of loads and releases."""
    with open_warehouse(home, read_only=True) as engine:
        found: dict[str, object] = dict(content(engine, schemas))
    files = (p.relative_to(home) for p in home.rglob("*") if p.is_file() and p.suffix != ".wal" and not p.name.startswith("."))
    landed = [
        (m.load_id, m.source, {n: replace(t, reconciled_at=None, read_at=None) for n, t in m.tables.items()})
        for m in RawStore(home).loads()
    ]
    return found | {"files": sorted(map(str, files)), "tables": landed}


def moments(number: int) -> tuple[int, list[float]]:
    """Return a seed and the random parts of a stage's time after which it is killed; both are printed."""
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    parts = [chance.uniform(0.02, 0.98) for _ in range(number)]
    print(f"seed {seed}: killed after {', '.join(f'{part:.0%}' for part in parts)} of the time")
    return seed, parts


def test_at_every_boundary(deliveries: tuple[Sources, Sources], tmp_path: Path) -> None:
    """One home is killed after each stage in turn, and begun again as a scheduler does: every source, then the stages that were not done.

    The other home runs through.
    """
    sources, _ = deliveries
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    run(whole, sources, PERIOD, STAGES)
    for number, stage in enumerate(STAGES):
        done = STAGES[len(EXTRACTS) : number]
        run(killed, sources, PERIOD, [s for s in STAGES if s not in done], Kill(stage))
        if stage not in EXTRACTS:
            assert held(killed)["core.load"] == held(whole)["core.load"], stage
    run(killed, sources, PERIOD, STAGES)
    schemas = ("core", "quality", "report", "dim")
    assert held(killed, schemas) == held(whole, schemas)


def test_at_random_moments_of_extract(deliveries: tuple[Sources, Sources], tmp_path: Path) -> None:
    """The first load, and in turn with it the one that brings late changes, killed in the middle of a source."""
    first, later = deliveries
    whole = tmp_path / "whole"
    firstly = run(whole, first, PERIOD, [*EXTRACTS, "conform"])
    landed = copied(whole, tmp_path / "landed")
    lately = run(whole, later, PERIOD, [*EXTRACTS, "conform"])
    seed, parts = moments(MOMENTS)
    stages = random.Random(seed).sample(EXTRACTS, MOMENTS)  # every source in its turn, over many runs
    inside = 0
    for number, (part, stage) in enumerate(zip(parts, stages, strict=True)):
        home = tmp_path / f"killed{number}"
        sources, expected, took = (later, whole, lately) if number % 2 else (first, landed, firstly)
        if number % 2:
            shutil.copytree(landed, home)
        inside += stage not in run(home, sources, PERIOD, EXTRACTS, Kill(stage, part * took[stage]))
        run(home, sources, PERIOD, [*EXTRACTS, "conform"])
        assert held(home) == held(expected), f"seed {seed}, moment {number}: {stage} killed after {part:.0%} of its time"
    print(f"{inside} of {MOMENTS} inside, the others at the end")


def test_at_random_moments_of_conform(deliveries: tuple[Sources, Sources], tmp_path: Path) -> None:
    """Loads of both deliveries are merged into an empty warehouse, and the second delivery into one that holds the first."""
    first, later = deliveries
    whole = tmp_path / "whole"
    run(whole, first, PERIOD, [*EXTRACTS, "conform"])
    merged = (whole / WAREHOUSE).read_bytes()
    run(whole, later, PERIOD, EXTRACTS)
    loads = copied(whole, tmp_path / "loads")
    took = run(whole, later, PERIOD, ["conform"])
    seed, parts = moments(MOMENTS)
    inside = 0
    for number, part in enumerate(parts):
        home = shutil.copytree(loads, tmp_path / f"killed{number}")
        (home / WAREHOUSE).unlink()
        if number % 2:
            (home / WAREHOUSE).write_bytes(merged)
        inside += "conform" not in run(home, later, PERIOD, ["conform"], Kill("conform", part * took["conform"]))
        run(home, later, PERIOD, ["conform"])
        assert held(home) == held(whole), f"seed {seed}, moment {number}: killed after {part:.0%} of the time"
    print(f"{inside} of {MOMENTS} inside, the others at the end")
