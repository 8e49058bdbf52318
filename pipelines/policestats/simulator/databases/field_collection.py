"""The tables of field collection."""

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
    Columns,
    Shape,
    Shapes,
)

_COLLECTED: Columns = {"object_id": TEXT, "unit_code": TEXT, "community_code": TEXT, "registered_on": DATE, "entered_at": TIMESTAMP}

FIELD_COLLECTION: Shapes = {
    "community": Shape(
        ("community_code",),
        {
            "community_code": TEXT,
            "unit_code": TEXT,
            "name_zh": TEXT,
            "name_en": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "address": Shape(
        ("object_id",),
        {
            **_COLLECTED,
            "street": TEXT,
            "house_number": TEXT,
            "building": TEXT,
            "room": TEXT,
            "has_rooms": BOOLEAN,
            "longitude": DECIMAL,
            "latitude": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "resident": Shape(
        ("object_id",),
        {
            **_COLLECTED,
            "address_id": TEXT,
            "residence_kind_code": TEXT,
            "is_outflow": BOOLEAN,
            "name": TEXT,
            "phone": TEXT,
            "id_number": TEXT,
            "sex_code": TEXT,
            "lives_since": DATE,
            "residence_reason_code": TEXT,
            "left_on": DATE,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "house": Shape(
        ("object_id",),
        {
            **_COLLECTED,
            "address_id": TEXT,
            "use_code": TEXT,
            "owner_kind_code": TEXT,
            "is_rented": BOOLEAN,
            "lessee_kind_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "organisation": Shape(
        ("object_id",),
        {
            **_COLLECTED,
            "address_id": TEXT,
            "organisation_kind_code": TEXT,
            "name": TEXT,
            "credit_code": TEXT,
            "headcount": INTEGER,
            "is_key_premises": BOOLEAN,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "security_element": Shape(
        ("object_id",),
        {
            **_COLLECTED,
            "address_id": TEXT,
            "element_kind_code": TEXT,
            "state_code": TEXT,
            "custodian_kind_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "object_event": Shape(
        ("event_no",),
        {
            "event_no": TEXT,
            "object_id": TEXT,
            "kind_code": TEXT,
            "occurred_on": DATE,
            "entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "community_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "object_maintenance": Shape(
        ("maintenance_no",),
        {
            "maintenance_no": TEXT,
            "object_id": TEXT,
            "kind_code": TEXT,
            "maintained_on": DATE,
            "entered_at": TIMESTAMP,
            "unit_code": TEXT,
            "community_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
