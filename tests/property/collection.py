"""Lawful collected objects: registered, moved, cancelled or merged, restored; verified and changed; residents who leave; an independent list."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from .province import DAYS, Moment, Row, entered_in_any_order, numbers, one_in, timeline, unit_on

KINDS = ("address", "resident", "resident", "house", "organisation", "security_element")
TABLES = (*dict.fromkeys(KINDS), "object_event", "object_maintenance", "expected_object")
TEXTS = ("好", "无", " ", "0000", None)


def objects(rng: Random, units: list[Row], object_id: str, length: int) -> dict[str, list[Row]]:
    """The rows of one object, by table."""
    moments = timeline(rng, length)
    if one_in(rng, 3):
        moments = entered_in_any_order(rng, moments)
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    kind = rng.choice(KINDS)
    unit, community = unit_on(rng, units, moments[0].on), rng.choice(["G1", "G2", None])
    tables[kind].append(_object(rng, kind, object_id, moments[0], unit, community))
    is_held = True
    for name, moment in zip(numbers(object_id, len(moments), rng.random() < 0.5), moments[1:], strict=False):
        at = {"object_id": object_id, "entered_at": moment.entered}
        what = rng.choice(
            ["verified", "changed", "moved", "moved", "restored", "cancelled", "merged"] if is_held else ["restored", "verified"]
        )
        if what in ("verified", "changed"):
            place = {"unit_code": unit, "community_code": community}
            tables["object_maintenance"].append({**at, **place, "maintenance_no": name, "kind_code": what, "maintained_on": moment.on})
            continue
        if what in ("moved", "restored"):  # restored while held: nothing but a place, perhaps another one
            unit, community = rng.choice([unit, unit_on(rng, units, moment.on)]), rng.choice([community, "G1", "G2", None])
        is_held = what in ("moved", "restored")
        event = {"event_no": name, "kind_code": what, "occurred_on": moment.on, "unit_code": unit, "community_code": community}
        tables["object_event"].append({**at, **event})
    return tables


def expectations(rng: Random, units: list[Row]) -> dict[str, list[Row]]:
    """What an independent list expects: now and then a count of one kind at one unit, each on its own day."""
    rows: dict[tuple[Any, ...], Row] = {}
    for _ in range(rng.randint(0, 3)):
        on = rng.choice(DAYS)
        row = {"unit_code": unit_on(rng, units, on), "object_kind_code": rng.choice(["O1", "O21", "O4", "E", None]), "counted_on": on}
        rows[tuple(row.values())] = {**row, "expected_count": rng.choice([0, 1, 7, None])}
    return {"expected_object": list(rows.values())}


def _object(rng: Random, kind: str, object_id: str, registered: Moment, unit: str | None, community: str | None) -> Row:
    at = {
        "object_id": object_id,
        "unit_code": unit,
        "community_code": community,
        "registered_on": registered.on,
        "entered_at": registered.entered,
    }
    if kind != "address":
        at["address_id"] = rng.choice(["H1", "H2", "NOWHERE", None])

    def text() -> str | None:
        return rng.choice(TEXTS)

    def flag() -> bool | None:
        return rng.choice([True, False, None])

    own: Row = {}
    if kind == "address":
        own = {name: text() for name in ("street", "house_number", "building", "room")} | {"has_rooms": flag()}
        own |= {
            "longitude": rng.choice([Decimal("104.5"), Decimal(10), None]),
            "latitude": rng.choice([Decimal("30.25"), Decimal(60), None]),
        }
    elif kind == "resident":
        own = {
            "residence_kind_code": rng.choice(["registered", "inflow", "foreign", "other", None]),
            "is_outflow": flag(),
            "person_key": text(),
        }
        own |= {"id_is_valid": flag(), "sex_agrees": flag(), "name_is_filled": flag(), "phone_is_filled": flag()}
        own |= {"sex_code": rng.choice(["1", "2", "9", None]), "residence_reason_code": text()}
        own["lives_since"] = rng.choice([registered.on, registered.on - timedelta(days=9), None])
        # the 30th day after leaving falls on the edges of months, too
        own["left_on"] = registered.on + timedelta(days=rng.choice([0, 1, 31])) if one_in(rng, 2) else None
        if own["left_on"] is not None and one_in(rng, 2):
            own["left_on"] = max(registered.on, date(2025, 12, 2))
    elif kind == "house":
        own = {name: text() for name in ("use_code", "owner_kind_code", "lessee_kind_code")} | {"is_rented": flag()}
    elif kind == "organisation":
        own = {name: text() for name in ("organisation_kind_code", "credit_code")}
        own |= {"name_is_filled": flag(), "headcount": rng.choice([0, 12, -1, None]), "is_key_premises": flag()}
    else:
        own = {name: text() for name in ("element_kind_code", "state_code", "custodian_kind_code")}
    return {**at, **own}
