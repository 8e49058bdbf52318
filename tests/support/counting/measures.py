"""Form X16: coercive measures as a stock, persons counted once, requests for arrest, and detentions until the request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from policestats.simulator.province import OUTSIDE
from tests.support.counting.books import Books, Row
from tests.support.counting.sheet import Sheet
from tests.support.counting.stays import Stay, Step, came_in, count_stock, left_in, stays
from tests.support.counting.window import counts_on

_APPEARANCE, _BAIL, _SURVEILLANCE, _DETENTION, _ARREST = "A1", "A2", "A3", "A4", "A5"
_LIFTED = ("lifted", "released", "expired")
_COLUMNS = {"changed_out": "CHG_OUT", "lifted": "LIFTED", "prosecuted": "TO_PROC"}
_MONTHS = {_BAIL: 12, _SURVEILLANCE: 6, _ARREST: 2}
#: days to ask for the arrest without an approval, and days of the procuratorate on top (刑诉法 §91)
_DAYS_TO_ASK, _DAYS_TO_ANSWER = 3, 7


class Measures:
    """The measures of the province, and where each was in force."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.rows = {row["measure_no"]: row for row in books.rows("criminal_person_measure")}
        self.transfers = books.by("criminal_measure_transfer", "measure_no")

    @cached_property
    def stays(self) -> list[Stay]:
        """Where each measure was in force; the record of a stay is the measure."""
        return [stay for number in self.rows for stay in stays(self._steps(number))]

    def before(self, row: Row) -> Row | None:
        """Return the measure that ``row`` took the place of."""
        return self.rows.get(row["replaces_measure_no"])

    def _begun_on(self, row: Row) -> date | None:
        """Return the day on which the start of a measure counts; of one from outside the day on which it was received."""
        if not row["is_received_from_outside"]:
            return counts_on(row["started_on"], row["entered_at"])
        received = [
            counts_on(one["transferred_on"], one["entered_at"])
            for one in self.transfers.get(row["measure_no"], ())
            if one["is_from_outside"]
        ]
        return min((day for day in received if day is not None), default=None)

    def _not_before(self, row: Row) -> date | None:
        """Nothing about a measure counts before it began, nor before what it took the place of began."""
        days = [self._begun_on(row)]
        before = self.before(row)
        while before is not None:
            days.append(counts_on(before["started_on"], before["entered_at"]))
            before = self.before(before)
        return max((day for day in days if day is not None), default=None)

    def _steps(self, number: str) -> Iterator[Step]:
        row = self.rows[number]
        found: list[tuple[date, date, bool, datetime, str, str | None, bool]] = []
        earliest = self._not_before(row)

        def add(kind: str, on: date | None, entered: datetime, unit: str | None = None, *, ends: bool) -> None:
            day = counts_on(on, entered)
            if day is not None and on is not None:
                found.append((day if earliest is None else max(day, earliest), on, ends, entered, kind, unit, ends))

        if not row["is_received_from_outside"]:
            before = self.before(row)
            # what follows a 拘传 is imposed anew: it was over
            is_change = row["replaces_measure_no"] is not None and (before is None or before["measure_code"] != _APPEARANCE)
            add("changed_in" if is_change else "imposed", row["started_on"], row["entered_at"], row["unit_code"], ends=False)
        if row["measure_code"] == _APPEARANCE:  # 24 hours at most: in no stock
            add("lifted", row["started_on"], row["entered_at"], ends=True)
        if row["end_code"] in _LIFTED or row["end_code"] == "prosecuted":
            add("lifted" if row["end_code"] in _LIFTED else "prosecuted", row["ended_on"], row["end_entered_at"], ends=True)
        for one in self.transfers.get(number, ()):
            add(
                "transferred",
                one["transferred_on"],
                one["entered_at"],
                OUTSIDE if one["is_to_outside"] else one["to_unit_code"],
                ends=False,
            )
        for other in self.books.by("criminal_person_measure", "replaces_measure_no").get(number, ()):
            add("changed_out", other["started_on"], other["entered_at"], ends=True)
        found.sort(key=lambda step: step[:4])
        return (Step(day, kind, unit, not ends, ends, row) for day, _, _, _, kind, unit, ends in found)


def x16(sheet: Sheet, measures: Measures) -> None:
    """Count X16."""
    span = sheet.span
    for stay in measures.stays:
        rows = _rows(stay.record)
        count_stock(sheet, stay, rows)
        if stay.is_open_at(span.after) and _is_overdue(stay.record, span.after - timedelta(days=1)):
            sheet.count("OVERDUE", stay.unit, rows)
        if came_in(stay, span):
            if stay.came == "transferred":
                sheet.count_beyond("UNIT_IN", stay.unit, stay.came_from, rows)
            else:
                sheet.count("IMPOSED" if stay.came == "imposed" else "CHG_IN", stay.unit, rows)
        if left_in(stay, span):
            if stay.left == "transferred":
                sheet.count_beyond("UNIT_OUT", stay.unit, stay.left_to, rows)
            else:
                sheet.count(_COLUMNS[stay.left or ""], stay.unit, rows)
    _count_persons(sheet, measures)
    _count_requests(sheet, measures.books)
    _count_detentions(sheet, measures)


