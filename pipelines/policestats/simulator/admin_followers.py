"""What follows from what happens to administrative cases. Followers throw dice of their own, so that the story of the cases stays the same."""

from __future__ import annotations

from datetime import date, datetime

from policestats.simulator.admin_book import AdminCase, Person
from policestats.simulator.diary import Diary
from policestats.simulator.records import Row
from policestats.simulator.world import World


class AdminFollower:
    """Hears of each case on the day of what happens to it. Every method may be left as it is."""

    def __init__(self, world: World, topic: str, *, now: datetime, last_day: date) -> None:
        self.world = world
        self.diary = Diary(world, world.dice(topic), now=now, last_day=last_day)

    def opened(self, case: AdminCase, day: date) -> None:
        """Hear that a case is pending: accepted, or received from outside."""

    def agreed(self, case: AdminCase, agreement: Row, day: date) -> None:
        """Hear that the parties agreed in mediation."""

    def performed(self, case: AdminCase, day: date) -> None:
        """Hear that an agreement was performed."""

    def decided(self, case: AdminCase, person: Person, decision: Row, day: date) -> None:
        """Hear of a final decision on a person or unit, mediation apart."""

    def holder(self, case: AdminCase, day: date) -> str | None:
        """Return the unit that acts for the holder of the case on ``day``."""
        return self.world.unit_now(case.holder, day)
