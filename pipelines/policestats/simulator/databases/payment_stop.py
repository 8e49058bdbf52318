"""The tables of the anti-fraud payment stop."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    DATE,
    DECIMAL,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    UPLOAD,
    Shape,
    Shapes,
)

PAYMENT_STOP: Shapes = {
    "payment_event": Shape(
        ("payment_no",),
        {
            "payment_no": TEXT,
            "case_no": TEXT,
            "kind_code": TEXT,
            "occurred_on": DATE,
            "entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "amount_yuan": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
