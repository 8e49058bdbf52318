"""The interpreter's trickiest rules on tiny hand-made standards; every expected value is worked out in a comment."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.reference.calendar import Clock, Window, period, previous, window
from tests.reference.check_language import comparison
from tests.reference.conditions import Anchor, holds
from tests.reference.derived import printed
from tests.reference.facts import fact_rows
from tests.reference.interpreter import Standard, check, interpret
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
        ({"none": []}, False),  # an empty list: never, even for a null
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


# --- cells ------------------------------------------------------------------------------------------------------------------------------


def moves(form_columns: list[Row], checks: list[Row] | None = None) -> Standard:
    """A standard that counts movements `t(no, on, from, to, kind, n)` by kind: list k has x1, x2 below x, and y; the unknown go to y."""
    codes = {"x": None, "x1": "x", "x2": "x", "y": None}
    blocks = [{"id": "b", "rows": {"total": {"code": "T"}, "classification": {"dimension": "kind", "codelist": "k", "unknown": "y"}}}]
    blocks[0]["rows"]["sets"] = [{"code": "S", "parent": "T", "where": {"n": {"above": 1}}}]  # type: ignore[index]
    common = {"fact": "f", "on": "on", "where": {"no": {"null": False}}}
    return standard(
        codelists={"k": {code: {"code": code, "parent_code": parent} for code, parent in codes.items()}},
        facts={"f": {"id": "f", "table": "t"}},
        indicators={
            "sent": {**common, "count": "record", "by": "from", "partner": "to"},
            "received": {**common, "count": "record", "by": "to", "partner": "from"},
            "all": {**common, "count": "record", "by": "to"},
            "sum": {**common, "sum": "n", "by": "to"},
            "kinds": {**common, "distinct": ["n"], "by": "to"},
        },
        forms={"F": {"id": "F", "columns": form_columns, "blocks": blocks, "checks": checks or []}},
    )


def move(no: int, source: str | None, target: str | None, kind: str | None = "x1", n: int = 1, on: str = "2026-01-15") -> Row:
    return {"no": no, "on": day(on), "from": source, "to": target, "kind": kind, "n": n}


def column_of(cells: dict[tuple[str, str, str], Decimal | None], row: str, column: str) -> dict[str, Decimal | None]:
    return {u: value for (u, r, c), value in cells.items() if (r, c) == (row, column)}


def test_a_transfer_counts_where_the_other_end_lies_outside() -> None:
    rows = [
        move(1, "A", "B"),  # within 9901: at A and B only
        move(2, "B", "D"),  # from 9901 to 9902: not at 99
        move(3, None, "A"),  # from outside: at A, 9901 and 99
        move(4, "Z", "A"),  # an unknown sender is the unknown unit, below 99: at A and 9901
        move(5, "A", "9901"),  # from a station to its own county: sent by A, received by no one's subtree
        move(6, "A", "A"),  # to itself: nowhere
    ]
    codes = [{"code": "IN", "indicator": "received"}, {"code": "OUT", "indicator": "sent"}]
    failing = {"id": "short", "severity": "error", "that": "[T].IN = [T].OUT"}
    whole = {"id": "whole", "severity": "error", "units": "root", "that": "units([T].IN) = units([T].OUT)"}
    made = moves(codes, [failing, whole])
    tables = {"unit": UNITS, "t": rows}
    cells = interpret(made, "F", "2026-01", tables)
    # received: A 3, 4; B 1; D 2; 9901 (all below and itself) 3, 4; 9902 2; 99 3
    assert column_of(cells, "T", "IN") == {"99": 1, "9901": 2, "9902": 1, "A": 2, "B": 1, "C": 0, "D": 1, "E": 0, UNKNOWN: 0}
    # sent: A 1, 5; B 2; unknown 3 (a null unit) and 4; 9901 2; 9902 and 99 none
    assert column_of(cells, "T", "OUT") == {"99": 0, "9901": 1, "9902": 0, "A": 2, "B": 1, "C": 0, "D": 0, "E": 0, UNKNOWN: 2}
    # units(): booked at each itself, the other end elsewhere. In: A 3, 4; B 1; D 2; 9901 5 = 5. Out: A 1, 5; B 2; unknown 3, 4 = 5.
    failed = {(f.check_id, f.unit_code) for f in check(made, "F", "2026-01", tables)}
    # [T].IN = [T].OUT holds at A (2 = 2), B (1 = 1), and at C and E (0 = 0)
    assert failed == {("short", code) for code in ("99", "9901", "9902", "D", UNKNOWN)}


def test_after_a_merger_a_transfer_between_the_two_is_no_transfer() -> None:
    made = moves([{"code": "IN", "indicator": "received", "variant": "ytd"}])
    tables = {"unit": UNITS, "t": [move(1, "B", "C")]}
    assert interpret(made, "F", "2026-01", tables)["C", "T", "IN"] == 1
    assert interpret(made, "F", "2026-02", tables)["C", "T", "IN"] == 0  # B is C now


def test_leaves_inner_members_and_the_unknown_row() -> None:
    kinds = ["x1", "x2", "x2", "x", None, "q", "y"]  # x is an inner member, so a record coded x has no leaf
    tables = {"unit": UNITS, "t": [move(n, None, "A", kind, n) for n, kind in enumerate(kinds, 1)]}
    made = moves([{"code": "N", "indicator": "all"}, {"code": "SUM", "indicator": "sum"}])
    cells = interpret(made, "F", "2026-01", tables)
    assert {row: cells["A", row, "N"] for row in ("T", "x", "x1", "x2", "y", "S")} == {"T": 7, "x": 3, "x1": 1, "x2": 2, "y": 4, "S": 6}
    # sums of n: x1 1; x2 2 + 3; y 4 + 5 + 6 + 7 = 22; total 28; S all but n = 1
    assert {row: cells["A", row, "SUM"] for row in ("T", "x", "x1", "x2", "y", "S")} == {
        "T": 28,
        "x": 6,
        "x1": 1,
        "x2": 5,
        "y": 22,
        "S": 27,
    }
    assert (UNKNOWN, "T", "N") not in cells  # nothing lies there
    assert check(made, "F", "2026-01", tables) == []


def test_distinct_counts_are_made_again_at_each_level_and_row() -> None:
    tables = {"unit": UNITS, "t": [move(1, None, "A", "x1", 7), move(2, None, "A", "x2", 7), move(3, None, "D", "x1", 7)]}
    cells = interpret(moves([{"code": "N", "indicator": "kinds"}]), "F", "2026-01", tables)
    assert [cells[u, "T", "N"] for u in ("99", "9901", "A", "D")] == [1, 1, 1, 1]  # 1 + 1 = 2 would be wrong at 99
    assert [cells["A", row, "N"] for row in ("x", "x1", "x2")] == [1, 1, 1]


def test_rates_shares_and_changes() -> None:
    columns: list[Row] = [
        {"code": "N", "indicator": "all"},
        {"code": "BEFORE", "indicator": "all", "variant": "previous_period"},
        {"code": "PY", "indicator": "all", "variant": "prior_year"},
        {"code": "DIFF", "formula": {"N": 1, "BEFORE": -2}},
        {"code": "SHARE", "share_of": {"column": "N", "row": "T", "except": {"T": "x"}}, "decimals": 2},
        {"code": "MOM", "change": {"of": "N", "from": "BEFORE"}, "decimals": 1},
        {"code": "DAILY_MOM", "change": {"of": "N", "from": "BEFORE", "per_day": True}, "decimals": 1},
        {"code": "YOY", "change": {"of": "N", "from": "PY"}, "decimals": 1},
        {"code": "RATE", "rate": {"of": {"N": 1, "BEFORE": 1}, "over": "N", "over_row": "x1"}, "per": 1000, "decimals": 0, "rows": ["T"]},
        {"code": "DAILY", "per_day": "N", "decimals": 3},
        {"code": "WEEKLY", "per_day": "N", "decimals": 3, "frequencies": ["week"]},
    ]
    # February 2026: x1 2, x2 1. January 2026: x1 4, x2 0.
    rows = [move(n, None, "A", kind, on="2026-02-03") for n, kind in enumerate(["x1", "x1", "x2"])]
    rows += [move(10 + n, None, "A", "x1") for n in range(4)]
    cells = interpret(moves(columns), "F", "2026-02", {"unit": UNITS, "t": rows})
    found = {(r, c): value for (u, r, c), value in cells.items() if u == "A"}
    assert found["T", "DIFF"] == -5  # 3 - 2 x 4
    assert (found["x1", "SHARE"], found["x2", "SHARE"]) == (Decimal("66.67"), Decimal("33.33"))
    assert found["T", "SHARE"] == 100  # of x: 3 / 3
    assert found["T", "MOM"] == -25  # (3 - 4) / 4
    assert found["x2", "MOM"] is None  # (1 - 0) / 0
    # 3/28 against 4/31 a day: (93 - 112) / 112 = -16.964 %
    assert found["T", "DAILY_MOM"] == Decimal("-17.0")
    assert found["T", "PY"] == 0
    assert found["T", "YOY"] is None
    assert found["T", "RATE"] == 3500  # (3 + 4) / 2 x 1000
    assert not {("x1", "RATE"), ("T", "WEEKLY")} & set(found)
    assert found["T", "DAILY"] == Decimal("0.107")  # 3 / 28 = 0.10714


def test_before_the_records_begin_a_look_back_is_not_applicable() -> None:
    columns: list[Row] = [{"code": v, "indicator": "all", "variant": v} for v in ("ytd", "prior_year", "previous_period")]
    columns.append({"code": "YOY", "change": {"of": "ytd", "from": "prior_year"}, "decimals": 1})
    made, tables = moves(columns), {"unit": UNITS, "t": [move(1, None, "A", on="2025-01-15"), move(2, None, "A", on="2024-12-15")]}
    january = interpret(made, "F", "2025-01", tables)
    assert [january["A", "T", column["code"]] for column in columns] == [1, None, None, None]
    assert interpret(made, "F", "2026-01", tables)["A", "T", "prior_year"] == 1


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        ("1/8", 2, "0.13"),
        ("-1/8", 2, "-0.13"),
        ("1/2", 0, "1"),
        ("-1/2", 0, "-1"),
        ("2/3", 4, "0.6667"),
        ("2/3", None, "0.666667"),
        ("-1/3", 0, "0"),
    ],
)
def test_rounding_is_half_away_from_zero(value: str, decimals: int | None, expected: str) -> None:
    assert printed(Fraction(value), decimals) == Decimal(expected)


# --- checks -----------------------------------------------------------------------------------------------------------------------------


def test_the_text_of_a_check() -> None:
    left, operator, right = comparison("[T].A - 2 * [R1..R3].B <= previous(C) + X02[T].D + 0.5")
    assert left == [(1, ("cell", "T", "A")), (-2, ("range", "R1", "R3", "B"))]
    assert operator == "<="
    assert right == [(1, ("call", "previous", [(1, ("cell", None, "C"))])), (1, ("other", "X02[T].D")), (1, ("number", Decimal("0.5")))]
    with pytest.raises(ValueError, match="a term is missing"):
        comparison("[T].A + 1")


def test_previous_is_read_with_the_units_of_now_and_starts_again_each_year() -> None:
    columns = [{"code": "M", "indicator": "all"}, {"code": "Y", "indicator": "all", "variant": "ytd"}]
    checks = [
        {"id": "sum", "severity": "error", "that": "[T].Y = previous([T].Y) + [T].M"},
        {"id": "same", "severity": "error", "that": "[T].M = previous([T].M)"},
    ]
    made = moves(columns, checks)
    tables = {"unit": UNITS, "t": [move(1, None, "B", on="2025-12-03"), move(2, None, "B"), move(3, None, "C", on="2026-02-03")]}
    # February: B is C. Y 2 = previous 1 (booked at B in January) + M 1. M 1 = 1.
    assert check(made, "F", "2026-02", tables) == []
    # January: Y 1 = 0 + 1 although December's cumulative is 1. M 1 = 1 (B in December).
    assert check(made, "F", "2026-01", tables) == []
    # January 2025: before the records, `same` is not evaluated; Y 0 = 0 + 0.
    assert check(made, "F", "2025-01", tables) == []
    # March: C is D. Y 2 = 2 + 0 holds; M 0 against 1 fails at D, 9902 and 99.
    assert {(f.check_id, f.unit_code) for f in check(made, "F", "2026-03", tables)} == {("same", u) for u in ("D", "9902", "99")}


@pytest.mark.parametrize(("now", "before", "is_flagged"), [(58, 30, False), (59, 30, True), (59, 29, False), (29, 60, False)])
def test_the_two_count_test(now: int, before: int, is_flagged: bool) -> None:
    """|z| > 3 is (a - b)^2 > 9 (a + b). 58, 30: 784 < 792. 59, 30: 841 > 801. With a count below 30 nothing is said."""
    rule: Row = {
        "id": "z",
        "severity": "warning",
        "that": {"outlier": {"of": "N", "from": "B", "at_least": 30, "z": 3}},
        "for": "rows",
        "rows": ["T"],
    }
    columns = [{"code": "N", "indicator": "all"}, {"code": "B", "indicator": "all", "variant": "previous_period"}]
    rows = [move(n, None, "A", on="2026-02-03") for n in range(now)] + [move(1000 + n, None, "A") for n in range(before)]
    assert bool(check(moves(columns, [rule]), "F", "2026-02", {"unit": UNITS, "t": rows})) is is_flagged
