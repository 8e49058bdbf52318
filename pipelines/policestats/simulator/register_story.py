"""What stands in registers beside the case system: organisations, weapons, certified values, referrals, population (forms X04, X09, X12)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from policestats.simulator.case_followers import FollowedCase, Follower
from policestats.simulator.codes import CHARGES
from policestats.simulator.world import World

_ORGANISATIONS = {"C271": ("O1", 0.9), "C269": ("O2", 0.3), "C229": ("O3", 0.15)}
_ARMED = {"C043": 0.9, "C048": 0.9, "C051": 0.6, "C271": 0.5, "C177": 0.1}
_WEAPONS = {"gun": (1, 4), "ammunition": (5, 200), "explosive": (1, 30)}
_CERTIFIED = ("CH03S1", "CH03S7", "CH06S6")
_SUSPECTED = {"C067": 30, "C156": 20, "C340": 30, "C344": 5, "R008": 5, "C221": 5, None: 5}
_AGENCIES = {"market": 60, "environment": 30, "other": 10}


class RegisterStory(Follower):
    """Enters what other agencies and ledgers know of a case, often long after the filing."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._organisations: list[str] = []

    def filed(self, case: FollowedCase, day: date) -> None:
        """Plan what the registers will hold of the case, and now and then of a referral that becomes no case."""
        diary = self.diary
        kind, chance = _ORGANISATIONS.get(case.charge, ("", 0))
        if diary.chance(chance):
            diary.plan(day + timedelta(days=20 + diary.days(40)), lambda today: self._recognise(case, kind, today))
        elif self._organisations and diary.chance(0.02):
            diary.plan(day + timedelta(days=diary.days(10)), lambda today: self._link(case, diary.rng.choice(self._organisations), today))
        if diary.chance(_ARMED.get(case.charge, 0)):
            for _ in range(diary.draw({1: 60, 2: 30, 3: 10})):
                diary.plan(day + timedelta(days=diary.days(15)), lambda today: self._seize(case, today))
        if case.charge in CHARGES and CHARGES[case.charge].place in _CERTIFIED and diary.chance(0.8):
            diary.plan(day + timedelta(days=5 + diary.days(30)), lambda today: self._certify(case, today))
        if diary.chance(0.08):
            self._refer(self.holder(case, day), day)

    def _recognise(self, case: FollowedCase, kind: str, day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is not None:
            number = self.world.number("ZZ")
            self.world.systems["review"].add(
                "criminal_organisation",
                organisation_no=number,
                unit_code=unit,
                recognised_on=day,
                entered_at=entered,
                organisation_kind_code=None if self.diary.chance(0.05) else kind,
            )
            self._organisations.append(number)
            self._link(case, number, day)

    def _link(self, case: FollowedCase, organisation_no: str, day: date) -> None:
        entered = self.diary.entry([self.holder(case, day)], day)
        if entered is not None:
            self.world.systems["review"].add(
                "criminal_organisation_case", case_no=case.case_no, organisation_no=organisation_no, entered_at=entered
            )

    def _seize(self, case: FollowedCase, day: date) -> None:
        diary, unit = self.diary, self.holder(case, day)
        entered = diary.entry([unit], day)
        if entered is not None:
            kind = diary.draw({"gun": 50, "ammunition": 30, "explosive": 20})
            self.world.systems["property"].add(
                "seized_weapon",
                weapon_no=self.world.number("QZ"),
                case_no=case.case_no,
                unit_code=unit,
                seized_on=day,
                entered_at=entered,
                weapon_kind_code=kind,
                quantity=Decimal(diary.rng.randrange(*_WEAPONS[kind])),
            )

    def _certify(self, case: FollowedCase, day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is not None:
            self.world.systems["review"].add(
                "case_valuation",
                valuation_no=self.world.number("JZ"),
                case_no=case.case_no,
                unit_code=unit,
                valued_on=day,
                entered_at=entered,
                value_yuan=Decimal(self.diary.rng.randrange(5_000, 900_000)),
            )

    def _refer(self, unit: str | None, day: date) -> None:
        diary = self.diary
        entered = diary.entry([unit], day)
        if entered is None:
            return
        row = self.world.systems["review"].add(
            "agency_referral",
            referral_no=self.world.number("XZY"),
            unit_code=unit,
            agency_code=diary.draw(_AGENCIES),
            charge_code=diary.draw(_SUSPECTED),
            received_on=day,
            entered_at=entered,
            outcome_code=None,
            decided_on=None,
            decision_entered_at=None,
        )

        def decide(today: date) -> None:
            decided = diary.entry([self.world.unit_now(unit, today)], today, after=entered)
            if decided is not None:
                outcome = diary.draw({"filed": 60, "not_filed": 40})
                self.world.change(
                    self.world.systems["review"], row, decided, outcome_code=outcome, decided_on=today, decision_entered_at=decided
                )

        diary.plan(day + timedelta(days=1 + diary.days(6)), decide)


def register_population(world: World, first: date, after: date) -> None:
    """Write the annual mean population of every county, for each year from ``first`` to ``after``, as known on the year's first day."""
    dice = world.dice("population")
    counties = [unit.code for unit in world.province.units.values() if unit.level == "county"]
    people = {code: dice.randrange(80_000, 900_000) for code in counties}
    for year in range(first.year, after.year + 1):
        for code in counties:
            people[code] += dice.randrange(-2_000, 4_000)
            world.systems["review"].add(
                "resident_population",
                at=datetime(year, 1, 1),
                unit_code=code,
                year_begins_on=date(year, 1, 1),
                mean_population=people[code],
            )
