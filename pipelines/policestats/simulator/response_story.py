"""How fast those who were sent acknowledged, came and reported, and what became of the call (form Z12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from policestats.simulator.diary import Diary
from policestats.simulator.incident_book import Incident
from policestats.simulator.records import Row
from policestats.simulator.world import World

_AREAS = {"A1": 30, "A2": 25, "A3": 22, "A4": 18, "A9": 2, None: 3}
_FORCES = {"F1": 25, "F2": 55, "F3": 15, "F9": 3, "F5": 1, None: 1}  # F5 is in no list
_PRIORITIES = {"urgent": 55, "normal": 43, None: 2}
_SETTLEMENTS = {"settled": 70, "handed": 20, "pending": 7, None: 3}
_BOUNDS = {"acknowledged": (30, 60, 120, 180), "arrived": (60, 180, 300, 600, 900, 1800), "feedback": (1800, 3600, 7200, 14400)}
_MEANS = {"acknowledged": 70, "arrived": 600, "feedback": 5400}  # seconds


class ResponseStory:
    """Follows each order of the incident desk, with dice of its own."""

    def __init__(self, world: World, *, now: datetime, last_day: date) -> None:
        self.world = world
        self.diary = Diary(world, world.dice("responses"), now=now, last_day=last_day)

    def sent(self, order: Row, day: date) -> None:
        """Say where the order goes and to whom; what the clocks recorded comes on ``day`` with the report."""
        diary = self.diary
        self.world.change(
            self.world.desk,
            order,
            order["entered_at"],
            area_class_code=diary.draw(_AREAS),
            force_code=diary.draw(_FORCES),
            priority_code=diary.draw(_PRIORITIES),
        )
        if diary.chance(0.97):
            diary.plan(day, lambda today: self._report(order))

    def handled(self, incident: Incident, at: datetime) -> None:
        """Say what became of a call that somebody was sent to, at ``at``."""
        diary = self.diary
        if incident.is_dispatched:
            self.world.change(
                self.world.desk, incident.record, at, settlement_code=diary.draw(_SETTLEMENTS), has_body_camera=diary.chance(0.8)
            )

    def _report(self, order: Row) -> None:
        times: dict[str, datetime | str | None] = {}
        for clock in _BOUNDS:
            at = self._moment(clock, order["dispatched_at"])
            times |= {f"{clock}_at": at, f"{clock}_source_code": None if at is None else self.diary.draw({"device": 96, "typed": 4})}
        reported_at = times["feedback_at"] if isinstance(times["feedback_at"], datetime) else order["entered_at"]
        if not self.world.is_silent([order["unit_code"]], reported_at.date(), reported_at):
            self.world.change(self.world.desk, order, reported_at, **times)

    def _moment(self, clock: str, sent_at: datetime) -> datetime | None:
        """Draw when it happened: mostly some time after the order, now and then on the second of a bound, before the order, or nobody knows."""
        kinds: Mapping[str, float] = {"after": 92, "bound": 4, "before": 0.5, "none": 3.5}
        kind = self.diary.draw(kinds)
        if kind == "none":
            return None
        if kind == "bound":
            return sent_at + timedelta(seconds=self.diary.rng.choice(_BOUNDS[clock]) + self.diary.rng.randrange(2))
        seconds = 1 + int(self.diary.rng.expovariate(1 / _MEANS[clock]))
        return sent_at + timedelta(seconds=-seconds if kind == "before" else seconds)
