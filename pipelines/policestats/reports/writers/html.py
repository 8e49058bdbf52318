"""A form as a page of HTML that needs nothing but itself: a table for each unit; and the first page of a release."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from policestats.reports.writers.printed import STATUS_LABELS, Cell, PrintedForm, PrintedIndex, PrintedTable, TypedFigure

_FOLDER = Path(__file__).parent


def write_form_page(path: Path, form: PrintedForm, tables: Iterable[PrintedTable]) -> None:
    """Write the page of ``form`` to ``path``, with ``tables`` in their order. Every text is escaped."""
    _render("form.html.j2", path, form=form, tables=tables)


def write_index_page(path: Path, index: PrintedIndex) -> None:
    """Write the first page of a release to ``path``. Every text is escaped."""
    _render("index.html.j2", path, index=index)


def figure(value: Cell, decimals: int) -> str:
    """Return a figure as printed; a mark stands for itself.

    >>> figure(Decimal("12345.600000"), 2)
    '12,345.60'
    >>> figure("—", 0)
    '—'
    """
    shown = f"{value:,.{decimals}f}" if isinstance(value, Decimal) else value
    return shown + value.mark if isinstance(value, TypedFigure) else shown


def _render(name: str, path: Path, **values: object) -> None:
    with path.open("w", encoding="utf-8") as file:
        for part in _template(name).generate(**values):
            file.write(part)


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"figure": figure, "status_labels": STATUS_LABELS}
    return environment.get_template(name)
