"""The tally of forms X01 and X02: what the acts on criminal cases add up to, month by month.

Each act posts a plain fact to the month in which it counts. Months are closed in order: a closing first plays the month's facts (so every
charge is the one in force at the end of the month), then puts each count into the rows of its case's charge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from policestats.simulator.calendar import add_months, month_of, month_text
from policestats.simulator.codes import CHARGE_OF_SNATCHING, CHARGES, PREVENTABLE_MO
from policestats.simulator.dispute_book import Outbreak
from policestats.simulator.figures import RECORDS_BEGIN, Cell, Cells, Fold, MonthFigures, base_cells, change, rate_cells, share
from policestats.simulator.province import Province
from policestats.simulator.records import Row

GROUPS = tuple(f"R{number:02d}" for number in range(1, 11))
ROWS_OF_X01 = ("T", *GROUPS, "R10U", *(f"M{number:02d}" for number in range(1, 9)))


@dataclass
class CriminalCase:
    """One criminal case as the acts left it: the simulator's own state, never read back from a database."""

    case_no: str
    record: Row
    filing_unit: str | None
    holder: str | None
    charge: str | None
    filed_on: date
    filed_posted_on: date
    is_from_outside: bool
    last_on: date
    last_entered: datetime
    state: str = "open"  # open, solved, withdrawn, gone
    was_solved: bool = False
    was_referred: bool = False

    @property
    def number(self) -> str:
        """What the case is called."""
        return f"case {self.case_no}"


@dataclass(frozen=True)
class _Fact:
    kind: str  # opened, filed, solved, withdrawn, moved, reclassified, referred
    case: CriminalCase
    posted_on: date
    unit: str | None = None
    partner: str | None = None
    is_late: bool = False
    is_linked: bool = False
    was: str | None = None
    becomes: str | None = None
    persons: int = 0
    is_first: bool = False


def rows_of_x01(charge: str | None, record: Row) -> list[str]:
    """Return the X01 rows of a case with ``charge`` and the tags on its ``record``.

    Source: forms_precise.csv X01 rows; the policies eight_major (mps2022) and preventable (ours).
    """
    known = CHARGES.get(charge) if charge is not None else None
    if known is None:
        rows = ["T", "R10", "R10U"]  # nothing disappears: an unknown charge is 其他, of which 待定
    else:
        rows = ["T", known.group]
        if known.is_eight_major:
            rows.append("M01")
        if known.is_drug:
            rows.append("M03")
        if known.group in ("R03", "R06") or charge == CHARGE_OF_SNATCHING:
            rows.append("M04")  # 两抢一盗
        if charge == CHARGE_OF_SNATCHING:
            rows.append("M05")
    if record["is_telecom_fraud"]:
        rows.append("M02")
    if record["mo_code"] in PREVENTABLE_MO:
        rows.append("M06")
    if record["is_dispute_origin"] or record["dispute_no"] is not None:
        rows.append("M07")
        if record["is_homicide"]:
            rows.append("M08")
    return rows


def rows_of_x02(charge: str | None, record: Row) -> list[str]:
    """Return the X02 rows of a case with ``charge``: total, chapter, section where there is one, and the charge itself.

    Source: corrections.md, rows of X02; an unknown charge is 待定.
    """
    known = CHARGES.get(charge) if charge is not None else None
    if known is None or charge is None:
        return ["T", "U"]
    return ["T", *dict.fromkeys((known.chapter, known.place)), charge]


