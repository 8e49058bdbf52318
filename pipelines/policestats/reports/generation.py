"""The four generation rates (corrections.md, Generation rate), from statuses, values and failed error checks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from policestats.reports.checks import Outcome
from policestats.reports.exact import Integers, zeros
from policestats.reports.form_columns import FormColumn
from policestats.reports.form_table import FormTable
from policestats.reports.found_rows import FoundRows
from policestats.reports.rates import rate
from policestats.reports.status import BY_PEOPLE, MANUAL, ColumnStatus

_NO_REASONS: Counter[str] = Counter()

RATES = ("template", "instance", "cell", "cell_nonzero")


@dataclass(frozen=True)
class GenerationRate:
    """One rate; ``form_id`` and ``unit_code`` None stand for all. With a ``level_code`` it is that of all units of the level together."""

    rate_id: str
    form_id: str | None
    unit_code: str | None
    numerator: int
    denominator: int
    reason: str | None
    level_code: str | None = None

    @property
    def pct(self) -> Decimal | None:
        """The rate in percent with two decimals; None when nothing was due."""
        return rate(self.numerator, self.denominator, per=100, decimals=2)


@dataclass(frozen=True)
class _Count:
    form_id: str
    unit_code: str
    cells: int
    auto: int
    nonzero: int
    nonzero_auto: int
    has_error: bool
    is_prescribed: bool
    reasons: Counter[str]

    @property
    def is_auto(self) -> bool:
        return self.cells == self.auto and not self.has_error


def generation(
    filled: Iterable[tuple[FormTable, Outcome, Sequence[FoundRows]]], prescribed: int, levels: Mapping[str, str]
) -> list[GenerationRate]:
    """Return the rates of each unit (instance, cell, cell_nonzero), and all four of all units and of each level's, by form and over all.

    A form is automatic for a unit when every applicable cell is ``auto`` and no error check failed; the template rate counts the forms
    that are automatic for every unit, out of those the standard prescribes (a form of one's own is not among them).

    Args:
        levels: the level of each unit, in the order of the tree.
    """
    counts = [c for table, outcome, found in filled for c in _counts(table, outcome, found)]
    found = [rate for c in counts for rate in _rates([c], c.form_id, c.unit_code)]
    by_unit: dict[str, list[_Count]] = {}
    for c in counts:
        by_unit.setdefault(c.unit_code, []).append(c)
    for unit, own in by_unit.items():
        found += _rates(own, None, unit)
    for level in (None, *dict.fromkeys(levels.values())):
        own = counts if level is None else [c for c in counts if levels[c.unit_code] == level]
        if own or level is None:
            found += [replace(rate, level_code=level) for rate in _of_units(own, prescribed)]
    return found


def _of_units(counts: list[_Count], prescribed: int) -> list[GenerationRate]:
    """Return the four rates of some units together, by form and over all."""
    by_form: dict[str, list[_Count]] = {}
    for c in counts:
        by_form.setdefault(c.form_id, []).append(c)
    found: list[GenerationRate] = []
    for form, own in by_form.items():
        found += _rates(own, form, None)
        found.append(GenerationRate("template", form, None, int(all(c.is_auto for c in own)), 1, _reason(own)))
    found += _rates(counts, None, None)
    of_authority = [own for own in by_form.values() if own[0].is_prescribed]
    automatic = sum(all(c.is_auto for c in own) for own in of_authority)
    reason = _reason(counts)
    absent = prescribed - len(of_authority)
    if absent > 0:
        reason = "; ".join(
            filter(None, [reason, f"{absent} of the {prescribed} prescribed forms are not defined or not due in this period"])
        )
    found.append(GenerationRate("template", None, None, automatic, prescribed, reason))
    return found


def _rates(counts: list[_Count], form: str | None, unit: str | None) -> list[GenerationRate]:
    reason = _reason(counts)
    return [
        GenerationRate("instance", form, unit, sum(c.is_auto for c in counts), len(counts), reason),
        GenerationRate("cell", form, unit, sum(c.auto for c in counts), sum(c.cells for c in counts), reason),
        GenerationRate("cell_nonzero", form, unit, sum(c.nonzero_auto for c in counts), sum(c.nonzero for c in counts), reason),
    ]


def _reason(counts: list[_Count]) -> str | None:
    told = [c.reasons for c in counts if c.reasons]
    if not told:
        return None
    seen: Counter[str] = Counter()
    for reasons in told:
        seen.update(reasons)
    return (
        "; ".join(f"{reason} ({n} cells)" if n > 1 else reason for reason, n in sorted(seen.items(), key=lambda r: (-r[1], r[0]))[:5])
        or None
    )


def _typed(status: ColumnStatus, column: FormColumn, table: FormTable) -> Integers:
    """Return, for each unit, how many cells of a column are not automatic because people typed them, or what they are made of."""
    if status.cells is None:
        return zeros((len(table.units),))
    applies = np.array([column.applies(r) for r in table.rows], dtype=bool)
    found: Integers = ((status.cells.ranks == MANUAL) & applies[None, :]).sum(axis=1)
    return found


def _counts(table: FormTable, outcome: Outcome, found: Sequence[FoundRows]) -> list[_Count]:
    units = len(table.units)
    cells, auto, nonzero, nonzero_auto = (np.zeros(units, dtype=np.int64) for _ in range(4))
    reasons: dict[int, Counter[str]] = defaultdict(Counter)
    for column in table.form.columns_for(table.period.frequency):
        if column.hidden:
            continue
        status = table.statuses[column.code]
        due = np.full(units, sum(column.applies(r) for r in table.rows))
        figures = table.figures[column.code]
        filled = np.bincount(figures.at[(figures.values != 0).astype(bool)] // figures.rows, minlength=units)
        for part in found:
            applies, values, defined = part.applies(column), part.values[column.code], part.defined[column.code]
            due = due + np.bincount(part.units[applies], minlength=units)
            filled = filled + np.bincount(part.units[defined & (values != 0)], minlength=units)
        due, filled = np.where(status.is_applicable, due, 0), np.where(status.is_applicable, filled, 0)
        cells, nonzero = cells + due, nonzero + filled
        auto, nonzero_auto = auto + np.where(status.is_auto, due, 0), nonzero_auto + np.where(status.is_auto, filled, 0)
        typed = _typed(status, column, table)
        for i in np.flatnonzero(status.is_applicable & ~status.is_auto).tolist():
            if typed[i]:
                reasons[i][f"{table.form.id}: {BY_PEOPLE}"] += int(typed[i])
            if status.reasons[i] and due[i] > typed[i]:
                reasons[i][f"{table.form.id}: {status.reasons[i]}"] += int(due[i] - typed[i])
    failed = outcome.has_error()
    for i in np.flatnonzero(failed).tolist():
        reasons[i][f"{table.form.id}: an error check failed"] += 1
    numbers = zip(table.units, *(n.tolist() for n in (cells, auto, nonzero, nonzero_auto, failed)), strict=True)
    return [
        _Count(table.form.id, unit, due, made, held, held_auto, has_error, table.form.prescribed, reasons.get(i, _NO_REASONS))
        for i, (unit, due, made, held, held_auto, has_error) in enumerate(numbers)
    ]
