"""What adds up along units, time and rows does so exactly; what does not is refused where a form would sum it, and differs in an example."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, StatisticsError
from policestats.reports.template import Form
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH, SOUTH_1, UNKNOWN, Cells

COLUMNS = """
- {code: FILED, indicator: filed}
- {code: LATE, indicator: filed_late}
- {code: LOSS, indicator: loss}
- {code: DOUBLE, formula: {FILED: 1, LATE: 1}}
- {code: SUSPECTS, indicator: suspects}
- {code: RECEIVED, indicator: received}
- {code: PENDING, indicator: pending_at_end}
"""
# fmt: off
THEFTS = [
    tiny.theft("1", "2026-07-01", NORTH_1, "K1", suspect="a", loss_yuan="10.50"),
    tiny.theft("2", "2026-07-31", NORTH_2, "K2", suspect="a", loss_yuan="0.25"),
    tiny.theft("3", "2026-08-15", NORTH_1, "K2", suspect="a", solved_on="2026-09-10"),
    tiny.theft("4", "2026-08-31", SOUTH_1, "K1", suspect="b", entered_at="2026-09-02 06:00:00"),  # one second too late for August
    tiny.theft("5", "2026-09-30", SOUTH_1, None, suspect="a", loss_yuan="99.99"),  # of no kind: K9
    tiny.theft("6", "2026-09-30", "991111111111", "K1", loss_yuan="1"),  # of no unit
]
# fmt: on
MOVES = [tiny.move("m1", "1", "2026-08-05", NORTH_1, NORTH_2), tiny.move("m2", "2", "2026-09-05", NORTH_2, SOUTH_1)]
MONTHS = ("2026-07", "2026-08", "2026-09")
ADDS_UP = ("FILED", "LATE", "LOSS", "DOUBLE")


@pytest.fixture(scope="module")
def form(catalog: Catalog) -> Form:
    return tiny.form(catalog, COLUMNS, frequency="month quarter", sets="[{code: N, parent: T, where: {is_night: true}}]")


@pytest.fixture(scope="module")
def figures(catalog: Catalog, form: Form) -> Iterator[dict[str, Cells]]:
    with tiny.warehouse(catalog, THEFTS, MOVES) as engine:
        yield {p: tiny.filled(engine, catalog, p, form)[1] for p in (*MONTHS, "2026-Q3")}


def test_the_quarter_by_hand(figures: dict[str, Cells]) -> None:
    """North 1: thefts 1 and 3; North 2: theft 2; South 1: 4 and 5; nobody's: 6."""
    found = figures["2026-Q3"]
    assert {u: found.get((u, "T", "FILED")) for u in (NORTH_1, NORTH_2, NORTH, SOUTH_1, SOUTH, UNKNOWN, PROVINCE)} == {
        NORTH_1: 2, NORTH_2: 1, NORTH: 3, SOUTH_1: 2, SOUTH: 2, UNKNOWN: 1, PROVINCE: 6,
    }  # fmt: skip
    assert {r: found.get((PROVINCE, r, "FILED")) for r in ("T", "KA", "K1", "K2", "K9")} == {"T": 6, "KA": 5, "K1": 3, "K2": 2, "K9": 1}
    assert found[PROVINCE, "T", "LOSS"] == Decimal("111.74")  # 10.50 + 0.25 + 99.99 + 1
    assert found[PROVINCE, "T", "DOUBLE"] == 7  # 6 filed + 1 late
    assert (figures["2026-08"].get((SOUTH_1, "T", "FILED")), figures["2026-09"][SOUTH_1, "T", "LATE"]) == (
        None,
        1,
    )  # theft 4 is September's


@pytest.mark.parametrize("column", ADDS_UP)
def test_children_add_up_to_their_parent(figures: dict[str, Cells], column: str) -> None:
    for cells in figures.values():
        for row in ("T", "KA", "K1", "K2", "K9"):

            def at(unit: str, cells: Cells = cells, row: str = row) -> Decimal:
                return cells.get((unit, row, column), Decimal(0))

            assert at(PROVINCE) == at(NORTH) + at(SOUTH) + at(UNKNOWN)
            assert at(NORTH) == at(NORTH_1) + at(NORTH_2)


@pytest.mark.parametrize("column", ADDS_UP)
def test_months_add_up_to_the_quarter(figures: dict[str, Cells], column: str) -> None:
    keys = {key for cells in figures.values() for key in cells if key[2] == column}
    assert keys
    for key in keys:
        assert figures["2026-Q3"].get(key, 0) == sum(figures[m].get(key, Decimal(0)) for m in MONTHS), key


@pytest.mark.parametrize("column", ADDS_UP)
def test_leaves_add_up_to_the_total(figures: dict[str, Cells], column: str) -> None:
    for cells in figures.values():
        for unit in (PROVINCE, NORTH, NORTH_1, SOUTH_1):
            total, both, *leaves = (cells.get((unit, r, column), Decimal(0)) for r in ("T", "KA", "K1", "K2", "K9"))
            assert (total, both) == (sum(leaves), leaves[0] + leaves[1])


def test_persons_do_not_add_up(figures: dict[str, Cells]) -> None:
    """Suspect a stole in three units, three months and every kind; b once."""
    quarter = figures["2026-Q3"]
    assert quarter[PROVINCE, "T", "SUSPECTS"] == 2
    assert (quarter[NORTH, "T", "SUSPECTS"], quarter[SOUTH, "T", "SUSPECTS"]) == (1, 2)  # 3 of 2 persons
    assert (quarter[NORTH_1, "T", "SUSPECTS"], quarter[NORTH_2, "T", "SUSPECTS"]) == (1, 1)  # 2 of 1 person
    assert [figures[m][PROVINCE, "T", "SUSPECTS"] for m in MONTHS] == [1, 1, 2]  # 4 of 2 persons; b counts in September
    assert [quarter[PROVINCE, r, "SUSPECTS"] for r in ("K1", "K2", "K9")] == [2, 1, 1]  # 4 of 2 persons


