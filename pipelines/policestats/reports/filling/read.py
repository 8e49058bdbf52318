"""Reads a workbook that was filled: what stands in its open cells, and who says so on which evidence."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from policestats.errors import StatisticsError
from policestats.reports.filling.book import (
    CODE_ROW,
    EVIDENCE,
    EVIDENCE_COLUMNS,
    EVIDENCE_HEAD,
    FIELD_COLUMN,
    FIELD_ROW,
    FIELDS,
    LAYOUT,
    META,
    Entry,
    FilledBook,
    FilledSheet,
)

_EXPORT = "export it again with 'policestats fill export' and type the figures there"
Cell = tuple[str, str, str]  # form, row, column


def read_book(path: Path) -> FilledBook:
    """Return what stands in the workbook ``path``. Formulas come as their text, so that nobody takes an old result for a figure.

    Raises: StatisticsError when it is no workbook to fill.
    """
    try:
        book = load_workbook(path)
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise StatisticsError(f"{path}: cannot be read as a workbook ({type(error).__name__}); save it as .xlsx") from None
    if META not in book.sheetnames:
        raise StatisticsError(f"{path}: is no workbook of 'policestats fill export'; {_EXPORT}")
    lines = [[_text(v) for v in line] for line in book[META].iter_rows(max_col=6, values_only=True)]
    said = {line[0]: line[1] for line in lines if line[0] not in ("form", "cell")}
    if said.get("layout") != str(LAYOUT):
        raise StatisticsError(f"{path}: has the layout {said.get('layout')!r} of another version; {_EXPORT}")
    named, problems = _named(book, path)
    cells = [(line[1], line[2], line[3], line[4], Decimal(line[5]) if line[5] else None) for line in lines if line[0] == "cell"]
    known = {(form, row, column) for form, row, column, _, _ in cells}
    problems += [
        f"{path}: sheet {EVIDENCE}: {'/'.join(cell)} names no open cell; correct form, row and column"
        for cell in named
        if cell not in known
    ]
    sheets = []
    for _, form, definition, name, *_ in (line for line in lines if line[0] == "form"):
        if name not in book.sheetnames:
            sheets.append(FilledSheet(form, definition, name, None, [], f"the sheet {name} is gone; {_EXPORT}"))
            continue
        page = book[name]
        fields = {field: page.cell(line, FIELD_COLUMN).value for line, field in enumerate(FIELDS, FIELD_ROW)}
        entries, problem = [], None
        for _, row, column, address, prefilled in (c for c in cells if c[0] == form):
            if not _stands(page, address, row, column):
                problem = f"the sheet {name} is laid out otherwise than it was exported; {_EXPORT}"
                break
            own = named.get((form, row, column), {})
            cell = page[address]
            author, evidence, reason = (own.get(field) or _text(fields[field]) for field in ("author", "evidence", "reason"))
            found = (cell.value, cell.number_format, prefilled)
            entries.append(Entry(name, address, row, column, *found, author, evidence, reason, bool(own)))
        sheets.append(FilledSheet(form, definition, name, fields["typed_at"], [] if problem else entries, problem))
    return FilledBook(str(path), said.get("standard", ""), said.get("period", ""), said.get("unit", ""), sheets, problems)


def _stands(page: Worksheet, address: str, row: str, column: str) -> bool:
    """Whether a cell stands in the row and column whose codes it had when it was written."""
    cell = page[address]
    return _text(page.cell(cell.row, 1).value) == row and _text(page.cell(CODE_ROW, cell.column).value) == column


def _named(book: Workbook, path: Path) -> tuple[dict[Cell, dict[str, str]], list[str]]:
    """Return the cells that have an author, evidence or reason of their own."""
    found: dict[Cell, dict[str, str]] = {}
    problems: list[str] = []
    if EVIDENCE not in book.sheetnames:
        return found, problems
    for number, line in enumerate(book[EVIDENCE].iter_rows(min_row=EVIDENCE_HEAD + 1, values_only=True), EVIDENCE_HEAD + 1):
        said = dict(zip(EVIDENCE_COLUMNS, map(_text, line), strict=False))
        if not any(said.values()):
            continue
        cell = (said["form"], said["row"], said["column"])
        if cell in found:
            problems.append(f"{path}: sheet {EVIDENCE}, line {number}: {'/'.join(cell)} stands twice; keep one line")
            continue
        found[cell] = {field: said[field] for field in ("author", "evidence", "reason")}
    return found, problems


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
