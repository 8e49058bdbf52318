"""Inspections of premises, the hazards they find, and what becomes of those (form Z15's columns)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from policestats.simulator import identity
from policestats.simulator.diary import Diary
from policestats.simulator.records import Row

PREMISES_TYPES = {f"H{number:02d}": 1.0 for number in range(1, 15)} | {"H01": 6, "H02": 3, "H04": 4, "H09": 10, "H99": 2}
_HAZARD_KINDS = {"fire": 40, "registration": 30, "guarding": 20, "equipment": 10}
_PREMISES_OF_A_STATION = 12


class InspectionStory:
    """Registers premises, visits them, finds hazards and has them fixed, on the spot, in time or late, or voided.

    ``punish`` opens an administrative case of a station on a day and returns its number, or None when it could not be entered.
    """

    def __init__(self, diary: Diary, *, punish: Callable[[str, date], str | None]) -> None:
        self.diary = diary
        self.punish = punish
        self.world = diary.world
        self._serial = 0
        self._premises: dict[str, list[Row]] = {}

    def begin(self, station: str, day: date) -> None:
        """Register the premises of a station as they are before ``day``."""
        for _ in range(_PREMISES_OF_A_STATION):
            self._open(station, day - timedelta(days=self.diary.rng.randrange(1, 900)))

    def work(self, station: str, day: date) -> None:
        """Do a day's inspections at ``station``."""
        diary = self.diary
        if diary.chance(0.03):
            self._open(station, day)
        if diary.chance(0.02):
            self._close(station, day)
        if diary.chance(0.3):
            self._inspect(station, day, "sweep" if diary.chance(0.15) else "routine")

    def _own(self, station: str, day: date) -> list[Row]:
        if station not in self._premises:  # a merged station has those of the stations before it
            gone = [code for code in self._premises if self.world.unit_now(code, day) == station]
            self._premises[station] = [row for code in gone for row in self._premises.pop(code)]
        return self._premises[station]

    def _open(self, station: str, day: date) -> None:
        entered = self.diary.entry([station], day)
        if entered is None:
            return
        self._serial += 1
        row = self.world.inspection_desk.add(
            "premises",
            premises_no=self.world.number("CS"),
            unit_code=station,
            opened_on=day,
            closed_on=None,
            entered_at=entered,
            premises_type_code=self.diary.draw(PREMISES_TYPES),
            cycle_months=self.diary.draw({3: 30, 6: 40, 12: 30}),
            contact_name=identity.name(800_000 + self._serial),
            contact_phone=identity.phone(800_000 + self._serial),
        )
        self._own(station, day).append(row)

    def _close(self, station: str, day: date) -> None:
        own = self._own(station, day)
        if own:
            row = own.pop(self.diary.rng.randrange(len(own)))
            self.world.change(self.world.inspection_desk, row, datetime.combine(day, time(15)), closed_on=day)

    def _inspect(self, station: str, day: date, kind: str) -> None:
        diary, world = self.diary, self.world
        own, entered = self._own(station, day), diary.entry([station], day)
        if not own or entered is None:
            return
        premises = diary.rng.choice(own)
        found = diary.draw({0: 60, 1: 28, 2: 12})
        inspection = world.inspection_desk.add(
            "inspection",
            inspection_no=world.number("JC"),
            premises_no=premises["premises_no"],
            unit_code=station,
            inspected_on=day,
            entered_at=entered,
            kind_code=kind,
            notice_no=world.number("ZG") if found and diary.chance(0.8) else None,
            case_no=None,
        )
        if found and diary.chance(0.1):
            world.change(world.inspection_desk, inspection, entered, case_no=self.punish(station, day))
        for _ in range(found):
            self._find(inspection, premises, station, day, entered)

    def _find(self, inspection: Row, premises: Row, station: str, day: date, entered: datetime) -> None:
        diary = self.diary
        is_on_the_spot = diary.chance(0.25)
        hazard = self.world.inspection_desk.add(
            "hazard",
            hazard_no=self.world.number("YH"),
            inspection_no=inspection["inspection_no"],
            premises_no=premises["premises_no"],
            unit_code=station,
            found_on=day,
            entered_at=entered,
            hazard_kind_code=diary.draw(_HAZARD_KINDS),
            deadline_on=day + timedelta(days=diary.draw({7: 30, 15: 50, 30: 20})),
            fixed_on=day if is_on_the_spot else None,
            fixed_entered_at=entered if is_on_the_spot else None,
            is_on_the_spot=is_on_the_spot,
            voided_on=None,
            voided_entered_at=None,
        )
        if not is_on_the_spot and diary.chance(0.92):
            diary.plan(day + timedelta(days=1 + diary.days(14)), lambda today: self._settle(hazard, station, today))

    def _settle(self, hazard: Row, station: str, day: date) -> None:
        entered = self.diary.entry([self.world.unit_now(station, day)], day, after=hazard["entered_at"])
        if entered is None:
            return
        if self.diary.chance(0.95):
            self.world.change(self.world.inspection_desk, hazard, entered, fixed_on=day, fixed_entered_at=entered)
        else:
            self.world.change(self.world.inspection_desk, hazard, entered, voided_on=day, voided_entered_at=entered)
