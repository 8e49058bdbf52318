"""The tally of form Z01: what the acts on administrative cases add up to, month by month.

Pending cases are a plain stock: a case enters it when accepted or received, and leaves it when dealt with, terminated, turned criminal or
sent away. Closed in order of months, like the criminal book.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from policestats.simulator.calendar import add_months, month_of, month_text
from policestats.simulator.codes import CAUSES, LAW_2012, LAW_2025, OTHER_LAW_CAUSES
from policestats.simulator.dispute_book import Outbreak
from policestats.simulator.figures import RECORDS_BEGIN, Cell, Cells, Fold, MonthFigures, base_cells, change, share
from policestats.simulator.penalties import UNKNOWN, Circumstances
from policestats.simulator.province import OUTSIDE, Province
from policestats.simulator.records import Row

FORM = "Z01"
ROWS = ("T", "P1", "P2", "P3", "P4", "P9", "M01", *(f"G{number:02d}" for number in range(1, 20)))
#: From this day the law of 2025 counts a case at its filing decision; before it, at its registration (处罚法 §90).
LAW_CHANGED_ON = date(2026, 1, 1)
FROM_CRIMINAL = ("criminal_not_filed", "criminal_withdrawn")

_LEAVES = {"dealt": "DEALT_M", "terminated": "TERM_M", "to_criminal": "TO_CRIM_M"}


@dataclass
class Person:
    """A person (or unit) in an administrative case, and the decision on it, if any."""

    number: int
    kind: str  # natural, unit
    circumstances: Circumstances = UNKNOWN
    agreement: Row | None = None  # a mediation that is not performed yet
    is_decided: bool = False


@dataclass
class AdminCase:
    """One administrative case as the acts left it: the simulator's own state."""

    case_no: str
    record: Row
    holder: str | None
    cause: str | None
    last_on: date
    last_entered: datetime
    state: str = "open"  # unfiled, open, dealt, ended, gone
    persons: list[Person] = field(default_factory=list)

    @property
    def number(self) -> str:
        """What the case is called."""
        return f"case {self.case_no}"


@dataclass(frozen=True)
class _Fact:
    kind: str  # accepted, opened, moved, changed, dealt, terminated, to_criminal, decided
    case: AdminCase
    posted_on: date
    unit: str | None = None
    partner: str | None = None
    is_late: bool = False
    person_kind: str | None = None
    cause: str | None = None


def rows_of(cause: str | None, record: Row) -> list[str]:
    """Return the Z01 rows of a case with ``cause`` under the law applied to it; none when the cause belongs to another law.

    Source: forms_precise.csv Z01 rows (section of the cause in the APPLIED law version; 待定 in P9); corrections.md 6.
    """
    if cause in OTHER_LAW_CAUSES:
        return []
    known = CAUSES.get(cause) if cause is not None else None
    rows = ["T"]
    if known is None:
        rows += ["P9", "G19"]
    else:
        rows += [known.section(record["applied_law_code"]) or "P9", known.group or "G19"]
    if record["is_dispute_origin"]:
        rows.append("M01")
    return rows


def is_law_wrong(cause: str | None, record: Row) -> bool:
    """Tell whether the applied law lacks the cause, or is not the law of the act's day without the reason 从轻 (corrections.md 6)."""
    known = CAUSES.get(cause) if cause is not None else None
    if known is not None and known.section(record["applied_law_code"]) is None:
        return True
    law_of_act = LAW_2012 if record["act_on"] < LAW_CHANGED_ON else LAW_2025
    return record["applied_law_code"] != law_of_act and not record["is_lighter_law"]


def _is_absent(record: Row, end: date) -> bool:
    """Tell whether the offender is unknown or fled at the end of a month; ``end`` is the day after it (行程 §165(3))."""
    since, until = record["offender_absent_from"], record["offender_absent_until"]
    return since is not None and since < end and (until is None or until >= end)


