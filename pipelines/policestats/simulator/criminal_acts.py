"""The acts on criminal cases. Each writes what the case system would hold, and tells the simulator's own book what it means."""

from __future__ import annotations

from datetime import date, datetime, time

from policestats.simulator.calendar import posting
from policestats.simulator.criminal_book import CriminalCase
from policestats.simulator.province import OUTSIDE
from policestats.simulator.world import ActError, World, outside_as_null

_AFTERNOON = time(17)


def _open_case(
    world: World, *, unit: str | None, on: date, entered: datetime, charge: str | None, tags: dict[str, object], is_from_outside: bool
) -> CriminalCase:
    case_no = world.number(f"XS{on:%Y}")
    record = world.case_system.add(
        "criminal_case",
        case_no=case_no,
        filed_on=on,
        entered_at=entered,
        filing_unit_code=unit,
        charge_code=charge,
        is_telecom_fraud=tags.get("is_telecom_fraud", False),
        mo_code=tags.get("mo_code"),
        dispute_no=tags.get("dispute_no"),
        is_dispute_origin=tags.get("is_dispute_origin", False),
        is_homicide=tags.get("is_homicide", False),
        is_received_from_outside=is_from_outside,
        reported_loss_yuan=tags.get("reported_loss_yuan"),
        involved_yuan=tags.get("involved_yuan"),
        personal_record_count=tags.get("personal_record_count"),
        is_completed=tags.get("is_completed"),
        is_cyber_upstream=tags.get("is_cyber_upstream", False),
        is_agency_referral=tags.get("is_agency_referral", False),
    )
    return CriminalCase(
        case_no=case_no,
        record=record,
        filing_unit=unit,
        holder=unit,
        charge=charge,
        filed_on=on,
        filed_posted_on=posting(on, entered)[0],
        is_from_outside=is_from_outside,
        last_on=on,
        last_entered=entered,
    )


def file_criminal_case(
    world: World, *, unit: str | None, on: date, entered: datetime, charge: str | None, tags: dict[str, object] | None = None
) -> CriminalCase:
    """File a case (立案) at ``unit`` under ``charge``; either may be unknown or null. ``tags`` are further columns of the record."""
    world.check([unit], on, entered)
    case = _open_case(world, unit=unit, on=on, entered=entered, charge=charge, tags=tags or {}, is_from_outside=False)
    world.criminal.filed(case, is_late=posting(on, entered)[1])
    return case


def receive_criminal_case(
    world: World,
    *,
    to_unit: str,
    filed_on: date,
    on: date,
    entered: datetime,
    charge: str | None,
    tags: dict[str, object] | None = None,
    reason: str = "jurisdiction",
) -> CriminalCase:
    """Receive on day ``on`` a case that a unit outside the tree filed on ``filed_on``: 移入, not 立案 (corrections.md 4)."""
    world.check([to_unit], on, entered)
    case = _open_case(world, unit=None, on=filed_on, entered=entered, charge=charge, tags=tags or {}, is_from_outside=True)
    case.holder, case.last_on = to_unit, on
    _write_transfer(world, case, on=on, entered=entered, reason=reason, giver=OUTSIDE, taker=to_unit)
    world.criminal.opened(case, posting(on, entered)[0])
    world.criminal.moved(case, posting(on, entered)[0], OUTSIDE, to_unit)
    return case


def change_charge(world: World, case: CriminalCase, *, on: date, entered: datetime, charge: str | None) -> None:
    """Change the statistical charge (改案别)."""
    _refuse_gone(case)
    posted_on = world.step(case, on, entered, [world.unit_now(case.holder, on), world.unit_now(case.filing_unit, on)])
    world.case_system.add(
        "criminal_case_charge_change",
        change_no=world.number("XSB"),
        case_no=case.case_no,
        changed_on=on,
        entered_at=entered,
        from_charge_code=case.charge,
        to_charge_code=charge,
    )
    world.criminal.reclassified(case, posted_on, case.charge, charge)
    case.charge = charge


def solve(world: World, case: CriminalCase, *, on: date, entered: datetime, is_linked: bool = False) -> None:
    """Solve a case (破案), directly or through another one (带破). A case that is solved again after re-opening counts once."""
    _require(case, "open")
    posted_on = _event(world, case, "solved", on=on, entered=entered, manner="linked" if is_linked else "direct")
    case.state = "solved"
    if not case.was_solved:  # distinct case_id: solved once (forms_precise.csv SOLVED_M)
        case.was_solved = True
        world.criminal.solved(case, posted_on, is_linked=is_linked)


