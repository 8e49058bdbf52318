"""The tables of the office that keeps results of reviews and external registers."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    DATE,
    DECIMAL,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    UPLOAD,
    Shape,
    Shapes,
)

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
    "admin_remedy": Shape(
        ("remedy_no",),
        {
            "remedy_no": TEXT,
            "kind_code": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "received_on": DATE,
            "entered_at": TIMESTAMP,
            "outcome_code": TEXT,
            "decided_on": DATE,
            "decision_entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "protection_order": Shape(
        ("order_no",),
        {
            "order_no": TEXT,
            "unit_code": TEXT,
            "assisted_on": DATE,
            "entered_at": TIMESTAMP,
            "relation_code": TEXT,
            "victim_sex_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "criminal_organisation": Shape(
        ("organisation_no",),
        {
            "organisation_no": TEXT,
            "unit_code": TEXT,
            "recognised_on": DATE,
            "entered_at": TIMESTAMP,
            "organisation_kind_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "criminal_organisation_case": Shape(
        ("case_no",),
        {
            "case_no": TEXT,
            "organisation_no": TEXT,
            "entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "case_valuation": Shape(
        ("valuation_no",),
        {
            "valuation_no": TEXT,
            "case_no": TEXT,
            "unit_code": TEXT,
            "valued_on": DATE,
            "entered_at": TIMESTAMP,
            "value_yuan": DECIMAL,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "agency_referral": Shape(
        ("referral_no",),
        {
            "referral_no": TEXT,
            "unit_code": TEXT,
            "agency_code": TEXT,
            "charge_code": TEXT,
            "received_on": DATE,
            "entered_at": TIMESTAMP,
            "outcome_code": TEXT,
            "decided_on": DATE,
            "decision_entered_at": TIMESTAMP,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "resident_population": Shape(
        (
            "unit_code",
            "year_begins_on",
        ),
        {
            "unit_code": TEXT,
            "year_begins_on": DATE,
            "mean_population": INTEGER,
        },
    ),
    "corrective_measure": Shape(
        ("measure_no",),
        {
            "measure_no": TEXT,
            "case_no": TEXT,
            "person_no": INTEGER,
            "unit_code": TEXT,
            "decided_on": DATE,
            "entered_at": TIMESTAMP,
            "kind_code": TEXT,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "unit_upload": UPLOAD,
}
