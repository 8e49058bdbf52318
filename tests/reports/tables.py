"""Filled forms made by hand, one unit to a line, so that a check can be looked at alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from policestats.periods import ReferencePeriod
from policestats.reports.checks import Elsewhere, FindElsewhere, Finding, evaluate
from policestats.reports.figures import Figures as Held
from policestats.reports.form_table import FormTable
from policestats.reports.status import ColumnStatus, Status
from policestats.reports.template import Form
from policestats.reports.units import UnitsTree, UnitVersion, tree_at
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH, SOUTH_1, UNKNOWN

AUTO = Status("auto", 1, 1, None)
ROWS = ("T", "KA", "K1", "K2", "K9")
Figures = dict[str, dict[str, list[str | int]]]


def tree() -> UnitsTree:
    """Return the tree of the tiny standard."""
    parents = {PROVINCE: None, NORTH: PROVINCE, SOUTH: PROVINCE, NORTH_1: NORTH, NORTH_2: NORTH, SOUTH_1: SOUTH}
    versions = [UnitVersion(c, date(2020, 1, 1), None, p, None, "", c, c) for c, p in parents.items()]
    return tree_at(versions, date(2026, 11, 1), UNKNOWN, {"zh": "未知", "en": "Unknown"})


def table(
    form: Form,
    figures: Figures,
    *,
    period: str = "2026-10",
    statuses: dict[tuple[str, str], str] | None = None,
    undefined: tuple[tuple[str, str, str], ...] = (),
    booked: Figures | None = None,
) -> FormTable:
    """Return a filled form.

    Args:
        figures: by unit and column, the values in the order of the form's rows.
        statuses: by (column, unit), where they are not auto.
        undefined: (column, unit, row) that have no figure.
        booked: what is booked at each unit itself; default the figures.
    """
    units, rows = list(figures), [r.code for r in form.rows]
    names = list(next(iter(figures.values())))

    def grid(of: Figures, name: str) -> npt.NDArray[np.int64]:
        return np.array([[int(Decimal(v) * 1_000_000) for v in of[unit][name]] for unit in units], dtype=np.int64).reshape(
            len(units), len(rows)
        )

    held = {}
    for name in names:
        column = next((c for c in form.columns if c.code == name), None)
        defined = np.array([[column is None or column.applies(r) for r in rows] for _ in units], dtype=bool)
        for _, unit, row in (u for u in undefined if u[0] == name):
            defined[units.index(unit), rows.index(row)] = False
        held[name] = Held.of_rates(len(units), len(rows), grid(figures, name), defined)
    whole = np.ones((len(units), len(rows)), dtype=bool)
    given = statuses or {}
    return FormTable(
        form=form,
        period=ReferencePeriod.parse(period),
        units=units,
        rows=rows,
        figures=held,
        booked={name: Held.of_rates(len(units), len(rows), grid(booked or figures, name), whole) for name in names},
        statuses={n: ColumnStatus.of([Status(given[n, u], 0, 1, "why") if (n, u) in given else AUTO for u in units]) for n in names},
    )


def altered(filled: FormTable, column: str, unit: str, row: str, value: int) -> None:
    """Put another figure into one cell."""
    values, defined = filled.figures[column].dense()
    values[filled.units.index(unit), filled.row_index(row)] = value * 1_000_000
    filled.figures[column] = Held.of_rates(len(filled.units), len(filled.rows), values, defined)


def elsewhere(row: str, figures: dict[str, int]) -> Elsewhere:
    """Return a column of another form that has one row and these figures, by unit."""
    values = np.array([[v * 1_000_000] for v in figures.values()], dtype=np.int64)
    return Elsewhere(list(figures), [row], values, np.ones(values.shape, dtype=bool))


def nowhere(form: str, period: str, column: str) -> Elsewhere | None:
    """Answer as if no other form or period had been filled."""
    return None


@dataclass(frozen=True)
class Judged:
    """Findings one by one, and how many evaluations passed by (check, unit)."""

    findings: list[Finding]
    passed: dict[tuple[str, str], int]


def judged(filled: FormTable, check: str | None = None, elsewhere: FindElsewhere = nowhere) -> Judged:
    """Evaluate all checks and keep what was found of ``check`` (default the form's own and implied ones, all)."""
    found = evaluate(filled, tree(), elsewhere)
    passed = {(c, u): int(n) for c, counts in found.passed.items() for u, n in zip(filled.units, counts, strict=True) if n}
    return Judged([f for f in found.findings if check in (None, f.check_id)], {k: n for k, n in passed.items() if check in (None, k[0])})


def short(findings: list[Finding]) -> list[tuple[str, str | None, str | None, str]]:
    """Return (unit, row, column, outcome) of each finding."""
    return [(f.unit_code, f.row_code, f.column_code, f.outcome) for f in findings]
