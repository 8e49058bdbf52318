"""Every kind of rule on rows that pass, fail and cannot be judged: Great Expectations and the SQL pass must say the same, and what we say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from policestats.engines.duckdb import open_warehouse
from policestats.errors import QualityError
from policestats.quality.judge import Counts
from policestats.stages import validate as stage
from tests.quality.desk import HEAD, desk, fill, issues, judge, verdicts, warehouse

KINDS = f"""\
table: report
unit: unit_code
joins:
  - {{as: before, table: report, on: {{report_no: follows_no}}}}
rules:
  - {{id: some_people, {HEAD}, record: {{people: {{at_least: 1}}}}}}
  - {{id: in_order, {HEAD}, record: {{made_on: {{at_least: {{column: before.made_on}}}}}}}}
  - {{id: known_kind, {HEAD}, codelist: kind_code, except: [U]}}
  - {{id: known_unit, {HEAD}, reference: {{column: unit_code, to: unit.unit_code}}}}
  - {{id: once, {HEAD}, unique: [follows_no]}}
  - {{id: once_a_day, {HEAD}, unique: [unit_code, made_on]}}
  - {{id: five_rows, {HEAD}, table: {{row_count: {{at_least: 5}}}}}}
  - {{id: six_rows, {HEAD}, table: {{row_count: {{at_least: 6}}}}}}
  - {{id: fresh_25, {HEAD}, table: {{newest: {{column: made_on, within_days: 25}}}}}}
  - {{id: fresh_24, {HEAD}, table: {{newest: {{column: entered_at, within_days: 24}}}}}}
