"""The time limit of administrative cases: what pauses it, and the extensions that are approved (form Z06)."""

from __future__ import annotations

from datetime import date, timedelta

from policestats.simulator.admin_book import AdminCase
from policestats.simulator.admin_followers import AdminFollower
from policestats.simulator.records import Row

_KINDS = {"appraisal": 70, "hearing": 12, "mediation": 18}
_EXTENSION_DAYS = 30


class TimeLimitStory(AdminFollower):
    """Pauses some cases for an appraisal, a hearing or mediation, and extends the limit of those that are still pending before it runs out."""

    def opened(self, case: AdminCase, day: date) -> None:
        """Plan a pause now and then, and look at the limit before each thirty days are over."""
        if self.diary.chance(0.18):
            self.diary.plan(day + timedelta(days=1 + self.diary.days(5)), lambda today: self._pause(case, today))
        for round_of in (1, 2):
            if self.diary.chance(0.6):
                self.diary.plan(day + timedelta(days=round_of * _EXTENSION_DAYS - 2), lambda today: self._extend(case, today))

    def _pause(self, case: AdminCase, day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if case.state != "open" or entered is None:
            return
        row = self.world.case_system.add(
            "case_pause",
            pause_no=self.world.number("KC"),
            case_no=case.case_no,
            unit_code=unit,
            kind_code=self.diary.draw(_KINDS),
            paused_from=day,
            paused_until=None,
            entered_at=entered,
        )
        if not self.diary.chance(0.06):  # the others are never closed
            self.diary.plan(day + timedelta(days=3 + self.diary.days(12)), lambda today: self._resume(row, today))

    def _resume(self, row: Row, day: date) -> None:
        entered = self.diary.entry([row["unit_code"], self.world.unit_now(row["unit_code"], day)], day, after=row["entered_at"])
        if entered is not None:
            self.world.change(self.world.case_system, row, entered, paused_until=day)

    def _extend(self, case: AdminCase, day: date) -> None:
        unit = self.holder(case, day)
        entered = self.diary.entry([unit], day)
        if case.state != "open" or entered is None:
            return
        self.world.case_system.add(
            "case_extension",
            extension_no=self.world.number("YQ"),
            case_no=case.case_no,
            unit_code=unit,
            approved_on=day,
            entered_at=entered,
            extended_days=_EXTENSION_DAYS,
        )
