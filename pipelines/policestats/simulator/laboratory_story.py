"""What the forensic and drug laboratory says of cases: which are homicides, and what seized drugs weigh (forms X04, X07)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from policestats.simulator.case_followers import FollowedCase, Follower
from policestats.simulator.codes import CHARGES

#: The kind of homicide and how likely a case of the charge is one.
_HOMICIDES = {
    "C177": ("H1", 0.9), "C179": ("H2", 0.04), "C016": ("H4", 0.5), "C013": ("H5", 0.15), "C220": ("H6", 0.1), "C182": ("H7", 0.1),
    "C187": ("H8", 0.3),
}  # fmt: skip
_DRUGS = {"D1": 20, "D2": 40, "D3": 10, "D4": 4, "D5": 8, "D6": 3, "D7": 2, "D8": 8, "D9": 2, "YY": 2, None: 4}
#: Hundredths of a gram, from and below.
_WEIGHTS = {(5, 5_000): 70, (5_000, 100_000): 20, (100_000, 2_000_000): 10}


class LaboratoryStory(Follower):
    """Recognises homicides, some of them late, and takes one back now and then; weighs drugs weeks after the seizure."""

    def filed(self, case: FollowedCase, day: date) -> None:
        """Plan what the laboratory will say."""
        diary = self.diary
        kind, chance = _HOMICIDES.get(case.charge, ("", 0))
        if diary.chance(chance):
            recognised = day + timedelta(days=diary.days(12))
            diary.plan(recognised, lambda today: self._recognise(case, kind, today, is_recognised=True))
            if diary.chance(0.1):
                later = recognised + timedelta(days=10 + diary.days(40))
                diary.plan(later, lambda today: self._recognise(case, kind, today, is_recognised=False))
            elif diary.chance(0.1):
                later = recognised + timedelta(days=5 + diary.days(40))
                diary.plan(later, lambda today: self._recognise(case, "H2" if kind == "H1" else None, today, is_recognised=True))
        if case.charge in CHARGES and CHARGES[case.charge].is_drug:
            for _ in range(diary.draw({0: 15, 1: 35, 2: 30, 4: 20})):
                diary.plan(day + timedelta(days=3 + diary.days(25)), lambda today: self._weigh(case, today))

    def _recognise(self, case: FollowedCase, kind: str | None, day: date, *, is_recognised: bool) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is not None:
            self.world.systems["forensic"].add(
                "homicide_recognition",
                recognition_no=self.world.number("MA"),
                case_no=case.case_no,
                unit_code=unit,
                recognised_on=day,
                entered_at=entered,
                is_recognised=is_recognised,
                homicide_kind_code=kind,
            )

    def _weigh(self, case: FollowedCase, day: date) -> None:
        diary, unit = self.diary, self.holder(case, day)
        entered = diary.entry([unit], day)
        if entered is not None:
            self.world.systems["forensic"].add(
                "drug_weight",
                weight_no=self.world.number("DP"),
                case_no=case.case_no,
                unit_code=unit,
                weighed_on=day,
                entered_at=entered,
                drug_kind_code=diary.draw(_DRUGS),
                weight_g=Decimal(diary.rng.randrange(*diary.draw(_WEIGHTS))) / 100,
                purity_percent=None if diary.chance(0.4) else Decimal(diary.rng.randrange(50, 990)) / 10,
            )
