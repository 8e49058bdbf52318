"""Workbooks: one of a form with all its units, and one of a unit with all its forms; each begins with its contents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from policestats.reports.writers import sheet_pen as looks
from policestats.reports.writers.printed import STATUS_LABELS, PrintedForm, PrintedTable, PrintedUnit
from policestats.reports.writers.sheet import CONTENTS, PAPER_A4, FormSheet, fit_to_width
from policestats.reports.writers.sheet_pen import Pen

ALL_UNITS = "全部机构 All units"
#: first line of the contents that names a unit or a form
CONTENTS_ROW = 8
#: A form with more rows has a sheet for each unit; of a shorter one all units stand below each other on one sheet.
MOST_ROWS = 40
_LONGEST_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def write_form_workbook(path: Path, form: PrintedForm, tables: Sequence[PrintedTable]) -> None:
    """Write the workbook of ``form`` to ``path``: contents first, then ``tables`` in their order.

    A form of at most MOST_ROWS rows has one sheet with all units below each other; a longer one, or one that is several tables, has a sheet
    for each unit. Every text is written as text, so that none can become a formula.
    """
    book, pen, contents = _book()
    places: dict[str, str] = {}
    if len(form.rows) <= MOST_ROWS and len(form.parts) == 1:
        sheet = book.create_sheet(ALL_UNITS)
        lines = FormSheet(pen, sheet, form, list(tables)).all_units()
        places = {code: f"'{ALL_UNITS}'!A{line}" for code, line in lines.items()}
    else:
        names = _sheet_names([table.unit for table in tables])
        for table in tables:
            FormSheet(pen, book.create_sheet(names[table.unit.code]), form, [table]).unit()
            places[table.unit.code] = f"'{names[table.unit.code]}'!A1"
    _contents_of_form(pen, contents, form, places)
    book.save(path)


def write_unit_workbook(path: Path, unit: PrintedUnit, forms: Sequence[tuple[PrintedForm, PrintedTable]]) -> None:
    """Write the workbook of a unit to ``path``: contents first, then a sheet for each form, ready to be printed and signed."""
    book, pen, contents = _book()
    for form, table in forms:
        FormSheet(pen, book.create_sheet(form.id), form, [table]).unit()
    _contents_of_unit(pen, contents, unit, forms)
    book.save(path)


def _book() -> tuple[Workbook, Pen, Worksheet]:
    book = Workbook()
    contents = book.worksheets[0]
    contents.title = CONTENTS
    return book, Pen(), contents


def _sheet_names(units: Iterable[PrintedUnit]) -> dict[str, str]:
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


def _contents_of_form(pen: Pen, sheet: Worksheet, form: PrintedForm, places: dict[str, str]) -> None:
    _begin(pen, sheet, f"{form.id}　{form.title['zh']}", form.title["en"], form)
    if form.notice:
        pen.write(sheet, 5, 1, f"{form.notice['zh']} | {form.notice['en']}", looks.SEAL)
    _table_head(pen, sheet, ("机构代码 Code", "机构 Unit", "Unit (English)", "层级 Level", "状态 Status"))
    for line, unit in enumerate(form.units, CONTENTS_ROW):
        pen.write(sheet, line, 1, unit.code, looks.CELL)
        place = places.get(unit.code)
        name = pen.write(sheet, line, 2, unit.name["zh"], looks.link(unit.depth) if place else looks.label(unit.depth, False, False))
        if place:
            name.hyperlink = Hyperlink(ref=name.coordinate, location=place)
        pen.write(sheet, line, 3, unit.name["en"], looks.CELL)
        pen.write(sheet, line, 4, f"{unit.level['zh']} {unit.level['en']}".strip(), looks.CELL)
        _status(pen, sheet, line, unit.status)
    _set_widths(sheet, (16, 30, 34, 18, 20))


def _contents_of_unit(pen: Pen, sheet: Worksheet, unit: PrintedUnit, forms: Sequence[tuple[PrintedForm, PrintedTable]]) -> None:
    first = forms[0][0]
    _begin(pen, sheet, f"{unit.name['zh']}　{first.period_label['zh']}", f"{unit.name['en']} ({unit.code})", first)
    _table_head(pen, sheet, ("表号 Form", "名称", "Title", "层级 Level", "状态 Status"))
    for line, (form, table) in enumerate(forms, CONTENTS_ROW):
        number = pen.write(sheet, line, 1, form.id, looks.link(0))
        number.hyperlink = Hyperlink(ref=number.coordinate, location=f"'{form.id}'!A1")
        pen.write(sheet, line, 2, form.title["zh"], looks.CELL)
        pen.write(sheet, line, 3, form.title["en"], looks.CELL)
        pen.write(sheet, line, 4, f"{unit.level['zh']} {unit.level['en']}".strip(), looks.CELL)
        _status(pen, sheet, line, table.unit.status)
    _set_widths(sheet, (12, 44, 60, 18, 20))


def _begin(pen: Pen, sheet: Worksheet, title: str, subtitle: str, form: PrintedForm) -> None:
    pen.write(sheet, 1, 1, title, looks.TITLE)
    pen.merge(sheet, 1, 1, 1, 5, looks.TITLE)
    pen.write(sheet, 2, 1, subtitle, looks.SUBTITLE)
    pen.merge(sheet, 2, 1, 1, 5, looks.SUBTITLE)
    sheet.row_dimensions[1].height = 30
    pen.write(sheet, 3, 1, f"统计期 Period {form.period}　发布 Release {form.release}　文号 {form.table_number['zh']}", looks.PLAIN)
    note = form.furniture["note"]
    pen.write(sheet, 4, 1, f"{note['zh']} | {note['en']}", looks.SEAL)


def _table_head(pen: Pen, sheet: Worksheet, texts: tuple[str, ...]) -> None:
    for i, text in enumerate(texts, 1):
        pen.write(sheet, CONTENTS_ROW - 1, i, text, looks.HEAD)


def _status(pen: Pen, sheet: Worksheet, line: int, status: str) -> None:
    label = STATUS_LABELS[status]
    pen.write(sheet, line, 5, f"{label['zh']} {label['en']}", looks.CELL if status == "auto" else looks.REMARKED_CELL)


def _set_widths(sheet: Worksheet, widths: tuple[int, ...]) -> None:
    for letter, width in zip("ABCDE", widths, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = f"A{CONTENTS_ROW}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", PAPER_A4
    fit_to_width(sheet)
