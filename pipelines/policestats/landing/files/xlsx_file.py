"""Reads one sheet of an Excel workbook as text, the values as Excel shows them."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import openpyxl
import pyarrow as pa

from policestats.errors import nearest
from policestats.landing.files.layout import Layout
from policestats.landing.files.source_file import SourceFile

BATCH_ROWS = 20_000
_SIGNIFICANT_DIGITS = 15  # what Excel keeps and shows; the 16th and 17th are noise of binary fractions
_PADDED = re.compile(r"0+")  # a number format of zeros only: a code with leading zeros
_TIME_PART = re.compile(r"[hs]", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')  # literal text and colours of a number format
_FORMULA = re.compile(rb"<(?:\w{1,8}:)?f[ />]")
_LONGEST_MARK = 12  # bytes of what the pattern above finds, so that one cut in two is found
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_PIECE = 1024 * 1024


def columns(file: SourceFile, layout: Layout) -> list[str]:
    """Return the columns of the sheet: the texts of its header row; a column without a name cannot be read.

    Raises: ExtractError when there is no such sheet or header, or a column stands in it twice.
    """
    with _sheet(file, layout) as (rows, _, place):
        return [name for name in _header(file, layout, rows, place) if name is not None]


def batches(file: SourceFile, layout: Layout, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the ``wanted`` columns as text; rows without any value hold no record.

    A date is ISO, without time where the cell shows none; a number has at most 15 significant digits, and its leading zeros where the
    number format is zeros only; of merged cells the first has the value; an empty cell is null.

    Raises: ExtractError naming sheet and row, also for a formula that was never calculated.
    """
    schema = pa.schema([pa.field(name, pa.string()) for name in wanted])
    with _sheet(file, layout) as (rows, formulas, place):
        header = _header(file, layout, rows, place)
        at = [header.index(name) for name in wanted]
        kept: list[list[str | None]] = []
        written = None if formulas is None else islice(formulas, layout.header_row, None)
        for number, cells in enumerate(rows, layout.header_row + 1):
            if written is not None:
                _refuse_uncalculated(file, place, number, cells, next(written), header)
            values = [_shown(cells[i]) if i < len(cells) else None for i in at]
            if any(cell.value is not None for cell in cells):
                kept.append(values)
            if len(kept) == BATCH_ROWS:
                yield _batch(kept, schema)
                kept = []
        if kept:
            yield _batch(kept, schema)


def _batch(rows: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values, pa.string()) for values in zip(*rows, strict=True)], schema=schema)


def _header(file: SourceFile, layout: Layout, rows: Iterator[Any], place: str) -> list[str | None]:
    """Read up to the header row and return its texts, None where a cell is empty."""
    row = next((row for number, row in enumerate(rows, 1) if number == layout.header_row), ())
    names = [_shown(cell) for cell in row]
    found = [name for name in names if name is not None]
    if not found:
        raise file.fault("there is no header in it; it must name the columns (header_row: its number)", f"{place}, row {layout.header_row}")
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise file.fault(f"the column {twice[0]!r} stands twice in the header; rename one of them", f"{place}, row {layout.header_row}")
    return names


def _refuse_uncalculated(file: SourceFile, place: str, number: int, cells: Any, written: Any, header: list[str | None]) -> None:
    """Raise ExtractError when a cell holds a formula and no value: it would land as null."""
    for cell, formula in zip(cells, written, strict=False):
        # a formula that gives an empty text has a cell of type "str"
        if formula.data_type == "f" and cell.value is None and cell.data_type != "str" and cell.column <= len(header):
            raise file.fault(
                "a formula was never calculated; open the workbook in a spreadsheet program, let it calculate, and save it",
                f"{place}, row {number}, column {header[cell.column - 1]!r}",
            )


@contextmanager
def _sheet(file: SourceFile, layout: Layout) -> Iterator[tuple[Iterator[Any], Iterator[Any] | None, str]]:
    """Give the rows of the sheet with its values, the same rows with its formulas (None when there are none), and how the sheet is named.

    The workbook (compressed) is held in memory: a sheet ends at 1,048,576 rows.
    """
    data = io.BytesIO()
    with file.reading() as binary:
        while piece := binary.read(_PIECE):
            data.write(piece)
    if data.getvalue()[: len(_OLD_EXCEL)] == _OLD_EXCEL:
        raise file.fault("it is an Excel file of the old format, or locked with a password; save it as .xlsx without a password")
    with ExitStack() as books:
        try:
            kinds = (True, False) if _has_formulas(data) else (True,)
            sheets = [_worksheets(books, data, data_only) for data_only in kinds]
        except Exception as error:  # the library raises whatever its parts raise
            raise file.fault(f"it is not an Excel workbook, or is damaged ({type(error).__name__}); save it again as .xlsx") from None
        name = _sheet_name(file, layout, list(sheets[0]))
        rows = [_told(file, f"sheet {name!r}", found[name]) for found in sheets]
        yield rows[0], rows[1] if len(rows) > 1 else None, f"sheet {name!r}"


def _worksheets(books: ExitStack, data: io.BytesIO, data_only: bool) -> dict[str, Any]:
    book = openpyxl.load_workbook(data, read_only=True, data_only=data_only)
    books.callback(book.close)
    return {sheet.title: sheet for sheet in book.worksheets}


def _told(file: SourceFile, place: str, sheet: Any) -> Iterator[Any]:
    """Yield the rows of a sheet. Raises: ExtractError naming the row after which the library could not go on."""
    sheet.reset_dimensions()  # what a file says of its own size may be wrong, and rows would be cut off
    rows, number = iter(sheet.iter_rows()), 0
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they quote cells: "the serial value ... is outside the limits for dates"
                row = next(rows, None)
        except Exception as error:  # its sentence may quote a cell
            raise file.fault(
                f"the sheet is damaged ({type(error).__name__}); save the workbook again", f"{place}, after row {number}"
            ) from None
        if row is None:
            return
        number += 1
        yield row


def _sheet_name(file: SourceFile, layout: Layout, found: list[str]) -> str:
    """Return the sheet that is meant: the named one, else the one named as the table, else the only one. Raises: ExtractError."""
    for name in (layout.sheet, file.table) if layout.sheet is None else (layout.sheet,):
        if name in found:
            return str(name)
    if layout.sheet is not None:
        raise file.fault(f"there is no sheet {layout.sheet!r}; {nearest(layout.sheet, found)}; deliver it, or correct 'sheet:'")
    if len(found) != 1:
        raise file.fault(f"it has the sheets {', '.join(map(repr, found))}; name the right one with 'sheet:'")
    return found[0]


def _has_formulas(data: io.BytesIO) -> bool:
    with zipfile.ZipFile(data) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as member:
                    before = b""
                    while piece := member.read(_PIECE):
                        if _FORMULA.search(before + piece):
                            return True
                        before = piece[-_LONGEST_MARK:]
    return False


def _shown(cell: Any) -> str | None:
    """Return a cell's value as text; None for an empty cell."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value, cell.number_format)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if _TIME_PART.search(_QUOTED.sub("", cell.number_format)) else value.date().isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _number(value: int | float, format_: str) -> str:
    if isinstance(value, float):
        value = int(value) if value.is_integer() else value
    if isinstance(value, int):
        return str(value).zfill(len(format_)) if _PADDED.fullmatch(format_) else str(value)
    return format(Decimal(format(value, f".{_SIGNIFICANT_DIGITS}g")), "f")
