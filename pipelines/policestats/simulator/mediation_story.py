"""Mediation in administrative cases: applied, agreed, performed or not, failed or withdrawn, and settlements made elsewhere (form Z05)."""

from __future__ import annotations

from datetime import date, timedelta

from policestats.simulator.admin_book import AdminCase, Person
from policestats.simulator.admin_followers import AdminFollower
from policestats.simulator.codes import CAUSES
from policestats.simulator.records import Row

_ROUTES = {"police": 78, "people": 12, "self": 10}
_FRUITLESS = {"failed": 65, "withdrawn": 35}
_GIVEN_UP_AFTER = 45


class MediationStory(AdminFollower):
    """Keeps one mediation for a case at a time: it begins with an attempt or with the agreement, and ends once."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._open: dict[str, Row] = {}

    def opened(self, case: AdminCase, day: date) -> None:
        """Attempt a mediation in some of the cases that may be mediated; in a few others too, which no rule allows."""
        known = CAUSES.get(case.cause or "")
        chance = 0.35 if known is not None and known.is_mediable else 0.01
        if self.diary.chance(chance):
            self.diary.plan(day + timedelta(days=self.diary.days(3)), lambda today: self._attempt(case, today))

    def agreed(self, case: AdminCase, agreement: Row, day: date) -> None:
        """Write the agreement into the mediation that goes on, or into a new one."""
        row = self._open.get(case.case_no) or self._apply(case, day, self.diary.draw(_ROUTES))
        if row is not None and row["agreed_on"] is None:
            entered = self.diary.entry([row["unit_code"]], day, after=row["entered_at"])
            if entered is not None:
                self.world.change(self.world.case_system, row, entered, agreed_on=day, agreement_entered_at=entered)

    def performed(self, case: AdminCase, day: date) -> None:
        """End the mediation by performance."""
        self._end(case, "performed", day)

    def decided(self, case: AdminCase, person: Person, decision: Row, day: date) -> None:
        """A decision on somebody who had agreed ends the mediation: the agreement was not performed."""
        if person.agreement is not None:
            self._end(case, "not_performed", day)

    def _attempt(self, case: AdminCase, day: date) -> None:
        if case.state != "open" or case.case_no in self._open or any(person.agreement is not None for person in case.persons):
            return
        if self._apply(case, day, "police") is not None:
            self.diary.plan(day + timedelta(days=self.diary.days(9)), lambda today: self._give_up(case, today))

    def _give_up(self, case: AdminCase, day: date) -> None:
        row = self._open.get(case.case_no)
        if row is not None and row["agreed_on"] is None:
            self._end(case, self.diary.draw(_FRUITLESS), day)

    def _let_go(self, case: AdminCase, row: Row, day: date) -> None:
        """End what nobody will come back to: the case is no longer pending."""
        if self._open.get(case.case_no) is row and case.state != "open":
            self._end(case, "withdrawn" if row["agreed_on"] is None else "not_performed", day)

    def _apply(self, case: AdminCase, day: date, route: str) -> Row | None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if entered is None:
            return None
        row = self.world.case_system.add(
            "mediation",
            mediation_no=self.world.number("TJ"),
            case_no=case.case_no,
            unit_code=unit,
            route_code=route,
            applied_on=day,
            entered_at=entered,
            is_on_the_spot=self.diary.chance(0.2),
            is_minor_involved=self.diary.chance(0.12),
            agreed_on=None,
            agreement_entered_at=None,
            end_code=None,
            ended_on=None,
            end_entered_at=None,
        )
        self._open[case.case_no] = row
        self.diary.plan(day + timedelta(days=_GIVEN_UP_AFTER), lambda today: self._let_go(case, row, today))
        return row

    def _end(self, case: AdminCase, how: str, day: date) -> None:
        row = self._open.get(case.case_no)
        if row is None:
            return
        after = row["entered_at"] if row["agreement_entered_at"] is None else row["agreement_entered_at"]
        entered = self.diary.entry([self.world.unit_now(row["unit_code"], day), row["unit_code"]], day, after=after)
        if entered is not None:
            self.world.change(self.world.case_system, row, entered, end_code=how, ended_on=day, end_entered_at=entered)
            del self._open[case.case_no]
