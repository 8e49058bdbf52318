"""The tables of the inspection desk."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    BOOLEAN,
    DATE,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    UPLOAD,
    Shape,
    Shapes,
)

INSPECTION_DESK: Shapes = {
    "premises": Shape(
        ("premises_no",),
        {
            "premises_no": TEXT,
            "unit_code": TEXT,
            "opened_on": DATE,
            "closed_on": DATE,
            "entered_at": TIMESTAMP,
            "premises_type_code": TEXT,
            "cycle_months": INTEGER,
            "contact_name": TEXT,
            "contact_phone": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "inspection": Shape(
        ("inspection_no",),
        {
            "inspection_no": TEXT,
            "premises_no": TEXT,
            "unit_code": TEXT,
            "inspected_on": DATE,
            "entered_at": TIMESTAMP,
            "kind_code": TEXT,
            "notice_no": TEXT,
            "case_no": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "hazard": Shape(
        ("hazard_no",),
        {
            "hazard_no": TEXT,
            "inspection_no": TEXT,
            "premises_no": TEXT,
            "unit_code": TEXT,
            "found_on": DATE,
            "entered_at": TIMESTAMP,
            "hazard_kind_code": TEXT,
            "deadline_on": DATE,
            "fixed_on": DATE,
            "fixed_entered_at": TIMESTAMP,
            "is_on_the_spot": BOOLEAN,
            "voided_on": DATE,
            "voided_entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
