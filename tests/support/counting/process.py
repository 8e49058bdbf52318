"""Forms X13 and X14: reports, screening and filing; what was withdrawn, concluded and referred."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from policestats.simulator.codes import CHARGES
from tests.support.counting import charges
from tests.support.counting.books import Row
from tests.support.counting.criminal import CriminalCases, first_of
from tests.support.counting.sheet import Sheet
from tests.support.counting.stocks import is_reopening, pending
from tests.support.counting.window import counts_on

_SOURCES = {*(f"S{number:02d}" for number in range(1, 11))}
_OUTCOMES = {"filed": "FILED", "not_filed": "NOTFILED", "transferred": "TRANSFER", "to_admin": "TO_ADMIN", "merged": "MERGED"}
_ORDINARY_LIMIT = 3
_A_DAY = timedelta(hours=24)
_SUPERVISION = {"ask_reasons": "PROC_ASK", "order_filing": "PROC_ORD"}
_GROUNDS = tuple(f"W{number}" for number in range(1, 7))


@dataclass
class Screening:
    """A report accepted for screening: when the acceptance and the outcome count, and how long it took (None: a date is missing)."""

    record: Row
    accepted_on: date
    decided_on: date | None
    decided_day: date | None

    @property
    def is_belated(self) -> bool:
        """Whether the case was filed before its acceptance was known: then it was filed directly, and the acceptance is none."""
        return self.record["outcome_code"] == "filed" and self.decided_on is not None and self.decided_on < self.accepted_on

    @property
    def ends_on(self) -> date | None:
        """The day on which the outcome counts: never before the acceptance."""
        return None if self.decided_on is None else max(self.decided_on, self.accepted_on)

    @property
    def days(self) -> int | None:
        """Days from the acceptance to the decision, the first not counted."""
        if self.record["accepted_on"] is None or self.decided_day is None:
            return None
        return (self.decided_day - self.record["accepted_on"]).days

    @property
    def limit(self) -> int:
        """Days allowed: 3, or what was approved (rules.md T04)."""
        return self.record["approved_limit_days"] or _ORDINARY_LIMIT


def x13(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X13: a stock of screenings by source of the report and by suspected group, reports, reviews and supervision."""
    books, span = cases.books, sheet.span
    screenings = {row["screening_no"]: _screening(cases, row) for row in books.rows("criminal_screening")}
    for one in screenings.values():
        if not one.is_belated:
            _count_screening(sheet, one, _rows(cases, one.record, span.after))
    _count_reports(sheet, cases, screenings)
    accepted: dict[str, date] = {}
    for one in screenings.values():
        if one.record["outcome_code"] == "filed" and one.record["case_no"] is not None:
            accepted[one.record["case_no"]] = min(one.accepted_on, accepted.get(one.record["case_no"], one.accepted_on))
    for day, _, case in cases.filed:
        number = case.record["case_no"]
        if span.holds(day) and (number not in accepted or accepted[number] > day):
            sheet.count("FILED_DIRECT", case.record["filing_unit_code"], ["T", "S99", _group(case.charge(span.after))])
    for row in books.rows("criminal_screening_review"):
        rows = _rows(cases, screenings[row["screening_no"]].record, span.after)
        asked, answered = counts_on(row["applied_on"], row["entered_at"]), counts_on(row["decided_on"], row["decision_entered_at"])
        ended = None if answered is None or asked is None else max(asked, answered)
        for column, is_counted in (
            ("REVIEW", span.holds(asked)),
            ("REV_CHG", row["result_code"] == "changed" and span.holds(ended)),
            ("REV_OPEN", asked is not None and asked < span.start and (ended is None or ended >= span.start)),
        ):
            if is_counted:
                sheet.count(column, row["unit_code"], rows)
    for row in books.rows("criminal_supervision"):
        if span.holds(counts_on(row["received_on"], row["entered_at"])):
            sheet.count(_SUPERVISION[row["kind_code"]], row["unit_code"], _rows(cases, screenings[row["screening_no"]].record, span.after))
    sheet.rate("TIMELY", {"DECIDED": 1, "LATE_DEC": -1}, {"DECIDED": 1, "LATE_OPEN": 1})
    sheet.rate("RATE_FILED", {"FILED": 1}, {"DECIDED": 1})


def _count_screening(sheet: Sheet, one: Screening, rows: list[str]) -> None:
    span, row, ended = sheet.span, one.record, one.ends_on
    columns: list[tuple[str, object]] = [
        ("ACC", span.holds(one.accepted_on)),
        ("OPEN", one.accepted_on < span.start and (ended is None or ended >= span.start)),
    ]
    if one.accepted_on < span.after and (ended is None or ended >= span.after):
        last = span.after - timedelta(days=1)
        columns += [("CLOSE", True), ("LATE_OPEN", row["accepted_on"] is not None and (last - row["accepted_on"]).days > one.limit)]
    if span.holds(ended):
        columns += [
            (_OUTCOMES[row["outcome_code"]], True),
            ("DECIDED", True),
            (_band(one.days), True),
            ("LATE_DEC", one.days is not None and one.days > one.limit),
            ("TR_24H", row["outcome_code"] == "transferred" and _is_within_a_day(row["transfer_approved_at"], row["transferred_at"])),
            ("NOTICE3", row["outcome_code"] == "not_filed" and row["has_complainant"] and _is_told_in_time(one)),
            ("FILED_SUP", row["outcome_code"] == "filed" and row["order_no"] is not None),
        ]
    for column, is_counted in columns:
        if is_counted:
            sheet.count(column, row["unit_code"], rows)


