"""Screening, measures and closings of the made-up province: told after the other stories, in the order of law, and never known too early."""

from __future__ import annotations

from collections import Counter
from datetime import date
from random import Random

import pytest

from policestats.simulator.case_close_story import CaseCloseStory
from policestats.simulator.criminal_ledger import CriminalLedger
from policestats.simulator.life import live
from policestats.simulator.measure_story import MeasureStory
from policestats.simulator.province import make_province
from policestats.simulator.screening_story import ScreeningStory
from policestats.simulator.world import World

WARM_UP, FIRST, AFTER = date(2025, 1, 1), date(2025, 3, 1), date(2025, 9, 1)


@pytest.fixture(scope="module")
def told():
    """Eight months without the stories, a copy of what stood then, and the world with them."""
    world = World(make_province(date(2025, 7, 1)))
    live(world, Random(7), warm_up=WARM_UP, first=FIRST, after=AFTER, progress=None)
    before = {table: [dict(row) for row in rows] for table, rows in world.case_system.tables.items()}
    ledger = CriminalLedger(world, seed="a test", first_day=WARM_UP, last_day=date(2025, 8, 31))
    for story in (ScreeningStory(ledger), MeasureStory(ledger), CaseCloseStory(ledger)):
        story.tell()
    return before, world


def test_no_other_story_changes(told) -> None:
    """What stood before stands as it was, but for the ground of each withdrawal."""
    before, world = told
    for table, rows in before.items():
        now = [dict(row) for row in world.case_system.tables[table][: len(rows)]]
        for row in (*now, *rows):
            row.pop("reason_code", None)
        assert now == rows, table


def test_nearly_every_case_was_screened_once(told) -> None:
    _, world = told
    tables = world.case_system.tables
    cases = {row["case_no"]: row for row in tables["criminal_case"] if not row["is_received_from_outside"]}
    filed = Counter(row["case_no"] for row in tables["criminal_screening"] if row["outcome_code"] == "filed")
    assert set(filed.values()) == {1}
    assert filed.keys() <= cases.keys()
    assert 0.9 < len(filed) / len(cases) < 1
    for row in tables["criminal_screening"]:
        if row["outcome_code"] == "filed":
            case = cases[row["case_no"]]
            assert (row["decided_on"], row["decision_entered_at"]) == (case["filed_on"], case["entered_at"])
            assert row["accepted_on"] <= row["decided_on"]


def test_a_measure_is_changed_on_one_day(told) -> None:
    _, world = told
    measures = {row["measure_no"]: row for row in world.case_system.tables["criminal_person_measure"]}
    changes = [row for row in measures.values() if row["replaces_measure_no"]]
    assert len(changes) > 50
    for row in changes:
        old = measures[row["replaces_measure_no"]]
        assert (old["end_code"], old["ended_on"], old["case_no"], old["person_no"]) == (
            "changed", row["started_on"], row["case_no"], row["person_no"],
        )  # fmt: skip
    assert sum(row["end_code"] == "changed" for row in measures.values()) == len(changes)
    assert {row["measure_code"] for row in measures.values()} >= {"A1", "A2", "A3", "A4", "A5"}


def test_an_end_is_not_known_before_it_was_entered(told) -> None:
    """At the moment a row was first written it has no end, whatever it says later."""
    _, world = told
    rows = [*world.case_system.tables["criminal_person_measure"], *world.systems["review"].tables["fugitive"]]
    ended = [row for row in rows if row["end_code"] and row["end_entered_at"] > row["entered_at"]]
    assert len(ended) > 100
    assert all(row.at(row["entered_at"])["end_code"] is None for row in ended)
