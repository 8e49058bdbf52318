"""Lawful public-order cases: accepted under the right law, perhaps transferred, ended by a decision, a stop or criminal proceedings."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from .province import NOBODY, Moment, Row, entered_in_any_order, numbers, one_in, timeline, unit_on

NEW_LAW = date(2026, 1, 1)
# Causes found in each version of the law; one of another law, a pending and an unknown one.
CAUSES = {
    "psapl_2012": ["Z001", "Z003", "Z157", "Z158", "Q126", None, "Z999"],
    "psapl_2025": ["Z001", "Z003", "Z011", "Z012", "Q126", None, "Z999"],
}
TABLES = ("admin_case", "admin_case_cause_change", "admin_case_event", "admin_decision", "admin_person")
ENDS = ("penalty", "measure", "no_penalty", "no_fact", "mediation", "terminated", "to_criminal")
KINDS = (*["cause"] * 3, *["transfer"] * 5, "sent_outside", *ENDS)


def admin_cases(rng: Random, units: list[Row], case_no: str, length: int) -> dict[str, list[Row]]:
    """The rows of one case, by table."""
    moments = timeline(rng, length)
    if one_in(rng, 3):
        moments = entered_in_any_order(rng, moments)
    is_outside = one_in(rng, 6)
    accepted = moments[0]
    holder = rng.choice([None, NOBODY]) if is_outside else unit_on(rng, units, accepted.on)
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    case = _case(rng, case_no, accepted)
    tables["admin_case"].append({**case, "unit_code": holder, "is_received_from_outside": is_outside})
    if accepted.on >= NEW_LAW and case["filed_on"] is None:
        return tables  # registered under the new law and not filed: no case yet, so nothing follows
    names = numbers(case_no, len(moments), rng.random() < 0.5)
    is_ended = False
    for name, moment in zip(names, moments[1:], strict=False):
        at = {"case_no": case_no, "entered_at": moment.entered}
        kind = "received" if is_outside else rng.choice(ENDS[:5] if is_ended else KINDS)
        if kind == "cause":
            tables["admin_case_cause_change"].append(
                {**at, "change_no": name, "changed_on": moment.on, "to_cause_code": rng.choice(CAUSES[case["applied_law_code"]])}
            )
        elif kind in ("terminated", "to_criminal"):
            event = {"event_no": name, "kind_code": kind, "occurred_on": moment.on, "from_unit_code": holder, "to_unit_code": None}
            tables["admin_case_event"].append({**at, **event, "is_to_outside": False})
            is_ended = True
        elif kind in ENDS:
            is_performed = _decide(rng, tables, accepted, name, kind, moment, holder)
            is_ended = is_ended or is_performed
        else:
            receiver = None if kind == "sent_outside" else unit_on(rng, units, moment.on)
            event = {"event_no": name, "kind_code": "transferred", "occurred_on": moment.on, "to_unit_code": receiver}
            tables["admin_case_event"].append(
                {**at, **event, "from_unit_code": None if is_outside else holder, "is_to_outside": kind == "sent_outside"}
            )
            holder, is_outside = receiver, kind == "sent_outside"
    return tables


def _case(rng: Random, case_no: str, accepted: Moment) -> Row:
    """The case row. Before the new law a case counts on the day of registration, after it on that of the filing decision.

    The law applied is that of the act, or the new one where it is lighter and the reason is recorded (corrections.md 6).
    """
    if accepted.on < NEW_LAW:
        registered_on, filed_on = accepted.on, rng.choice([None, accepted.on + timedelta(days=40)])
    else:
        is_filed = not one_in(rng, 6)
        waited = rng.randint(0, (accepted.on - NEW_LAW).days)
        registered_on, filed_on = accepted.on - timedelta(days=waited), accepted.on if is_filed else None
    act_on = registered_on - timedelta(days=rng.choice([0, 1, 31]))
    is_lighter = act_on < NEW_LAW and rng.random() < 0.5
    law = "psapl_2025" if act_on >= NEW_LAW or is_lighter else "psapl_2012"
    absent_from = rng.choice([None, accepted.on])
    return {
        "case_no": case_no,
        "registered_on": registered_on,
        "filed_on": filed_on,
        "entered_at": accepted.entered,
        "source_code": rng.choice(["incident", "criminal_not_filed", "criminal_withdrawn", None]),
        "cause_code": rng.choice(CAUSES[law]),
        "applied_law_code": law,
        "act_on": act_on,
        "is_lighter_law": is_lighter or rng.choice([False, None]),
        "is_dispute_origin": rng.choice([None, False, True]),
        "offender_absent_from": absent_from,
        "offender_absent_until": absent_from and rng.choice([None, absent_from + timedelta(days=20)]),
    }


def _decide(rng: Random, tables: dict[str, list[Row]], accepted: Moment, name: str, kind: str, moment: Moment, holder: str | None) -> bool:
    """Add a decision on a further person, and say whether it is final: mediation is once it has been performed."""
    case_no = tables["admin_case"][0]["case_no"]
    person_no = len(tables["admin_person"]) + 1
    person_kind = rng.choice(["natural", "natural", "unit"])
    is_performed = kind == "mediation" and rng.random() < 0.5
    decided_on = rng.choice([moment.on, accepted.on]) if is_performed else moment.on
    tables["admin_person"].append(
        {"case_no": case_no, "person_no": person_no, "person_kind_code": person_kind, "entered_at": moment.entered}
    )
    tables["admin_decision"].append(
        {
            "decision_no": name,
            "case_no": case_no,
            "person_no": person_no,
            "person_kind_code": person_kind,
            "kind_code": kind,
            "decided_on": decided_on,
            "performed_on": moment.on if is_performed else None,
            "entered_at": moment.entered,
            "performance_entered_at": moment.entered if is_performed else None,
            "unit_code": holder,
        }
    )
    return kind != "mediation" or is_performed
