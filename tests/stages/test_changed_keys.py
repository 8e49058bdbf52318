"""Which keys changed between two loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.landing.changes import changed_keys
from policestats.stages import conform
from tests.stages.raw_loads import Landing, changes, desk, put


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Catalog, Path]:
    folder = tmp_path_factory.mktemp("history")
    catalog, home = desk(folder / "definitions"), folder / "home"
    one, two = ({"people": n} for n in "12")
    put(catalog, home, "desk", {"report": Landing([{"report_no": f"R{i}", **one} for i in (1, 2, 3)])})
    put(catalog, home, "desk", {"report": changes([{"report_no": "R2", **two}, {"report_no": "R4", **one}, {"report_no": "R1", **one}])})
    put(catalog, home, "desk", {"report": changes(deleted=["R3"])})
    put(catalog, home, "desk", {"report": changes([{"report_no": "R3", **one}], deleted=["R4"])})
    put(catalog, home, "desk", {"report": changes()})
    conform.run(catalog=catalog, home=home)
    return catalog, home


@pytest.mark.parametrize(
    ("since", "upto", "expected"),
    [
        (0, 1, ["R1", "R2", "R3"]),  # everything is new
        (1, 2, ["R2", "R4"]),  # changed; new
        (2, 3, ["R3"]),  # gone
        (3, 4, ["R3", "R4"]),  # back; gone
        (1, 3, ["R2", "R3", "R4"]),
        (1, 4, ["R2", "R3", "R4"]),  # R3 went and came, R4 came and went
        (4, 5, []),  # nothing changed
        (0, 5, ["R1", "R2", "R3", "R4"]),
    ],
)
def test_keys_with_a_version_opened_or_closed(since: int, upto: int, expected: list[str], history: tuple[Catalog, Path]) -> None:
    catalog, home = history
    with open_warehouse(home, read_only=True) as engine:
        rows = engine.fetch(changed_keys(catalog.tables["report"], since, upto))
    assert sorted(rows.column("report_no").to_pylist()) == expected
