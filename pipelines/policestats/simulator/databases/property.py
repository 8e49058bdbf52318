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
    "seized_property": Shape(
        ("item_no",),
        {
            "item_no": TEXT,
            "case_no": TEXT,
            "case_kind_code": TEXT,
            "unit_code": TEXT,
            "seized_on": DATE,
            "entered_at": TIMESTAMP,
            "property_kind_code": TEXT,
            "value_yuan": DECIMAL,
            "appraised_yuan": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "seized_property_event": Shape(
        ("event_no",),
        {
            "event_no": TEXT,
            "item_no": TEXT,
            "kind_code": TEXT,
            "occurred_on": DATE,
            "entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "to_unit_code": TEXT,
            "is_to_outside": BOOLEAN,
            UPDATED_AT: TIMESTAMP,
        },
    ),
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
