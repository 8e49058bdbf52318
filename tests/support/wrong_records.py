"""What a statistician finds wrong in the sources of the simulated province, row by row in plain Python: the answer that the data rules must give.

Nothing here reads expectations/ or core tables. A row that a rule cannot judge (a null) is not wrong.
"""

from __future__ import annotations

import csv
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from policestats.simulator.databases import KEYS
from tests.support.ledger import ROOT

Row = dict[str, Any]
#: keys of the records by (table, rule)
Wrong = dict[tuple[str, str], set[str]]
_EMPTY = (None, "", "无", "不详", "不明", "未知", "暂无", "0", "0000", "-", "待补")
_LISTS = ROOT / "schemas" / "cn" / "codelists"
#: the day that decides the month of a record, and when it was entered (the first that is there)
_CLOCKS = {
    "address": ("registered_on",), "resident": ("registered_on",), "house": ("registered_on",), "organisation": ("registered_on",),
    "security_element": ("registered_on",), "admin_case": ("filed_on", "registered_on"), "admin_case_cause_change": ("changed_on",),
    "admin_case_event": ("occurred_on",), "admin_decision": ("performed_on", "decided_on"), "callback": ("due_on",),
    "criminal_case": ("filed_on",), "criminal_case_charge_change": ("changed_on",), "criminal_case_event": ("occurred_on",),
    "criminal_case_transfer": ("transferred_on",), "criminal_referral": ("referred_on",), "dispatch_order": ("dispatched_at",),
    "dispute": ("found_on",), "dispute_event": ("occurred_on",), "dispute_grade": ("graded_on",), "hazard": ("found_on",),
    "incident": ("received_at",), "inspection": ("inspected_on",), "object_event": ("occurred_on",), "object_maintenance": ("maintained_on",),
    "premises": ("opened_on",), "mediation": ("applied_on",), "case_pause": ("paused_from",), "case_extension": ("approved_on",),
    "confiscation": ("confiscated_on",), "admin_remedy": ("received_on",), "admin_drug_weight": ("weighed_on",), "violence_warning": ("issued_on",), "protection_order": ("assisted_on",),
    "criminal_person": ("arrived_on",),
}  # fmt: skip
#: tables of what happens once: the day must be there, the time of entry too, and the entry is not before the day
_EVENTS = {
    "agency_referral": "received_on", "case_valuation": "valued_on", "corrective_measure": "decided_on",
    "criminal_arrest_request": "requested_on", "criminal_case_amount": "counted_on", "criminal_person_decision": "decided_on",
    "criminal_person_measure": "started_on", "criminal_report": "reported_on", "criminal_screening": "accepted_on",
    "criminal_screening_review": "applied_on", "drug_weight": "weighed_on", "fugitive": "wanted_on", "injury_grade": "graded_on",
    "payment_event": "occurred_on", "scene_examination": "examined_on", "seized_property": "seized_on",
    "seized_property_event": "occurred_on",
}  # fmt: skip
_CLOCKS |= {table: (column,) for table, column in _EVENTS.items()}
#: what is entered later in the same record: the rule, its day and when it was entered
_SECOND_CLOCKS = {
    "criminal_person_measure": ("end_in_time", "ended_on", "end_entered_at"),
    "criminal_screening": ("decision_in_time", "decided_on", "decision_entered_at"),
}
_ABSENT = {  # a rule about one column that must be there
    "address": {"has_community": "community_code"},
    "admin_case": {"has_cause": "cause_code"},
    "admin_drug_weight": {"has_unit": "unit_code"},
    "admin_decision": {"has_unit": "unit_code"},
    "admin_remedy": {"has_unit": "unit_code"},
    "agency_referral": {"has_charge": "charge_code"},
    "callback": {"made": "called_at"},
    "case_extension": {"has_unit": "unit_code"},
    "case_pause": {"has_unit": "unit_code"},
    "case_valuation": {"has_value": "value_yuan"},
    "confiscation": {"has_unit": "unit_code"},
    "criminal_case": {"has_filed_on": "filed_on", "has_charge": "charge_code"},
    "criminal_case_amount": {"has_amount": "amount_yuan"},
    "dispatch_order": {
        "has_dispatched_at": "dispatched_at", "has_acknowledged_at": "acknowledged_at", "has_arrived_at": "arrived_at",
        "has_feedback_at": "feedback_at", "has_area": "area_class_code",
    },
    "drug_weight": {"has_weight": "weight_g"},
    "dispute": {
        "has_found_on": "found_on", "has_unit": "unit_code", "has_dispute_type": "dispute_type_code", "has_dispute_source": "dispute_source_code",
    },
    "house": {"has_community": "community_code", "has_address": "address_id"},
    "incident": {
        "has_received_at": "received_at", "has_unit": "unit_code", "has_channel": "channel_code", "has_intake_type": "intake_type_code",
    },
    "injury_grade": {"has_grade": "injury_code"},
    "mediation": {"has_unit": "unit_code"},
    "object_event": {"has_community": "community_code"},
    "organisation": {"has_community": "community_code", "has_address": "address_id", "has_headcount": "headcount"},
    "payment_event": {"has_amount": "amount_yuan"},
    "protection_order": {"has_unit": "unit_code"},
    "resident": {
        "has_registered_on": "registered_on", "has_community": "community_code", "has_address": "address_id", "has_lives_since": "lives_since",
    },
    "scene_examination": {"has_time": "earliest_at"},
    "security_element": {"has_community": "community_code", "has_address": "address_id"},
    "seized_property": {"has_value": "value_yuan"},
    "violence_warning": {"has_unit": "unit_code"},
}  # fmt: skip
_FILLED = {  # a rule about one column in which a placeholder is no value
    "address": {"filled_street": "street", "filled_house_number": "house_number", "filled_building": "building"},
    "house": {"filled_use": "use_code", "filled_owner_kind": "owner_kind_code"},
    "organisation": {"filled_organisation_kind": "organisation_kind_code", "filled_credit": "credit_code"},
    "security_element": {
        "filled_element_kind": "element_kind_code", "filled_state": "state_code", "filled_custodian_kind": "custodian_kind_code",
    },
}  # fmt: skip
_PERSON = {
    "known_education": ("education_code", "education"), "known_occupation": ("occupation_code", "occupation"),
    "known_residence": ("residence_code", "residence"),
}  # fmt: skip
_KNOWN = {  # a rule about a code of a list
    "admin_case": {"known_cause": ("cause_code", "admin_cause")},
    "admin_case_cause_change": {"known_to_cause": ("to_cause_code", "admin_cause")},
    "admin_person": _PERSON,
    "agency_referral": {"known_charge": ("charge_code", "charge")},
    "corrective_measure": {"known_kind": ("kind_code", "corrective_kind")},
    "criminal_case": {"known_charge": ("charge_code", "charge")},
    "criminal_case_charge_change": {"known_from_charge": ("from_charge_code", "charge"), "known_to_charge": ("to_charge_code", "charge")},
    "criminal_case_event": {"known_reason": ("reason_code", "withdrawal_reason")},
    "criminal_person": _PERSON,
    "criminal_person_measure": {"known_measure": ("measure_code", "coercive_measure")},
    "criminal_report": {"known_charge": ("charge_code", "charge"), "known_source": ("source_code", "report_source")},
    "criminal_screening": {"known_charge": ("charge_code", "charge")},
    "dispatch_order": {"known_area": ("area_class_code", "response_area"), "known_force": ("force_code", "response_force")},
    "dispute": {"known_dispute_type": ("dispute_type_code", "dispute_type")},
    "drug_weight": {"known_drug_kind": ("drug_kind_code", "drug_kind")},
    "incident": {"known_channel": ("channel_code", "incident_channel"), "known_intake_type": ("intake_type_code", "incident_type")},
    "injury_grade": {"known_grade": ("injury_code", "injury_grade")},
    "scene_examination": {"known_place": ("place_code", "scene_place"), "known_means": ("means_code", "scene_means")},
    "seized_property": {"known_kind": ("property_kind_code", "property_kind")},
}
#: a rule about a record that must be there
_NAMED = {
    "case_valuation": {"of_a_case": ("case_no", "criminal_case")},
    "criminal_arrest_request": {"of_a_case": ("case_no", "criminal_case")},
    "criminal_case_amount": {"of_a_case": ("case_no", "criminal_case")},
    "criminal_person": {"of_a_case": ("case_no", "criminal_case")},
    "criminal_person_decision": {"of_a_case": ("case_no", "criminal_case")},
    "criminal_person_measure": {
        "of_a_case": ("case_no", "criminal_case"), "replaces_a_measure": ("replaces_measure_no", "criminal_person_measure"),
    },
    "criminal_report": {
        "of_a_screening": ("screening_no", "criminal_screening"), "repeats_a_case": ("repeat_of_case_no", "criminal_case"),
    },
    "criminal_screening": {"of_a_case": ("case_no", "criminal_case"), "of_a_report": ("report_no", "criminal_report")},
    "criminal_screening_review": {"of_a_screening": ("screening_no", "criminal_screening")},
    "criminal_victim": {"of_a_case": ("case_no", "criminal_case")},
    "dispatch_order": {"of_a_call": ("incident_no", "incident")},
    "drug_weight": {"of_a_case": ("case_no", "criminal_case")},
    "fugitive": {"of_a_case": ("case_no", "criminal_case")},
    "payment_event": {"of_a_case": ("case_no", "criminal_case")},
    "scene_examination": {"of_a_case": ("case_no", "criminal_case")},
    "seized_property_event": {"of_an_item": ("item_no", "seized_property")},
}  # fmt: skip
_UNITS = {  # a rule about a unit, where the column is not unit_code
    "criminal_case": {"known_unit": "filing_unit_code"},
    "admin_case_event": {"known_from_unit": "from_unit_code", "known_to_unit": "to_unit_code"},
    "criminal_case_transfer": {"known_from_unit": "from_unit_code", "known_to_unit": "to_unit_code"},
}
_ENTERED_BEFORE = {"criminal_case": ("entered_after_filing", "filed_on"), "incident": ("entered_after_call", "received_at")}
_ENTERED_BEFORE |= {"dispatch_order": ("entered_after_dispatch", "dispatched_at"), "criminal_person": ("entered_after_event", "arrived_on")}
_ENTERED_BEFORE |= {table: ("entered_after_event", column) for table, column in _EVENTS.items()}


