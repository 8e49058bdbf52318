"""The units tree at a date: who stands, who took over from whom, who lies below whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

from policestats.errors import StatisticsError
from policestats.reports.exact import Integers, addable
from policestats.reports.figures import Positions


@dataclass(frozen=True)
class UnitVersion:
    """One row of the units table: a unit as it stood over [valid_from, valid_to)."""

    code: str
    valid_from: date
    valid_to: date | None
    parent: str | None
    successor: str | None
    level: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Unit:
    """A unit of the tree at a date. ``depth`` is 0 at a root."""

    code: str
    parent: str | None
    level: str
    name_zh: str
    name_en: str
    depth: int


@dataclass
class UnitsTree:
    """The tree on the last day of a period, in tree order (parents first, then by code), unknown unit last.

    ``lines`` [unit, depth] has the position of each unit's ancestor at each depth, itself at its own depth, -1 below it.
    """

    units: list[Unit]
    unknown: str
    carried: dict[str, str]
    ended: dict[str, date]
    _below: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.position = {u.code: i for i, u in enumerate(self.units)}
        for unit in self.units:
            above: str | None = unit.code
            while above is not None:
                self._below.setdefault(above, []).append(unit.code)
                above = self.units[self.position[above]].parent
        depth = max((u.depth for u in self.units), default=0)
        self.lines = np.full((len(self.units), depth + 1), -1, dtype=np.int64)
        for i, unit in enumerate(self.units):
            if unit.parent is not None:
                self.lines[i] = self.lines[self.position[unit.parent]]
            self.lines[i, unit.depth] = i

    def standing(self, code: str | None) -> str:
        """Return the unit that ``code`` counts for: itself, its successor, or the unknown unit."""
        return self.carried.get(code, self.unknown) if code is not None else self.unknown

    def below(self, code: str) -> list[str]:
        """Return the codes of the subtree of ``code``, itself included."""
        return self._below[code]

    def add_up(self, values: Integers) -> Integers:
        """Return, for ``values`` [unit, ...] at each unit of the tree itself, the sums over its subtree."""
        found = addable(values).copy()
        for i in range(len(self.units) - 1, 0, -1):  # parents stand before their children
            above = self.units[i].parent
            if above is not None:
                found[self.position[above]] += found[i]
        return found

    def of_children(self, values: Integers) -> Integers:
        """Return, for ``values`` [unit] at each unit of the tree, the sums over its children."""
        values = addable(values)
        found = np.zeros_like(values)
        parents = np.array([self.position[u.parent] if u.parent is not None else -1 for u in self.units], dtype=np.int64)
        has = parents >= 0
        np.add.at(found, parents[has], values[has])
        return found

    def common(self, one: Positions, other: Positions) -> Positions:
        """Return the lowest unit whose subtree holds both units, for arrays of positions; -1 where they lie in different trees."""
        same = (self.lines[one] == self.lines[other]) & (self.lines[one] >= 0)
        depth = same.sum(axis=1) - 1  # the lines of two units part once
        return np.where(depth >= 0, self.lines[one, np.maximum(depth, 0)], -1)

    def closure(self) -> pa.Table:
        """Return (unit_code, member_unit_code): each unit with every unit of its subtree, itself included."""
        pairs = [(unit, member) for unit, members in self._below.items() for member in members]
        return pa.table({"unit_code": [p[0] for p in pairs], "member_unit_code": [p[1] for p in pairs]}, schema=_CLOSURE)

    def carry(self) -> pa.Table:
        """Return (unit_code, standing_unit_code): every code ever in the tree with the unit it counts for."""
        pairs = sorted(self.carried.items())
        return pa.table({"unit_code": [p[0] for p in pairs], "standing_unit_code": [p[1] for p in pairs]}, schema=_CARRY)


_CLOSURE = pa.schema([("unit_code", pa.string()), ("member_unit_code", pa.string())])
_CARRY = pa.schema([("unit_code", pa.string()), ("standing_unit_code", pa.string())])


def tree_at(versions: Iterable[UnitVersion], end: date, unknown_code: str, unknown_label: dict[str, str]) -> UnitsTree:
    """Return the tree on the day before ``end``.

    A unit that has ended by then is carried to its successor (and that one's successor), or stands on when it has none.

    Raises: StatisticsError naming the codes of a cycle among parents or successors.
    Source: corrections.md 11 (successors; 可比口径).
    """
    latest: dict[str, UnitVersion] = {}
    for version in sorted(versions, key=lambda v: (v.code, v.valid_from)):
        if version.valid_from < end:
            latest[version.code] = version
    ended = {c: v.valid_to for c, v in latest.items() if v.valid_to is not None and v.valid_to < end}
    carried = {code: _successor(code, latest, ended) for code in latest}
    standing = {code: version for code, version in latest.items() if carried[code] == code}
    units = _ordered(standing, carried)
    roots = [u.code for u in units if u.parent is None]
    parent = roots[0] if len(roots) == 1 else None
    units.append(Unit(unknown_code, parent, "unknown", unknown_label["zh"], unknown_label["en"], 1 if parent else 0))
    carried[unknown_code] = unknown_code
    return UnitsTree(units, unknown_code, carried, {c: d for c, d in ended.items() if carried[c] != c})


def _successor(code: str, latest: dict[str, UnitVersion], ended: dict[str, date]) -> str:
    seen = [code]
    while seen[-1] in ended:
        following = latest[seen[-1]].successor
        if following is None or following not in latest:
            return seen[-1]
        if following in seen:
            raise StatisticsError(
                f"units: the successors {' -> '.join([*seen, following])} form a cycle; correct successor_unit_code of one of them"
            )
        seen.append(following)
    return seen[-1]


def _ordered(standing: dict[str, UnitVersion], carried: dict[str, str]) -> list[Unit]:
    parents = {code: (carried.get(v.parent) if v.parent else None) for code, v in standing.items()}
    children: dict[str | None, list[str]] = {}
    for code in sorted(standing):
        children.setdefault(parents[code], []).append(code)
    found: list[Unit] = []
    waiting = [(code, 0) for code in reversed(children.get(None, []))]
    while waiting:
        code, depth = waiting.pop()
        v = standing[code]
        found.append(Unit(code, parents[code], v.level, v.name_zh, v.name_en, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(code, []))]
    lost = sorted(set(standing) - {u.code for u in found})
    if lost:
        raise StatisticsError(f"units: {', '.join(lost)} lie in a cycle of parents; correct parent_unit_code of one of them")
    return found


def leaves_between(versions: Iterable[UnitVersion], start: date, end: date) -> set[str]:
    """Return the codes that stood at some day of [start, end) and had no child then: the units that owe a delivery."""
    standing = [v for v in versions if v.valid_from < end and (v.valid_to is None or v.valid_to > start)]
    parents = {v.parent for v in standing}
    return {v.code for v in standing if v.code not in parents}
