"""A month by the tasks of its DAG: every one of them at the load that the first one names, whatever was landed since."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.stages import scheduled, tabulate
from tests.publish.standards import OTHER_CITY, PERIOD, file_case

NOW = "2026-11-02 06:30:00+08:00"
FILED = "SELECT value FROM report.cell WHERE unit_code = ? AND row_code = 'T' AND column_code = 'FILED'"


@pytest.fixture(autouse=True)
def _settings(home: Path, small: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOME": home, "DEFINITIONS": small.root, "STANDARD": "cn"}.items():
        monkeypatch.setenv(f"POLICESTATS_{name}", str(value))


def reported(params: dict[str, Any]) -> tuple[dict[str, int], dict[str, Any]]:
    known = scheduled.known("month", NOW, params)
    for due in scheduled.due(known):
        scheduled.tabulate(known, due)
    return scheduled.check(known), scheduled.publish(known)


def test_every_task_works_at_the_load_that_was_named(home: Path) -> None:
    """A second theft in the other city, known from load 2: load 1 gives the figures without it, before and after."""
    file_case(home, "case8", OTHER_CITY)
    with open_warehouse(home) as engine:
        engine.execute("UPDATE core.criminal_case_version SET known_from = 2 WHERE case_no = 'case8'")
        engine.execute("INSERT INTO core.load SELECT * REPLACE (2 AS load_id) FROM core.load WHERE load_id = 1")
    found = []
    for load in (1, 2, 1):
        _, released = reported({"as_of": load})
        assert list(released["releases"]) == [PERIOD]
        folder = Path(released["releases"][PERIOD])
        assert json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["as_of"] == released["as_of"] == load
        with duckdb.connect(str(folder / "statistics.duckdb"), read_only=True) as reader:
            found.append([int(value) for (value,) in reader.execute(FILED, [OTHER_CITY]).fetchall()])
    assert found == [[1], [2], [1]]


def test_checks_that_fail_are_counted_and_alerted(home: Path) -> None:
    """[T].FILED <= 2 fails at the province (5), at the city with stations 1 and 2 (3), and at their county (3)."""
    failed, _ = reported({"as_of": 1})
    lines = (home / "audit" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert failed == {PERIOD: 3}
    assert [json.loads(line)["text"] for line in lines] == [f"{PERIOD}: 3 error checks do not hold"]


def test_a_check_is_of_the_load_that_was_named(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute("INSERT INTO core.load SELECT * REPLACE (2 AS load_id) FROM core.load WHERE load_id = 1")
    known = scheduled.known("month", NOW, {"as_of": 1})
    assert scheduled.check(known) == {PERIOD: 3}  # tabulated at load 1; load 2 was not
    tabulate.run(catalog=small, home=home, period=PERIOD)
    assert scheduled.check({**known, "as_of": 2}) == {PERIOD: 3}
