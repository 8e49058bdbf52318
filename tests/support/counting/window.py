"""The stretches of time that columns look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from policestats.simulator.calendar import add_months, month_of, posting
from policestats.simulator.figures import RECORDS_BEGIN


@dataclass(frozen=True)
class Window:
    """The days from ``start`` up to, not including, ``after``."""

    start: date
    after: date

    def holds(self, day: date | None) -> bool:
        """Tell whether ``day`` lies in the window; an unknown day lies nowhere."""
        return day is not None and self.start <= day < self.after

    @property
    def to_date(self) -> Window:
        """The year up to the end of the window."""
        return Window(date(self.last_month.year, 1, 1), self.after)

    @property
    def year_before(self) -> Window | None:
        """The same year to date a year earlier (上年同期累计); None before there are records, where nothing can be compared (corrections.md 14)."""
        start = date(self.last_month.year - 1, 1, 1)
        return None if start < RECORDS_BEGIN else Window(start, add_months(self.after, -12))

    @property
    def last_month(self) -> date:
        """The first day of the month in which the window ends."""
        return month_of(self.after - timedelta(days=1))


def window(period: str) -> Window:
    """Return the days of a day (2025-03-09), ISO week (2025-W10), month (2025-03), quarter (2025-Q1), half-year (2025-H1) or year (2025)."""
    year = int(period[:4])
    if len(period) == 10:
        return Window(date.fromisoformat(period), date.fromisoformat(period) + timedelta(days=1))
    if period[4:6] == "-W":
        monday = date.fromisocalendar(year, int(period[6:]), 1)
        return Window(monday, monday + timedelta(days=7))
    if len(period) == 4:
        first, months = 1, 12
    elif period[5] == "Q":
        first, months = 3 * int(period[6]) - 2, 3
    elif period[5] == "H":
        first, months = 6 * int(period[6]) - 5, 6
    else:
        first, months = int(period[5:]), 1
    start = date(year, first, 1)
    return Window(start, add_months(start, months))


def previous(period: str) -> Window | None:
    """Return the day, week, month or year before ``period``; None before there are records (corrections.md 14)."""
    span = window(period)
    if len(period) == 7:
        return _recorded(Window(add_months(span.start, -1), span.start))
    if len(period) == 4:
        return _recorded(Window(add_months(span.start, -12), span.start))
    return _recorded(Window(span.start - (span.after - span.start), span.start))


def a_year_before(period: str) -> Window | None:
    """Return the same day, week (ISO), month or year of the year before; None where there is none, or no records."""
    year = f"{int(period[:4]) - 1}{period[4:]}"
    try:
        return _recorded(window(year))
    except ValueError:
        return None


def year_to_date(period: str) -> Window:
    """Return the year up to the end of ``period``; a week's year is its ISO year."""
    start = date.fromisocalendar(int(period[:4]), 1, 1) if period[4:6] == "-W" else date(int(period[:4]), 1, 1)
    return Window(start, window(period).after)


def _recorded(span: Window) -> Window | None:
    return span if span.start >= RECORDS_BEGIN else None


def counts_on(day: date | None, entered: datetime | None) -> date | None:
    """Return the day on which an event counts; None on an unknown day. What nobody dated the entry of is not late."""
    if day is None or entered is None:
        return day
    return posting(day, entered)[0]
