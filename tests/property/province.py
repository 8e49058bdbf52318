"""A small made-up province with one reorganisation, and the days and moments that are easy to get wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
Draw = st.DrawFn

ROOT, CITY = "990000000000", "990100000000"
COUNTY_1, COUNTY_2 = "990101000000", "990102000000"
STATION_A, STATION_B, STATION_C, STATION_NEW = "990101010000", "990101020000", "990102010000", "990102020000"
NOBODY = "999999999999"  # in no tree

# First and last days of months and years, the days around a cut-off, the day a law changed, and their neighbours a year before.
DAYS = [date.fromisoformat(f"2025-{day}") for day in ("01-01", "01-31", "02-01", "02-28", "10-31", "11-01", "12-01", "12-31")]
DAYS += [
    date.fromisoformat(f"2026-{day}") for day in ("01-01", "01-02", "01-15", "01-31", "02-01", "02-02", "02-15", "02-28", "03-01", "03-31")
]
REFORM_DAYS = [date(2025, 11, 1), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 15), date(2026, 2, 28)]


@dataclass(frozen=True)
class Moment:
    """When something happened and when it was entered; never entered before it happened."""

    on: date
    entered: datetime


@st.composite
def unit_tables(draw: Draw) -> list[Row]:
    """Unit versions: station B stays, moves to the other county, merges into a neighbour or a new station, or closes without a successor."""
    begin, reform = date(2020, 1, 1), draw(st.sampled_from(REFORM_DAYS))
    fate = draw(st.sampled_from(["stays", "moves", "into_a", "into_new", "chain", "closes"]))
    rows = [_unit(ROOT, None, begin), _unit(CITY, ROOT, begin), _unit(COUNTY_1, CITY, begin), _unit(COUNTY_2, CITY, begin)]
    rows += [_unit(STATION_A, COUNTY_1, begin)]
    successor = {"into_a": STATION_A, "into_new": STATION_NEW, "chain": STATION_C}.get(fate)
    rows.append(_unit(STATION_B, COUNTY_1, begin, None if fate == "stays" else reform, successor))
    if fate == "moves":
        rows.append(_unit(STATION_B, COUNTY_2, reform))
    if fate == "into_new":
        rows.append(_unit(STATION_NEW, COUNTY_2, reform))
    later = reform + timedelta(days=draw(st.sampled_from([0, 1, 30])))
    rows.append(_unit(STATION_C, COUNTY_2, begin, later if fate == "chain" else None, STATION_A if fate == "chain" else None))
    return rows


@st.composite
def timelines(draw: Draw, length: int) -> list[Moment]:
    """``length`` moments of one case, close together: neither the days nor the entry times ever go back."""
    position = draw(st.integers(0, len(DAYS) - 1))
    moments: list[Moment] = []
    for _ in range(length):
        on = DAYS[min(position, len(DAYS) - 1)]
        position += draw(st.sampled_from([0, 0, 1, 2]))
        entered = draw(st.sampled_from(_entry_times(on)))
        if moments:
            entered = max(entered, moments[-1].entered + timedelta(seconds=draw(st.integers(0, 1))))
        moments.append(Moment(on, entered))
    return moments


def cutoff(on: date) -> datetime:
    """The moment at which the month of ``on`` closes: day 2 of the next month, 06:00."""
    following = date(on.year + on.month // 12, on.month % 12 + 1, 2)
    return datetime.combine(following, time(6))


@st.composite
def units_on(draw: Draw, units: list[Row], on: date) -> str | None:
    """A station or county standing on a day; now and then a code nobody knows, or none."""
    standing = [u["unit_code"] for u in units if u["valid_from"] <= on and (u["valid_to"] is None or on < u["valid_to"])]
    usual = [code for code in standing if code not in (ROOT, CITY)]
    return draw(st.sampled_from([*usual, CITY, NOBODY, None]))


def one_in(n: int) -> st.SearchStrategy[bool]:
    """True about once in ``n`` draws; shrinks to False."""
    return st.integers(0, n - 1).map(lambda drawn: drawn == n - 1)


def numbers(prefix: str, count: int, is_reversed: bool) -> list[str]:
    """Running numbers; reversed ones are as lawful, because a number need not follow the clock."""
    order = range(count, 0, -1) if is_reversed else range(1, count + 1)
    return [f"{prefix}-{number}" for number in order]


def _entry_times(on: date) -> list[datetime]:
    noon, close = datetime.combine(on, time(12)), cutoff(on)
    return [noon, close - timedelta(seconds=1), close, close + timedelta(days=40), noon + timedelta(days=1)]


def _unit(code: str, parent: str | None, begin: date, end: date | None = None, successor: str | None = None) -> Row:
    level = {ROOT: "province", CITY: "city", COUNTY_1: "county", COUNTY_2: "county"}.get(code, "station")
    named = {"level_code": level, "name_zh": f"机构{code}", "name_en": f"Unit {code}"}
    return {"unit_code": code, "valid_from": begin, "valid_to": end, "parent_unit_code": parent, "successor_unit_code": successor, **named}
