"""The commands that do the work, one for each stage, and ``run``, which does all of them."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from policestats import settings
from policestats.cli import options, printing, summary

NEEDS_A_HUMAN = 3


@click.command()
@options.standard
@options.home
@options.source
def extract(standard: str | None, home: Path | None, sources: dict[str, str]) -> None:
    """Land sources under HOME/raw: all that have a location, or only those named. Identities never reach the disk."""
    from policestats.stages import run as run_stage

    catalog = options.catalog(standard)
    result = run_stage.RunResult("")
    with printing.progress() as tell:
        where = run_stage.locations(catalog, sources)
        run_stage.extract_all(catalog, settings.home(home), {k: v for k, v in where.items() if not sources or k in sources}, result, tell)
    values = [(name, r.load_id or "unchanged", sum(r.rows.values())) for name, r in result.extracted.items()]
    printing.rows(["source", "load", "rows"], values)
    for issue in (i for r in result.extracted.values() for i in r.issues):
        printing.err.print(f"look at: {issue}", markup=False)
    _problems(result.problems)


@click.command()
@options.standard
@options.home
def conform(standard: str | None, home: Path | None) -> None:
    """Merge landed loads into the core tables, one version at a time."""
    _conform(standard, home, rebuild=False)


@click.command()
@options.standard
@options.home
def rebuild(standard: str | None, home: Path | None) -> None:
    """Make the warehouse again from raw: the same loads give the same core tables. Validate and tabulate follow."""
    _conform(standard, home, rebuild=True)


def _conform(standard: str | None, home: Path | None, *, rebuild: bool) -> None:
    from policestats.stages import conform

    with printing.progress() as tell:
        r = conform.run(catalog=options.catalog(standard), home=settings.home(home), rebuild=rebuild, progress=tell)
    tables = sorted({*r.inserted, *r.changed, *r.removed})
    printing.rows(["table", "inserted", "changed", "removed"], [(t, r.inserted[t], r.changed[t], r.removed[t]) for t in tables])
    printing.out.print(f"loads merged: {', '.join(map(str, r.loads)) or 'none'}; values and rows that could not be taken: {r.issues}")


@click.command()
@options.standard
@options.home
@options.as_of
@options.output
def validate(standard: str | None, home: Path | None, as_of: int | None, output: str) -> None:
    """Judge the core tables by the rules of expectations/; a failed error rule blocks the cells that need the table."""
    from policestats import releases
    from policestats.stages import validate

    folder = settings.home(home)
    with printing.progress() as tell:
        r = validate.run(catalog=options.catalog(standard), home=folder, as_of=as_of, progress=tell)
    columns, values = releases.verdicts(folder, r.as_of)
    printing.rows(columns, values, output, title=f"rules at load {r.as_of}")
    if output == "table":
        printing.out.print(f"issues open: {r.issues_open} (opened {r.issues_opened}, closed {r.issues_closed})")
    if r.failed_errors:
        printing.err.print(f"failed error rules: {', '.join(r.failed_errors)}", markup=False)
        sys.exit(NEEDS_A_HUMAN)


@click.command()
@options.standard
@options.home
@options.period
@options.as_of
@options.policy
@click.option("--form", "forms", multiple=True, metavar="FORM", help="Only this form (repeatable)")
@click.option("--full", is_flag=True, help="Make everything anew, not only what changed since the last time; the content is the same")
def tabulate(
    standard: str | None, home: Path | None, period: str, as_of: int | None, policies: dict[str, str], forms: tuple[str, ...], full: bool
) -> None:
    """Fill every form that is due in PERIOD, check it, and say what is generated and what is not."""
    from policestats.stages import tabulate

    with printing.progress() as tell:
        r = tabulate.run(
            catalog=options.catalog(standard, policies),
            home=settings.home(home),
            period=period,
            forms=forms or None,
            as_of=as_of,
            full=full,
            progress=tell,
        )
    summary.tabulated(r)
    if r.failed_errors:
        sys.exit(NEEDS_A_HUMAN)


@click.command()
@options.standard
@options.home
@options.period
@options.as_of
def check(standard: str | None, home: Path | None, period: str, as_of: int | None) -> None:
    """Check the forms of PERIOD as they were tabulated, also between forms that were tabulated one by one."""
    from policestats.stages import check

    with printing.progress() as tell:
        r = check.run(catalog=options.catalog(standard), home=settings.home(home), period=period, as_of=as_of, progress=tell)
    summary.checked(r)
    if r.failed_errors:
        sys.exit(NEEDS_A_HUMAN)


@click.command()
@options.standard
@options.home
@options.period
@click.option(
    "--with-records", is_flag=True, help="Write the keys of the records behind each cell beside the pages, for readers of the trace"
)
def publish(standard: str | None, home: Path | None, period: str, with_records: bool) -> None:
    """Publish what was tabulated for PERIOD as an immutable release; the newest period is the current one."""
    from policestats.stages import publish

    with printing.progress() as tell:
        catalog, folder = options.catalog(standard), settings.home(home)
        r = publish.run(catalog=catalog, home=folder, period=period, with_records=with_records, progress=tell)
    summary.published(r)


@click.command()
@options.standard
@options.home
@options.period
@options.source
def run(standard: str | None, home: Path | None, period: str, sources: dict[str, str]) -> None:
    """Do the whole job: extract, conform, validate, tabulate, publish; then a summary."""
    from policestats.stages import run as run_stage

    catalog, folder = options.catalog(standard), settings.home(home)
    started = datetime.now()
    with printing.progress() as tell:
        result = run_stage.run(catalog=catalog, home=folder, period=period, sources=sources, progress=tell)
    summary.whole(result, folder, (datetime.now() - started).total_seconds())
    assert result.tabulated is not None
    if result.problems or result.tabulated.failed_errors:
        sys.exit(NEEDS_A_HUMAN)


def _problems(problems: list[str]) -> None:
    for problem in problems:
        printing.err.print(f"left out: {problem}", markup=False)
    if problems:
        sys.exit(NEEDS_A_HUMAN)
