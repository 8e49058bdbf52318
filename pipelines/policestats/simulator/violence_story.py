"""Domestic violence: who told of it, the warnings that follow a call, their breaches, and protection orders (form Z10)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from policestats.simulator.diary import Diary
from policestats.simulator.incident_book import Incident
from policestats.simulator.records import Row
from policestats.simulator.world import World

_RELATIONS = {"spouse": 55, "parent_child": 15, "relative": 8, "former_partner": 12, "household": 5, None: 5}
_VICTIMS = {"2": 82, "1": 14, None: 4}
Parties = dict[str, Any]


class ViolenceStory:
    """Hears of each call that was tagged as domestic violence, with dice of its own."""

    def __init__(self, world: World, *, now: datetime, last_day: date) -> None:
        self.world = world
        self.diary = Diary(world, world.dice("domestic violence"), now=now, last_day=last_day)

    def called(self, incident: Incident, day: date) -> None:
        """Write down who told of whom, in most calls, and what follows."""
        diary, call = self.diary, incident.record
        parties: Parties = {"relation_code": diary.draw(_RELATIONS), "victim_sex_code": diary.draw(_VICTIMS)}
        if diary.chance(0.95):
            self.world.desk.add("domestic_violence_call", incident_no=call["incident_no"], entered_at=call["entered_at"], **parties)
        if call["linked_case_no"] is not None and diary.chance(0.9):
            self.world.case_system.add(
                "domestic_violence_case", case_no=call["linked_case_no"], entered_at=call["entered_at"] + timedelta(minutes=5), **parties
            )
        if diary.chance(0.35):
            diary.plan(day + timedelta(days=diary.days(2)), lambda today: self._warn(call, parties, today))
        if diary.chance(0.08):
            diary.plan(day + timedelta(days=5 + diary.days(20)), lambda today: self._assist(call, parties, today))

    def _warn(self, call: Row, parties: Parties, day: date) -> None:
        unit = self.world.unit_now(call["unit_code"], day)
        entered = self.diary.entry([unit, call["unit_code"]], day, after=call["entered_at"])
        if entered is None:
            return
        row = self.world.case_system.add(
            "violence_warning",
            warning_no=self.world.number("GJ"),
            incident_no=call["incident_no"],
            unit_code=unit,
            issued_on=day,
            entered_at=entered,
            breached_on=None,
            breach_entered_at=None,
            **parties,
        )
        if self.diary.chance(0.2):
            self.diary.plan(day + timedelta(days=1 + self.diary.days(30)), lambda today: self._breach(row, today))

    def _breach(self, row: Row, day: date) -> None:
        entered = self.diary.entry([row["unit_code"], self.world.unit_now(row["unit_code"], day)], day, after=row["entered_at"])
        if entered is not None:
            self.world.change(self.world.case_system, row, entered, breached_on=day, breach_entered_at=entered)

    def _assist(self, call: Row, parties: Parties, day: date) -> None:
        unit = self.world.unit_now(call["unit_code"], day)
        entered = self.diary.entry([unit, call["unit_code"]], day)
        if entered is not None:
            self.world.systems["review"].add(
                "protection_order", order_no=self.world.number("BH"), unit_code=unit, assisted_on=day, entered_at=entered, **parties
            )
