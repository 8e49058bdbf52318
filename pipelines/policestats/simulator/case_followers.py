"""What follows from what happened to criminal cases: people, injuries, scenes, seized property.

The followers read what the acts wrote during the day. They throw dice of their own, so that the story of the cases is the same without them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from policestats.simulator.diary import Diary
from policestats.simulator.records import Row
from policestats.simulator.world import World


@dataclass
class FollowedCase:
    """A criminal case as its followers know it: the record, who holds it, and the persons entered by their number."""

    record: Row
    holder: str | None
    persons: dict[int, Row] = field(default_factory=dict)
    was_solved: bool = False

    @property
    def case_no(self) -> str:
        """The number of the case."""
        return str(self.record["case_no"])

    @property
    def charge(self) -> str:
        """The charge at the filing, "" when there is none."""
        return self.record["charge_code"] or ""


class Follower:
    """Hears of each case on the day of what happens to it. Every method may be left as it is."""

    def __init__(self, world: World, topic: str, *, now: datetime, last_day: date) -> None:
        self.world = world
        self.diary = Diary(world, world.dice(topic), now=now, last_day=last_day)

    def filed(self, case: FollowedCase, day: date) -> None:
        """Hear that a case was filed, or received from outside."""

    def solved(self, case: FollowedCase, day: date) -> None:
        """Hear that a case was solved for the first time."""

    def referred(self, case: FollowedCase, day: date, referral: Row) -> None:
        """Hear that a person was referred for prosecution."""

    def moved(self, case: FollowedCase, day: date, transfer: Row) -> None:
        """Hear that a case was sent to another unit; ``case.holder`` is still the unit that sends it."""

    def registered(self, record: Row, day: date) -> None:
        """Hear that an administrative case was registered."""

    def holder(self, case: FollowedCase, day: date) -> str | None:
        """Return the unit that acts for the holder of the case on ``day``."""
        return self.world.unit_now(case.holder, day)


class CaseFollowers:
    """Tells the followers, at the end of each day, what was written during it."""

    _TABLES = ("criminal_case", "admin_case", "criminal_case_transfer", "criminal_case_event", "criminal_referral")

    def __init__(self, world: World, followers: list[Follower]) -> None:
        self.world = world
        self.followers = followers
        self._seen = dict.fromkeys(self._TABLES, 0)
        self._cases: dict[str, FollowedCase] = {}

    def follow(self, day: date) -> None:
        """Tell all that was written on ``day``, then let the followers do what is due."""
        for record in self._new("criminal_case"):
            self._cases[record["case_no"]] = FollowedCase(record, record["filing_unit_code"])
            if not record["is_received_from_outside"]:
                self._tell("filed", record["case_no"], day)
        for transfer in self._new("criminal_case_transfer"):
            if transfer["is_from_outside"]:
                self._cases[transfer["case_no"]].holder = transfer["to_unit_code"]
                self._tell("filed", transfer["case_no"], day)
            else:
                self._tell("moved", transfer["case_no"], day, transfer)
                self._cases[transfer["case_no"]].holder = transfer["to_unit_code"]
        for event in self._new("criminal_case_event"):
            case = self._cases[event["case_no"]]
            if event["kind_code"] == "solved" and not case.was_solved:
                case.was_solved = True
                self._tell("solved", event["case_no"], day)
        for referral in self._new("criminal_referral"):
            self._tell("referred", referral["case_no"], day, referral)
        for record in self._new("admin_case"):
            for follower in self.followers:
                follower.registered(record, day)
        for follower in self.followers:
            follower.diary.do(day)

    def _new(self, table: str) -> list[Row]:
        rows = self.world.case_system.tables[table]
        found = rows[self._seen[table] :]
        self._seen[table] = len(rows)
        return found

    def _tell(self, what: str, case_no: str, day: date, *more: Row) -> None:
        for follower in self.followers:
            getattr(follower, what)(self._cases[case_no], day, *more)
