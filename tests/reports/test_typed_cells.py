"""Figures that people typed: what they fill, what adds up from them, and what stands in front of them.

In October 2026 the station NORTH_2 delivered nothing of its thefts. NORTH_1 filed one of kind K1, SOUTH_1 two of kind K2.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.reports.template import Form
from policestats.reports.typed_cells import ADDED_UP, ADDED_UP_PARTLY, COMPUTED
from tests.reports import tiny
from tests.reports.test_status import all_but
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH, SOUTH_1
from tests.support.ledger import enter

PERIOD = "2026-10"
_THEFTS = [tiny.theft("1", "2026-10-05", NORTH_1), *(tiny.theft(no, "2026-10-06", SOUTH_1, "K2", suspect=no) for no in "23")]
COLUMNS = """
- {code: FILED, indicator: filed}
- {code: YTD, indicator: filed, variant: ytd}
- {code: BEFORE, indicator: filed, variant: prior_year}
- {code: YTD_BEFORE, indicator: filed, variant: prior_year_ytd}
- {code: SUSPECTS, indicator: suspects}
- {code: SAMPLED, indicator: sampled, rows: [KA, K1, K2]}
- {code: RIGHT, indicator: sampled_right, rows: [KA, K1, K2]}
- {code: SHARE, share_of: {column: FILED, row: T}, decimals: 2}
- {code: RATE, rate: {of: RIGHT, over: SAMPLED}, per: 100, decimals: 1, rows: [KA, K1, K2]}
- {code: CHANGE, change: {of: FILED, from: BEFORE}, decimals: 1}
"""
CHECKS = """
- {id: F-1, for: columns, columns: [FILED], rows: [KA], that: "[KA] = units([KA])"}
- {id: F-2, for: rows, that: "RIGHT <= SAMPLED"}
"""
Told = tuple[str, str | None]


@pytest.fixture(scope="module")
def form(catalog: Catalog) -> Form:
    return tiny.form(catalog, COLUMNS, CHECKS)


@pytest.fixture
def engine(catalog: Catalog) -> Iterator[DuckDBEngine]:
    with tiny.warehouse(catalog, _THEFTS) as opened:
        tiny.deliveries(opened, *all_but(("theft", NORTH_2, PERIOD)))
        yield opened


def typed(unit: str, row: str, column: str, value: int | None, **more: Any) -> dict[str, Any]:
    cell = {"form_id": "F", "period": PERIOD, "unit_code": unit, "row_code": row, "column_code": column, "value": value}
    return {**cell, "author": "Li", "typed_at": "2026-11-02 09:00:00", "evidence": "book 7", **more}


def published(unit: str, row: str, column: str, value: int, period: str = "2024-10") -> dict[str, Any]:
    cell = typed(unit, row, column, value)
    return {**cell, "period": period, "evidence": "yearbook"}


def statuses(engine: DuckDBEngine, column: str) -> dict[tuple[str, str | None], Told]:
    rows = engine.sql("SELECT unit_code, row_code, status, reason FROM report.status WHERE column_code = ?", [column]).to_pylist()
    return {(r["unit_code"], r["row_code"]): (r["status"], r["reason"]) for r in rows}


LI = "typed at 2026-11-02 09:00, evidence book 7"


def test_typed_rows_add_up_to_totals_and_units_and_make_rates(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    enter(
        engine, catalog, 2, {}, {"office_cell": [typed(NORTH_2, row, "FILED", value) for row, value in (("K1", 3), ("K2", 0), ("K9", 0))]}
    )
    result, cells = tiny.filled(engine, catalog, PERIOD, form)
    found = statuses(engine, "FILED")
    # the station: K1 3, K2 0, K9 0; KA = 3 + 0, T = 3 + 0 + 0
    assert [cells.get((NORTH_2, row, "FILED")) for row in ("T", "KA", "K1", "K2", "K9")] == [3, 3, 3, None, None]
    assert [cells[NORTH, row, "FILED"] for row in ("T", "KA", "K1")] == [4, 4, 4]  # 1 of NORTH_1's records + 3 typed
    assert [cells[PROVINCE, row, "FILED"] for row in ("T", "KA", "K1", "K2")] == [6, 6, 4, 2]  # and the two of SOUTH_1
    assert cells[PROVINCE, "K1", "SHARE"] == Decimal("66.67")  # 4 / 6
    assert found[NORTH_2, None] == ("manual", "typed by people")  # the typed rows, and the totals that follow from them
    assert found[NORTH_2, "K1"] == ("manual", LI)
    assert found[NORTH_2, "T"] == ("manual", ADDED_UP)
    assert found[NORTH, None] == found[PROVINCE, None] == ("manual", ADDED_UP)
    assert found[NORTH_1, None] == found[SOUTH, None] == ("auto", None)
    assert statuses(engine, "SHARE")[PROVINCE, None] == ("manual", COMPUTED)
    # no cell was typed for the year: nine of its ten months came
    assert statuses(engine, "YTD")[NORTH_2, None][0] == "partial"
    assert result.failed_errors == 0, "what is booked at the units, with what was typed, is the sum"
    overall = {r.rate_id: r for r in result.rates if r.form_id == "F" and r.unit_code == NORTH_2}
    assert "F: typed by people" in str(overall["cell"].reason)


def test_what_is_not_typed_stays_missing_and_sums_are_partial(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    enter(engine, catalog, 2, {}, {"office_cell": [typed(NORTH_2, "K1", "FILED", 3, reason="late post")]})
    _, cells = tiny.filled(engine, catalog, PERIOD, form)
    found = statuses(engine, "FILED")
    assert found[NORTH_2, "K1"] == ("manual", f"{LI}, reason late post")
    assert found[NORTH_2, None][0] == "missing"  # K2 and K9
    assert found[NORTH_2, "T"] == found[NORTH_2, "KA"] == ("partial", ADDED_UP_PARTLY)
    assert found[NORTH, "K1"] == found[PROVINCE, "K1"] == ("manual", ADDED_UP)
    assert found[NORTH, None][0] == "partial"
    assert (cells[NORTH_2, "T", "FILED"], cells[NORTH, "T", "FILED"], cells[PROVINCE, "T", "FILED"]) == (3, 4, 6)
    assert (NORTH_2, "K2", "FILED") not in cells


def test_what_must_be_recomputed_is_typed_at_each_unit(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    enter(engine, catalog, 2, {}, {"office_cell": [typed(NORTH_2, "T", "SUSPECTS", 5), typed(PROVINCE, "T", "SUSPECTS", 6)]})
    _, cells = tiny.filled(engine, catalog, PERIOD, form)
    found = statuses(engine, "SUSPECTS")
    assert (cells[NORTH_2, "T", "SUSPECTS"], cells[PROVINCE, "T", "SUSPECTS"]) == (5, 6)  # not 2 + 5: some may be the same
    assert found[PROVINCE, "T"] == found[NORTH_2, "T"] == ("manual", LI)
    assert found[NORTH, None][0] == "partial"  # what the records say of NORTH_1 alone
    assert (NORTH, "T", "SUSPECTS") not in cells


def test_a_column_that_only_people_fill(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    cells_typed = [
        typed(NORTH_1, "K1", "SAMPLED", 40), typed(NORTH_1, "K1", "RIGHT", 36),
        typed(NORTH_2, "K1", "SAMPLED", 10), typed(NORTH_2, "K1", "RIGHT", 9),
    ]  # fmt: skip
    enter(engine, catalog, 2, {}, {"office_cell": cells_typed})
    result, cells = tiny.filled(engine, catalog, PERIOD, form)
    assert (cells[NORTH, "K1", "SAMPLED"], cells[NORTH, "K1", "RIGHT"]) == (50, 45)  # both stations below
    assert cells[NORTH, "K1", "RATE"] == 90  # 45 / 50, not a mean of rates
    assert statuses(engine, "RATE")[NORTH, "K1"] == ("manual", COMPUTED)
    assert statuses(engine, "SAMPLED")[NORTH, "K1"] == ("manual", ADDED_UP)
    assert statuses(engine, "SAMPLED")[PROVINCE, "K1"] == ("partial", ADDED_UP_PARTLY)  # nothing from SOUTH_1
    assert cells[PROVINCE, "K1", "SAMPLED"] == 50
    assert statuses(engine, "SAMPLED")[NORTH, "KA"] == ("partial", ADDED_UP_PARTLY)  # K2 was not sampled
    assert result.failed_errors == 0


def test_a_unit_types_for_all_below_it_until_they_have_figures(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    enter(engine, catalog, 2, {}, {"office_cell": [typed(NORTH, "K1", "FILED", 9)]})
    _, cells = tiny.filled(engine, catalog, PERIOD, form)
    assert (cells[NORTH, "K1", "FILED"], cells[PROVINCE, "K1", "FILED"]) == (9, 9)
    assert statuses(engine, "FILED")[NORTH, "K1"] == ("manual", LI)
    enter(engine, catalog, 3, {}, {"office_cell": [typed(NORTH_2, "K1", "FILED", 3)]})
    result, cells = tiny.filled(engine, catalog, PERIOD, form)
    assert cells[NORTH, "K1", "FILED"] == 4  # 1 + 3: every unit below has a figure, so their sum counts
    assert (result.superseded, result.differing) == (1, 1)
    difference = engine.sql(
        "SELECT unit_code, row_code, column_code, typed_value, computed_value, difference, told FROM report.typed_difference"
    )
    assert difference.to_pylist() == [
        {"unit_code": NORTH, "row_code": "K1", "column_code": "FILED", "typed_value": 9, "computed_value": 4, "difference": 5, "told": LI}
    ]  # fmt: skip


def test_records_that_come_later_win_and_the_difference_is_told(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    enter(engine, catalog, 2, {}, {"office_cell": [typed(NORTH_2, "K1", "FILED", 3), typed(NORTH_2, "K2", "FILED", 0)]})
    tiny.filled(engine, catalog, PERIOD, form)
    tiny.deliveries(engine, *all_but())  # the station sends its thefts: none
    result, cells = tiny.filled(engine, catalog, PERIOD, form)
    assert (NORTH_2, "K1", "FILED") not in cells  # a true zero
    assert cells[PROVINCE, "K1", "FILED"] == 1
    assert {status for status, _ in statuses(engine, "FILED").values()} == {"auto"}
    assert (result.superseded, result.differing) == (2, 1)
    rows = engine.sql("SELECT row_code, typed_value, computed_value FROM report.typed_difference ORDER BY ALL").to_pylist()
    assert [tuple(r.values()) for r in rows] == [("K1", 3, 0), ("K2", 0, 0)]


def test_a_load_before_the_typing_does_not_know_it_and_a_withdrawn_cell_is_missing_again(
    catalog: Catalog, form: Form, engine: DuckDBEngine
) -> None:
    first = [typed(NORTH_2, "K1", "FILED", 3)]
    enter(engine, catalog, 2, {}, {"office_cell": first})
    enter(engine, catalog, 3, {"office_cell": first}, {"office_cell": [typed(NORTH_2, "K1", "FILED", None, reason="wrong station")]})
    values = []
    for load in (1, 2, 3):
        _, cells = tiny.filled(engine, catalog, PERIOD, form, as_of=load)
        values.append((cells.get((NORTH_2, "K1", "FILED")), cells[PROVINCE, "K1", "FILED"]))
    assert values == [(None, 1), (3, 4), (None, 1)]


def test_published_figures_fill_comparisons_before_the_records_begin(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    """In the tiny standard records begin with 2025, so what 2025 is compared with is not applicable, unless it was published."""
    period = "2025-10"
    tiny.filled(engine, catalog, period, form)
    assert statuses(engine, "BEFORE")[PROVINCE, None] == ("not_applicable", "records begin on 2025-01-01")
    legacy = [published(unit, "K1", "FILED", value) for unit, value in ((NORTH_1, 4), (NORTH_2, 6), (SOUTH_1, 10))]
    legacy += [published(PROVINCE, "K1", "YTD", 180), published(NORTH_1, "K1", "FILED", 99, period="2024-09")]
    enter(engine, catalog, 2, {}, {"legacy_cell": legacy})
    before, _ = tiny.filled(engine, catalog, period, form, as_of=1)
    result, cells = tiny.filled(engine, catalog, period, form)
    assert [cells[unit, "K1", "BEFORE"] for unit in (NORTH_1, NORTH, PROVINCE)] == [4, 10, 20]  # 4 + 6, and 10 of the south
    assert cells[PROVINCE, "K1", "YTD_BEFORE"] == 180  # typed for the province alone: no station has one
    assert cells[PROVINCE, "K1", "CHANGE"] == -100  # nobody filed anything in October 2025
    told = "legacy: published figure of 2024-10, evidence yearbook"
    assert statuses(engine, "BEFORE")[NORTH_1, "K1"] == ("manual", told)
    assert statuses(engine, "YTD_BEFORE")[PROVINCE, "K1"] == ("manual", told)
    assert statuses(engine, "YTD_BEFORE")[NORTH_1, None][0] == "not_applicable"
    assert statuses(engine, "CHANGE")[PROVINCE, "K1"] == ("manual", COMPUTED)
    # they are no cells that records could give: the rates are as before
    assert [(r.numerator, r.denominator) for r in result.rates] == [(r.numerator, r.denominator) for r in before.rates]


def test_published_figures_of_merged_units_add_up_for_their_successor(catalog: Catalog, form: Form) -> None:
    units = [u for u in tiny.UNITS if u["unit_code"] != NORTH_2]
    units.append({"unit_code": NORTH_2, "valid_from": "2020-01-01", "valid_to": "2025-01-01", "parent_unit_code": NORTH,
                  "level_code": "station", "successor_unit_code": NORTH_1})  # fmt: skip
    legacy = [published(NORTH_1, "K1", "FILED", 4), published(NORTH_2, "K1", "FILED", 6), published(NORTH_1, "K2", "FILED", 1)]
    with tiny.warehouse(catalog, [], units=units) as engine:
        enter(engine, catalog, 2, {}, {"legacy_cell": legacy})
        _, cells = tiny.filled(engine, catalog, "2025-10", form)
        found = statuses(engine, "BEFORE")
    assert cells[NORTH_1, "K1", "BEFORE"] == 10  # 4 + 6: NORTH_2 was merged into it at the end of 2024
    assert found[NORTH_1, "K1"][0] == "manual"
    assert f"可比口径 on the present units: {NORTH_1}, {NORTH_2}" in str(found[NORTH_1, "K1"][1])
    assert cells[NORTH_1, "K2", "BEFORE"] == 1
    assert found[NORTH_1, "K2"][0] == "partial"  # nothing was published of NORTH_2
    assert f"without {NORTH_2}" in str(found[NORTH_1, "K2"][1])


def test_where_records_reach_back_published_figures_do_not_count(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    enter(engine, catalog, 2, {}, {"legacy_cell": [published(NORTH_1, "K1", "FILED", 4, period="2025-10")]})
    result, cells = tiny.filled(engine, catalog, PERIOD, form)
    assert result.superseded == 0  # it is no cell that somebody typed for this period
    assert (NORTH_1, "K1", "BEFORE") not in cells
    assert statuses(engine, "BEFORE")[NORTH_1, None] == ("auto", None)


def test_a_typed_cell_that_the_form_no_longer_has_is_told(catalog: Catalog, form: Form, engine: DuckDBEngine) -> None:
    enter(engine, catalog, 2, {}, {"office_cell": [typed(NORTH_2, "K7", "FILED", 3)]})
    result, _ = tiny.filled(engine, catalog, PERIOD, form)
    assert result.unplaced == [
        f"F 2026-10 {NORTH_2} [K7].FILED: the form has no such cell for 2026-10 now; what was typed for it does not count"
    ]
