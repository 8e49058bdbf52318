"""What happens within administrative cases and around domestic violence in the made-up province: lawful, complete, and of every kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from tests.simulator.simulated import Simulated


def test_a_penalty_has_items_and_nothing_else_has(province: Simulated) -> None:
    kinds = {row["decision_no"]: row["kind_code"] for row in province["admin_decision"]}
    with_items = {row["decision_no"] for row in province["penalty_item"]}
    assert with_items == {no for no, kind in kinds.items() if kind == "penalty"}
    assert {row["kind_code"] for row in province["penalty_item"]} == {
        "detention", "revocation", "fine", "warning", "expulsion", "confiscation", "closure",
    }  # fmt: skip
    assert all((row["fine_yuan"] is not None) == (row["kind_code"] == "fine") for row in province["penalty_item"])
    assert all((row["measure_code"] is not None) == (row["kind_code"] == "measure") for row in province["admin_decision"])


def test_who_is_under_14_is_not_punished_and_a_detention_is_spared_on_a_ground_alone(province: Simulated) -> None:
    """处罚法 2025 §§12, 23."""
    people = {(row["case_no"], row["person_no"]): row for row in province["admin_person"]}
    decisions = {row["decision_no"]: row for row in province["admin_decision"]}
    young = [people[d["case_no"], d["person_no"]]["act_age"] for d in decisions.values() if d["kind_code"] in ("penalty", "measure")]
    assert min(age for age in young if age is not None) == 14
    spared: Counter[str] = Counter()
    for item in province["penalty_item"]:
        if item["is_executed"]:
            continue
        decision = decisions[item["decision_no"]]
        person = people[decision["case_no"], decision["person_no"]]
        age = person["act_age"]
        grounds = {
            "14": age in (14, 15),
            "16": age in (16, 17) and person["is_first_violation"] == 1,
            "70": age is not None and age >= 70,
            "nursing": person["is_pregnant_or_nursing"] == 1,
        }
        assert item["kind_code"] == "detention"
        assert any(grounds.values()), item
        spared.update(name for name, holds in grounds.items() if holds)
    assert set(spared) == {"14", "16", "70", "nursing"}


def test_mediations_begin_and_end_once_in_every_way(province: Simulated) -> None:
    mediations = province["mediation"]
    assert {row["route_code"] for row in mediations} == {"police", "people", "self"}
    assert {row["end_code"] for row in mediations} == {"performed", "not_performed", "failed", "withdrawn", None}
    for row in mediations:
        days = [day for day in (row["applied_on"], row["agreed_on"], row["ended_on"]) if day is not None]
        assert days == sorted(days), row
        assert (row["end_code"] is None) == (row["ended_on"] is None) == (row["end_entered_at"] is None)
    at_a_time = defaultdict(list)
    for row in mediations:
        at_a_time[row["case_no"]].append(row)
    for rows in at_a_time.values():  # a second one begins when the first has ended
        for before, after in pairwise(rows):
            assert before["ended_on"] is not None
            assert before["ended_on"] <= after["applied_on"]


def test_cases_are_paused_extended_and_challenged(province: Simulated) -> None:
    assert {row["kind_code"] for row in province["case_pause"]} == {"appraisal", "hearing", "mediation"}
    pauses = [(row["paused_from"], row["paused_until"]) for row in province["case_pause"]]
    assert all(until is None or since <= until for since, until in pauses)
    assert 0 < sum(until is None for _, until in pauses) < len(pauses) / 4
    assert {row["extended_days"] for row in province["case_extension"]} == {30}
    assert max(Counter(row["case_no"] for row in province["case_extension"]).values()) == 2
    outcomes = {(row["kind_code"], row["outcome_code"]) for row in province["admin_remedy"]}
    assert {("review", outcome) for outcome in ("keep", "cancel", "change", "other", None)} <= outcomes
    assert {("suit", "other"), ("compensation", "paid"), ("compensation", "refused")} <= outcomes
    assert all(row["decided_on"] is None or row["received_on"] <= row["decided_on"] for row in province["admin_remedy"])


def test_gambling_money_and_drugs_belong_to_such_cases(province: Simulated) -> None:
    causes = {row["case_no"]: row["cause_code"] for row in province["admin_case"]}
    assert {causes[row["case_no"]] for row in province["confiscation"] if row["is_gambling_money"]} == {"Z179"}
    assert {row["kind_code"] for row in province["confiscation"]} == {"confiscated", "recovered"}
    assert {causes[row["case_no"]] for row in province["admin_drug_weight"]} == {"Z185"}
    assert all(float(row["weight_g"]) > 0 for row in province["admin_drug_weight"])


def test_what_follows_domestic_violence_follows_a_tagged_call(province: Simulated) -> None:
    tagged = {row["incident_no"] for row in province["incident"] if row["is_domestic_violence"]}
    told = {row["incident_no"] for row in province["domestic_violence_call"]}
    assert told < tagged  # in a few calls nobody wrote down who
    assert {row["incident_no"] for row in province["violence_warning"]} < tagged
    linked = {row["linked_case_no"] for row in province["incident"] if row["incident_no"] in tagged}
    assert {row["case_no"] for row in province["domestic_violence_case"]} < linked
    assert [row for row in province["violence_warning"] if row["breached_on"] is not None]
    assert province["protection_order"]