class Sources:
    """The tables of all source databases of a simulated province: a row for each key, with the values as they are stored."""

    def __init__(self, folder: Path) -> None:
        self.rows: dict[str, dict[str, Row]] = {}
        for path in sorted(folder.glob("*.sqlite")):
            with closing(sqlite3.connect(path)) as database:
                database.row_factory = sqlite3.Row
                for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    found = (dict(row) for row in database.execute(f"SELECT * FROM {table}"))
                    self.rows[table] = {"/".join(str(row[k]) for k in KEYS[table]): row for row in found}

    def wrong(self, now: datetime) -> Wrong:
        """Return the keys of all wrong records by (table, rule); ``now`` is after the records were written and before the mistyped years."""
        found: Wrong = defaultdict(set)
        units = {row["unit_code"] for row in self.rows["unit"].values()}
        for table, rows in self.rows.items():
            if table not in ("unit", "unit_upload"):
                for key, row in rows.items():
                    for rule in (*_of_any_table(table, row, units, now), *self._of_its_table(table, row)):
                        found[table, rule].add(key)
        return dict(found)

    def _of_its_table(self, table: str, row: Row) -> Iterator[str]:
        address = row.get("address_id")
        if "address_id" in row and address is not None and address not in self.rows["address"]:
            yield "known_address"
        for rule, (column, named) in _NAMED.get(table, {}).items():
            if row[column] is not None and row[column] not in self.rows[named]:
                yield rule
        if table == "dispatch_order":
            yield from _of_dispatch(row)
            call = self.rows["incident"].get(row["incident_no"])
            if call is not None and _is_before(row["dispatched_at"], call["received_at"]):
                yield "not_before_call"
        elif table == "criminal_case":
            if row["filing_unit_code"] is None and not row["is_received_from_outside"]:
                yield "has_unit"
            if row["dispute_no"] is not None and row["dispute_no"] not in self.rows["dispute"]:
                yield "known_dispute"
        elif table == "admin_case" and _is_before(row["offender_absent_until"], row["offender_absent_from"]):
            yield "absence_in_order"
        elif table == "hazard":
            if _is_before(row["fixed_on"], row["found_on"]):
                yield "fixed_after_found"
            if _moment(row["deadline_on"]) is None:
                yield "has_deadline"
            if row["deadline_on"] is not None and _moment(row["deadline_on"]) is None:
                yield "cast.deadline_on"
        elif table == "incident" and row["diverted_on"] is not None and _moment(row["diverted_on"]) is None:
            yield "cast.diverted_on"
        elif table == "address":
            if row["has_rooms"] and row["room"] in _EMPTY:
                yield "filled_room"
            if row["longitude"] is None or row["latitude"] is None:
                yield "has_coordinates"
        elif table == "house" and row["is_rented"] and row["lessee_kind_code"] in _EMPTY:
            yield "filled_lessee_kind"
        elif table == "organisation" and row["name"] in _EMPTY:
            yield "has_name"
        elif table == "admin_person":
            yield from _of_identity(row)
            if row["person_kind_code"] == "natural":
                if row["act_age"] is None:
                    yield "has_act_age"
                if row["is_repeat_within_year"] is None:
                    yield "has_repeat"
        elif table == "criminal_person":
            yield from _of_identity(row)
            if row["person_kind_code"] == "natural":
                if row["act_age"] is None:
                    yield "has_age"
                if row["id_number"] is None:
                    yield "has_identity"
        elif table == "criminal_victim":
            if row["victim_kind_code"] == "natural" and row["act_age"] is None:
                yield "has_age"
            # a victim is counted with the filing of the case
            case = self.rows["criminal_case"].get(row["case_no"])
            if case is not None and _is_late(_moment(case["filed_on"]), _moment(row["entered_at"])):
                yield "in_time"
        elif table == "resident":
            yield from _of_identity(row)
            yield from _of_resident(row)


