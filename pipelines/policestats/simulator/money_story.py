"""The money of criminal cases: losses assessed, what is recovered, and what the payment stop freezes and returns (forms X05, X06, X08)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from policestats.simulator.case_followers import FollowedCase, Follower

_CENT = Decimal("0.01")


class MoneyStory(Follower):
    """Follows the loss that a case record states."""

    def filed(self, case: FollowedCase, day: date) -> None:
        """Have the loss assessed and some of it recovered; of telecom frauds, have money frozen and given back."""
        diary, loss = self.diary, case.record["reported_loss_yuan"]
        if loss is None:
            return
        if diary.chance(0.6):
            diary.plan(day + timedelta(days=3 + diary.days(35)), lambda today: self._count(case, "assessed", loss, today))
        if diary.chance(0.06):  # assessed a second time; the first assessment counts
            diary.plan(day + timedelta(days=40 + diary.days(30)), lambda today: self._count(case, "assessed", loss, today))
        for _ in range(diary.draw({0: 60, 1: 30, 2: 10})):
            diary.plan(day + timedelta(days=1 + diary.days(45)), lambda today: self._count(case, "recovered", loss / 4, today))
        if case.record["is_telecom_fraud"] and diary.chance(0.7):
            diary.plan(day + timedelta(days=diary.draw({0: 6, 1: 3, 4: 1})), lambda today: self._pay(case, "frozen", loss / 2, today))
            if diary.chance(0.5):
                diary.plan(day + timedelta(days=10 + diary.days(50)), lambda today: self._pay(case, "returned", loss / 3, today))

    def _count(self, case: FollowedCase, kind: str, yuan: Decimal, day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is not None:
            self.world.case_system.add(
                "criminal_case_amount",
                amount_no=self.world.number("JE"),
                case_no=case.case_no,
                kind_code=kind,
                counted_on=day,
                entered_at=entered,
                unit_code=unit,
                amount_yuan=self._about(yuan),
            )

    def _pay(self, case: FollowedCase, kind: str, yuan: Decimal, day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is not None:
            self.world.systems["payment_stop"].add(
                "payment_event",
                payment_no=self.world.number("ZF"),
                case_no=None if self.diary.chance(0.05) else case.case_no,
                kind_code=kind,
                occurred_on=day,
                entered_at=entered,
                unit_code=unit,
                amount_yuan=self._about(yuan),
            )

    def _about(self, yuan: Decimal) -> Decimal:
        return (yuan * self.diary.rng.randrange(50, 120) / 100).quantize(_CENT)
