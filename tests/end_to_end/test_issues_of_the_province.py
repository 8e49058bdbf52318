"""Both evaluators on the simulated province: the same counts for every rule, and issues for the records that are wrong and for no others."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from datetime import datetime

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.simulator.defects import KINDS
from tests.end_to_end.conftest import Judged
from tests.support.both_evaluators import agreed
from tests.support.wrong_records import Sources, Wrong

#: what must be told of a defect, by kind, table and column
RULES = {
    ("unknown_charge", "criminal_case", "charge_code"): "known_charge",
    ("unknown_charge", "criminal_report", "charge_code"): "known_charge",
    ("unknown_charge", "criminal_screening", "charge_code"): "known_charge",
    ("unknown_type", "incident", "intake_type_code"): "known_intake_type",
    ("null_date", "incident", "received_at"): "has_received_at",
    ("null_date", "criminal_case", "filed_on"): "has_filed_on",
    ("null_date", "dispute", "found_on"): "has_found_on",
    ("null_date", "resident", "registered_on"): "has_registered_on",
    ("future_date", "incident", "received_at"): "not_in_future",
    ("future_date", "criminal_case", "filed_on"): "not_in_future",
    ("invalid_id", "resident", "id_number"): "valid_identity",
    ("invalid_id", "admin_person", "id_number"): "valid_identity",
    ("wrong_sex", "resident", "sex_code"): "sex_agrees",
    ("wrong_sex", "admin_person", "sex_code"): "sex_agrees",
    ("placeholder", "resident", "residence_reason_code"): "filled_residence_reason",
    ("placeholder", "house", "use_code"): "filled_use",
    ("unlinked_address", "house", "address_id"): "has_address",
    ("unlinked_address", "resident", "address_id"): "known_address",
    ("impossible_order", "dispatch_order", "dispatched_at"): "not_before_call",
    ("impossible_order", "resident", "lives_since"): "leaves_after_coming",
    ("impossible_order", "hazard", "fixed_on"): "fixed_after_found",
    ("unparseable_date", "incident", "diverted_on"): "cast.diverted_on",
    ("unparseable_date", "hazard", "deadline_on"): "cast.deadline_on",
}
#: a repeat that is exact is no defect of the data once it has landed: it collapses, and no rule speaks of it
COLLAPSES = "duplicate_key"


def _issues(judged: Judged) -> Wrong:
    found: Wrong = defaultdict(set)
    with open_warehouse(judged.home, read_only=True) as engine:
        rows = engine.sql("SELECT table_name, rule_id, record_key FROM quality.issue WHERE status = 'open'").to_pylist()
    for r in rows:
        assert r["record_key"] not in found[r["table_name"], r["rule_id"]]  # an issue is open once
        found[r["table_name"], r["rule_id"]].add(r["record_key"])
    return dict(found)


def test_every_wrong_record_is_an_issue_and_no_other_is(judged: Judged) -> None:
    """Record by record and rule by rule, against the sources read in plain Python: what the stories get wrong by themselves as well."""
    wrong, issues = Sources(judged.sources).wrong(datetime.now()), _issues(judged)
    assert issues.keys() == wrong.keys()
    assert {key: (issues[key] - wrong[key], wrong[key] - issues[key]) for key in wrong if issues[key] != wrong[key]} == {}
    assert len(wrong) > 150  # as many rules have something to tell
    assert sum(map(len, wrong.values())) == judged.result.issues_open > 1000


def test_every_injected_defect_is_an_issue_of_its_rule(judged: Judged) -> None:
    issues = _issues(judged)
    with (judged.sources / "defects.csv").open(encoding="utf-8", newline="") as file:
        defects = list(csv.DictReader(file))
    residents = Sources(judged.sources).rows["resident"]
    assert {d["kind"] for d in defects} == set(KINDS)  # each kind is there
    silent = []
    for d in defects:
        rule = "known_unit" if d["kind"] == "unknown_unit" else RULES.get((d["kind"], d["table"], d["column"]))
        if d["kind"] != COLLAPSES and d["key"] not in issues.get((d["table"], rule or ""), ()):
            silent.append((d["kind"], d["table"], d["column"], d["key"]))
    # only an inflow resident owes a reason: the placeholder of another is no defect of a field that is due
    assert {(kind, residents[key]["residence_kind_code"] == "inflow") for kind, _, _, key in silent} <= {("placeholder", False)}
    assert Counter(d["kind"] for d in defects)[COLLAPSES] > 0
    with open_warehouse(judged.home, read_only=True) as engine:
        assert engine.scalar("SELECT count(*) - count(DISTINCT callback_no) FROM core.callback") == 0


def test_both_evaluators_count_the_same_for_every_rule(judged: Judged, catalog: Catalog) -> None:
    counts = agreed(judged.home, catalog)
    assert len(counts) == judged.result.rules > 800
    assert max(failed for _, failed, _, _ in counts.values()) > 100
    assert {verdict for *_, verdict in counts.values()} == {"passed", "failed", "not_evaluated"}


@pytest.mark.parametrize("level", ["station", "county", "city", "province"])
def test_rates_of_a_unit_are_the_issues_of_the_units_below_it(judged: Judged, level: str) -> None:
    """Failures by unit, table and dimension, added up by hand: at the unit that took over, if one has, and along the parents of today."""
    versions = Sources(judged.sources).rows["unit"].values()
    units = {row["unit_code"]: row for row in versions if row["valid_to"] is None}
    successor = {row["unit_code"]: row["successor_unit_code"] for row in versions if row["unit_code"] not in units}
    assert len(successor) == 2  # two stations become one
    root = next(code for code, row in units.items() if row["parent_unit_code"] is None)
    with open_warehouse(judged.home, read_only=True) as engine:
        dimension = {
            (r["table_name"], r["rule_id"]): r["dimension"]
            for r in engine.sql("SELECT DISTINCT table_name, rule_id, dimension FROM quality.rule_result").to_pylist()
        }
        issues = engine.sql(
            "SELECT DISTINCT table_name, rule_id, record_key, unit_code FROM quality.issue WHERE status = 'open'"
        ).to_pylist()
        rates = engine.sql("SELECT * FROM quality.rate WHERE as_of = ? AND unit_code IS NOT NULL", [judged.result.as_of]).to_pylist()
    failing = {(i["table_name"], i["rule_id"].partition(".")[0], i["record_key"], i["unit_code"]) for i in issues}
    expected: Counter[tuple[str, str, str]] = Counter()
    for table, rule, _, unit in failing:
        unit = successor.get(unit, unit)
        if unit not in units:
            unit = root  # whose it is nobody knows: it counts for the whole alone
        while unit in units:
            if units[unit]["level_code"] == level:
                expected[table, unit, dimension[table, rule]] += 1
            unit = units[unit]["parent_unit_code"]
    found = {
        (r["table_name"], r["unit_code"], r["dimension"]): r["checked"] - r["passed"]
        for r in rates
        if units.get(r["unit_code"], {}).get("level_code") == level and r["checked"] > r["passed"]
    }
    assert found == dict(expected)
    assert len(found) > 30
