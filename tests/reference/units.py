"""The units tree as it stands on one day, and the way from any recorded unit code into it."""

from __future__ import annotations

from datetime import date, timedelta

from .standard import Row


class Tree:
    """The tree on the last day of a period. The unknown unit is a child of the root (of no one, when there are several roots)."""

    def __init__(self, versions: list[Row], period_end: date, unknown: str) -> None:
        self._day = period_end - timedelta(days=1)
        self._unknown = unknown
        self._below: dict[str, list[str]] = {}
        self._last: dict[str, Row] = {}  # the last version that had begun by then
        for version in sorted(versions, key=lambda version: version["valid_from"]):
            if version["valid_from"] <= self._day:
                self._last[version["unit_code"]] = version
        standing = [code for code, version in self._last.items() if self.find(code) == code and code != unknown]
        self.parent: dict[str, str | None] = {code: self._parent(code) for code in standing}
        self.roots = [code for code in standing if self.parent[code] is None]
        self.parent[unknown] = self.roots[0] if len(self.roots) == 1 else None
        if self.parent[unknown] is None:
            self.roots.append(unknown)

    def find(self, code: str | None) -> str:
        """The standing unit that answers for ``code``: itself, its successor in force, or the unknown unit."""
        passed: set[str] = set()
        while code is not None and code in self._last:
            version = self._last[code]
            ended = version["valid_to"] is not None and version["valid_to"] <= self._day
            if not ended or version["successor_unit_code"] is None:
                return code  # a unit closed without a successor keeps its last place
            if code in passed:
                raise ValueError(f"the successors of unit {code} run in a circle")
            passed.add(code)
            code = version["successor_unit_code"]
        return self._unknown

    def above(self, unit: str) -> list[str]:
        """``unit`` and every unit above it."""
        line: list[str] = []
        at: str | None = unit
        while at is not None:
            if at in line:
                raise ValueError(f"the units tree has a circle at {at}")
            line.append(at)
            at = self.parent[at]
        return line

    def below(self, unit: str) -> list[str]:
        """``unit`` and every unit below it."""
        if unit not in self._below:
            self._below[unit] = [code for code in self.parent if unit in self.above(code)]
        return self._below[unit]

    def level(self, unit: str) -> str | None:
        """The level of a unit; None for the unknown one."""
        return str(self._last[unit]["level_code"]) if unit in self._last else None

    def children(self, unit: str) -> list[str]:
        """The units directly below ``unit``."""
        return [code for code, parent in self.parent.items() if parent == unit]

    def _parent(self, code: str) -> str | None:
        parent = self._last[code]["parent_unit_code"]
        return None if parent is None else self.find(parent)
