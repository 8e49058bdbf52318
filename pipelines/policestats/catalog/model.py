"""What a standard is made of: plain values, read once, never changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from policestats.errors import DefinitionError, nearest
from policestats.periods import Cutoff

TYPES = ("text", "integer", "decimal", "date", "timestamp", "boolean")
Label = dict[str, str]
#: dimensions that look at the rows of another table, the many side of one-to-many
LOOKS = ("exists", "count_over", "sum_over", "earliest", "last")


@dataclass(frozen=True)
class UnitLevel:
    """A level of the units tree, from the root downwards."""

    code: str
    label: Label


@dataclass(frozen=True)
class Standard:
    """The settings of one authority's rules (standard.yaml)."""

    id: str
    label: Label
    time_zone: str
    records_begin: date
    prescribed_forms: int
    lateness: str
    cutoff: Cutoff
    units_table: str
    unit_code_pattern: str
    unit_levels: tuple[UnitLevel, ...]
    unknown_unit_code: str
    unknown_unit_label: Label
    marks: dict[str, str]
    furniture: dict[str, Label]


@dataclass(frozen=True)
class Column:
    """A column of a core table."""

    name: str
    type: str
    label: Label
    codelist: str | None = None
    default: Any = None


@dataclass(frozen=True)
class Table:
    """A core table: one row per ``key`` in every load. ``unit`` and ``date`` name the columns that say whose row it is and when."""

    name: str
    label: Label
    key: tuple[str, ...]
    columns: dict[str, Column]
    unit: str | None
    date: str | None
    where: str

    def column(self, name: str, asked: str) -> Column:
        """Return the column ``name``; ``asked`` is the place (file:line) that names it.

        Raises: DefinitionError with the nearest known names.
        """
        if name not in self.columns:
            raise DefinitionError(f"{asked}: table {self.name!r} has no column {name!r}; {nearest(name, self.columns)}")
        return self.columns[name]


@dataclass(frozen=True)
class CodeList:
    """A classification: members by code, each with its parent, labels and attributes (all text; empty cells are None)."""

    id: str
    label: Label
    source: str
    attributes: tuple[str, ...]
    members: dict[str, dict[str, str | None]]

    def leaves(self) -> list[str]:
        """Return the codes of members without children, in file order."""
        parents = {m["parent_code"] for m in self.members.values()}
        return [code for code in self.members if code not in parents]

    def ancestors(self, code: str) -> list[str]:
        """Return the codes of the members above ``code`` within this list, nearest first."""
        above: list[str] = []
        parent = self.members[code]["parent_code"]
        while parent is not None and parent in self.members:
            above.append(parent)
            parent = self.members[parent]["parent_code"]
        return above


@dataclass(frozen=True)
class Policy:
    """A choice the sources leave open. ``value`` is that of the choice in force."""

    id: str
    label: Label
    default: str
    choices: dict[str, Any]
    source: str
    effect: str
    chosen: str
    where: str

    @property
    def value(self) -> Any:
        """The values or the condition of the choice in force."""
        return self.choices[self.chosen]


@dataclass(frozen=True)
class Fact:
    """A fact as written (``spec``); ``where`` is its place."""

    id: str
    label: Label
    spec: dict[str, Any]
    where: str

    @property
    def tables(self) -> list[str]:
        """The core tables that the fact reads, each once: its own, the joined and the looked-at ones."""
        names = [part["table"] for part in self.spec.get("union", [])] or [self.spec["table"]]
        names += [join["table"] for join in self.spec.get("joins", [])]
        names += [look["table"] for look in self.looks]
        return list(dict.fromkeys(names))

    @property
    def looks(self) -> list[dict[str, Any]]:
        """What the fact's dimensions look at in other tables: exists, count_over, sum_over, earliest, last."""
        return [d[kind] for d in self.spec.get("dimensions", {}).values() for kind in LOOKS if kind in d]


@dataclass(frozen=True)
class Indicator:
    """An indicator: what is counted, on which date, for which unit.

    ``measure`` is count, distinct or sum; ``show`` is None for a flow over a fact, else opening, entered, left or closing of a spell fact.
    ``is_manual``: people type it, so it has no fact.
    """

    id: str
    label: Label
    fact: str
    measure: str
    operand: tuple[str, ...]
    on: str | None
    by: str | None
    partner: str | None
    show: str | None
    kinds: tuple[str, ...] | None
    net: bool
    condition: dict[str, Any] | None
    renames: dict[str, str]
    unit: str
    source: str
    where: str
    is_manual: bool = False

    @property
    def is_stock(self) -> bool:
        """Whether the indicator is a balance at a date rather than a flow over a window."""
        return self.show in ("opening", "closing")

    @property
    def additivity(self) -> dict[str, str]:
        """How the indicator adds up along units, time and rows: sum, recompute or net."""
        if self.measure == "distinct":
            return {"units": "recompute", "time": "recompute", "rows": "recompute"}
        return {
            "units": "net" if self.partner or self.net else "sum",
            "time": "recompute" if self.is_stock else "sum",
            "rows": "sum",
        }


@dataclass(frozen=True)
class Cursor:
    """The column of a source table that grows whenever a record is entered or changed, and how much later than that a record may commit."""

    column: str
    lag: timedelta = timedelta(0)


@dataclass(frozen=True)
class SourceTable:
    """How one table of a source becomes a core table.

    ``reconcile`` is the time after which the whole table is compared with what was landed, by key and cursor: zero for each load, None for
    never. ``options`` are the keys that only the reader of the source's kind knows, as written.
    """

    name: str
    into: str | None = None
    member: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    identity: dict[str, str] | None = None
    is_reference: bool = False
    key: tuple[str, ...] = ()
    cursor: Cursor | None = None
    reconcile: timedelta | None = None
    presence: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    delivers: str = "snapshot"
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A system that records come from. ``connection`` is the scheduler's connection that says where it is.

    ``is_base``: every office has such a system; the others are connected one by one.
    """

    id: str
    label: Label
    kind: str
    tables: dict[str, SourceTable]
    deliveries: dict[str, Any] | None
    where: str
    connection: str
    placeholders: tuple[str, ...] = ()
    is_base: bool = True
