"""What happens to rows besides what they tell of: written late, deleted by mistake and brought back, or entered twice and deleted for good."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta
from random import Random

from policestats.simulator.calendar import cutoff_of
from policestats.simulator.databases import KEYS
from policestats.simulator.records import Records, Row
from policestats.simulator.world import World

#: Tables whose rows come and go, with the column by which a row entered twice gets a number of its own.
_TABLES = {
    "incident": "incident_desk",
    "criminal_case": "case_system",
    "admin_case": "case_system",
    "admin_person": "case_system",
    "resident": "field_collection",
    "house": "field_collection",
    "object_maintenance": "field_collection",
    "dispute": "dispute_desk",
    "callback": "callback_desk",
    "hazard": "inspection_desk",
}
#: Tables whose delays are drawn apart, so that they change nothing in the others.
_OWN_DICE = frozenset(
    {
        "criminal_person", "criminal_victim", "injury_grade", "scene_examination", "seized_property", "seized_property_event",
        "criminal_case_amount", "payment_event", "drug_weight", "homicide_recognition", "criminal_organisation", "criminal_organisation_case",
        "seized_weapon", "case_valuation", "agency_referral", "resident_population", "corrective_measure",
    }
)  # fmt: skip
_GONE_FOR_GOOD, _GONE_FOR_A_WHILE, _WRITTEN_LATE = 0.004, 0.004, 0.05
#: Longer than the lag that sources declare, so that only the comparison of keys finds some of what was committed late.
_BEFORE_CLOSE = timedelta(days=5)


def add_mishaps(world: World, rng: Random, months: list[date]) -> None:
    """Let some rows of every system go, and some of them come back; none of it is left in the end, so no book hears of it.

    - A row entered a second time under another number is deleted some weeks later.
    - A row deleted by mistake is restored, half of the time with a new ``updated_at``, half of the time as it was.
    - Of the rows written in the days before a month closes some are committed only after it, with the older ``updated_at``.
    """
    closes = [cutoff_of(month) for month in months[:-1]]
    for table, system in _TABLES.items():
        records = world.systems[system]
        for row in list(records.tables[table]):
            drawn = rng.random()
            if world.silent is not None and world.silent[0] in row.values():
                continue
            if len(row.past) == 1 and drawn < _GONE_FOR_GOOD:
                _enter_twice(world, records, row, rng)
            elif drawn < _GONE_FOR_GOOD + _GONE_FOR_A_WHILE:
                _lose_for_a_while(world, records, row, rng)
    for records in world.systems.values():
        for table, rows in records.tables.items():
            dice = world.dice(f"delays of {table}") if table in _OWN_DICE else rng
            for row in rows:
                _delay(records, row, closes, dice)


def _enter_twice(world: World, records: Records, row: Row, rng: Random) -> None:
    first = row.changed_at
    gone = first + timedelta(days=rng.randrange(2, 50), seconds=rng.randrange(80_000))
    if gone < world.now:
        key = KEYS[row.table][-1]
        number = world.number("DEL") if isinstance(row[key], str) else 90 + int(row[key])
        copy = records.add(row.table, at=first, **{name: value for name, value in row.items() if name != "updated_at"} | {key: number})
        records.remove(copy, gone)


def _lose_for_a_while(world: World, records: Records, row: Row, rng: Random) -> None:
    gone = row.changed_at + timedelta(days=rng.randrange(1, 40), seconds=rng.randrange(80_000))
    back = gone + timedelta(days=rng.randrange(3, 60))
    if back < world.now:
        records.remove(row, gone)
        records.restore(row, back, touch=rng.random() < 0.5)


def _delay(records: Records, row: Row, closes: list[datetime], rng: Random) -> None:
    if len(row.past) != 1 or row.table in ("unit", "community"):
        return
    written = row.past[0][0]
    close = bisect_right(closes, written)
    if close < len(closes) and closes[close] - written < _BEFORE_CLOSE and rng.random() < _WRITTEN_LATE:
        records.delay(row, closes[close] + timedelta(hours=rng.randrange(1, 72)))
