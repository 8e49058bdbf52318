"""A change in a table that a fact joins moves the cells of the records it is joined to, though none of these has changed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from policestats.catalog import load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages.tabulate import TabulateResult, tabulate
from tests.support.ledger import ROOT, Row, enter, ledger

CATALOG = load_catalog(ROOT, "cn")
PERIOD = ReferencePeriod.parse("2026-10")
STATION = "990101010000"
UNITS = [
    {"unit_code": "990000000000", "valid_from": date(2020, 1, 1), "level_code": "province", "name_zh": "省"},
    {
        "unit_code": STATION, "valid_from": date(2020, 1, 1), "parent_unit_code": "990000000000", "level_code": "station", "name_zh": "所",
    },
]  # fmt: skip
COLLECTED = {"unit_code": STATION, "registered_on": date(2026, 9, 1), "entered_at": datetime(2026, 9, 1, 12)}
OBJECTS: dict[str, list[Row]] = {
    "unit": UNITS,
    "address": [{**COLLECTED, "object_id": "A1"}, {**COLLECTED, "object_id": "A2"}],
    "house": [{**COLLECTED, "object_id": "H1", "address_id": "A1"}, {**COLLECTED, "object_id": "H2", "address_id": "A2"}],
    "resident": [{**COLLECTED, "object_id": "R1", "address_id": "A1", "residence_kind_code": "inflow"}],
}
HAPPENED = {"unit_code": STATION, "occurred_on": date(2026, 10, 5), "entered_at": datetime(2026, 10, 5, 12)}
CANCELLED = {**HAPPENED, "event_no": "E1", "object_id": "A1", "kind_code": "cancelled"}
VISITED = {
    "maintenance_no": "V1", "object_id": "R1", "kind_code": "verified", "maintained_on": date(2026, 10, 5), "unit_code": STATION,
    "entered_at": datetime(2026, 10, 5, 12),
}  # fmt: skip


def tabulated(engine: DuckDBEngine) -> TabulateResult:
    return tabulate(engine, CATALOG, PERIOD, {"Z14": load_forms(CATALOG)["Z14"]})


def value(engine: DuckDBEngine, row: str, column: str) -> Decimal:
    found = engine.sql(
        "SELECT value FROM report.cell WHERE unit_code = ? AND row_code = ? AND column_code = ?", [STATION, row, column]
    ).to_pylist()
    return found[0]["value"] if found else Decimal(0)


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        # an address goes: what hangs on it is no longer linked, what hangs on the other one is
        ({"object_event": [CANCELLED]}, {("O3", "LINKED"): (2, 1), ("O22", "LINKED"): (1, 0), ("O1", "CANCEL"): (0, 1), ("O1", "CLOSE"): (2, 1)}),
        ({"object_maintenance": [VISITED]}, {("O22", "FRESH"): (0, 1), ("O22", "UPDATED"): (0, 1), ("O3", "LINKED"): (2, 2)}),
        ({"house": OBJECTS["house"][:1]}, {("O3", "LINKED"): (2, 1), ("O3", "CLOSE"): (2, 1), ("O22", "LINKED"): (1, 1)}),
    ],
)  # fmt: skip
def test_what_is_joined_moves_too(change: dict[str, list[Row]], moves: dict[tuple[str, str], tuple[int, int]]) -> None:
    with ledger(CATALOG, OBJECTS) as engine:
        tabulated(engine)
        assert {cell: value(engine, *cell) for cell in moves} == {cell: before for cell, (before, _) in moves.items()}
        enter(engine, CATALOG, 2, OBJECTS, OBJECTS | change)
        again = tabulated(engine)
        assert {cell: value(engine, *cell) for cell in moves} == {cell: after for cell, (_, after) in moves.items()}
        assert again.remade["Z14"].wholly == 0
        enter(engine, CATALOG, 3, OBJECTS | change, OBJECTS)  # and back
        tabulated(engine)
        assert {cell: value(engine, *cell) for cell in moves} == {cell: before for cell, (before, _) in moves.items()}


def test_totals_that_do_not_move_are_not_written_again() -> None:
    def totals(engine: DuckDBEngine) -> dict[tuple[str, ...], tuple[int, Decimal]]:
        key = "indicator_id, anchor_on, unit_code, row_code, on_date"
        rows = engine.sql(f"SELECT {key}, rowid, value FROM report.contribution WHERE record_key IS NULL").to_pylist()
        found = {tuple(str(r[name]) for name in key.split(", ")): (r["rowid"], r["value"]) for r in rows}
        assert len(found) == len(rows)
        return found

    with ledger(CATALOG, OBJECTS) as engine:
        tabulated(engine)
        before = totals(engine)
        enter(engine, CATALOG, 2, OBJECTS, OBJECTS | {"house": OBJECTS["house"][:1]})
        tabulated(engine)
        after = totals(engine)
    moved = {key for key in before if before[key] != after.get(key)}
    assert {row for _, _, _, row, _ in moved} == {"O3", "O3/-"}  # one house less, and one of no known community
    assert all(key not in after or before[key][1] != after[key][1] for key in moved)


def test_forms_that_were_made_at_different_loads_each_take_in_what_came_since() -> None:
    """One form was made after the second load as well: what it lacks is less than what the forms before and after it lack."""
    forms = {name: form for name, form in load_forms(CATALOG).items() if name in ("X01", "X02", "X03")}
    case = {"filing_unit_code": STATION, "charge_code": "C177", "entered_at": datetime(2026, 10, 5, 12), "filed_on": date(2026, 10, 5)}
    first, later = {**case, "case_no": "K1"}, {**case, "case_no": "K1", "entered_at": datetime(2026, 10, 5, 13)}
    second, third = {**case, "case_no": "K2"}, {**case, "case_no": "K3"}
    loads = [{"unit": UNITS, "criminal_case": cases} for cases in ([first], [later, second], [later, second, third])]

    def filed(engine: DuckDBEngine) -> dict[str, Decimal]:
        rows = engine.sql(
            "SELECT form_id, value FROM report.cell WHERE unit_code = ? AND (form_id, row_code, column_code) IN "
            "(('X01', 'T', 'FILED_M'), ('X02', 'T', 'FILED_M'), ('X03', 'T', 'FILED_M'))",
            [STATION],
        )
        return {r["form_id"]: r["value"] for r in rows.to_pylist()}

    with ledger(CATALOG, loads[0]) as engine:
        tabulate(engine, CATALOG, PERIOD, forms)
        assert filed(engine) == {"X01": 1, "X02": 1, "X03": 1}
        enter(engine, CATALOG, 2, loads[0], loads[1])
        tabulate(engine, CATALOG, PERIOD, forms, only=["X02"])
        enter(engine, CATALOG, 3, loads[1], loads[2])
        again = tabulate(engine, CATALOG, PERIOD, forms)
        assert filed(engine) == {"X01": 3, "X02": 3, "X03": 3}
    assert all(remade.by_groups for remade in again.remade.values())
