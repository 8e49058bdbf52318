"""What only the pages of a release show: definitions, queries, checks and the course of figures beside the printed form."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from policestats.catalog.model import Label
from policestats.reports.writers.printed import PrintedForm, PrintedIndex, PrintedRate, PrintedUnit
from policestats.reports.writers.sparkline import Drawing


@dataclass(frozen=True)
class Counted:
    """What a column counts, itself or through the columns it is computed from."""

    column: str
    indicator: str
    indicator_label: Label
    fact: str
    fact_label: Label
    tables: list[tuple[str, Label]]


@dataclass(frozen=True)
class Definition:
    """A column in words. ``queries`` are numbers of the form's queries; ``keys_withheld`` says why record keys are not on the page (None: they may be)."""

    code: str
    label: Label
    lines: list[str]
    sources: list[str]
    policies: list[str]
    counted: list[Counted]
    queries: list[int]
    keys_withheld: Label | None


@dataclass(frozen=True)
class RunQuery:
    """The SQL that ran; ``rows`` None for a fact, which is part of other queries."""

    subject: str
    anchor: str
    sql: str
    rows: int | None


@dataclass(frozen=True)
class TouchingCheck:
    """A check and the cells that it names: pairs of row codes and column codes, None for all of the form."""

    id: str
    severity: str
    text: str
    source: str
    cells: list[tuple[list[str] | None, list[str] | None]]


@dataclass(frozen=True)
class FailedCheck:
    """One failure at a unit; row and column are "" where the check names several."""

    check_id: str
    severity: str
    unit: str
    row: str
    column: str
    left: str
    right: str


@dataclass(frozen=True)
class ScreenForm:
    """All that a form's page shows beside the printed tables.

    ``course`` is the column drawn beside each row (None: this period has none), ``periods`` those drawn, ``drawings`` by unit and row.
    ``with_records``: the keys of the records stand in a file beside the page.
    """

    printed: PrintedForm
    definitions: list[Definition]
    rows: list[tuple[str, Label, str]]
    queries: list[RunQuery]
    checks: list[TouchingCheck]
    failed: list[FailedCheck]
    course: Definition | None
    periods: list[str]
    drawings: dict[tuple[str, str], Drawing]
    with_records: bool

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script looks up: checks, their failures and the words it needs."""
        return {
            "form": self.printed.id,
            "period": self.printed.period,
            "release": self.printed.release,
            "course": self.course.code if self.course else None,
            "periods": self.periods,
            "checks": [[c.id, c.severity, c.text, c.cells] for c in self.checks],
            "failed": [[f.check_id, f.severity, f.unit, f.row, f.column, f.left, f.right] for f in self.failed],
            "withRecords": self.with_records,
        }

    def failed_at(self, unit: str) -> list[FailedCheck]:
        """Return the failures at one unit."""
        return [f for f in self.failed if f.unit == unit]


@dataclass(frozen=True)
class UnitLine:
    """A unit of the index: its status in each form (by form id) that has a table for it."""

    unit: PrintedUnit
    forms: dict[str, str]


@dataclass(frozen=True)
class ScreenIndex:
    """The first page: the printed one, and the units that have tables, in tree order."""

    printed: PrintedIndex
    units: list[UnitLine]


@dataclass(frozen=True)
class RateLine:
    """The rates (by rate id) of a form, a level or a unit, with what is not automatic; ``course``: one rate over time, None where it is not kept."""

    code: str
    title: Label
    depth: int
    rates: dict[str, PrintedRate]
    reasons: list[str]
    course: Drawing | None


@dataclass(frozen=True)
class RatesPage:
    """The generation rates: over all, by form, level and unit, and over time.

    ``trend`` has the rates over all by rate id, over ``periods``; ``course_of`` is the rate drawn beside forms and levels; ``note`` is what
    the standard says of the template rate (None: nothing).
    """

    period: str
    release: str
    note: Label | None
    overall: dict[str, PrintedRate]
    reasons: list[str]
    forms: list[RateLine]
    levels: list[RateLine]
    units: list[RateLine]
    periods: list[str]
    trend: dict[str, Drawing]
    course_of: Label
    labels: dict[str, Label]


@dataclass(frozen=True)
class ReleaseLine:
    """A release in the list of all. ``is_newest`` of its period; ``links`` name it; ``problem``: why its manifest cannot be read ("": it can)."""

    name: str
    period: str
    is_newest: bool
    links: list[str]
    made_at: str = ""
    as_of: str = ""
    forms: list[str] = field(default_factory=list)
    problem: str = ""


def plain(value: Decimal | None) -> str:
    """Return a number without trailing zeros, — for none."""
    return "—" if value is None else f"{value.normalize():f}"
