"""Tables of differences as a file: CSV, or a workbook with a sheet for each."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from policestats.errors import StatisticsError

#: heads, then rows
Sheet = tuple[Sequence[str], Sequence[Sequence[Any]]]


def write_sheets(path: Path, sheets: Mapping[str, Sheet]) -> None:
    """Write ``sheets`` by name: a workbook holds all of them, a CSV file the last one.

    Raises: StatisticsError for a file that is neither.
    """
    if path.suffix == ".csv":
        heads, rows = list(sheets.values())[-1]
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([heads, *(["" if v is None else v for v in row] for row in rows)])
    elif path.suffix == ".xlsx":
        book = Workbook()
        book.remove(book.worksheets[0])
        for name, (heads, rows) in sheets.items():
            sheet = book.create_sheet(name)
            for i, row in enumerate([heads, *rows], 1):
                for j, value in enumerate(row, 1):
                    cell = sheet.cell(i, j)
                    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
                    if isinstance(value, str):
                        cell.data_type = "s"  # a label is a text, also where it looks like a formula
                    if i == 1:
                        cell.font = Font(bold=True)
            sheet.freeze_panes = "A2"
        book.save(path)
    else:
        raise StatisticsError(f"{path}: the differences are written as .csv or .xlsx; name the file so")
