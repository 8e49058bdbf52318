"""What a record of a collected object is worth: the fields it owes and has, the rules it keeps, how long a visit keeps it fresh.

Source: rules.md section 4 (mandatory lists, cycles of 3, 6 and 12 months); which field is owed when is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import date
from typing import Any

from policestats.simulator.calendar import add_months
from policestats.simulator.identity import agrees_with_sex, is_valid

Record = Mapping[str, Any]

#: What people type for nothing.
PLACEHOLDERS = ("", "无", "不详", "不明", "0000", "-")


def _always(record: Record) -> bool:
    return True


#: By table: the columns that must be filled, and when.
MANDATORY: Mapping[str, Mapping[str, Callable[[Record], bool]]] = {
    "address": {
        "community_code": _always,
        "street": _always,
        "house_number": _always,
        "building": _always,
        "room": lambda record: record["has_rooms"],
        "longitude": _always,
        "latitude": _always,
    },
    "resident": {
        "name": _always,
        "phone": _always,
        "id_number": _always,
        "sex_code": _always,
        "address_id": _always,
        "residence_kind_code": _always,
        "lives_since": _always,
        "residence_reason_code": lambda record: record["residence_kind_code"] == "inflow",
    },
    "house": {
        "address_id": _always,
        "use_code": _always,
        "owner_kind_code": _always,
        "lessee_kind_code": lambda record: record["is_rented"],
    },
    "organisation": {
        "address_id": _always,
        "organisation_kind_code": _always,
        "name": _always,
        "credit_code": _always,
        "headcount": _always,
    },
    "security_element": {"address_id": _always, "element_kind_code": _always, "state_code": _always, "custodian_kind_code": _always},
}


def is_filled(value: object) -> bool:
    """Tell whether a value says anything: neither null nor blank nor a placeholder."""
    return value is not None and not (isinstance(value, str) and value.strip() in PLACEHOLDERS)


def fields(table: str, record: Record) -> tuple[int, int]:
    """Return the number of mandatory fields that the record owes, and of those it has."""
    due = [column for column, applies in MANDATORY[table].items() if applies(record)]
    return len(due), sum(is_filled(record[column]) for column in due)


def keeps_rules(table: str, record: Record, addresses: Container[str]) -> bool:
    """Tell whether the record breaks no rule of format, reference or logic about its kind; what is missing breaks none."""
    if record["registered_on"] > record["entered_at"].date():
        return False
    if table == "address":
        return _lies_between(record["longitude"], 73, 136) and _lies_between(record["latitude"], 3, 54)
    if record["address_id"] is not None and record["address_id"] not in addresses:
        return False
    if table == "organisation":
        return record["headcount"] is None or record["headcount"] >= 0
    return table != "resident" or _keeps_rules_of_people(record)


def _keeps_rules_of_people(record: Record) -> bool:
    number, sex = record["id_number"], record["sex_code"]
    if number is not None and not is_valid(number):
        return False
    if sex not in ("1", "2", None) or record["residence_kind_code"] not in ("registered", "inflow", "foreign", None):
        return False
    if number is not None and sex is not None and not agrees_with_sex(number, sex):
        return False
    return record["left_on"] is None or record["lives_since"] is None or record["left_on"] >= record["lives_since"]


def _lies_between(value: Any, least: int, most: int) -> bool:
    return value is None or least <= value <= most


def cycle_months(table: str, record: Record) -> int:
    """Return after how many months the object must be visited again."""
    if table == "resident":
        return 3 if record["residence_kind_code"] in ("inflow", "foreign") else 12
    if table == "house":
        return 3 if record["is_rented"] else 12
    if table == "organisation":
        return 6 if record["is_key_premises"] else 12
    return 12


def is_fresh(table: str, record: Record, visited_on: date | None, end: date) -> bool:
    """Tell whether the last visit lies within the cycle that ends with the period; ``end`` is the day after it."""
    return visited_on is not None and visited_on >= add_months(end, -cycle_months(table, record))
