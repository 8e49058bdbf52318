"""Form Z06: how long administrative cases took, which are overdue, and what was challenged."""

from __future__ import annotations

from datetime import date, timedelta

from tests.support.counting import causes
from tests.support.counting.admin import LAW_CHANGED_ON, AdminCase, AdminCases, Stay, final_day, final_on, left_in
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import Window

_LEVELS = {"province": "U1", "city": "U2", "county": "U3", "station": "U4"}
_REVIEWS = {"keep": "REV_KEEP", "cancel": "REV_CANCEL", "change": "REV_CHANGE"}
_LIMIT = 30


def z06(sheet: Sheet, cases: AdminCases) -> None:
    """Count Z06: cases by the level of the unit that held them, those of 治安 and others; only the limit of 治安 is known here."""
    span = sheet.span
    for stay in left_in(cases, span, ("dealt",)):
        rows, used = _rows(cases, stay, span), _used_days(cases, stay.case, span)
        sheet.count("DEC", stay.unit, rows)
        sheet.count(_band(used), stay.unit, rows)
        if _is_late(cases, stay.case, span, _final(stay.case, span)):
            sheet.count("LATE", stay.unit, rows)
    for stay in cases.stays:
        if stay.is_open_at(span.after):
            rows, record = _rows(cases, stay, span), stay.case.record
            if _is_late(cases, stay.case, span, span.after - timedelta(days=1)):
                sheet.count("OPEN_LATE", stay.unit, rows)
            since, until = record["offender_absent_from"], record["offender_absent_until"]
            if since is not None and since < span.after and (until is None or until >= span.after):
                sheet.count("OPEN_UNK", stay.unit, rows)
    _count_remedies(sheet, cases)


def _count_remedies(sheet: Sheet, cases: AdminCases) -> None:
    for row in cases.dated("admin_remedy", "received_on", "entered_at", sheet.span):
        rows = ["T", _level(cases, row["unit_code"]), _kind(cases.cases[row["case_no"]], sheet.span)]
        if row["kind_code"] in ("review", "suit"):
            sheet.count("REV_IN" if row["kind_code"] == "review" else "SUIT", row["unit_code"], rows)
    for row in cases.dated("admin_remedy", "decided_on", "decision_entered_at", sheet.span):
        rows = ["T", _level(cases, row["unit_code"]), _kind(cases.cases[row["case_no"]], sheet.span)]
        if row["kind_code"] == "review":
            sheet.count(_REVIEWS.get(row["outcome_code"], "REV_OTHER"), row["unit_code"], rows)
        elif row["kind_code"] == "compensation" and row["outcome_code"] == "paid":
            sheet.count("COMP", row["unit_code"], rows)


def _rows(cases: AdminCases, stay: Stay, span: Window) -> list[str]:
    return ["T", _level(cases, stay.unit), _kind(stay.case, span)]


def _kind(case: AdminCase, span: Window) -> str:
    return "A1" if causes.is_public_order(case.cause(span.after), case.record) else "A2"


def _level(cases: AdminCases, unit: str | None) -> str:
    known = cases.books.province.units.get(unit or "")
    return "U9" if known is None else _LEVELS[known.level]


def _final(case: AdminCase, span: Window) -> date:
    """Return the day of the first final decision that counts before the end."""
    return min(final_on(row) for row in case.decisions if (final_day(row) or span.after) < span.after)


def _used_days(cases: AdminCases, case: AdminCase, span: Window) -> int | None:
    """Return calendar days from the acceptance to the decision less the pauses; the first day is not counted. None: a pause was never closed."""
    since, until = case.clock_from, _final(case, span)
    pauses = cases.books.by("case_pause", "case_no").get(case.record["case_no"], ())
    if since is None or any(row["paused_until"] is None for row in pauses if row["paused_from"] < span.after):
        return None
    return (until - since).days - _paused(cases, case, span, until)


def _paused(cases: AdminCases, case: AdminCase, span: Window, until: date) -> int:
    """Return the days of pauses up to ``until``: what goes on after it stops no clock."""
    days = 0
    for row in cases.books.by("case_pause", "case_no").get(case.record["case_no"], ()):
        if row["paused_from"] < span.after:
            end = until if row["paused_until"] is None else min(row["paused_until"], until)
            days += max(0, (end - row["paused_from"]).days)
    return days


def _band(used: int | None) -> str:
    if used is None or used < 0:
        return "DUNK"
    return "D30" if used <= 30 else "D60" if used <= 60 else "D90" if used <= 90 else "DOVER"


def _is_late(cases: AdminCases, case: AdminCase, span: Window, day: date) -> bool:
    """Tell whether ``day`` is after the limit: 30 days, what was approved on top (at most 30 under the law of 2012, 60 under that of 2025), and pauses.

    A case whose offender was unknown or fled before the time was up is not overdue (行程 §165(3)). Law of the acceptance: corrections.md 6.
    """
    since = case.clock_from
    if since is None or _kind(case, span) != "A1":
        return False
    approved = sum(
        row["extended_days"]
        for row in cases.books.by("case_extension", "case_no").get(case.record["case_no"], ())
        if row["approved_on"] < span.after
    )
    most = 30 if case.record["registered_on"] < LAW_CHANGED_ON else 60
    last = since + timedelta(days=_LIMIT + min(approved, most) + _paused(cases, case, span, day))
    absent_from = case.record["offender_absent_from"]
    return day > last and not (absent_from is not None and absent_from <= last)
