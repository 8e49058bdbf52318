"""The commands. Exit codes: 0 done, 1 an error to cure, 2 wrong usage, 3 done but something needs a human (a failed error check, a source left out)."""

from __future__ import annotations

import logging
import sys

import click

from policestats.cli import checking, choosing, defining, printing, rates, reading, simulating, working
from policestats.cli.fill import fill, legacy
from policestats.cli.print_command import print_forms
from policestats.errors import StatisticsError


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
      publish     an immutable release: DuckDB, Excel, PDF, HTML
    \b
    A first try:
      policestats simulate --home var
      policestats run --home var --period 2026-02 --source NAME=var/sources/NAME.sqlite ...
      policestats check-templates                          (lists the forms)
      policestats form FORM --home var
      policestats explain FORM --row ROW --column COLUMN --period 2026-02 --home var
    """
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, stream=sys.stderr)


for _command in (
    simulating.simulate,
    working.extract,
    working.conform,
    working.rebuild,
    working.validate,
    working.tabulate,
    working.check,
    working.publish,
    working.run,
    reading.form,
    print_forms,
    reading.trace,
    reading.explain,
    rates.rate,
    fill,
    legacy,
    checking.check_templates,
    defining.forms,
    defining.sources,
    choosing.policies,
):
    cli.add_command(_command)


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
