"""A form as a workbook: a sheet of contents, then a sheet for each unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from policestats.reports.writers.printed import STATUS_LABELS, PrintedForm, PrintedTable, PrintedUnit

CONTENTS = "目录 Contents"
#: rows of a unit's sheet: title (3 lines), heads (label, English, unit of measure, code), then figures
HEAD_ROW = 5
FIRST_ROW = HEAD_ROW + 4
#: columns of a unit's sheet: row code, label, English; then figures
FIRST_COLUMN = 4
_LONGEST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_LINE = Side(style="thin", color="9AA5B1")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", fgColor="E8EDF3")
_REMARKED = PatternFill("solid", fgColor="FFF4D6")
_SMALL = Font(size=8, color="5B6570")
_PAPER_A3 = 8


def write_workbook(path: Path, form: PrintedForm, tables: Iterable[PrintedTable]) -> None:
    """Write the workbook of ``form`` to ``path``: contents first, then ``tables`` in their order.

    Every text is written as text, so that none can become a formula.
    """
    book = Workbook()
    contents = book.worksheets[0]
    contents.title = CONTENTS
    names = _sheet_names([u for u in form.units if u.is_shown])
    _write_contents(contents, form, names)
    for table in tables:
        _write_table(book.create_sheet(names[table.unit.code]), form, table)
    book.save(path)


def _sheet_names(units: list[PrintedUnit]) -> dict[str, str]:
    """Return a sheet name for each unit: its name, with its code where two units share it."""
    found: dict[str, str] = {}
    taken = {CONTENTS.casefold()}
    for unit in units:
        name = _FORBIDDEN.sub(" ", unit.name["zh"]).strip()[:_LONGEST_NAME] or unit.code
        if name.casefold() in taken:
            name = f"{name[: _LONGEST_NAME - len(unit.code) - 1]} {unit.code}"
        taken.add(name.casefold())
        found[unit.code] = name
    return found


def _write_contents(sheet: Worksheet, form: PrintedForm, names: dict[str, str]) -> None:
    _text(sheet, 1, 1, f"{form.id}　{form.title['zh']}", font=Font(bold=True, size=16))
    _text(sheet, 2, 1, form.title["en"], font=Font(size=11, color="5B6570"))
    _text(sheet, 3, 1, f"统计期 Period {form.period}　发布 Release {form.release}　表号 {form.table_number['zh']}")
    _text(sheet, 4, 1, f"{form.provenance['zh']} | {form.provenance['en']}", font=Font(bold=True, color="A33B20"))
    if form.notice:
        _text(sheet, 5, 1, f"{form.notice['zh']} | {form.notice['en']}", font=Font(color="A33B20"))
    heads = ("机构代码 Code", "机构 Unit", "Unit (English)", "层级 Level", "状态 Status")
    for i, head in enumerate(heads, 1):
        _text(sheet, 7, i, head, font=Font(bold=True), fill=_HEAD, border=_BOX)
    for line, unit in enumerate(form.units, 8):
        status = STATUS_LABELS[unit.status]
        _text(sheet, line, 1, unit.code, border=_BOX)
        name = _text(sheet, line, 2, unit.name["zh"], border=_BOX, alignment=Alignment(indent=unit.depth))
        if unit.code in names:
            name.hyperlink = f"#'{names[unit.code]}'!A1"
            name.font = Font(color="0B5394", underline="single")
        _text(sheet, line, 3, unit.name["en"], border=_BOX)
        _text(sheet, line, 4, f"{unit.level['zh']} {unit.level['en']}".strip(), border=_BOX)
        fill = PatternFill() if unit.status == "auto" else _REMARKED
        _text(sheet, line, 5, f"{status['zh']} {status['en']}", border=_BOX, fill=fill)
    for column, width in zip("ABCDE", (16, 30, 34, 18, 20), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A8"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write_table(sheet: Worksheet, form: PrintedForm, table: PrintedTable) -> None:
    unit = table.unit
    _text(sheet, 1, 1, f"{form.title['zh']}　{form.title['en']}", font=Font(bold=True, size=14))
    place = f"填报单位 Unit {unit.name['zh']} {unit.name['en']} ({unit.code})　统计期 Period {form.period}　表号 {form.id}　{form.table_number['zh']}"
    _text(sheet, 2, 1, place)
    _text(sheet, 3, 1, f"{form.provenance['zh']} | {form.provenance['en']}　发布 Release {form.release}", font=Font(color="A33B20"))
    back = _text(sheet, 4, 1, "返回目录 Contents")
    back.hyperlink = f"#'{CONTENTS}'!A1"
    back.font = Font(color="0B5394", underline="single", size=9)
    _write_heads(sheet, form, table)
    _write_figures(sheet, form, table)
    line = FIRST_ROW + len(form.rows) + 1
    for number, note in enumerate([*table.footnotes, *form.footnotes], 1):
        _text(sheet, line, 1, f"注{number}　{note['zh']} | {note['en']}", font=Font(size=9))
        line += 1
    sheet.column_dimensions["A"].width = 9
    sheet.column_dimensions["B"].width = 2 + max([2 * len(r.label["zh"]) + 2 * r.depth for r in form.rows] + [14])
    sheet.column_dimensions["C"].width = 2 + max([int(0.9 * len(r.label["en"])) + 2 * r.depth for r in form.rows] + [14])
    for i in range(len(form.columns)):
        sheet.column_dimensions[get_column_letter(FIRST_COLUMN + i)].width = 12
    sheet.freeze_panes = sheet.cell(FIRST_ROW, FIRST_COLUMN)
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _PAPER_A3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEAD_ROW}:{FIRST_ROW - 1}"
    sheet.oddFooter.center.text = f"{form.id} {form.period} {unit.code} — &P/&N"


def _write_heads(sheet: Worksheet, form: PrintedForm, table: PrintedTable) -> None:
    centre = Alignment(horizontal="center", vertical="center", wrap_text=True)
    for i, head in enumerate(("行代码 Row", "项目", "Item"), 1):
        for line in range(HEAD_ROW, FIRST_ROW):
            _text(sheet, line, i, head if line == HEAD_ROW else "", font=Font(bold=True), fill=_HEAD, border=_BOX, alignment=centre)
        sheet.merge_cells(start_row=HEAD_ROW, end_row=FIRST_ROW - 1, start_column=i, end_column=i)
    for i, column in enumerate(form.columns, FIRST_COLUMN):
        remark = table.remarks.get(column.code)
        marked = f"（{remark.mark}）" if remark and remark.mark else ""
        lines = (
            (column.label["zh"] + marked, Font(bold=True)),
            (column.label["en"], _SMALL),
            (column.unit, Font(size=9)),
            (column.code, _SMALL),
        )
        for offset, (text, font) in enumerate(lines):
            cell = _text(sheet, HEAD_ROW + offset, i, text, font=font, fill=_HEAD, border=_BOX, alignment=centre)
            if offset == 0 and remark:
                cell.comment = Comment(_clean(f"{remark.text['zh']}\n{remark.text['en']}"), form.id, height=120, width=320)
    for offset, height in enumerate((50, 50, 15, 24)):
        sheet.row_dimensions[HEAD_ROW + offset].height = height


def _write_figures(sheet: Worksheet, form: PrintedForm, table: PrintedTable) -> None:
    remarked = {c.code for c in form.columns if (r := table.remarks.get(c.code)) and r.mark}
    formats = ["#,##0" + ("." + "0" * c.decimals if c.decimals else "") for c in form.columns]
    for line, (row, values) in enumerate(zip(form.rows, table.cells, strict=True), FIRST_ROW):
        font = Font(bold=row.depth == 0, italic=row.is_of_which)
        indent = Alignment(indent=row.depth, vertical="center")
        _text(sheet, line, 1, row.code, font=_SMALL, border=_BOX)
        _text(sheet, line, 2, row_label(row.label["zh"], "其中：", "其中", row.is_of_which), font=font, border=_BOX, alignment=indent)
        _text(sheet, line, 3, row_label(row.label["en"], "of which ", "of which", row.is_of_which), font=font, border=_BOX, alignment=indent)
        for i, (value, column, shown) in enumerate(zip(values, form.columns, formats, strict=True)):
            if isinstance(value, Decimal):
                cell = sheet.cell(line, FIRST_COLUMN + i, value=int(value) if value == int(value) else float(value))
                cell.number_format = shown
                cell.border, cell.font, cell.alignment = _BOX, font, Alignment(horizontal="right")
            else:
                cell = _text(sheet, line, FIRST_COLUMN + i, value, font=font, border=_BOX, alignment=Alignment(horizontal="right"))
            if column.code in remarked:
                cell.fill = _REMARKED


def row_label(text: str, prefix: str, said: str, is_of_which: bool) -> str:
    """Return the row's label with the words for "of which" before it, unless it says so itself.

    >>> row_label("抢夺", "其中：", "其中", True)
    '其中：抢夺'
    """
    return prefix + text if is_of_which and not text.startswith(said) else text


def _text(
    sheet: Worksheet,
    line: int,
    column: int,
    text: str,
    *,
    font: Font | None = None,
    fill: PatternFill | None = None,
    border: Border | None = None,
    alignment: Alignment | None = None,
) -> SheetCell:
    """Write ``text`` as text: a label that begins with = is no formula, one like #N/A no error."""
    cell = sheet.cell(line, column)
    assert isinstance(cell, SheetCell)
    cell.value = _clean(text)
    cell.data_type = "s"
    if font:
        cell.font = font
    if fill:
        cell.fill = fill
    if border:
        cell.border = border
    if alignment:
        cell.alignment = alignment
    return cell


def _clean(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text)
