"""Double entry (corrections.md 9): a thing stays at one unit after another; what happens closes one stay and may open the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from policestats.simulator.province import OUTSIDE
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import Window


@dataclass(frozen=True)
class Step:
    """What happens to a thing on the day on which it counts: it opens a stay at ``unit`` (``opens``), or closes one; ``ends`` for good."""

    day: date
    kind: str
    unit: str | None = None
    opens: bool = False
    ends: bool = False
    record: Any = None


@dataclass(frozen=True)
class Stay:
    """One stay: since when, how it began and from where, until when (None: still), how it ended and whereto. None for no other end."""

    unit: str | None
    since: date
    came: str
    came_from: str | None
    until: date | None
    left: str | None
    left_to: str | None
    record: Any

    def is_open_at(self, day: date) -> bool:
        """Tell whether the thing is there when ``day`` begins."""
        return self.since < day and (self.until is None or self.until >= day)


def stays(steps: Iterable[Step]) -> Iterator[Stay]:
    """Yield the stays of one thing whose steps come in order."""
    now: Step | None = None
    before: str | None = None
    for step in steps:
        if now is not None:
            yield Stay(now.unit, now.day, now.kind, before, step.day, step.kind, step.unit, now.record)
        before = None if now is None else now.unit
        now = step if step.opens and step.unit != OUTSIDE else None
        if step.ends:
            return
    if now is not None:
        yield Stay(now.unit, now.day, now.kind, before, None, None, None, now.record)


def count_stock(
    sheet: Sheet, stay: Stay, rows: Iterable[str], number: Any = 1, *, opening: str | None = "OPEN", closing: str = "CLOSE"
) -> None:
    """Count what is there when the window begins, and when it has ended."""
    shown = list(rows)
    if opening is not None and stay.is_open_at(sheet.span.start):
        sheet.count(opening, stay.unit, shown, number)
    if stay.is_open_at(sheet.span.after):
        sheet.count(closing, stay.unit, shown, number)


def came_in(stay: Stay, span: Window) -> bool:
    """Tell whether the stay began in ``span``."""
    return span.holds(stay.since)


def left_in(stay: Stay, span: Window) -> bool:
    """Tell whether the stay ended in ``span``."""
    return span.holds(stay.until)
