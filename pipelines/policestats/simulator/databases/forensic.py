"""The tables of the forensic and drug laboratory."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    BOOLEAN,
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
    "homicide_recognition": Shape(
        ("recognition_no",),
        {
            "recognition_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "recognised_on": DATE,
            "entered_at": TIMESTAMP,
            "is_recognised": BOOLEAN,
            "homicide_kind_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "drug_weight": Shape(
        ("weight_no",),
        {
            "weight_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "weighed_on": DATE,
            "entered_at": TIMESTAMP,
            "drug_kind_code": TEXT,
            "weight_g": DECIMAL,
            "purity_percent": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
