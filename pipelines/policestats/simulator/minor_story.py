"""Minors in administrative cases: bullying among students, and corrective education (form Z08)."""

from __future__ import annotations

from datetime import date, timedelta

from policestats.simulator.admin_book import AdminCase, Person
from policestats.simulator.admin_followers import AdminFollower
from policestats.simulator.records import Row

_KINDS = {f"CORR{number}": weight for number, weight in enumerate((26, 14, 12, 8, 9, 10, 6, 5, 4), start=1)} | {
    "SPEC": 4,
    "CORR0": 1,
    None: 1,
}


class MinorStory(AdminFollower):
    """Notes bullying now and then, and has minors corrected some days after a decision on them."""

    def opened(self, case: AdminCase, day: date) -> None:
        """Note that the case is one of bullying."""
        if self.diary.chance(0.03):
            self.world.change(self.world.case_system, case.record, case.record["entered_at"], is_student_bullying=True)

    def decided(self, case: AdminCase, person: Person, decision: Row, day: date) -> None:
        """Correct a minor, whether punished or not."""
        age = person.circumstances.act_age
        if age is not None and age < 18 and self.diary.chance(0.7):
            unit = decision["unit_code"]
            self.diary.plan(
                day + timedelta(days=self.diary.days(8)), lambda today: self._correct(str(decision["case_no"]), person.number, unit, today)
            )

    def _correct(self, case_no: str, person_no: int, unit: str | None, day: date) -> None:
        unit = self.world.unit_now(unit, day)
        entered = self.diary.entry([unit], day)
        if entered is not None:
            self.world.systems["review"].add(
                "corrective_measure",
                measure_no=self.world.number("WCN"),
                case_no=case_no,
                person_no=person_no,
                unit_code=unit,
                decided_on=day,
                entered_at=entered,
                kind_code=self.diary.draw(_KINDS),
            )
