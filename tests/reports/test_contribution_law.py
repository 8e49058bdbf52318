"""fold(contributions) = cell, for every base cell, folded here in plain Python over the published tables."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.reports.template import Form
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH, SOUTH_1, UNKNOWN, Cells

COLUMNS = """
- {code: FILED, indicator: filed}
- {code: YTD, indicator: filed, variant: ytd}
- {code: BEFORE, indicator: filed, variant: prior_year}
- {code: PREVIOUS, indicator: filed, variant: previous_period}
- {code: LOSS, indicator: loss}
- {code: SUSPECTS, indicator: suspects}
- {code: SUSPECTS_YTD, indicator: suspects, variant: ytd}
- {code: RECEIVED, indicator: received}
- {code: SENT, indicator: sent}
- {code: OPEN, indicator: pending_at_start}
- {code: CLOSE, indicator: pending_at_end}
- {code: DOUBLE, formula: {FILED: 2}}
"""
SETS = "[{code: N, parent: T, where: {is_night: true}}]"
# fmt: off
THEFTS = [
    tiny.theft("1", "2026-10-01", NORTH_1, "K1", suspect="a", loss_yuan="10.50", is_night=True),
    tiny.theft("2", "2026-10-31", NORTH_2, "K2", suspect="a", loss_yuan="0.000001"),
    tiny.theft("3", "2026-09-15", NORTH_1, "K2", suspect="b", solved_on="2026-10-31"),  # solved on the last day: no longer pending
    tiny.theft("4", "2026-10-10", SOUTH_1, "K7", suspect="b"),  # a kind that nobody knows
    tiny.theft("5", "2025-10-10", SOUTH_1, "K1", suspect="c", solved_on="2026-10-01"),  # pending on the first morning
    tiny.theft("6", "2026-10-10", None, "K1", suspect="a", is_night=True),
    tiny.theft("7", "2026-10-10", NORTH_1, "K1", solved_on="2026-10-10"),  # came and went in a day: never pending
    tiny.theft("8", "2026-09-30", NORTH_1, "K1", suspect="d", entered_at="2026-10-05 00:00:00"),  # late: October's
]
MOVES = [
    tiny.move("m1", "1", "2026-10-05", NORTH_1, NORTH_2),  # within North
    tiny.move("m2", "3", "2026-10-06", NORTH_1, SOUTH_1),  # to South
    tiny.move("m3", "4", "2026-11-01", SOUTH_1, NORTH_1),  # next month
    tiny.move("m4", "2", "2026-10-31", NORTH_2, "991111111111"),  # to a unit that nobody knows
]
# fmt: on


def published(engine: DuckDBEngine) -> dict[str, list[dict[str, Any]]]:
    return {t: engine.sql(f"SELECT * FROM report.{t}").to_pylist() for t in ("contribution", "column_reading", "row_member", "unit_member")}


def folded(tables: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str, str], Decimal]:
    """Return every cell that is not 0, by (unit, row, column), as a reader of the published tables would fold it."""
    rows_of, units_of = defaultdict(list), defaultdict(set)
    for m in tables["row_member"]:
        rows_of[m["member_row_code"]].append(m["row_code"])
    for m in tables["unit_member"]:
        units_of[m["member_unit_code"]].add(m["unit_code"])
    cells: dict[tuple[str, str, str], Any] = {}
    for reading in tables["column_reading"]:
        for c in tables["contribution"]:
            if (c["indicator_id"], c["anchor_on"]) != (reading["indicator_id"], reading["anchor_on"]) or c["on_date"] >= reading["end_on"]:
                continue
            if reading["is_stock"]:
                if c["until_date"] is not None and c["until_date"] < reading["end_on"]:
                    continue
            elif c["on_date"] < reading["start_on"]:
                continue
            for unit in units_of[c["unit_code"]]:
                if reading["is_net"] and c["partner_unit_code"] is not None and unit in units_of[c["partner_unit_code"]]:
                    continue
                for row in rows_of[c["row_code"]]:
                    key = (unit, row, reading["column_code"])
                    if reading["measure"] == "distinct":
                        cells.setdefault(key, set()).add(c["counted_key"])
                    else:
                        cells[key] = cells.get(key, Decimal(0)) + c["value"]
    found = {key: Decimal(len(v)) if isinstance(v, set) else v for key, v in cells.items()}
    return {key: value for key, value in found.items() if value != 0}


@pytest.fixture(scope="module")
def form(catalog: Catalog) -> Form:
    return tiny.form(catalog, COLUMNS, '- {id: F-01, that: "OPEN = previous(CLOSE)", for: rows}', sets=SETS)


@pytest.fixture(scope="module")
def october(catalog: Catalog, form: Form) -> tuple[Cells, dict[str, list[dict[str, Any]]], int]:
    with tiny.warehouse(catalog, THEFTS, MOVES) as engine:
        result, cells = tiny.filled(engine, catalog, "2026-10", form)
        return cells, published(engine), result.failed_errors


def test_every_base_cell_is_the_fold_of_its_contributions(october: tuple[Cells, dict[str, list[dict[str, Any]]], int]) -> None:
    cells, tables, failed = october
    base = {key: value for key, value in cells.items() if key[2] != "DOUBLE"}
    # the previous value that the check asks for has a reading too, and is no column of the form
    assert {k: v for k, v in folded(tables).items() if "@" not in k[2]} == base
    assert failed == 0


def test_the_cells_by_hand(october: tuple[Cells, dict[str, list[dict[str, Any]]], int]) -> None:
    """So that the fold above compares figures that are right, of every kind."""
    cells = october[0]

    def total(column: str, row: str = "T") -> dict[str, Decimal | int]:
        return {u: cells.get((u, row, column), 0) for u in (PROVINCE, NORTH, NORTH_1, NORTH_2, SOUTH, SOUTH_1, UNKNOWN)}

    # October: 1, 7, 8 at North 1, 2 at North 2, 4 at South 1, 6 at nobody's
    assert total("FILED") == {PROVINCE: 6, NORTH: 4, NORTH_1: 3, NORTH_2: 1, SOUTH: 1, SOUTH_1: 1, UNKNOWN: 1}
    assert total("FILED", "N") == {PROVINCE: 2, NORTH: 1, NORTH_1: 1, NORTH_2: 0, SOUTH: 0, SOUTH_1: 0, UNKNOWN: 1}  # 1 and 6
    assert total("FILED", "K9") == {PROVINCE: 1, NORTH: 0, NORTH_1: 0, NORTH_2: 0, SOUTH: 1, SOUTH_1: 1, UNKNOWN: 0}  # 4
    assert total("YTD") == {PROVINCE: 7, NORTH: 5, NORTH_1: 4, NORTH_2: 1, SOUTH: 1, SOUTH_1: 1, UNKNOWN: 1}  # and 3
    assert total("BEFORE")[PROVINCE] == 1  # 5
    assert total("PREVIOUS")[PROVINCE] == 1  # 3; 8 is October's
    assert total("LOSS")[NORTH] == Decimal("10.500001")
    assert total("SUSPECTS") == {PROVINCE: 3, NORTH: 2, NORTH_1: 2, NORTH_2: 1, SOUTH: 1, SOUTH_1: 1, UNKNOWN: 1}  # a, d; a; b; a
    # m1 to North 2; m2 to South 1; m4 to nobody's. Seen from North, m1 is inside; from the province, all are
    assert total("RECEIVED") == {PROVINCE: 0, NORTH: 0, NORTH_1: 0, NORTH_2: 1, SOUTH: 1, SOUTH_1: 1, UNKNOWN: 1}
    assert total("SENT") == {PROVINCE: 0, NORTH: 2, NORTH_1: 2, NORTH_2: 1, SOUTH: 0, SOUTH_1: 0, UNKNOWN: 0}
    assert total("OPEN") == {PROVINCE: 3, NORTH: 2, NORTH_1: 2, NORTH_2: 0, SOUTH: 1, SOUTH_1: 1, UNKNOWN: 0}  # 3, 8; 5
    # 8 at North 1; 1 at North 2; 4 at South 1; 6 and 2 at nobody's; 3, 5 and 7 are solved
    assert total("CLOSE") == {PROVINCE: 5, NORTH: 2, NORTH_1: 1, NORTH_2: 1, SOUTH: 1, SOUTH_1: 1, UNKNOWN: 2}


def test_a_counted_thing_lands_in_one_leaf(october: tuple[Cells, dict[str, list[dict[str, Any]]], int]) -> None:
    seen = defaultdict(list)
    for c in october[1]["contribution"]:
        if c["indicator_id"] == "filed" and c["row_code"] != "N":
            seen[c["record_key"], c["anchor_on"]].append(c["row_code"])
    assert all(len(rows) == 1 for rows in seen.values())
    assert {rows[0] for rows in seen.values()} == {"K1", "K2", "K9"}


def test_what_lies_outside_every_window_leaves_no_contribution(october: tuple[Cells, dict[str, list[dict[str, Any]]], int]) -> None:
    keys = {c["record_key"] for c in october[1]["contribution"] if c["indicator_id"] == "received"}
    assert keys == {"m1", "m2", "m4"}  # m3 is November's


def test_a_stock_keeps_no_record_of_what_had_ended_before_it_is_counted(catalog: Catalog) -> None:
    """October's stock is counted on its first morning and after its last evening; of the cases of earlier months most were over by then."""
    thefts = [
        tiny.theft("1", "2026-03-01", NORTH_1, solved_on="2026-09-30"),  # over the evening before
        tiny.theft("2", "2026-03-01", NORTH_1, solved_on="2026-10-01"),  # pending on the first morning alone
        tiny.theft("3", "2026-03-01", NORTH_1, solved_on="2026-11-01"),  # pending on both days
        tiny.theft("4", "2026-03-01", NORTH_1),
    ]
    columns = "- {code: OPEN, indicator: pending_at_start}\n- {code: CLOSE, indicator: pending_at_end}"
    with tiny.warehouse(catalog, thefts) as engine:
        tiny.filled(engine, catalog, "2026-10", tiny.form(catalog, columns))
        kept: dict[str, set[str]] = defaultdict(set)
        for row in published(engine)["contribution"]:
            kept[row["indicator_id"]].add(row["fact_key"])
    assert kept == {"pending_at_start": {"2", "3", "4"}, "pending_at_end": {"3", "4"}}
