"""The tables of the office that keeps results of reviews and external registers."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    DATE,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    UPLOAD,
    Shape,
    Shapes,
)

REVIEW: Shapes = {
    "fugitive": Shape(
        ("fugitive_no",),
        {
            "fugitive_no": TEXT,
            "case_no": TEXT,
            "wanted_on": DATE,
            "entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "end_code": TEXT,
            "ended_on": DATE,
            "end_entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "admin_remedy": Shape(
        ("remedy_no",),
        {
            "remedy_no": TEXT,
            "kind_code": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "received_on": DATE,
            "entered_at": TIMESTAMP,
            "outcome_code": TEXT,
            "decided_on": DATE,
            "decision_entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "protection_order": Shape(
        ("order_no",),
        {
            "order_no": TEXT,
            "unit_code": TEXT,
            "assisted_on": DATE,
            "entered_at": TIMESTAMP,
            "relation_code": TEXT,
            "victim_sex_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
