"""Who delivered what: the evidence behind auto, partial and missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from policestats.periods import ReferencePeriod
from policestats.reports.units import UnitsTree, UnitVersion, leaves_between


@dataclass(frozen=True)
class Coverage:
    """Of the unit-months that were due below a unit, for how many all tables came. ``silent`` names some for which one did not."""

    delivered: int
    due: int
    silent: tuple[str, ...] = ()


@dataclass
class Deliveries:
    """What was delivered, by table: ``months`` holds (unit, month) pairs; a table in ``whole`` is delivered by its source for all units at once."""

    versions: Sequence[UnitVersion]
    tree: UnitsTree
    months: dict[str, set[tuple[str, str]]]
    whole: set[str]
    _due: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str | None, str | None]], versions: Sequence[UnitVersion], tree: UnitsTree) -> Deliveries:
        """Return the deliveries from rows (table, unit, month); null unit and month: the source delivers for all units at once."""
        months: dict[str, set[tuple[str, str]]] = defaultdict(set)
        whole = set()
        for name, unit, month in rows:
            if unit is None or month is None:
                whole.add(name)
            else:
                months[name].add((unit, month))
        return cls(versions, tree, dict(months), whole)

    def coverage(self, tables: Iterable[str], start: date, end: date) -> dict[str, Coverage]:
        """Return, for every unit of the tree, the coverage of ``tables`` over the months that [start, end) touches.

        A unit-month of which one table is absent is not delivered: a figure made without one of its tables would be a wrong one.
        """
        delivered: dict[str, int] = defaultdict(int)
        due: dict[str, int] = defaultdict(int)
        silent: dict[str, dict[tuple[str, str], list[str]]] = defaultdict(dict)
        names = [t for t in tables if t not in self.whole]
        for month in _months(start, end) if names else ():
            for unit in self._owing(month):
                standing = self.tree.standing(unit)
                absent = [name for name in names if (unit, month) not in self.months.get(name, ())]
                due[standing] += 1
                if absent:
                    silent[standing][unit, month] = absent
                else:
                    delivered[standing] += 1
        found = {}
        for code in (u.code for u in self.tree.units):
            below = self.tree.below(code)
            lacking = sorted((*at, ", ".join(sorted(tables))) for member in below for at, tables in silent.get(member, {}).items())
            named = tuple(f"{unit} in {month} ({tables})" for unit, month, tables in lacking[:5])
            found[code] = Coverage(sum(delivered[m] for m in below), sum(due[m] for m in below), named)
        return found

    def _owing(self, month: str) -> list[str]:
        if month not in self._due:
            period = ReferencePeriod.parse(month)
            self._due[month] = sorted(leaves_between(self.versions, period.start, period.end))
        return self._due[month]


def _months(start: date, end: date) -> list[str]:
    found, day = [], start
    while day < end:
        period = ReferencePeriod.of("month", day)
        found.append(period.text)
        day = period.end
    return found
