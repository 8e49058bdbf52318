"""Form X20: cases unsolved and cases not concluded, two stocks, and fugitives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from policestats.simulator.calendar import posting
from policestats.simulator.province import OUTSIDE
from tests.support.counting import charges
from tests.support.counting.criminal import Case, CriminalCases
from tests.support.counting.sheet import Sheet
from tests.support.counting.stays import Stay, Step, came_in, count_stock, left_in, stays
from tests.support.counting.window import counts_on

#: what happens on one day: filed, then sent on, then all else as it was entered
_RANKS = {"filed": 0, "transferred": 1}
_OPENING = ("filed", "transferred", "reopened")
#: within the day on which things count: their own day, their rank, and when they were entered
_Order = tuple[date, int, datetime]


def unsolved(cases: CriminalCases) -> Iterator[Stay]:
    """Yield where each case was unsolved; the first solving ends it for good."""
    return _stays(cases, {"reopened": False, "withdrawn": False, "handed": False, "solved": True}, with_referrals=False)


def pending(cases: CriminalCases) -> Iterator[Stay]:
    """Yield where each case was not concluded; whatever concluded it, it may come back."""
    return _stays(cases, {"reopened": False, "withdrawn": False, "handed": False, "merged": False}, with_referrals=True)


def is_reopening(stay: Stay) -> bool:
    """Tell whether a case came back that was nowhere, and not from outside: reopened, or sent to a unit after it was closed."""
    return stay.came in ("transferred", "reopened") and stay.came_from is None and not _is_from_outside(stay)


def _is_from_outside(stay: Stay) -> bool:
    return stay.came == "transferred" and stay.since == _received_on(stay.record)


def _received_on(case: Case) -> date | None:
    return min((day for day, row in case.transfers if row["is_from_outside"]), default=None)


def _stays(cases: CriminalCases, kinds: Mapping[str, bool], *, with_referrals: bool) -> Iterator[Stay]:
    for case in cases.cases.values():
        found = sorted(_steps(cases, case, kinds, with_referrals), key=lambda one: (one[1].day, *one[0]))
        yield from stays(step for _, step in found)


def _steps(cases: CriminalCases, case: Case, kinds: Mapping[str, bool], with_referrals: bool) -> Iterator[tuple[_Order, Step]]:
    """Yield what happened to a case, in no order; nothing counts before it was filed here or received. ``kinds`` says which events end it."""
    number, record, books = case.record["case_no"], case.record, cases.books
    opened = _received_on(case) if record["is_received_from_outside"] else case.filed_on

    def step(kind: str, on: date, entered: datetime, unit: str | None = None, *, ends: bool = False) -> tuple[_Order, Step]:
        day = max(posting(on, entered)[0], opened or date.min)
        where = case.holder(day) if kind == "reopened" else unit
        return (on, _RANKS.get(kind, 2), entered), Step(day, kind, where, kind in _OPENING, ends, case)

    if not record["is_received_from_outside"]:
        yield step("filed", record["filed_on"], record["entered_at"], record["filing_unit_code"])
    for _, row in case.transfers:
        yield step("transferred", row["transferred_on"], row["entered_at"], OUTSIDE if row["is_to_outside"] else row["to_unit_code"])
    for row in books.by("criminal_case_event", "case_no").get(number, ()):
        if row["kind_code"] in kinds:
            yield step(row["kind_code"], row["occurred_on"], row["entered_at"], ends=kinds[row["kind_code"]])
    for row in books.by("criminal_referral", "case_no").get(number, ()) if with_referrals else ():
        yield step("referred", row["referred_on"], row["entered_at"])


def x20(sheet: Sheet, cases: CriminalCases) -> None:
    """Count X20: by the years since the filing and by chapter; a transfer nets out above both units (corrections.md 4)."""
    for prefix, ledger, left in (
        ("U", unsolved(cases), {"solved": "SOLVED", "withdrawn": "WITHDRAWN"}),
        ("P", pending(cases), {"referred": "REFERRED", "withdrawn": "WITHDRAWN", "handed": "HANDED", "merged": "MERGED"}),
    ):
        for stay in ledger:
            case: Case = stay.record
            rows = ["T", _age(case, sheet), charges.place(case.charge(sheet.span.after))[:4] or "U"]
            count_stock(sheet, stay, rows, opening=f"{prefix}_OPEN", closing=f"{prefix}_CLOSE")
            if came_in(stay, sheet.span):
                if stay.came == "filed":
                    sheet.count(f"{prefix}_FILED", stay.unit, rows)
                elif is_reopening(stay):
                    sheet.count(f"{prefix}_REOPENED", stay.unit, rows)
                else:
                    sheet.count_beyond(f"{prefix}_IN", stay.unit, stay.came_from, rows)
            if left_in(stay, sheet.span):
                if stay.left in left:
                    sheet.count(f"{prefix}_{left[stay.left]}", stay.unit, rows)
                else:
                    sheet.count_beyond(f"{prefix}_OUT", stay.unit, stay.left_to, rows)
    for row in cases.books.rows("fugitive"):
        wanted, ended = counts_on(row["wanted_on"], row["entered_at"]), counts_on(row["ended_on"], row["end_entered_at"])
        if wanted is None:
            continue
        ended = None if ended is None or row["end_code"] is None else max(wanted, ended)
        count_stock(sheet, Stay(row["unit_code"], wanted, "wanted", None, ended, row["end_code"], None, row), ["F"])
        if sheet.span.holds(wanted):
            sheet.count("NEW", row["unit_code"], ["F"])
        if sheet.span.holds(ended):
            sheet.count(row["end_code"].upper(), row["unit_code"], ["F"])


def _age(case: Case, sheet: Sheet) -> str:
    """Return Y0 for a case filed in the year reported, up to Y5 for five years before it and earlier."""
    return f"Y{min(5, sheet.span.last_month.year - case.filed_on.year)}"
