"""Rates unit by unit and along the tree, and who delivered what."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.quality.desk import HEAD, desk, judge, warehouse


def test_rates_are_made_from_totals_at_every_unit(tmp_path: Path) -> None:
    rules = "table: report\nunit: unit_code\nrules:\n"
    rules += f"  - {{id: some, {HEAD.replace('accuracy', 'completeness')}, record: {{people: {{at_least: 1}}}}}}\n"
    rules += f"  - {{id: loss, {HEAD.replace('accuracy', 'completeness')}, record: {{loss_yuan: {{at_least: 0}}}}}}\n"
    catalog = desk(tmp_path, report=rules)
    rows = [
        {"report_no": "R1", "unit_code": "S1", "people": 1, "loss_yuan": 0},  # 2 of 2
        {"report_no": "R2", "unit_code": "S1", "people": 0, "loss_yuan": None},  # 0 of 1, one unknown
        {"report_no": "R3", "unit_code": "S2", "people": 1, "loss_yuan": 1},  # 2 of 2
        {"report_no": "R4", "unit_code": "S9", "people": 0, "loss_yuan": -1},  # 0 of 2, at the unknown unit
        {"report_no": "R5", "unit_code": None, "people": None, "loss_yuan": None},  # nothing to be said, at the unknown unit
    ]
    with warehouse(catalog, report=rows) as engine:
        judge(engine, catalog, tmp_path)
        found = engine.sql("SELECT * FROM quality.rate WHERE table_name = 'report' AND dimension = 'completeness'").to_pylist()
        note = engine.sql("SELECT * FROM quality.rate WHERE table_name = 'note'").to_pylist()
    rates = {r["unit_code"]: (r["passed"], r["checked"], r["not_evaluated"], r["rate"]) for r in found}
    assert rates == {
        "S1": (2, 3, 1, Decimal("66.67")),  # 66.666... up
        "S2": (2, 2, 0, Decimal(100)),
        "U0": (0, 2, 2, Decimal(0)),
        "T1": (4, 7, 3, Decimal("57.14")),  # 2 + 2 + 0 of 3 + 2 + 2: 57.142...; the unknown unit lies below the only root
        None: (4, 7, 3, Decimal("57.14")),
    }
    assert [(r["unit_code"], r["checked"], r["rate"]) for r in note] == [(None, 0, None)]  # nobody's, and no record


def test_the_grid_says_delivered_zero_or_silent(tmp_path: Path) -> None:
    catalog = desk(tmp_path)
    with warehouse(catalog, loads=2) as engine:
        engine.execute(
            "INSERT INTO core.delivery VALUES "
            "('desk', 'report', 'S1', '2026-01', 1, NULL, true, 7, NULL), ('desk', 'report', 'S1', '2026-02', 1, NULL, true, 0, NULL), "
            "('desk', 'report', 'S2', '2026-01', 1, NULL, true, NULL, NULL), ('desk', 'report', 'S2', '2026-02', 1, 2, false, 3, 'late'), "
            "('desk', 'report', 'S2', '2026-03', 2, NULL, true, 3, NULL), ('desk', 'note', NULL, NULL, 1, NULL, true, 3, NULL)"
        )
        grid = "SELECT unit_code, period, table_name, status FROM quality.delivery ORDER BY ALL"
        judge(engine, catalog, tmp_path, as_of=1)
        first = [tuple(r.values()) for r in engine.sql(grid).to_pylist()]
        # the root has children and owes nothing; note comes for all units at once
        assert first == [
            ("S1", "2026-01", "report", "delivered"),
            ("S1", "2026-02", "report", "zero"),
            ("S2", "2026-01", "report", "delivered"),  # it did not say how many
            ("S2", "2026-02", "report", "silent"),  # incomplete
        ]
        judge(engine, catalog, tmp_path, as_of=2)
        second = [tuple(r.values()) for r in engine.sql(grid).to_pylist()]
        assert [r for r in second if r not in first] == [("S1", "2026-03", "report", "silent"), ("S2", "2026-03", "report", "delivered")]
        judge(engine, catalog, tmp_path, as_of=1)
        assert [tuple(r.values()) for r in engine.sql(grid).to_pylist()] == second  # the newest load validated speaks
