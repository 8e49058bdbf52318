"""Lawful criminal cases: filed first, then charge changes, solving, withdrawal and transfers in the order in which they happened."""

from __future__ import annotations

from hypothesis import strategies as st

from .province import NOBODY, Draw, Row, numbers, one_in, timelines, units_on

# Homicide, robbery, theft, fraud, a snatching (C223), a drug crime, a pending and an unknown charge. Few, so that cases meet in a row.
CHARGES = ["C177", "C220", "C221", "C222", "C223", "C356", None, "C999"]
KINDS = ["charge", "charge", "charge", "solved", "solved", "withdrawn", "reopened", "transfer", "transfer", "sent_outside"]
TABLES = ("criminal_case", "criminal_case_charge_change", "criminal_case_event", "criminal_case_transfer")


@st.composite
def criminal_cases(draw: Draw, units: list[Row], case_no: str) -> dict[str, list[Row]]:
    """The rows of one case, by table."""
    moments = draw(timelines(draw(st.integers(1, 6))))
    is_outside = draw(one_in(6))
    filed = moments[0]
    holder = draw(st.sampled_from([None, NOBODY])) if is_outside else draw(units_on(units, filed.on))
    charge = draw(st.sampled_from(CHARGES))
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    tables["criminal_case"].append(
        {
            "case_no": case_no,
            "filed_on": filed.on,
            "entered_at": filed.entered,
            "filing_unit_code": holder,
            "charge_code": charge,
            "is_telecom_fraud": draw(st.sampled_from([False, True, None])),
            "mo_code": draw(st.sampled_from([None, "0110", "0220", "0900", "0999"])),
            "dispute_no": draw(st.sampled_from([None, None, "D1"])),
            "is_dispute_origin": draw(st.sampled_from([None, False, True])),
            "is_homicide": draw(st.booleans()),
            "is_received_from_outside": is_outside,
        }
    )
    names = numbers(case_no, len(moments) - 1, draw(st.booleans()))
    for name, moment in zip(names, moments[1:], strict=True):
        at = {"case_no": case_no, "entered_at": moment.entered}
        # A case that lies outside the tree can only come (back) in.
        kind = "received" if is_outside else draw(st.sampled_from(KINDS))
        if kind == "charge":
            after = draw(st.sampled_from(CHARGES))
            change = {"change_no": name, "changed_on": moment.on, "from_charge_code": charge, "to_charge_code": after}
            tables["criminal_case_charge_change"].append({**at, **change})
            charge = after
        elif kind in ("solved", "withdrawn", "reopened"):
            manner = draw(st.sampled_from(["direct", "linked", None])) if kind == "solved" else None
            event = {"event_no": name, "kind_code": kind, "occurred_on": moment.on, "unit_code": holder, "manner_code": manner}
            tables["criminal_case_event"].append({**at, **event})
        else:
            receiver = None if kind == "sent_outside" else draw(units_on(units, moment.on))
            transfer = {
                "transfer_no": name,
                "transferred_on": moment.on,
                "reason_code": draw(st.sampled_from(["jurisdiction", "designated", "merged"])),
                "from_unit_code": None if is_outside else holder,
                "to_unit_code": receiver,
                "is_from_outside": is_outside,
                "is_to_outside": kind == "sent_outside",
            }
            tables["criminal_case_transfer"].append({**at, **transfer})
            holder, is_outside = receiver, kind == "sent_outside"
    return tables
