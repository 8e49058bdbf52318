"""The tally of form Z14: what field collection adds up to, month by month, at every unit and in every community.

An object is in one unit's and one community's stock from its registration, or from a move or a restoration, until it moves, is cancelled or
merged. What a record says (its kind, what is filled in) has no history: every month reads it as it is in the end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from policestats.simulator.calendar import add_months, month_of, month_text
from policestats.simulator.figures import Cell, Cells, Counts, Fold, Moves, base_cells, rate_cells, share
from policestats.simulator.object_quality import fields, is_fresh, keeps_rules
from policestats.simulator.province import UNKNOWN_UNIT, Province
from policestats.simulator.records import Row

FORM = "Z14"

_RESIDENTS = {"registered": "O21", "inflow": "O22", "foreign": "O23"}
_LEAF_OF = {"address": "O1", "house": "O3", "organisation": "O4", "security_element": "E"}
_CLOSES = {"cancelled": "CANCEL", "merged": "MERGED"}
_LIMIT = timedelta(days=30)


@dataclass
class CollectedObject:
    """One object as the acts left it."""

    object_id: str
    table: str
    record: Row
    unit: str | None
    community: str | None
    last_on: date
    last_entered: datetime
    state: str = "active"  # active, cancelled, merged

    @property
    def number(self) -> str:
        """What the object is called."""
        return f"{self.table} {self.object_id}"


@dataclass(frozen=True)
class _Place:
    unit: str | None
    community: str | None


@dataclass(frozen=True)
class _Fact:
    kind: str  # new, moved, cancelled, merged, restored, maintained
    found: CollectedObject
    posted_on: date
    on: date
    place: _Place | None = None
    is_verified: bool = False


class _Worth(NamedTuple):
    """Mandatory fields owed and filled, whether the record keeps all rules, whether the address it names exists."""

    owed: int
    filled: int
    keeps_rules: bool
    has_address: bool


class _Month:
    """What was counted for one month: at units, at (unit, community), and the objects maintained."""

    def __init__(self) -> None:
        self.counts: dict[str, Counts] = defaultdict(Counter)
        self.moves: Moves = Counter()
        self.updated: set[tuple[str | None, str, str]] = set()  # unit, row, object

    def add(self, column: str, place: _Place, rows: list[str], number: int = 1) -> None:
        for row in rows:
            self.counts[column][place.unit, row] += number
            if row in _OF_COMMUNITIES:
                self.counts[column][place.unit, _at(row, place.community)] += number


#: The rows that stand again for every community of a station.
_OF_COMMUNITIES = ("O1", "O2", "O21", "O22", "O23", "O3", "O4")


def _at(row: str, community: str | None) -> str:
    return f"{row}/{community or '-'}"


def rows_of(found: CollectedObject) -> list[str]:
    """Return the Z14 rows of an object (forms_precise.csv Z14): E stands outside the total, O24 and O31 are of-which rows."""
    record = found.record
    if found.table == "resident":
        rows = ["T", "O2", _RESIDENTS.get(record["residence_kind_code"], "O21")]
        return [*rows, "O24"] if record["is_outflow"] else rows
    leaf = _LEAF_OF[found.table]
    if leaf == "E":
        return ["E"]
    return ["T", leaf, "O31"] if found.table == "house" and record["is_rented"] else ["T", leaf]


class ObjectBook:
    """Facts by the month in which they count, and the figures of each closed month."""

    def __init__(self) -> None:
        self._posted: dict[date, list[_Fact]] = defaultdict(list)
        self._objects: dict[str, CollectedObject] = {}

    def _post(
        self, kind: str, found: CollectedObject, posted_on: date, on: date, place: _Place | None = None, *, is_verified: bool = False
    ) -> None:
        self._posted[month_of(posted_on)].append(_Fact(kind, found, posted_on, on, place, is_verified))

    def registered(self, found: CollectedObject, posted_on: date) -> None:
        """Count a first registration."""
        self._objects[found.object_id] = found
        self._post("new", found, posted_on, found.record["registered_on"], _Place(found.unit, found.community))

    def moved(self, found: CollectedObject, posted_on: date, unit: str, community: str) -> None:
        """Count a move into a unit and community, and out of where the object was."""
        self._post("moved", found, posted_on, found.last_on, _Place(unit, community))

    def closed(self, found: CollectedObject, posted_on: date, on: date, kind: str) -> None:
        """Count that a registration was ``cancelled``, or ``merged`` into another."""
        self._post(kind, found, posted_on, on)

    def restored(self, found: CollectedObject, posted_on: date, unit: str | None, community: str | None) -> None:
        """Count that a cancellation was taken back."""
        self._post("restored", found, posted_on, found.last_on, _Place(unit, community))

    def maintained(
        self, found: CollectedObject, posted_on: date, on: date, unit: str | None, community: str | None, *, is_verified: bool
    ) -> None:
        """Note a change, or a visit that found the object as it was: only that keeps it fresh."""
        self._post("maintained", found, posted_on, on, _Place(unit, community), is_verified=is_verified)

    def close(self, printed: list[date]) -> dict[date, _Month]:
        """Play all months in order and return the figures of each of the ``printed`` ones."""
        where: dict[str, _Place] = {}
        gone: set[str] = set()  # cancelled or merged: no address to hang on
        visited: dict[str, date] = {}
        rows = {number: rows_of(found) for number, found in self._objects.items()}
        worth = self._worth()
        leavers = self._leavers()
        figures: dict[date, _Month] = {}
        for month in sorted({*self._posted, *printed}):
            book = _Month()
            if month in printed:
                figures[month] = book
                for number, place in where.items():
                    book.add("OPEN", place, rows[number])
            for fact in self._posted.get(month, []):
                _play(book, fact, rows[fact.found.object_id], where, visited)
                if fact.kind in _CLOSES:
                    gone.add(fact.found.object_id)
                elif fact.kind == "restored":
                    gone.discard(fact.found.object_id)
            if month in printed:
                end = add_months(month, 1)
                for number, place in where.items():
                    found = self._objects[number]
                    _count_stock(book, found, place, rows[number], worth[number], visited.get(number), end)
                    if worth[number].has_address and found.record["address_id"] not in gone:
                        book.add("LINKED", place, [row for row in rows[number] if row != "T"])
                for found, place, is_in_time in leavers.get(month, []):
                    parts = [row for row in rows[found.object_id] if row != "T"]  # the total has counts of all four kinds of objects only
                    book.add("LEAVE", place, parts)
                    if is_in_time:
                        book.add("LEAVE30", place, parts)
        return figures

    def _worth(self) -> dict[str, _Worth]:
        addresses = {number for number, found in self._objects.items() if found.table == "address"}
        return {
            number: _Worth(
                *fields(found.table, found.record),
                keeps_rules(found.table, found.record, addresses),
                found.table != "address" and found.record["address_id"] in addresses,
            )
            for number, found in self._objects.items()
        }

    def _leavers(self) -> dict[date, list[tuple[CollectedObject, _Place, bool]]]:
        """Return the residents who left, by the month of the 30th day after: where they were held then, and whether they were cancelled."""
        history: dict[str, list[_Fact]] = defaultdict(list)
        for month in sorted(self._posted):
            for fact in self._posted[month]:
                if fact.kind != "maintained":
                    history[fact.found.object_id].append(fact)
        leavers: dict[date, list[tuple[CollectedObject, _Place, bool]]] = defaultdict(list)
        for number, found in self._objects.items():
            left_on = found.record.get("left_on")
            if left_on is None:
                continue
            due_on = left_on + _LIMIT
            until_then = [fact for fact in history[number] if fact.posted_on <= due_on]
            if until_then and until_then[-1].kind == "merged":
                continue  # a duplicate: the person leaves under the other record
            places = [fact.place for fact in until_then or history[number][:1] if fact.place is not None]
            leavers[month_of(due_on)].append((found, places[-1], bool(until_then) and until_then[-1].kind == "cancelled"))
        return leavers

    def cells(self, province: Province, printed: list[date]) -> Iterator[Cell]:
        """Yield every cell of Z14 for the ``printed`` months and all units of the tree."""
        figures = self.close(printed)
        for month in printed:
            yield from _form(province, month, figures[month])


def _play(book: _Month, fact: _Fact, rows: list[str], where: dict[str, _Place], visited: dict[str, date]) -> None:
    number = fact.found.object_id
    if fact.kind == "maintained":
        assert fact.place is not None
        if fact.is_verified:
            visited[number] = max(fact.on, visited.get(number, fact.on))
        for row in rows:
            book.updated.add((fact.place.unit, row, number))
            if row in _OF_COMMUNITIES:
                book.updated.add((fact.place.unit, _at(row, fact.place.community), number))
        return
    before = where.pop(number, None)
    if fact.place is not None:
        where[number] = fact.place
    if fact.kind == "moved":
        assert before is not None
        assert fact.place is not None
        for row in rows:
            book.moves[before.unit, fact.place.unit, row] += 1
        for row in rows:
            if row in _OF_COMMUNITIES:
                book.counts["MOVE_OUT"][before.unit, _at(row, before.community)] += 1
                book.counts["MOVE_IN"][fact.place.unit, _at(row, fact.place.community)] += 1
    elif fact.kind in _CLOSES:
        assert before is not None
        book.add(_CLOSES[fact.kind], before, rows)
    else:
        assert fact.place is not None
        book.add("NEW" if fact.kind == "new" else "RESTORE", fact.place, rows)


def _count_stock(
    book: _Month,
    found: CollectedObject,
    place: _Place,
    rows: list[str],
    worth: _Worth,
    visited_on: date | None,
    end: date,
) -> None:
    book.add("CLOSE", place, rows)
    book.add("FIELDS", place, rows, worth.owed)
    book.add("FILLED", place, rows, worth.filled)
    if worth.owed == worth.filled:
        book.add("REC_FULL", place, rows)
    if worth.keeps_rules:
        book.add("RULE_OK", place, rows)
    if found.record["registered_on"] < end - timedelta(days=1):  # older than 0 days on the last day of the period
        book.add("DUE", place, rows)
        if is_fresh(found.table, found.record, visited_on, end):
            book.add("FRESH", place, rows)


_RATES = {
    "COMPLETE": ("FILLED", "FIELDS"),
    "REC_RATE": ("REC_FULL", "CLOSE"),
    "RULE_RATE": ("RULE_OK", "CLOSE"),
    "FRESH_RATE": ("FRESH", "DUE"),
    "LINK_RATE": ("LINKED", "CLOSE"),
    "LEAVE_RATE": ("LEAVE30", "LEAVE"),
}


def _form(province: Province, month: date, book: _Month) -> Iterator[Cell]:
    fold, period = Fold(province, month), month_text(month)
    cells: Cells = defaultdict(Counter)
    for column, counts in book.counts.items():
        for (unit, row), number in counts.items():
            for above in _above(fold, unit, row):
                cells[column][above, row] += number
    for column, moves in zip(("MOVE_IN", "MOVE_OUT"), fold.net(book.moves), strict=True):
        cells[column].update(moves)
    distinct = {(above, row, number) for unit, row, number in book.updated for above in _above(fold, unit, row)}
    cells["UPDATED"] = Counter((unit, row) for unit, row, _ in distinct)
    yield from base_cells(FORM, period, cells)
    for unit, row in sorted({place for counter in cells.values() for place in counter}):
        if row == "T":
            continue
        rates = {column: share(cells[part][unit, row], cells[whole][unit, row]) for column, (part, whole) in _RATES.items()}
        if row.split("/")[0] == "O1":
            del rates["LINK_RATE"]
        yield from rate_cells(FORM, period, unit, row, rates)


def _above(fold: Fold, unit: str | None, row: str) -> tuple[str, ...]:
    """Return the units that show what ``unit`` counts in ``row``: communities stand on the sheet of their station alone."""
    chain = fold.chain(unit)
    return chain if "/" not in row else () if chain[0] == UNKNOWN_UNIT else chain[:1]
