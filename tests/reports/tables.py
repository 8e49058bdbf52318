"""Filled forms made by hand, one unit to a line, so that a check can be looked at alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np

from policestats.periods import ReferencePeriod
from policestats.reports.checks import Elsewhere, Finding, Outcome, evaluate
from policestats.reports.form_table import FormTable
from policestats.reports.status import Status
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

    def grid(of: Figures, name: str) -> np.ndarray:  # type: ignore[type-arg]
        return np.array([[int(Decimal(v) * 1_000_000) for v in of[unit][name]] for unit in units], dtype=object).reshape(
            len(units), len(rows)
        )

    defined = {}
    for name in names:
        column = next((c for c in form.columns if c.code == name), None)
        defined[name] = np.array([[column is None or column.applies(r) for r in rows] for _ in units], dtype=bool)
    for name, unit, row in undefined:
        defined[name][units.index(unit), rows.index(row)] = False
    given = statuses or {}
    return FormTable(
        form=form,
        period=ReferencePeriod.parse(period),
        units=units,
        rows=rows,
        values={name: grid(figures, name) for name in names},
        defined=defined,
        booked={name: grid(booked or figures, name) for name in names},
        statuses={n: {u: Status(given[n, u], 0, 1, "why") if (n, u) in given else AUTO for u in units} for n in names},
    )


def nowhere(form: str, period: str, row: str, column: str) -> dict[str, int] | None:
    """Answer as if no other form or period had been filled."""
    return None


def judged(filled: FormTable, check: str | None = None, elsewhere: Elsewhere = nowhere) -> Outcome:
    """Evaluate all checks and keep what was found of ``check`` (default the form's own and implied ones, all)."""
    found = evaluate(filled, tree(), elsewhere)
    if check is None:
        return found
    return Outcome([f for f in found.findings if f.check_id == check], {k: n for k, n in found.passed.items() if k[0] == check})


def short(findings: list[Finding]) -> list[tuple[str, str | None, str | None, str]]:
    """Return (unit, row, column, outcome) of each finding."""
    return [(f.unit_code, f.row_code, f.column_code, f.outcome) for f in findings]
