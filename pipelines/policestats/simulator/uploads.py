"""Whose upload of which month counts a record: what a station reports to have entered."""

from __future__ import annotations

from collections.abc import Mapping

#: The unit that answers for a record and the day it belongs to: what an upload of a month counts.
ANSWERS_FOR: Mapping[str, tuple[str, str]] = {
    "incident": ("unit_code", "received_at"),
    "dispatch_order": ("unit_code", "dispatched_at"),
    "criminal_case": ("filing_unit_code", "filed_on"),
    "criminal_case_event": ("unit_code", "occurred_on"),
    "criminal_case_transfer": ("from_unit_code", "transferred_on"),
    "criminal_referral": ("unit_code", "referred_on"),
    "admin_case": ("unit_code", "registered_on"),
    "admin_case_event": ("from_unit_code", "occurred_on"),
    "admin_decision": ("unit_code", "decided_on"),
    "address": ("unit_code", "registered_on"),
    "resident": ("unit_code", "registered_on"),
    "house": ("unit_code", "registered_on"),
    "organisation": ("unit_code", "registered_on"),
    "security_element": ("unit_code", "registered_on"),
    "object_event": ("unit_code", "occurred_on"),
    "object_maintenance": ("unit_code", "maintained_on"),
    "dispute": ("unit_code", "found_on"),
    "dispute_event": ("unit_code", "occurred_on"),
    "callback": ("unit_code", "due_on"),
    "inspection": ("unit_code", "inspected_on"),
    "hazard": ("unit_code", "found_on"),
    "criminal_case_amount": ("unit_code", "counted_on"),
    "payment_event": ("unit_code", "occurred_on"),
    "drug_weight": ("unit_code", "weighed_on"),
    "homicide_recognition": ("unit_code", "recognised_on"),
    "criminal_organisation": ("unit_code", "recognised_on"),
    "seized_weapon": ("unit_code", "seized_on"),
    "case_valuation": ("unit_code", "valued_on"),
    "agency_referral": ("unit_code", "received_on"),
}
