"""The commands. Exit codes: 0 done, 1 an error to cure, 2 wrong usage, 3 done but something needs a human (a failed error check, a source left out)."""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from policestats import settings
from policestats.cli import options, printing, summary
from policestats.cli.fill import fill, legacy
from policestats.errors import StatisticsError
from policestats.periods import ReferencePeriod

NEEDS_A_HUMAN = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="policestats")
@click.option("-v", "--verbose", is_flag=True, help="Log what the libraries do")
def cli(verbose: bool) -> None:
    """National-standard criminal and administrative report tables from police records, every figure traceable.

    \b
    The stages, in order (`run` does the middle five):
      simulate    make a province to try things on
      extract     land sources under HOME/raw, without identities
      conform     merge loads into core tables, every version kept
      validate    data rules: verdicts, issues, rates
      tabulate    fill the forms of a period and check them
      publish     an immutable release: DuckDB, Excel, HTML
    \b
    A first try:
      policestats simulate --home var
      policestats run --home var --period 2026-02 --source NAME=var/sources/NAME.sqlite ...
      policestats check-templates                          (lists the forms)
      policestats form FORM --home var
      policestats explain FORM --row ROW --column COLUMN --period 2026-02 --home var
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, stream=sys.stderr)


@cli.command()
@options.home
@click.option("--months", default=14, show_default=True, type=click.IntRange(1, 60), help="Months to live through")
@click.option("--start", default="2025-01", show_default=True, metavar="YYYY-MM", help="First month")
@click.option("--seed", default=1, show_default=True, help="Same seed, same province")
@click.option(
    "--silent", metavar="UNIT@YYYY-MM|none", help="Which station enters nothing in which month  [default: one station in the last month]"
)
@click.option(
    "--size",
    default="small",
    show_default=True,
    type=click.Choice(["small", "city", "province"]),
    help="small lives day by day; the others are written set-wise",
)
@click.option(
    "--scale", default=1.0, show_default=True, metavar="SHARE", help="Share of the records of a city or province, above 0 and at most 1"
)
@click.option(
    "--defects",
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="Share of the records that are entered wrongly on purpose, 0 to 0.2; defects.csv lists them",
)
@click.option(
    "--drift",
    metavar="KIND:TABLE.COLUMN[@YYYY-MM]",
    help="Change a source's shape: rename, drop, retype or add, from that month or the last",
)
@click.option(
    "--to",
    metavar="FOLDER|URL",
    help="Where the sources go: a folder, or a database postgresql://...; a city or province also sqlite:///FOLDER  [default: HOME/sources]",
)
def simulate(
    home: Path | None,
    months: int,
    start: str,
    seed: int,
    silent: str | None,
    size: str,
    scale: float,
    defects: float,
    drift: str | None,
    to: str | None,
) -> None:
    """Make a made-up province: its six source systems, and its own tally of what happened.

    The systems hold incidents, cases, disputes, inspections, collected objects and call-backs. Each becomes a SQLite file in HOME/sources, or a
    schema of the database given by --to; of a city or province a folder of Parquet files. The tally stays in HOME/sources. Codes (division
    99xxxx) and identity numbers (prefix 999999) cannot exist.
    """
    from sqlalchemy import make_url

    from policestats.simulator import DEFAULT_SILENT, simulate
    from policestats.simulator.bulk import simulate_bulk

    url = to if to and "://" in to else None
    folder = Path(to).expanduser() if to and url is None else settings.home(home) / "sources"
    first = ReferencePeriod.parse(start).start
    if size != "small":
        if silent is not None or defects or drift is not None:
            raise click.UsageError("--silent, --defects and --drift go with --size small: a city or province is written whole and right")
        with printing.progress() as tell:
            world = simulate_bulk(
                folder,
                size=size,
                months=months,
                seed=seed,
                start=first,
                scale=scale,
                to=url or "parquet",
                progress=tell,
            )
        printing.rows(["table", "records"], list(world.records.items()), title=f"{world.months[0]} to {world.months[-1]} in {world.folder}")
        printing.out.print(f"Tally: {world.tally_cells} cells in {world.folder / 'tally.parquet'}")
        return
    if scale != 1:
        raise click.UsageError("--scale goes with --size city or province")
    chosen: tuple[str, str] | str | None = DEFAULT_SILENT
    if silent is not None:
        unit, at, month = silent.partition("@")
        chosen = (unit, month) if at else None
    with printing.progress() as tell:
        made = simulate(folder, months=months, seed=seed, start=first, silent=chosen, defects=defects, drift=drift, to=url, progress=tell)
    printing.rows(["table", "records"], list(made.records.items()), title=f"{made.months[0]} to {made.months[-1]} in {made.folder}")
    if made.silent_unit:
        printing.out.print(
            f"{made.silent_unit} entered nothing in {made.silent_month}. Tally: {made.tally_cells} cells in {made.folder / 'tally.csv'}"
        )
    if made.defects:
        printing.out.print(f"{len(made.defects)} values are wrong on purpose: {made.folder / 'defects.csv'}", markup=False)
    if url is not None:
        shown = [(name, make_url(where).render_as_string(hide_password=True)) for name, where in made.locations.items()]
        printing.rows(["source", "location"], shown)


@cli.command()
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


@cli.command()
@options.standard
@options.home
def conform(standard: str | None, home: Path | None) -> None:
    """Merge landed loads into the core tables, one version at a time."""
    _conform(standard, home, rebuild=False)


@cli.command()
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


@cli.command()
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


@cli.command()
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


@cli.command()
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


@cli.command()
@options.standard
@options.home
@options.period
def publish(standard: str | None, home: Path | None, period: str) -> None:
    """Publish what was tabulated for PERIOD as an immutable release; the newest period is the current one."""
    from policestats.stages import publish

    with printing.progress() as tell:
        r = publish.run(catalog=options.catalog(standard), home=settings.home(home), period=period, progress=tell)
    summary.published(r)


@cli.command()
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


@cli.command()
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


@cli.command()
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
    printing.rows(list(found.columns), _plain(found), output, title=f"{form_id} [{row}].{column}: {len(found)} records")
    if "typed" in found.attrs:
        printing.err.print(f"the figure is not made of records alone: {found.attrs['typed']}", markup=False)


@cli.command()
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


@cli.command()
@options.home
@click.option("--release", default="current", show_default=True, help="A release: its folder name, or current")
@options.unit
@options.output
def rate(home: Path | None, release: str, unit: str | None, output: str) -> None:
    """Print the generation rates: which cells no human typed, and why the others still need one."""
    from policestats import releases

    found = releases.read_rates(home=settings.home(home), release=release, unit=unit)
    printing.rows(list(found.columns), _plain(found), output)


@cli.command("check-templates")
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


cli.add_command(fill)
cli.add_command(legacy)


def _problems(problems: list[str]) -> None:
    for problem in problems:
        printing.err.print(f"left out: {problem}", markup=False)
    if problems:
        sys.exit(NEEDS_A_HUMAN)


def _plain(frame: Any) -> list[list[Any]]:
    """Return the rows of a DataFrame: missing values as None, days without a time of day."""
    return [[_value(value) for value in row] for row in frame.astype(object).itertuples(index=False, name=None)]


def _value(value: Any) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date()
    return value


def main() -> None:
    """Entry point: errors that a user can cure are printed without a stack trace."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except StatisticsError as error:
        printing.err.print(f"error: {error}", markup=False, style="bold red")
        sys.exit(1)