"""
ROWS = [
    {"report_no": "R1", "unit_code": "S1", "kind_code": "A", "made_on": date(2026, 1, 5), "people": 1},
    {
        "report_no": "R2",
        "unit_code": "S1",
        "kind_code": "X",
        "made_on": date(2026, 1, 8),
        "people": 0,
        "follows_no": "R1",
    },  # after R1: in order
    {"report_no": "R3", "unit_code": "S9", "kind_code": None, "made_on": date(2026, 1, 4), "people": None, "follows_no": "R1"},  # before R1
    {"report_no": "R4", "unit_code": None, "kind_code": "B", "made_on": None, "people": 2, "follows_no": "R8"},  # R8 does not exist
    {"report_no": "R5", "unit_code": "S1", "kind_code": "A", "made_on": date(2026, 1, 8), "people": -3},  # same unit and day as R2
]
for _row in ROWS:
    _row["entered_at"] = datetime(2026, 1, 8, 23, 59, 59)
ROWS[0]["entered_at"] = datetime(2062, 1, 8)  # mistyped: a date in the future makes nothing fresh


def test_each_kind_of_rule_counts_passing_failing_and_unjudged_rows(tmp_path: Path) -> None:
    catalog = desk(tmp_path, report=KINDS)
    with warehouse(catalog, report=ROWS) as engine:
        result = judge(engine, catalog, tmp_path)
        assert verdicts(engine) == {
            "some_people": (4, 2, 1, "failed"),  # R2 0, R5 -3 fail; R3 null
            "in_order": (2, 1, 3, "failed"),  # R3 is before R1; R1, R5 follow nothing, R4 something unknown
            "known_kind": (4, 1, 1, "failed"),  # R2 X; R3 null
            "known_unit": (4, 1, 1, "failed"),  # R3 S9; R4 null
            "once": (3, 2, 2, "failed"),  # R2 and R3 both follow R1; R1 and R5 null
            "once_a_day": (4, 2, 1, "failed"),  # R2 and R5; R4 null
            "five_rows": (1, 0, 0, "passed"),
            "six_rows": (1, 1, 0, "failed"),
            "fresh_25": (1, 0, 0, "passed"),  # landed 2026-02-01, so until 02-02; less 25 days: 01-08, the newest day
            "fresh_24": (1, 1, 0, "failed"),  # one day less: 01-09
        }
    failing = ("some_people", "in_order", "known_kind", "known_unit", "once", "once_a_day", "six_rows", "fresh_24")
    assert result.failed_errors == [f"report.{rule}" for rule in failing]
    assert result.rules == 10 + 3  # and the rule that each of the three tables has


def test_what_great_expectations_said_is_kept_by_load_and_table(tmp_path: Path) -> None:
    catalog = desk(tmp_path, report=KINDS)
    with warehouse(catalog, report=ROWS) as engine:
        for _ in range(2):  # the second run on the same load takes the place of the first
            judge(engine, catalog, tmp_path)
            (kept,) = (tmp_path / stage.RESULTS).iterdir()
            said = json.loads((kept / "report.json").read_text(encoding="utf-8"))
            found = verdicts(engine)
            rules = {result["expectation_config"]["meta"]["rule"]: result["success"] for result in said["results"]}
            assert kept.name == "1"
            assert rules.keys() == {*found, "cast"}  # the built-in rule of every table
            assert {rule for rule, success in rules.items() if not success} == {rule for rule, v in found.items() if v[3] == "failed"}


def test_what_a_run_that_was_killed_left_is_swept(tmp_path: Path) -> None:
    """Its folder holds the rows that were to be judged."""
    catalog = desk(tmp_path, report=KINDS)
    (tmp_path / "validate-killed" / "results").mkdir(parents=True)
    with warehouse(catalog, report=ROWS) as engine:
        judge(engine, catalog, tmp_path)
    assert not list(tmp_path.glob("validate-*"))


@pytest.mark.parametrize(("mostly", "verdict"), [("0.95", "passed"), ("0.950001", "failed"), ("1", "failed"), ("0", "passed")])
def test_mostly_is_the_least_share_of_the_rows_evaluated(tmp_path: Path, mostly: str, verdict: str) -> None:
    catalog = desk(
        tmp_path, report=f"table: report\nrules:\n  - {{id: some, {HEAD}, mostly: {mostly}, record: {{people: {{at_least: 1}}}}}}\n"
    )
    # 19 good rows of 20 that can be judged: 0.95 exactly; the 5 that cannot stand on neither side
    rows = [{"report_no": f"R{i}", "people": 1 if i < 19 else 0 if i == 19 else None} for i in range(25)]
    with warehouse(catalog, report=rows) as engine:
        judge(engine, catalog, tmp_path)
        assert verdicts(engine) == {"some": (20, 1, 5, verdict)}


def test_a_table_without_rows_and_a_column_without_values_are_not_evaluated(tmp_path: Path) -> None:
    rules = KINDS.replace("at_least: 6", "at_least: 0")
    notes = f"table: note\nrules:\n  - {{id: pages, {HEAD}, record: {{pages: {{above: 0}}}}}}\n"
    notes += f"  - {{id: fresh, {HEAD}, table: {{newest: {{column: written_on, within_days: 1}}}}}}\n"
    notes += f"  - {{id: once, {HEAD}, unique: [report_no, pages]}}\n"
    catalog = desk(tmp_path, report=rules, note=notes)
    with warehouse(catalog, report=[], note=[{"note_no": "N1"}, {"note_no": "N2"}]) as engine:
        result = judge(engine, catalog, tmp_path)
        empty = verdicts(engine)
        assert {rule: empty.pop(rule) for rule in ("five_rows", "six_rows")} == {
            "five_rows": (1, 1, 0, "failed"),
            "six_rows": (1, 0, 0, "passed"),  # at least 0
        }
        assert {rule: empty.pop(rule) for rule in ("fresh_25", "fresh_24")} == dict.fromkeys(
            ("fresh_25", "fresh_24"), (0, 0, 1, "not_evaluated")
        )
        assert len(empty) == 6
        assert set(empty.values()) == {(0, 0, 0, "not_evaluated")}
        assert verdicts(engine, "note") == {
            "pages": (0, 0, 2, "not_evaluated"),
            "fresh": (0, 0, 1, "not_evaluated"),
            "once": (0, 0, 2, "not_evaluated"),
        }
    assert result.failed_errors == ["report.five_rows"]


@pytest.mark.parametrize("change", [{"counts": Counts(4, 1, 1)}, {"success": True}])
def test_evaluators_that_disagree_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]) -> None:
    note = f"table: note\nrules:\n  - {{id: pages, {HEAD}, record: {{pages: {{above: 0}}}}}}\n"
    catalog = desk(tmp_path, report=KINDS, note=note)
    honest = stage.evaluate

    def lying(*arguments: Any) -> Any:
        found = honest(*arguments)
        return found | {("report", "some_people"): replace(found["report", "some_people"], **change)}

    monkeypatch.setattr(stage, "evaluate", lying)
    with warehouse(catalog, report=ROWS, note=[{"note_no": "N1", "pages": 1}]) as engine:
        with pytest.raises(QualityError, match=r"report\.yaml:6: the two evaluators of rule report\.some_people disagree"):
            judge(engine, catalog, tmp_path)
        assert verdicts(engine) == {}
        assert verdicts(engine, "note") == {"pages": (1, 0, 0, "passed")}  # the other table stands


def test_a_rule_that_raises_stops_with_its_name_and_the_others_stand(tmp_path: Path) -> None:
    # no DECIMAL(38, 6) is as large as 10 ** 35: the comparison itself cannot be made
    rules = f"table: report\nrules:\n  - {{id: too_large, {HEAD}, record: {{loss_yuan: {{below: 1{'0' * 35}}}}}}}\n"
    rules += f"  - {{id: not_negative, {HEAD}, record: {{loss_yuan: {{at_least: 0}}}}}}\n"
    note = f"table: note\nrules:\n  - {{id: pages, {HEAD}, record: {{pages: {{above: 0}}}}}}\n"
    catalog = desk(tmp_path, report=rules, note=note)
    with warehouse(catalog, report=[{"report_no": "R1", "loss_yuan": "-0.01"}], note=[{"note_no": "N1", "pages": 0}]) as engine:
        with pytest.raises(QualityError) as error:
            judge(engine, catalog, tmp_path)
        assert "expectations/tiny/report.yaml:3: rule report.too_large raised instead of passing or failing: " in str(error.value)
        assert "Could not cast value" in str(error.value)
        assert "\n" not in str(error.value)  # it alone
        assert verdicts(engine) == {"not_negative": (1, 1, 0, "failed")}
        assert verdicts(engine, "note") == {"pages": (1, 1, 0, "failed")}


def test_a_rule_that_names_no_column_stops_with_its_line_and_the_other_tables_stand(tmp_path: Path) -> None:
    """By the command's own way, on a warehouse in a file: the two wrong files are named, the third table is judged and its issue told."""
    report = f"table: report\nrules:\n  - {{id: some, {HEAD}, record: {{poeple: {{at_least: 1}}}}}}\n"
    note = f"table: note\nrules:\n  - {{id: pages, {HEAD}, record: {{pages: {{above: 0}}}}}}\n"
    catalog = desk(tmp_path, report=report, note=note, notes=note)
    with open_warehouse(tmp_path) as engine:
        fill(engine, catalog, 1, report=[{"report_no": "R1", "people": 0}], note=[{"note_no": "N1", "pages": 0}])
    with pytest.raises(QualityError) as error:
        stage.run(catalog=catalog, home=tmp_path)
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("expectations/tiny/notes.yaml: there is no core table 'notes'")
    assert lines[1].startswith(
        "expectations/tiny/report.yaml:3: the rules of 'report' know no column or dimension 'poeple'; did you mean people?"
    )
    assert {line.rpartition(" (")[2] for line in lines} == {"no rule of this file was judged)"}
    with open_warehouse(tmp_path, read_only=True) as engine:
        assert verdicts(engine, "note") == {"pages": (1, 1, 0, "failed")}
        assert engine.scalar("SELECT count(*) FROM quality.rule_result WHERE table_name = 'report'") == 0
        assert [issue[:2] for issue in issues(engine)] == [("pages", "N1")]


