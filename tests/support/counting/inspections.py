"""Form Z15: premises under inspection and those due, visits, hazards as a stock, and the cases and penalties that visits led to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from policestats.simulator.calendar import add_months, days_in
from tests.support.counting.admin import AdminCases, left_in
from tests.support.counting.books import Books, Row
from tests.support.counting.sheet import Sheet
from tests.support.counting.stays import Stay, count_stock
from tests.support.counting.window import Window, counts_on

_TYPES = (*(f"H{number:02d}" for number in range(1, 15)), "H99")
_PENALTIES = {"natural": "PEN_PERS", "unit": "PEN_UNIT"}


def z15(sheet: Sheet, books: Books, cases: AdminCases) -> None:
    """Count Z15: visits and hazards at the unit in charge of the premises, or no visit of another unit would be one (DONE <= VISITS)."""
    premises = {row["premises_no"]: row for row in books.rows("premises")}
    for row in premises.values():
        _count_premises(sheet, row, books.by("inspection", "premises_no").get(row["premises_no"], []))
    for visit in books.rows("inspection"):
        if sheet.span.holds(_counts_on(visit)):
            _count_visit(sheet, visit, premises.get(visit["premises_no"]))
    for hazard in books.rows("hazard"):
        _count_hazard(sheet, hazard, premises.get(hazard["premises_no"]))
    _count_cases(sheet, books, cases, premises)
    sheet.rate("COVER", {"DONE": 1}, {"DUE": 1})
    sheet.rate("FIX_RATE", {"HZ_ONTIME": 1}, {"HZ_DUE": 1})


def _rows(premises: Row | None) -> list[str]:
    """Return the total and the type; premises that nobody knows, or of a type that nobody knows, are 其他."""
    kind = None if premises is None else premises["premises_type_code"]
    return ["T", kind if kind in _TYPES else "H99"]


def _unit(row: Row, premises: Row | None) -> str | None:
    unit: str | None = row["unit_code"] if premises is None else premises["unit_code"]
    return unit


def _counts_on(visit: Row) -> date | None:
    return counts_on(visit["inspected_on"], visit["entered_at"])


def _count_visit(sheet: Sheet, visit: Row, premises: Row | None) -> None:
    rows, unit = _rows(premises), _unit(visit, premises)
    sheet.count("VISITS", unit, rows)
    for row in rows:
        if visit["kind_code"] == "sweep":  # 次, not 家次: what one unit sweeps on one day is one
            sheet.count_once("SWEEPS", unit, row, (visit["unit_code"], visit["inspected_on"]))
        if visit["notice_no"] is not None:
            sheet.count_once("NOTICES", unit, row, visit["notice_no"])


def _count_premises(sheet: Sheet, row: Row, visits: list[Row]) -> None:
    """Count premises under inspection at the end, and those with a cycle that falls due in the window: inspected in it, or not yet and not closed by that day."""
    opened, closed, span = counts_on(row["opened_on"], row["entered_at"]), row["closed_on"], sheet.span
    if opened is None:
        return
    if opened < span.after and (closed is None or closed >= span.after):
        sheet.count("ACTIVE", row["unit_code"], _rows(row))
    ends = [
        until for due, until in _cycles(row, opened, visits) if span.holds(due) and (until is not None or closed is None or due < closed)
    ]
    if any(until is None or until >= span.start for until in ends):
        sheet.count("DUE", row["unit_code"], _rows(row))
    if any(span.holds(until) for until in ends):
        sheet.count("DONE", row["unit_code"], _rows(row))


def _cycles(row: Row, opened: date, visits: list[Row]) -> Iterator[tuple[date, date | None]]:
    """Yield the day on which each cycle falls due, and the day on which the visit that ends it counts (None: none did while it was under inspection).

    The months run from the last visit, of those known by then, or from the day on which the premises came under inspection: when that was entered moves no due
    day. What is over before it is known falls due when it is.
    """
    if not row["cycle_months"]:
        return
    dated = sorted((day, visit["inspected_on"]) for visit in visits if (day := _counts_on(visit)) is not None)
    # a visit that counts before its premises do ends no cycle: there is none yet
    known, since = opened, max([row["opened_on"], *(on for day, on in dated if day < opened)])
    for day, on in dated:
        if opened <= day and (row["closed_on"] is None or day < row["closed_on"]):
            yield max(known, _months_later(since, row["cycle_months"])), day
            known, since = day, max(since, on)
    yield max(known, _months_later(since, row["cycle_months"])), None


def _months_later(day: date, months: int) -> date:
    """Return the same day of the month ``months`` later, or the last day of a month that is too short."""
    month = add_months(day, months)
    return month + timedelta(days=min(day.day, days_in(month)) - 1)


def _count_hazard(sheet: Sheet, row: Row, premises: Row | None) -> None:
    found = counts_on(row["found_on"], row["entered_at"])
    if found is None:
        return
    rows, unit, span = _rows(premises), _unit(row, premises), sheet.span
    until, left = min(_ends(row, found), default=(None, None))
    stay = Stay(unit, found, "found", None, until, left, None, row)
    count_stock(sheet, stay, rows, opening="HZ_OPEN", closing="HZ_CLOSE")
    columns = [
        ("HZ_NEW", span.holds(found)),
        ("HZ_FIXED", left == "fixed" and span.holds(until)),
        ("HZ_SPOT", left == "fixed" and span.holds(until) and row["is_on_the_spot"]),
        ("HZ_VOID", left == "voided" and span.holds(until)),
    ]
    if row["deadline_on"] is not None:
        is_due = span.holds(max(row["deadline_on"], found))
        # the deadline is the last day in time: on the last day of the window it must be past
        columns += [
            ("HZ_OVER", stay.is_open_at(span.after) and row["deadline_on"] < span.after - timedelta(days=1)),
            ("HZ_DUE", is_due),
            ("HZ_ONTIME", is_due and _is_fixed_in_time(row, span)),
        ]
    for column, is_counted in columns:
        if is_counted:
            sheet.count(column, unit, rows)


def _is_fixed_in_time(row: Row, span: Window) -> bool:
    """Tell whether a re-inspection by the deadline found it put right, as far as counts before the window ends."""
    day = counts_on(row["fixed_on"], row["fixed_entered_at"])
    return day is not None and day < span.after and row["fixed_on"] <= row["deadline_on"]


def _ends(row: Row, found: date) -> Iterator[tuple[date, str]]:
    """Yield when it counts as put right and as voided; neither before it counts as found."""
    for kind, on, entered in (("fixed", "fixed_on", "fixed_entered_at"), ("voided", "voided_on", "voided_entered_at")):
        day = counts_on(row[on], row[entered])
        if day is not None:
            yield max(day, found), kind


def _count_cases(sheet: Sheet, books: Books, cases: AdminCases, premises: dict[str, Row]) -> None:
    """Count cases that a visit led to, as far as is known by the end, where they were dealt with (a part of Z01 and Z03), and the penalties in them."""
    rows_of: dict[str, list[str]] = {}
    for visit in books.rows("inspection"):
        day = _counts_on(visit)
        if visit["case_no"] is not None and day is not None and day < sheet.span.after:
            rows_of[visit["case_no"]] = _rows(premises.get(visit["premises_no"]))
    for stay in left_in(cases, sheet.span, ("dealt",)):
        sheet.count("CASES", stay.unit, rows_of.get(stay.case.record["case_no"], []))
    for row, _ in cases.decided(sheet.span):
        if row["kind_code"] == "penalty" and row["person_kind_code"] in _PENALTIES:
            sheet.count(_PENALTIES[row["person_kind_code"]], row["unit_code"], rows_of.get(row["case_no"], []))
