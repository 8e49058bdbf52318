"""What the case system tells of criminal cases once all stories are told: who held each case when, and what was decided of it."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from random import Random

from policestats.simulator.diary import Diary
from policestats.simulator.records import Row
from policestats.simulator.world import World


class CriminalLedger:
    """Cases with their events, transfers and referrals, in order of time; and a diary with draws of its own, so that no other story changes.

    ``persons`` holds the numbers of the suspects that a case is known to have.
    """

    def __init__(self, world: World, *, seed: str, first_day: date, last_day: date) -> None:
        self.world = world
        self.first_day, self.last_day = first_day, last_day
        self.rng = Random(seed)
        self.diary = Diary(world, self.rng, now=world.now, last_day=last_day)
        tables = world.case_system.tables
        self.cases = list(tables["criminal_case"])
        self.events = _by_case(tables["criminal_case_event"], "occurred_on")
        self.transfers = _by_case(tables["criminal_case_transfer"], "transferred_on")
        self.referrals = _by_case(tables["criminal_referral"], "referred_on")
        self.changes = _by_case(tables["criminal_case_charge_change"], "changed_on")
        self.persons: dict[str, set[int]] = defaultdict(set)
        for row in (*tables["criminal_referral"], *tables.get("criminal_person", ())):
            self.persons[row["case_no"]].add(row["person_no"])

    def holder(self, case: Row, day: date) -> str | None:
        """Return the unit that holds ``case`` on ``day``, as it is called then; None for a null unit or outside the tree."""
        moves = self.transfers[case["case_no"]]
        at = bisect_right([move["transferred_on"] for move in moves], day)
        return self.world.unit_now(moves[at - 1]["to_unit_code"] if at else case["filing_unit_code"], day)

    def is_gone(self, case: Row, day: date) -> bool:
        """Tell whether ``case`` was sent outside the tree by ``day``."""
        return any(move["is_to_outside"] and move["transferred_on"] <= day for move in self.transfers[case["case_no"]])

    def history(self, case: Row) -> list[tuple[datetime, date]]:
        """Return when what is recorded of ``case`` was entered, and its day, in the order in which it was entered."""
        number = case["case_no"]
        found = [(case["entered_at"], case["filed_on"])]
        for rows, on in (
            (self.events, "occurred_on"),
            (self.transfers, "transferred_on"),
            (self.referrals, "referred_on"),
            (self.changes, "changed_on"),
        ):
            found += [(row["entered_at"], row[on]) for row in rows[number]]
        return sorted(found)

    def entry(self, units: list[str | None], day: date, *, after: datetime | None = None) -> datetime | None:
        """Draw when an event of ``day`` is entered; None when nobody can, or the day lies outside what is simulated."""
        return self.diary.entry(units, day, after=after) if self.first_day <= day <= self.last_day else None


def _by_case(rows: Iterable[Row], on: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["case_no"]].append(row)
    for of_case in found.values():
        of_case.sort(key=lambda row: (row[on], row["entered_at"]))
    return found
