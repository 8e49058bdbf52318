"""How the cells of a workbook look, and the pen that writes them: every text as text, so that none can become a formula."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cache

from openpyxl.cell import Cell as SheetCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Color, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.worksheet import Worksheet

from policestats.catalog.model import Label

#: faces that every office has where such forms are signed; others fall back to what they have
BODY_FACE, TITLE_FACE = "宋体", "黑体"
_GREY_INK, _RED_INK, _BLUE_INK = "5B6570", "A33B20", "0B5394"


@dataclass(frozen=True, eq=False)
class Look:
    """How a cell looks. Each is made once, so that a workbook resolves it once."""

    font: Font | None = None
    fill: PatternFill | None = None
    border: Border | None = None
    alignment: Alignment | None = None
    number_format: str = "General"


def _font(size: float = 10, face: str = BODY_FACE, **rest: object) -> Font:
    return Font(name=face, size=size, **rest)  # type: ignore[arg-type]


_LINE = Side(style="thin", color="4A545E")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_YELLOW = PatternFill("solid", fgColor="FFF4D6")
_BAND = PatternFill("solid", fgColor="E8EDF3")
_CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT = Alignment(vertical="center")
TITLE = Look(_font(18, TITLE_FACE, bold=True), alignment=_CENTRE)
SUBTITLE = Look(_font(10, color=_GREY_INK), alignment=_CENTRE)
PLAIN = Look(_font(), alignment=_LEFT)
STRONG = Look(_font(11, TITLE_FACE), alignment=_LEFT)
SEAL = Look(_font(9, bold=True, color=_RED_INK), alignment=_CENTRE)
LINK = Look(_font(9, color=_BLUE_INK, underline="single"), alignment=_LEFT)
NOTE = Look(_font(9), alignment=Alignment(vertical="top", wrap_text=True))
HEAD = Look(_font(10, TITLE_FACE), border=_BOX, alignment=_CENTRE)
SMALL_HEAD = Look(_font(8, color=_GREY_INK), border=_BOX, alignment=_CENTRE)
CELL = Look(_font(), border=_BOX, alignment=_LEFT)
REMARKED_CELL = Look(_font(), _YELLOW, _BOX, _LEFT)
CODE = Look(_font(8, color=_GREY_INK), border=_BOX, alignment=Alignment(horizontal="center", vertical="center", shrink_to_fit=True))
BAND = Look(_font(10, TITLE_FACE), _BAND, _BOX, _LEFT)
BAND_ENGLISH = Look(_font(8, color=_GREY_INK), _BAND, _BOX, _LEFT)


@cache
def label(depth: int, is_bold: bool, is_foreign: bool) -> Look:
    """Return the look of a row's label; ``is_foreign``: of its English, which is smaller."""
    font = _font(8, color=_GREY_INK) if is_foreign else _font(10, TITLE_FACE if is_bold else BODY_FACE)
    return Look(font, border=_BOX, alignment=Alignment(horizontal="left", indent=depth, vertical="center", wrap_text=True))


@cache
def link(depth: int) -> Look:
    """Return the look of a link in the contents."""
    return Look(
        _font(10, color=_BLUE_INK, underline="single"), border=_BOX, alignment=Alignment(horizontal="left", indent=depth, vertical="center")
    )


@cache
def figure(decimals: int, is_bold: bool, is_remarked: bool, mark: str = "") -> Look:
    """Return the look of a figure with ``decimals`` and a ``mark`` behind it, or of the mark that stands for one."""
    shown = "#,##0" + ("." + "0" * decimals if decimals else "") + (f'"{mark}"' if mark else "")
    fill = _YELLOW if is_remarked else None
    return Look(_font(bold=is_bold), fill, _BOX, Alignment(horizontal="right", vertical="center"), shown)


class Pen:
    """Writes cells of one workbook, resolving each look once: most of the time of a workbook goes into styles."""

    def __init__(self) -> None:
        self._styles: dict[Look, StyleArray] = {}

    def write(self, sheet: Worksheet, line: int, column: int, value: str | int | float, look: Look) -> SheetCell:
        """Write ``value``; a text stays a text: one that begins with = is no formula, one like #N/A no error."""
        cell = self._styled(sheet, line, column, look)
        if isinstance(value, str):
            cell.value = readable(value)
            cell.data_type = "s"
        else:
            cell.value = value
        return cell

    def write_both(self, sheet: Worksheet, line: int, column: int, text: Label, look: Look) -> SheetCell:
        """Write a text in Chinese, and below it, smaller, in English."""
        cell = self._styled(sheet, line, column, look)
        size, face = (look.font.size, look.font.name) if look.font else (10, BODY_FACE)
        cell.value = CellRichText(
            TextBlock(InlineFont(rFont=face, sz=size), readable(text["zh"])),
            TextBlock(InlineFont(rFont=BODY_FACE, sz=7, color=Color(rgb="00" + _GREY_INK)), "\n" + readable(text["en"])),
        )
        return cell

    def merge(self, sheet: Worksheet, line: int, column: int, height: int, width: int, look: Look) -> None:
        """Merge the cells of a rectangle whose first is written, with the borders of ``look`` all around."""
        for i in range(height):
            for j in range(width):
                if i or j:
                    self._styled(sheet, line + i, column + j, look)
        if height * width > 1:  # sheet.merge_cells would look at every range so far and at the borders of every cell again
            sheet.merged_cells.ranges.add(CellRange(None, column, line, column + width - 1, line + height - 1))

    def _styled(self, sheet: Worksheet, line: int, column: int, look: Look) -> SheetCell:
        cell = sheet.cell(line, column)
        assert isinstance(cell, SheetCell)
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


def readable(text: str) -> str:
    """Return ``text`` without the characters that no sheet can hold."""
    return ILLEGAL_CHARACTERS_RE.sub("", text)
