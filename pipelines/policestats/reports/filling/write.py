"""Writes a workbook to fill: grey cells are locked, yellow ones are open, and a hidden sheet says which they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from policestats.catalog.model import Label
from policestats.reports.filling.book import (
    CODE_ROW,
    CONTENTS,
    EVIDENCE,
    EVIDENCE_COLUMNS,
    EVIDENCE_HEAD,
    EVIDENCE_LINES,
    FIELD_COLUMN,
    FIELD_ROW,
    FIELDS,
    FIRST_COLUMN,
    FIRST_ROW,
    HEAD_ROW,
    LAYOUT,
    META,
    OpenSheet,
)
from policestats.reports.form_columns import FormColumn
from policestats.reports.typed_value import PERCENT

_LINE = Side(style="thin", color="9AA5B1")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_LOCKED = PatternFill("solid", fgColor="E8EDF3")
_OPEN = PatternFill("solid", fgColor="FFF4D6")
_HEAD = Font(bold=True)
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_FIELD_LABELS: dict[str, str] = {
    "author": "填报人（必填） Author (required)",
    "evidence": "依据（必填） Evidence (required)",
    "reason": "更改或撤回的原因 Reason of a change or withdrawal",
    "typed_at": "填报时间（空：导入之时） Typed at (empty: when imported)",
}
_EVIDENCE_LABELS = ("报表 Form", "行 Row", "列 Column", "填报人 Author", "依据 Evidence", "原因 Reason")
_HELP = (
    "黄色单元格可填，灰色单元格由记录算出、已锁定；合计与比率随填报数自动算出。填 0 表示确认为零；清空表示撤回（须写原因）。 "
    "Yellow cells are open; grey ones are computed and locked. Totals and rates follow from what you type. 0 says that there was none; "
    "an emptied cell is withdrawn (give the reason)."
)


def write_book(path: Path, *, standard: str, period: str, unit: tuple[str, Label], as_of: int, sheets: Sequence[OpenSheet]) -> None:
    """Write the workbook of one unit to ``path``: contents, a sheet for each form, the sheet of evidence.

    Args:
        unit: its code and name.
        as_of: the load at which the forms were tabulated.
    """
    book = Workbook()
    contents = book.worksheets[0]
    contents.title = CONTENTS
    meta = book.create_sheet(META)
    meta.sheet_state = "veryHidden"
    for line in (("layout", LAYOUT), ("standard", standard), ("period", period), ("unit", unit[0]), ("as_of", as_of)):
        meta.append([line[0], str(line[1])])
    for sheet in sheets:
        page = book.create_sheet(sheet.form.id)
        meta.append(["form", sheet.form.id, sheet.form.definition_hash, page.title])
        _write_form(page, sheet, period, unit)
        _validate(page, sheet)
        for row, column, address in _open_cells(sheet):
            value = sheet.cells[row, column].value
            meta.append(["cell", sheet.form.id, row, column, address, "" if value is None else f"{value:f}"])
    _write_evidence(book.create_sheet(EVIDENCE))
    _write_contents(contents, period, unit, sheets)
    book.save(path)


def _put(page: Worksheet, line: int, column: int, value: object, *, font: Font | None = None, fill: PatternFill | None = None) -> SheetCell:
    """Write a value; a text stays a text, so that none becomes a formula."""
    cell = page.cell(line, column)
    assert isinstance(cell, SheetCell)
    if isinstance(value, str):
        cell.value, cell.data_type = ILLEGAL_CHARACTERS_RE.sub("", value), "s"
    elif value is not None:
        cell.value = value  # type: ignore[assignment]
    if font is not None:
        cell.font = font
    if fill is not None:
        cell.fill, cell.border = fill, _BOX
    return cell


def _write_contents(page: Worksheet, period: str, unit: tuple[str, Label], sheets: Sequence[OpenSheet]) -> None:
    _put(page, 1, 1, f"待填报表　Cells to fill　{period}", font=Font(bold=True, size=16))
    _put(page, 2, 1, f"{unit[1]['zh']}　{unit[1]['en']}　({unit[0]})")
    _put(page, 3, 1, _HELP).alignment = Alignment(wrap_text=True, vertical="top")
    page.merge_cells(start_row=3, end_row=3, start_column=1, end_column=4)
    page.row_dimensions[3].height = 80
    for i, head in enumerate(("报表 Form", "名称 Title", "Title (English)", "可填单元格 Open cells"), 1):
        _put(page, 5, i, head, font=_HEAD, fill=_LOCKED)
    for line, sheet in enumerate(sheets, 6):
        link = _put(page, line, 1, sheet.form.id, font=Font(color="0B5394", underline="single"))
        link.hyperlink = Hyperlink(ref=link.coordinate, location=f"'{sheet.form.id}'!A1")
        _put(page, line, 2, sheet.form.title["zh"])
        _put(page, line, 3, sheet.form.title["en"])
        _put(page, line, 4, len(list(_open_cells(sheet))))
    for letter, width in zip("ABCD", (12, 44, 60, 24), strict=True):
        page.column_dimensions[letter].width = width
    page.protection.sheet = True


def _write_form(page: Worksheet, sheet: OpenSheet, period: str, unit: tuple[str, Label]) -> None:
    form = sheet.form
    _put(page, 1, 1, f"{form.id}　{form.title['zh']}　{form.title['en']}", font=Font(bold=True, size=14))
    _put(page, 2, 1, f"填报单位 Unit {unit[1]['zh']} {unit[1]['en']} ({unit[0]})　统计期 Period {period}")
    for line, name in enumerate(FIELDS, FIELD_ROW):
        _put(page, line, 1, _FIELD_LABELS[name], font=_HEAD)
        field = _put(page, line, FIELD_COLUMN, None, fill=_OPEN)
        field.protection = Protection(locked=False)
        field.number_format = "@"
    _put(page, FIELD_ROW + len(FIELDS), 1, _HELP, font=Font(size=9))
    for i, head in enumerate(("行代码 Row", "项目", "Item"), 1):
        for line in range(HEAD_ROW, FIRST_ROW):
            _put(page, line, i, head if line == HEAD_ROW else "", font=_HEAD, fill=_LOCKED)
    for i, column in enumerate(sheet.columns, FIRST_COLUMN):
        for line, text in enumerate((column.label["zh"], column.label["en"], column.unit, column.code), HEAD_ROW):
            _put(page, line, i, text, font=_HEAD if line == HEAD_ROW else Font(size=8), fill=_LOCKED).alignment = _CENTRE
    labels = {row.code: row.label for row in form.rows}
    for line, (code, depth) in enumerate(sheet.rows, FIRST_ROW):
        _put(page, line, 1, code, font=Font(size=8), fill=_LOCKED)
        for i, lang in enumerate(("zh", "en"), 2):
            _put(page, line, i, labels[code][lang], fill=_LOCKED).alignment = Alignment(indent=depth)
        for i, column in enumerate(sheet.columns, FIRST_COLUMN):
            _write_cell(page, line, i, sheet, code, column)
    for letter, width in zip("ABC", (12, 30, 34), strict=True):
        page.column_dimensions[letter].width = width
    for i in range(len(sheet.columns)):
        page.column_dimensions[get_column_letter(FIRST_COLUMN + i)].width = 13
    page.freeze_panes = f"{get_column_letter(FIRST_COLUMN)}{FIRST_ROW}"
    page.protection.sheet = True
    page.protection.formatColumns = False  # widths may be changed


def _write_cell(page: Worksheet, line: int, at: int, sheet: OpenSheet, code: str, column: FormColumn) -> None:
    shown = sheet.cells[code, column.code]
    value: object = shown.mark
    if shown.value is not None:
        value = int(shown.value) if shown.value == int(shown.value) else float(shown.value)
    cell = _put(page, line, at, None if shown.is_open and shown.value is None else value, fill=_OPEN if shown.is_open else _LOCKED)
    cell.number_format = "0" + ("." + "0" * column.decimals if column.decimals else "")
    cell.protection = Protection(locked=not shown.is_open)


def _write_evidence(page: Worksheet) -> None:
    _put(page, 1, 1, "单独说明的单元格（优先于各表的填报人、依据、原因） Cells with an author, evidence or reason of their own", font=_HEAD)
    for i, head in enumerate(_EVIDENCE_LABELS, 1):
        _put(page, EVIDENCE_HEAD, i, head, font=_HEAD, fill=_LOCKED)
    for line in range(EVIDENCE_HEAD + 1, EVIDENCE_HEAD + 1 + EVIDENCE_LINES):
        for i in range(1, len(EVIDENCE_COLUMNS) + 1):
            cell = page.cell(line, i)
            cell.protection = Protection(locked=False)
            cell.number_format = "@"
    for letter, width in zip("ABCDEF", (12, 14, 16, 20, 40, 50), strict=True):
        page.column_dimensions[letter].width = width
    page.protection.sheet = True


def _open_cells(sheet: OpenSheet) -> Iterator[tuple[str, str, str]]:
    """Give (row, column, address) of every open cell."""
    for i, column in enumerate(sheet.columns, FIRST_COLUMN):
        for line, (row, _) in enumerate(sheet.rows, FIRST_ROW):
            if sheet.cells[row, column.code].is_open:
                yield row, column.code, f"{get_column_letter(i)}{line}"


def _validate(page: Worksheet, sheet: OpenSheet) -> None:
    """Let a sheet refuse what could not be read back; one rule for each column, over runs of open cells."""
    by_code = {c.code: c for c in sheet.columns}
    runs: dict[str, list[list[str]]] = {}
    before: dict[str, int] = {}
    for _, code, address in _open_cells(sheet):
        line = int(address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        if before.get(code) == line - 1:
            runs[code][-1][1] = address
        else:
            runs.setdefault(code, []).append([address, address])
        before[code] = line
    for code, found in runs.items():
        column = by_code[code]
        is_share = column.unit == PERCENT
        rule = DataValidation(
            type="decimal" if column.decimals else "whole",
            operator="between" if is_share else "greaterThanOrEqual",
            formula1="0",
            formula2="100" if is_share else None,
            allow_blank=True,
            showErrorMessage=True,
            errorTitle="数值不符 Not a figure of this column",
            error="0 到 100 0 to 100"
            if is_share
            else ("不小于 0 的数 a number from 0" if column.decimals else "不小于 0 的整数 a whole number from 0"),
        )
        for first, last in found:
            rule.add(f"{first}:{last}")
        page.add_data_validation(rule)
    assert CODE_ROW == FIRST_ROW - 1
