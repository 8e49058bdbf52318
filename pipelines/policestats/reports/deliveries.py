"""Who delivered what: the evidence behind auto, partial and missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from policestats.periods import ReferencePeriod
from policestats.reports.units import UnitsTree, UnitVersion, leaves_between

#: silent unit-months named in a reason
_NAMED = 5
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Coverage:
    """Of the unit-months that were due below a unit, for how many all tables came. ``silent`` names some for which one did not."""

    delivered: int
    due: int
    silent: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Coverages:
    """The coverage of every unit of a tree."""

    tree: UnitsTree
    delivered: Counts
    due: Counts
    silent: list[tuple[str, ...]]

    def __getitem__(self, unit: str) -> Coverage:
        i = self.tree.position[unit]
        return Coverage(int(self.delivered[i]), int(self.due[i]), self.silent[i])

    def at(self, units: Sequence[str]) -> tuple[Counts, Counts, list[tuple[str, ...]]]:
        """Return delivered, due and silent of ``units``."""
        chosen = [self.tree.position[u] for u in units]
        return self.delivered[chosen], self.due[chosen], [self.silent[i] for i in chosen]


@dataclass(frozen=True)
class Readings:
    """When core tables were last read from their sources, and when that last failed, in the standard's time zone; None: never.

    ``sources`` are those of which any table was ever read, or tried.
    """

    read_at: dict[str, datetime | None] = field(default_factory=dict)
    failed_at: dict[str, datetime | None] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()

    def told(self, table: str) -> str:
        """Return the table with when it was last read, as words of a reason."""
        at, failed = self.read_at.get(table), self.failed_at.get(table)
        said = f"{table}, last read {at:%Y-%m-%d %H:%M}" if at is not None else f"{table}, never read"
        return f"{said}, not readable {failed:%Y-%m-%d %H:%M}" if failed is not None and (at is None or failed > at) else said


@dataclass(frozen=True, eq=False)
class _Owing:
    """The units that owe a delivery: ``at`` gives the position of the unit that stands for each now, ``at_tree`` how many stand at each position."""

    at: dict[str, int]
    at_tree: Counts


@dataclass
class Deliveries:
    """What was delivered, by table: ``months`` holds, by month, the units (the same object where they are the same);
    a table in ``whole`` is delivered by its source for all units at once.

    A table in ``assumed`` is taken to be delivered by every unit for every month.

    A table delivered whole is so up to the moment it was last read. Units that are listed owe a month once it is closed (``cutoff``); while it
    runs, their table too is delivered up to the moment it was last read.
    """

    versions: Sequence[UnitVersion]
    tree: UnitsTree
    months: dict[str, dict[str, frozenset[str]]]
    whole: set[str]
    readings: Readings
    cutoff: timedelta
    assumed: frozenset[str] = frozenset()
    _due: dict[str, _Owing] = field(default_factory=dict)
    _owings: dict[tuple[str, ...], _Owing] = field(default_factory=dict)
    _missing: dict[tuple[_Owing, frozenset[str]], tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        rows: Iterable[tuple[str, frozenset[str] | None, str | None]],
        versions: Sequence[UnitVersion],
        tree: UnitsTree,
        readings: Readings,
        cutoff: timedelta,
    ) -> Deliveries:
        """Return the deliveries from rows (table, units, month); null units and month: the source delivers for all units at once.

        Args:
            cutoff: how long after the end of a month entries still count in it.
        """
        months: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
        whole = set()
        for name, units, month in rows:
            if units is None or month is None:
                whole.add(name)
            else:
                before = months[name].get(month)
                months[name][month] = units if before is None else before | units
        return cls(versions, tree, dict(months), whole, readings, cutoff)

    def coverage(self, tables: Iterable[str], start: date, end: date, *, is_restated: bool) -> Coverages:
        """Return, for every unit of the tree, the coverage of ``tables`` over the months that [start, end) touches.

        A unit-month of which one table is absent is not delivered: a figure made without one of its tables would be a wrong one.

        Args:
            is_restated: records count when they happened, whenever they were entered, so that a month need not be read after its cut-off.
        """
        count = len(self.tree.units)
        due, absent = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        silent: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
        names = [name for name in tables if name not in self.assumed]
        lacking = {month: self._lacking(names, month, end, is_restated=is_restated) for month in _months(start, end)}
        owed = any(name not in self.whole for name in names) or any(lacking.values())
        for month, without in lacking.items() if owed else ():
            owing = self._owing(month)
            due += owing.at_tree
            missing: dict[str, list[str]] = defaultdict(list)
            for told, came in without:
                for unit in self._not_in(owing, came):
                    missing[unit].append(told)
            for unit, names_told in missing.items():
                absent[owing.at[unit]] += 1
                silent[owing.at[unit]].append((unit, month, ", ".join(sorted(names_told))))
        due, absent = self.tree.add_up(due), self.tree.add_up(absent)
        return Coverages(self.tree, due - absent, due, self._named(silent))

    def is_unheard_of(self, table: str) -> bool:
        """Whether nothing was ever read or listed of ``table``, and no reading of it was tried."""
        tried = self.readings.read_at.get(table) or self.readings.failed_at.get(table)
        return tried is None and table not in self.whole and table not in self.months and table not in self.assumed

    def _lacking(self, names: list[str], month: str, end: date, *, is_restated: bool) -> list[tuple[str, frozenset[str] | None]]:
        """Return the tables that did not come from all units in a month, each with the units they came from (None: from nobody)."""
        last_day = ReferencePeriod.parse(month).end
        until = min(end, last_day)
        closed = datetime.combine(last_day, time()) + self.cutoff
        wanted = closed if until == last_day and not is_restated else datetime.combine(until, time())
        found: list[tuple[str, frozenset[str] | None]] = []
        for name in names:
            read_at = self.readings.read_at.get(name)
            is_read = read_at is not None and read_at >= wanted
            if name in self.whole or (read_at is not None and read_at < closed):  # no upload is due yet
                if not is_read:
                    uploaded = self.months.get(name, {}).get(month, frozenset())
                    found.append((self.readings.told(name), uploaded or None))
            else:
                told = name if read_at is not None else self.readings.told(name)
                found.append((told, self.months.get(name, {}).get(month, frozenset())))
        return found

    def _named(self, silent: dict[int, list[tuple[str, str, str]]]) -> list[tuple[str, ...]]:
        """Return the first silent unit-months below each unit, in order, as words."""
        first = [sorted(silent.get(i, ()))[:_NAMED] for i in range(len(self.tree.units))]
        for i in range(len(first) - 1, -1, -1):  # parents stand before their children
            above = self.tree.units[i].parent
            if above is not None and first[i]:
                at = self.tree.position[above]
                first[at] = sorted(first[at] + first[i])[:_NAMED]
        return [tuple(f"{unit} in {month} ({tables})" for unit, month, tables in lacking) for lacking in first]

    def _not_in(self, owing: _Owing, came: frozenset[str] | None) -> tuple[str, ...]:
        """Return the units that owe and are not among those that ``came`` (None: nobody came), in order; the same two are compared once."""
        if came is None:
            return tuple(owing.at)
        key = (owing, came)
        if key not in self._missing:
            self._missing[key] = tuple(sorted(owing.at.keys() - came))
        return self._missing[key]

    def _owing(self, month: str) -> _Owing:
        """Return the units that owe a delivery of ``month``; the same object for months in which they are the same."""
        if month not in self._due:
            period = ReferencePeriod.parse(month)
            units = tuple(sorted(leaves_between(self.versions, period.start, period.end)))
            if units not in self._owings:
                at = {unit: self.tree.position[self.tree.standing(unit)] for unit in units}
                counted = np.bincount(list(at.values()), minlength=len(self.tree.units)).astype(np.int64)
                self._owings[units] = _Owing(at, counted)
            self._due[month] = self._owings[units]
        return self._due[month]


def _months(start: date, end: date) -> list[str]:
    found, day = [], start
    while day < end:
        period = ReferencePeriod.of("month", day)
        found.append(period.text)
        day = period.end
    return found
