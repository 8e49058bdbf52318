"""Lawful disputes: found, graded, moved, resolved and confirmed or not, reopened, handed over, turned into a case."""

from __future__ import annotations

from random import Random

from .province import Row, entered_in_any_order, numbers, one_in, timeline, unit_on

TABLES = ("dispute", "dispute_event", "dispute_grade")
OPEN_KINDS = ("grade", "grade", "moved", "moved", "sent_outside", "resolved", "resolved", "resolved", "handed", "to_case", "reopened")


def disputes(rng: Random, units: list[Row], dispute_no: str, length: int) -> dict[str, list[Row]]:
    """The rows of one dispute, by table. A resolution may be confirmed at the next moment, at once, or never; then it may be reopened all the same."""
    moments = timeline(rng, length)
    if one_in(rng, 3):
        moments = entered_in_any_order(rng, moments)
    found = moments[0]
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    tables["dispute"].append(
        {
            "dispute_no": dispute_no,
            "unit_code": unit_on(rng, units, found.on),
            "community_code": rng.choice(["G1", None]),
            "found_on": found.on,
            "entered_at": found.entered,
            "dispute_type_code": rng.choice(["K01", "K05", "K99", "K77", None]),
            "dispute_source_code": rng.choice(["S1", "S9", "S7", None]),
            "incident_no": rng.choice(["I1", None]),
        }
    )
    names = numbers(dispute_no, len(moments), rng.random() < 0.5)
    is_open, is_away = True, False
    position = 1
    while position < len(moments):
        moment, name = moments[position], names[position]
        position += 1
        kind = "moved" if is_away else rng.choice(OPEN_KINDS if is_open else ("grade", "reopened"))
        if kind == "grade":
            grade = rng.choice(["L1", "L2", "L4", "L9", "L7", None])
            tables["dispute_grade"].append(
                {"grade_no": name, "dispute_no": dispute_no, "grade_code": grade, "graded_on": moment.on, "entered_at": moment.entered}
            )
            continue
        event = {"event_no": name, "dispute_no": dispute_no, "occurred_on": moment.on, "entered_at": moment.entered}
        event |= {"kind_code": "moved" if kind == "sent_outside" else kind, "unit_code": unit_on(rng, units, moment.on)}
        event |= {"is_to_outside": kind == "sent_outside", "confirmed_on": None, "confirmation_entered_at": None, "to_unit_code": None}
        event["is_on_the_spot"] = kind == "resolved" and one_in(rng, 2)
        event["case_no"] = rng.choice(["A1", "B1", None]) if kind == "to_case" else None
        if kind == "moved":
            event["to_unit_code"] = unit_on(rng, units, moment.on)
        if kind == "resolved":
            confirmed = rng.choice([moment, None, "next"])
            if confirmed == "next":
                confirmed = moments[position] if position < len(moments) else None
                position += 1
            if confirmed is not None:
                event |= {"confirmed_on": confirmed.on, "confirmation_entered_at": confirmed.entered}
                is_open = False
        elif kind in ("handed", "to_case"):
            is_open = False
        elif kind == "reopened":
            is_open = True
        is_away = kind == "sent_outside"
        tables["dispute_event"].append(event)
    return tables
