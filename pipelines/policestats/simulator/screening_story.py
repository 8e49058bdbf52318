"""How reports are screened in the made-up province: what became a case, what did not, and what was said against that."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from policestats.simulator.codes import CHARGES
from policestats.simulator.criminal_ledger import CriminalLedger
from policestats.simulator.records import Row

_SOURCES = {"S01": 40, "S02": 6, "S03": 24, "S04": 2, "S05": 4, "S06": 4, "S07": 2, "S08": 4, "S09": 4, "S10": 10, None: 1}
_CHARGE_WEIGHTS = {code: charge.weight for code, charge in CHARGES.items()}
_OUTCOMES = {"not_filed": 40, "transferred": 16, "to_admin": 18, "merged": 14, None: 4}
#: Days from acceptance to decision, by the limit that was approved.
_DAYS = {3: range(5), 7: range(3, 9), 30: range(7, 34)}
_LIMITS = {3: 62, 7: 24, 30: 14}
_RESULTS = {"upheld": 70, "changed": 18, "withdrawn": 6, None: 6}


class ScreeningStory:
    """Writes what went before each filing, and the screenings from which no case came."""

    def __init__(self, ledger: CriminalLedger) -> None:
        self.ledger = ledger
        self.world = ledger.world
        self.diary = ledger.diary
        self.rng = ledger.rng

    def tell(self) -> None:
        """Write the screenings of all cases that were filed here, and about a third as many others."""
        for case in self.ledger.cases:
            if case["is_received_from_outside"]:
                continue
            if not self.diary.chance(0.03):  # a few are filed without being accepted before
                self._screen_case(case)
            if self.diary.chance(0.35):
                self._screen_in_vain(case, self.diary.draw(_OUTCOMES))

    def _screen_case(self, case: Row) -> None:
        diary, filed_on = self.diary, case["filed_on"]
        limit = diary.draw(_LIMITS)
        accepted_on = max(self.ledger.first_day, filed_on - timedelta(days=self.rng.choice(_DAYS[limit])))
        unit = case["filing_unit_code"]
        if self.world.unit_now(unit, accepted_on) != unit or unit not in self.world.province.stations(accepted_on):
            accepted_on = filed_on
        order_no = None
        if diary.chance(0.03) and accepted_on - timedelta(days=20) > self.ledger.first_day:
            order_no = self._order(case, accepted_on)
        charge = diary.draw(_CHARGE_WEIGHTS) if diary.chance(0.1) else case["charge_code"]
        screening = self._accept(unit, accepted_on, charge, limit, "S07" if order_no else None)
        if screening is None:
            return
        self._decide(screening, "filed", filed_on, case["entered_at"], case_no=case["case_no"], order_no=order_no)
        if diary.chance(0.08):
            self._report(unit, filed_on + timedelta(days=self.rng.randrange(1, 20)), charge, repeats=case["case_no"])

    def _screen_in_vain(self, case: Row, outcome: str | None) -> None:
        """Accept what will not be filed, on some day and at the unit of a case."""
        diary, unit, accepted_on = self.diary, case["filing_unit_code"], case["filed_on"]
        limit = diary.draw(_LIMITS)
        screening = self._accept(unit, accepted_on, diary.draw(_CHARGE_WEIGHTS), limit, None)
        decided_on = accepted_on + timedelta(days=self.rng.choice(_DAYS[limit]))
        acting = self.world.unit_now(unit, decided_on)
        if screening is None or outcome is None:
            return
        entered = self.ledger.entry([unit, acting], decided_on, after=screening["entered_at"])
        if entered is None:
            return
        if outcome == "merged":
            self._decide(screening, outcome, decided_on, entered, case_no=case["case_no"])
        elif outcome == "transferred":
            moved = datetime.combine(decided_on, time(9))
            approved = moved - timedelta(hours=self.rng.randrange(1, 40))
            self._decide(screening, outcome, decided_on, entered, transfer_approved_at=approved, transferred_at=moved)
        elif outcome == "not_filed":
            self._decide(screening, outcome, decided_on, entered, has_complainant=diary.chance(0.7))
            served_on = decided_on + timedelta(days=self.rng.choice((0, 1, 1, 2, 3, 3, 4, 6)))
            if screening["has_complainant"] and served_on <= self.ledger.last_day:
                self.world.change(self.world.case_system, screening, datetime.combine(served_on, time(18)), notified_on=served_on)
            self._object(screening, acting, decided_on)
        else:
            self._decide(screening, outcome, decided_on, entered)

    def _decide(self, screening: Row, outcome: str, on: date, entered: datetime, **values: object) -> None:
        values |= {"outcome_code": outcome, "decided_on": on, "decision_entered_at": entered}
        self.world.change(self.world.case_system, screening, entered, **values)

    def _object(self, screening: Row, unit: str | None, decided_on: date) -> None:
        """Have the complainant ask for a review, or the procuratorate for reasons, now and then."""
        diary = self.diary
        asked_on = decided_on + timedelta(days=self.rng.randrange(1, 8))
        entered = self.ledger.entry([unit], asked_on, after=screening["decision_entered_at"])
        if entered is None:
            return
        if diary.chance(0.3):
            self._review(screening, unit, asked_on, entered)
        elif diary.chance(0.2):
            self._document(screening["screening_no"], "ask_reasons", unit, asked_on, entered)

    def _review(self, screening: Row, unit: str | None, asked_on: date, entered: datetime) -> None:
        result = self.diary.draw(_RESULTS)
        answered_on = asked_on + timedelta(days=self.rng.randrange(5, 31))
        answer_entered = self.ledger.entry([unit, self.world.unit_now(unit, answered_on)], answered_on, after=entered)
        review = self.world.case_system.add(
            "criminal_screening_review",
            review_no=self.world.number("XFY"),
            screening_no=screening["screening_no"],
            applied_on=asked_on,
            entered_at=entered,
            unit_code=unit,
            result_code=None,
            decided_on=None,
            decision_entered_at=None,
        )
        if result is not None and answer_entered is not None:
            answer = {"result_code": result, "decided_on": answered_on, "decision_entered_at": answer_entered}
            self.world.change(self.world.case_system, review, answer_entered, **answer)

    def _order(self, case: Row, accepted_on: date) -> str | None:
        """Have a report turned down first, and the procuratorate order its filing; return the number of the order."""
        unit, turned_down_on = case["filing_unit_code"], accepted_on - timedelta(days=18)
        if unit not in self.world.province.stations(turned_down_on):
            return None
        first = self._accept(unit, turned_down_on, case["charge_code"], 3, "S03")
        decided = None if first is None else self.ledger.entry([unit], turned_down_on, after=first["entered_at"])
        if first is None or decided is None:
            return None
        self._decide(first, "not_filed", turned_down_on, decided)
        numbers = []
        for kind, days in (("ask_reasons", 10), ("order_filing", 0)):
            day = accepted_on - timedelta(days=days)
            entered = self.ledger.entry([unit], day)
            if entered is None:
                return None
            numbers.append(self._document(first["screening_no"], kind, unit, day, entered))
        return numbers[-1]

    def _document(self, screening_no: str, kind: str, unit: str | None, on: date, entered: datetime) -> str:
        number = self.world.number("XJD")
        self.world.case_system.add(
            "criminal_supervision",
            document_no=number,
            screening_no=screening_no,
            kind_code=kind,
            received_on=on,
            entered_at=entered,
            unit_code=unit,
        )
        return number

    def _accept(self, unit: str | None, on: date, charge: str | None, limit: int, source: str | None) -> Row | None:
        """Write a report and the screening that it led to, and sometimes a second report of the same; None when nobody can enter it."""
        entered = self.ledger.entry([unit], on)
        if entered is None:
            return None
        number = self.world.number("XSA")
        report_no = self._report(unit, on, charge, screening_no=number, source=source, entered=entered)
        if self.diary.chance(0.12):
            self._report(unit, on + timedelta(days=self.rng.randrange(3)), charge, screening_no=number)
        return self.world.case_system.add(
            "criminal_screening",
            screening_no=number,
            report_no=report_no if not self.diary.chance(0.01) else None,
            accepted_on=on,
            entered_at=entered,
            unit_code=unit,
            charge_code=charge,
            approved_limit_days=None if limit == 3 else limit,
            has_complainant=False,
            outcome_code=None,
            decided_on=None,
            decision_entered_at=None,
            case_no=None,
            order_no=None,
            transfer_approved_at=None,
            transferred_at=None,
            notified_on=None,
        )

    def _report(
        self,
        unit: str | None,
        on: date,
        charge: str | None,
        *,
        screening_no: str | None = None,
        repeats: str | None = None,
        source: str | None = None,
        entered: datetime | None = None,
    ) -> str | None:
        unit = self.world.unit_now(unit, on)
        entered = entered or self.ledger.entry([unit], on)
        if entered is None:
            return None
        number = self.world.number("XJB")
        self.world.case_system.add(
            "criminal_report",
            report_no=number,
            screening_no=screening_no,
            reported_on=on,
            entered_at=entered,
            unit_code=unit,
            source_code=source or self.diary.draw(_SOURCES),
            charge_code=charge,
            is_case=not self.diary.chance(0.03) or screening_no is not None,
            repeat_of_case_no=repeats,
        )
        return number
