"""Cells and checks of the interpreter on a tiny hand-made form; every expected value is worked out in a comment."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tests.reference.check_language import comparison
from tests.reference.derived import printed
from tests.reference.interpreter import Standard, check, interpret

from .province import Row
from .test_interpreter_by_hand import UNITS, UNKNOWN, day, standard


def moves(form_columns: list[Row], checks: list[Row] | None = None) -> Standard:
    """A standard that counts movements `t(no, on, from, to, kind, n)` by kind: list k has x1, x2 below x, and y; the unknown go to y."""
    codes = {"x": None, "x1": "x", "x2": "x", "y": None}
    blocks = [{"id": "b", "rows": {"total": {"code": "T"}, "classification": {"dimension": "kind", "codelist": "k", "unknown": "y"}}}]
    blocks[0]["rows"]["sets"] = [{"code": "S", "parent": "T", "where": {"n": {"above": 1}}}]
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
