"""Months and the two clocks of the made-up province: the day of an event, and the moment it was entered.

The rule is written down here a second time on purpose: the tally must not share code with what it is compared to.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

#: A month closes on day 2 of the next one at 06:00 (corrections.md 3).
AFTER_MONTH_END = timedelta(days=1, hours=6)


def month_of(day: date) -> date:
    """Return the first day of the month that holds ``day``; months are written as that date everywhere in the simulator."""
    return date(day.year, day.month, 1)


def add_months(month: date, count: int) -> date:
    """Return the first day of the month ``count`` months after ``month`` (before it when negative)."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, after: date) -> Iterator[date]:
    """Yield the months from ``first`` up to, not including, ``after``."""
    month = month_of(first)
    while month < after:
        yield month
        month = add_months(month, 1)


def days_in(month: date) -> int:
    """Return the number of days of ``month``."""
    return (add_months(month, 1) - month).days


def month_text(month: date) -> str:
    """Return ``month`` as periods are written, e.g. 2025-03."""
    return f"{month:%Y-%m}"


def cutoff_of(month: date) -> datetime:
    """Return the moment from which an entry is too late for ``month``."""
    return datetime.combine(add_months(month, 1), datetime.min.time()) + AFTER_MONTH_END


def posting(on: date, entered: datetime) -> tuple[date, bool]:
    """Return the day on which an event of day ``on`` entered at ``entered`` counts, and whether it is late.

    An event entered before its month's cut-off counts on its own day. A later one counts in the month in whose window it was entered
    (补立), on the first day of it; never in both.

    Source: corrections.md 2 and 3.
    """
    if entered < cutoff_of(month_of(on)):
        return on, False
    return month_of((entered - AFTER_MONTH_END).date()), True
