"""Forms as a PDF with its fonts inside: A4 or A3, columns that do not fit on pages of their own, heads on every page."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import accumulate
from pathlib import Path
from typing import Any

import typst

from policestats.reports.writers.furniture import heading_lines, signatures
from policestats.reports.writers.heads import heads
from policestats.reports.writers.html import figure
from policestats.reports.writers.printed import Cell, PrintedColumn, PrintedForm, PrintedPart, PrintedRow, PrintedTable

#: the package whose fonts are embedded (Noto Serif SC and Noto Sans SC, SIL OFL 1.1)
_FONTS = "pylopdf_fonts_zh_cn"
#: (paper, lies across, millimetres between its margins), the smallest first
_PAPERS = (("a4", False, 186.0), ("a4", True, 273.0), ("a3", True, 396.0))
#: millimetres: of a label's column, of a code's, of the narrowest figure's, of a digit, of what stands around a figure
_LABEL, _CODE, _NARROWEST, _DIGIT, _AROUND = 54.0, 10.0, 11.0, 1.62, 2.4


def write_pdf(path: Path, forms: Sequence[tuple[PrintedForm, PrintedTable]]) -> None:
    """Write forms, each of one unit, to ``path``, each beginning on a page of its own, ready to be signed.

    The same forms give the same bytes: the file holds no time.
    """
    laid_out = {"title": f"{forms[0][1].unit.name['zh']} {forms[0][0].period}", "forms": [_form(form, table) for form, table in forms]}
    made = typst.compile(
        Path(__file__).with_name("form.typ"),
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(laid_out, ensure_ascii=False)},
        format="pdf",
        pdf_tags=False,
    )
    path.write_bytes(made)


@cache
def _fonts() -> typst.Fonts:
    """Return the embedded fonts and no other, so that every machine makes the same pages."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[Path(str(resources.files(_FONTS)))])


def _form(form: PrintedForm, table: PrintedTable) -> dict[str, Any]:
    pieces = [(part, columns, i > 0) for part in form.parts for i, columns in enumerate(_pieces(form, part, table))]
    widest = max(_LABEL + _CODE + sum(width for _, width in columns) for _, columns, _ in pieces)
    paper, flipped, room = next((p for p in _PAPERS if widest <= p[2]), _PAPERS[-1])
    unit, note = table.unit, form.furniture["note"]
    return {
        "title": form.title,
        "note": f"{note['zh']} | {note['en']}",
        "place": f"填报单位：{unit.name['zh']}　{unit.name['en']} ({unit.code})　　统计期：{form.period_label['zh']}　{form.period}",
        "lines": [{"name": f"{n['zh']} {n['en']}：", "text": t["zh"]} for n, t in heading_lines(form)],
        "paper": paper,
        "flipped": flipped,
        "footer": f"{form.id}　{form.period}　{unit.code}　{form.release}",
        "parts": [{"continued": more} | _piece(form, part, columns, table, room) for part, columns, more in pieces],
        "signatures": signatures(form),
        "notes": [f"{n['zh']} | {n['en']}" for n in (*table.footnotes, *form.footnotes, form.provenance)],
    }


def _pieces(form: PrintedForm, part: PrintedPart, table: PrintedTable) -> list[list[tuple[int, float]]]:
    """Return the columns of a part with their widths (positions among its columns, millimetres), page by page.

    What does not fit the largest paper is broken into pages about as wide as each other, where a heading ends if one ends near there.
    """
    columns = [form.columns[i] for i in part.columns]
    widths = [_NARROWEST] * len(columns)
    for _, cells in part.lines(table):
        for i, (cell, column) in enumerate(zip(cells, columns, strict=True)):
            widths[i] = max(widths[i], _AROUND + _DIGIT * len(figure(cell, column.decimals)))
    ends = set(accumulate(h.width for h in sorted(heads(columns)[0], key=lambda h: h.left) if h.line == 0))
    room = _PAPERS[-1][2] - _LABEL - _CODE
    found, first = [], 0
    while first < len(columns):
        sums = {end: sum(widths[first:end]) for end in range(first + 1, len(columns) + 1)}
        share = sums[len(columns)] / math.ceil(sums[len(columns)] / room)
        fitting = [end for end, width in sums.items() if width <= room] or [first + 1]
        near = [end for end in fitting if end in ends and abs(sums[end] - share) <= share / 4]
        _, last = min((abs(sums[end] - share), end) for end in near or fitting)
        found.append([(i, widths[i]) for i in range(first, last)])
        first = last
    return found


def _piece(form: PrintedForm, part: PrintedPart, columns: list[tuple[int, float]], table: PrintedTable, room: float) -> dict[str, Any]:
    shown = [form.columns[part.columns[i]] for i, _ in columns]
    cells, levels = heads(shown)
    marks = {code: remark.mark for code, remark in table.remarks.items() if remark.mark}
    remarked = [i for i, column in enumerate(shown) if column.code in marks]
    stretch = min(1.6, (room - _CODE) / (_LABEL + sum(width for _, width in columns)))
    return {
        "label": _LABEL * stretch,
        "widths": [width * stretch for _, width in columns],
        "levels": levels,
        "heads": [
            {
                **head.text,
                "mark": marks.get(head.column.code, "") if head.column else "",
                "line": head.line,
                "left": head.left,
                "height": head.height,
                "width": head.width,
            }
            for head in cells
        ],
        "units": [column.unit for column in shown],
        "numbers": [column.number for column in shown],
        "rows": [_row(row, [line[i] for i, _ in columns], shown, remarked) for row, line in part.lines(table)],
    }


def _row(row: PrintedRow, cells: list[Cell], columns: list[PrintedColumn], remarked: list[int]) -> dict[str, Any]:
    return {
        "heading": row.heading,
        "zh": row.text("zh"),
        "en": row.text("en"),
        "code": row.code,
        "depth": row.depth,
        "cells": [figure(cell, column.decimals) for cell, column in zip(cells, columns, strict=True)],
        "remarked": remarked,
    }
