"""The acts on disputes: find, grade, agree and confirm, hand over, turn into a case, move, open again."""

from __future__ import annotations

from datetime import date, datetime

from policestats.simulator.calendar import posting
from policestats.simulator.dispute_book import Dispute
from policestats.simulator.province import OUTSIDE
from policestats.simulator.records import Row
from policestats.simulator.world import ActError, World, outside_as_null


def find_dispute(
    world: World,
    *,
    unit: str | None,
    on: date,
    entered: datetime,
    kind: str | None,
    source: str | None,
    community: str | None = None,
    incident_no: str | None = None,
) -> Dispute:
    """Register a dispute (排查发现); unit, kind and source may be unknown or null."""
    world.check([unit], on, entered)
    dispute_no = world.number(f"JF{on:%Y}")
    record = world.dispute_desk.add(
        "dispute",
        dispute_no=dispute_no,
        unit_code=unit,
        community_code=community,
        found_on=on,
        entered_at=entered,
        dispute_type_code=kind,
        dispute_source_code=source,
        incident_no=incident_no,
    )
    dispute = Dispute(dispute_no, record, unit, on, entered)
    world.disputes.found(dispute, posting(on, entered)[0])
    return dispute


def grade(world: World, dispute: Dispute, *, on: date, entered: datetime, code: str) -> None:
    """Give the dispute a grade, or another one (评级)."""
    if dispute.state == "gone":
        raise ActError(f"{dispute.number} was moved outside the tree; no further act can follow")
    posted_on = world.step(dispute, on, entered, [world.unit_now(dispute.holder, on)])
    world.dispute_desk.add(
        "dispute_grade",
        grade_no=world.number("JFP"),
        dispute_no=dispute.dispute_no,
        grade_code=code,
        graded_on=on,
        entered_at=entered,
    )
    world.disputes.graded(dispute, posted_on, code)


def agree(world: World, dispute: Dispute, *, on: date, entered: datetime, is_on_the_spot: bool = False) -> None:
    """Reach an agreement (协议). It resolves nothing until a call back has confirmed it (policy dispute_resolved_on)."""
    _require(dispute, "open")
    world.step(dispute, on, entered, [world.unit_now(dispute.holder, on)])
    dispute.agreement = _write_event(world, dispute, "resolved", on=on, entered=entered, is_on_the_spot=is_on_the_spot)


def confirm(world: World, dispute: Dispute, *, on: date, entered: datetime) -> None:
    """Call back and hear that it is settled: on that day the dispute is resolved (化解)."""
    _require(dispute, "open")
    if dispute.agreement is None:
        raise ActError(f"{dispute.number}: there is no agreement to confirm")
    posted_on = world.step(dispute, on, entered, [world.unit_now(dispute.holder, on)])
    world.change(world.dispute_desk, dispute.agreement, entered, confirmed_on=on, confirmation_entered_at=entered)
    is_on_the_spot = bool(dispute.agreement["is_on_the_spot"])
    dispute.agreement, dispute.state = None, "resolved"
    world.disputes.left(dispute, posted_on, "resolved", is_on_the_spot=is_on_the_spot)


def break_agreement(dispute: Dispute) -> None:
    """Call back and hear that it is not settled: the agreement stays unconfirmed, and another one is needed."""
    dispute.agreement = None


def hand_over(world: World, dispute: Dispute, *, on: date, entered: datetime) -> None:
    """Hand the dispute to another department (移交其他部门)."""
    _end(world, dispute, "handed", on=on, entered=entered)


def turn_into_case(world: World, dispute: Dispute, *, on: date, entered: datetime, case_no: str | None) -> None:
    """Close the dispute because a case was opened (转案件办理)."""
    _end(world, dispute, "to_case", on=on, entered=entered, case_no=case_no)


def reopen_dispute(world: World, dispute: Dispute, *, on: date, entered: datetime) -> None:
    """Open a resolved dispute again (反复)."""
    _require(dispute, "resolved")
    dispute.holder = world.unit_now(dispute.holder, on)
    posted_on = world.step(dispute, on, entered, [dispute.holder])
    _write_event(world, dispute, "reopened", on=on, entered=entered)
    dispute.state = "open"
    world.disputes.reopened(dispute, posted_on)


def move_dispute(world: World, dispute: Dispute, *, to_unit: str, on: date, entered: datetime) -> None:
    """Send an open dispute to another unit, or to OUTSIDE the tree, after which nothing more is heard of it."""
    _require(dispute, "open")
    giver = world.unit_now(dispute.holder, on)
    posted_on = world.step(dispute, on, entered, [giver, to_unit])
    _write_event(world, dispute, "moved", on=on, entered=entered, taker=to_unit)
    world.disputes.moved(dispute, posted_on, giver, to_unit)
    dispute.holder, dispute.agreement = to_unit, None
    if to_unit == OUTSIDE:
        dispute.state = "gone"


def _write_event(
    world: World,
    dispute: Dispute,
    kind: str,
    *,
    on: date,
    entered: datetime,
    taker: str | None = None,
    is_on_the_spot: bool = False,
    case_no: str | None = None,
) -> Row:
    return world.dispute_desk.add(
        "dispute_event",
        event_no=world.number("JFE"),
        dispute_no=dispute.dispute_no,
        kind_code=kind,
        occurred_on=on,
        entered_at=entered,
        confirmed_on=None,
        confirmation_entered_at=None,
        unit_code=world.unit_now(dispute.holder, on),
        to_unit_code=outside_as_null(taker),
        is_to_outside=taker == OUTSIDE,
        is_on_the_spot=is_on_the_spot,
        case_no=case_no,
    )


def _end(world: World, dispute: Dispute, kind: str, *, on: date, entered: datetime, case_no: str | None = None) -> None:
    _require(dispute, "open")
    posted_on = world.step(dispute, on, entered, [world.unit_now(dispute.holder, on)])
    _write_event(world, dispute, kind, on=on, entered=entered, case_no=case_no)
    dispute.state, dispute.agreement = kind, None
    world.disputes.left(dispute, posted_on, kind, case_no=case_no)


def _require(dispute: Dispute, *states: str) -> None:
    if dispute.state not in states:
        raise ActError(f"{dispute.number} is {dispute.state}; this act needs it {' or '.join(states)}")
