"""fill export: the cells that nothing fills -> a workbook for each unit, with only those cells open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from policestats.catalog import Catalog
from policestats.errors import StatisticsError, nearest
from policestats.reports.exact import decimal
from policestats.reports.filling import OpenSheet, ShownCell, write_book
from policestats.reports.form_columns import FormColumn
from policestats.reports.status import ORDER
from policestats.reports.template import Row
from policestats.stages.filling import Filling, opened


@dataclass(frozen=True)
class ExportedBook:
    """A workbook that was written: its unit, and the number of open cells by form."""

    unit: str
    path: Path
    open_cells: dict[str, int]


def run(
    *,
    catalog: Catalog,
    home: Path,
    period: str,
    folder: Path,
    units: Sequence[str] = (),
    forms: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
) -> list[ExportedBook]:
    """Write a workbook into ``folder`` for every unit (or only ``units``) that has an open cell in a form tabulated for ``period``.

    A cell is open when it is missing or was typed, and when it is partial and no unit below could complete it. Cells that a data rule blocks
    stay locked: the cure is to correct the records, not to write over what they would say.

    Raises: StatisticsError for an unknown unit or form, or when nothing was tabulated.
    """
    tell = progress or (lambda message: None)
    written: list[ExportedBook] = []
    with opened(catalog, home, period, forms or None) as fillings:
        tree = fillings[0].tree
        known = [u for u in tree.units if u.code != tree.unknown]
        for code in units:
            if code not in {u.code for u in known}:
                raise StatisticsError(f"--unit {code}: no such unit in {period}; {nearest(code, [u.code for u in known])}")
        folder.mkdir(parents=True, exist_ok=True)
        for unit in (u for u in known if not units or u.code in units):
            sheets = [sheet for filling in fillings if (sheet := _sheet(catalog, filling, unit.code)) is not None]
            if not sheets:
                continue
            path = folder / f"{period}_{unit.code}.xlsx"
            tell(f"write {path.name}")
            name = {"zh": unit.name_zh, "en": unit.name_en}
            load = max(filling.work.as_of for filling in fillings)
            write_book(path, standard=catalog.standard.id, period=period, unit=(unit.code, name), as_of=load, sheets=sheets)
            counts = {s.form.id: sum(cell.is_open for cell in s.cells.values()) for s in sheets}
            written.append(ExportedBook(unit.code, path, counts))
    return written


def _sheet(catalog: Catalog, filling: Filling, unit: str) -> OpenSheet | None:
    """Return a form's sheet for a unit; None when it has no open cell there."""
    is_open = set(filling.open_cells(unit))
    if not is_open:
        return None
    blocks = {block.id for block in filling.form.blocks if block.dynamic is None}
    rows = [row for row in filling.form.rows if row.block in blocks]
    table = filling.table
    at = table.units.index(unit)
    cells: dict[tuple[str, str], ShownCell] = {}
    for column in filling.columns:
        values, known = filling.figures(column.code)
        status = table.statuses[column.code]
        for row in rows:
            i = table.row_index(row.code)
            if (row.code, column.code) in is_open:
                typed = filling.typed.get((unit, row.code, column.code))
                cells[row.code, column.code] = ShownCell(typed["value"] if typed is not None else None, "", is_open=True)
            else:
                value = decimal(values[at, i]) if known[at, i] else None
                cells[row.code, column.code] = ShownCell(value, _mark(catalog, column, row, ORDER[status.rank_at(at, i)]), is_open=False)
    return OpenSheet(filling.form, filling.columns, [(row.code, _depth(row, rows)) for row in rows], cells)


def _mark(catalog: Catalog, column: FormColumn, row: Row, status: str) -> str:
    marks = catalog.standard.marks
    return (
        marks.get(status, marks["none"]) if column.applies(row.code) and status in ("missing", "blocked", "suppressed") else marks["none"]
    )


def _depth(row: Row, rows: Sequence[Row]) -> int:
    parents = {r.code: r.parent for r in rows}
    depth, above = 0, row.parent
    while above is not None:
        depth, above = depth + 1, parents.get(above)
    return depth