def test_transfers_are_netted(figures: dict[str, Cells]) -> None:
    """m1 stays in North; m2 goes from North to South: it comes in at South, and stays in the province."""
    quarter = figures["2026-Q3"]
    received = {u: quarter.get((u, "T", "RECEIVED"), 0) for u in (NORTH_1, NORTH_2, NORTH, SOUTH_1, SOUTH, PROVINCE)}
    assert received == {NORTH_1: 0, NORTH_2: 1, NORTH: 0, SOUTH_1: 1, SOUTH: 1, PROVINCE: 0}


def test_a_stock_is_that_of_the_last_day(figures: dict[str, Cells]) -> None:
    # July: 1, 2. August: and 3, 4 (a stock goes by the day of filing). September: and 5, 6, less the solved 3.
    assert [figures[p][PROVINCE, "T", "PENDING"] for p in (*MONTHS, "2026-Q3")] == [2, 4, 5, 5]
    assert {u: figures["2026-09"].get((u, "T", "PENDING"), 0) for u in (NORTH_1, NORTH_2, SOUTH_1)} == {NORTH_1: 0, NORTH_2: 1, SOUTH_1: 3}


@pytest.mark.parametrize(
    ("columns", "check", "message"),
    [
        ("{code: X, formula: {SUSPECTS: 1, FILED: 1}}", "", r"column 'X' would sum 'SUSPECTS', which must be recomputed, never summed"),
        ("{code: X, formula: {R: 2}}", "", r"column 'X' would sum 'R', which must be recomputed"),
        ("", '"[T].SUSPECTS = units([T].SUSPECTS)"', r"would sum 'SUSPECTS' along units, where it must be recomputed"),
        ("", '"[T].SUSPECTS = children([T].SUSPECTS)"', r"would sum 'SUSPECTS' along units"),
        ("", '"[T].SUSPECTS = sum([K1..K9].SUSPECTS)"', r"would sum 'SUSPECTS' along rows"),
        ("", '"[T].SUSPECTS = days([T].SUSPECTS)"', r"would sum 'SUSPECTS' along time"),
        ("", '"[T].PENDING = days([T].PENDING)"', r"would sum 'PENDING' along time"),
        ("", '"[T] = sum([K1..K9])", for: columns, columns: [FILED, SUSPECTS]', r"would sum 'SUSPECTS' along rows"),
        ("", '"[T] = units([T])", for: columns, columns: [FILED, SUSPECTS]', r"would sum 'SUSPECTS' along units"),
        ("", '"[T].RECEIVED = children([T].RECEIVED)"', r"over children, where transfers between them fall away; use units\(\)"),
        ("", '"[T].R = units([T].R)"', r"units\(\) reads what was counted, and 'R' is computed from LATE, FILED"),
        ("", '"[T].R = previous([T].R)"', r"previous\(\) reads what was counted, and 'R' is computed from"),
        ("", '"[T].PY = previous([T].PY)"', r"'PY' is a prior_year column; previous\(\) is of current and ytd columns"),
        ("{code: D, indicator: filed, frequencies: [month]}, {code: X, rate: {of: D, over: FILED}, per: 1, decimals: 1}", "", r"column 'X' is made by quarter, and its operand 'D' is not"),
    ],
)  # fmt: skip
def test_what_must_not_be_summed_is_refused(catalog: Catalog, columns: str, check: str, message: str) -> None:
    more = "- {code: R, rate: {of: LATE, over: FILED}, per: 100, decimals: 1}\n- {code: PY, indicator: filed, variant: prior_year}\n"
    written = (
        COLUMNS
        + more
        + "".join(f"- {c if c.startswith('{') else '{' + c}\n" for c in columns.replace("}, {code", "}\x00code").split("\x00") if c)
    )
    with pytest.raises(DefinitionError, match=message):
        tiny.form(catalog, written, f"- {{id: F-01, that: {check}}}" if check else "", frequency="month quarter")


def test_what_may_be_summed_is_not_refused(catalog: Catalog) -> None:
    checks = """
- {id: F-01, that: "[T].FILED = children([T].FILED) + 0 units([T].RECEIVED)"}
- {id: F-02, that: "[T].FILED = sum([K1..K9].FILED)"}
- {id: F-03, that: "[T].PENDING = sum([K1..K9].PENDING)"}
- {id: F-04, that: "[T].PENDING = units([T].PENDING)"}
- {id: F-05, that: "[T].SUSPECTS <= [T].FILED"}
- {id: F-06, that: "[T].LOSS = units([T].LOSS)"}
"""
    form = tiny.form(catalog, COLUMNS, checks)
    with tiny.warehouse(catalog, THEFTS, MOVES) as engine:
        result, _ = tiny.filled(engine, catalog, "2026-09", form)
    assert (result.failed_errors, result.not_evaluated) == (0, 0)


def test_a_negative_base_names_the_cell(catalog: Catalog) -> None:
    columns = "- {code: N, indicator: filed}\n- {code: L, indicator: loss}\n- {code: R, rate: {of: N, over: L}, per: 1, decimals: 2}"
    said = rf"form F 2026-07: the base of column 'R' is -10\.5 in \[T\] of unit {PROVINCE}; a base cannot be negative"
    form, stolen = tiny.form(catalog, columns), [tiny.theft("1", "2026-07-01", NORTH_1, "K2", loss_yuan="-10.50")]
    with tiny.warehouse(catalog, stolen) as engine, pytest.raises(StatisticsError, match=said):
        tiny.filled(engine, catalog, "2026-07", form)
