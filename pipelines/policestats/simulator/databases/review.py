"""The tables of the office that keeps results of reviews and external registers."""

from __future__ import annotations

from policestats.simulator.databases.kinds import DATE, TEXT, TIMESTAMP, UPDATED_AT, UPLOAD, Shape, Shapes

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
    "unit_upload": UPLOAD,
}
