"""The suspects of criminal cases: who they are, and the day on which they come or are caught (form X15)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from policestats.simulator import identity
from policestats.simulator.backgrounds import EDUCATION, OCCUPATION, RESIDENCE
from policestats.simulator.case_followers import FollowedCase, Follower
from policestats.simulator.records import Row

_PERSONS = {1: 60, 2: 22, 3: 12, 5: 6}
_ARRIVALS = {"now": 55, "later": 30, "never": 15}
#: Ages drawn, from the first to the last, with their weights.
AGES = {(11, 13): 2, (14, 15): 4, (16, 17): 7, (18, 25): 29, (26, 35): 27, (36, 59): 26, (60, 78): 5}
_PRIOR = {True: 24, False: 66, None: 10}


class SuspectStory(Follower):
    """Enters suspects when a case is solved, at the latest when they are referred; some come later, some never."""

    def solved(self, case: FollowedCase, day: date) -> None:
        """Enter those who are known now."""
        for _ in range(self.diary.draw(_PERSONS)):
            unit = self.holder(case, day)
            entered = self.diary.entry([unit], day)
            if entered is None:
                return
            self._enter_one(case, unit, entered, day)

    def referred(self, case: FollowedCase, day: date, referral: Row) -> None:
        """See to it that the person referred is among the persons of the case, and has come."""
        person_no, entered, unit = referral["person_no"], referral["entered_at"], referral["unit_code"]
        row = case.persons.get(person_no)
        if row is None:
            self._enter(case, person_no, unit, entered, day)
        elif row["arrived_on"] is None:
            moment = max(entered, row["entered_at"] + timedelta(seconds=1))
            if not self.world.is_silent([unit, row["unit_code"]], day, moment):
                self.world.change(self.world.case_system, row, moment, arrived_on=day, entered_at=moment, unit_code=unit)

    def _enter_one(self, case: FollowedCase, unit: str | None, entered: datetime, day: date) -> None:
        fate = self.diary.draw(_ARRIVALS)
        row = self._enter(case, max(case.persons, default=0) + 1, unit, entered, day if fate == "now" else None)
        if fate == "later":
            self.diary.plan(day + timedelta(days=1 + self.diary.days(25)), lambda today: self._arrive(case, row, today))

    def _arrive(self, case: FollowedCase, row: Row, day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit, row["unit_code"]], day, after=row["entered_at"])
        if row["arrived_on"] is None and entered is not None:
            self.world.change(self.world.case_system, row, entered, arrived_on=day, entered_at=entered, unit_code=unit)

    def _enter(self, case: FollowedCase, person_no: int, unit: str | None, entered: datetime, arrived_on: date | None) -> Row:
        diary, rng = self.diary, self.diary.rng
        is_natural = not diary.chance(0.05)
        act_on = case.record["filed_on"] - timedelta(days=rng.randrange(25))
        born = _birthday(self, act_on) if is_natural and not diary.chance(0.04) else None
        sex = diary.draw({"1": 82, "2": 18}) if is_natural and not diary.chance(0.02) else None
        serial = 300_000 + len(self.world.case_system.tables["criminal_person"])
        row = self.world.case_system.add(
            "criminal_person",
            case_no=case.case_no,
            person_no=person_no,
            person_kind_code="natural" if is_natural else "unit",
            unit_code=unit,
            arrived_on=arrived_on,
            entered_at=entered,
            name=identity.name(serial),
            phone=identity.phone(serial),
            id_number=None if born is None or sex is None else identity.identity_number(born=born, sex=sex, serial=serial),
            sex_code=sex,
            act_age=None if born is None else age_on(born, act_on),
            education_code=diary.draw(EDUCATION) if is_natural else None,
            occupation_code=diary.draw(OCCUPATION) if is_natural else None,
            residence_code=diary.draw(RESIDENCE) if is_natural else None,
            has_prior_record=diary.draw(_PRIOR) if is_natural else None,
        )
        case.persons[person_no] = row
        return row


def _birthday(story: Follower, act_on: date) -> date:
    first, last = story.diary.draw(AGES)
    rng = story.diary.rng
    return date(act_on.year - rng.randrange(first, last + 1), rng.randrange(1, 13), rng.randrange(1, 29))


def age_on(born: date, day: date) -> int:
    """Return the age in whole years on ``day``: a year is full on the day after the birthday (最高人民法院, 未成年人刑事案件解释 §2)."""
    return day.year - born.year - ((day.month, day.day) <= (born.month, born.day))
