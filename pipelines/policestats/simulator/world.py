"""The world the acts change: the province, the source systems, and the simulator's own books."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Protocol

from policestats.errors import StatisticsError
from policestats.simulator.admin_book import AdminBook
from policestats.simulator.calendar import cutoff_of, month_of, month_text, posting
from policestats.simulator.criminal_book import CriminalBook
from policestats.simulator.databases import DATABASES
from policestats.simulator.dispute_book import DisputeBook
from policestats.simulator.incident_book import IncidentBook
from policestats.simulator.object_book import ObjectBook
from policestats.simulator.province import OUTSIDE, UNKNOWN_UNIT, Province
from policestats.simulator.records import END, Records, Row

_SECOND = timedelta(seconds=1)


class ActError(StatisticsError):
    """An act that the rules of the made-up world forbid: out of order, after the end of a case, or at a silent station."""


class Story(Protocol):
    """What has a history in which each event follows the last one: a case, a dispute, an object."""

    last_on: date
    last_entered: datetime

    @property
    def number(self) -> str: ...


class World:
    """Everything the acts read and write.

    Args:
        province: All units of all times.
        silent: A station and the first day of the month in which nothing of it is entered.
        now: When the simulation ends; nothing is written at or after it.
        seed: What the dice of single topics are made from.
    """

    def __init__(self, province: Province, *, silent: tuple[str, date] | None = None, now: datetime = END, seed: int = 1) -> None:
        self.province = province
        self.seed = seed
        self.silent = silent
        self.now = now
        self.systems = {name: Records(name) for name in DATABASES}
        self.desk = self.systems["incident_desk"]
        self.case_system = self.systems["case_system"]
        self.collection = self.systems["field_collection"]
        self.dispute_desk = self.systems["dispute_desk"]
        self.callback_desk = self.systems["callback_desk"]
        self.inspection_desk = self.systems["inspection_desk"]
        self.criminal = CriminalBook()
        self.admin = AdminBook()
        self.incidents = IncidentBook()
        self.disputes = DisputeBook()
        self.objects = ObjectBook()
        self._numbers: Counter[str] = Counter()
        province.register(self.case_system)
        province.register_communities(self.collection)

    def number(self, prefix: str) -> str:
        """Return the next number that begins with ``prefix``; numbers of one prefix sort in the order they were given."""
        self._numbers[prefix] += 1
        return f"{prefix}{self._numbers[prefix]:06d}"

    def dice(self, topic: str) -> Random:
        """Return dice for one topic alone: what it draws changes nothing that others draw."""
        return Random(f"{self.seed} {topic}")

    def change(self, records: Records, row: Row, at: datetime, **values: Any) -> None:
        """Change a row in place at ``at``, or at the last second of the simulation when that would be too late."""
        records.change(row, min(at, self.now - _SECOND), **values)

    def unit_now(self, code: str | None, day: date) -> str | None:
        """Return the unit that acts for ``code`` on ``day``: a successor for a closed station, anything unknown as it was written."""
        live = self.province.live(code, day)
        return code if live == UNKNOWN_UNIT else live

    def is_silent(self, units: list[str | None], on: date, entered: datetime | None = None) -> bool:
        """Tell whether an event of day ``on`` entered at ``entered`` would make one of ``units`` act, enter or count in a silent month."""
        if self.silent is None or self.silent[0] not in units:
            return False
        months = {month_of(on)}
        if entered is not None:
            months |= {month_of(entered.date()), month_of(posting(on, entered)[0])}
        return self.silent[1] in months

    def check(self, units: list[str | None], on: date, entered: datetime) -> None:
        """Refuse an event entered before it happened, or one of a silent station.

        Raises: ActError.
        """
        if entered.date() < on:
            raise ActError(f"an event of {on} cannot be entered at {entered}: enter it on that day or later")
        if self.is_silent(units, on, entered):
            raise ActError(f"an act of {on} entered at {entered} involves {units}, one of which is silent: choose another unit or month")

    def step(self, story: Story, on: date, entered: datetime, units: list[str | None]) -> date:
        """Check that an event may follow the last one of ``story``, note it, and return the day on which it counts.

        Raises: ActError when it happened earlier, or was entered not later, than the event before it.
        """
        self.check(units, on, entered)
        if on < story.last_on or entered <= story.last_entered:
            raise ActError(
                f"{story.number}: an event of {on} entered at {entered} "
                f"cannot follow one of {story.last_on} entered at {story.last_entered}"
            )
        story.last_on, story.last_entered = on, entered
        return posting(on, entered)[0]

    def write_uploads(self, months: list[date]) -> None:
        """Write one row per station and month into each system, zero counts too; the silent station has none for its month.

        ``record_count`` is the number of records of that month and station that the system holds when the month is closed.
        """
        closes = {month_text(month): cutoff_of(month) - _SECOND for month in months}
        for records in self.systems.values():
            counts = records.uploads(closes)
            for month in months:
                for station in self.province.stations(month):
                    if self.silent == (station, month):
                        continue
                    period = month_text(month)
                    records.add(
                        "unit_upload",
                        at=closes[period],
                        unit_code=station,
                        period=period,
                        uploaded_at=closes[period],
                        record_count=counts[station, period],
                    )


def outside_as_null(code: str | None) -> str | None:
    """Return a transfer's end as the source systems write it: null when it lies outside the tree."""
    return None if code == OUTSIDE else code
