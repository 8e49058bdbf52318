"""The acts of the incident desk: receive, handle, merge, dispatch, divert, link to a case."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from policestats.simulator.incident_book import Incident
from policestats.simulator.records import Row
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
        settlement_code=None,
        has_body_camera=False,
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


def dispatch(world: World, incident: Incident, *, at: datetime) -> Row:
    """Send somebody; the second order of one call does not make it two calls dispatched (forms_precise.csv Z11 DISP). Returns the order."""
    unit, entered = incident.record["unit_code"], at + timedelta(seconds=20)
    world.check([unit], at.date(), entered)
    with world.incidents.recount(incident):
        order = world.desk.add(
            "dispatch_order",
            order_no=world.number("CJ"),
            incident_no=incident.record["incident_no"],
            unit_code=unit,
            dispatched_at=at,
            entered_at=entered,
            is_first=not incident.is_dispatched,
            area_class_code=None,
            force_code=None,
            priority_code=None,
            acknowledged_at=None,
            acknowledged_source_code=None,
            arrived_at=None,
            arrived_source_code=None,
            feedback_at=None,
            feedback_source_code=None,
        )
        incident.is_dispatched = True
    return order


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
