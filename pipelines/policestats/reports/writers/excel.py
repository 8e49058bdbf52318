"""A form as a workbook: a sheet of contents, then a sheet for each unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from policestats.reports.writers.printed import STATUS_LABELS, PrintedForm, PrintedTable, PrintedUnit, TypedFigure

CONTENTS = "目录 Contents"
#: first unit of the contents
CONTENTS_ROW = 8
#: rows of a unit's sheet: title (3 lines), heads (label, English, unit of measure, code), then figures
HEAD_ROW = 5
FIRST_ROW = HEAD_ROW + 4
#: columns of a unit's sheet: row code, label, English; then figures
FIRST_COLUMN = 4
_LONGEST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_PAPER_A3 = 8


@dataclass(frozen=True, eq=False)
class _Look:
    """How a cell looks. Each is made once, so that a workbook resolves it once."""

    font: Font | None = None
    fill: PatternFill | None = None
    border: Border | None = None
    alignment: Alignment | None = None
    number_format: str = "General"


_LINE = Side(style="thin", color="9AA5B1")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_GREY = PatternFill("solid", fgColor="E8EDF3")
_YELLOW = PatternFill("solid", fgColor="FFF4D6")
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_RIGHT = Alignment(horizontal="right", vertical="center")
_LINK = Font(color="0B5394", underline="single")
_TITLE = _Look(Font(bold=True, size=16))
_SUBTITLE = _Look(Font(size=11, color="5B6570"))
_PLAIN = _Look()
_SEAL = _Look(Font(bold=True, color="A33B20"))
_BACK = _Look(_LINK)
_NOTE = _Look(Font(size=9))
_HEAD = _Look(Font(bold=True), _GREY, _BOX, _CENTRE)
_SMALL_HEAD = _Look(Font(size=8, color="5B6570"), _GREY, _BOX, _CENTRE)
_CELL = _Look(None, None, _BOX)
_REMARKED_CELL = _Look(None, _YELLOW, _BOX)
_CODE = _Look(Font(size=8, color="5B6570"), None, _BOX, Alignment(vertical="center"))


@cache
def _label(depth: int, is_link: bool, is_bold: bool) -> _Look:
    return _Look(_LINK if is_link else Font(bold=is_bold), None, _BOX, Alignment(indent=depth, vertical="center"))


@cache
def _figure(decimals: int, is_bold: bool, is_remarked: bool, mark: str = "") -> _Look:
    shown = "#,##0" + ("." + "0" * decimals if decimals else "") + (f'"{mark}"' if mark else "")
    return _Look(Font(bold=is_bold), _YELLOW if is_remarked else None, _BOX, _RIGHT, shown)


class _Pen:
    """Writes cells of one workbook, resolving each look once: most of the time of a workbook goes into styles."""

    def __init__(self) -> None:
        self._styles: dict[_Look, StyleArray] = {}

    def write(self, sheet: Worksheet, line: int, column: int, value: str | int | float, look: _Look) -> SheetCell:
        """Write ``value``; a text stays a text: one that begins with = is no formula, one like #N/A no error."""
        cell = sheet.cell(line, column)
        assert isinstance(cell, SheetCell)
        if isinstance(value, str):
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
            cell.data_type = "s"
        else:
            cell.value = value
        if look in self._styles:
            cell._style = copy(self._styles[look])  # type: ignore[attr-defined]  # the stubs leave it out
            return cell
        for name in ("font", "fill", "border", "alignment"):
            part = getattr(look, name)
            if part is not None:
                setattr(cell, name, part)
        cell.number_format = look.number_format
        self._styles[look] = copy(cell._style)  # type: ignore[attr-defined]
        return cell


def write_workbook(path: Path, form: PrintedForm, tables: Iterable[PrintedTable]) -> None:
    """Write the workbook of ``form`` to ``path``: contents first, then ``tables`` in their order.

    Every text is written as text, so that none can become a formula.
    """
    book, pen = Workbook(), _Pen()
    contents = book.worksheets[0]
    contents.title = CONTENTS
    names = _sheet_names([u for u in form.units if u.is_shown])
    _write_contents(pen, contents, form, names)
    for table in tables:
        _write_table(pen, book.create_sheet(names[table.unit.code]), form, table)
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


