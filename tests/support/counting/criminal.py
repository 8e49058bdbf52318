"""Criminal cases as entered: the charge in force at the end of a window, the unit that holds a case on a day, and when things count."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from policestats.simulator.calendar import posting
from tests.support.counting.books import Books, Row
from tests.support.counting.sheet import Sheet
from tests.support.counting.window import Window, counts_on

#: the rows of a form in which a case with a charge stands; none: it is not on the form
RowsOf = Callable[["Case", str | None], Iterable[str]]


@dataclass
class Case:
    """One case and what was entered about it, in the order of the days on which it counts."""

    record: Row
    changes: list[tuple[date, Row]]
    transfers: list[tuple[date, Row]]

    @property
    def filed_on(self) -> date:
        """The day on which the filing counts; of a case from outside the day it was filed there."""
        if self.record["is_received_from_outside"]:
            return self.record["filed_on"]
        return posting(self.record["filed_on"], self.record["entered_at"])[0]

    def charge(self, after: date) -> str | None:
        """Return the statistical charge (统计案别) at the end of a window: that of the last change that counts before ``after``."""
        known = [row for day, row in self.changes if day < after]
        if not known:
            return self.record["charge_code"]
        return max(known, key=lambda row: (row["changed_on"], row["entered_at"]))["to_charge_code"]

    def holder(self, day: date) -> str | None:
        """Return the unit that holds the case at the end of ``day``; the last one here once it was sent outside."""
        at = bisect_right([when for when, _ in self.transfers], day)
        if at == 0:
            return self.record["filing_unit_code"]
        last = self.transfers[at - 1][1]
        return last["from_unit_code"] if last["is_to_outside"] else last["to_unit_code"]


class CriminalCases:
    """All criminal cases of the province."""

    def __init__(self, books: Books) -> None:
        self.books = books
        changes, transfers = books.by("criminal_case_charge_change", "case_no"), books.by("criminal_case_transfer", "case_no")
        self.cases = {
            row["case_no"]: Case(
                row, _dated(changes.get(row["case_no"], ()), "changed_on"), _dated(transfers.get(row["case_no"], ()), "transferred_on")
            )
            for row in books.rows("criminal_case")
        }

    @cached_property
    def filed(self) -> list[tuple[date, bool, Case]]:
        """What counts as filed here, and whether it was entered late; what outsiders filed is nobody's filing here (corrections.md 4)."""
        own = (case for case in self.cases.values() if not case.record["is_received_from_outside"])
        return [(*posting(case.record["filed_on"], case.record["entered_at"]), case) for case in own]

    @cached_property
    def solved(self) -> list[tuple[date, Row, Case]]:
        """The solving of each case: a case is solved once, by what counts first."""
        return first_of(self.of_kind("solved"), "occurred_on")

    def of_kind(self, kind: str) -> list[tuple[date, Row, Case]]:
        """Return the events of a kind, each with the day on which it counts."""
        return list(self.dated((row for row in self.books.rows("criminal_case_event") if row["kind_code"] == kind), "occurred_on"))

    def dated(self, rows: Iterable[Row], on: str) -> Iterator[tuple[date, Row, Case]]:
        """Yield rows about cases with the day on which each counts; what has no day, or no case, is left out."""
        for row in rows:
            day = counts_on(row[on], row["entered_at"])
            if day is not None and row["case_no"] in self.cases:
                yield day, row, self.cases[row["case_no"]]


def first_of(found: Iterable[tuple[date, Row, Case]], on: str) -> list[tuple[date, Row, Case]]:
    """Keep, of each case, what counts first; a later one adds nothing to closed months."""
    first: dict[str, tuple[date, Row, Case]] = {}
    for one in sorted(found, key=lambda one: (one[0], one[1][on], one[1]["entered_at"])):
        first.setdefault(one[1]["case_no"], one)
    return list(first.values())


def count_block(sheet: Sheet, all_cases: CriminalCases, rows_of: RowsOf) -> None:
    """Count block K: filed, solved and withdrawn, in the window, this year and last year (corrections.md 1 to 3)."""
    span = sheet.span
    spans: list[tuple[str, Window | None]] = [("M", span), ("YTD", span.to_date), ("PY", span.year_before)]
    for name, part in spans:
        if part is None:
            continue
        for day, is_late, case in all_cases.filed:
            if part.holds(day):
                rows = list(rows_of(case, case.charge(part.after)))
                sheet.count(f"FILED_{name}", case.record["filing_unit_code"], rows)
                if name == "M":
                    sheet.count("FILED_LATE_M" if is_late else "FILED_NEW_M", case.record["filing_unit_code"], rows)
        for day, row, case in all_cases.solved:
            if part.holds(day):
                rows, unit = list(rows_of(case, case.charge(part.after))), case.holder(day)
                sheet.count(f"SOLVED_{name}", unit, rows)
                is_of_this_year = case.filed_on.year == day.year
                if name == "M":
                    sheet.count("SOLVED_CUR_M" if is_of_this_year else "SOLVED_OLD_M", unit, rows)
                    if row["manner_code"] == "linked":
                        sheet.count("SOLVED_LINK_M", unit, rows)
                elif name == "YTD" and is_of_this_year:
                    sheet.count("SOLVED_CUR_YTD", unit, rows)
        if name != "PY":
            for day, _, case in all_cases.of_kind("withdrawn"):
                if part.holds(day):
                    sheet.count(f"WITHDRAWN_{name}", case.holder(day), rows_of(case, case.charge(part.after)))
    sheet.change("FILED_YOY", "FILED_YTD", "FILED_PY")
    sheet.change("SOLVED_YOY", "SOLVED_YTD", "SOLVED_PY")
    sheet.rate("RATE_YTD", {"SOLVED_YTD": 1}, {"FILED_YTD": 1})


def _dated(rows: Iterable[Row], on: str) -> list[tuple[date, Row]]:
    found = [(posting(row[on], row["entered_at"])[0], row) for row in rows]
    return sorted(found, key=lambda one: (one[0], one[1][on], one[1]["entered_at"]))
