"""The tables of the property ledger."""

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

PROPERTY: Shapes = {
    "seized_weapon": Shape(
        ("weapon_no",),
        {
            "weapon_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "seized_on": DATE,
            "entered_at": TIMESTAMP,
            "weapon_kind_code": TEXT,
            "quantity": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
