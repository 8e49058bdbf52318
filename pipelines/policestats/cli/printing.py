"""How results are printed: tables for people, CSV and JSON for programs. Nothing else goes to standard output."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

#: width of tables where no terminal says its own, so that nothing is cut off in a file or a pipe
_WIDTH = None if sys.stdout.isatty() else 160
#: the widest that wrapped text is printed
_PAGE = 120
out = Console(highlight=False, soft_wrap=True, width=_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def rows(columns: Sequence[str], values: Sequence[Sequence[Any]], output: str = "table", title: str | None = None) -> None:
    """Print rows as a table, CSV or JSON (a list of objects)."""
    if output == "json":
        json.dump([dict(zip(columns, row, strict=True)) for row in values], sys.stdout, ensure_ascii=False, indent=1, default=str)
        sys.stdout.write("\n")
    elif output == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(["" if v is None else v for v in row] for row in values)
    else:
        table = Table(*columns, title=title, title_justify="left", header_style="bold")
        for row in values:
            table.add_row(*("" if v is None else str(v) for v in row))
        # never cut a figure off: a table wider than the terminal runs over its edge
        natural = Measurement.get(out, out.options.update(max_width=10_000), table).maximum
        Console(highlight=False, soft_wrap=True, width=max(out.width, natural)).print(table)


def narrow(columns: Sequence[str], values: Sequence[Sequence[Any]], output: str = "table", title: str | None = None) -> None:
    """Print rows as ``rows`` does, a table without lines and no wider than a page: long texts are wrapped, figures never cut off."""
    if output != "table":
        rows(columns, values, output)
        return
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", header_style="bold", pad_edge=False)
    for i, head in enumerate(columns):
        figures = [v[i] for v in values if v[i] is not None]
        is_figure = bool(figures) and all(isinstance(v, (int, float, Decimal)) or str(v)[:1].isdigit() for v in figures)
        table.add_column(head, justify="right" if is_figure and i else "left", no_wrap=is_figure, overflow="fold")
    for row in values:
        table.add_row(*("" if v is None else str(v) for v in row))
    Console(highlight=False, width=min(out.width, _PAGE)).print(table)


def lines(texts: Sequence[str], indent: int = 2) -> None:
    """Print texts, each wrapped to the width of a page."""
    page = Console(highlight=False, width=min(out.width, _PAGE))
    for text in texts:
        page.print(Padding(Text(text), (0, 0, 0, indent), expand=False))


def records(frame: Any) -> list[list[Any]]:
    """Return the rows of a DataFrame: missing values as None, days without a time of day."""
    known = frame.astype(object).where(frame.notna(), None)
    return [[_plain(value) for value in row] for row in known.itertuples(index=False, name=None)]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date()
    return value


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show what is going on: a moving line on a terminal, a line each elsewhere; always on standard error."""
    if err.is_terminal:
        with err.status("starting ...") as status:
            yield lambda message: status.update(message)
    else:
        yield lambda message: err.print(f"  {message}", markup=False)