class CriminalBook:
    """Facts by the month in which they count, and the figures of each closed month."""

    def __init__(self) -> None:
        self._posted: dict[date, list[_Fact]] = defaultdict(list)

    def _post(self, fact: _Fact) -> None:
        self._posted[month_of(fact.posted_on)].append(fact)

    def filed(self, case: CriminalCase, *, is_late: bool) -> None:
        """Count a filing, at the filing unit (templates.md A3)."""
        self._post(_Fact("filed", case, case.filed_posted_on, unit=case.filing_unit, is_late=is_late, becomes=case.charge))

    def opened(self, case: CriminalCase, posted_on: date) -> None:
        """Note a case that outsiders filed: it is nobody's 立案 here (corrections.md 4)."""
        self._post(_Fact("opened", case, posted_on, becomes=case.charge))

    def solved(self, case: CriminalCase, posted_on: date, *, is_linked: bool) -> None:
        """Count a solving, at the unit that holds the case that day (corrections.md 1)."""
        self._post(_Fact("solved", case, posted_on, unit=case.holder, is_linked=is_linked))

    def withdrawn(self, case: CriminalCase, posted_on: date) -> None:
        """Count a withdrawal; the filing stays counted (forms_precise.csv WITHDRAWN_M, filed_gross)."""
        self._post(_Fact("withdrawn", case, posted_on, unit=case.holder))

    def referred(self, case: CriminalCase, posted_on: date, persons: int, *, is_first: bool) -> None:
        """Count a referral for prosecution, at the unit that holds the case that day (corrections.md, X02)."""
        self._post(_Fact("referred", case, posted_on, unit=case.holder, persons=persons, is_first=is_first))

    def moved(self, case: CriminalCase, posted_on: date, giver: str | None, taker: str | None) -> None:
        """Count a transfer between two units, or across the border of the tree (corrections.md 4)."""
        self._post(_Fact("moved", case, posted_on, unit=giver, partner=taker))

    def reclassified(self, case: CriminalCase, posted_on: date, was: str | None, becomes: str | None) -> None:
        """Note that the statistical charge changed (corrections.md 2)."""
        self._post(_Fact("reclassified", case, posted_on, unit=case.filing_unit, was=was, becomes=becomes))

    def outbreaks(self) -> Iterator[Outbreak]:
        """Yield the cases filed that grew from a dispute (民转刑), which form Z13 counts as well."""
        for facts in self._posted.values():
            for fact in facts:
                record = fact.case.record
                if fact.kind == "filed" and "M07" in rows_of_x01(None, record):
                    is_death = bool(record["is_homicide"])
                    yield Outbreak(fact.posted_on, fact.unit, record["dispute_no"], is_criminal=True, is_death=is_death)

    def close(self, months: list[date], rows_of: Callable[[str | None, Row], list[str]]) -> dict[date, MonthFigures]:
        """Play the months in order, which must begin with the first that has facts, and return the figures of each by rows of a form."""
        charge_now: dict[str, str | None] = {}
        this_year: list[_Fact] = []
        figures: dict[date, MonthFigures] = {}
        for month in months:
            if month.month == 1:
                this_year = []  # a cumulative column begins anew in January
            facts = self._posted.get(month, [])
            for fact in facts:
                if fact.kind in ("filed", "opened", "reclassified"):
                    charge_now[fact.case.case_no] = fact.becomes
            this_year += facts
            book = figures[month] = MonthFigures()
            for fact in facts:
                if fact.kind == "reclassified":
                    _count_change(book, fact, rows_of)
                else:
                    _count_month(book, fact, rows_of(charge_now[fact.case.case_no], fact.case.record))
            for fact in this_year:
                _count_year(book, fact, rows_of(charge_now[fact.case.case_no], fact.case.record))
        return figures

    def cells(self, province: Province, months: list[date], printed: list[date]) -> Iterator[Cell]:
        """Yield every cell of X01 and X02 for the ``printed`` months and all units of the tree."""
        for form, rows_of, make in (("X01", rows_of_x01, _x01), ("X02", rows_of_x02, _x02)):
            figures = self.close(months, rows_of)
            for month in printed:
                yield from make(form, province, month, figures)


def _is_current(fact: _Fact) -> bool:
    # 破现案: counted as filed in the calendar year in which it counts as solved, so that months add up (corrections.md 1).
    return fact.case.filed_posted_on.year == fact.posted_on.year


def _count_month(book: MonthFigures, fact: _Fact, rows: list[str]) -> None:
    for row in rows:
        if fact.kind == "filed":
            book.counts["FILED_M"][fact.unit, row] += 1
            book.counts["FILED_LATE_M" if fact.is_late else "FILED_NEW_M"][fact.unit, row] += 1  # corrections.md 2, 3
        elif fact.kind == "solved":
            book.counts["SOLVED_M"][fact.unit, row] += 1
            book.counts["SOLVED_CUR_M" if _is_current(fact) else "SOLVED_OLD_M"][fact.unit, row] += 1
            if fact.is_linked:
                book.counts["SOLVED_LINK_M"][fact.unit, row] += 1  # another axis: never a summand
        elif fact.kind == "withdrawn":
            book.counts["WITHDRAWN_M"][fact.unit, row] += 1
        elif fact.kind == "referred":
            book.counts["REFER_PERS"][fact.unit, row] += fact.persons  # 人次
            if fact.is_first:
                book.counts["REFER_CASES"][fact.unit, row] += 1
        elif fact.kind == "moved":
            book.moves["M"][fact.unit, fact.partner, row] += 1


def _count_year(book: MonthFigures, fact: _Fact, rows: list[str]) -> None:
    for row in rows:
        if fact.kind == "filed":
            book.counts["FILED_YTD"][fact.unit, row] += 1
        elif fact.kind == "solved":
            book.counts["SOLVED_YTD"][fact.unit, row] += 1
            if _is_current(fact):
                book.counts["SOLVED_CUR_YTD"][fact.unit, row] += 1
        elif fact.kind == "withdrawn":
            book.counts["WITHDRAWN_YTD"][fact.unit, row] += 1
        elif fact.kind == "moved":
            book.moves["YTD"][fact.unit, fact.partner, row] += 1


