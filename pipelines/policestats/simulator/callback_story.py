"""Callbacks on calls that somebody was sent to: who was reached, what they said, what was put right (form Z12's columns)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from policestats.simulator import identity
from policestats.simulator.diary import Diary
from policestats.simulator.incident_book import Incident
from policestats.simulator.records import Row

_RESULTS = {"satisfied": 80, "fairly_satisfied": 9, "unsatisfied": 5, "no_answer": 6}


class CallbackStory:
    """Plans a call back for every call that somebody was sent to, and makes most of them."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.world = diary.world
        self._serial = 0

    def plan(self, incident: Incident, day: date) -> None:
        """Have the caller called back within three days of ``day``."""
        due_on = day + timedelta(days=self.diary.rng.randrange(1, 4))
        self.diary.plan(due_on, lambda today: self._call(incident, today))

    def _call(self, incident: Incident, day: date) -> None:
        diary, world, unit = self.diary, self.world, incident.record["unit_code"]
        entered = datetime.combine(day, time(7))
        if entered < incident.record["entered_at"] or world.is_silent([unit], day, entered):
            return
        self._serial += 1
        row = world.callback_desk.add(
            "callback",
            callback_no=world.number("HF"),
            incident_no=incident.record["incident_no"],
            unit_code=unit,
            due_on=day,
            entered_at=entered,
            phone=identity.phone(700_000 + self._serial),
            called_at=None,
            result_code=None,
            rectified_on=None,
        )
        if not diary.chance(0.95):
            return
        called_at = entered + timedelta(minutes=diary.rng.randrange(60, 700))
        result = diary.draw(_RESULTS)
        world.change(world.callback_desk, row, called_at, called_at=called_at, result_code=result)
        if result == "unsatisfied" and diary.chance(0.8):
            diary.plan(day + timedelta(days=1 + diary.days(5)), lambda today: self._rectify(row, today))

    def _rectify(self, row: Row, day: date) -> None:
        if not self.world.is_silent([row["unit_code"]], day):
            self.world.change(self.world.callback_desk, row, datetime.combine(day, time(16)), rectified_on=day)
