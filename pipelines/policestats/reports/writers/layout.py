"""An office's own workbook as the form: its named cells are filled, and nothing else in the file is touched.

A cell of the form is named ``c.<row>.<column>`` (``c.R06.FILED_M``), with ``_`` for what a name cannot hold; the lines around the figures
have the names of FURNITURE. Only the sheets with such names are written again, cell by cell in their XML, and the workbook is told to
calculate its formulas when it is opened; every other part of the file keeps its bytes.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from posixpath import dirname, join, normpath
from xml.dom import minidom

from policestats.errors import DefinitionError
from policestats.reports.writers.printed import PrintedForm, PrintedTable, TypedFigure
from policestats.reports.writers.sheet_pen import readable

FURNITURE = (
    "title",
    "form",
    "unit",
    "unit_code",
    "period",
    "authority",
    "table_number",
    "valid_until",
    "release",
    "note",
    "typed",
    "footnotes",
)
_CELL = "c."
_WORKBOOK = "xl/workbook.xml"
_PLACE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))!\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?([A-Z]{1,3})\$?([0-9]+))?")


@dataclass(frozen=True)
class Place:
    """A cell of a workbook: the part of the file that holds its sheet, its column and line."""

    part: str
    column: str
    line: int


@dataclass(frozen=True)
class Layout:
    """The named cells of a workbook; ``broken``: names that lead to no single cell, with what they say."""

    path: Path
    places: dict[str, Place]
    broken: dict[str, str]


def cell_name(row: str, column: str) -> str:
    """Return the name of a form's cell in a layout.

    >>> cell_name("R06", "FILED_M")
    'c.R06.FILED_M'
    >>> cell_name("487-1*", "NEW")
    'c.487_1_.NEW'
    """
    return _CELL + re.sub(r"[^A-Za-z0-9_]", "_", row) + "." + column


def read_layout(path: Path) -> Layout:
    """Return the named cells of the workbook at ``path``. A name for merged cells means their first.

    Raises: DefinitionError when the file is no workbook.
    """
    try:
        with zipfile.ZipFile(path) as held:
            book = minidom.parseString(held.read(_WORKBOOK))
            parts = _sheet_parts(book, held)
            sheets = {part: minidom.parseString(held.read(part)) for part in parts.values()}
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise DefinitionError(f"{path}: this is no .xlsx workbook ({error}); save the layout as an Excel workbook") from None
    merged = {part: {m.getAttribute("ref") for m in _all(sheet, "mergeCell")} for part, sheet in sheets.items()}
    formulas = {part: {c.getAttribute("r") for c in _all(sheet, "c") if _all(c, "f")} for part, sheet in sheets.items()}
    places: dict[str, Place] = {}
    broken: dict[str, str] = {}
    for defined in _all(book, "definedName"):
        name, said = defined.getAttribute("name"), _text(defined)
        if name.startswith("_xlnm."):
            continue  # Excel's own: print areas and titles, filters
        match = _PLACE.fullmatch(said)
        part = parts.get((match[1] or match[2]).replace("''", "'")) if match else None
        if match is None or part is None or (match[5] and f"{match[3]}{match[4]}:{match[5]}{match[6]}" not in merged[part]):
            broken[name] = said
        elif f"{match[3]}{match[4]}" in formulas[part]:
            broken[name] = f"{said}, which holds a formula"
        else:
            places[name] = Place(part, match[3], int(match[4]))
    return Layout(path, places, broken)


def fill_layout(layout: Layout, target: Path, form: PrintedForm, table: PrintedTable) -> None:
    """Write a copy of the layout to ``target``, with the figures of one unit and the lines around them."""
    by_name = {name.casefold(): value for name, value in _values(form, table).items()}  # names differ in more than their case
    wanted: dict[str, list[tuple[Place, Decimal | str]]] = {}
    for name, place in layout.places.items():
        if name.casefold() in by_name:
            wanted.setdefault(place.part, []).append((place, by_name[name.casefold()]))
    with zipfile.ZipFile(layout.path) as source, zipfile.ZipFile(target, "w") as made:
        for item in source.infolist():
            content = source.read(item)
            if item.filename in wanted:
                content = _filled(content, wanted[item.filename])
            elif item.filename == _WORKBOOK:
                content = _calculating(content)
            made.writestr(item, content)


def _values(form: PrintedForm, table: PrintedTable) -> Mapping[str, Decimal | str]:
    typed = _typed(form, table)
    notes = [*([{"zh": typed}] if typed else []), *table.footnotes, *form.footnotes, form.provenance]
    found: dict[str, Decimal | str] = {
        "title": form.title["zh"],
        "form": form.id,
        "unit": table.unit.name["zh"],
        "unit_code": table.unit.code,
        "period": form.period_label["zh"],
        "release": form.release,
        "typed": typed,
        "footnotes": "\n".join(f"注{i}　{note['zh']}" for i, note in enumerate(notes, 1)),
    }
    found |= {name: text["zh"] for name, text in form.furniture.items() if name in FURNITURE}
    for row, cells in zip(table.rows, table.cells, strict=True):
        found |= {cell_name(row.code, column.code): cell for column, cell in zip(form.columns, cells, strict=True)}
    return found


def _typed(form: PrintedForm, table: PrintedTable) -> str:
    """Return which figures people typed, or are made of such: the layout's own number formats stay, so no mark stands behind them. Empty if none is."""
    found: dict[str, list[str]] = {}
    for row, cells in zip(table.rows, table.cells, strict=True):
        for column, cell in zip(form.columns, cells, strict=True):
            if isinstance(cell, TypedFigure):
                found.setdefault(cell.mark, []).append(f"{row.code}.{column.code}")
    return "；".join(f"“{mark}”由人填报或由填报数算出：{'、'.join(places)}" for mark, places in found.items())