def _write_contents(pen: _Pen, sheet: Worksheet, form: PrintedForm, names: dict[str, str]) -> None:
    pen.write(sheet, 1, 1, f"{form.id}　{form.title['zh']}", _TITLE)
    pen.write(sheet, 2, 1, form.title["en"], _SUBTITLE)
    pen.write(sheet, 3, 1, f"统计期 Period {form.period}　发布 Release {form.release}　表号 {form.table_number['zh']}", _PLAIN)
    pen.write(sheet, 4, 1, f"{form.provenance['zh']} | {form.provenance['en']}", _SEAL)
    if form.notice:
        pen.write(sheet, 5, 1, f"{form.notice['zh']} | {form.notice['en']}", _SEAL)
    for i, head in enumerate(("机构代码 Code", "机构 Unit", "Unit (English)", "层级 Level", "状态 Status"), 1):
        pen.write(sheet, CONTENTS_ROW - 1, i, head, _HEAD)
    for line, unit in enumerate(form.units, CONTENTS_ROW):
        status = STATUS_LABELS[unit.status]
        pen.write(sheet, line, 1, unit.code, _CELL)
        name = pen.write(sheet, line, 2, unit.name["zh"], _label(unit.depth, unit.code in names, False))
        if unit.code in names:
            name.hyperlink = Hyperlink(ref=name.coordinate, location=f"'{names[unit.code]}'!A1")
        pen.write(sheet, line, 3, unit.name["en"], _CELL)
        pen.write(sheet, line, 4, f"{unit.level['zh']} {unit.level['en']}".strip(), _CELL)
        pen.write(sheet, line, 5, f"{status['zh']} {status['en']}", _CELL if unit.status == "auto" else _REMARKED_CELL)
    for letter, width in zip("ABCDE", (16, 30, 34, 18, 20), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{CONTENTS_ROW}"
    sheet.sheet_view.showGridLines = False
    _fit_to_width(sheet)


def _write_table(pen: _Pen, sheet: Worksheet, form: PrintedForm, table: PrintedTable) -> None:
    unit = table.unit
    pen.write(sheet, 1, 1, f"{form.title['zh']}　{form.title['en']}", _TITLE)
    place = f"填报单位 Unit {unit.name['zh']} {unit.name['en']} ({unit.code})　统计期 Period {form.period}　表号 {form.id}　{form.table_number['zh']}"
    pen.write(sheet, 2, 1, place, _PLAIN)
    pen.write(sheet, 3, 1, f"{form.provenance['zh']} | {form.provenance['en']}　发布 Release {form.release}", _SEAL)
    back = pen.write(sheet, 4, 1, "返回目录 Contents", _BACK)
    back.hyperlink = Hyperlink(ref=back.coordinate, location=f"'{CONTENTS}'!A1")
    _write_heads(pen, sheet, form, table)
    _write_figures(pen, sheet, form, table)
    notes = enumerate([*table.footnotes, *form.footnotes], 1)
    for line, (number, note) in enumerate(notes, FIRST_ROW + len(table.rows) + 1):
        pen.write(sheet, line, 1, f"注{number}　{note['zh']} | {note['en']}", _NOTE)
    sheet.column_dimensions["A"].width = 9
    sheet.column_dimensions["B"].width = max([14, *(4 + 2 * len(r.text("zh")) + 2 * r.depth for r in table.rows)])
    sheet.column_dimensions["C"].width = max([14, *(4 + 0.9 * len(r.text("en")) + 2 * r.depth for r in table.rows)])
    for i in range(len(form.columns)):
        sheet.column_dimensions[get_column_letter(FIRST_COLUMN + i)].width = 13
    sheet.freeze_panes = f"{get_column_letter(FIRST_COLUMN)}{FIRST_ROW}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", _PAPER_A3
    _fit_to_width(sheet)
    sheet.print_title_rows = f"{HEAD_ROW}:{FIRST_ROW - 1}"
    footer = sheet.oddFooter
    assert footer is not None
    footer.center.text = f"{form.id} {form.period} {unit.code} — &P/&N"


def _write_heads(pen: _Pen, sheet: Worksheet, form: PrintedForm, table: PrintedTable) -> None:
    for i, head in enumerate(("行代码 Row", "项目", "Item"), 1):
        for line in range(HEAD_ROW, FIRST_ROW):
            pen.write(sheet, line, i, head if line == HEAD_ROW else "", _HEAD)
        sheet.merge_cells(start_row=HEAD_ROW, end_row=FIRST_ROW - 1, start_column=i, end_column=i)
    for i, column in enumerate(form.columns, FIRST_COLUMN):
        remark = table.remarks.get(column.code)
        marked = f"（{remark.mark}）" if remark and remark.mark else ""
        caption = pen.write(sheet, HEAD_ROW, i, column.label["zh"] + marked, _HEAD)
        if remark:
            told = ILLEGAL_CHARACTERS_RE.sub("", f"{remark.text['zh']}\n{remark.text['en']}")
            caption.comment = Comment(told, form.id, height=120, width=320)
        for offset, text in enumerate((column.label["en"], column.unit, column.code), 1):
            pen.write(sheet, HEAD_ROW + offset, i, text, _SMALL_HEAD)
    for offset, height in enumerate((50, 50, 15, 24)):
        sheet.row_dimensions[HEAD_ROW + offset].height = height


def _write_figures(pen: _Pen, sheet: Worksheet, form: PrintedForm, table: PrintedTable) -> None:
    remarked = {c.code for c in form.columns if (r := table.remarks.get(c.code)) and r.mark}
    for line, (row, values) in enumerate(zip(table.rows, table.cells, strict=True), FIRST_ROW):
        is_bold = row.depth == 0
        pen.write(sheet, line, 1, row.code, _CODE)
        for i, lang in enumerate(("zh", "en"), 2):
            pen.write(sheet, line, i, row.text(lang), _label(row.depth, False, is_bold))
        for i, (value, column) in enumerate(zip(values, form.columns, strict=True), FIRST_COLUMN):
            shown = value if isinstance(value, str) else int(value) if value == int(value) else float(value)
            mark = value.mark if isinstance(value, TypedFigure) else ""
            pen.write(sheet, line, i, shown, _figure(column.decimals, is_bold, column.code in remarked, mark))


def _fit_to_width(sheet: Worksheet) -> None:
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
