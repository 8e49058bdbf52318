"""The commands about definitions: are they right, and what follows from them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from policestats.cli import options, printing


@click.command("check-templates")
@options.standard
@click.argument("folder", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
def check_templates(standard: str | None, folder: Path | None) -> None:
    """Check every form of FOLDER (default: the standard's own): spelling, names, balances of the definition."""
    from policestats.stages import check_templates

    reports = check_templates.run(catalog=options.catalog(standard), folder=folder)
    printing.rows(
        ["file", "form", "rows", "columns", "checks", "result"],
        [(r.file, r.form_id, r.rows, r.columns, r.checks, "error" if r.problem else "ok") for r in reports],
    )
    problems = check_templates.problems(reports)
    for problem in problems:
        printing.err.print(problem, markup=False)
    if problems:
        sys.exit(1)
