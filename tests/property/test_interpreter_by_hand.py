"""The interpreter's trickiest rules on tiny hand-made standards; every expected value is worked out in a comment."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest

from tests.reference.calendar import Clock, Window, period, previous, window
from tests.reference.conditions import Anchor, holds
from tests.reference.facts import fact_rows
from tests.reference.interpreter import Standard
from tests.reference.spells import spells
from tests.reference.units import Tree

from .province import Row

UNKNOWN = "00"


def day(text: str) -> date:
    return date.fromisoformat(text)


def standard(**parts: Any) -> Standard:
    """An empty standard with the cut-off of day 2, 06:00, and whatever a test adds."""
    settings = {
        "units": {"table": "unit", "unknown": {"code": UNKNOWN}},
        "cutoff": {"day": 2, "time": "06:00"},
        "records_begin": day("2025-01-01"),
    }
    empty: Row = {"settings": settings, "tables": {}, "codelists": {}, "facts": {}, "indicators": {}, "forms": {}, "policies": {}}
    return Standard(**{**empty, **parts})


def anchor(
    tables: dict[str, list[Row]] | None = None, lateness: str = "post_current", period_end: str = "2026-11-01", **parts: Any
) -> Anchor:
    return Anchor(standard(**parts), tables or {}, Clock(2, time(6), lateness), day(period_end))


# --- clocks: the cut-off of October is 11-02 06:00:00 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "entered", "posted", "is_late"),
    [
        ("2026-10-31", "2026-11-02T05:59:59", "2026-10-31", False),  # one second before the cut-off: October's
        ("2026-10-31", "2026-11-02T06:00:00", "2026-11-01", True),  # at the cut-off: in the window of November
        ("2026-10-31", "2026-12-02T05:59:59", "2026-11-01", True),  # the last second of that window
        ("2026-10-31", "2026-12-02T06:00:00", "2026-12-01", True),
        ("2026-11-01", "2026-11-02T05:00:00", "2026-11-01", False),  # the window of October is still open, but the event is November's
        ("2025-12-31", "2026-01-02T06:00:00", "2026-01-01", True),  # over the year's end
        ("2026-10-01", "2026-10-01T00:00:00", "2026-10-01", False),
    ],
)
def test_posted_to_the_second(on: str, entered: str, posted: str, is_late: bool) -> None:
    clock, at = Clock(2, time(6), "post_current"), datetime.fromisoformat(entered)
    assert (clock.posted(day(on), at), clock.is_late(day(on), at)) == (day(posted), is_late)
    restated = Clock(2, time(6), "restated")
    assert (restated.posted(day(on), at), restated.is_late(day(on), at)) == (day(on), is_late)  # the flag does not depend on the policy


def test_posted_of_nulls() -> None:
    clock = Clock(2, time(6), "post_current")
    assert clock.posted(day("2026-10-31"), None) == day("2026-10-31")
    assert clock.is_late(day("2026-10-31"), None) is False
    assert clock.posted(None, datetime(2026, 11, 2, 6)) is None


# --- periods ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "variant", "start", "end"),
    [
        ("2026-02", "current", "2026-02-01", "2026-03-01"),
        ("2026-02", "prior_year_ytd", "2025-01-01", "2025-03-01"),
        ("2026-01", "previous_period", "2025-12-01", "2026-01-01"),
        ("2026-01", "previous_ytd", "2026-01-01", "2026-01-01"),  # nothing before January
        ("2026-Q1", "previous_period", "2025-10-01", "2026-01-01"),
        ("2026-H2", "prior_year", "2025-07-01", "2026-01-01"),
        ("2026-W01", "current", "2025-12-29", "2026-01-05"),  # 1 January 2026 is a Thursday
        ("2026-W02", "ytd", "2025-12-29", "2026-01-12"),
        ("2026-W01", "previous_period", "2025-12-22", "2025-12-29"),  # 2025-W52
        ("2027-W01", "previous_period", "2026-12-28", "2027-01-04"),  # 2026 has 53 weeks
        ("2026-01-01", "previous_period", "2025-12-31", "2026-01-01"),
    ],
)
def test_windows(text: str, variant: str, start: str, end: str) -> None:
    assert window(period(text), variant) == Window(day(start), day(end))


def test_a_prior_year_without_that_week_or_day() -> None:
    assert window(period("2026-W53"), "prior_year") is None  # 2025 has 52 weeks
    assert window(period("2024-02-29"), "prior_year") is None
    assert window(period("2024-02-29"), "prior_year_ytd") is None
    assert previous(period("2024-03-01")).text == "2024-02-29"


# --- conditions in three-valued logic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"n": 3}, True),
        ({"n": 4}, False),
        ({"none": 3}, None),
        ({"not": {"none": 3}}, None),
        ({"n": [3, 4]}, True),
        ({"none": [3, 4]}, None),
        ({"n": []}, False),  # an empty list holds nothing
        ({"none": []}, None),  # but a comparison with a null is unknown, so that "not" does not count it either
        ({"none": None}, True),
        ({"none": {"null": False}}, False),
        ({"n": {"null": False}}, True),
        ({"n": {"at_least": 3, "below": 4}}, True),
        ({"n": {"above": 3}}, False),
        ({"none": {"at_most": 3}}, None),
        ({"n": {"equals": {"column": "none"}}}, None),
        ({"n": {"not_equal": {"column": "m"}}}, True),
        ({"all": [{"n": 4}, {"none": 3}]}, False),  # false and unknown
        ({"all": [{"n": 3}, {"none": 3}]}, None),
        ({"any": [{"n": 3}, {"none": 3}]}, True),  # true or unknown
        ({"any": [{"n": 4}, {"none": 3}]}, None),
        ({"n": 3, "m": 5}, True),
        ({"n": 3, "m": 6}, False),
        ({"same_month": ["d", "e"]}, False),
        ({"same_year": ["d", "e"]}, True),
        ({"same_year": ["d", "none"]}, None),
        ({"e": {"below": "period_end"}}, True),  # 10-31 is before 11-01
        ({"e": {"at_least": "period_end"}}, False),
        ({"t": {"at_least": day("2026-10-31")}}, True),  # a date is its midnight
        ({"n": {"policy": "few"}}, True),
        ({"policy": "rule"}, None),
    ],
)
def test_conditions(condition: Row, expected: bool | None) -> None:
    row = {"n": 3, "m": 5, "none": None, "d": day("2026-09-30"), "e": day("2026-10-31"), "t": datetime(2026, 10, 31)}
    assert holds(condition, row, anchor(policies={"few": [2, 3], "rule": {"none": 1}})) is expected


def test_a_flag_is_true_or_false() -> None:
    """Unlike the condition it is made of: the negation of an unknown flag holds, that of the unknown condition does not."""
    fact = {"id": "f", "table": "t", "dimensions": {"is_one": {"flag": {"n": 1}}, "is_not_one": {"flag": {"not": {"n": 1}}}}}
    rows = fact_rows("f", anchor({"t": [{"n": 1}, {"n": 2}, {"n": None}]}, facts={"f": fact}))
    assert [(row["is_one"], row["is_not_one"]) for row in rows] == [(True, False), (False, True), (False, False)]
    assert holds({"not": {"is_one": True}}, rows[2], anchor()) is True


def test_an_undeclared_name_is_refused() -> None:
    with pytest.raises(KeyError, match="nam"):
        holds({"nam": 1}, {"name": 1}, anchor())


# --- facts ------------------------------------------------------------------------------------------------------------------------------


def test_history_join_takes_the_last_row_that_counts_by_the_anchor() -> None:
    history = [
        {"no": 1, "case": "a", "on": day("2026-09-01"), "at": datetime(2026, 9, 1), "to": "x"},
        {"no": 2, "case": "a", "on": day("2026-10-31"), "at": datetime(2026, 11, 2, 6), "to": "y"},  # posted on 11-01: not by 11-01
        {"no": 3, "case": "b", "on": day("2026-10-05"), "at": datetime(2026, 10, 5), "to": "p"},
        {"no": 4, "case": "b", "on": day("2026-10-05"), "at": datetime(2026, 10, 5), "to": None},  # same day, higher number
        {"no": 5, "case": "c", "on": None, "at": datetime(2026, 10, 5), "to": "z"},  # without a date it never counts
    ]
    join = {
        "as": "then",
        "table": "history",
        "on": {"case": "case"},
        "latest": {"on": "on", "entered": "at"},
        "order": ["no"],
        "at": "period_end",
    }
    fact = {"id": "f", "table": "cases", "joins": [join], "dimensions": {"charge": {"first_of": ["then.to", {"literal": "-"}]}}}
    tables: dict[str, list[Row]] = {"cases": [{"case": case} for case in ("a", "b", "c", None)], "history": history}
    assert [(row["then.no"], row["charge"]) for row in fact_rows("f", anchor(tables, facts={"f": fact}))] == [
        (1, "x"),
        (4, "-"),
        (None, "-"),
        (None, "-"),
    ]
    restated = fact_rows("f", anchor(tables, lateness="restated", facts={"f": fact}))
    assert [row["then.no"] for row in restated] == [2, 4, None, None]


def test_first_keeps_one_row_nulls_last_and_a_fanning_join_is_refused() -> None:
    rows: list[Row] = [
        {"case": "a", "on": None, "no": 1},
        {"case": "a", "on": day("2026-01-02"), "no": 2},
        {"case": "b", "on": None, "no": 3},
    ]
    fact: Row = {"id": "f", "table": "t", "first": {"by": ["case"], "order": ["on", "no"]}}
    assert [row["no"] for row in fact_rows("f", anchor({"t": rows}, facts={"f": fact}))] == [2, 3]
    fanning = fact | {"joins": [{"as": "again", "table": "t", "on": {"case": "case"}}]}
    with pytest.raises(ValueError, match=r"again would fan out.*'a'"):
        fact_rows("f", anchor({"t": rows}, facts={"f": fanning}))


RULE: Row = {"by": ["case"], "order": ["on", "no"], "kind": "kind", "on": "on", "unit": "unit", "leaves_when": {"out": True}}
RULE |= {"opens": ["accepted", "transferred"], "closes": ["transferred", "dealt"], "ends": ["dealt"]}


def event(no: int, on: str, kind: str, unit: str | None = None, out: bool = False) -> Row:
    return {"case": "a", "no": no, "on": day(on), "kind": kind, "unit": unit, "out": out}


def test_spells_of_a_case_that_leaves_the_tree_and_comes_back() -> None:
    events = [
        event(6, "2026-03-01", "transferred", "C"),  # after the end: dropped
        event(1, "2026-01-01", "accepted", "A"),
        event(2, "2026-01-05", "transferred", "B"),
        event(3, "2026-01-09", "transferred", None, out=True),
        event(4, "2026-02-01", "transferred", "A"),
        event(5, "2026-02-01", "dealt"),
        event(7, "2026-01-02", "noted"),  # of no kind that opens or closes
    ]
    found = [
        (s["start_on"].day, s["start_kind"], s["start_unit"], s["start_partner"], s["end_on"].day, s["end_kind"], s["end_partner"])
        for s in spells(RULE, events, anchor())
    ]
    assert found == [
        (1, "accepted", "A", None, 5, "transferred", "B"),
        (5, "transferred", "B", "A", 9, "transferred", None),  # to outside: no spell there
        (1, "transferred", "A", None, 1, "dealt", None),  # from outside; entered and left on one day
    ]


def test_nothing_counts_before_the_beginning_nor_stands_before_it() -> None:
    """A is accepted on the 5th: what happened on the 2nd, and what is numbered before it, counts then and after it."""
    events = [event(2, "2026-01-05", "accepted", "A"), event(9, "2026-01-02", "transferred", "B"), event(1, "2026-01-05", "dealt")]
    found = spells({**RULE, "order": ["no"], "begins": ["accepted"]}, events, anchor())
    assert [(s["start_on"].day, s["start_unit"], s["end_on"].day, s["end_kind"]) for s in found] == [(5, "A", 5, "dealt")]
    without = spells({**RULE, "begins": ["accepted"]}, events[1:], anchor())  # never accepted: on its own day
    assert [(s["start_on"].day, s["start_unit"], s["end_on"].day) for s in without] == [(2, "B", 5)]


def test_a_spell_without_a_unit_stands_at_the_unknown_unit() -> None:
    """Not outside: else the whole tree would receive a case that it held before."""
    found = spells(RULE, [event(1, "2026-01-01", "accepted", None), event(2, "2026-01-05", "transferred", "B")], anchor())
    assert [(s["start_unit"], s["start_partner"], s["end_on"], s["end_partner"]) for s in found] == [
        (None, None, day("2026-01-05"), "B"),
        ("B", UNKNOWN, None, None),
    ]


# --- units ------------------------------------------------------------------------------------------------------------------------------


def unit(code: str, parent: str | None, begin: str = "2020-01-01", end: str | None = None, successor: str | None = None) -> Row:
    closed = day(end) if end else None
    return {"unit_code": code, "parent_unit_code": parent, "valid_from": day(begin), "valid_to": closed, "successor_unit_code": successor}


# 99 above 9901 (A, B, C) and 9902 (D). B merged into C on 1 February, C into D on 1 March; A moved to 9902 on 1 March.
UNITS = [unit("99", None), unit("9901", "99"), unit("9902", "99"), unit("D", "9902")]
UNITS += [unit("A", "9901", end="2026-03-01"), unit("A", "9902", begin="2026-03-01"), unit("E", "9901", end="2026-01-10")]
UNITS += [unit("B", "9901", end="2026-02-01", successor="C"), unit("C", "9901", end="2026-03-01", successor="D")]


@pytest.mark.parametrize(
    ("period_end", "found"),
    [
        ("2026-02-01", {"A": "A", "B": "B", "C": "C", "D": "D", "E": "E", "Z": UNKNOWN, None: UNKNOWN}),  # the last day is 31 January
        ("2026-03-01", {"A": "A", "B": "C", "C": "C", "E": "E"}),
        ("2026-04-01", {"A": "A", "B": "D", "C": "D", "D": "D"}),  # successors are followed to the one in force
    ],
)
def test_units_are_found_through_their_successors(period_end: str, found: dict[str | None, str]) -> None:
    tree = Tree(UNITS, day(period_end), UNKNOWN)
    assert {code: tree.find(code) for code in found} == found


def test_the_tree_changes_with_the_period() -> None:
    february, march = Tree(UNITS, day("2026-03-01"), UNKNOWN), Tree(UNITS, day("2026-04-01"), UNKNOWN)
    assert set(february.below("9901")) == {"9901", "A", "C", "E"}  # E closed without a successor and keeps its place
    assert set(march.below("9901")) == {"9901", "E"}
    assert march.above("A") == ["A", "9902", "99"]
    assert march.above(UNKNOWN) == [UNKNOWN, "99"]
    two_roots = Tree([unit("98", None), unit("99", None)], day("2026-04-01"), UNKNOWN)
    assert two_roots.above(UNKNOWN) == [UNKNOWN]
