"""Periods, the windows of the column variants, and the clock that posts late entries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

CUMULATIVE = ("ytd", "prior_year_ytd")
LOOKS_BACK = ("prior_year", "prior_year_ytd", "previous_period")  # previous_ytd lies in the year of the period, as ytd does


class Window(NamedTuple):
    """Days from ``start`` up to, not including, ``end``."""

    start: date
    end: date

    def holds(self, day: date | None) -> bool:
        """Whether ``day`` lies in the window; a null day lies in none."""
        return day is not None and self.start <= day < self.end


@dataclass(frozen=True)
class Period:
    """A reference period, written as in a release."""

    text: str
    frequency: str
    start: date
    end: date

    @property
    def first_day_of_year(self) -> date:
        """Where year to date begins: 1 January, or for a week the Monday of W01 of its ISO year."""
        return date.fromisocalendar(int(self.text[:4]), 1, 1) if self.frequency == "week" else date(self.start.year, 1, 1)


def period(text: str) -> Period:
    """Read a period. Raises: ValueError when no such period exists (2025-02-29, 2025-W53)."""
    if match := re.fullmatch(r"(\d{4})-W(\d\d)", text):
        monday = date.fromisocalendar(int(match[1]), int(match[2]), 1)
        return Period(text, "week", monday, monday + timedelta(days=7))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = date.fromisoformat(text)
        return Period(text, "day", day, day + timedelta(days=1))
    year, rest = int(text[:4]), text[4:]
    if rest == "":
        return Period(text, "year", date(year, 1, 1), date(year + 1, 1, 1))
    if match := re.fullmatch(r"-(\d\d)", rest):
        return Period(text, "month", date(year, int(match[1]), 1), _month_after(year, int(match[1])))
    if match := re.fullmatch(r"-Q([1-4])", rest):
        return Period(text, "quarter", date(year, 3 * int(match[1]) - 2, 1), _month_after(year, 3 * int(match[1])))
    if match := re.fullmatch(r"-H([12])", rest):
        return Period(text, "half_year", date(year, 6 * int(match[1]) - 5, 1), _month_after(year, 6 * int(match[1])))
    raise ValueError(f"{text!r} is not a period")


def previous(this: Period) -> Period:
    """The period of the same frequency just before."""
    last = this.start - timedelta(days=1)
    if this.frequency == "week":
        year, week, _ = last.isocalendar()
        return period(f"{year:04d}-W{week:02d}")
    written = {
        "day": last.isoformat(),
        "month": f"{last.year:04d}-{last.month:02d}",
        "quarter": f"{last.year:04d}-Q{(last.month - 1) // 3 + 1}",
        "half_year": f"{last.year:04d}-H{(last.month - 1) // 6 + 1}",
        "year": f"{last.year:04d}",
    }
    return period(written[this.frequency])


def window(this: Period, variant: str) -> Window | None:
    """The window of a column variant; None when the prior year has no such week or day."""
    if variant.startswith("prior_year"):
        try:
            this = period(f"{int(this.text[:4]) - 1:04d}{this.text[4:]}")
        except ValueError:
            return None
        variant = {"prior_year": "current", "prior_year_ytd": "ytd"}[variant]
    if variant == "current":
        return Window(this.start, this.end)
    if variant == "ytd":
        return Window(this.first_day_of_year, this.end)
    if variant == "previous_ytd":
        return Window(this.first_day_of_year, this.start)
    if variant == "previous_period":
        before = previous(this)
        return Window(before.start, before.end)
    raise ValueError(f"{variant!r} is not a variant")


@dataclass(frozen=True)
class Clock:
    """The cut-off calendar: a month closes on ``day`` of the next month at ``at``."""

    day: int
    at: time
    lateness: str

    def is_late(self, on: Any, entered: datetime | None) -> bool | None:
        """Whether an event of day ``on`` was entered after the cut-off of its month; a null entry time never is."""
        if entered is None:
            return False
        if on is None:
            return None
        written = self._written(entered)
        return (written.year, written.month) > (on.year, on.month)

    def posted(self, on: Any, entered: datetime | None) -> date | None:
        """The day on which the event counts; None for a null ``on``."""
        if on is None:
            return None
        if self.lateness == "post_current" and entered is not None and self.is_late(on, entered):
            written = self._written(entered)
            return date(written.year, written.month, 1)
        return as_day(on)

    def _written(self, entered: datetime) -> datetime:
        return entered - timedelta(days=self.day - 1, hours=self.at.hour, minutes=self.at.minute, seconds=self.at.second)


def clock(settings: dict[str, Any], lateness: str) -> Clock:
    """The clock of a standard.yaml; without a cut-off nothing is late before the next month begins."""
    cutoff = settings.get("cutoff", {"day": 1, "time": "00:00"})
    return Clock(int(cutoff["day"]), time.fromisoformat(str(cutoff["time"])), lateness)


def as_day(value: Any) -> Any:
    """The calendar day of a date or timestamp."""
    return value.date() if isinstance(value, datetime) else value


def _month_after(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)
