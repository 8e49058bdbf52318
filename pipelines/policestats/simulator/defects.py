"""What is wrong in the source databases on purpose: a share of the records, each with one defect of a named kind, and the list of them.

Nothing disappears from the tally by a defect: what a form can still count is counted where the record says (an unknown unit, 待定), and what no
period can count (a record without its date) is added to the databases, not taken from what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from policestats.simulator.codes import UNKNOWN_CHARGES, UNKNOWN_TYPE
from policestats.simulator.criminal_story import UNKNOWN_UNITS
from policestats.simulator.databases import KEYS, UPDATED_AT
from policestats.simulator.identity import check_digit
from policestats.simulator.records import Records, Row
from policestats.simulator.world import World

_SYSTEM_OF = {
    "incident": "incident_desk", "dispatch_order": "incident_desk", "criminal_case": "case_system", "admin_case": "case_system",
    "admin_person": "case_system", "resident": "field_collection", "house": "field_collection", "dispute": "dispute_desk",
    "callback": "callback_desk", "hazard": "inspection_desk",
}  # fmt: skip
_YEARS_AHEAD = 6


@dataclass(frozen=True)
class Defect:
    """One defect: its kind, where it is, and what stands there, in words (never the identity of a person)."""

    kind: str
    source: str
    table: str
    key: str
    column: str
    value: str


@dataclass(frozen=True)
class _Kind:
    """How a defect is made: in rows of ``table`` that ``fits``; ``make`` returns the wrong values, ``as_copy`` puts them into a new row."""

    kind: str
    table: str
    column: str
    says: str
    make: Callable[[Row], dict[str, Any]]
    fits: Callable[[Row], bool] = lambda row: True
    as_copy: bool = False
    keeps_key: bool = False


def _flipped(row: Row) -> dict[str, Any]:
    return {"sex_code": "2" if row["sex_code"] == "1" else "1"}


def _misread(row: Row) -> dict[str, Any]:
    number = row["id_number"]
    wrong = "0" if check_digit(number[:17]) != "0" else "1"
    return {"id_number": number[:17] + wrong}


def _has_number(row: Row) -> bool:
    return row["id_number"] is not None


_KINDS = (
    _Kind("null_date", "incident", "received_at", "null", lambda row: {"received_at": None}, as_copy=True),
    _Kind("null_date", "criminal_case", "filed_on", "null", lambda row: {"filed_on": None, "is_received_from_outside": False}, as_copy=True),
    _Kind("null_date", "dispute", "found_on", "null", lambda row: {"found_on": None}, as_copy=True),
    _Kind("null_date", "resident", "registered_on", "null", lambda row: {"registered_on": None, "left_on": None}, as_copy=True),
    _Kind("future_date", "incident", "received_at", "years ahead", lambda row: {"received_at": _ahead(row["received_at"])}, as_copy=True),
    _Kind("future_date", "criminal_case", "filed_on", "years ahead", lambda row: {"filed_on": _ahead(row["filed_on"])}, as_copy=True),
    _Kind("duplicate_key", "callback", "callback_no", "a repeat", lambda row: {"phone": None}, as_copy=True, keeps_key=True),
    _Kind("invalid_id", "resident", "id_number", "wrong check digit", _misread, _has_number),
    _Kind("invalid_id", "admin_person", "id_number", "wrong check digit", _misread, _has_number),
    _Kind("wrong_sex", "resident", "sex_code", "the other sex", _flipped, _has_number),
    _Kind("wrong_sex", "admin_person", "sex_code", "the other sex", _flipped, _has_number),
    _Kind("placeholder", "resident", "residence_reason_code", "0000", lambda row: {"residence_reason_code": "0000"}),
    _Kind("placeholder", "house", "use_code", "不详", lambda row: {"use_code": "不详"}),
    _Kind("unlinked_address", "house", "address_id", "null", lambda row: {"address_id": None}),
    _Kind("unlinked_address", "resident", "address_id", "of nobody", lambda row: {"address_id": "CJ999998"}),
    _Kind(
        "impossible_order", "dispatch_order", "dispatched_at", "before the call",
        lambda row: {"dispatched_at": row["dispatched_at"] - timedelta(hours=5)},
    ),
    _Kind(
        "impossible_order", "resident", "lives_since", "after the day of leaving",
        lambda row: {"lives_since": row["left_on"] + timedelta(days=9)}, lambda row: row["left_on"] is not None,
    ),
    _Kind(
        "impossible_order", "hazard", "fixed_on", "before it was found",
        lambda row: {"fixed_on": row["found_on"] - timedelta(days=3)}, lambda row: row["fixed_on"] is not None,
    ),
    _Kind(
        "unparseable_date", "incident", "diverted_on", "no day of the calendar",
        lambda row: {"diverted_on": "2025-02-30"}, lambda row: row["diverted_on"] is None,
    ),
    _Kind("unparseable_date", "hazard", "deadline_on", "words", lambda row: {"deadline_on": "尽快"}),
)  # fmt: skip

KINDS = ("unknown_charge", "unknown_unit", "unknown_type", *dict.fromkeys(kind.kind for kind in _KINDS))


def add_defects(world: World, rng: Random, share: float, first: date, after: date) -> list[Defect]:
    """Make defects in about ``share`` of the records written between two days, and return the list of all, those that the stories made too.

    Without a share (0) nothing is added: there are still the unknown codes and units that the stories write now and then.
    """
    found = list(_told_by_stories(world))
    spoilt: set[int] = set()
    copies: set[int] = set()
    for kind in _KINDS if share else ():
        records = world.systems[_SYSTEM_OF[kind.table]]
        rows = [
            row for row in records.tables[kind.table] if first <= row.changed_at.date() < after and id(row) not in spoilt and kind.fits(row)
        ]
        for row in rng.sample(rows, min(len(rows), max(1, round(share * len(rows))))):
            if id(row) in copies:  # what was added is wrong already, and may lack the very date
                continue
            spoilt.add(id(row))
            wrong, defect = _spoil(world, records, row, kind)
            if kind.as_copy:
                copies.add(id(wrong))
            found.append(defect)
    return found


def _spoil(world: World, records: Records, row: Row, kind: _Kind) -> tuple[Row, Defect]:
    wrong = kind.make(row)
    if kind.as_copy:
        number = {} if kind.keeps_key else {KEYS[row.table][-1]: world.number("DEF")}
        values = {name: value for name, value in row.items() if name != UPDATED_AT}
        row = records.add(kind.table, at=row.changed_at, **values | wrong | number)
    else:
        world.change(records, row, row.changed_at, **wrong)
    return row, Defect(kind.kind, records.database, kind.table, _key(row), kind.column, kind.says)


def _told_by_stories(world: World) -> Iterator[Defect]:
    for records in world.systems.values():
        for table, rows in records.tables.items():
            for row in rows:
                for column in ("unit_code", "filing_unit_code"):
                    if row.get(column) in UNKNOWN_UNITS and column in row and row[column] is not None:
                        yield Defect("unknown_unit", records.database, table, _key(row), column, row[column])
                if row.get("charge_code") in UNKNOWN_CHARGES and row.get("charge_code") is not None:
                    yield Defect("unknown_charge", records.database, table, _key(row), "charge_code", row["charge_code"])
                if row.get("intake_type_code") == UNKNOWN_TYPE:
                    yield Defect("unknown_type", records.database, table, _key(row), "intake_type_code", UNKNOWN_TYPE)


def _key(row: Row) -> str:
    return "/".join(map(str, row.key))


def _ahead(value: date | datetime) -> date | datetime:
    return value.replace(year=value.year + _YEARS_AHEAD, day=min(value.day, 28))