def _of_any_table(table: str, row: Row, units: set[str], now: datetime) -> Iterator[str]:
    day = next((at for name in _CLOCKS.get(table, ()) if (at := _moment(row[name])) is not None), None)
    entered = _moment(row.get("performance_entered_at")) or _moment(row.get("entered_at"))
    if _is_late(day, entered):
        yield "in_time"
    if table in _SECOND_CLOCKS:
        rule, on, at = _SECOND_CLOCKS[table]
        if _is_late(_moment(row[on]), _moment(row[at])):
            yield rule
    if table in _EVENTS:
        yield from (f"has_{column}" for column in (_EVENTS[table], "entered_at") if row[column] is None)
    if day is not None and day > now:
        yield "not_in_future"
    rule, column = _ENTERED_BEFORE.get(table, ("", ""))
    if rule and _is_before(row["entered_at"], row[column]):
        yield rule
    yield from (rule for rule, column in _ABSENT.get(table, {}).items() if row[column] is None)
    yield from (rule for rule, column in _FILLED.get(table, {}).items() if row[column] in _EMPTY)
    for rule, (column, codes) in _KNOWN.get(table, {}).items():
        if row[column] is not None and row[column] not in _leaves(codes):
            yield rule
    named = _UNITS.get(table, {"known_unit": "unit_code"})
    yield from (rule for rule, column in named.items() if row.get(column) is not None and row[column] not in units)


