"""The ledger of seized property: what was seized, sealed or frozen, and what became of it (form X19)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from policestats.simulator.case_followers import FollowedCase, Follower
from policestats.simulator.records import Row

_ITEMS = {0: 35, 1: 35, 2: 20, 4: 10}
_KINDS = {"G1": 34, "G2": 15, "G3": 13, "G4": 4, "G5": 32, None: 1, "G7": 1}
#: Least and greatest value in yuan.
_VALUES = {"G1": (200, 90_000), "G2": (1_000, 600_000), "G3": (2_000, 250_000), "G4": (300_000, 3_000_000)}
_OTHER_VALUES = (50, 20_000)
_FATES = {"returned": 44, "transferred": 24, "remitted": 9, "other": 6, "kept": 17}


@dataclass
class _Item:
    row: Row
    holder: str | None
    last_entered: datetime
    is_held: bool = True


class PropertyStory(Follower):
    """Seizes property when a case is filed or solved; it goes back, on with the case, to the treasury, or along with a case that moves."""

    def __init__(self, *args: object, **named: object) -> None:
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._items: dict[str, list[_Item]] = defaultdict(list)

    def filed(self, case: FollowedCase, day: date) -> None:
        """Seize something at once, now and then."""
        if self.diary.chance(0.1):
            self._seize(case.case_no, "criminal", self.holder(case, day), day)

    def solved(self, case: FollowedCase, day: date) -> None:
        """Seize what the suspects have."""
        for _ in range(self.diary.draw(_ITEMS)):
            self._seize(case.case_no, "criminal", self.holder(case, day), day)

    def registered(self, record: Row, day: date) -> None:
        """Seize property in an administrative case, now and then; no form on criminal property counts it."""
        if self.diary.chance(0.06):
            self._seize(str(record["case_no"]), "admin", self.world.unit_now(record["unit_code"], day), day)

    def moved(self, case: FollowedCase, day: date, transfer: Row) -> None:
        """Send on with the case what is still there."""
        for item in self._items[case.case_no]:
            moment = max(transfer["entered_at"], item.last_entered + timedelta(seconds=1))
            giver, taker = self.world.unit_now(item.holder, day), transfer["to_unit_code"]
            if item.is_held and not self.world.is_silent([giver, taker], day, moment) and moment < self.diary.now:
                self._write(item, "moved", day, moment, giver=giver, taker=taker, is_to_outside=transfer["is_to_outside"])
                item.holder, item.is_held = taker, not transfer["is_to_outside"]

    def _seize(self, case_no: str, case_kind: str, unit: str | None, day: date) -> None:
        diary, rng = self.diary, self.diary.rng
        entered = diary.entry([unit], day)
        if entered is None:
            return
        kind = diary.draw(_KINDS)
        value = Decimal(rng.randrange(*_VALUES.get(kind or "", _OTHER_VALUES))) + Decimal(rng.randrange(100)) / 100
        row = self.world.systems["property"].add(
            "seized_property",
            item_no=self.world.number("CW"),
            case_no=case_no,
            case_kind_code=case_kind,
            unit_code=unit,
            seized_on=day,
            entered_at=entered,
            property_kind_code=kind,
            value_yuan=None if diary.chance(0.03) else value,
            appraised_yuan=None,
        )
        item = _Item(row, unit, entered)
        self._items[case_no].append(item)
        if kind in ("G3", "G4", "G5") and diary.chance(0.3):
            diary.plan(day + timedelta(days=3 + diary.days(20)), lambda today: self._appraise(item, value, today))
        fate = diary.draw(_FATES)
        if fate != "kept":
            diary.plan(day + timedelta(days=1 + diary.days(60)), lambda today: self._dispose(item, fate, today))

    def _appraise(self, item: _Item, value: Decimal, day: date) -> None:
        holder = self.world.unit_now(item.holder, day)
        entered = self.diary.entry([holder, item.row["unit_code"]], day, after=item.last_entered)
        if item.is_held and entered is not None:
            found = (value * self.diary.rng.randrange(60, 130) / 100).quantize(Decimal("0.01"))
            self.world.change(self.world.systems["property"], item.row, entered, appraised_yuan=found)

    def _dispose(self, item: _Item, kind: str, day: date) -> None:
        holder = self.world.unit_now(item.holder, day)
        entered = self.diary.entry([holder], day, after=item.last_entered)
        if item.is_held and entered is not None:
            self._write(item, kind, day, entered, giver=holder, taker=None, is_to_outside=False)
            item.is_held = False

    def _write(
        self, item: _Item, kind: str, day: date, entered: datetime, *, giver: str | None, taker: str | None, is_to_outside: bool
    ) -> None:
        self.world.systems["property"].add(
            "seized_property_event",
            event_no=self.world.number("CWE"),
            item_no=item.row["item_no"],
            kind_code=kind,
            occurred_on=day,
            entered_at=entered,
            unit_code=giver,
            to_unit_code=taker,
            is_to_outside=is_to_outside,
        )
        item.last_entered = entered
