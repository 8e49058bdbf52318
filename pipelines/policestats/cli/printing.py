"""How results are printed: tables for people, CSV and JSON for programs. Nothing else goes to standard output."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

#: width of tables where no terminal says its own, so that nothing is cut off in a file or a pipe
_WIDTH = None if sys.stdout.isatty() else 160
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


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Show what is going on: a moving line on a terminal, a line each elsewhere; always on standard error."""
    if err.is_terminal:
        with err.status("starting ...") as status:
            yield lambda message: status.update(message)
    else:
        yield lambda message: err.print(f"  {message}", markup=False)
