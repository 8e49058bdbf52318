"""The cells in which two fillings of a form differ: other choices, or other definitions of the same form."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from policestats.reports.exact import decimal
from policestats.reports.form_table import FormTable
from policestats.reports.found_rows import FoundRows

Key = tuple[str, str]


@dataclass(frozen=True)
class Difference:
    """A cell in which two fillings differ; None: no figure."""

    unit_code: str
    row_code: str
    column_code: str
    ours: Decimal | None
    theirs: Decimal | None


@dataclass(frozen=True)
class Compared:
    """Of the cells that both fillings have, in how many either has a figure, and those in which they differ, in tree and printed order."""

    cells: int
    differences: list[Difference]


def compare(
    ours: FormTable,
    theirs: FormTable,
    found: tuple[Sequence[FoundRows], Sequence[FoundRows]],
    units: Collection[str] | None = None,
) -> Compared:
    """Return how two fillings of the same period differ, by the codes of units, rows and printed columns that both have.

    A cell without a figure (missing, blocked, a rate without a base) differs from one with any. Of the rows found in the data, ``found``, one
    that only one filling has counts as a row without figures in the other.

    Args:
        units: only these; default all.
    """
    known = {c.code for c in theirs.form.columns_for(theirs.period.frequency) if not c.hidden}
    columns = [c.code for c in ours.form.columns_for(ours.period.frequency) if not c.hidden and c.code in known]
    shared = [u for u in ours.units if u in set(theirs.units) and (units is None or u in units)]
    rows = [r for r in ours.rows if r in set(theirs.rows)]
    at_ours, at_theirs = (np.ix_(np.array([t.units.index(u) for u in shared], dtype=np.int64), t.rows_at(rows)) for t in (ours, theirs))
    cells = 0
    differing: list[tuple[int, int, int, Difference]] = []
    for order, code in enumerate(columns):
        (a, has_a), (b, has_b) = ours.column(code), theirs.column(code)
        a, has_a, b, has_b = a[at_ours], has_a[at_ours], b[at_theirs], has_b[at_theirs]
        cells += int((has_a | has_b).sum())
        for i, j in np.argwhere((has_a != has_b) | (has_a & has_b & (a != b))).tolist():
            one, other = (decimal(v[i, j]) if has[i, j] else None for v, has in ((a, has_a), (b, has_b)))
            differing.append((i, j, order, Difference(shared[i], rows[j], code, one, other)))
        ours_found, theirs_found = (_of_found(t, parts, code) for t, parts in zip((ours, theirs), found, strict=True))
        for unit, row in (key for key in ours_found.keys() | theirs_found.keys() if key[0] in shared):
            cells += 1
            one, other = ours_found.get((unit, row)), theirs_found.get((unit, row))
            if one != other:
                differing.append((shared.index(unit), len(rows), order, Difference(unit, row, code, one, other)))
    return Compared(cells, [d for *_, d in sorted(differing, key=lambda d: (d[0], d[1], d[3].row_code, d[2]))])


def _of_found(table: FormTable, parts: Sequence[FoundRows], column: str) -> dict[Key, Decimal]:
    """Return the figures of a column in the rows found in the data."""
    shown = table.statuses[column].has_value
    figures: dict[Key, Decimal] = {}
    for part in parts:
        for i in np.flatnonzero(part.defined[column] & shown[part.units]).tolist():
            figures[table.units[part.units[i]], part.codes[part.rows[i]]] = decimal(part.values[column][i])
    return figures
