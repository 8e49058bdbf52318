"""The commands that read a release: a form, the records behind a cell, what it means."""

from __future__ import annotations

from pathlib import Path

import click

from policestats import settings
from policestats.cli import options, printing, summary


@click.command()
@options.home
@click.argument("form_id", metavar="FORM")
@options.unit
@click.option("--release", default="current", show_default=True, help="A release: its folder name, or current")
@options.output
def form(home: Path | None, form_id: str, unit: str | None, release: str, output: str) -> None:
    """Print a published FORM for one unit."""
    from policestats import releases

    title, columns, values = releases.printed_form(form_id, home=settings.home(home), unit=unit, release=release)
    printing.rows(columns, values, output, title=title)


@click.command()
@options.home
@click.argument("form_id", metavar="FORM")
@click.option("--row", required=True, metavar="R", help="Row code")
@click.option("--column", required=True, metavar="C", help="Column code")
@options.unit
@click.option("--release", default="current", show_default=True, help="A release: its folder name, or current")
@options.output
def trace(home: Path | None, form_id: str, row: str, column: str, unit: str | None, release: str, output: str) -> None:
    """List the records behind a cell: their fold is the cell, exactly."""
    from policestats import releases

    found = releases.trace(form_id, row=row, column=column, unit=unit, home=settings.home(home), release=release)
    printing.rows(list(found.columns), printing.records(found), output, title=f"{form_id} [{row}].{column}: {len(found)} records")
    if "typed" in found.attrs:
        printing.err.print(f"the figure is not made of records alone: {found.attrs['typed']}", markup=False)


@click.command()
@options.standard
@options.home
@click.argument("form_id", metavar="FORM")
@click.option("--row", required=True, metavar="R", help="Row code")
@click.option("--column", required=True, metavar="C", help="Column code")
@options.maybe_period
@options.unit
@click.option("--sql/--no-sql", default=True, show_default=True, help="Print the SQL that ran")
def explain(
    standard: str | None, home: Path | None, form_id: str, row: str, column: str, period: str | None, unit: str | None, sql: bool
) -> None:
    """Say what a cell means: its definition in words, source, policies in force, the SQL that ran and the number of records.

    Without --period: of the latest period that the form was tabulated for.
    """
    from policestats.stages import explain

    found = explain.run(
        catalog=options.catalog(standard), home=settings.home(home), form=form_id, row=row, column=column, period=period, unit=unit
    )
    summary.explained(found, sql=sql)
