"""What the rules of cn do to its forms: a failed error blocks exactly the columns whose fact reads the table, a warning blocks nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.errors import QualityError
from policestats.periods import ReferencePeriod
from policestats.quality.rules import load_rules
from policestats.reports.template import load_forms
from policestats.stages.tabulate import tabulate
from policestats.stages.validate import validate
from tests.support.ledger import ROOT, Row, ledger

COUNTY, STATION, OTHER = "990101000000", "990101510000", "990101520000"
SINCE, DAY, NOON = date(2020, 1, 1), date(2026, 1, 5), datetime(2026, 1, 5, 12)
UNITS = [
    {"unit_code": COUNTY, "valid_from": SINCE, "level_code": "county", "name_zh": "县"},
    {"unit_code": STATION, "valid_from": SINCE, "parent_unit_code": COUNTY, "level_code": "station", "name_zh": "一所"},
    {"unit_code": OTHER, "valid_from": SINCE, "parent_unit_code": COUNTY, "level_code": "station", "name_zh": "二所"},
]
CASE = {"case_no": "C1", "filed_on": DAY, "entered_at": NOON, "filing_unit_code": STATION, "charge_code": "C221"}
#: the columns of X01 over the facts that join the transfers (solving, withdrawal, transfer), and the rates and changes made of them
BLOCKED = {
    "SOLVED_M", "SOLVED_CUR_M", "SOLVED_OLD_M", "SOLVED_LINK_M", "SOLVED_YTD", "SOLVED_CUR_YTD", "SOLVED_PY", "SOLVED_YOY",
    "RATE_YTD", "RATE_CUR_YTD", "WITHDRAWN_M", "WITHDRAWN_YTD", "IN_M", "IN_EXT_M", "IN_YTD", "OUT_M", "OUT_EXT_M",
}  # fmt: skip
OFFENCE = {"case_no": "A1", "registered_on": DAY, "filed_on": DAY, "entered_at": NOON, "unit_code": STATION, "cause_code": "Z093"}


@contextmanager
def province(catalog: Catalog, **tables: list[Row]) -> Iterator[DuckDBEngine]:
    """Open a warehouse with a county of two stations, in which everything could be read."""
    with ledger(catalog, {"unit": UNITS, "incident": [{"incident_no": "I1", "received_at": NOON}], **tables}) as engine:
        engine.execute(
            "CREATE TABLE IF NOT EXISTS core.cast_issue "
            "(load_id BIGINT, table_name VARCHAR, record_key VARCHAR, column_name VARCHAR, raw_value VARCHAR, known_to BIGINT)"
        )
        yield engine


def _statuses(engine: DuckDBEngine, catalog: Catalog, form: str) -> dict[str, tuple[str, str | None]]:
    tabulate(engine, catalog, ReferencePeriod.parse("2026-01"), {form: load_forms(catalog)[form]})
    rows: list[dict[str, Any]] = engine.sql("SELECT * FROM report.status WHERE unit_code = ? AND form_id = ?", [STATION, form]).to_pylist()
    return {r["column_code"]: (r["status"], r["reason"]) for r in rows}


def test_an_error_on_transfers_blocks_what_reads_transfers_and_nothing_else(tmp_path: Path) -> None:
    catalog = load_catalog(ROOT, "cn")
    # neither transfer has a day: 0 of 2 is less than the 0.99 that must. The unknown charge only warns
    transfer = {"case_no": "C1", "entered_at": NOON, "from_unit_code": STATION, "to_unit_code": OTHER}
    transfers = [{**transfer, "transfer_no": "T1"}, {**transfer, "transfer_no": "T2"}]
    cases = [{**CASE, "charge_code": "C999"}]
    with province(catalog, criminal_case=cases, criminal_case_transfer=transfers, admin_case=[OFFENCE]) as engine:
        result = validate(engine, catalog, load_rules(catalog), tmp_path)
        assert result.failed_errors == ["criminal_case_transfer.has_transferred_on"]
        assert "criminal_case.known_charge" in result.failed_warnings
        found = _statuses(engine, catalog, "X01")
        filed = engine.scalar("SELECT value FROM report.cell WHERE unit_code = ? AND row_code = 'T' AND column_code = 'FILED_M'", [STATION])
    # solving and withdrawal look among the transfers for the unit that holds the case; the rates divide what they count
    assert {c for c, (status, _) in found.items() if status == "blocked"} == BLOCKED
    assert {reason for status, reason in found.values() if status == "blocked"} == {"failed: criminal_case_transfer.has_transferred_on"}
    assert {"FILED_M", "FILED_YTD", "RECLASS_IN_M", "SHARE_YTD"} <= {c for c, (status, _) in found.items() if status == "auto"}
    assert filed == 1


def test_a_negative_fine_is_an_issue_and_blocks_nothing(tmp_path: Path) -> None:
    catalog = load_catalog(ROOT, "cn")
    decision = {"case_no": "A1", "kind_code": "penalty", "decided_on": DAY, "entered_at": NOON, "unit_code": STATION}
    decisions = [{**decision, "decision_no": "D1", "fine_yuan": -200}, {**decision, "decision_no": "D2", "fine_yuan": 0}]
    with province(catalog, criminal_case=[CASE], admin_case=[OFFENCE], admin_decision=decisions) as engine:
        result = validate(engine, catalog, load_rules(catalog), tmp_path)
        found = engine.sql("SELECT record_key, unit_code, detail FROM quality.issue WHERE rule_id = 'fine_not_negative'").to_pylist()
        statuses = _statuses(engine, catalog, "Z01")
    assert result.failed_errors == []
    assert "admin_decision.fine_not_negative" in result.failed_warnings
    assert [tuple(r.values()) for r in found] == [("D1", STATION, "fine_yuan=-200.000000")]
    assert "blocked" not in {status for status, _ in statuses.values()}


def test_a_number_given_to_objects_of_two_kinds_blocks_the_count_of_objects(tmp_path: Path) -> None:
    catalog = load_catalog(ROOT, "cn")
    collected = {"unit_code": STATION, "registered_on": DAY, "entered_at": NOON}
    objects = {
        "address": [{**collected, "object_id": "A1"}],
        "resident": [{**collected, "object_id": "R1", "left_on": DAY}],
        "house": [{**collected, "object_id": "H1"}, {**collected, "object_id": "A1"}],
        "organisation": [{**collected, "object_id": "B1"}],
        "security_element": [{**collected, "object_id": "E1"}],
    }
    with province(catalog, criminal_case=[CASE], admin_case=[OFFENCE], **objects) as engine:
        result = validate(engine, catalog, load_rules(catalog), tmp_path)
        found = engine.sql("SELECT table_name, record_key FROM quality.issue WHERE rule_id = 'one_object'").to_pylist()
        statuses = _statuses(engine, catalog, "Z14")
    assert result.failed_errors == ["house.one_object"]
    assert [tuple(r.values()) for r in found] == [("house", "A1")]
    assert statuses["CLOSE"] == ("blocked", "failed: house.one_object")
    assert statuses["LEAVE"][0] == "auto"  # who left is counted from residents alone


def test_an_error_rule_that_raises_is_told_where_it_could_block_nothing(tmp_path: Path) -> None:
    """A rule that raised is not a rule that failed: its cells stand, and the tabulation names it."""
    for name in ("schemas", "expectations"):
        shutil.copytree(ROOT / name, tmp_path / name)
    head = "dimension: accuracy, severity: error, label: {zh: 字, en: word}, source: a test"
    with (tmp_path / "expectations" / "cn" / "admin_decision.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  - {{id: too_large, {head}, record: {{fine_yuan: {{below: 1{'0' * 35}}}}}}}\n")
    catalog = load_catalog(tmp_path, "cn")
    form = {"Z01": load_forms(load_catalog(ROOT, "cn"))["Z01"]}
    decision = {"decision_no": "D1", "case_no": "A1", "kind_code": "penalty", "decided_on": DAY, "entered_at": NOON, "unit_code": STATION}
    with province(catalog, criminal_case=[CASE], admin_case=[OFFENCE], admin_decision=[decision | {"fine_yuan": 200}]) as engine:
        with pytest.raises(QualityError, match=r"rule admin_decision\.too_large raised instead of passing or failing"):
            validate(engine, catalog, load_rules(catalog), tmp_path)
        made = tabulate(engine, catalog, ReferencePeriod.parse("2026-01"), form)
        blocked = engine.scalar("SELECT count(*) FROM report.status WHERE status = 'blocked'")
        engine.execute("DELETE FROM quality.rule_result WHERE table_name = 'incident' AND rule_id = 'has_received_at'")
        again = tabulate(engine, catalog, ReferencePeriod.parse("2026-01"), form)
        sound = tabulate(engine, load_catalog(ROOT, "cn"), ReferencePeriod.parse("2026-01"), form)
    assert (made.not_judged, made.unjudged, blocked) == (False, ["admin_decision.too_large"], 0)
    assert again.unjudged == ["admin_decision.too_large", "incident.has_received_at"]
    assert sound.unjudged == ["incident.has_received_at"]
