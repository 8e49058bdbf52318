"""--as-of LOAD gives again exactly what was published then, however much was landed since, in the same warehouse and in a rebuilt one."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats import settings
from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.simulator import simulate
from policestats.stages import conform, extract, tabulate, validate
from tests.support.content import content
from tests.support.late_change import bring_back, change_late, copied
from tests.support.ledger import ROOT
from tests.support.tally import COUNTED

pytestmark = pytest.mark.slow
MONTHS = ("2025-01", "2025-02")
Content = dict[str, tuple[int, str]]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT, "cn")


def land(catalog: Catalog, sources: Path, home: Path) -> int:
    """Read every source and merge what it gave; return the last load."""
    loads = [
        extract.run(catalog=catalog, source=source, location=str(sources / f"{source}.sqlite"), home=home).load_id
        for source in catalog.sources
    ]
    conform.run(catalog=catalog, home=home)
    return max(load for load in loads if load is not None)


def made(catalog: Catalog, home: Path, as_of: int | None = None) -> Content:
    """Judge and tabulate as known at a load; return every cell, status, check and rate of the two months, and the verdicts."""
    validate.run(catalog=catalog, home=home, as_of=as_of)
    for month in MONTHS:
        tabulate.run(catalog=catalog, home=home, period=month, forms=COUNTED, as_of=as_of)
    with open_warehouse(home, read_only=True) as engine:
        load = as_of or engine.scalar("SELECT max(load_id) FROM core.load")
        found = content(engine, ["report"], without=["sql", "basis"])  # what is known is read by other SQL than what was known
        for name in ("rule_result", "rate"):
            rows = engine.connection.execute(f"SELECT * FROM quality.{name} WHERE as_of = ? ORDER BY ALL", [load]).fetchall()
            found[f"quality.{name}"] = (len(rows), repr(rows))
    return found


def test_the_same_load_gives_the_same_figures_for_ever(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
    sources, home = tmp_path / "sources", tmp_path / "home"
    simulate(sources, months=2)
    first = land(catalog, sources, home)
    at_first = made(catalog, home)

    former = copied(sources, tmp_path / "former")
    change_late(sources, MONTHS[1])
    second = land(catalog, sources, home)
    at_second = made(catalog, home)
    assert at_second["report.cell"] != at_first["report.cell"]
    assert at_second["report.status"] != at_first["report.status"]  # one station took its upload back
    assert at_second["quality.rule_result"] != at_first["quality.rule_result"]
    assert at_second["report.unit_member"] != at_first["report.unit_member"]  # a station moved

    bring_back(sources, former)  # later loads still: what had gone is back, as it was
    land(catalog, sources, home)
    _same(made(catalog, home, first), at_first)
    conform.run(catalog=catalog, home=home, rebuild=True)
    _same(made(catalog, home, second), at_second)
    _same(made(catalog, home, first), at_first)


def _same(found: Content, expected: Content) -> None:
    assert {name: found.get(name, (0, "")) for name in expected} == expected
