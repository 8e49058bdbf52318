"""What happens to criminal cases in the made-up province: chances and waiting times around the acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from policestats.simulator import criminal_acts as acts
from policestats.simulator.case_details import details
from policestats.simulator.codes import CHARGES, MADE_RARE, OTHER_MO, PREVENTABLE_MO, RARE_CHARGES, UNKNOWN_CHARGES
from policestats.simulator.criminal_book import CriminalCase
from policestats.simulator.diary import Diary
from policestats.simulator.province import OUTSIDE

#: A code like ours that no unit has, and no code at all.
UNKNOWN_UNITS = ("990999510000", None)
UNKNOWN_DISPUTE = "JF0000999999"
_CHARGE_WEIGHTS = {code: charge.weight for code, charge in CHARGES.items()}
_MO_OF = {"C221": (*PREVENTABLE_MO[:5], OTHER_MO[0]), "C220": ("0210", "0900"), "C223": ("0220",), "C222": ("0310", "0900")}
_TELECOM_CHANCE = {"C222": 0.5, "C257": 0.6, "C139": 0.1}
_DISPUTE_CHANCE = {"C179": 0.4, "C177": 0.4, "C013": 0.3}
_REASONS = {"jurisdiction": 6, "designated": 2, "merged": 2}
_NEXT = {"solve": 56, "refer": 2, "change": 13, "transfer": 10, "withdraw": 8, "correct": 3, "rest": 8}


def destination(diary: Diary, holder: str | None, day: date) -> str | None:
    """Draw where a case goes from ``holder``: within the county, to another county or city, or outside; None when nobody can take it."""
    world = diary.world
    if diary.chance(0.15):
        return OUTSIDE
    kind = diary.draw({"county": 35, "city": 35, "province": 30})
    own = (holder or "")[:6]
    found = []
    for station in world.province.stations(day):
        near = "county" if station[:6] == own else "city" if station[:4] == own[:4] else "province"
        if near == kind and station != holder and not world.is_silent([station], day):
            found.append(station)
    return diary.rng.choice(found) if found else None


class CriminalStory:
    """Files cases and has them solved, withdrawn, sent on ... ``on_withdrawn`` hears of every withdrawal."""

    def __init__(self, diary: Diary, *, on_withdrawn: Callable[[CriminalCase, date], None]) -> None:
        self.diary = diary
        self.world = diary.world
        self.on_withdrawn = on_withdrawn
        self._dice = diary.world.dice("case details")
        self._drawn: dict[str, str | None] = {}  # the charge that was drawn for a case, where a rare one stands in its place

    def file(self, station: str, day: date, *, dispute_no: str | None = None) -> CriminalCase | None:
        """File a case of ``station``, which may have grown from a dispute; None when it cannot be entered."""
        diary = self.diary
        unit: str | None = station
        if diary.chance(0.006):
            unit = diary.rng.choice(UNKNOWN_UNITS)
        entered = diary.entry([unit, station], day)
        if entered is None:
            return None
        drawn = self._charge()
        tags = self._tags(drawn) if dispute_no is None else self._tags(drawn) | {"dispute_no": dispute_no}
        charge = self._rare(drawn)
        tags |= self._details(charge, tags)
        case = acts.file_criminal_case(self.world, unit=unit, on=day, entered=entered, charge=charge, tags=tags)
        self._drawn[case.case_no] = drawn
        self._plan_next(case, day)
        return case

    def receive(self, station: str, day: date) -> None:
        """Receive a case from outside, filed there earlier in the same year."""
        diary = self.diary
        entered = diary.entry([station], day)
        if entered is None or entered.year != day.year:
            return  # whether such a case is 现案 would depend on whose year is meant: left alone
        filed_on = max(date(day.year, 1, 1), day - timedelta(days=diary.rng.randrange(1, 60)))
        drawn = self._charge()
        tags, reason = self._tags(drawn), diary.draw(_REASONS)
        charge = self._rare(drawn)
        tags |= self._details(charge, tags)
        case = acts.receive_criminal_case(
            self.world, to_unit=station, filed_on=filed_on, on=day, entered=entered, charge=charge, tags=tags, reason=reason
        )
        self._drawn[case.case_no] = drawn
        self._plan_next(case, day)

    def _charge(self) -> str | None:
        if self.diary.chance(0.012):
            return self.diary.rng.choice(UNKNOWN_CHARGES)
        return self.diary.draw(_CHARGE_WEIGHTS)

    def _rare(self, drawn: str | None) -> str | None:
        """Put a rare charge in place of a common one, now and then; what the diary draws next is the same."""
        return self._dice.choice(RARE_CHARGES) if drawn in MADE_RARE and self._dice.random() < 0.7 else drawn

    def _details(self, charge: str | None, tags: dict[str, object]) -> dict[str, object]:
        known = CHARGES.get(charge) if charge is not None else None
        return details(self._dice, charge, known.place if known else None, tags)

    def _tags(self, charge: str | None) -> dict[str, object]:
        diary, name = self.diary, charge or ""
        tags: dict[str, object] = {
            "mo_code": diary.rng.choice(_MO_OF.get(name, (OTHER_MO[2], None))),
            "is_telecom_fraud": diary.chance(_TELECOM_CHANCE.get(name, 0)),
            "is_homicide": name == "C177",
        }
        if diary.chance(_DISPUTE_CHANCE.get(name, 0.01)):
            # Either way of saying so counts as 民转刑.
            tags |= {"is_dispute_origin": True} if diary.chance(0.3) else {"dispute_no": self._dispute()}
        return tags

    def _dispute(self) -> str:
        """Draw the number of a dispute; now and then one that nobody registered."""
        known = self.world.dispute_desk.tables["dispute"]
        return UNKNOWN_DISPUTE if not known or self.diary.chance(0.1) else str(self.diary.rng.choice(known[-60:])["dispute_no"])

    def _plan_next(self, case: CriminalCase, day: date, *, not_before: int = 0) -> None:
        if case.state != "gone" and not self.diary.chance(0.15):
            self.diary.plan(day + timedelta(days=max(not_before, self.diary.days(32))), lambda today: self._act(case, today))

    def _act(self, case: CriminalCase, day: date) -> None:
        diary, world = self.diary, self.world
        # A case that nobody holds by a known name is not sent on: a null sender would mean "from outside".
        units = [world.unit_now(case.holder, day), world.unit_now(case.filing_unit, day)]
        if world.is_silent(units, day):
            diary.plan(diary.after_silence(day), lambda later: self._act(case, later))
            return
        entered = diary.entry(units, day, after=case.last_entered)
        if entered is None:
            return
        if case.state == "solved":
            what = diary.draw({"refer": 70, "change": 15, "reopen": 15})
            if what == "refer":
                self._refer(case, day, entered)
            elif what == "change":
                acts.change_charge(world, case, on=day, entered=entered, charge=self._other_charge(case))
            else:
                acts.reopen(world, case, on=day, entered=entered)
                self._plan_next(case, day, not_before=1)
            return
        if case.state == "withdrawn":
            acts.reopen(world, case, on=day, entered=entered)
            self._plan_next(case, day, not_before=1)
            return
        self._act_on_open(case, day, diary.draw(_NEXT))

    def _act_on_open(self, case: CriminalCase, day: date, what: str) -> None:
        diary, world = self.diary, self.world
        units = [world.unit_now(case.holder, day), world.unit_now(case.filing_unit, day)]
        taker = destination(diary, units[0], day) if what == "transfer" and case.holder is not None else None
        entered = diary.entry([*units, taker], day, after=case.last_entered)
        if entered is None:
            return
        if what == "solve":
            acts.solve(world, case, on=day, entered=entered, is_linked=diary.chance(0.2))
            if diary.chance(0.55):
                self._plan_next(case, day, not_before=1)
        elif what == "refer":
            self._refer(case, day, entered)
        elif what == "withdraw":
            acts.withdraw(world, case, on=day, entered=entered)
            if diary.chance(0.3):
                self._plan_next(case, day, not_before=1)
            else:
                self.on_withdrawn(case, day)
        elif what == "change":
            acts.change_charge(world, case, on=day, entered=entered, charge=self._other_charge(case))
            self._plan_next(case, day)
        elif what == "transfer" and taker is not None:
            acts.transfer_criminal_case(world, case, to_unit=taker, on=day, entered=entered, reason=diary.draw(_REASONS))
            self._plan_next(case, day)
        elif what == "correct":
            acts.correct_criminal_case(world, case, on=day, **self._tags(case.charge))
            self._plan_next(case, day)

    def _refer(self, case: CriminalCase, day: date, entered: datetime) -> None:
        """Refer one person or several; what comes back from the procuratorate is referred again."""
        persons = list(range(1, 1 + self.diary.draw({1: 70, 2: 20, 4: 10})))
        acts.refer(self.world, case, on=day, entered=entered, persons=persons)
        if self.diary.chance(0.35):
            self._plan_next(case, day, not_before=1)

    def _other_charge(self, case: CriminalCase) -> str | None:
        charge = self._charge()
        while charge == self._drawn.get(case.case_no, case.charge):
            charge = self._charge()
        self._drawn[case.case_no] = charge
        return charge
