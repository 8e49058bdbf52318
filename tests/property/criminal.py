"""Lawful criminal cases: filed first, then charge changes, solving, withdrawal and transfers in the order in which they happened."""

from __future__ import annotations

from random import Random

from .province import NOBODY, Row, entered_in_any_order, numbers, one_in, timeline, unit_on

# Homicide, robbery, theft, fraud, a snatching (C223), a drug crime, a retired charge (now rape), a section (no charge), a pending and an unknown one.
CHARGES = ["C177", "C220", "C221", "C222", "C223", "C356", "R031", "CH06S7", None, "C999"]
KINDS = ["charge", "charge", "charge", "solved", "solved", "referred", "withdrawn", "reopened", "transfer", "transfer", "sent_outside"]
TABLES = ("criminal_case", "criminal_case_charge_change", "criminal_case_event", "criminal_case_transfer", "criminal_referral")


def criminal_cases(rng: Random, units: list[Row], case_no: str, length: int) -> dict[str, list[Row]]:
    """The rows of one case, by table."""
    moments = timeline(rng, length)
    is_in_order = not one_in(rng, 3)
    if not is_in_order:
        moments = entered_in_any_order(rng, moments)
    is_outside = one_in(rng, 6)
    filed = moments[0]
    holder = rng.choice([None, NOBODY]) if is_outside else unit_on(rng, units, filed.on)
    charge = rng.choice(CHARGES)
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    tables["criminal_case"].append(
        {
            "case_no": case_no,
            "filed_on": filed.on,
            "entered_at": filed.entered,
            "filing_unit_code": holder,
            "charge_code": charge,
            "is_telecom_fraud": rng.choice([False, True, None]),
            "mo_code": rng.choice([None, "0110", "0220", "0900", "0999"]),
            "dispute_no": rng.choice([None, None, "D1"]),
            "is_dispute_origin": rng.choice([None, False, True]),
            "is_homicide": rng.random() < 0.5,
            "is_received_from_outside": is_outside,
        }
    )
    names = numbers(case_no, len(moments) - 1, rng.random() < 0.5)
    for name, moment in zip(names, moments[1:], strict=True):
        at = {"case_no": case_no, "entered_at": moment.entered}
        # A case that lies outside the tree can only come (back) in.
        kind = "received" if is_outside else rng.choice(KINDS)
        if kind == "charge" and not is_in_order and tables["criminal_case_charge_change"]:
            continue  # a change of what nobody knew yet is an error of the ledger, and X01-03 says so
        if kind == "charge":
            after = rng.choice(CHARGES)
            change = {"change_no": name, "changed_on": moment.on, "from_charge_code": charge, "to_charge_code": after}
            tables["criminal_case_charge_change"].append({**at, **change})
            charge = after
        elif kind in ("solved", "withdrawn", "reopened"):
            manner = rng.choice(["direct", "linked", None]) if kind == "solved" else None
            event = {"event_no": name, "kind_code": kind, "occurred_on": moment.on, "unit_code": holder, "manner_code": manner}
            tables["criminal_case_event"].append({**at, **event})
        elif kind == "referred":  # one document, one or two persons
            for person_no in range(1, rng.choice([2, 3])):
                referral = {"referral_no": name, "person_no": person_no, "referred_on": moment.on, "unit_code": holder}
                tables["criminal_referral"].append({**at, **referral})
        else:
            receiver = None if kind == "sent_outside" else unit_on(rng, units, moment.on)
            transfer = {
                "transfer_no": name,
                "transferred_on": moment.on,
                "reason_code": rng.choice(["jurisdiction", "designated", "merged"]),
                "from_unit_code": None if is_outside else holder,
                "to_unit_code": receiver,
                "is_from_outside": is_outside,
                "is_to_outside": kind == "sent_outside",
            }
            tables["criminal_case_transfer"].append({**at, **transfer})
            holder, is_outside = receiver, kind == "sent_outside"
    return tables
