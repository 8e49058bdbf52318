"""The tables of the dispute desk."""

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

DISPUTE_DESK: Shapes = {
    "dispute": Shape(
        ("dispute_no",),
        {
            "dispute_no": TEXT,
            "unit_code": TEXT,
            "community_code": TEXT,
            "found_on": DATE,
            "entered_at": TIMESTAMP,
            "dispute_type_code": TEXT,
            "dispute_source_code": TEXT,
            "incident_no": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "dispute_event": Shape(
        ("event_no",),
        {
            "event_no": TEXT,
            "dispute_no": TEXT,
            "kind_code": TEXT,
            "occurred_on": DATE,
            "entered_at": TIMESTAMP,
            "confirmed_on": DATE,
            "confirmation_entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "to_unit_code": TEXT,
            "is_to_outside": BOOLEAN,
            "is_on_the_spot": BOOLEAN,
            "case_no": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "dispute_grade": Shape(
        ("grade_no",),
        {
            "grade_no": TEXT,
            "dispute_no": TEXT,
            "grade_code": TEXT,
            "graded_on": DATE,
            "entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
