"""Checks on forms filled by hand: each function, each edge, and what is not evaluated. Rows T = KA + K9, KA = K1 + K2."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policestats.catalog import Catalog
from policestats.reports.checks import Elsewhere
from policestats.reports.form_table import FormTable
from policestats.reports.template import Form
from tests.reports import tiny
from tests.reports.tables import altered, elsewhere, judged, short, table
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH, SOUTH_1, UNKNOWN

_COLUMNS = """
- {code: A, indicator: filed}
- {code: B, indicator: filed, parent: A}
- {code: C, indicator: filed, variant: ytd}
- {code: R, rate: {of: B, over: A}, per: 100, decimals: 1}
"""


def form(catalog: Catalog, that: str, **rest: str) -> Form:
    options = "".join(f", {k}: {v}" for k, v in rest.items())
    return tiny.form(catalog, _COLUMNS, f"- {{id: F-01, that: {that}{options}}}")


def one(form: Form, unit: str = NORTH_1, **columns: list[int]) -> FormTable:
    """Return the form of one unit; a column that is not given is 0 everywhere."""
    zero: list[str | int] = [0] * 5
    return table(form, {unit: {name: list(columns.get(name, zero)) for name in ("A", "B", "C", "R", "C@previous")}})


def test_a_check_that_holds_is_counted_and_one_that_fails_is_found_with_both_sides(catalog: Catalog) -> None:
    rows = form(catalog, '"A = 2 B + 1"', **{"for": "rows", "severity": "warning"})
    found = judged(one(rows, A=[3, 3, 5, 1, 1], B=[1, 1, 1, 0, 0]), "F-01")
    assert found.passed == {("F-01", NORTH_1): 4}  # 3 = 2 x 1 + 1 in T and KA, 1 = 2 x 0 + 1 in K2 and K9
    [wrong] = found.findings
    assert (wrong.unit_code, wrong.block_id, wrong.row_code, wrong.column_code) == (NORTH_1, "main", "K1", None)
    assert (wrong.left, wrong.right, wrong.outcome, wrong.severity) == (Decimal(5), Decimal(3), "failed", "warning")
    assert wrong.message == "A = 2 B + 1"


@pytest.mark.parametrize(
    ("operator", "left", "holds"),
    [("=", 4, False), ("=", 5, True), ("=", 6, False), ("<=", 5, True), ("<=", 6, False), (">=", 5, True), (">=", 4, False),
     ("<", 4, True), ("<", 5, False), (">", 6, True), (">", 5, False)],
)  # fmt: skip
def test_each_operator_at_its_edge(catalog: Catalog, operator: str, left: int, holds: bool) -> None:
    found = judged(one(form(catalog, f'"[K1].A {operator} 5"'), A=[0, 0, left, 0, 0]), "F-01")
    assert (found.passed == {("F-01", NORTH_1): 1}, len(found.findings)) == (holds, 0 if holds else 1)


@pytest.mark.parametrize(("value", "holds"), [("99.95", True), ("100.05", True), ("99.949999", False), ("100.050001", False)])
def test_the_tolerance_is_exact_to_the_millionth(catalog: Catalog, value: str, holds: bool) -> None:
    """100 +- 0.05: a difference of exactly 0.05 passes, 0.050001 does not."""
    shares = tiny.form(catalog, "[{code: S, indicator: loss}]", '- {id: F-01, that: "[T].S = 100", tolerance: 0.05}')
    found = judged(table(shares, {NORTH_1: {"S": [value, 0, 0, 0, 0]}}), "F-01")
    assert (not found.findings) == holds


def test_sum_adds_a_range_of_rows_in_their_order(catalog: Catalog) -> None:
    adds = form(catalog, '"[T].A = sum([K1..K9].A)"')
    assert judged(one(adds, A=[6, 99, 1, 2, 3]), "F-01").findings == []  # 1 + 2 + 3; KA stands before K1, outside the range
    [wrong] = judged(one(adds, A=[7, 99, 1, 2, 3]), "F-01").findings
    assert (wrong.left, wrong.right) == (7, 6)


def test_for_columns_takes_the_counts_and_not_the_rates(catalog: Catalog) -> None:
    over = form(catalog, '"[T] = [KA] + [K9]"', **{"for": "columns"})
    found = judged(one(over, A=[3, 2, 1, 1, 1], B=[9, 2, 1, 1, 1], R=[50, 50, 50, 50, 50]), "F-01")
    assert short(found.findings) == [(NORTH_1, None, "B", "failed")]
    assert found.passed == {("F-01", NORTH_1): 2}  # A and C


def test_previous_reads_the_period_before(catalog: Catalog) -> None:
    adds = form(catalog, '"C = previous(C) + A"', **{"for": "rows"})
    figures = {"A": [12, 0, 0, 0, 0], "C@previous": [100, 0, 0, 0, 0]}
    assert judged(one(adds, C=[112, 0, 0, 0, 0], **figures), "F-01").findings == []
    [wrong] = judged(one(adds, C=[111, 0, 0, 0, 0], **figures), "F-01").findings
    assert (wrong.row_code, wrong.left, wrong.right) == ("T", 111, 112)


def _whole(form: Form, **booked: int) -> FormTable:
    """Return column A of a province: what is booked where, and its sums up the tree. Only row K1 (so KA and T) is filled."""
    at = {PROVINCE: 0, NORTH: 0, SOUTH: 0, NORTH_1: 0, NORTH_2: 0, SOUTH_1: 0} | {globals()[k]: v for k, v in booked.items()}
    north, south = at[NORTH] + at[NORTH_1] + at[NORTH_2], at[SOUTH] + at[SOUTH_1]
    sums = at | {NORTH: north, SOUTH: south, PROVINCE: at[PROVINCE] + north + south}

    def line(value: int) -> list[str | int]:
        return [value, value, value, 0, 0]

    zero = {"B": line(0), "C": line(0), "R": line(0), "C@previous": line(0)}
    own = {u: {"A": [0, 0, n, 0, 0], **zero} for u, n in at.items()}  # a total is never booked at
    return table(form, {u: {"A": line(n), **zero} for u, n in sums.items()}, booked=own)


def test_units_adds_what_is_booked_at_every_unit_below(catalog: Catalog) -> None:
    all_below = form(catalog, '"[T].A = units([T].A)"')
    right = _whole(all_below, NORTH=1, NORTH_1=2, NORTH_2=3, SOUTH_1=4)  # North 6, South 4, province 10
    assert judged(right, "F-01").findings == []
    altered(right, "A", PROVINCE, "T", 11)
    [wrong] = judged(right, "F-01").findings
    assert (wrong.unit_code, wrong.left, wrong.right) == (PROVINCE, 11, 10)


def test_children_adds_the_children_and_the_unit_itself(catalog: Catalog) -> None:
    next_below = form(catalog, '"[T].A = children([T].A)"')
    filled = _whole(next_below, NORTH=1, NORTH_1=2, NORTH_2=3, SOUTH_1=4)
    assert judged(filled, "F-01").findings == []
    altered(filled, "A", NORTH, "T", 7)  # North says 7: wrong at North (6), and at the province (7 + 4, not 10)
    found = {f.unit_code: (f.left, f.right) for f in judged(filled, "F-01").findings}
    assert found == {NORTH: (7, 6), PROVINCE: (10, 11)}


def test_root_only(catalog: Catalog) -> None:
    only = form(catalog, '"[T].A = 0"', units="root")
    found = judged(_whole(only, NORTH_1=2), "F-01")
    assert [f.unit_code for f in found.findings] == [PROVINCE]


def test_only_in_some_frequencies(catalog: Catalog) -> None:
    weekly = tiny.form(
        catalog, "[{code: A, indicator: filed}]", '- {id: F-01, that: "[T].A = 0", frequencies: [week]}', frequency="month week"
    )
    figures: dict[str, dict[str, list[str | int]]] = {NORTH_1: {"A": [1, 1, 1, 0, 0]}}
    assert judged(table(weekly, figures), "F-01").findings == []
    assert len(judged(table(weekly, figures, period="2026-W41"), "F-01").findings) == 1


def test_days_adds_the_days_of_the_period(catalog: Catalog) -> None:
    daily = tiny.form(catalog, "[{code: A, indicator: filed}]", '- {id: F-01, that: "[T].A = days([T].A)"}', frequency="day week")
    filled = table(daily, {NORTH_1: {"A": [8, 8, 8, 0, 0]}}, period="2026-W41")
    asked = []

    def each_day(form_id: str, period: str, column: str) -> Elsewhere:
        asked.append((form_id, period, column))
        return elsewhere("T", {NORTH_1: 2 if period == "2026-10-11" else 1})

    assert judged(filled, "F-01", each_day).findings == []  # 6 days of 1 and a Sunday of 2
    assert asked == [("F", f"2026-10-{d:02d}", "A") for d in range(5, 12)]
    assert short(judged(filled, "F-01").findings) == [(NORTH_1, None, None, "not_evaluated")]  # the days were not filled

    def but_sunday(form_id: str, period: str, column: str) -> Elsewhere | None:
        return None if period == "2026-10-11" else elsewhere("T", {NORTH_1: 8})

    assert [f.outcome for f in judged(filled, "F-01", but_sunday).findings] == ["not_evaluated"]  # six of seven days prove nothing


def test_another_form(catalog: Catalog) -> None:
    other = form(catalog, '"[T].A = G[X].N"')
    filled = table(other, {u: {"A": [3, 3, 3, 0, 0], "B": [0] * 5, "C": [0] * 5, "R": [0] * 5} for u in (NORTH_1, NORTH_2, SOUTH_1)})

    def there(form_id: str, period: str, column: str) -> Elsewhere:
        assert (form_id, period, column) == ("G", "2026-10", "N")
        return elsewhere("X", {NORTH_1: 3, NORTH_2: 4})  # nothing of SOUTH_1

    found = judged(filled, "F-01", there)
    assert short(found.findings) == [(NORTH_2, None, None, "failed"), (SOUTH_1, None, None, "not_evaluated")]
    assert found.passed == {("F-01", NORTH_1): 1}
    assert {f.outcome for f in judged(filled, "F-01").findings} == {"not_evaluated"}  # the form is not there: never passed

    def another_row(form_id: str, period: str, column: str) -> Elsewhere:
        return elsewhere("Y", {NORTH_1: 3, NORTH_2: 3, SOUTH_1: 3})

    assert {f.outcome for f in judged(filled, "F-01", another_row).findings} == {"not_evaluated"}  # nor is its row


@pytest.mark.parametrize(
    ("now", "before", "fails"),
    [
        (72, 36, True),  # 36^2 = 1296 > 9 x 108 = 972
        (36, 72, True),  # as far down as up
        (81, 45, True),  # 36^2 = 1296 > 9 x 126 = 1134
        (54, 36, False),  # 18^2 = 324 < 9 x 90 = 810
        (100, 61, True),  # 39^2 = 1521 > 9 x 161 = 1449
        (45, 36, False),
        (150, 102, True),  # 48^2 = 2304 > 9 x 252 = 2268
        (150, 103, False),  # 47^2 = 2209 < 9 x 253 = 2277
        (1000, 29, False),  # one of both below 30: two counts say nothing
        (29, 1000, False),
        (30, 1000, True),
        (2, 1, False),  # +100 % of a single case
        (0, 0, False),
    ],
)
def test_the_outlier_test(catalog: Catalog, now: int, before: int, fails: bool) -> None:
    outlier = form(catalog, "{outlier: {of: A, from: B, at_least: 30, z: 3}}", **{"for": "rows", "rows": "[K1]"})
    found = judged(one(outlier, A=[0, 0, now, 0, 0], B=[0, 0, before, 0, 0]), "F-01")
    assert short(found.findings) == ([(NORTH_1, "K1", None, "failed")] if fails else [])


def test_the_outlier_test_at_exactly_three_and_just_above(catalog: Catalog) -> None:
    """of = (9 m + 9 m^2) / 2 and from = (9 m^2 - 9 m) / 2 give a difference of 9 m and a sum of 9 m^2: z = 3 exactly."""
    outlier = form(catalog, "{outlier: {of: A, from: B, at_least: 30, z: 3}}", **{"for": "rows", "rows": "[K1]"})
    for m in (4, 5, 1000):
        now, before = (9 * m * m + 9 * m) // 2, (9 * m * m - 9 * m) // 2  # m = 4: 90 and 54, 36 / sqrt(144) = 3
        assert judged(one(outlier, A=[0, 0, now, 0, 0], B=[0, 0, before, 0, 0]), "F-01").findings == []
        assert len(judged(one(outlier, A=[0, 0, now + 1, 0, 0], B=[0, 0, before, 0, 0]), "F-01").findings) == 1
        assert len(judged(one(outlier, A=[0, 0, before, 0, 0], B=[0, 0, now + 1, 0, 0]), "F-01").findings) == 1


@pytest.mark.parametrize("status", ["missing", "blocked", "not_applicable", "suppressed"])
def test_an_operand_without_a_figure_is_never_a_pass(catalog: Catalog, status: str) -> None:
    equal = form(catalog, '"[T].A = [T].B"')
    zeros: dict[str, list[str | int]] = {name: [0] * 5 for name in ("A", "B", "C", "R")}
    filled = table(equal, {NORTH_1: zeros, NORTH_2: zeros}, statuses={("B", NORTH_1): status})
    found = judged(filled, "F-01")
    [finding] = found.findings
    assert (finding.unit_code, finding.outcome, finding.left, finding.right) == (NORTH_1, "not_evaluated", None, None)
    assert found.passed == {("F-01", NORTH_2): 1}


@pytest.mark.parametrize("status", ["auto", "partial", "manual"])
def test_what_prints_a_figure_is_compared(catalog: Catalog, status: str) -> None:
    equal = form(catalog, '"[T].A = [T].B"')
    filled = table(equal, {NORTH_1: {n: [0] * 5 for n in ("A", "B", "C", "R")}}, statuses={("B", NORTH_1): status})
    assert judged(filled, "F-01").passed == {("F-01", NORTH_1): 1}


def test_a_rate_without_a_base_is_not_evaluated(catalog: Catalog) -> None:
    rate = form(catalog, '"[T].R = 0"')
    filled = table(rate, {NORTH_1: {n: [0] * 5 for n in ("A", "B", "C", "R")}}, undefined=(("R", NORTH_1, "T"),))
    assert short(judged(filled, "F-01").findings) == [(NORTH_1, None, None, "not_evaluated")]


def test_a_column_that_is_not_applicable_is_not_evaluated_over_units_either(catalog: Catalog) -> None:
    last_year = tiny.form(
        catalog,
        "- {code: A, indicator: filed}\n- {code: P, indicator: filed, variant: prior_year}",
        '- {id: F-01, that: "[T].P = units([T].P)"}',
    )
    with tiny.warehouse(catalog, []) as engine:
        tiny.filled(engine, catalog, "2025-10", last_year)  # records begin in 2025: there is no October before
        outcomes = engine.sql("SELECT DISTINCT outcome FROM report.check_result WHERE check_id = 'F-01'").column(0).to_pylist()
    assert outcomes == ["not_evaluated"]


def _implied(catalog: Catalog) -> FormTable:
    """Return a form that is right: T = K1 + K2 + K9 = 3 + 2 + 1; N1 within K1, after which it stands; N within T; B within A."""
    columns = "- {code: A, indicator: filed}\n- {code: B, indicator: filed_late, parent: A}\n- {code: L, indicator: loss}"
    sets = "[{code: N, parent: T, where: {is_night: true}}, {code: N1, parent: K1, where: {is_night: true, kind_code: K1}}]"
    figures: dict[str, list[str | int]] = {"A": [6, 5, 3, 3, 2, 1, 6], "B": [6, 5, 3, 3, 2, 1, 6], "L": [60, 50, 30, 30, 20, 10, 60]}
    return table(tiny.form(catalog, columns, sets=sets), {NORTH_1: figures})


def test_implied_checks_pass_on_a_right_form(catalog: Catalog) -> None:
    found = judged(_implied(catalog))
    assert found.findings == []
    assert found.passed == {
        ("F-leaves-main", NORTH_1): 3,  # A, B, L
        ("F-of-which-N", NORTH_1): 4,  # A, B, L at most T, and L not below 0
        ("F-of-which-N1", NORTH_1): 4,
        ("F-of-which-B", NORTH_1): 7,  # rows
    }


@pytest.mark.parametrize(
    ("column", "row", "value", "failing"),
    [
        ("A", "T", 7, {"F-leaves-main"}),  # 7 is not 3 + 2 + 1
        ("A", "K2", 3, {"F-leaves-main"}),  # 6 is not 3 + 3 + 1
        ("A", "N", 7, {"F-of-which-N"}),  # 7 of 6
        ("A", "N1", 4, {"F-of-which-N1"}),  # 4 of 3
        ("B", "KA", 6, {"F-of-which-B"}),  # 6 of 5 in one row
        ("L", "N", -1, {"F-of-which-N"}),  # an amount below 0
        ("L", "N", 60, set()),  # all of it is of which
    ],
)
def test_implied_checks_fail_when_a_row_is_wrong(catalog: Catalog, column: str, row: str, value: int, failing: set[str]) -> None:
    filled = _implied(catalog)
    altered(filled, column, filled.units[0], row, value)
    found = judged(filled)
    assert {f.check_id for f in found.findings} == failing
    assert all(f.severity == "error" and f.outcome == "failed" for f in found.findings)


def test_a_difference_may_be_larger_in_a_part_than_in_the_whole(catalog: Catalog) -> None:
    """By night 3 filed, 0 late: 3. In all 3 filed, 2 late: 1. No correct ledger may fail an error check (corrections.md 15)."""
    columns = "- {code: A, indicator: filed}\n- {code: B, indicator: filed_late}\n- {code: D, formula: {A: 1, B: -1}}\n- {code: S, formula: {A: 1, B: 2}}"
    difference = tiny.form(catalog, columns, sets="[{code: N, parent: T, where: {is_night: true}}]")
    figures: dict[str, list[str | int]] = {
        "A": [3, 3, 3, 0, 0, 3],
        "B": [2, 2, 2, 0, 0, 0],
        "D": [1, 1, 1, 0, 0, 3],
        "S": [7, 7, 7, 0, 0, 8],
    }
    found = judged(table(difference, {NORTH_1: figures}), "F-of-which-N")
    assert short(found.findings) == [(NORTH_1, None, "S", "failed")]  # a sum with positive weights must not


def test_the_unknown_unit_is_checked_too(catalog: Catalog) -> None:
    total = form(catalog, '"[T].A = 0"')
    assert short(judged(one(total, UNKNOWN, A=[1, 1, 1, 0, 0]), "F-01").findings) == [(UNKNOWN, None, None, "failed")]