def _count_reports(sheet: Sheet, cases: CriminalCases, screenings: dict[str, Screening]) -> None:
    for row in cases.books.rows("criminal_report"):
        if row["is_case"] and sheet.span.holds(counts_on(row["reported_on"], row["entered_at"])):
            one = screenings.get(row["screening_no"])
            charge = row["charge_code"] if one is None else _charge(cases, one.record, sheet.span.after)
            rows = ["T", row["source_code"] if row["source_code"] in _SOURCES else "S99", _group(charge)]
            sheet.count("REPORTS", row["unit_code"], rows)
            if row["repeat_of_case_no"] is not None:
                sheet.count("REP_DUP", row["unit_code"], rows)


def _screening(cases: CriminalCases, row: Row) -> Screening:
    """Date a screening: a filing counts on the clock of its case; a day that is missing is replaced by the day of entry."""
    accepted = counts_on(row["accepted_on"] or row["entered_at"].date(), row["entered_at"])
    assert accepted is not None
    case = cases.cases.get(row["case_no"]) if row["outcome_code"] == "filed" else None
    entered: datetime | None = row["decision_entered_at"] if case is None else case.record["entered_at"]
    own = row["decided_on"] if case is None else case.record["filed_on"]
    if row["outcome_code"] == "transferred" and row["transferred_at"] is not None:
        own = row["transferred_at"].date()
    decided = own if own is not None else (entered.date() if entered is not None else None)
    return Screening(row, accepted, counts_on(decided, entered) if row["outcome_code"] is not None else None, own)


def _charge(cases: CriminalCases, row: Row, after: date) -> str | None:
    """Return the charge of a screening at the end of a window: that of its case once it is filed, else the suspected one."""
    case = cases.cases.get(row["case_no"])
    if row["outcome_code"] == "filed" and case is not None:
        filed = counts_on(case.record["filed_on"], case.record["entered_at"])
        if filed is not None and filed < after:
            return case.charge(after)
    return row["charge_code"]


def _rows(cases: CriminalCases, row: Row, after: date) -> list[str]:
    report = cases.books.by("criminal_report", "report_no").get(row["report_no"], [])
    source = report[0]["source_code"] if report else None
    return ["T", source if source in _SOURCES else "S99", _group(_charge(cases, row, after))]


def _group(charge: str | None) -> str:
    return f"C{CHARGES[charge].group[1:]}" if charge in CHARGES else "C10"


def _band(days: int | None) -> str:
    if days is None or days < 0:
        return "DUNK"
    return "D3" if days <= 3 else "D7" if days <= 7 else "D30" if days <= 30 else "DOVER"


def _is_within_a_day(approved: datetime | None, moved: datetime | None) -> bool:
    return approved is not None and moved is not None and timedelta() <= moved - approved <= _A_DAY


def _is_told_in_time(one: Screening) -> bool:
    told = one.record["notified_on"]
    return told is not None and one.decided_day is not None and 0 <= (told - one.decided_day).days <= 3


def x14(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X14: by chapter, withdrawals also by ground; documents, cases and persons referred, once each."""
    for kind, column in (("withdrawn", "WITHDRAWN"), ("concluded", "CONCLUDED"), ("to_admin", "TO_ADMIN_AFTER_WITHDRAWAL")):
        for day, row, case in cases.of_kind(kind):
            if sheet.span.holds(day):
                ground = row["reason_code"] if row["reason_code"] in _GROUNDS else "W9"
                sheet.count(column, case.holder(day), chapters(case.charge(sheet.span.after)) + ([] if kind == "concluded" else [ground]))
    referrals = sorted(
        cases.dated(cases.books.rows("criminal_referral"), "referred_on"),
        key=lambda one: (one[0], one[1]["referred_on"], one[1]["entered_at"]),
    )
    documents = {one[1]["referral_no"]: one for one in reversed(referrals)}
    kinds = {(row["case_no"], row["person_no"]): row["person_kind_code"] for row in cases.books.rows("criminal_person")}
    for column, found in (("REFER_DOC", documents.values()), ("REFER_CASES", first_of(referrals, "referred_on")), ("", referrals)):
        for day, row, case in found:
            if sheet.span.holds(day):
                is_unit = kinds.get((row["case_no"], row["person_no"])) == "unit"
                sheet.count(
                    column or ("REFER_UNITS" if is_unit else "REFER_PERS"), case.holder(day), chapters(case.charge(sheet.span.after))
                )
    columns = {"terminated": "TERMINATED", "returned": "RETURNED", "not_prosecuted": "NONPROS"}
    for day, row, case in cases.dated(cases.books.rows("criminal_person_decision"), "decided_on"):
        if sheet.span.holds(day):
            sheet.count(columns[row["kind_code"]], case.holder(day), chapters(case.charge(sheet.span.after)))
    for stay in pending(cases):
        if sheet.span.holds(stay.since) and is_reopening(stay):
            sheet.count("REOPENED", stay.unit, chapters(stay.record.charge(sheet.span.after)))


def chapters(charge: str | None) -> list[str]:
    """Return the rows of the chapters of the law."""
    return ["T", charges.place(charge)[:4] or "U"]