class AdminBook:
    """Facts by the month in which they count, and the figures of each closed month."""

    def __init__(self) -> None:
        self._posted: dict[date, list[_Fact]] = defaultdict(list)

    def _post(self, fact: _Fact) -> None:
        self._posted[month_of(fact.posted_on)].append(fact)

    def accepted(self, case: AdminCase, posted_on: date, *, is_late: bool) -> None:
        """Count an acceptance: 受理 until 2025, 立案 from 2026 on."""
        self._post(_Fact("accepted", case, posted_on, unit=case.holder, is_late=is_late, cause=case.cause))

    def opened(self, case: AdminCase, posted_on: date) -> None:
        """Note a case accepted outside the tree: nobody's 受理 here."""
        self._post(_Fact("opened", case, posted_on, cause=case.cause))

    def moved(self, case: AdminCase, posted_on: date, giver: str | None, taker: str | None) -> None:
        """Count a transfer: it leaves one unit's stock and enters another's (corrections.md 9)."""
        self._post(_Fact("moved", case, posted_on, unit=giver, partner=taker))

    def changed(self, case: AdminCase, posted_on: date, cause: str | None) -> None:
        """Note another cause."""
        self._post(_Fact("changed", case, posted_on, cause=cause))

    def left(self, case: AdminCase, posted_on: date, kind: str) -> None:
        """Count that a case is ``dealt`` (its first final decision, corrections.md 5), ``terminated`` or turned ``to_criminal``."""
        self._post(_Fact(kind, case, posted_on))

    def decided(self, case: AdminCase, posted_on: date, unit: str | None, person_kind: str) -> None:
        """Count a final decision on one person or unit: 人次, at the deciding unit (corrections.md 8)."""
        self._post(_Fact("decided", case, posted_on, unit=unit, person_kind=person_kind))

    def outbreaks(self) -> Iterator[Outbreak]:
        """Yield the cases accepted that grew from a dispute (民转治), which form Z13 counts as well; of another law's cause they are none."""
        for facts in self._posted.values():
            for fact in facts:
                if fact.kind == "accepted" and "M01" in rows_of(fact.case.cause, fact.case.record):
                    yield Outbreak(fact.posted_on, fact.unit, None, is_criminal=False, case_no=fact.case.case_no)

    def close(self, months: list[date]) -> dict[date, MonthFigures]:
        """Play the months in order, which must begin with the first that has facts, and return the figures of each."""
        cause_now: dict[str, str | None] = {}
        pending: dict[str, tuple[str | None, AdminCase]] = {}
        this_year: list[tuple[str, str | None, AdminCase]] = []
        figures: dict[date, MonthFigures] = {}
        for month in months:
            if month.month == 1:
                this_year = []
            book = figures[month] = MonthFigures()
            pending_at_start = list(pending.values())
            counted: list[tuple[str, str | None, AdminCase]] = []
            moved: list[_Fact] = []
            for fact in self._posted.get(month, []):
                case_no = fact.case.case_no
                if fact.kind in ("accepted", "opened", "changed"):
                    cause_now[case_no] = fact.cause
                if fact.kind == "accepted":
                    pending[case_no] = (fact.unit, fact.case)
                    counted.append(("ACC_M", fact.unit, fact.case))
                    if fact.is_late:
                        counted.append(("ACC_LATE_M", fact.unit, fact.case))
                    if fact.case.record["source_code"] in FROM_CRIMINAL:
                        counted.append(("FROM_CRIM_M", fact.unit, fact.case))
                elif fact.kind == "moved":
                    moved.append(fact)
                    pending.pop(case_no, None)  # nothing is pending yet of a case that comes from outside
                    if fact.partner != OUTSIDE:
                        pending[case_no] = (fact.partner, fact.case)
                elif fact.kind in _LEAVES:
                    holder, _ = pending.pop(case_no)
                    counted.append((_LEAVES[fact.kind], holder, fact.case))
                elif fact.kind == "decided":
                    counted.append(("PERS_M" if fact.person_kind == "natural" else "UNITS_M", fact.unit, fact.case))
            this_year += [one for one in counted if one[0] in ("ACC_M", "DEALT_M", "PERS_M")]

            # All is placed by the cause at the end of the month, the opening stock too: so every row of the month balances.
            end = add_months(month, 1)
            for unit, case in pending_at_start:
                _add(book, "OPEN", unit, rows_of(cause_now[case.case_no], case.record))
            for column, unit, case in counted:
                cause = cause_now[case.case_no]
                _add(book, column, unit, rows_of(cause, case.record))
                if column == "ACC_M" and is_law_wrong(cause, case.record):
                    _add(book, "LAW_WRONG_M", unit, rows_of(cause, case.record))
            for fact in moved:
                for row in rows_of(cause_now[fact.case.case_no], fact.case.record):
                    book.moves["M"][fact.unit, fact.partner, row] += 1
            for unit, case in pending.values():
                rows = rows_of(cause_now[case.case_no], case.record)
                _add(book, "CLOSE", unit, rows)
                if _is_absent(case.record, end):
                    _add(book, "CLOSE_UNK", unit, rows)
            for column, unit, case in this_year:
                _add(book, f"{column[:-2]}_YTD", unit, rows_of(cause_now[case.case_no], case.record))
        return figures

    def cells(self, province: Province, months: list[date], printed: list[date]) -> Iterator[Cell]:
        """Yield every cell of Z01 for the ``printed`` months and all units of the tree."""
        figures = self.close(months)
        for month in printed:
            yield from _form(province, month, figures)


def _add(book: MonthFigures, column: str, unit: str | None, rows: list[str]) -> None:
    for row in rows:
        book.counts[column][unit, row] += 1


def _form(province: Province, month: date, figures: dict[date, MonthFigures]) -> Iterator[Cell]:
    fold, book, period = Fold(province, month), figures[month], month_text(month)
    cells: Cells = {column: fold.up(counts) for column, counts in book.counts.items()}
    cells["IN_M"], cells["OUT_M"] = fold.net(book.moves["M"])
    a_year_ago = add_months(month, -12)
    compares = date(a_year_ago.year, 1, 1) >= RECORDS_BEGIN  # corrections.md 14
    if compares:
        last = figures.get(a_year_ago, MonthFigures())
        cells["ACC_PY"] = fold.up(last.counts["ACC_YTD"])
        cells["DEALT_PY"] = fold.up(last.counts["DEALT_YTD"])
    yield from base_cells(FORM, period, cells)

    def of(column: str, unit: str, row: str) -> int:
        return cells[column][unit, row] if column in cells else 0

    for unit in fold.units:
        for row in ROWS:
            accepted, dealt = of("ACC_YTD", unit, row), of("DEALT_YTD", unit, row)
            rates = {"RATE_YTD": share(dealt, accepted)}
            if compares:
                rates["ACC_YOY"] = change(accepted, of("ACC_PY", unit, row))
                rates["DEALT_YOY"] = change(dealt, of("DEALT_PY", unit, row))
            for column, value in rates.items():
                if value is not None:
                    yield Cell(FORM, period, unit, row, column, value)
