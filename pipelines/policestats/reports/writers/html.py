"""A release as pages of HTML that need nothing but themselves: forms, rates, the first page, and the list of all releases."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from policestats.reports.writers.printed import STATUS_LABELS, Cell, PrintedColumn, PrintedTable, TypedFigure
from policestats.reports.writers.screen import RatesPage, ReleaseLine, ScreenForm, ScreenIndex

_FOLDER = Path(__file__).parent


def write_form_page(path: Path, screen: ScreenForm, tables: Iterable[PrintedTable]) -> None:
    """Write the page of a form to ``path``, with ``tables`` in their order. Every text is escaped."""
    _render("form.html.j2", path, screen=screen, form=screen.printed, tables=tables)


def write_index_page(path: Path, screen: ScreenIndex) -> None:
    """Write the first page of a release to ``path``. Every text is escaped."""
    _render("index.html.j2", path, screen=screen, index=screen.printed)


def write_rates_page(path: Path, page: RatesPage) -> None:
    """Write the page of the generation rates to ``path``. Every text is escaped."""
    _render("rates.html.j2", path, page=page)


def write_releases_page(path: Path, releases: list[ReleaseLine]) -> None:
    """Write the list of all releases to ``path``. Every text is escaped."""
    _render("releases.html.j2", path, releases=releases)


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
    style, script = ((_FOLDER / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    environment.globals |= {
        "figure": figure,
        "status_labels": STATUS_LABELS,
        "groups": _groups,
        "style": Markup(style),
        "script": Markup(script),
        "policy": f"default-src 'none'; style-src {_hashed(style)}; script-src {_hashed(script)}",
    }
    environment.filters |= {"json": _json, "column_at": lambda position, columns: columns[position]}
    return environment.get_template(name)


def _hashed(text: str) -> str:
    """Return how a Content-Security-Policy names the inline style or script ``text``: that one may act, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> Markup:
    """Return ``value`` as JSON that no text in it can end: it stands in a script element."""
    told = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(told.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _groups(columns: list[PrintedColumn]) -> list[tuple[PrintedColumn, int]]:
    """Return runs of neighbouring columns under one heading, as (first column, length)."""
    runs: list[tuple[PrintedColumn, int]] = []
    for column in columns:
        if runs and column.group is not None and runs[-1][0].group == column.group:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((column, 1))
    return runs
