"""The tables of the incident desk (110)."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    BOOLEAN,
    DATE,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    UPLOAD,
    Shape,
    Shapes,
)

INCIDENT_DESK: Shapes = {
    "incident": Shape(
        ("incident_no",),
        {
            "incident_no": TEXT,
            "received_at": TIMESTAMP,
            "entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "channel_code": TEXT,
            "intake_type_code": TEXT,
            "final_type_code": TEXT,
            "merged_into_incident_no": TEXT,
            "is_domestic_violence": BOOLEAN,
            "is_telecom_fraud": BOOLEAN,
            "mo_code": TEXT,
            "diverted_on": DATE,
            "settlement_code": TEXT,
            "has_body_camera": BOOLEAN,
            "linked_case_no": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "dispatch_order": Shape(
        ("order_no",),
        {
            "order_no": TEXT,
            "incident_no": TEXT,
            "unit_code": TEXT,
            "dispatched_at": TIMESTAMP,
            "entered_at": TIMESTAMP,
            "is_first": BOOLEAN,
            "area_class_code": TEXT,
            "force_code": TEXT,
            "priority_code": TEXT,
            "acknowledged_at": TIMESTAMP,
            "acknowledged_source_code": TEXT,
            "arrived_at": TIMESTAMP,
            "arrived_source_code": TEXT,
            "feedback_at": TIMESTAMP,
            "feedback_source_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "domestic_violence_call": Shape(
        ("incident_no",),
        {
            "incident_no": TEXT,
            "relation_code": TEXT,
            "victim_sex_code": TEXT,
            "entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
