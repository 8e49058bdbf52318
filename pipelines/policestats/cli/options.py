"""Options that several commands share, and what they turn into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from policestats import settings
from policestats.catalog import Catalog, load_catalog

Command = TypeVar("Command", bound=Callable[..., Any])


def _pairs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or not name or not rest:
            raise click.BadParameter(f"{value!r} is not written NAME=VALUE, for example incident_desk=/data/desk.sqlite")
        found[name] = rest
    return found


home = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="Folder of all run-time data  [default: $POLICESTATS_HOME, else var]"
)
standard = click.option("--standard", help="Whose rules: a folder of schemas/  [default: $POLICESTATS_STANDARD, else the first one]")
policy = click.option(
    "--policy", "policies", multiple=True, callback=_pairs, metavar="NAME=CHOICE", help="Choose otherwise than by default (repeatable)"
)
period = click.option("--period", required=True, metavar="PERIOD", help="2026-10-03, 2026-W41, 2026-10, 2026-Q3, 2026-H1 or 2026")
maybe_period = click.option("--period", metavar="PERIOD", help="2026-10-03, 2026-W41, 2026-10, 2026-Q3, 2026-H1 or 2026")
unit = click.option("--unit", metavar="CODE", help="Unit code  [default: the root of the tree]")
as_of = click.option("--as-of", type=int, metavar="LOAD", help="As known at this load  [default: the latest]")
source = click.option(
    "--source",
    "sources",
    multiple=True,
    callback=_pairs,
    metavar="NAME=URL-or-path",
    help="Where a source is (repeatable)  [default: $POLICESTATS_SOURCE_<NAME>]",
)
output = click.option(
    "--format", "output", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True, help="How to print"
)


def catalog(standard: str | None, policies: dict[str, str] | None = None) -> Catalog:
    """Return the catalog of a standard (default: that of the settings)."""
    return load_catalog(settings.definitions(), settings.standard(standard), policies)
