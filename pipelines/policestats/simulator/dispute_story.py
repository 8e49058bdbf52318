"""What happens to disputes in the made-up province: chances and waiting times around the acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from policestats.simulator import dispute_acts as acts
from policestats.simulator.codes import DISPUTE_SOURCES, DISPUTE_TYPES
from policestats.simulator.criminal_story import UNKNOWN_UNITS, destination
from policestats.simulator.diary import Diary
from policestats.simulator.dispute_book import Dispute
from policestats.simulator.incident_book import Incident

_GRADES = {"L1": 6, "L2": 14, "L3": 45, "L4": 35}
_NEXT = {"agree": 66, "grade": 9, "hand": 7, "case": 6, "move": 6, "rest": 6}
#: Opens a case for a dispute, of its holder and on a day; returns the number of the case, or None when it could not be entered.
OpenCase = Callable[[str, date, str], str | None]


class DisputeStory:
    """Finds disputes and has them graded, settled, confirmed, moved ... ``open_case`` turns one into a case."""

    def __init__(self, diary: Diary, *, open_case: OpenCase) -> None:
        self.diary = diary
        self.world = diary.world
        self.open_case = open_case

    def find(self, station: str, day: date, *, call: Incident | None = None) -> Dispute | None:
        """Register a dispute of ``station``, which somebody may have called about; None when it cannot be entered."""
        diary = self.diary
        unit: str | None = diary.rng.choice(UNKNOWN_UNITS) if diary.chance(0.008) else station
        entered = diary.entry([unit, station], day)
        if entered is None:
            return None
        communities = self.world.province.communities(station)
        dispute = acts.find_dispute(
            self.world,
            unit=unit,
            on=day,
            entered=entered,
            kind=None if diary.chance(0.01) else "K77" if diary.chance(0.005) else diary.draw(DISPUTE_TYPES),
            source="S1" if call is not None else None if diary.chance(0.01) else diary.draw(DISPUTE_SOURCES),
            community=None if diary.chance(0.02) else diary.rng.choice(communities),
            incident_no=None if call is None else call.record["incident_no"],
        )
        if call is not None:
            self.world.disputes.called(call.record["unit_code"], call.record["received_at"].date())
        if diary.chance(0.85):
            self._grade(dispute, day)
        self._plan_next(dispute, day, mean=6)
        return dispute

    def _plan_next(self, dispute: Dispute, day: date, *, mean: float = 12) -> None:
        if not self.diary.chance(0.06):
            self.diary.plan(day + timedelta(days=self.diary.days(mean)), lambda today: self._act(dispute, today))

    def _grade(self, dispute: Dispute, day: date) -> None:
        entered = self.diary.entry([self.world.unit_now(dispute.holder, day)], day, after=dispute.last_entered)
        if entered is not None:
            acts.grade(self.world, dispute, on=day, entered=entered, code=self.diary.draw(_GRADES))

    def _act(self, dispute: Dispute, day: date) -> None:
        diary, world = self.diary, self.world
        holder = world.unit_now(dispute.holder, day)
        if world.is_silent([holder], day):
            diary.plan(diary.after_silence(day), lambda later: self._act(dispute, later))
            return
        if dispute.state == "resolved":
            entered = diary.entry([holder], day, after=dispute.last_entered)
            if entered is not None:
                acts.reopen_dispute(world, dispute, on=day, entered=entered)
                self._plan_next(dispute, day, mean=8)
        elif dispute.state == "open" and dispute.agreement is not None:
            self._call_back(dispute, day)
        elif dispute.state == "open":
            self._act_on_open(dispute, day, diary.draw(_NEXT))

    def _call_back(self, dispute: Dispute, day: date) -> None:
        diary, world = self.diary, self.world
        if diary.chance(0.12):
            acts.break_agreement(dispute)
            self._plan_next(dispute, day)
            return
        entered = diary.entry([world.unit_now(dispute.holder, day)], day, after=dispute.last_entered)
        if entered is None:
            return
        acts.confirm(world, dispute, on=day, entered=entered)
        if diary.chance(0.07):
            self._plan_next(dispute, day + timedelta(days=3), mean=25)

    def _act_on_open(self, dispute: Dispute, day: date, what: str) -> None:
        diary, world = self.diary, self.world
        holder = world.unit_now(dispute.holder, day)
        taker = destination(diary, holder, day) if what == "move" and holder is not None else None
        entered = diary.entry([holder, taker], day, after=dispute.last_entered)
        if entered is None:
            return
        if what == "agree":
            is_on_the_spot = day - dispute.record["found_on"] <= timedelta(days=1)
            acts.agree(world, dispute, on=day, entered=entered, is_on_the_spot=is_on_the_spot)
            self._plan_next(dispute, day, mean=5)
        elif what == "grade":
            self._grade(dispute, day)
            self._plan_next(dispute, day)
        elif what == "hand":
            acts.hand_over(world, dispute, on=day, entered=entered)
        elif what == "case":
            case_no = self.open_case(holder, day, dispute.dispute_no) if holder in world.province.stations(day) else None
            if case_no is not None:
                acts.turn_into_case(world, dispute, on=day, entered=entered, case_no=case_no)
        elif what == "move" and taker is not None:
            acts.move_dispute(world, dispute, to_unit=taker, on=day, entered=entered)
            self._plan_next(dispute, day)
