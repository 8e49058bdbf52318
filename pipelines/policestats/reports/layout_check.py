"""Does an office's own workbook match the form that it lays out?"""

from __future__ import annotations

from collections import Counter

from policestats.errors import nearest
from policestats.reports.template import Form
from policestats.reports.writers.layout import FURNITURE, Layout, cell_name

_NAMED = 5


def layout_errors(layout: Layout, form: Form) -> list[str]:
    """Return what makes a layout unusable: names that lead nowhere, and names that are no cell of the form."""
    known = Counter(name.casefold() for name in (*FURNITURE, *_cells(form)))
    found = [
        f"{layout.path}: the name {name} must mean one cell without a formula, and it says {said}; correct it in the name manager"
        for name, said in layout.broken.items()
    ]
    found += [
        f"{layout.path}: the name {name} is that of {known[name.casefold()]} cells of form {form.id}, whose codes differ only in case or in signs "
        "that a name cannot hold; rename a row or column of the form"
        for name in layout.places
        if known[name.casefold()] > 1
    ]
    return found + [
        f"{layout.path}: the name {name} is no cell of form {form.id}; {nearest(name, [*FURNITURE, *_cells(form)])}"
        for name in layout.places
        if name.casefold() not in known
    ]


def layout_warnings(layout: Layout, form: Form) -> list[str]:
    """Return what a layout leaves out: cells of the form that no name leads to."""
    named = {name.casefold() for name in layout.places}
    absent = [name for name in _cells(form) if name.casefold() not in named]
    if not absent:
        return []
    told = ", ".join(absent[:_NAMED]) + (f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else "")
    return [f"{layout.path}: {len(absent)} of {len(_cells(form))} cells of form {form.id} have no name there: {told}"]


def _cells(form: Form) -> list[str]:
    return [cell_name(row.code, c.code) for row in form.rows for c in form.columns if not c.hidden and c.applies(row.code)]
