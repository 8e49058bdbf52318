"""The command `print`: forms of a release as workbooks and PDFs."""

from __future__ import annotations

from pathlib import Path

import click

from policestats import settings
from policestats.cli import options, printing


@click.command("print")
@options.home
@click.option(
    "--unit", "units", multiple=True, metavar="CODE", help="A file of this unit's forms (repeatable)  [default: a file for each form]"
)
@click.option("--form", "forms", multiple=True, metavar="FORM", help="Only this form (repeatable)")
@click.option("--format", "formats", multiple=True, type=click.Choice(["xlsx", "pdf"]), help="Only this format  [default: both]")
@click.option("--release", default="current", show_default=True, help="A release: its folder name, or current")
@click.option(
    "-o",
    "--output",
    "folder",
    default="printed",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files",
)
def print_forms(
    home: Path | None, units: tuple[str, ...], forms: tuple[str, ...], formats: tuple[str, ...], release: str, folder: Path
) -> None:
    """Print forms of a release: a workbook and a PDF of each unit, or of each form with all its units."""
    from policestats.stages import print_forms

    written = print_forms.run(
        home=settings.home(home), folder=folder, release=release, units=units, forms=forms, formats=formats or print_forms.FORMATS
    )
    for path in written:
        printing.out.print(str(path), markup=False)
