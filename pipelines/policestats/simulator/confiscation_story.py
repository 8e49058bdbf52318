"""What is confiscated in administrative cases, and the drugs that the laboratory weighs (forms Z04 and Z09)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from policestats.simulator.admin_book import AdminCase
from policestats.simulator.admin_followers import AdminFollower
from policestats.simulator.codes import CAUSES

_GROUP_GAMBLING, _GROUP_DRUGS = "G17", "G18"


class ConfiscationStory(AdminFollower):
    """Takes gambling money, tools and gains, and sends drugs to the laboratory, whose result comes weeks later."""

    def opened(self, case: AdminCase, day: date) -> None:
        """Confiscate by the kind of the case."""
        diary = self.diary
        known = CAUSES.get(case.cause or "")
        group = known.group if known is not None else None
        if group == _GROUP_GAMBLING and diary.chance(0.8):
            self._confiscate(case, day, "confiscated", is_gambling_money=True)
        elif diary.chance(0.08):
            self._confiscate(case, day, diary.draw({"confiscated": 60, "recovered": 40}), is_gambling_money=False)
        if group == _GROUP_DRUGS and diary.chance(0.7):
            diary.plan(day + timedelta(days=2 + diary.days(14)), lambda today: self._weigh(case, today))

    def _confiscate(self, case: AdminCase, day: date, kind: str, *, is_gambling_money: bool) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is None:
            return
        is_valued = is_gambling_money or self.diary.chance(0.5)
        self.world.systems["property"].add(
            "confiscation",
            confiscation_no=self.world.number("SJ"),
            case_no=case.case_no,
            unit_code=unit,
            kind_code=kind,
            is_gambling_money=is_gambling_money,
            confiscated_on=day,
            entered_at=entered,
            amount_yuan=Decimal(self.diary.rng.randrange(5_000, 4_000_000)) / 100 if is_valued else None,
        )

    def _weigh(self, case: AdminCase, day: date) -> None:
        if case.state == "gone":
            return  # weighed for a unit outside the tree
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is None:
            return
        self.world.systems["forensic"].add(
            "admin_drug_weight",
            weight_no=self.world.number("JY"),
            case_no=case.case_no,
            unit_code=unit,
            weighed_on=day,
            entered_at=entered,
            weight_g=Decimal(self.diary.rng.randrange(1, 900)) / 100,
        )
