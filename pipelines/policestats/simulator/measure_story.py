"""Coercive measures on suspects in the made-up province: imposed, changed, handed over, lifted, passed on; and the requests for arrests."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from policestats.simulator.criminal_ledger import CriminalLedger
from policestats.simulator.records import Row

_FIRST = {"A4": 58, "A2": 32, "A3": 8, "A5": 1, None: 0.6}
_REQUEST_DAYS = {3: range(1, 5), 7: range(4, 9), 30: range(8, 33)}
_APPROVED_DAYS = {3: 50, 7: 34, 30: 16}
_RESULTS = {"approved": 72, "refused": 16, "withdrawn": 6, None: 6}
_LONGEST = {"A2": 420, "A3": 220, "A4": 40, "A5": 100}
_ENDS = {"lifted": 50, "released": 30, "expired": 20}


class MeasureStory:
    """Puts suspects under measures from the day their case was solved, and lets them go or passes them on with the referral."""

    def __init__(self, ledger: CriminalLedger) -> None:
        self.ledger = ledger
        self.world = ledger.world
        self.diary = ledger.diary
        self.rng = ledger.rng

    def tell(self) -> None:
        """Write the measures of all suspects of cases that were solved or referred."""
        for case in self.ledger.cases:
            number = case["case_no"]
            solved = [row["occurred_on"] for row in self.ledger.events[number] if row["kind_code"] == "solved"]
            referred = [row["referred_on"] for row in self.ledger.referrals[number]]
            if not solved and not referred:
                continue
            arrived_on = min([*solved, *(day - timedelta(days=self.rng.randrange(2, 90)) for day in referred)])
            for person_no in sorted(self.ledger.persons[number] or {1}):
                if self.diary.chance(0.85):
                    day = max(case["filed_on"], arrived_on)
                    if self.diary.chance(0.4):  # caught before the case was solved
                        day = case["filed_on"] + timedelta(days=self.rng.randrange((day - case["filed_on"]).days + 1))
                    self._put_under(case, person_no, day)

    def _put_under(self, case: Row, person_no: int, day: date) -> None:
        diary = self.diary
        if case["is_received_from_outside"] and not any(m["transferred_on"] <= day for m in self.ledger.transfers[case["case_no"]]):
            self._receive(case, person_no)
            return
        if diary.chance(0.08):  # 拘传: over within a day
            summons = self._impose(case, person_no, "A1", day)
            if summons is not None:
                self._end(summons, "released", day, [summons["unit_code"]])
        self._go_on(case, self._impose(case, person_no, diary.draw(_FIRST), day), day)

    def _receive(self, case: Row, person_no: int) -> None:
        """Receive a suspect together with a case from outside, under a measure imposed there."""
        move = next((m for m in self.ledger.transfers[case["case_no"]] if m["is_from_outside"]), None)
        if move is None:
            return
        entered = self.ledger.entry([move["to_unit_code"]], move["transferred_on"])
        if entered is None:
            return
        started_on = move["transferred_on"] - timedelta(days=self.rng.randrange(1, 20))
        measure = self._write(case, person_no, "A2", started_on, entered, None, is_from_outside=True)
        self._hand_over(measure, move, entered)
        self._go_on(case, measure, move["transferred_on"])

    def _impose(self, case: Row, person_no: int, kind: str | None, day: date, *, replaces: Row | None = None) -> Row | None:
        unit = self.ledger.holder(case, day)
        entered = self.ledger.entry([unit], day, after=None if replaces is None else replaces["entered_at"])
        if entered is None or unit is None or self.ledger.is_gone(case, day):
            return None
        if replaces is not None:
            self.world.change(self.world.case_system, replaces, entered, end_code="changed", ended_on=day, end_entered_at=entered)
        return self._write(case, person_no, kind, day, entered, unit, replaces=replaces)

    def _write(
        self,
        case: Row,
        person_no: int,
        kind: str | None,
        day: date,
        entered: datetime,
        unit: str | None,
        *,
        replaces: Row | None = None,
        is_from_outside: bool = False,
    ) -> Row:
        return self.world.case_system.add(
            "criminal_person_measure",
            measure_no=self.world.number("XCS"),
            replaces_measure_no=None if replaces is None else replaces["measure_no"],
            case_no=case["case_no"],
            person_no=person_no,
            measure_code=kind,
            is_designated_place=kind == "A3" and self.diary.chance(0.4),
            approved_days=self.diary.draw(_APPROVED_DAYS) if kind == "A4" else None,
            approved_months=self.diary.draw({2: 80, 3: 14, 5: 6}) if kind == "A5" else None,
            started_on=day,
            entered_at=entered,
            unit_code=unit,
            end_code=None,
            ended_on=None,
            end_entered_at=None,
            is_received_from_outside=is_from_outside,
        )

    def _go_on(self, case: Row, measure: Row | None, since: date) -> None:
        """Tell what becomes of a measure in force ``since``: it goes with the case, is passed on, changed or lifted, whichever comes first."""
        if measure is None:
            return
        number, kind = case["case_no"], measure["measure_code"]
        change_on, change_to = self._detained(case, measure) if kind == "A4" else (None, None)
        if kind == "A5" and self.diary.chance(0.15):
            change_on, change_to = since + timedelta(days=self.rng.randrange(5, 60)), "A2"
        own_referrals = [r["referred_on"] for r in self.ledger.referrals[number] if r["person_no"] == measure["person_no"]]
        referred_on = next((day for day in own_referrals if day >= since), None)
        lifted_on = since + timedelta(days=self.rng.randrange(1, _LONGEST.get(kind or "", 60)))
        if kind == "A4" and change_on is None:
            lifted_on = since + timedelta(days=self.rng.randrange(1, 12))
        ends_on = min(day for day in (change_on, referred_on, lifted_on) if day is not None)
        entered: datetime | None = measure["entered_at"]
        for move in self.ledger.transfers[number]:
            if since < move["transferred_on"] < ends_on and not move["is_from_outside"]:
                entered = self.ledger.entry([move["from_unit_code"], move["to_unit_code"]], move["transferred_on"], after=entered)
                if entered is None:
                    return
                self._hand_over(measure, move, entered)
                if move["is_to_outside"]:
                    return
        if ends_on == change_on and change_to is not None:
            self._go_on(case, self._impose(case, measure["person_no"], change_to, ends_on, replaces=measure), ends_on)
        else:
            way = "prosecuted" if ends_on == referred_on else self.diary.draw(_ENDS)
            self._end(measure, way, ends_on, [self.ledger.holder(case, ends_on)], after=entered)

    def _detained(self, case: Row, measure: Row) -> tuple[date | None, str | None]:
        """Ask for the arrest of a detained suspect, mostly; return when and into what the detention is changed, or nothing."""
        diary, started_on = self.diary, measure["started_on"]
        if diary.chance(0.2):  # changed without a request, or let go
            return (started_on + timedelta(days=self.rng.randrange(1, 8)), "A2") if diary.chance(0.6) else (None, None)
        asked_on = started_on + timedelta(days=self.rng.choice(_REQUEST_DAYS[measure["approved_days"]]))
        unit = self.ledger.holder(case, asked_on)
        entered = self.ledger.entry([unit], asked_on, after=measure["entered_at"])
        if entered is None or self.ledger.is_gone(case, asked_on):
            return None, None
        answered_on = asked_on + timedelta(days=self.rng.randrange(2, 8))
        answer_entered = self.ledger.entry([unit, self.ledger.holder(case, answered_on)], answered_on, after=entered)
        request = self.world.case_system.add(
            "criminal_arrest_request",
            request_no=self.world.number("XTQ"),
            case_no=case["case_no"],
            person_no=measure["person_no"],
            measure_no=measure["measure_no"],
            requested_on=asked_on,
            entered_at=entered,
            unit_code=unit,
            result_code=None,
            decided_on=None,
            decision_entered_at=None,
        )
        result = diary.draw(_RESULTS)
        if result is None or answer_entered is None:
            return answered_on, "A2"
        self.world.change(
            self.world.case_system, request, answer_entered, result_code=result, decided_on=answered_on, decision_entered_at=answer_entered
        )
        return answered_on, "A5" if result == "approved" else "A2" if diary.chance(0.8) else "A3"

    def _hand_over(self, measure: Row, move: Row, entered: datetime) -> None:
        self.world.case_system.add(
            "criminal_measure_transfer",
            transfer_no=self.world.number("XHY"),
            measure_no=measure["measure_no"],
            transferred_on=move["transferred_on"],
            entered_at=entered,
            **{name: move[name] for name in ("from_unit_code", "to_unit_code", "is_from_outside", "is_to_outside")},
        )

    def _end(self, measure: Row, way: str, on: date, units: list[str | None], *, after: datetime | None = None) -> None:
        entered = self.ledger.entry(units, on, after=after or measure["entered_at"])
        if entered is not None:
            self.world.change(self.world.case_system, measure, entered, end_code=way, ended_on=on, end_entered_at=entered)
