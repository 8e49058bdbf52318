"""The tables of the case system about the people of criminal cases."""

from __future__ import annotations

from policestats.simulator.databases.kinds import (
    BOOLEAN,
    DATE,
    INTEGER,
    TEXT,
    TIMESTAMP,
    UPDATED_AT,
    Shape,
    Shapes,
)

CRIMINAL_PARTIES: Shapes = {
    "criminal_person": Shape(
        (
            "case_no",
            "person_no",
        ),
        {
            "case_no": TEXT,
            "person_no": INTEGER,
            "person_kind_code": TEXT,
            "unit_code": TEXT,
            "arrived_on": DATE,
            "entered_at": TIMESTAMP,
            "name": TEXT,
            "phone": TEXT,
            "id_number": TEXT,
            "sex_code": TEXT,
            "act_age": INTEGER,
            "education_code": TEXT,
            "occupation_code": TEXT,
            "residence_code": TEXT,
            "has_prior_record": BOOLEAN,
            UPDATED_AT: TIMESTAMP,
        },
    ),
    "criminal_victim": Shape(
        (
            "case_no",
            "victim_no",
        ),
        {
            "case_no": TEXT,
            "victim_no": INTEGER,
            "victim_kind_code": TEXT,
            "entered_at": TIMESTAMP,
            "name": TEXT,
            "phone": TEXT,
            "id_number": TEXT,
            "sex_code": TEXT,
            "act_age": INTEGER,
            "rescued_on": DATE,
            UPDATED_AT: TIMESTAMP,
        },
    ),
}
