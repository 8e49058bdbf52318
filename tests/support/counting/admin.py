"""Administrative cases as entered: the cause in force at the end of a window, and the stays of each case at one unit after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from policestats.simulator.calendar import posting
from policestats.simulator.province import OUTSIDE
from tests.support.counting.books import Books, Row
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import Window, counts_on

#: the rows of a form in which a case with a cause, applied law and so on stands
RowsOf = Callable[[str | None, Row], list[str]]

#: From this day the law counts a case at its filing decision, before it at its registration (处罚法 2025 §90).
LAW_CHANGED_ON = date(2026, 1, 1)
#: 处罚 > 措施 > 调解 > 不予处罚(有事实) > 不予处罚(不成立), over all persons of the case (corrections.md 5)
_PRECEDENCE = {"penalty": "PEN", "measure": "MEAS", "mediation": "MED", "no_penalty": "NOPEN", "no_fact": "NOFACT"}


@dataclass(frozen=True)
class Stay:
    """A case pending at one unit: from the day on which it came to the day on which it left (None: it is there still)."""

    case: AdminCase
    unit: str | None
    since: date
    came: str  # accepted, transferred
    is_late: bool
    until: date | None
    left: str | None  # transferred, dealt, terminated, to_criminal

    def is_open_at(self, day: date) -> bool:
        """Tell whether the case is pending there when ``day`` begins."""
        return self.since < day and (self.until is None or self.until >= day)


@dataclass
class AdminCase:
    """One case, and what was entered about it."""

    record: Row
    changes: list[Row]
    events: list[Row]
    decisions: list[Row]

    @property
    def clock_from(self) -> date | None:
        """The day the case counts from: 受案登记 until 2025, 立案决定 since."""
        if self.record["registered_on"] < LAW_CHANGED_ON:
            return self.record["registered_on"]
        return self.record["filed_on"]

    def cause(self, after: date) -> str | None:
        """Return the cause at the end of a window: that of the last change that counts before ``after``."""
        known = [row for row in self.changes if posting(row["changed_on"], row["entered_at"])[0] < after]
        if not known:
            return self.record["cause_code"]
        return max(known, key=lambda row: (row["changed_on"], row["entered_at"]))["to_cause_code"]

    def outcome(self, after: date) -> str | None:
        """Return what became of the case by what counts before ``after``; None while nothing has."""
        kinds = {row["kind_code"] for row in self.decisions if (final_day(row) or after) < after}
        return next((column for kind, column in _PRECEDENCE.items() if kind in kinds), None)

    def stays(self) -> Iterator[Stay]:
        """Yield the stays in order; the first final decision, a stop or the turn to a criminal case ends the story."""
        steps = sorted(self._steps(), key=lambda step: step[:5])
        for at, (day, _, _, _, _, kind, unit, is_late) in enumerate(steps):
            if kind in ("accepted", "transferred") and unit != OUTSIDE:
                until, left = (steps[at + 1][0], steps[at + 1][5]) if at + 1 < len(steps) else (None, None)
                yield Stay(self, unit, day, kind, is_late, until, left)
            elif kind not in ("accepted", "transferred"):
                return

    def _steps(self) -> Iterator[tuple[date, date, bool, datetime, int, str, str | None, bool]]:
        """Yield when each step counts, its day, whether it follows the acceptance, its entry, its rank on one day, its kind and the unit it leads to."""
        if not self.record["is_received_from_outside"] and self.clock_from is not None:
            day, is_late = posting(self.clock_from, self.record["entered_at"])
            yield day, self.clock_from, False, self.record["entered_at"], 0, "accepted", self.record["unit_code"], is_late
        for row in self.events:
            day = posting(row["occurred_on"], row["entered_at"])[0]
            unit = OUTSIDE if row["is_to_outside"] else row["to_unit_code"]
            yield (
                day,
                row["occurred_on"],
                True,
                row["entered_at"],
                1 if row["kind_code"] == "transferred" else 3,
                row["kind_code"],
                unit,
                False,
            )
        for row in self.decisions:
            on, entered = _final(row)
            if on is not None:
                yield posting(on, entered)[0], on, True, entered, 2, "dealt", None, False


class AdminCases:
    """All administrative cases of the province."""

    def __init__(self, books: Books) -> None:
        self.books = books
        parts = [books.by(name, "case_no") for name in ("admin_case_cause_change", "admin_case_event", "admin_decision")]
        self.cases = {row["case_no"]: AdminCase(row, *(part.get(row["case_no"], []) for part in parts)) for row in books.rows("admin_case")}
        self.stays = [stay for case in self.cases.values() for stay in case.stays()]
        self.persons = {(row["case_no"], row["person_no"]): row for row in books.rows("admin_person")}

    def rows_at(self, number: str, after: date, rows_of: RowsOf) -> list[str]:
        """Return the rows of a case at the end of a window."""
        case = self.cases[number]
        return rows_of(case.cause(after), case.record)

    def decided(self, part: Window) -> Iterator[tuple[Row, AdminCase]]:
        """Yield the final decisions that count in ``part``; a mediation is final when it is performed."""
        for row in self.books.rows("admin_decision"):
            if part.holds(final_day(row)):
                yield row, self.cases[row["case_no"]]

    def items(self, part: Window) -> Iterator[tuple[Row, Row, AdminCase]]:
        """Yield the items of the penalties that count in ``part``, each with its decision: an item counts with it."""
        for row, case in self.decided(part):
            if row["kind_code"] == "penalty":
                for item in self.books.by("penalty_item", "decision_no").get(row["decision_no"], ()):
                    yield item, row, case

    def dated(self, table: str, on: str, entered: str, part: Window) -> Iterator[Row]:
        """Yield the rows of ``table`` that count in ``part``."""
        for row in self.books.rows(table):
            if part.holds(counts_on(row[on], row[entered])):
                yield row


def final_day(decision: Row) -> date | None:
    """Return the day on which a decision counts; None for an agreement that nobody has performed yet."""
    return counts_on(*_final(decision))


def final_on(decision: Row) -> date:
    """Return the day of a final decision itself."""
    day = _final(decision)[0]
    assert day is not None, "only of a decision that counts"
    return day


def _final(decision: Row) -> tuple[date | None, Any]:
    if decision["kind_code"] == "mediation":
        return decision["performed_on"], decision["performance_entered_at"]
    return decision["decided_on"], decision["entered_at"]


def count_admin_block(sheet: Sheet, cases: AdminCases, rows_of: RowsOf) -> None:
    """Count 受理, 查处 and 查处违法人员, in the window, this year and last year."""
    for name, part in (("M", sheet.span), ("YTD", sheet.span.to_date), ("PY", sheet.span.year_before)):
        if part is None:
            continue
        for stay in cases.stays:
            rows = rows_of(stay.case.cause(part.after), stay.case.record)
            if stay.came == "accepted" and part.holds(stay.since):
                sheet.count(f"ACC_{name}", stay.unit, rows)
            if stay.left == "dealt" and part.holds(stay.until):
                sheet.count(f"DEALT_{name}", stay.unit, rows)
        if name != "PY":
            for row, case in cases.decided(part):
                if row["person_kind_code"] == "natural":
                    sheet.count(f"PERS_{name}", row["unit_code"], rows_of(case.cause(part.after), case.record))
    sheet.change("ACC_YOY", "ACC_YTD", "ACC_PY")
    sheet.change("DEALT_YOY", "DEALT_YTD", "DEALT_PY")
    sheet.rate("RATE_YTD", {"DEALT_YTD": 1}, {"ACC_YTD": 1})


def left_in(cases: AdminCases, part: Window, kinds: Iterable[str]) -> Iterator[Stay]:
    """Yield the stays that ended in ``part`` in one of ``kinds``."""
    wanted = set(kinds)
    return (stay for stay in cases.stays if stay.left in wanted and part.holds(stay.until))