def withdraw(world: World, case: CriminalCase, *, on: date, entered: datetime) -> None:
    """Withdraw a case (撤案)."""
    _require(case, "open")
    posted_on = _event(world, case, "withdrawn", on=on, entered=entered)
    case.state = "withdrawn"
    world.criminal.withdrawn(case, posted_on)


def refer(world: World, case: CriminalCase, *, on: date, entered: datetime, persons: list[int]) -> None:
    """Refer persons of the case, by their numbers in it, for prosecution (移送起诉).

    The case counts at its first referral, every person at each; the case may be solved or not.
    """
    _require(case, "open", "solved")
    case.holder = world.unit_now(case.holder, on)
    posted_on = world.step(case, on, entered, [case.holder])
    referral_no = world.number("XSQ")
    for person_no in persons:
        world.case_system.add(
            "criminal_referral",
            referral_no=referral_no,
            person_no=person_no,
            case_no=case.case_no,
            referred_on=on,
            entered_at=entered,
            unit_code=case.holder,
        )
    world.criminal.referred(case, posted_on, len(persons), is_first=not case.was_referred)
    case.was_referred = True


def reopen(world: World, case: CriminalCase, *, on: date, entered: datetime) -> None:
    """Re-open a withdrawn or solved case; no form of ours counts that."""
    _require(case, "withdrawn", "solved")
    _event(world, case, "reopened", on=on, entered=entered)
    case.state = "open"


def transfer_criminal_case(
    world: World, case: CriminalCase, *, to_unit: str, on: date, entered: datetime, reason: str = "jurisdiction"
) -> None:
    """Send an open case to another unit, or to OUTSIDE the tree, after which nothing more is heard of it."""
    _require(case, "open")
    giver = world.unit_now(case.holder, on)
    posted_on = world.step(case, on, entered, [giver, to_unit])
    _write_transfer(world, case, on=on, entered=entered, reason=reason, giver=giver, taker=to_unit)
    world.criminal.moved(case, posted_on, giver, to_unit)
    case.holder = to_unit
    if to_unit == OUTSIDE:
        case.state = "gone"


def correct_criminal_case(world: World, case: CriminalCase, *, on: date, **tags: object) -> None:
    """Correct tags of the record in place. They have no history: every month reads them as they are now."""
    if world.is_silent([world.unit_now(case.holder, on)], on):
        raise ActError(f"case {case.case_no}: its holder {case.holder} is silent on {on}")
    unknown = tags.keys() - {"is_telecom_fraud", "mo_code", "dispute_no", "is_dispute_origin", "is_homicide"}
    if unknown:
        raise ActError(f"case {case.case_no}: {sorted(unknown)} are no tags of a criminal case")
    world.change(world.case_system, case.record, datetime.combine(on, _AFTERNOON), **tags)


def _event(world: World, case: CriminalCase, kind: str, *, on: date, entered: datetime, manner: str | None = None) -> date:
    case.holder = world.unit_now(case.holder, on)
    posted_on = world.step(case, on, entered, [case.holder])
    world.case_system.add(
        "criminal_case_event",
        event_no=world.number("XSE"),
        case_no=case.case_no,
        kind_code=kind,
        occurred_on=on,
        entered_at=entered,
        unit_code=case.holder,
        manner_code=manner,
        reason_code=None,  # of a withdrawal: CaseCloseStory gives it
    )
    return posted_on


def _write_transfer(
    world: World, case: CriminalCase, *, on: date, entered: datetime, reason: str, giver: str | None, taker: str | None
) -> None:
    world.case_system.add(
        "criminal_case_transfer",
        transfer_no=world.number("XSY"),
        case_no=case.case_no,
        transferred_on=on,
        entered_at=entered,
        reason_code=reason,
        from_unit_code=outside_as_null(giver),
        to_unit_code=outside_as_null(taker),
        is_from_outside=giver == OUTSIDE,
        is_to_outside=taker == OUTSIDE,
    )


def _require(case: CriminalCase, *states: str) -> None:
    if case.state not in states:
        raise ActError(f"case {case.case_no} is {case.state}; this act needs it {' or '.join(states)}")


def _refuse_gone(case: CriminalCase) -> None:
    if case.state == "gone":
        raise ActError(f"case {case.case_no} was sent outside the tree; no further act can follow")
