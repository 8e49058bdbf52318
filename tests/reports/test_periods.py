"""Reference periods: every spelling, every window, and the edges of years."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policestats.errors import PeriodError
from policestats.periods import FREQUENCIES, Cutoff, ReferencePeriod, Window


@pytest.mark.parametrize(
    ("text", "frequency", "start", "end", "days"),
    [
        ("2026-10-03", "day", "2026-10-03", "2026-10-04", 1),
        ("2026-12-31", "day", "2026-12-31", "2027-01-01", 1),
        ("2024-02-29", "day", "2024-02-29", "2024-03-01", 1),
        ("2026-W41", "week", "2026-10-05", "2026-10-12", 7),
        ("2026-W01", "week", "2025-12-29", "2026-01-05", 7),  # 2026-01-01 is a Thursday
        ("2026-W53", "week", "2026-12-28", "2027-01-04", 7),  # a year that begins on a Thursday has 53 weeks
        ("2026-02", "month", "2026-02-01", "2026-03-01", 28),
        ("2024-02", "month", "2024-02-01", "2024-03-01", 29),
        ("2026-12", "month", "2026-12-01", "2027-01-01", 31),
        ("2026-Q1", "quarter", "2026-01-01", "2026-04-01", 90),
        ("2026-Q4", "quarter", "2026-10-01", "2027-01-01", 92),
        ("2026-H1", "half_year", "2026-01-01", "2026-07-01", 181),
        ("2026-H2", "half_year", "2026-07-01", "2027-01-01", 184),
        ("2026", "year", "2026-01-01", "2027-01-01", 365),
        ("2024", "year", "2024-01-01", "2025-01-01", 366),
    ],
)
def test_every_spelling(text: str, frequency: str, start: str, end: str, days: int) -> None:
    found = ReferencePeriod.parse(text)
    assert (found.frequency, found.start, found.end, found.days) == (frequency, date.fromisoformat(start), date.fromisoformat(end), days)
    assert str(found) == text
    assert ReferencePeriod.of(frequency, found.start) == found
    assert ReferencePeriod.of(frequency, found.end - timedelta(days=1)) == found


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-00", "2026-02-30", "2026-02-29", "2025-W53", "2026-W00", "2026-W54", "2026-Q5", "2026-Q0", "2026-H3", "26-10",
     "2026-1", "2026/10", "2026-10-3", "2026-w41", "2026-10 ", " 2026-10", "2026-10-03T00:00", "October 2026", "0000"],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(PeriodError, match=r"^period '.*'") as raised:
        ReferencePeriod.parse(text)
    assert repr(text) in str(raised.value)


def test_a_misspelt_period_says_how_it_is_written() -> None:
    with pytest.raises(PeriodError, match=r"is not written as 2026-10-03, 2026-W41, 2026-10, 2026-Q3, 2026-H1 or 2026$"):
        ReferencePeriod.parse("2026/10")
    with pytest.raises(PeriodError, match=r"period '2026-02-30': day"):  # the form is right, the day does not exist
        ReferencePeriod.parse("2026-02-30")


#: for each period, the window of current, ytd, previous_period, previous_ytd, prior_year, prior_year_ytd; None: there is none
WINDOWS = {
    "2026-10": ["2026-10-01 2026-11-01", "2026-01-01 2026-11-01", "2026-09-01 2026-10-01", "2026-01-01 2026-10-01", "2025-10-01 2025-11-01", "2025-01-01 2025-11-01"],
    "2026-01": ["2026-01-01 2026-02-01", "2026-01-01 2026-02-01", "2025-12-01 2026-01-01", "2026-01-01 2026-01-01", "2025-01-01 2025-02-01", "2025-01-01 2025-02-01"],
    "2024-02": ["2024-02-01 2024-03-01", "2024-01-01 2024-03-01", "2024-01-01 2024-02-01", "2024-01-01 2024-02-01", "2023-02-01 2023-03-01", "2023-01-01 2023-03-01"],
    "2024-02-29": ["2024-02-29 2024-03-01", "2024-01-01 2024-03-01", "2024-02-28 2024-02-29", "2024-01-01 2024-02-29", None, None],
    "2025-03-01": ["2025-03-01 2025-03-02", "2025-01-01 2025-03-02", "2025-02-28 2025-03-01", "2025-01-01 2025-03-01", "2024-03-01 2024-03-02", "2024-01-01 2024-03-02"],
    # the year of a week is its ISO year: 2026 runs from 2025-12-29 to 2027-01-03, 2025 from 2024-12-30
    "2026-W01": ["2025-12-29 2026-01-05", "2025-12-29 2026-01-05", "2025-12-22 2025-12-29", "2025-12-29 2025-12-29", "2024-12-30 2025-01-06", "2024-12-30 2025-01-06"],
    "2026-W41": ["2026-10-05 2026-10-12", "2025-12-29 2026-10-12", "2026-09-28 2026-10-05", "2025-12-29 2026-10-05", "2025-10-06 2025-10-13", "2024-12-30 2025-10-13"],
    "2026-W53": ["2026-12-28 2027-01-04", "2025-12-29 2027-01-04", "2026-12-21 2026-12-28", "2025-12-29 2026-12-28", None, None],
    "2027-W01": ["2027-01-04 2027-01-11", "2027-01-04 2027-01-11", "2026-12-28 2027-01-04", "2027-01-04 2027-01-04", "2025-12-29 2026-01-05", "2025-12-29 2026-01-05"],
    "2026-Q1": ["2026-01-01 2026-04-01", "2026-01-01 2026-04-01", "2025-10-01 2026-01-01", "2026-01-01 2026-01-01", "2025-01-01 2025-04-01", "2025-01-01 2025-04-01"],
    "2026-H2": ["2026-07-01 2027-01-01", "2026-01-01 2027-01-01", "2026-01-01 2026-07-01", "2026-01-01 2026-07-01", "2025-07-01 2026-01-01", "2025-01-01 2026-01-01"],
    "2026": ["2026-01-01 2027-01-01", "2026-01-01 2027-01-01", "2025-01-01 2026-01-01", "2026-01-01 2026-01-01", "2025-01-01 2026-01-01", "2025-01-01 2026-01-01"],
}  # fmt: skip


@pytest.mark.parametrize("text", WINDOWS)
def test_windows_of_each_variant(text: str) -> None:
    period = ReferencePeriod.parse(text)
    variants = ("current", "ytd", "previous_period", "previous_ytd", "prior_year", "prior_year_ytd")
    for variant, expected in zip(variants, WINDOWS[text], strict=True):
        wanted = Window(*map(date.fromisoformat, expected.split())) if expected else None
        assert period.window(variant) == wanted, variant


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2024-12-29", "2024-W52"),
        ("2024-12-30", "2025-W01"),  # a Monday that belongs to the next ISO year
        ("2025-12-28", "2025-W52"),
        ("2025-12-29", "2026-W01"),
        ("2027-01-01", "2026-W53"),  # a Friday that belongs to the last one
        ("2027-01-03", "2026-W53"),
        ("2027-01-04", "2027-W01"),
    ],
)
def test_the_week_of_a_day_at_the_edges_of_iso_years(day: str, week: str) -> None:
    assert str(ReferencePeriod.of("week", date.fromisoformat(day))) == week


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(FREQUENCIES))
def test_periods_tile_the_calendar(day: date, frequency: str) -> None:
    period = ReferencePeriod.of(frequency, day)
    assert period.start <= day < period.end
    assert ReferencePeriod.parse(period.text) == period
    assert period.previous.end == period.start
    assert ReferencePeriod.of(frequency, period.end).previous == period
    assert period.year_start <= period.start


def test_split() -> None:
    assert [p.text for p in ReferencePeriod.parse("2026-Q1").split("month")] == ["2026-01", "2026-02", "2026-03"]
    days = ReferencePeriod.parse("2026-W53").split("day")
    assert (len(days), days[0].text, days[-1].text) == (7, "2026-12-28", "2027-01-03")
    # weeks cross the edges of a month: W01 begins on 2025-12-29, W05 ends on 2026-02-01
    weeks = ReferencePeriod.parse("2026-01").split("week")
    assert [w.text for w in weeks] == ["2026-W01", "2026-W02", "2026-W03", "2026-W04", "2026-W05"]


def test_an_unknown_frequency_names_the_known_ones() -> None:
    with pytest.raises(PeriodError, match="frequency 'fortnight' is not one of day, week, month"):
        ReferencePeriod.of("fortnight", date(2026, 1, 1))


def test_the_cut_off_as_a_shift_of_the_entry_time() -> None:
    assert Cutoff(2, time(6)).offset == timedelta(days=1, hours=6)  # 2026-11-02 06:00 becomes 2026-11-01 00:00, one second earlier October
    assert Cutoff(1, time(0)).offset == timedelta(0)
    assert Cutoff(10, time(23, 59, 59)).offset == timedelta(days=9, hours=23, minutes=59, seconds=59)


@pytest.mark.parametrize("text", ["2026-10\n", "２０２６-10", " 2026-10", "9999-12-31"])
def test_what_only_looks_like_a_period_is_refused(text: str) -> None:
    """A trailing line end, full-width digits, a blank; and a day whose next day the calendar does not have."""
    with pytest.raises(PeriodError):
        ReferencePeriod.parse(text)
