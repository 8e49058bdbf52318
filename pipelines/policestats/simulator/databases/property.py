"""The tables of the property ledger."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    BOOLEAN,
    DATE,
    DECIMAL,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    UPLOAD,
    Shape,
    Shapes,
)

PROPERTY: Shapes = {
    "confiscation": Shape(
        ("confiscation_no",),
        {
            "confiscation_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "kind_code": TEXT,
            "is_gambling_money": BOOLEAN,
            "confiscated_on": DATE,
            "entered_at": TIMESTAMP,
            "amount_yuan": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
