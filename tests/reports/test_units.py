"""The units tree at a date: who stands, who took over from whom, who owes a delivery."""

from __future__ import annotations

from datetime import date

import pytest

from policestats.errors import StatisticsError
from policestats.reports.units import UnitsTree, UnitVersion, leaves_between, tree_at

UNKNOWN = "000000000000"
END = date(2026, 11, 1)  # the tree of 2026-10-31


def unit(
    code: str, parent: str | None = None, since: str = "2020-01-01", until: str | None = None, successor: str | None = None
) -> UnitVersion:
    return UnitVersion(
        code, date.fromisoformat(since), date.fromisoformat(until) if until else None, parent, successor, "station", code, code
    )


def tree(*versions: UnitVersion, end: date = END) -> UnitsTree:
    return tree_at(versions, end, UNKNOWN, {"zh": "未知", "en": "Unknown"})


def test_order_depth_and_subtrees() -> None:
    found = tree(unit("P"), unit("B", "P"), unit("A", "P"), unit("A2", "A"), unit("A1", "A"))
    # parents first, then by code, the unknown unit last
    assert [(u.code, u.parent, u.depth) for u in found.units] == [
        ("P", None, 0), ("A", "P", 1), ("A1", "A", 2), ("A2", "A", 2), ("B", "P", 1), (UNKNOWN, "P", 1),
    ]  # fmt: skip
    assert found.below("A") == ["A", "A1", "A2"]
    assert sorted(found.below("P")) == [UNKNOWN, "A", "A1", "A2", "B", "P"]
    # 6 units, each below itself; A1 and A2 below A and P, A and B and the unknown one below P
    assert found.closure().num_rows == 6 + 2 * 2 + 3


def test_several_roots_leave_the_unknown_unit_alone() -> None:
    found = tree(unit("P"), unit("Q"))
    assert [(u.code, u.parent, u.depth) for u in found.units] == [("P", None, 0), ("Q", None, 0), (UNKNOWN, None, 0)]


def test_no_units_at_all() -> None:
    found = tree()
    assert [u.code for u in found.units] == [UNKNOWN]
    assert found.standing("anything") == UNKNOWN


def test_what_nobody_knows_is_the_unknown_unit() -> None:
    found = tree(unit("P"))
    assert found.standing("P") == "P"
    assert found.standing("X") == UNKNOWN
    assert found.standing(None) == UNKNOWN
    assert found.standing(UNKNOWN) == UNKNOWN


def test_a_chain_of_successors_ends_at_the_last_one() -> None:
    found = tree(
        unit("P"),
        unit("A", "P", until="2025-01-01", successor="B"),
        unit("B", "P", until="2026-01-01", successor="C"),
        unit("C", "P"),
    )
    assert [found.standing(c) for c in ("A", "B", "C")] == ["C", "C", "C"]
    assert [u.code for u in found.units] == ["P", "C", UNKNOWN]
    assert found.ended == {"A": date(2025, 1, 1), "B": date(2026, 1, 1)}
    carried = dict(zip(*(found.carry().column(i).to_pylist() for i in range(2)), strict=True))
    assert carried == {"P": "P", "A": "C", "B": "C", "C": "C", UNKNOWN: UNKNOWN}


def test_a_merger_counts_from_the_period_in_which_the_unit_no_longer_stands_at_the_end() -> None:
    versions = unit("P"), unit("A", "P", until="2026-10-31", successor="B"), unit("B", "P")
    assert tree(*versions, end=date(2026, 10, 31)).standing("A") == "A"  # 10-30 is the last day of A
    assert tree(*versions, end=date(2026, 11, 1)).standing("A") == "B"  # on 10-31 it stands no longer
    until_november = unit("P"), unit("A", "P", until="2026-11-01", successor="B"), unit("B", "P")
    assert tree(*until_november, end=date(2026, 11, 1)).standing("A") == "A"  # 10-31 is its last day