def _sheet_parts(book: minidom.Document, held: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of the file that holds each sheet, by the sheet's name."""
    relations = minidom.parseString(held.read("xl/_rels/workbook.xml.rels"))
    targets = {r.getAttribute("Id"): r.getAttribute("Target") for r in _all(relations, "Relationship")}
    found = {}
    for sheet in _all(book, "sheet"):
        target = targets[next(value for name, value in sheet.attributes.items() if name.rpartition(":")[2] == "id")]
        found[sheet.getAttribute("name")] = target.lstrip("/") if target.startswith("/") else normpath(join(dirname(_WORKBOOK), target))
    return {name: part for name, part in found.items() if part in held.namelist() and "worksheet" in part}


def _filled(content: bytes, cells: list[tuple[Place, Decimal | str]]) -> bytes:
    sheet = minidom.parseString(content)
    [data] = _all(sheet, "sheetData")
    for place, value in cells:
        cell = _cell(sheet, _row(sheet, data, place.line), f"{place.column}{place.line}")
        for child in list(cell.childNodes):
            cell.removeChild(child)
        if cell.hasAttribute("t"):
            cell.removeAttribute("t")
        if isinstance(value, str):
            cell.setAttribute("t", "inlineStr")
            text = cell.appendChild(_element(sheet, cell, "is")).appendChild(_element(sheet, cell, "t"))
            text.setAttribute("xml:space", "preserve")
            text.appendChild(sheet.createTextNode(readable(value)))
        else:
            cell.appendChild(_element(sheet, cell, "v")).appendChild(sheet.createTextNode(f"{value.normalize():f}"))
    return sheet.toxml(encoding="UTF-8")


def _row(sheet: minidom.Document, data: minidom.Element, line: int) -> minidom.Element:
    """Return the row of a line, made in its place where the sheet has none."""
    after = None
    for row in _all(data, "row"):
        number = int(row.getAttribute("r"))
        if number == line:
            return row
        if number > line:
            after = row
            break
    row = _element(sheet, data, "row")
    row.setAttribute("r", str(line))
    return data.insertBefore(row, after)


def _cell(sheet: minidom.Document, row: minidom.Element, reference: str) -> minidom.Element:
    """Return a cell of a row, made in its place where the row has none."""
    after = None
    for cell in _all(row, "c"):
        held = cell.getAttribute("r")
        if held == reference:
            return cell
        if (len(held), held) > (len(reference), reference):  # of one row: A9, Z9, AA9 by length, then by letter
            after = cell
            break
    if row.hasAttribute("spans"):
        row.removeAttribute("spans")  # which columns it has: a hint that would be wrong now
    cell = _element(sheet, row, "c")
    cell.setAttribute("r", reference)
    return row.insertBefore(cell, after)


def _calculating(content: bytes) -> bytes:
    """Return the workbook's own part, saying that formulas are calculated when it is opened."""
    book = minidom.parseString(content)
    found = _all(book, "calcPr")
    if found and found[0].getAttribute("fullCalcOnLoad") in ("1", "true"):
        return content
    if not found:
        [names] = _all(book, "definedNames")
        found = [_element(book, names, "calcPr")]
        root = book.documentElement
        assert root is not None
        root.insertBefore(found[0], next((n for n in root.childNodes if n.previousSibling is names), None))
    found[0].setAttribute("fullCalcOnLoad", "1")
    return book.toxml(encoding="UTF-8")


def _all(node: minidom.Document | minidom.Element, name: str) -> list[minidom.Element]:
    return list(node.getElementsByTagNameNS("*", name))


def _element(document: minidom.Document, like: minidom.Element, name: str) -> minidom.Element:
    """Return a new element in the namespace of ``like``, written with its prefix."""
    return document.createElementNS(like.namespaceURI, f"{like.prefix}:{name}" if like.prefix else name)


def _text(node: minidom.Element) -> str:
    return "".join(child.data for child in node.childNodes if child.nodeType == child.TEXT_NODE).strip()
