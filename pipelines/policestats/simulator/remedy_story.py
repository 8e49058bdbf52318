"""Reviews, suits and claims for compensation after decisions on administrative cases (form Z06)."""

from __future__ import annotations

from datetime import date, timedelta

from policestats.simulator.admin_book import AdminCase, Person
from policestats.simulator.admin_followers import AdminFollower
from policestats.simulator.records import Row

_CHANCES = {"review": 0.07, "suit": 0.03, "compensation": 0.02}
_OUTCOMES = {
    "review": {"keep": 68, "cancel": 10, "change": 8, "other": 14},
    "suit": {"other": 1},
    "compensation": {"paid": 50, "refused": 50},
}


class RemedyStory(AdminFollower):
    """Has some decisions challenged within sixty days, and most challenges decided some weeks later."""

    def decided(self, case: AdminCase, person: Person, decision: Row, day: date) -> None:
        """Challenge the decision, now and then."""
        for kind, chance in _CHANCES.items():
            if self.diary.chance(chance):
                self._challenge(kind, decision, day + timedelta(days=1 + self.diary.rng.randrange(60)))

    def _challenge(self, kind: str, decision: Row, day: date) -> None:
        self.diary.plan(day, lambda today: self._receive(kind, decision["case_no"], decision["unit_code"], today))

    def _receive(self, kind: str, case_no: str, unit: str | None, day: date) -> None:
        entered = self.diary.entry([unit, self.world.unit_now(unit, day)], day)
        if entered is None:
            return
        row = self.world.systems["review"].add(
            "admin_remedy",
            remedy_no=self.world.number("FY"),
            kind_code=kind,
            case_no=case_no,
            unit_code=self.world.unit_now(unit, day),
            received_on=day,
            entered_at=entered,
            outcome_code=None,
            decided_on=None,
            decision_entered_at=None,
        )
        if self.diary.chance(0.9):
            self.diary.plan(day + timedelta(days=10 + self.diary.rng.randrange(50)), lambda today: self._decide(row, today))

    def _decide(self, row: Row, day: date) -> None:
        entered = self.diary.entry([row["unit_code"], self.world.unit_now(row["unit_code"], day)], day, after=row["entered_at"])
        if entered is not None:
            outcome = self.diary.draw(_OUTCOMES[row["kind_code"]])
            self.world.change(self.world.systems["review"], row, entered, outcome_code=outcome, decided_on=day, decision_entered_at=entered)