def _count_persons(sheet: Sheet, measures: Measures) -> None:
    """Count everybody once at each unit; one without an identity is told by case and number."""
    span = sheet.span
    identities = {(row["case_no"], row["person_no"]): row["id_number"] for row in measures.books.rows("criminal_person")}
    for stay in measures.stays:
        place = stay.record["case_no"], stay.record["person_no"]
        who: Any = identities.get(place) or place
        if came_in(stay, span) and stay.came == "imposed":
            sheet.count_once("PERS_IMPOSED", stay.unit, "P0", who)
        for column, day in (("PERS_OPEN", span.start), ("PERS_CLOSE", span.after)):
            if stay.is_open_at(day):
                sheet.count_once(column, stay.unit, "P0", who)


def _count_requests(sheet: Sheet, books: Books) -> None:
    answers = {"approved": "APPROVED", "refused": "REFUSED", "withdrawn": "REQ_WD"}
    for row in books.rows("criminal_arrest_request"):
        asked, answered = counts_on(row["requested_on"], row["entered_at"]), counts_on(row["decided_on"], row["decision_entered_at"])
        if asked is None:
            continue
        ended = None if answered is None or row["result_code"] is None else max(asked, answered)
        count_stock(
            sheet,
            Stay(row["unit_code"], asked, "asked", None, ended, row["result_code"], None, row),
            ["B1"],
            opening="REQ_OPEN",
            closing="REQ_CLOSE",
        )
        if sheet.span.holds(asked):
            sheet.count("REQ", row["unit_code"], ["B1"])
        if sheet.span.holds(ended):
            sheet.count(answers[row["result_code"]], row["unit_code"], ["B1"])


def _count_detentions(sheet: Sheet, measures: Measures) -> None:
    """Count each detention when the arrest is asked for, or when it ends without that: what is asked after the release is no detention any more."""
    requests = measures.books.by("criminal_arrest_request", "measure_no")
    for row in measures.rows.values():
        if row["measure_code"] != _DETENTION:
            continue
        asked = [one for one in requests.get(row["measure_no"], ()) if one["requested_on"] is not None]
        first = min((one["requested_on"] for one in asked), default=None)
        if first is not None and (row["ended_on"] is None or first <= row["ended_on"]):
            day = min(day for one in asked if (day := counts_on(one["requested_on"], one["entered_at"])) is not None)
            column = _band(first, row["started_on"])
        else:
            day, column = _end(measures, row), "PNONE"
        if day is not None and sheet.span.holds(day):
            for name in (column, "PALL"):
                sheet.count(name, _holder(measures, row, day), ["C1"])


def _end(measures: Measures, row: Row) -> date | None:
    return counts_on(row["ended_on"], row["end_entered_at"])


def _holder(measures: Measures, row: Row, day: date) -> str | None:
    moves = [
        (when, one)
        for one in measures.transfers.get(row["measure_no"], ())
        if (when := counts_on(one["transferred_on"], one["entered_at"])) is not None
    ]
    known = [(when, one["transferred_on"], one["entered_at"], one) for when, one in moves if when <= day]
    if not known:
        return row["unit_code"]
    last = max(known, key=lambda move: move[:3])[3]
    return last["from_unit_code"] if last["is_to_outside"] else last["to_unit_code"]


def _band(requested: date, started: date | None) -> str:
    if started is None or requested < started:
        return "PUNK"
    days = (requested - started).days
    return "P3" if days <= 3 else "P7" if days <= 7 else "P30" if days <= 30 else "POVER"


def _rows(row: Row) -> list[str]:
    kind = row["measure_code"] if row["measure_code"] in (_APPEARANCE, _DETENTION, *_MONTHS) else "A9"
    return ["A0", kind, "A31"] if kind == _SURVEILLANCE and row["is_designated_place"] else ["A0", kind]


def _is_overdue(row: Row, last_day: date) -> bool:
    """Tell whether a measure is beyond its limit on the last day of the window: months, or days to ask for the arrest and to answer."""
    started, kind = row["started_on"], row["measure_code"]
    if kind == _DETENTION:
        return last_day > started + timedelta(days=(row["approved_days"] or _DAYS_TO_ASK) + _DAYS_TO_ANSWER)
    months = row["approved_months"] or _MONTHS.get(kind)
    return months is not None and last_day > _after_months(started, months)


def _after_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))
