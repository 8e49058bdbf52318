"""A small made-up province with one reorganisation, and the days and moments that are easy to get wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]

ROOT, CITY = "990000000000", "990100000000"
COUNTY_1, COUNTY_2 = "990101000000", "990102000000"
STATION_A, STATION_B, STATION_C, STATION_NEW = "990101010000", "990101020000", "990102010000", "990102020000"
LONGEST = 6  # events of one case, its filing among them
NOBODY = "999999999999"  # in no tree

# First and last days of months and years, the days around a cut-off, the day a law changed, one day a year before. Few, so that they meet.
DAYS = [date.fromisoformat(day) for day in ("2025-02-28", "2025-12-01", "2025-12-31", "2026-01-01", "2026-01-02", "2026-01-15")]
DAYS += [date.fromisoformat(day) for day in ("2026-01-31", "2026-02-01", "2026-02-02", "2026-02-28", "2026-03-01")]
REFORM_DAYS = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 15), date(2026, 2, 1), date(2026, 2, 15), date(2026, 2, 28)]


@dataclass(frozen=True)
class Moment:
    """When something happened and when it was entered; never entered before it happened."""

    on: date
    entered: datetime


def unit_tables(rng: Random) -> list[Row]:
    """Unit versions: station B stays, moves to the other county, merges into a neighbour or a new station, or closes without a successor."""
    begin, reform = date(2020, 1, 1), rng.choice(REFORM_DAYS)
    fate = rng.choice(["stays", "moves", "into_a", "into_new", "chain", "closes"])
    rows = [_unit(ROOT, None, begin), _unit(CITY, ROOT, begin), _unit(COUNTY_1, CITY, begin), _unit(COUNTY_2, CITY, begin)]
    rows += [_unit(STATION_A, COUNTY_1, begin)]
    successor = {"into_a": STATION_A, "into_new": STATION_NEW, "chain": STATION_C}.get(fate)
    rows.append(_unit(STATION_B, COUNTY_1, begin, None if fate == "stays" else reform, successor))
    if fate == "moves":
        rows.append(_unit(STATION_B, COUNTY_2, reform))
    if fate == "into_new":
        rows.append(_unit(STATION_NEW, COUNTY_2, reform))
    later = reform + timedelta(days=rng.choice([0, 1, 30]))
    rows.append(_unit(STATION_C, COUNTY_2, begin, later if fate == "chain" else None, STATION_A if fate == "chain" else None))
    return rows


def timeline(rng: Random, length: int) -> list[Moment]:
    """The first ``length`` moments of one case, close together: the days never go back, and each is entered after the one before."""
    first = rng.randint(0, len(DAYS) - 4)
    moments: list[Moment] = []
    for on in sorted(rng.choices(DAYS[first : first + 5], k=LONGEST)):
        entered = rng.choice(_entry_times(on))
        if moments:
            entered = max(entered, moments[-1].entered + timedelta(seconds=1))
        moments.append(Moment(on, entered))
    return moments[:length]  # drawn in full, so that a shorter case is the beginning of a longer one


def entered_in_any_order(rng: Random, moments: list[Moment]) -> list[Moment]:
    """The same days, of which a later one may have been entered first: two desks, two systems. No law forbids it."""
    return [Moment(moment.on, rng.choice(_entry_times(moment.on))) for moment in moments]


def cutoff(on: date) -> datetime:
    """The moment at which the month of ``on`` closes: day 2 of the next month, 06:00."""
    following = date(on.year + on.month // 12, on.month % 12 + 1, 2)
    return datetime.combine(following, time(6))


def unit_on(rng: Random, units: list[Row], on: date) -> str | None:
    """A station or county standing on a day; now and then a code nobody knows, or none."""
    standing = [u["unit_code"] for u in units if u["valid_from"] <= on and (u["valid_to"] is None or on < u["valid_to"])]
    usual = [code for code in standing if code not in (ROOT, CITY)]
    return rng.choice([*usual, CITY, NOBODY, None])


def one_in(rng: Random, n: int) -> bool:
    """True about once in ``n`` times."""
    return rng.randrange(n) == 0


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
