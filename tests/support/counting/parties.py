"""Suspects and victims of criminal cases, and when they count."""

from __future__ import annotations

from tests.support.counting.criminal import CriminalCases, RowsOf
from tests.support.counting.sheet import Sheet


def count_arrivals(sheet: Sheet, cases: CriminalCases, rows_of: RowsOf, **columns: str) -> None:
    """Count suspects on the day they come or are caught, at the unit that holds the case that day; ``columns``: column=natural or unit."""
    for day, row, case in cases.dated(cases.books.rows("criminal_person"), "arrived_on"):
        if sheet.span.holds(day):
            rows = list(rows_of(case, case.charge(sheet.span.after)))
            for column, kind in columns.items():
                if row["person_kind_code"] == kind:
                    sheet.count(column, case.holder(day), rows)
