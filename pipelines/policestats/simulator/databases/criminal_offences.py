"""The tables of the case system about what single kinds of crime need."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    DATE,
    DECIMAL,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    Shape,
    Shapes,
)

CRIMINAL_OFFENCES: Shapes = {
    "criminal_case_amount": Shape(
        ("amount_no",),
        {
            "amount_no": TEXT,
            "case_no": TEXT,
            "kind_code": TEXT,
            "counted_on": DATE,
            "entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "amount_yuan": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
}
