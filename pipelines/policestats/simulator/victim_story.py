"""The victims of criminal cases, and what the forensic laboratory says of their injuries (form X17)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from policestats.simulator import identity
from policestats.simulator.case_followers import FollowedCase, Follower
from policestats.simulator.records import Row
from policestats.simulator.suspect_story import age_on

_VICTIMS = {1: 74, 2: 19, 4: 7}
_AGAINST_PROPERTY = ("C221", "C222", "C223", "C229", "C139", "C167")
#: What the laboratory finds, by charge; other charges never get there.
_INJURIES: Mapping[str, Mapping[str, float]] = {
    "C177": {"dead": 80, "serious": 20},
    "C179": {"dead": 3, "serious": 18, "light": 60, "slight": 16, "none": 2, "unclear": 1},
    "C220": {"serious": 5, "light": 15, "slight": 40, "none": 40},
    "C182": {"slight": 40, "none": 60},
    "C054": {"dead": 25, "serious": 55, "light": 20},
    "C013": {"light": 30, "none": 70},
}
_RESCUED = ("C188", "C187", "C182")
_AGES = {(3, 13): 6, (14, 17): 7, (18, 25): 18, (26, 35): 22, (36, 59): 32, (60, 88): 15}


class VictimStory(Follower):
    """Enters the victims of most cases that have some; a record is optional."""

    def filed(self, case: FollowedCase, day: date) -> None:
        """Enter the victims; have the injured examined and the abducted rescued."""
        diary = self.diary
        injuries = _INJURIES.get(case.charge)
        if (injuries is None and case.charge not in (*_AGAINST_PROPERTY, *_RESCUED)) or diary.chance(0.12):
            return
        for victim_no in range(1, 1 + diary.draw(_VICTIMS)):
            row = self._enter(case, victim_no, day)
            if row is None:
                return
            self._plan(case, row, injuries, day)

    def _plan(self, case: FollowedCase, row: Row, injuries: Mapping[str, float] | None, day: date) -> None:
        diary = self.diary
        if injuries is not None and row["victim_kind_code"] == "natural" and diary.chance(0.85):
            diary.plan(day + timedelta(days=1 + diary.days(30)), lambda today: self._grade(case, row, injuries, today))
        if case.charge in _RESCUED and diary.chance(0.5):
            diary.plan(day + timedelta(days=1 + diary.days(15)), lambda today: self._rescue(case, row, today))

    def _enter(self, case: FollowedCase, victim_no: int, day: date) -> Row | None:
        diary, rng = self.diary, self.diary.rng
        entered = diary.entry([self.holder(case, day)], day)
        if entered is None:
            return None
        is_natural = not (case.charge in _AGAINST_PROPERTY and diary.chance(0.12))
        act_on = case.record["filed_on"] - timedelta(days=rng.randrange(12))
        first, last = diary.draw(_AGES)
        born = date(act_on.year - rng.randrange(first, last + 1), rng.randrange(1, 13), rng.randrange(1, 29))
        sex = diary.draw({"1": 55, "2": 43, None: 2}) if is_natural else None
        serial = 400_000 + len(self.world.case_system.tables["criminal_victim"])
        return self.world.case_system.add(
            "criminal_victim",
            case_no=case.case_no,
            victim_no=victim_no,
            victim_kind_code="natural" if is_natural else "unit",
            entered_at=entered,
            name=identity.name(serial),
            phone=identity.phone(serial),
            id_number=None if sex is None else identity.identity_number(born=born, sex=sex, serial=serial),
            sex_code=sex,
            act_age=age_on(born, act_on) if is_natural and not diary.chance(0.06) else None,
            rescued_on=None,
        )

    def _grade(self, case: FollowedCase, row: Row, injuries: Mapping[str, float], day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day, after=row["entered_at"])
        if entered is None:
            return
        self.world.systems["forensic"].add(
            "injury_grade",
            grade_no=self.world.number("SS"),
            case_no=case.case_no,
            victim_no=row["victim_no"],
            unit_code=unit,
            graded_on=day,
            entered_at=entered,
            injury_code=self.diary.draw(injuries),
        )
        if self.diary.chance(0.12):  # a second opinion; the last one holds
            self.diary.plan(day + timedelta(days=5 + self.diary.days(40)), lambda today: self._grade(case, row, injuries, today))

    def _rescue(self, case: FollowedCase, row: Row, day: date) -> None:
        entered = self.diary.entry([self.holder(case, day)], day, after=row["entered_at"])
        if entered is not None:
            self.world.change(self.world.case_system, row, entered, rescued_on=day)
