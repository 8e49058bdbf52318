"""The tally of form Z13: what the acts on disputes add up to, month by month.

A dispute enters a unit's stock when it is found, opened again or moved there, and leaves it when a call back confirms its resolution, when it
is handed over, turned into a case, or moved away. Every count stands in the row of its type, of its first source, and of its grade at the
end of the month. Closed in order of months, like the other books.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from policestats.simulator.calendar import add_months, month_of, month_text
from policestats.simulator.codes import DISPUTE_LIMITS, DISPUTE_SOURCES, DISPUTE_TYPES, NOT_GRADED
from policestats.simulator.figures import RECORDS_BEGIN, Cell, Cells, Counts, Fold, MonthFigures, base_cells, change, rate_cells, share
from policestats.simulator.province import OUTSIDE, Province
from policestats.simulator.records import Row

FORM = "Z13"

_LEAVES = {"resolved": "RESOLVED", "handed": "HANDED", "to_case": "TO_CASE"}


@dataclass
class Dispute:
    """One dispute as the acts left it. ``agreement`` is a resolution that waits for its call back."""

    dispute_no: str
    record: Row
    holder: str | None
    last_on: date
    last_entered: datetime
    state: str = "open"  # open, resolved, handed, to_case, gone
    agreement: Row | None = None

    @property
    def number(self) -> str:
        """What the dispute is called."""
        return f"dispute {self.dispute_no}"


@dataclass(frozen=True)
class Outbreak:
    """A case that grew from a dispute: 民转刑 when it is criminal (``is_death``: with a homicide), 民转治 when not.

    A criminal case names the dispute; an administrative case is known as a dispute's by the event that turned one into it.
    """

    counted_on: date
    unit: str | None
    dispute_no: str | None
    is_criminal: bool
    is_death: bool = False
    case_no: str = ""


@dataclass(frozen=True)
class _Fact:
    kind: str  # found, graded, moved, reopened, resolved, handed, to_case
    dispute: Dispute
    posted_on: date
    unit: str | None = None
    partner: str | None = None
    grade: str | None = None
    is_on_the_spot: bool = False
    case_no: str | None = None


class DisputeBook:
    """Facts by the month in which they count, and the figures of each closed month."""

    def __init__(self) -> None:
        self._posted: dict[date, list[_Fact]] = defaultdict(list)
        self._known: dict[str, Dispute] = {}
        self._calls: dict[date, Counts] = defaultdict(Counter)

    def _post(self, fact: _Fact) -> None:
        self._posted[month_of(fact.posted_on)].append(fact)

    def found(self, dispute: Dispute, posted_on: date) -> None:
        """Count a dispute found, at the unit that registered it."""
        self._known[dispute.dispute_no] = dispute
        self._post(_Fact("found", dispute, posted_on, unit=dispute.holder))

    def called(self, unit: str | None, day: date) -> None:
        """Count a call about a dispute that was registered: at the unit that handled the call, on the day of the call."""
        self._calls[month_of(day)][unit, "S1"] += 1

    def graded(self, dispute: Dispute, posted_on: date, grade: str) -> None:
        """Note a grade."""
        self._post(_Fact("graded", dispute, posted_on, grade=grade))

    def left(self, dispute: Dispute, posted_on: date, kind: str, *, is_on_the_spot: bool = False, case_no: str | None = None) -> None:
        """Count that a dispute was ``resolved``, ``handed`` over or turned ``to_case``, at the unit that held it."""
        self._post(_Fact(kind, dispute, posted_on, is_on_the_spot=is_on_the_spot, case_no=case_no))

    def reopened(self, dispute: Dispute, posted_on: date) -> None:
        """Count a dispute opened again."""
        self._post(_Fact("reopened", dispute, posted_on, unit=dispute.holder))

    def moved(self, dispute: Dispute, posted_on: date, giver: str | None, taker: str | None) -> None:
        """Count a move: it leaves one unit's stock and enters another's."""
        self._post(_Fact("moved", dispute, posted_on, unit=giver, partner=taker))

    def close(self, months: list[date], outbreaks: Iterable[Outbreak]) -> dict[date, MonthFigures]:
        """Play the months in order, which must begin with the first that has facts, and return the figures of each."""
        broke_out: dict[date, list[Outbreak]] = defaultdict(list)
        for outbreak in outbreaks:
            broke_out[month_of(outbreak.counted_on)].append(outbreak)
        grades: dict[str, str] = {}
        turned: dict[str, Dispute] = {}
        state: dict[str, str] = {}
        pending: dict[str, tuple[str | None, Dispute]] = {}
        this_year: list[tuple[str, str | None, Dispute]] = []
        crimes: list[Outbreak] = []
        figures: dict[date, MonthFigures] = {}
        for month in months:
            if month.month == 1:
                this_year, crimes = [], []
            book = figures[month] = MonthFigures()
            at_start = list(pending.values())
            counted: list[tuple[str, str | None, Dispute]] = []
            moves: list[_Fact] = []
            for fact in self._posted.get(month, []):
                number = fact.dispute.dispute_no
                if fact.kind == "graded":
                    grades[number] = fact.grade or NOT_GRADED
                    continue
                state[number] = fact.kind
                if fact.kind in ("found", "reopened"):
                    pending[number] = (fact.unit, fact.dispute)
                    counted.append(("FOUND" if fact.kind == "found" else "REOPEN", fact.unit, fact.dispute))
                elif fact.kind == "moved":
                    moves.append(fact)
                    del pending[number]
                    if fact.partner != OUTSIDE:
                        pending[number] = (fact.partner, fact.dispute)
                else:
                    holder, _ = pending.pop(number)
                    counted.append((_LEAVES[fact.kind], holder, fact.dispute))
                    if fact.case_no is not None:
                        turned[fact.case_no] = fact.dispute
                    if fact.is_on_the_spot:
                        counted.append(("SPOT", holder, fact.dispute))
            this_year += [one for one in counted if one[0] in ("FOUND", "RESOLVED")]
            crimes += [one for one in broke_out[month] if one.is_criminal]

            for unit, dispute in at_start:
                _add(book, "OPEN", unit, _rows(dispute, grades))
            for column, unit, dispute in counted:
                _add(book, column, unit, _rows(dispute, grades))
            for fact in moves:
                for row in _rows(fact.dispute, grades):
                    book.moves["M"][fact.unit, fact.partner, row] += 1
            last_day = add_months(month, 1) - timedelta(days=1)
            for unit, dispute in pending.values():
                rows = _rows(dispute, grades)
                _add(book, "CLOSE", unit, rows)
                age = (last_day - dispute.record["found_on"]).days
                if age > DISPUTE_LIMITS[grades.get(dispute.dispute_no, NOT_GRADED)]:
                    _add(book, "OVERDUE", unit, rows)
            for column, unit, dispute in this_year:
                rows = _rows(dispute, grades)
                _add(book, "FOUND_YTD" if column == "FOUND" else "RES_YTD", unit, rows)
                if column == "FOUND" and state[dispute.dispute_no] == "resolved":
                    _add(book, "RES_COH", unit, rows)  # of those found this year, at the unit that found them
            book.counts["CALLS_110"] = self._calls[month]
            for outbreak in broke_out[month]:
                origin = self._known.get(outbreak.dispute_no or "") if outbreak.is_criminal else turned.get(outbreak.case_no)
                rows = _rows(origin, grades)
                _add(book, "CIV2CRIM" if outbreak.is_criminal else "CIV2ADM", outbreak.unit, rows)
                if outbreak.is_death:
                    _add(book, "CIV2DEATH", outbreak.unit, rows)
            for outbreak in crimes:
                _add(book, "C2C_YTD", outbreak.unit, _rows(self._known.get(outbreak.dispute_no or ""), grades))
        return figures

    def cells(self, province: Province, months: list[date], printed: list[date], outbreaks: Iterable[Outbreak]) -> Iterator[Cell]:
        """Yield every cell of Z13 for the ``printed`` months and all units of the tree."""
        figures = self.close(months, outbreaks)
        for month in printed:
            yield from _form(province, month, figures)


def _rows(dispute: Dispute | None, grades: Mapping[str, str]) -> list[str]:
    """Return the Z13 rows of a dispute; of one that nobody knows (None): type 待定, 未评, source 其他."""
    if dispute is None:
        return ["T", "K99", NOT_GRADED, "S9"]
    kind, source = dispute.record["dispute_type_code"], dispute.record["dispute_source_code"]
    return [
        "T",
        kind if kind in DISPUTE_TYPES else "K99",
        grades.get(dispute.dispute_no, NOT_GRADED),
        source if source in DISPUTE_SOURCES else "S9",
    ]


def _add(book: MonthFigures, column: str, unit: str | None, rows: list[str]) -> None:
    for row in rows:
        book.counts[column][unit, row] += 1


def _form(province: Province, month: date, figures: dict[date, MonthFigures]) -> Iterator[Cell]:
    fold, book, period = Fold(province, month), figures[month], month_text(month)
    every: Cells = {column: fold.up(counts) for column, counts in book.counts.items()}
    every["IN"], every["OUT"] = fold.net(book.moves["M"])
    a_year_ago = add_months(month, -12)
    compares = date(a_year_ago.year, 1, 1) >= RECORDS_BEGIN  # corrections.md 14
    if compares:
        every["C2C_PY"] = fold.up(figures.get(a_year_ago, MonthFigures()).counts["C2C_YTD"])
    yield from base_cells(FORM, period, every)

    def of(column: str, place: tuple[str, str]) -> int:
        return every[column][place] if column in every else 0

    for unit, row in sorted({place for counter in every.values() for place in counter}):
        found = of("FOUND_YTD", (unit, row))
        rates = {
            "RATE": share(of("RES_YTD", (unit, row)), found),
            "RATE_COH": share(of("RES_COH", (unit, row)), found),
        }
        if compares:
            rates["C2C_YOY"] = change(of("C2C_YTD", (unit, row)), of("C2C_PY", (unit, row)))
        yield from rate_cells(FORM, period, unit, row, rates)
