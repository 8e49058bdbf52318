"""Events of one case turned into intervals: a transfer closes one spell and opens the next."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from .conditions import Anchor, holds
from .standard import Row, in_order


def spells(rule: Row, events: list[Row], anchor: Anchor) -> list[Row]:
    """One row per spell, with the dimensions of its opening event and start_*/end_* beside them.

    A partner is the unit at the other end of a transfer. Only the absence of a spell there makes it null: a spell whose unit is null
    stands at the unknown unit, like any record without a unit, or a transfer from there would seem to come from outside the tree.
    """
    found: list[Row] = []
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for event in events:
        if event[rule["kind"]] in [*rule["opens"], *rule["closes"]] and event[rule["on"]] is not None:
            thing = tuple(event[name] for name in rule["by"])
            groups.setdefault((*thing, id(event)) if None in thing else thing, []).append(event)  # of no known thing: alone
    for group in groups.values():
        ordered = _until_the_end(_in_order(group, rule), rule)
        carried = _carried(rule, ordered)
        opened: list[Row] = []
        for position, event in enumerate(ordered):
            if not _opens(event, rule, anchor):
                continue
            before = ordered[position - 1] if position > 0 else None
            after = ordered[position + 1] if position + 1 < len(ordered) else None
            opened.append(
                {
                    **event,
                    **carried,
                    "start_on": event[rule["on"]],
                    "start_kind": event[rule["kind"]],
                    "start_unit": event[rule["unit"]],
                    "start_partner": _unit_of_spell(before, rule, anchor),
                    "end_on": after[rule["on"]] if after else None,
                    "end_kind": after[rule["kind"]] if after else None,
                    "end_partner": _unit_of_spell(after, rule, anchor),
                    "start_is_elsewhere": _is_elsewhere(event, before, rule, anchor),
                    "end_is_elsewhere": _is_elsewhere(event, after, rule, anchor),
                }
            )
        for this, following in zip_longest(opened, opened[1:]):
            found.append({**this, "next_start_on": following["start_on"] if following else None})
    return found


def _in_order(group: list[Row], rule: Row) -> list[Row]:
    """Put the events in the order of their days: none counts before the thing begins, and on one day the beginning comes first.

    What nothing else puts in order follows the names of the kinds.
    """
    begins = rule.get("begins", [])
    beginnings = [event[rule["on"]] for event in group if event[rule["kind"]] in begins]
    counted = [{**event, rule["on"]: max([event[rule["on"]], *([min(beginnings)] if beginnings else [])])} for event in group]
    said = [*rule.get("order", []), rule["kind"]]
    return sorted(counted, key=lambda event: (event[rule["on"]], event[rule["kind"]] not in begins, in_order(event, said)))


def _until_the_end(ordered: list[Row], rule: Row) -> list[Row]:
    for position, event in enumerate(ordered):
        if event[rule["kind"]] in rule["ends"]:
            return ordered[: position + 1]
    return ordered


def _carried(rule: Row, events: list[Row]) -> Row:
    """What all spells of one thing take from its event of kind `from`; the greatest value, should there be several."""
    if "carry" not in rule:
        return {}
    sources = [event for event in events if event[rule["kind"]] == rule["carry"]["from"]]
    values = {name: [event[name] for event in sources if event[name] is not None] for name in rule["carry"]["dimensions"]}
    return {name: max(known) if known else None for name, known in values.items()}


def _opens(event: Row, rule: Row, anchor: Anchor) -> bool:
    leaves = "leaves_when" in rule and holds(rule["leaves_when"], event, anchor) is True
    return event[rule["kind"]] in rule["opens"] and not leaves


def _is_elsewhere(event: Row, other: Row | None, rule: Row, anchor: Anchor) -> bool:
    """Whether the other end of a transfer is another unit or place; so it is when there is no spell at the other end."""
    if "place" not in rule or other is None or not _opens(other, rule, anchor):
        return True
    here, there = ((_unit_of_spell(end, rule, anchor), end[rule["place"]]) for end in (event, other))
    return here != there


def _unit_of_spell(event: Row | None, rule: Row, anchor: Anchor) -> Any:
    if event is None or not _opens(event, rule, anchor):
        return None
    unit = event[rule["unit"]]
    return anchor.standard.unknown_unit if unit is None else unit