def test_a_unit_that_ended_without_successor_stands_on() -> None:
    found = tree(unit("P"), unit("A", "P", until="2025-01-01"))
    assert found.standing("A") == "A"
    assert [u.code for u in found.units] == ["P", "A", UNKNOWN]
    assert found.ended == {}


def test_a_successor_that_nobody_knows_leaves_the_unit_standing() -> None:
    assert tree(unit("P"), unit("A", "P", until="2025-01-01", successor="X")).standing("A") == "A"


def test_a_successor_that_begins_later_is_not_known_yet() -> None:
    versions = unit("P"), unit("A", "P", until="2026-10-01", successor="B"), unit("B", "P", since="2026-12-01")
    assert tree(*versions).standing("A") == "A"
    assert tree(*versions, end=date(2027, 1, 1)).standing("A") == "B"


def test_a_unit_that_does_not_stand_yet_is_unknown() -> None:
    found = tree(unit("P"), unit("A", "P", since="2026-11-01"))
    assert found.standing("A") == UNKNOWN
    assert [u.code for u in tree(unit("P"), unit("A", "P", since="2026-10-31")).units] == ["P", "A", UNKNOWN]


def test_a_moved_unit_lies_below_its_parent_of_the_day() -> None:
    versions = unit("P"), unit("A", "P"), unit("B", "P"), unit("S", "A", until="2026-10-15"), unit("S", "B", since="2026-10-15")
    assert tree(*versions).below("B") == ["B", "S"]
    assert tree(*versions, end=date(2026, 10, 15)).below("A") == ["A", "S"]
    assert tree(*versions, end=date(2026, 10, 16)).below("A") == ["A"]
    assert tree(*versions).ended == {}  # it moved, it did not end


def test_the_stations_of_a_county_that_merged_lie_below_its_successor() -> None:
    found = tree(unit("P"), unit("A", "P", until="2026-01-01", successor="B"), unit("B", "P"), unit("S", "A"))
    assert found.below("B") == ["B", "S"]


def test_a_cycle_among_successors_is_named() -> None:
    with pytest.raises(StatisticsError, match=r"successors A -> B -> A form a cycle; correct successor_unit_code of one of them"):
        tree(unit("P"), unit("A", "P", until="2025-01-01", successor="B"), unit("B", "P", until="2025-06-01", successor="A"))


def test_a_unit_that_succeeds_itself_is_a_cycle() -> None:
    with pytest.raises(StatisticsError, match="A -> A"):
        tree(unit("A", until="2025-01-01", successor="A"))


def test_a_cycle_among_parents_is_named() -> None:
    with pytest.raises(StatisticsError, match=r"A, B lie in a cycle of parents; correct parent_unit_code of one of them"):
        tree(unit("P"), unit("A", "B"), unit("B", "A"))


def test_a_county_carried_below_itself_is_a_cycle() -> None:
    with pytest.raises(StatisticsError, match="S lie in a cycle of parents"):
        tree(unit("P"), unit("A", "P", until="2026-01-01", successor="S"), unit("S", "A"))


def test_who_owes_a_delivery_stood_in_the_month_and_had_nobody_below() -> None:
    versions = [
        unit("P"), unit("A", "P"), unit("A1", "A"),
        unit("A2", "A", until="2026-10-15", successor="A1"),  # stood on some days of October
        unit("A3", "A", until="2026-10-01", successor="A1"),  # did not
        unit("A4", "A", since="2026-11-01"),  # not yet
        unit("B", "P"),  # a county without stations owes by itself
    ]  # fmt: skip
    assert leaves_between(versions, date(2026, 10, 1), date(2026, 11, 1)) == {"A1", "A2", "B"}
    assert leaves_between(versions, date(2026, 9, 1), date(2026, 10, 1)) == {"A1", "A2", "A3", "B"}
    assert leaves_between(versions, date(2026, 11, 1), date(2026, 12, 1)) == {"A1", "A4", "B"}
