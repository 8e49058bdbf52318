"""The command that checks forms: the standard's own, or a folder of somebody's, compared with them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from policestats import settings
from policestats.cli import options, printing
from policestats.stages.compare_templates import Comparison

#: differing cells that are printed; the file of --to has all
_SHOWN = 20
_DEFINITIONS = ["form", "part", "code", "change", "detail"]
_CELLS = ["form", "unit", "row", "column", "ours", "theirs"]


@click.command("check-templates")
@options.standard
@options.home
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--period", metavar="PERIOD", help="Also tabulate FOLDER's forms and the standard's own for it, and compare cell by cell")
@click.option("--to", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write all differences to a .csv or .xlsx file")
def check_templates(standard: str | None, home: Path | None, folder: Path | None, period: str | None, to: Path | None) -> None:
    """Check every form of FOLDER (default: the standard's own): spelling, names, balances of the definition.

    The forms of FOLDER are compared with the standard's own of the same id: rows, columns and checks that were added, removed or changed; with
    --period also the figures, by unit, row and column code. Nothing is written to the warehouse.
    """
    from policestats.stages import check_templates, compare_templates

    if folder is None and (period or to):
        raise click.UsageError("--period and --to compare a FOLDER with the standard's own forms: which folder?")
    catalog = options.catalog(standard)
    with printing.progress() as tell:
        reports = check_templates.run(catalog=catalog, folder=folder, progress=tell)
    printing.rows(
        ["file", "form", "rows", "columns", "checks", "result"],
        [(r.file, r.form_id, r.rows, r.columns, r.checks, "error" if r.problem else "ok") for r in reports],
    )
    for warning in (w for r in reports for w in r.warnings):
        printing.err.print(f"look at: {warning}", markup=False)
    problems = check_templates.problems(reports)
    for problem in problems:
        printing.err.print(problem, markup=False)
    if problems:
        sys.exit(1)
    if folder is not None:
        with printing.progress() as tell:
            found = compare_templates.run(catalog=catalog, folder=folder, home=settings.home(home), period=period, progress=tell)
        _show(found, period)
        if to is not None:
            _write(found, to, with_cells=period is not None)


def _show(found: Comparison, period: str | None) -> None:
    for names, words in ((found.new, "not among the standard's own"), (found.absent, "of the standard, not in the folder")):
        if names:
            printing.out.print(f"{words}: {', '.join(names)}", markup=False)
    if found.definitions:
        printing.narrow(_DEFINITIONS, _definitions(found), title="definitions that differ from the standard's own")
    else:
        printing.out.print("no definition differs from the standard's own")
    if found.not_due:
        printing.out.print(f"not made for {period} by both: {', '.join(found.not_due)}", markup=False)
    for form, compared in found.cells.items():
        printing.out.print(f"{form}: {len(compared.differences)} of {compared.cells} cells differ", markup=False)
    cells = _cells(found)
    if cells:
        printing.narrow(_CELLS, [["—" if value is None else value for value in row] for row in cells[:_SHOWN]])
    if len(cells) > _SHOWN:
        printing.out.print(f"  ... and {len(cells) - _SHOWN} more: --to FILE.xlsx")


def _write(found: Comparison, to: Path, *, with_cells: bool) -> None:
    from policestats.reports.writers.differences import write_sheets

    sheets: dict[str, Any] = {"定义 Definitions": (_DEFINITIONS, _definitions(found))}
    if with_cells:
        sheets["单元格 Cells"] = (_CELLS, _cells(found))
    write_sheets(to, sheets)
    printing.out.print(f"written: {to}", markup=False)


def _definitions(found: Comparison) -> list[list[Any]]:
    return [[d.form_id, d.part, d.code, d.change, d.detail] for d in found.definitions]


def _cells(found: Comparison) -> list[list[Any]]:
    return [
        [form, d.unit_code, d.row_code, d.column_code, d.ours, d.theirs]
        for form, compared in found.cells.items()
        for d in compared.differences
    ]
