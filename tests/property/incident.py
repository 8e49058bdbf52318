"""Lawful incidents: received around midnight, typed at intake and after handling, merged, dispatched, diverted."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from hypothesis import strategies as st

from .province import DAYS, Draw, Row, units_on

TYPES = ["1000", "2000", "6100", "6210", "0300", "0420", "0500", "5000", "7777", None]


@st.composite
def incidents(draw: Draw, units: list[Row], number: int) -> dict[str, list[Row]]:
    """The rows of one incident, by table."""
    on, incident_no = draw(st.sampled_from(DAYS)), f"I{number}"
    received_at = datetime.combine(on, draw(st.sampled_from([time(0), time(12), time(23, 59, 59)])))
    incident = {
        "incident_no": incident_no,
        "received_at": received_at,
        "entered_at": received_at + timedelta(minutes=1),
        "unit_code": draw(units_on(units, on)),
        "channel_code": draw(st.sampled_from(["K1", "K2", "K9", "K8", None])),
        "intake_type_code": draw(st.sampled_from(TYPES)),
        "final_type_code": draw(st.sampled_from(TYPES)),
        "merged_into_incident_no": "I1" if number > 1 and draw(st.booleans()) else None,
        "is_domestic_violence": draw(st.sampled_from([None, False, True])),
        "is_telecom_fraud": draw(st.booleans()),
        "mo_code": draw(st.sampled_from([None, "0110", "0900"])),
        "diverted_on": draw(st.sampled_from([None, on])),
        "linked_case_no": draw(st.sampled_from([None, "A1"])),
    }
    orders = [
        {
            "order_no": f"{incident_no}-{order}",
            "incident_no": incident_no,
            "unit_code": incident["unit_code"],
            "dispatched_at": received_at + timedelta(minutes=order),
            "entered_at": received_at + timedelta(minutes=order),
        }
        for order in range(draw(st.integers(0, 2)))
    ]
    return {"incident": [incident], "dispatch_order": orders}
