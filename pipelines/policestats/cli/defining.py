"""The commands about what the definitions need: forms and sources."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from policestats import settings
from policestats.cli import options, printing


@click.command()
@options.standard
@click.option("--sources", metavar="NAME,NAME", help="Also: can it be automatic with these sources alone?")
@click.option(
    "--format", "output", type=click.Choice(["table", "csv", "json", "markdown"]), default="table", show_default=True, help="How to print"
)
def forms(standard: str | None, sources: str | None, output: str) -> None:
    """Say by definition alone which sources every form needs, and whether it can be automatic with the base sources and with all.

    Markdown gives the page docs/forms.md.
    """
    from policestats.reports.form_needs import by_definition, page, sets_of_sources
    from policestats.reports.template import load_forms

    catalog = options.catalog(standard)
    defined = load_forms(catalog)
    if output == "markdown":
        click.echo(page(catalog, defined), nl=False)
        return
    sets = sets_of_sources(catalog)
    if sources is not None:
        sets[sources] = [name.strip() for name in sources.split(",")]
    found = by_definition(catalog, defined, sets)
    rows = [
        [
            n.form.id,
            ", ".join([*n.sources, *(f"{t} (no source)" for t in n.orphans)]),
            ", ".join(n.typed),
            *("auto" if a else "" for a in n.is_auto.values()),
        ]
        for n in found
    ]
    printing.narrow(["form", "needs", "typed", *(f"with {name}" for name in sets)], rows, output)


@click.command()
@options.standard
@options.home
@options.output
def sources(standard: str | None, home: Path | None, output: str) -> None:
    """List the sources: connected or not, when last read, and the forms and columns that need each."""
    from policestats.stages import sources

    states = sources.run(catalog=options.catalog(standard), home=settings.home(home))
    if output != "table":
        heads = ["source", "label_zh", "label_en", "is_base", "is_connected", "last_read", "last_failed", "form_id", "column_codes"]
        values = []
        for s in states:
            state = [s.source.id, s.source.label["zh"], s.source.label["en"], s.source.is_base, s.is_connected, s.last_read, s.last_failed]
            values += [[*state, form, ",".join(columns)] for form, columns in s.needed_by.items()] or [[*state, None, None]]
        printing.rows(heads, values, output)
        return
    printing.narrow(
        ["source", "", "base", "last read", "needed by: form (columns)"],
        [
            [
                s.source.id,
                f"{s.source.label['zh']} {s.source.label['en']}",
                "base" if s.source.is_base else "",
                _read(s.last_read, s.last_failed),
                ", ".join(f"{form} ({len(columns)})" for form, columns in s.needed_by.items()),
            ]
            for s in states
        ],
    )


def _read(last_read: datetime | None, last_failed: datetime | None) -> str:
    if last_read is None:
        return "not connected" if last_failed is None else f"never; failed {last_failed:%Y-%m-%d %H:%M}"
    return f"{last_read:%Y-%m-%d %H:%M}"
