"""Reference periods, their windows, and the cut-off calendar. Intervals are half-open: [start, end)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property

from policestats.errors import PeriodError

FREQUENCIES = ("day", "week", "month", "quarter", "half_year", "year")
VARIANTS = ("current", "ytd", "prior_year", "prior_year_ytd", "previous_period", "previous_ytd")

_FORMS = {
    "day": re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII),
    "week": re.compile(r"(\d{4})-W(\d{2})", re.ASCII),
    "month": re.compile(r"(\d{4})-(\d{2})", re.ASCII),
    "quarter": re.compile(r"(\d{4})-Q([1-4])", re.ASCII),
    "half_year": re.compile(r"(\d{4})-H([12])", re.ASCII),
    "year": re.compile(r"(\d{4})", re.ASCII),
}
_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True)
class Window:
    """A half-open interval of days. ``end`` is also the anchor at which history is read."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days in the window."""
        return (self.end - self.start).days


@dataclass(frozen=True)
class Cutoff:
    """When a month closes: ``day`` of the next month at ``at``, in the standard's time zone (corrections.md 3)."""

    day: int
    at: time

    @property
    def offset(self) -> timedelta:
        """What is taken from the entry time to find the month in whose window it falls."""
        return timedelta(days=self.day - 1, hours=self.at.hour, minutes=self.at.minute, seconds=self.at.second)


@dataclass(frozen=True)
class ReferencePeriod:
    """A day, ISO week, month, quarter, half-year or year, written as in a release (2026-W41, 2026-10, 2026-Q3 ...)."""

    text: str
    frequency: str
    start: date
    end: date

    @classmethod
    def parse(cls, text: str) -> ReferencePeriod:
        """Return the period written ``text``.

        Raises: PeriodError naming the accepted spellings.
        """
        for frequency, form in _FORMS.items():
            match = form.fullmatch(text)
            if match:
                try:
                    start, end = _bounds(frequency, [int(g) for g in match.groups()])
                except (ValueError, OverflowError) as error:
                    raise PeriodError(f"period {text!r}: {error}") from None
                return cls(text, frequency, start, end)
        raise PeriodError(f"period {text!r} is not written as 2026-10-03, 2026-W41, 2026-10, 2026-Q3, 2026-H1 or 2026")

    @classmethod
    def of(cls, frequency: str, day: date) -> ReferencePeriod:
        """Return the period of ``frequency`` that holds ``day``."""
        return cls.parse(_text(frequency, day))

    @cached_property
    def previous(self) -> ReferencePeriod:
        """The period of the same frequency just before."""
        return ReferencePeriod.of(self.frequency, self.start - timedelta(days=1))

    @cached_property
    def prior_year(self) -> ReferencePeriod | None:
        """The same period a year earlier; None when that year has no such week or day."""
        year, rest = int(self.text[:4]) - 1, self.text[4:]
        try:
            return ReferencePeriod.parse(f"{year:04d}{rest}")
        except PeriodError:
            return None

    @cached_property
    def year_start(self) -> date:
        """The first day of the year that 'year to date' runs from; of a week, the Monday of W01 of its ISO year."""
        if self.frequency == "week":
            return date.fromisocalendar(int(self.text[:4]), 1, 1)
        return date(self.start.year, 1, 1)

    @property
    def label(self) -> dict[str, str]:
        """The period in words, as a form says it."""
        year, number = self.text[:4], self.text[4:].lstrip("-WQH")
        zh = {
            "day": f"{self.start.year}年{self.start.month}月{self.start.day}日",
            "week": f"{year}年第{number.lstrip('0')}周",
            "month": f"{self.start.year}年{self.start.month}月",
            "quarter": f"{year}年第{number}季度",
            "half_year": f"{year}年{'上' if number == '1' else '下'}半年",
            "year": f"{year}年",
        }
        return {"zh": zh[self.frequency], "en": self.text}

    @property
    def days(self) -> int:
        """Number of days in the period."""
        return (self.end - self.start).days

    def window(self, variant: str) -> Window | None:
        """Return the window of one of VARIANTS; None when there is none (no such week or day a year earlier)."""
        if variant == "current":
            return Window(self.start, self.end)
        if variant == "ytd":
            return Window(self.year_start, self.end)
        if variant == "previous_period":
            return Window(self.previous.start, self.previous.end)
        if variant == "previous_ytd":
            return Window(self.year_start, self.start)
        prior = self.prior_year
        if prior is None:
            return None
        return prior.window("current" if variant == "prior_year" else "ytd")

    def split(self, frequency: str) -> list[ReferencePeriod]:
        """Return the periods of a finer ``frequency`` that begin inside this one, in order."""
        found, day = [], self.start
        while day < self.end:
            part = ReferencePeriod.of(frequency, day)
            found.append(part)
            day = part.end
        return found

    def __str__(self) -> str:
        return self.text


def _bounds(frequency: str, parts: list[int]) -> tuple[date, date]:
    if frequency == "day":
        day = date(*parts)
        return day, day + timedelta(days=1)
    if frequency == "week":
        monday = date.fromisocalendar(parts[0], parts[1], 1)
        return monday, monday + timedelta(days=7)
    length = _MONTHS[frequency]
    index = (parts[1] - 1) * length if frequency != "year" else 0
    start = date(parts[0], index + 1, 1)
    after = index + length
    return start, date(parts[0] + after // 12, after % 12 + 1, 1)


def _text(frequency: str, day: date) -> str:
    if frequency == "day":
        return day.isoformat()
    if frequency == "week":
        iso = day.isocalendar()
        return f"{iso.year:04d}-W{iso.week:02d}"
    if frequency == "month":
        return f"{day.year:04d}-{day.month:02d}"
    if frequency == "quarter":
        return f"{day.year:04d}-Q{(day.month + 2) // 3}"
    if frequency == "half_year":
        return f"{day.year:04d}-H{(day.month + 5) // 6}"
    if frequency == "year":
        return f"{day.year:04d}"
    raise PeriodError(f"frequency {frequency!r} is not one of {', '.join(FREQUENCIES)}")