def _count_change(book: MonthFigures, fact: _Fact, rows_of: Callable[[str | None, Row], list[str]]) -> None:
    """Count a change of charge of a case filed in an earlier month of the same year, at its filing unit.

    Gross: out of every row of the old charge, into every row of the new one, also where the two are the same row (corrections.md 2).
    A case of this month is counted under its charge at the end of the month anyway; one of an earlier year is in no cumulative figure
    of this year.
    """
    filed = fact.case.filed_posted_on
    if fact.case.is_from_outside or filed.year != fact.posted_on.year or filed.month == fact.posted_on.month:
        return
    for row in rows_of(fact.was, fact.case.record):
        book.counts["RECLASS_OUT_M"][fact.unit, row] += 1
    for row in rows_of(fact.becomes, fact.case.record):
        book.counts["RECLASS_IN_M"][fact.unit, row] += 1


_YEAR_BEFORE = {"FILED_PY": "FILED_YTD", "SOLVED_PY": "SOLVED_YTD"}
_K_BLOCK = (
    "FILED_M", "FILED_NEW_M", "FILED_LATE_M", "FILED_YTD", "SOLVED_M", "SOLVED_CUR_M", "SOLVED_OLD_M", "SOLVED_LINK_M", "SOLVED_YTD",
    "SOLVED_CUR_YTD", "WITHDRAWN_M", "WITHDRAWN_YTD", "REFER_CASES", "REFER_PERS",
)  # fmt: skip


def _compares(month: date) -> bool:
    return date(month.year - 1, 1, 1) >= RECORDS_BEGIN  # corrections.md 14


def _compared(fold: Fold, month: date, figures: dict[date, MonthFigures]) -> Cells:
    """Return last year's cumulative columns, in today's tree (可比口径)."""
    last = figures.get(add_months(month, -12), MonthFigures())
    return {column: fold.up(last.counts[cumulative]) for column, cumulative in _YEAR_BEFORE.items()}


def _x01(form: str, province: Province, month: date, figures: dict[date, MonthFigures]) -> Iterator[Cell]:
    fold, book, period = Fold(province, month), figures[month], month_text(month)
    cells: Cells = {column: fold.up(counts) for column, counts in book.counts.items() if not column.startswith("REFER")}
    # Transfers are netted at each unit; across the border of the tree they are also shown apart.
    cells["IN_M"], cells["OUT_M"] = fold.net(book.moves["M"])
    cells["IN_YTD"], _ = fold.net(book.moves["YTD"])
    cells["IN_EXT_M"] = fold.net(Counter({move: n for move, n in book.moves["M"].items() if not fold.chain(move[0])}))[0]
    cells["OUT_EXT_M"] = fold.net(Counter({move: n for move, n in book.moves["M"].items() if not fold.chain(move[1])}))[1]
    if _compares(month):
        cells |= _compared(fold, month, figures)
    yield from base_cells(form, period, cells)

    def of(column: str, unit: str, row: str) -> int:
        return cells[column][unit, row] if column in cells else 0

    for unit in fold.units:
        total = of("FILED_YTD", unit, "T")
        for row in ROWS_OF_X01:
            filed, solved = of("FILED_YTD", unit, row), of("SOLVED_YTD", unit, row)
            rates = {
                "SHARE_YTD": share(filed, total),
                "RATE_YTD": share(solved, filed),
                "RATE_CUR_YTD": share(of("SOLVED_CUR_YTD", unit, row), filed),
            }
            if _compares(month):
                rates["FILED_YOY"] = change(filed, of("FILED_PY", unit, row))
                rates["SOLVED_YOY"] = change(solved, of("SOLVED_PY", unit, row))
            yield from rate_cells(form, period, unit, row, rates)


def _x02(form: str, province: Province, month: date, figures: dict[date, MonthFigures]) -> Iterator[Cell]:
    fold, period = Fold(province, month), month_text(month)
    cells: Cells = {column: fold.up(figures[month].counts[column]) for column in _K_BLOCK}
    if _compares(month):
        cells |= _compared(fold, month, figures)
    yield from base_cells(form, period, cells)
    seen = {place for counter in cells.values() for place in counter}  # a row that nothing ever filled has no rate either
    for unit, row in sorted(seen):
        filed, solved = cells["FILED_YTD"][unit, row], cells["SOLVED_YTD"][unit, row]
        rates = {"RATE_YTD": share(solved, filed)}
        if _compares(month):
            rates["FILED_YOY"] = change(filed, cells["FILED_PY"][unit, row])
            rates["SOLVED_YOY"] = change(solved, cells["SOLVED_PY"][unit, row])
        yield from rate_cells(form, period, unit, row, rates)
