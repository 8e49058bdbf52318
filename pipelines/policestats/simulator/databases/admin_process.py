"""The tables of the case system on what happens within an administrative case."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    BOOLEAN,
    DATE,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    Shape,
    Shapes,
)

ADMIN_PROCESS: Shapes = {
    "penalty_item": Shape(
        ("item_no",),
        {
            "item_no": TEXT,
            "decision_no": TEXT,
            "kind_code": TEXT,
            "fine_yuan": DECIMAL,
            "is_executed": BOOLEAN,
            "entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "mediation": Shape(
        ("mediation_no",),
        {
            "mediation_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "route_code": TEXT,
            "applied_on": DATE,
            "entered_at": TIMESTAMP,
            "is_on_the_spot": BOOLEAN,
            "is_minor_involved": BOOLEAN,
            "agreed_on": DATE,
            "agreement_entered_at": TIMESTAMP,
            "end_code": TEXT,
            "ended_on": DATE,
            "end_entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "case_pause": Shape(
        ("pause_no",),
        {
            "pause_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "kind_code": TEXT,
            "paused_from": DATE,
            "paused_until": DATE,
            "entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "case_extension": Shape(
        ("extension_no",),
        {
            "extension_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "approved_on": DATE,
            "entered_at": TIMESTAMP,
            "extended_days": INTEGER,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "domestic_violence_case": Shape(
        ("case_no",),
        {
            "case_no": TEXT,
            "relation_code": TEXT,
            "victim_sex_code": TEXT,
            "entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "violence_warning": Shape(
        ("warning_no",),
        {
            "warning_no": TEXT,
            "incident_no": TEXT,
            "unit_code": TEXT,
            "issued_on": DATE,
            "entered_at": TIMESTAMP,
            "relation_code": TEXT,
            "victim_sex_code": TEXT,
            "breached_on": DATE,
            "breach_entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
}
