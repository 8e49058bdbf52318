"""The diary of the made-up province: what is due on which day, and when clerks find time to enter it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import TypeVar

from policestats.simulator.calendar import add_months, cutoff_of, month_of
from policestats.simulator.world import World

Task = Callable[[date], None]
Choice = TypeVar("Choice")


class Diary:
    """Tasks by day, and the chances they are drawn from. Nothing is due, and nothing is entered, at or after ``now``."""

    def __init__(self, world: World, rng: Random, *, now: datetime, last_day: date) -> None:
        self.world = world
        self.rng = rng
        self.now = now
        self.last_day = last_day
        self._due: dict[date, list[Task]] = defaultdict(list)

    def plan(self, day: date, task: Task) -> None:
        """Have ``task`` done on ``day``; forgotten when that is after the end of the simulation."""
        if day <= self.last_day:
            self._due[day].append(task)

    def do(self, day: date) -> None:
        """Do all that is due on ``day``, what becomes due on the same day included."""
        tasks = self._due.pop(day, [])
        while tasks:
            for task in tasks:
                task(day)
            tasks = self._due.pop(day, [])

    def chance(self, probability: float) -> bool:
        """Draw whether something of this probability happens."""
        return self.rng.random() < probability

    def draw(self, weights: Mapping[Choice, float]) -> Choice:
        """Draw one key by weight."""
        return self.rng.choices(list(weights), weights=list(weights.values()))[0]

    def days(self, mean: float) -> int:
        """Draw a waiting time in days, 0 included."""
        return int(self.rng.expovariate(1 / mean))

    def after_silence(self, day: date) -> date:
        """Return a day of the month after ``day``: when a silent station takes its work up again."""
        return add_months(month_of(day), 1) + timedelta(days=self.rng.randrange(5))

    def entry(self, units: list[str | None], on: date, *, after: datetime | None = None) -> datetime | None:
        """Draw the moment at which an event of day ``on`` is entered: mostly the same day, sometimes late, sometimes at the very cut-off.

        Args:
            units: The units that take part; none of them may be silent at any clock of the event.
            on: Day of the event.
            after: The entry of the event before it, which comes first.
        Returns: None when there is no such moment; then the act has to wait or is not performed.
        """
        rng = self.rng
        same_day = datetime.combine(on, time(8)) + timedelta(seconds=rng.randrange(15 * 3600))
        wanted = same_day
        kind = rng.random()
        cutoff = cutoff_of(month_of(on))
        if kind < 0.06:
            wanted += timedelta(days=rng.randrange(1, 11))
        elif kind < 0.10:
            wanted += timedelta(days=rng.randrange(20, 61))
        elif kind < 0.22 and cutoff - same_day < timedelta(days=6):
            wanted = cutoff - timedelta(seconds=rng.randrange(2))  # 06:00:00 is too late, 05:59:59 is not
        for moment in (wanted, same_day, datetime.combine(on, time(23, 30))):
            if after is not None and moment <= after:
                moment = after + timedelta(seconds=rng.randrange(1, 600))
            if moment < self.now and not self.world.is_silent(units, on, moment):
                return moment
        return None
