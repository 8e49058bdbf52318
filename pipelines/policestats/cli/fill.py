"""The commands for what people type: workbooks of open cells, and figures published before the records begin."""

from __future__ import annotations

import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from policestats import settings
from policestats.cli import options, printing
from policestats.reports.typed_value import plain

NEEDS_A_HUMAN = 3


@click.group()
def fill() -> None:
    """Cells that no source fills: export them as workbooks, import what was typed, compare it with records that came later."""


@fill.command("export")
@options.standard
@options.home
@options.period
@click.option("--unit", "units", multiple=True, metavar="CODE", help="Only this unit (repeatable)  [default: every unit with an open cell]")
@click.option("--form", "forms", multiple=True, metavar="FORM", help="Only this form (repeatable)")
@click.option("-o", "--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the workbooks")
def export(standard: str | None, home: Path | None, period: str, units: tuple[str, ...], forms: tuple[str, ...], folder: Path) -> None:
    """Write a workbook for each unit in which only the missing cells of PERIOD's forms are open.

    The forms are those tabulated. Cells that records fill, totals and rates are locked; what was typed before stands in its cell. Cells that a
    data rule blocks stay locked: correct the records.
    """
    from policestats.stages import fill_export

    with printing.progress() as tell:
        found = fill_export.run(
            catalog=options.catalog(standard),
            home=settings.home(home),
            period=period,
            folder=folder,
            units=units,
            forms=forms,
            progress=tell,
        )
    rows = [(book.unit, " ".join(f"{form}:{count}" for form, count in book.open_cells.items()), str(book.path)) for book in found]
    printing.rows(["unit", "open cells", "workbook"], rows)
    if not found:
        printing.out.print("no cell is open: every figure comes from records, is blocked, or does not apply")


@fill.command("import")
@options.standard
@options.home
@click.option("--typed-at", type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]), help="When it was typed  [default: now]")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(standard: str | None, home: Path | None, typed_at: datetime | None, files: tuple[Path, ...]) -> None:
    """Read filled workbooks back. A cell that is refused says why and loses nothing else (exit code 3).

    The cells become one load of the source `office`; `policestats validate` and `tabulate` put them into the forms.
    """
    from policestats.stages import fill_import

    with printing.progress() as tell:
        r = fill_import.run(catalog=options.catalog(standard), home=settings.home(home), files=files, typed_at=typed_at, progress=tell)
    if r.accepted:
        rows = [(c.form, c.period, *c.place, plain(c.old), plain(c.new)) for c in r.accepted]
        printing.rows(["form", "period", "unit", "row", "column", "was", "is"], rows)
    landed = f"load {r.load}" if r.load is not None else "nothing new"
    new = sum(c.old is None for c in r.accepted)
    changed = len(r.accepted) - new
    printing.out.print(f"{landed}: {new} typed, {changed} changed, {r.unchanged} unchanged, {len(r.refused)} refused")
    _refused([str(refused) for refused in r.refused])


@fill.command("diff")
@options.home
@options.period
@click.option("--form", "forms", multiple=True, metavar="FORM", help="Only this form (repeatable)")
@options.output
def diff(home: Path | None, period: str, forms: tuple[str, ...], output: str) -> None:
    """Compare typed cells with the records that came later: the records count."""
    from policestats.stages import fill_diff

    found = fill_diff.run(home=settings.home(home), period=period, forms=forms)
    rows = [[plain(r[name]) if isinstance(r[name], Decimal) else r[name] for name in fill_diff.COLUMNS] for r in found]
    printing.rows(list(fill_diff.COLUMNS), rows, output)


@click.group()
def legacy() -> None:
    """Figures published before the records begin, for the comparison columns of the first year."""


@legacy.command("import")
@options.standard
@options.home
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_legacy(standard: str | None, home: Path | None, file: Path) -> None:
    """Read a list (CSV or XLSX) of form_id, period, unit_code, row_code, column_code, value, author, evidence.

    A line that is refused says why and loses nothing else (exit code 3).
    """
    from policestats.stages import legacy_import

    with printing.progress() as tell:
        r = legacy_import.run(catalog=options.catalog(standard), home=settings.home(home), file=file, progress=tell)
    landed = f"load {r.load}" if r.load is not None else "nothing new"
    printing.out.print(f"{landed}: {r.accepted} taken, {r.unchanged} unchanged, {len(r.refused)} refused")
    _refused(r.refused)


def _refused(lines: list[str]) -> None:
    for line in lines:
        printing.err.print(f"refused: {line}", markup=False)
    if lines:
        sys.exit(NEEDS_A_HUMAN)
