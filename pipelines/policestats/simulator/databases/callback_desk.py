"""The tables of the call-back desk."""

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

CALLBACK_DESK: Shapes = {
    "callback": Shape(
        ("callback_no",),
        {
            "callback_no": TEXT,
            "incident_no": TEXT,
            "unit_code": TEXT,
            "due_on": DATE,
            "entered_at": TIMESTAMP,
            "phone": TEXT,
            "called_at": TIMESTAMP,
            "result_code": TEXT,
            "rectified_on": DATE,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