def _of_dispatch(row: Row) -> Iterator[str]:
    for step in ("acknowledged", "arrived", "feedback"):
        at, sent = _moment(row[f"{step}_at"]), _moment(row["dispatched_at"])
        if at is not None and sent is not None and at <= sent:
            yield f"{step}_after_dispatch"
        if row[f"{step}_source_code"] not in (None, "device"):
            yield f"{step}_by_device"


def _of_identity(row: Row) -> Iterator[str]:
    number = row["id_number"]
    if number is None:
        return
    # GB 11643: the last digit makes the weighted sum 1 modulo 11; the weight of the i-th from the right is 2 to the power of i
    digits = [10 if digit == "X" else int(digit) for digit in number]
    if sum(digit * 2**i for i, digit in enumerate(reversed(digits))) % 11 != 1:
        yield "valid_identity"
    elif row["sex_code"] is not None and int(row["sex_code"]) % 2 != digits[16] % 2:
        yield "sex_agrees"


def _of_resident(row: Row) -> Iterator[str]:
    if row["residence_kind_code"] == "inflow" and row["residence_reason_code"] in _EMPTY:
        yield "filled_residence_reason"
    if row["residence_kind_code"] != "foreign" and row["id_number"] is None:
        yield "has_identity"
    if row["name"] in _EMPTY:
        yield "has_name"
    if row["phone"] in _EMPTY:
        yield "has_phone"
    if _is_before(row["left_on"], row["lives_since"]):
        yield "leaves_after_coming"


@cache
def _leaves(codelist: str) -> set[str]:
    with (_LISTS / f"{codelist}.csv").open(encoding="utf-8", newline="") as file:
        members = [(row["code"], row["parent_code"]) for row in csv.DictReader(file)]
    inner = {parent for _, parent in members}
    return {code for code, _ in members if code not in inner and code != "U"}


def _moment(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if value is not None else None
    except ValueError:
        return None


def _is_before(one: Any, other: Any) -> bool:
    left, right = _moment(one), _moment(other)
    return left is not None and right is not None and left < right


def _is_late(day: datetime | None, entered: datetime | None) -> bool:
    # the cut-off: the second of the next month, six in the morning
    return day is not None and entered is not None and _month(entered - timedelta(days=1, hours=6)) > _month(day)


def _month(day: datetime) -> tuple[int, int]:
    return day.year, day.month
