"""The acts of field collection (一标三实): register, verify, change, move, cancel, merge and restore addresses, people, houses and the like."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from policestats.simulator.calendar import posting
from policestats.simulator.object_book import CollectedObject
from policestats.simulator.world import ActError, World

_AFTERNOON = time(17)


def register_object(
    world: World, table: str, *, unit: str | None, community: str | None, on: date, entered: datetime, **attributes: Any
) -> CollectedObject:
    """Register an object of the kind ``table`` (address, resident, house, organisation, security_element) with its other columns."""
    world.check([unit], on, entered)
    object_id = world.number("CJ")
    record = world.collection.add(
        table, object_id=object_id, unit_code=unit, community_code=community, registered_on=on, entered_at=entered, **attributes
    )
    found = CollectedObject(object_id, table, record, unit, community, on, entered)
    world.objects.registered(found, posting(on, entered)[0])
    return found


def maintain(world: World, found: CollectedObject, *, on: date, entered: datetime, **changes: Any) -> None:
    """Visit the object and find it as it was (verified), or write down what has changed: columns and their new values."""
    _require(found, "active")
    holder = world.unit_now(found.unit, on)
    posted_on = world.step(found, on, entered, [holder])
    if changes:
        world.change(world.collection, found.record, entered, **changes)
    world.collection.add(
        "object_maintenance",
        maintenance_no=world.number("WH"),
        object_id=found.object_id,
        kind_code="changed" if changes else "verified",
        maintained_on=on,
        entered_at=entered,
        unit_code=holder,
        community_code=found.community,
    )
    world.objects.maintained(found, posted_on, on, holder, found.community, is_verified=not changes)


def leave(world: World, found: CollectedObject, *, on: date) -> None:
    """Note that a resident left on ``on``; the registration stands until it is cancelled."""
    _require(found, "active")
    if world.is_silent([world.unit_now(found.unit, on)], on):
        raise ActError(f"{found.number}: its holder {found.unit} is silent on {on}")
    world.change(world.collection, found.record, datetime.combine(on, _AFTERNOON), left_on=on)


def move_object(world: World, found: CollectedObject, *, to_unit: str, to_community: str, on: date, entered: datetime) -> None:
    """Move the object to another community, of the same unit or of another one (迁入, 迁出)."""
    _require(found, "active")
    giver = world.unit_now(found.unit, on)
    posted_on = world.step(found, on, entered, [giver, to_unit])
    found.unit, found.community = to_unit, to_community
    _write_event(world, found, "moved", on=on, entered=entered)
    world.objects.moved(found, posted_on, to_unit, to_community)


def cancel(world: World, found: CollectedObject, *, on: date, entered: datetime) -> None:
    """Cancel the registration (注销)."""
    _close(world, found, "cancelled", on=on, entered=entered)


def merge_object(world: World, found: CollectedObject, *, on: date, entered: datetime) -> None:
    """Close the registration as a duplicate of another one (合并去重)."""
    _close(world, found, "merged", on=on, entered=entered)


def restore_object(world: World, found: CollectedObject, *, on: date, entered: datetime) -> None:
    """Take back a cancellation made by mistake (恢复)."""
    _require(found, "cancelled")
    found.unit = world.unit_now(found.unit, on)
    posted_on = world.step(found, on, entered, [found.unit])
    _write_event(world, found, "restored", on=on, entered=entered)
    found.state = "active"
    world.objects.restored(found, posted_on, found.unit, found.community)


def _close(world: World, found: CollectedObject, kind: str, *, on: date, entered: datetime) -> None:
    _require(found, "active")
    posted_on = world.step(found, on, entered, [world.unit_now(found.unit, on)])
    _write_event(world, found, kind, on=on, entered=entered)
    found.state = kind
    world.objects.closed(found, posted_on, on, kind)


def _write_event(world: World, found: CollectedObject, kind: str, *, on: date, entered: datetime) -> None:
    world.collection.add(
        "object_event",
        event_no=world.number("CJE"),
        object_id=found.object_id,
        kind_code=kind,
        occurred_on=on,
        entered_at=entered,
        unit_code=world.unit_now(found.unit, on),
        community_code=found.community,
    )


def _require(found: CollectedObject, state: str) -> None:
    if found.state != state:
        raise ActError(f"{found.number} is {found.state}; this act needs it {state}")
