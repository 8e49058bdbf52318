"""The acts on administrative cases. Each writes what the case system would hold, and tells the simulator's own book what it means."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from policestats.simulator import identity
from policestats.simulator.admin_book import LAW_CHANGED_ON, AdminCase, Person
from policestats.simulator.backgrounds import NOTHING_KNOWN, Background
from policestats.simulator.calendar import posting
from policestats.simulator.penalties import NOTHING, UNKNOWN, Circumstances, Sentence
from policestats.simulator.province import OUTSIDE
from policestats.simulator.records import Row
from policestats.simulator.world import ActError, World, outside_as_null

_AFTERNOON = time(17)
FINAL_KINDS = ("penalty", "measure", "no_penalty", "no_fact")


def register_admin_case(
    world: World,
    *,
    unit: str | None,
    registered_on: date,
    filed_on: date | None,
    entered: datetime,
    cause: str | None,
    law: str | None,
    act_on: date,
    source: str = "incident",
    is_lighter_law: bool = False,
    is_dispute_origin: bool = False,
) -> AdminCase:
    """Register a case and, under the law of 2025, file it.

    A case registered before 2026 is accepted on the day of registration, whatever happens to it later; one registered from 2026 on is
    accepted on the day of the filing decision, and not at all without one (forms_precise.csv Z01 ACC_M).
    """
    accepted_on = registered_on if registered_on < LAW_CHANGED_ON else filed_on
    world.check([unit], accepted_on or registered_on, entered)
    if any(world.is_silent([unit], day) for day in (registered_on, filed_on) if day is not None):
        raise ActError(f"unit {unit} is silent in the month of {registered_on} or {filed_on}: choose another unit or month")
    case = _open_case(
        world,
        registered_on=registered_on,
        filed_on=filed_on,
        entered=entered,
        unit=unit,
        cause=cause,
        law=law,
        act_on=act_on,
        source=source,
        is_lighter_law=is_lighter_law,
        is_dispute_origin=is_dispute_origin,
        is_from_outside=False,
    )
    case.holder = unit
    if accepted_on is None:
        case.state = "unfiled"
        return case
    case.last_on = accepted_on
    posted_on, is_late = posting(accepted_on, entered)
    world.admin.accepted(case, posted_on, is_late=is_late)
    return case


def receive_admin_case(
    world: World, *, to_unit: str, registered_on: date, on: date, entered: datetime, cause: str | None, law: str | None, act_on: date
) -> AdminCase:
    """Receive on day ``on`` a case that a unit outside the tree accepted: 移入, not 受理."""
    world.check([to_unit], on, entered)
    filed_on = registered_on if registered_on >= LAW_CHANGED_ON else None
    case = _open_case(
        world,
        registered_on=registered_on,
        filed_on=filed_on,
        entered=entered,
        unit=None,
        cause=cause,
        law=law,
        act_on=act_on,
        source="other",
        is_lighter_law=False,
        is_dispute_origin=False,
        is_from_outside=True,
    )
    _write_event(world, case, "transferred", on=on, entered=entered, giver=OUTSIDE, taker=to_unit)
    case.holder, case.last_on = to_unit, on
    posted_on = posting(on, entered)[0]
    world.admin.opened(case, posted_on)
    world.admin.moved(case, posted_on, OUTSIDE, to_unit)
    return case


def add_person(
    world: World,
    case: AdminCase,
    *,
    kind: str,
    sex: str | None,
    born: date | None,
    entered: datetime,
    circumstances: Circumstances = UNKNOWN,
    background: Background = NOTHING_KNOWN,
) -> Person:
    """Add a person, or a unit (``kind`` "unit", without sex and birth), to the case."""
    person = Person(len(case.persons) + 1, kind, circumstances)
    case.persons.append(person)
    serial = len(world.case_system.tables["admin_person"])
    world.case_system.add(
        "admin_person",
        case_no=case.case_no,
        person_no=person.number,
        person_kind_code=kind,
        name=identity.name(serial),
        phone=identity.phone(serial),
        id_number=None if born is None or sex is None else identity.identity_number(born=born, sex=sex, serial=serial),
        sex_code=sex,
        entered_at=entered,
        act_age=circumstances.act_age,
        is_first_violation=circumstances.is_first_violation,
        is_pregnant_or_nursing=circumstances.is_pregnant_or_nursing,
        education_code=background.education,
        occupation_code=background.occupation,
        residence_code=background.residence,
        is_repeat_within_year=background.is_repeat_within_year,
    )
    return person


def change_cause(world: World, case: AdminCase, *, on: date, entered: datetime, cause: str | None) -> None:
    """Change the cause (改案由) of a pending case."""
    _require(case, "open")
    posted_on = world.step(case, on, entered, [world.unit_now(case.holder, on)])
    world.case_system.add(
        "admin_case_cause_change",
        change_no=world.number("XZB"),
        case_no=case.case_no,
        changed_on=on,
        entered_at=entered,
        to_cause_code=cause,
    )
    case.cause = cause
    world.admin.changed(case, posted_on, cause)


def decide(
    world: World,
    case: AdminCase,
    person: Person,
    *,
    kind: str,
    on: date,
    entered: datetime,
    fine_yuan: Decimal | None = None,
    sentence: Sentence = NOTHING,
) -> Row:
    """Decide finally on one person or unit, ``kind`` one of FINAL_KINDS, and return the decision.

    The first such decision deals with the case (corrections.md 5).
    """
    _require(case, "open", "dealt")
    if kind not in FINAL_KINDS or person.is_decided:
        raise ActError(
            f"case {case.case_no}, person {person.number}: {kind!r} is not one of {FINAL_KINDS}, or the person was decided on before"
        )
    holder = world.unit_now(case.holder, on)
    posted_on = world.step(case, on, entered, [holder])
    decision = _write_decision(world, case, person, kind=kind, on=on, entered=entered, fine_yuan=fine_yuan, sentence=sentence)
    _settle(world, case, person, posted_on, holder)
    return decision


def mediate(world: World, case: AdminCase, person: Person, *, on: date, entered: datetime) -> Row:
    """Write a mediation agreement, and return it. It deals with nothing until it is performed (corrections.md 5)."""
    _require(case, "open", "dealt")
    if person.is_decided or person.agreement is not None:
        raise ActError(f"case {case.case_no}, person {person.number}: there is a decision or an agreement already")
    world.step(case, on, entered, [world.unit_now(case.holder, on)])
    person.agreement = _write_decision(world, case, person, kind="mediation", on=on, entered=entered, fine_yuan=None, sentence=NOTHING)
    return person.agreement


def perform_mediation(world: World, case: AdminCase, person: Person, *, on: date, entered: datetime) -> None:
    """Perform the agreement: from that day on it is a final decision of the unit that made it."""
    _require(case, "open", "dealt")
    if person.agreement is None or person.is_decided:
        raise ActError(f"case {case.case_no}, person {person.number}: there is no agreement to perform")
    posted_on = world.step(case, on, entered, [world.unit_now(case.holder, on), world.unit_now(person.agreement["unit_code"], on)])
    world.change(world.case_system, person.agreement, entered, performed_on=on, performance_entered_at=entered)
    _settle(world, case, person, posted_on, person.agreement["unit_code"])


def terminate(world: World, case: AdminCase, *, on: date, entered: datetime) -> None:
    """Terminate the investigation (终止调查): not 查处, but it leaves the stock."""
    _end(world, case, "terminated", on=on, entered=entered)


def turn_criminal(world: World, case: AdminCase, *, on: date, entered: datetime) -> None:
    """Turn the case into a criminal one (行转刑): not 查处, but it leaves the stock."""
    _end(world, case, "to_criminal", on=on, entered=entered)


def transfer_admin_case(world: World, case: AdminCase, *, to_unit: str, on: date, entered: datetime) -> None:
    """Send a pending case to another unit, or to OUTSIDE the tree, after which nothing more is heard of it."""
    _require(case, "open")
    giver = world.unit_now(case.holder, on)
    posted_on = world.step(case, on, entered, [giver, to_unit])
    _write_event(world, case, "transferred", on=on, entered=entered, giver=giver, taker=to_unit)
    world.admin.moved(case, posted_on, giver, to_unit)
    case.holder = to_unit
    if to_unit == OUTSIDE:
        case.state = "gone"


def lose_offender(world: World, case: AdminCase, *, on: date) -> None:
    """Note that the offender is unknown or fled from ``on``."""
    _require(case, "open")
    _refuse_silent(world, case, on)
    world.change(world.case_system, case.record, datetime.combine(on, _AFTERNOON), offender_absent_from=on)


def find_offender(world: World, case: AdminCase, *, on: date) -> None:
    """Note that the offender was found on ``on``."""
    _require(case, "open")
    _refuse_silent(world, case, on)
    since = case.record["offender_absent_from"]
    if since is None or on < since:
        raise ActError(f"case {case.case_no}: the offender cannot be found on {on}, absent since {since}")
    world.change(world.case_system, case.record, datetime.combine(on, _AFTERNOON), offender_absent_until=on)


def _open_case(
    world: World,
    *,
    registered_on: date,
    filed_on: date | None,
    entered: datetime,
    unit: str | None,
    cause: str | None,
    law: str | None,
    act_on: date,
    source: str,
    is_lighter_law: bool,
    is_dispute_origin: bool,
    is_from_outside: bool,
) -> AdminCase:
    case_no = world.number(f"XZ{registered_on:%Y}")
    record = world.case_system.add(
        "admin_case",
        case_no=case_no,
        registered_on=registered_on,
        filed_on=filed_on,
        entered_at=entered,
        unit_code=unit,
        source_code=source,
        cause_code=cause,
        applied_law_code=law,
        act_on=act_on,
        is_lighter_law=is_lighter_law,
        is_dispute_origin=is_dispute_origin,
        is_student_bullying=False,
        offender_absent_from=None,
        offender_absent_until=None,
        is_received_from_outside=is_from_outside,
    )
    return AdminCase(case_no, record, unit, cause, registered_on, entered)


def _write_event(world: World, case: AdminCase, kind: str, *, on: date, entered: datetime, giver: str | None, taker: str | None) -> None:
    world.case_system.add(
        "admin_case_event",
        event_no=world.number("XZE"),
        case_no=case.case_no,
        kind_code=kind,
        occurred_on=on,
        entered_at=entered,
        from_unit_code=outside_as_null(giver),
        to_unit_code=outside_as_null(taker),
        is_to_outside=taker == OUTSIDE,
    )


def _write_decision(
    world: World,
    case: AdminCase,
    person: Person,
    *,
    kind: str,
    on: date,
    entered: datetime,
    fine_yuan: Decimal | None,
    sentence: Sentence,
) -> Row:
    decision_no = world.number("XZD")
    for item in sentence.items:
        world.case_system.add(
            "penalty_item",
            item_no=world.number("XZI"),
            decision_no=decision_no,
            kind_code=item.kind,
            fine_yuan=item.fine_yuan,
            is_executed=item.is_executed,
            entered_at=entered,
        )
    return world.case_system.add(
        "admin_decision",
        decision_no=decision_no,
        case_no=case.case_no,
        person_no=person.number,
        person_kind_code=person.kind,
        kind_code=kind,
        decided_on=on,
        performed_on=None,
        entered_at=entered,
        performance_entered_at=None,
        unit_code=world.unit_now(case.holder, on),
        fine_yuan=fine_yuan,
        measure_code=sentence.measure,
        is_on_the_spot=sentence.is_on_the_spot,
        decided_by_code=sentence.decided_by,
    )


def _settle(world: World, case: AdminCase, person: Person, posted_on: date, unit: str | None) -> None:
    person.is_decided = True
    world.admin.decided(case, posted_on, unit, person.kind)
    if case.state == "open":  # 查处 once per case, at the first final decision (corrections.md 5)
        case.state = "dealt"
        world.admin.left(case, posted_on, "dealt")


def _end(world: World, case: AdminCase, kind: str, *, on: date, entered: datetime) -> None:
    _require(case, "open")
    holder = world.unit_now(case.holder, on)
    posted_on = world.step(case, on, entered, [holder])
    _write_event(world, case, kind, on=on, entered=entered, giver=holder, taker=None)
    case.state = "ended"
    world.admin.left(case, posted_on, kind)


def _require(case: AdminCase, *states: str) -> None:
    if case.state not in states:
        raise ActError(f"case {case.case_no} is {case.state}; this act needs it {' or '.join(states)}")


def _refuse_silent(world: World, case: AdminCase, on: date) -> None:
    if world.is_silent([world.unit_now(case.holder, on)], on):
        raise ActError(f"case {case.case_no}: its holder {case.holder} is silent on {on}")
