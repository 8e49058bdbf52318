"""Puts a form on a sheet as offices print it: title and furniture, merged heads, numbered columns, figures, lines to sign on, notes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from policestats.catalog.model import Label
from policestats.reports.writers import sheet_pen as looks
from policestats.reports.writers.furniture import heading_lines, signatures
from policestats.reports.writers.heads import Head, heads
from policestats.reports.writers.printed import Cell, PrintedColumn, PrintedForm, PrintedPart, PrintedRow, PrintedTable, TypedFigure
from policestats.reports.writers.sheet_pen import Look, Pen, readable

CONTENTS = "目录 Contents"
#: columns of a sheet: label, English, row code; then figures
FIRST_COLUMN = 4
#: lines before the heads: title, English title, provenance, four lines of furniture, the unit
HEAD_ROW = 9
PAPER_A3, PAPER_A4 = 8, 9
#: widths (in characters) that a page holds legibly: A4 upright, A4 across, A3 across
_UPRIGHT, _ACROSS, _A3_ACROSS = 100, 165, 350
_NARROWEST, _WIDEST_LABEL, _WIDEST_ENGLISH, _CODE_WIDTH = 8.6, 32.0, 24.0, 6.0
_LINE_HEIGHT, _SMALL_LINE_HEIGHT, _ROW_HEIGHT = 13.5, 9.5, 17.0


@dataclass
class FormSheet:
    """One sheet that is being filled, from the top down. ``line`` is the next free line."""

    pen: Pen
    sheet: Worksheet
    form: PrintedForm
    tables: list[PrintedTable]
    line: int = HEAD_ROW
    _widths: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self._widths = _widths(self.form, self.tables)
        for i, width in enumerate(self._widths, 1):
            self.sheet.column_dimensions[get_column_letter(i)].width = width

    @property
    def _last(self) -> int:
        """The last column."""
        return len(self._widths)

    @property
    def _pages(self) -> int:
        """How many pages wide the sheet is when printed."""
        return math.ceil(sum(self._widths) / _A3_ACROSS)

    @property
    def _spread(self) -> int:
        """The last column that title, furniture and notes are spread over: that of the first page."""
        room = sum(self._widths) / self._pages
        return max(FIRST_COLUMN, sum(1 for i in range(self._last) if sum(self._widths[: i + 1]) <= room + 0.01))

    def unit(self) -> None:
        """Write the form of the only table's unit: a sheet to be printed and signed."""
        [table] = self.tables
        self._title({"zh": f"{table.unit.name['zh']}", "en": f"{table.unit.name['en']} ({table.unit.code})"})
        tops = []
        for i, part in enumerate(self.form.parts):
            self.line += bool(i)
            tops.append(self._heads(part, table))
            self._figures(part, table)
        self._signatures()
        self._notes([*table.footnotes, *self.form.footnotes, self.form.provenance], numbered=True)
        self._page(tops, table.unit.code)

    def all_units(self) -> dict[str, int]:
        """Write the form of all units below each other, in their order; return the line at which each begins."""
        [part] = self.form.parts
        self._title({"zh": "全部机构", "en": "all units"})
        tops = [self._heads(part, None)]
        found = {}
        for table in self.tables:
            unit = table.unit
            found[unit.code] = self.line
            band = f"{'　' * unit.depth}{unit.name['zh']}　{unit.name['en']}　{unit.code}"
            self.pen.write(self.sheet, self.line, 1, band, looks.BAND)
            self.pen.merge(self.sheet, self.line, 1, 1, self._last, looks.BAND)
            self.line += 1
            self._figures(part, table)
            self._notes(table.footnotes, numbered=False)
        self._signatures()
        self._notes([*self.form.footnotes, self.form.provenance], numbered=True)
        self._page(tops, "")
        return found

    def _title(self, unit: Label) -> None:
        form, sheet, pen = self.form, self.sheet, self.pen
        for line, text, look, height in ((1, form.title["zh"], looks.TITLE, 30), (2, form.title["en"], looks.SUBTITLE, 16)):
            pen.write(sheet, line, 1, text, look)
            pen.merge(sheet, line, 1, 1, self._spread, look)
            sheet.row_dimensions[line].height = height
        note = form.furniture["note"]
        self._wide(3, f"{note['zh']} | {note['en']}", looks.SEAL)
        lines = [f"{name['zh']} {name['en']}：{said['zh']}" for name, said in heading_lines(form)]
        right = self._spread
        while right > 2 and sum(self._widths[right - 1 : self._spread]) < max(map(shown_width, lines)):
            right -= 1
        for i, text in enumerate(lines, 4):
            pen.write(sheet, i, right, text, looks.PLAIN)
            sheet.row_dimensions[i].height = 15
        back = pen.write(sheet, 4, 1, f"返回目录 Contents　发布 Release {form.release}", looks.LINK)
        back.hyperlink = Hyperlink(ref=back.coordinate, location=f"'{CONTENTS}'!A1")
        place = f"填报单位：{unit['zh']}　{unit['en']}　　　　统计期：{form.period_label['zh']}　{form.period}"
        pen.write(sheet, HEAD_ROW - 1, 1, place, looks.STRONG)
        sheet.row_dimensions[HEAD_ROW - 1].height = 20

    def _wide(self, line: int, text: str, look: Look) -> None:
        """Write ``text`` over all columns; merged cells do not grow by themselves, so the line is made as high as it takes."""
        self.pen.write(self.sheet, line, 1, text, look)
        self.pen.merge(self.sheet, line, 1, 1, self._spread, look)
        self.sheet.row_dimensions[line].height = 3 + 12.0 * _lines(text, sum(self._widths[: self._spread]) * 1.1)

    def _heads(self, part: PrintedPart, table: PrintedTable | None) -> int:
        """Write the head of a part; return its first line. ``table``: whose remarks stand beside the captions."""
        pen, sheet, top = self.pen, self.sheet, self.line
        columns = [self.form.columns[i] for i in part.columns]
        cells, height = heads(columns)
        for i, text in enumerate(({"zh": "项目", "en": "Item"}, {"zh": "英文", "en": "English"}, {"zh": "代码", "en": "Code"}), 1):
            pen.write_both(sheet, top, i, text, looks.HEAD)
            pen.merge(sheet, top, i, height + 1, 1, looks.HEAD)
        for head in cells:
            remark = table.remarks.get(head.column.code) if table and head.column else None
            text = head.text | {"zh": f"{head.text['zh']}\n（{remark.mark}）"} if remark and remark.mark else head.text
            at = (top + head.line, FIRST_COLUMN + head.left)
            caption = pen.write_both(sheet, *at, text, looks.HEAD)
            if remark:
                told = readable(f"{remark.text['zh']}\n{remark.text['en']}")
                caption.comment = Comment(told, self.form.id, height=120, width=320)
            pen.merge(sheet, *at, head.height, head.width, looks.HEAD)
        self._head_heights(cells, top, height, {code for code, remark in table.remarks.items() if remark.mark} if table else set())
        below = top + height
        for i, number in enumerate(("甲", "", "乙"), 1):
            pen.write(sheet, below + 1, i, number, looks.SMALL_HEAD)
            pen.write(sheet, below + 2, i, "", looks.SMALL_HEAD)
        for i, column in enumerate(columns, FIRST_COLUMN):
            pen.write(sheet, below, i, column.unit, looks.SMALL_HEAD)
            pen.write(sheet, below + 1, i, column.number, looks.SMALL_HEAD)
            pen.write(sheet, below + 2, i, column.code, looks.SMALL_HEAD)
        codes = sheet.row_dimensions[below + 2]
        codes.hidden, codes.outlineLevel = True, 1  # for who asks `explain` about a column; nobody signs codes
        self.line = below + 3
        return top

    def _head_heights(self, cells: list[Head], top: int, height: int, marked: set[str]) -> None:
        """Make each line of the head as high as its captions take; a caption of several lines adds to the last of them."""
        taken = [0.0] * height
        for head in sorted(cells, key=lambda h: h.height):
            width = sum(self._widths[FIRST_COLUMN - 1 + head.left :][: head.width]) - 0.6
            need = (
                _LINE_HEIGHT * (_lines(head.text["zh"], width) + (head.column is not None and head.column.code in marked))
                + _SMALL_LINE_HEIGHT * _lines(head.text["en"], width * 1.25)
                + 6
            )
            last = head.line + head.height - 1
            taken[last] = max(taken[last], need - sum(taken[head.line : last]))
        for line, need in enumerate(taken, top):
            self.sheet.row_dimensions[line].height = need

    def _figures(self, part: PrintedPart, table: PrintedTable) -> None:
        columns = [self.form.columns[i] for i in part.columns]
        remarked = {c.code for c in columns if (r := table.remarks.get(c.code)) and r.mark}
        for row, cells in part.lines(table):
            if row.heading is not None:
                self._heading(row.heading, len(columns))
            self._row(row)
            for i, (value, column) in enumerate(zip(cells, columns, strict=True), FIRST_COLUMN):
                self._figure(i, value, column, row.depth == 0, column.code in remarked)
            self.line += 1

    def _heading(self, heading: Label, columns: int) -> None:
        self.pen.write(self.sheet, self.line, 1, heading["zh"], looks.BAND)
        self.pen.write(self.sheet, self.line, 2, heading["en"], looks.BAND_ENGLISH)
        for at in range(3, FIRST_COLUMN + columns):
            self.pen.write(self.sheet, self.line, at, "", looks.BAND)
        self.line += 1

    def _row(self, row: PrintedRow) -> None:
        self.pen.write(self.sheet, self.line, 1, row.text("zh"), looks.label(row.depth, row.depth == 0, False))
        self.pen.write(self.sheet, self.line, 2, row.text("en"), looks.label(row.depth, row.depth == 0, True))
        self.pen.write(self.sheet, self.line, 3, row.code, looks.CODE)
        zh = _lines(row.text("zh"), self._widths[0] - 2 * row.depth - 1)
        en = _lines(row.text("en"), (self._widths[1] - 2 * row.depth - 1) * 1.35)
        self.sheet.row_dimensions[self.line].height = max(_ROW_HEIGHT, 3 + _LINE_HEIGHT * zh, 3 + _SMALL_LINE_HEIGHT * en)

    def _figure(self, at: int, value: Cell, column: PrintedColumn, is_bold: bool, is_remarked: bool) -> None:
        shown = value if isinstance(value, str) else int(value) if value == int(value) else float(value)
        self.pen.write(
            self.sheet,
            self.line,
            at,
            shown,
            looks.figure(column.decimals, is_bold, is_remarked, value.mark if isinstance(value, TypedFigure) else ""),
        )

    def _signatures(self) -> None:
        lines = signatures(self.form)
        if not lines:
            return
        self.sheet.row_dimensions[self.line].height = 32
        count = len(lines) if self._spread >= 3 * len(lines) else 1
        for i in range(count):
            text = "　　".join(lines) if count == 1 else lines[i]
            self.pen.write(self.sheet, self.line, 1 + i * self._spread // count, text, looks.PLAIN)
        self.line += 1

    def _notes(self, notes: list[Label], *, numbered: bool) -> None:
        for number, note in enumerate(notes, 1):
            self._wide(self.line, f"{f'注{number}　' if numbered else ''}{note['zh']} | {note['en']}", looks.NOTE)
            self.line += 1

    def _page(self, tops: list[int], unit: str) -> None:
        sheet, total = self.sheet, sum(self._widths)
        first = tops[0] + heads([self.form.columns[i] for i in self.form.parts[0].columns])[1] + 3
        sheet.freeze_panes = f"{get_column_letter(FIRST_COLUMN)}{first}"
        sheet.sheet_view.showGridLines = False
        setup = sheet.page_setup
        setup.paperSize = PAPER_A4 if total <= _ACROSS else PAPER_A3
        setup.orientation = "portrait" if total <= _UPRIGHT else "landscape"
        fit_to_width(sheet, pages=self._pages)
        sheet.print_title_cols = f"A:{get_column_letter(FIRST_COLUMN - 1)}"
        sheet.print_area = f"A1:{get_column_letter(self._last)}{self.line - 1}"
        if len(tops) == 1:
            sheet.print_title_rows = f"{tops[0]}:{first - 1}"
        for top in tops[1:]:
            sheet.row_breaks.append(
                Break(id=top - 1)
            )  # a title line repeated over another part's figures would be wrong, and so begins a page
        sheet.print_options.horizontalCentered = True
        footer = sheet.oddFooter
        assert footer is not None
        footer.center.text = f"{self.form.id} {self.form.period} {unit} — &P/&N"


def fit_to_width(sheet: Worksheet, pages: int = 1) -> None:
    """Make ``sheet`` so many pages wide when printed, and as long as it takes."""
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = 0.4
    margins.bottom, margins.footer = 0.7, 0.25


def shown_width(text: str) -> int:
    """Return how many narrow characters ``text`` is wide: those of East Asia take two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _lines(text: str, width: float) -> int:
    """Return how many lines ``text`` takes in a column ``width`` characters wide."""
    return max(1, math.ceil(shown_width(text) / max(width, 2)))


def _widths(form: PrintedForm, tables: list[PrintedTable]) -> list[float]:
    """Return the widths of the columns of a sheet: what its longest label and figures take, within what a page can hold."""
    rows = [row for table in tables for row in table.rows]
    zh = max([14.0, *(shown_width(r.text("zh")) + 2 * r.depth + 2 for r in rows)])
    en = max([10.0, *(0.85 * len(r.text("en")) + 2 * r.depth + 1 for r in rows)])
    figures = [_NARROWEST] * max(len(part.columns) for part in form.parts)
    for part in form.parts:
        for table in tables:
            for _, cells in part.lines(table):
                for i, value in enumerate(cells):
                    if not isinstance(value, str):
                        figures[i] = max(figures[i], 2 + len(f"{value:,.{form.columns[part.columns[i]].decimals}f}"))
    return [min(zh, _WIDEST_LABEL), min(en, _WIDEST_ENGLISH), _CODE_WIDTH, *figures]
