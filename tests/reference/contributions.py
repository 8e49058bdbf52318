"""What one indicator counts in one window: records, each with its unit, its partner and its weight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .calendar import Window, as_day
from .conditions import Anchor, holds, value_of
from .facts import fact_rows
from .standard import Row

OUTSIDE = object()  # a partner that is no unit of the tree


@dataclass(frozen=True)
class Contribution:
    """One record counted once: ``partner`` is None for what is no transfer, OUTSIDE or a recorded unit code for one."""

    record: Row
    unit: str | None
    partner: Any
    weight: Fraction
    key: tuple[Any, ...] | None  # of a distinct count


def contributions(indicator: Row, window: Window, anchor: Anchor) -> Iterator[Contribution]:
    """Yield everything ``indicator`` counts in ``window``."""
    ledger = "ledger" in indicator
    for record in fact_rows(indicator["ledger"] if ledger else indicator["fact"], anchor):
        if holds(indicator.get("where", {}), record, anchor) is not True:
            continue
        if ledger:
            if _shows(indicator, record, window):
                amount = value_of(indicator["sum"], record) if "sum" in indicator else 1
                yield Contribution(record, record["start_unit"], _ledger_partner(indicator, record), Fraction(amount or 0), None)
        elif window.holds(as_day(value_of(indicator["on"], record))):
            yield _counted(indicator, record)


def is_distinct(indicator: Row) -> bool:
    """Whether the indicator counts distinct keys, which must be recomputed along units, time and rows."""
    return "distinct" in indicator


def _shows(indicator: Row, spell: Row, window: Window) -> bool:
    kinds, show = indicator.get("kinds"), indicator["show"]
    if show == "entered":
        return window.holds(spell["start_on"]) and (kinds is None or spell["start_kind"] in kinds)
    if show == "left":
        return window.holds(spell["end_on"]) and (kinds is None or spell["end_kind"] in kinds)
    moment = {"opening": window.start, "closing": window.end}[show]
    start, end = spell["start_on"], spell["end_on"]
    return start is not None and start < moment and (end is None or end >= moment)


def _ledger_partner(indicator: Row, spell: Row) -> Any:
    if not indicator.get("net"):
        return None
    partner = spell["start_partner" if indicator["show"] == "entered" else "end_partner"]
    return OUTSIDE if partner is None else partner


def _counted(indicator: Row, record: Row) -> Contribution:
    unit = value_of(indicator["by"], record)
    partner = None
    if "partner" in indicator:
        partner = value_of(indicator["partner"], record)
        partner = OUTSIDE if partner is None else partner
    if is_distinct(indicator):
        return Contribution(record, unit, partner, Fraction(1), tuple(value_of(name, record) for name in indicator["distinct"]))
    amount = value_of(indicator["sum"], record) if "sum" in indicator else 1
    return Contribution(record, unit, partner, Fraction(amount or 0), None)
