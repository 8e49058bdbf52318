"""Lawful incidents: received around midnight, typed at intake and after handling, merged, dispatched, diverted."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random

from .province import DAYS, Row, unit_on

TYPES = ["1000", "2000", "6100", "6210", "0300", "0420", "0500", "5000", "7777", None]


def incidents(rng: Random, units: list[Row], number: int) -> dict[str, list[Row]]:
    """The rows of one incident, by table."""
    on, incident_no = rng.choice(DAYS), f"I{number}"
    received_at = datetime.combine(on, rng.choice([time(0), time(12), time(23, 59, 59)]))
    incident = {
        "incident_no": incident_no,
        "received_at": received_at,
        "entered_at": received_at + timedelta(minutes=1),
        "unit_code": unit_on(rng, units, on),
        "channel_code": rng.choice(["K1", "K2", "K9", "K8", None]),
        "intake_type_code": rng.choice(TYPES),
        "final_type_code": rng.choice(TYPES),
        "merged_into_incident_no": "I1" if number > 1 and rng.random() < 0.5 else None,
        "is_domestic_violence": rng.choice([None, False, True]),
        "is_telecom_fraud": rng.random() < 0.5,
        "mo_code": rng.choice([None, "0110", "0900"]),
        "diverted_on": rng.choice([None, on]),
        "linked_case_no": rng.choice([None, "A1"]),
    }
    orders = [
        {
            "order_no": f"{incident_no}-{order}",
            "incident_no": incident_no,
            "unit_code": incident["unit_code"],
            "dispatched_at": received_at + timedelta(minutes=order),
            "entered_at": received_at + timedelta(minutes=order),
        }
        for order in range(rng.randint(0, 2))
    ]
    return {"incident": [incident], "dispatch_order": orders}
