"""The acts of the incident desk: receive, handle, merge, dispatch, divert, link to a case."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from policestats.simulator.incident_book import Incident
from policestats.simulator.world import ActError, World


def receive_call(
    world: World,
    *,
    unit: str | None,
    at: datetime,
    entered: datetime,
    channel: str | None,
    intake_type: str | None,
    is_domestic_violence: bool = False,
    is_telecom_fraud: bool = False,
    mo: str | None = None,
) -> Incident:
    """Receive a call for ``unit`` at ``at``; unit, channel and type may be unknown or null."""
    world.check([unit], at.date(), entered)
    record = world.desk.add(
        "incident",
        incident_no=world.number(f"JQ{at:%Y}"),
        received_at=at,
        entered_at=entered,
        unit_code=unit,
        channel_code=channel,
        intake_type_code=intake_type,
        final_type_code=None,
        merged_into_incident_no=None,
        is_domestic_violence=is_domestic_violence,
        is_telecom_fraud=is_telecom_fraud,
        mo_code=mo,
        diverted_on=None,
        linked_case_no=None,
    )
    incident = Incident(record)
    world.incidents.received(incident)
    return incident


def handle(world: World, incident: Incident, *, final_type: str, at: datetime | None = None) -> None:
    """Set the type after handling, at ``at`` (default: two hours after the call): in the end the call counts under it."""
    moment = at or incident.record["received_at"] + timedelta(hours=2)
    with world.incidents.recount(incident):
        world.change(world.desk, incident.record, moment, final_type_code=final_type)


def merge(world: World, repeat: Incident, into: Incident) -> None:
    """Merge a repeat call into the valid incident it repeats (corrections.md 10).

    Raises: ActError when ``into`` is the call itself, or a merged one.
    """
    if into is repeat or into.record["merged_into_incident_no"] is not None:
        raise ActError(f"call {repeat.record['incident_no']} cannot be merged into {into.record['incident_no']}")
    with world.incidents.recount(repeat):
        world.change(world.desk, repeat.record, repeat.record["entered_at"], merged_into_incident_no=into.record["incident_no"])


def dispatch(world: World, incident: Incident, *, at: datetime) -> None:
    """Send somebody; the second order of one call does not make it two calls dispatched (forms_precise.csv Z11 DISP)."""
    unit, entered = incident.record["unit_code"], at + timedelta(seconds=20)
    world.check([unit], at.date(), entered)
    with world.incidents.recount(incident):
        world.desk.add(
            "dispatch_order",
            order_no=world.number("CJ"),
            incident_no=incident.record["incident_no"],
            unit_code=unit,
            dispatched_at=at,
            entered_at=entered,
        )
        incident.is_dispatched = True


def divert(world: World, incident: Incident, *, on: date) -> None:
    """Hand the call to the city hotline or another agency."""
    if world.is_silent([incident.record["unit_code"]], on):
        raise ActError(f"call {incident.record['incident_no']}: its unit is silent on {on}")
    with world.incidents.recount(incident):
        world.change(world.desk, incident.record, datetime.combine(on, time(18)), diverted_on=on)


def link(world: World, incident: Incident, *, case_no: str) -> None:
    """Note the case the call led to."""
    with world.incidents.recount(incident):
        world.change(world.desk, incident.record, incident.record["entered_at"], linked_case_no=case_no)
