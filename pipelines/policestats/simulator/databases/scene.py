"""The tables of scene examination."""

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

SCENE: Shapes = {
    "scene_examination": Shape(
        ("scene_no",),
        {
            "scene_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "examined_on": DATE,
            "entered_at": TIMESTAMP,
            "earliest_at": TIMESTAMP,
            "latest_at": TIMESTAMP,
            "place_code": TEXT,
            "means_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