def test_a_join_that_would_multiply_records_stops_the_rules_of_its_table(tmp_path: Path) -> None:
    rules = "table: report\njoins:\n  - {as: note, table: note, on: {report_no: report_no}}\n"
    rules += f"rules:\n  - {{id: pages, {HEAD}, record: {{note.pages: {{above: 0}}}}}}\n"
    catalog = desk(tmp_path, report=rules)
    notes = [{"note_no": "N1", "report_no": "R1"}, {"note_no": "N2", "report_no": "R1"}]
    with warehouse(catalog, report=[{"report_no": "R1"}], note=notes) as engine:
        with pytest.raises(
            QualityError, match=r"report\.yaml:1: .*many-to-one, but some keys have several rows: report_no='R1' \(2 rows\)"
        ):
            judge(engine, catalog, tmp_path)
        assert verdicts(engine) == {}
        assert engine.scalar("SELECT count(*) FROM quality.rule_result WHERE table_name = 'note'") == 1


def test_the_rows_judged_are_those_known_at_the_load(tmp_path: Path) -> None:
    catalog = desk(tmp_path, report=f"table: report\nrules:\n  - {{id: some, {HEAD}, record: {{people: {{at_least: 1}}}}}}\n")
    rows = [
        {"report_no": "R1", "people": 0, "known_from": 1, "known_to": 2},
        {"report_no": "R1", "people": 5, "known_from": 2},
        {"report_no": "R2", "people": 0, "known_from": 2},
    ]
    with warehouse(catalog, loads=2, report=rows) as engine:
        judge(engine, catalog, tmp_path)
        judge(engine, catalog, tmp_path, as_of=1)
        found = engine.sql("SELECT as_of, checked, failed FROM quality.rule_result WHERE rule_id = 'some' ORDER BY 1").to_pylist()
        assert [tuple(r.values()) for r in found] == [(1, 1, 1), (2, 2, 1)]  # load 1: R1 alone, bad; load 2: R1 cured, R2 bad
