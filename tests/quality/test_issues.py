"""Issues open at the load where a record begins to fail and close where it no longer does, whenever validate happens to run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policestats.engines.duckdb import DuckDBEngine
from policestats.errors import QualityError
from tests.quality.desk import HEAD, desk, issues, judge, warehouse

RULES = f"table: report\nunit: unit_code\nrules:\n  - {{id: not_negative, {HEAD}, record: {{loss_yuan: {{at_least: 0}}}}}}\n"
VERSIONS: list[dict[str, Any]] = [
    {"report_no": "R1", "unit_code": "S1", "loss_yuan": -5, "known_from": 1, "known_to": 2},  # bad at load 1
    {"report_no": "R1", "unit_code": "S1", "loss_yuan": 5, "known_from": 2, "known_to": 3},  # cured at load 2
    {"report_no": "R1", "unit_code": "S1", "loss_yuan": -6, "known_from": 3},  # bad again at load 3
    {"report_no": "R2", "unit_code": "S9", "loss_yuan": -1, "known_from": 2, "known_to": 3},  # bad at load 2, gone at load 3
    {"report_no": "R3", "unit_code": "S2", "loss_yuan": -1, "known_from": 1, "known_to": 2},  # bad at load 1
    {"report_no": "R3", "unit_code": "S2", "loss_yuan": -2, "known_from": 2},  # still bad: the same issue
    {"report_no": "R4", "unit_code": "S1", "loss_yuan": None, "known_from": 1},  # cannot be said
]
AFTER_3 = [
    ("not_negative", "R1", 1, 2, "closed"),
    ("not_negative", "R1", 3, None, "open"),
    ("not_negative", "R2", 2, 3, "closed"),
    ("not_negative", "R3", 1, None, "open"),
]


def _told(engine: DuckDBEngine) -> list[Any]:
    return engine.sql("SELECT * FROM quality.issue ORDER BY ALL").to_pylist()


def test_issues_open_close_and_open_again_over_the_loads(tmp_path: Path) -> None:
    catalog = desk(tmp_path, report=RULES)
    with warehouse(catalog, loads=3, report=VERSIONS) as engine:
        first = judge(engine, catalog, tmp_path, as_of=1)
        assert issues(engine) == [("not_negative", "R1", 1, None, "open"), ("not_negative", "R3", 1, None, "open")]
        second = judge(engine, catalog, tmp_path, as_of=2)
        third = judge(engine, catalog, tmp_path, as_of=3)
        assert issues(engine) == AFTER_3
        counts = [(r.issues_opened, r.issues_closed, r.issues_open) for r in (first, second, third)]
        assert counts == [(2, 0, 2), (1, 1, 2), (1, 1, 2)]
        details = {(r["record_key"], r["status"]): (r["unit_code"], r["detail"]) for r in _told(engine)}
        assert details["R1", "open"] == ("S1", "loss_yuan=-6.000000")
        assert details["R2", "closed"] == ("U0", "loss_yuan=-1.000000")  # S9 is no unit: booked at the unknown one
        assert details["R3", "open"] == ("S2", "loss_yuan=-2.000000")  # as it stands now
        ids = {(r["record_key"], r["issue_id"]) for r in _told(engine)}
        assert len(ids) == 3  # R1's two spells are one issue come back


@pytest.mark.parametrize("loads", [(1, 2, 3, 4, 5), (2, 5), (5,)], ids=["each load", "now and then", "once"])
def test_a_record_that_goes_comes_back_and_is_corrected_is_one_issue_in_spells(tmp_path: Path, loads: tuple[int, ...]) -> None:
    """Bad at load 1, deleted at 2, back and bad as it was at 3, corrected at 4, bad in another way at 5; whenever validate runs."""
    bad = {"report_no": "R1", "unit_code": "S1", "loss_yuan": -5}
    versions = [
        {**bad, "known_from": 1, "known_to": 2},
        {**bad, "known_from": 3, "known_to": 4},
        {**bad, "loss_yuan": 5, "known_from": 4, "known_to": 5},
        {**bad, "loss_yuan": -7, "known_from": 5},
    ]
    catalog = desk(tmp_path, report=RULES)
    with warehouse(catalog, loads=5, report=versions) as engine:
        for load in loads:
            judge(engine, catalog, tmp_path, as_of=load)
        assert issues(engine) == [
            ("not_negative", "R1", 1, 2, "closed"), ("not_negative", "R1", 3, 4, "closed"), ("not_negative", "R1", 5, None, "open"),
        ]  # fmt: skip
        landed = engine.sql("SELECT landed_at FROM core.load ORDER BY load_id").column(0).to_pylist()
        told = _told(engine)
        assert {r["issue_id"] for r in told} == {told[0]["issue_id"]}
        times = sorted(t for r in told for t in (r["opened_at"], r["closed_at"]) if t is not None)
        assert times == landed  # landing times, whatever the clock says when validate runs
        assert [r["detail"] for r in sorted(told, key=lambda r: r["opened_at"])] == [f"loss_yuan={n}.000000" for n in (-5, -5, -7)]


def test_one_run_at_the_end_tells_the_same_as_a_run_after_each_load(tmp_path: Path) -> None:
    catalog = desk(tmp_path, report=RULES)
    with warehouse(catalog, loads=3, report=VERSIONS) as engine:
        for load in (1, 2, 3):
            judge(engine, catalog, tmp_path, as_of=load)
        step_by_step = _told(engine)
    with warehouse(catalog, loads=3, report=VERSIONS) as engine:
        result = judge(engine, catalog, tmp_path)
        assert _told(engine) == step_by_step
        assert (result.issues_opened, result.issues_closed) == (4, 2)
        again = judge(engine, catalog, tmp_path)  # nothing new
        earlier = judge(engine, catalog, tmp_path, as_of=1)  # what was open then
        assert _told(engine) == step_by_step
        assert (again.issues_opened, again.issues_closed, again.issues_open) == (0, 0, 2)
        assert (earlier.issues_opened, earlier.issues_closed, earlier.issues_open) == (0, 0, 2)


def test_a_changed_rule_tells_its_issues_again_from_the_first_load(tmp_path: Path) -> None:
    with warehouse(desk(tmp_path, report=RULES), loads=3, report=VERSIONS) as engine:
        judge(engine, desk(tmp_path, report=RULES), tmp_path)
        milder = desk(tmp_path, report=RULES.replace("at_least: 0", "at_least: -2"))
        judge(engine, milder, tmp_path)
        # -5 and -6 fail, -1 and -2 no longer do
        assert issues(engine) == [AFTER_3[0], AFTER_3[1]]


def test_issues_of_a_table_wait_while_one_of_its_rules_raises(tmp_path: Path) -> None:
    with warehouse(desk(tmp_path, report=RULES), loads=3, report=VERSIONS) as engine:
        judge(engine, desk(tmp_path, report=RULES), tmp_path, as_of=1)
        before = _told(engine)
        broken = desk(tmp_path, report=RULES + f"  - {{id: too_large, {HEAD}, record: {{loss_yuan: {{below: 1{'0' * 35}}}}}}}\n")
        with pytest.raises(QualityError, match=r"report\.too_large"):
            judge(engine, broken, tmp_path, as_of=2)
        assert _told(engine) == before
        judge(engine, desk(tmp_path, report=RULES), tmp_path)
        assert issues(engine) == AFTER_3


def test_what_could_not_be_read_is_an_issue_until_it_can(tmp_path: Path) -> None:
    catalog = desk(tmp_path, report=RULES)
    rows = [{"report_no": "R1", "unit_code": "S1"}, {"report_no": "R2", "unit_code": "S2", "made_on": date(2026, 1, 1)}]
    with warehouse(catalog, loads=2, report=rows) as engine:
        engine.execute(
            "INSERT INTO core.cast_issue VALUES (1, 'report', 'R1', 'made_on', '2026-02-30', 2), (1, 'report', 'R1', 'people', '张三', NULL), "
            "(1, 'report', 'R9', '<key>', '{\"name\": \"张三\"}', NULL), (2, 'desk.upload', '/2026-01', '<delivery>', '{}', NULL)"
        )
        judge(engine, catalog, tmp_path, as_of=1)
        counted = "SELECT checked, failed, verdict FROM quality.rule_result WHERE table_name = 'report' AND rule_id = 'cast' AND as_of = ?"
        # R1 of R1 and R2; the row that was not taken is no record
        assert [tuple(r.values()) for r in engine.sql(counted, [1]).to_pylist()] == [(2, 1, "failed")]
        judge(engine, catalog, tmp_path, as_of=2)
        assert issues(engine) == [
            ("cast.<delivery>", "/2026-01", 2, None, "open"),
            ("cast.<key>", "R9", 1, None, "open"),
            ("cast.made_on", "R1", 1, 2, "closed"),
            ("cast.people", "R1", 1, None, "open"),
        ]
        details = {r["rule_id"]: (r["unit_code"], r["detail"]) for r in _told(engine)}
        assert details["cast.made_on"] == ("S1", "made_on=2026-02-30")
        # a name typed into a field of numbers is not passed on
        assert details["cast.people"] == ("S1", "people: 2 characters that cannot be read; see core.cast_issue")
        assert details["cast.<key>"] == ("U0", "the row was not taken; see core.cast_issue")
