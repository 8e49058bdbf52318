"""What the ledgers beside the cases hold: every kind occurs, each is of a case, and some of it is entered late or of a case that moved."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from policestats.simulator.calendar import posting
from policestats.simulator.codes import CHARGES, RARE_CHARGES
from tests.simulator.simulated import Simulated

EVENTS = {
    "criminal_case_amount": "counted_on", "payment_event": "occurred_on", "drug_weight": "weighed_on", "homicide_recognition": "recognised_on",
    "criminal_organisation": "recognised_on", "seized_weapon": "seized_on", "case_valuation": "valued_on", "agency_referral": "received_on",
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "column", "kinds"),
    [
        ("criminal_case_amount", "kind_code", {"assessed", "recovered"}),
        ("payment_event", "kind_code", {"frozen", "returned"}),
        ("drug_weight", "drug_kind_code", {"D1", "D2", "D3", "D5", "D8", None}),
        ("homicide_recognition", "homicide_kind_code", {"H1", "H2", "H5", "H6", "H7"}),
        ("homicide_recognition", "is_recognised", {0, 1}),
        ("criminal_organisation", "organisation_kind_code", {"O1", "O2", "O3"}),
        ("seized_weapon", "weapon_kind_code", {"gun", "ammunition", "explosive"}),
        ("agency_referral", "outcome_code", {"filed", "not_filed", None}),
        ("criminal_case", "mo_code", {"0310", *(f"03{n}" for n in range(11, 21))}),
        ("criminal_case", "is_completed", {0, 1, None}),
        ("criminal_case", "is_cyber_upstream", {0, 1}),
        ("criminal_case", "is_agency_referral", {0, 1}),
    ],
)
def test_every_kind_occurs(province: Simulated, table: str, column: str, kinds: set[object]) -> None:
    assert kinds <= {row[column] for row in province[table]}


def test_losses_lie_in_every_band_and_some_are_unknown(province: Simulated) -> None:
    losses = [row["reported_loss_yuan"] for row in province["criminal_case"] if row["charge_code"] == "C222"]
    known = [float(loss) for loss in losses if loss is not None]
    assert len(known) < len(losses)
    for least, below in ((0, 3_000), (3_000, 30_000), (30_000, 500_000), (500_000, 1_000_000), (1_000_000, 1e9)):
        assert [loss for loss in known if least <= loss < below], least
    assert any(float(row["weight_g"]) > 1000 for row in province["drug_weight"])


def test_what_is_told_of_a_case_comes_after_its_filing(province: Simulated) -> None:
    filed = {row["case_no"]: row["filed_on"] for row in province["criminal_case"]}
    for table, day in EVENTS.items():
        rows = [row for row in province[table] if row.get("case_no")]
        assert all(row[day] >= filed[row["case_no"]] for row in rows), table
        assert all(row["entered_at"] >= row[day] for row in province[table]), table


def test_some_is_entered_late_and_some_is_of_a_case_that_moved(province: Simulated) -> None:
    holders = {row["case_no"]: row["filing_unit_code"] for row in province["criminal_case"]}
    late = moved = 0
    for table, day in EVENTS.items():
        for row in province[table]:
            on, entered = date.fromisoformat(row[day]), datetime.fromisoformat(row["entered_at"])
            late += posting(on, entered)[1]
            moved += row.get("case_no") in holders and row["unit_code"] != holders[row["case_no"]]
    assert late > 20
    assert moved > 20


def test_rare_charges_are_filed_though_nobody_draws_them(province: Simulated) -> None:
    """They stand in the place of common ones; without a weight they change nothing of what is drawn."""
    assert len(RARE_CHARGES) == 17
    assert {CHARGES[code].weight for code in RARE_CHARGES} == {0}
    assert len(set(RARE_CHARGES) & {row["charge_code"] for row in province["criminal_case"]}) > 12


def test_every_county_has_people_every_year(province: Simulated) -> None:
    lines = {(row["unit_code"], row["year_begins_on"]): row["mean_population"] for row in province["resident_population"]}
    assert len({unit for unit, _ in lines}) == 5
    assert {year for _, year in lines} == {"2024-01-01", "2025-01-01", "2026-01-01"}
    assert all(people > 50_000 for people in lines.values())
