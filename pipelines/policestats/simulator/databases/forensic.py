"""The tables of the forensic and drug laboratory."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    DATE,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    UPLOAD,
    Shape,
    Shapes,
)

FORENSIC: Shapes = {
    "injury_grade": Shape(
        ("grade_no",),
        {
            "grade_no": TEXT,
            "case_no": TEXT,
            "victim_no": INTEGER,
            "unit_code": TEXT,
            "graded_on": DATE,
            "entered_at": TIMESTAMP,
            "injury_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "admin_drug_weight": Shape(
        ("weight_no",),
        {
            "weight_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "weighed_on": DATE,
            "entered_at": TIMESTAMP,
            "weight_g": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
