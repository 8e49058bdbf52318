"""The command about policies: what the sources leave open, and what each choice would give."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import click

from policestats import settings
from policestats.cli import options, printing
from policestats.reports.template import load_forms
from policestats.stages.policies import Choices, PolicyUse

#: differing cells that are printed of one choice; CSV and JSON have all
_SHOWN = 20


@click.command()
@options.standard
@options.home
@options.policy
@click.option("--form", "form_id", metavar="FORM", help="Tabulate this form under each choice of each policy it depends on")
@options.maybe_period
@options.unit
@options.output
def policies(
    standard: str | None,
    home: Path | None,
    policies: dict[str, str],
    form_id: str | None,
    period: str | None,
    unit: str | None,
    output: str,
) -> None:
    """List the choices that the sources leave open; with --form and --period, show which cells each other choice would change.

    Nothing is written: the form is tabulated in memory, with the records known at the latest load, and only cells that differ from those of
    the choice in force are shown.
    """
    from policestats.stages import policies as stage

    catalog = options.catalog(standard, policies)
    if form_id is None:
        if period or unit:
            raise click.UsageError("--period and --unit go with --form")
        _list(stage.uses(catalog, load_forms(catalog)), output)
        return
    if period is None:
        raise click.UsageError("--form needs --period: the cells of which period?")
    with printing.progress() as tell:
        found = stage.run(catalog=catalog, home=settings.home(home), form=form_id, period=period, unit=unit, progress=tell)
    _show(found, output)


def _list(found: list[PolicyUse], output: str) -> None:
    if output != "table":
        heads = ["policy", "label_zh", "label_en", "in_force", "default", "choices", "source", "effect", "forms", "indicators"]
        values = [
            [
                p.id,
                p.label["zh"],
                p.label["en"],
                p.chosen,
                p.default,
                ",".join(p.choices),
                p.source,
                p.effect,
                ",".join(u.forms),
                ",".join(u.indicators),
            ]
            for u in found
            for p in (u.policy,)
        ]
        printing.rows(heads, values, output)
        return
    if not found:
        printing.out.print("this standard leaves no choice open")
    for u in found:
        p = u.policy
        printing.out.print(f"{p.id}  {p.label['zh']} {p.label['en']}", style="bold", markup=False)
        chosen = [f"[{c}]" if c == p.chosen else c for c in p.choices]
        default = "" if p.chosen == p.default else f"; default {p.default}"
        printing.lines(
            [
                f"choices: {', '.join(chosen)}{default}",
                f"effect: {p.effect}",
                f"source: {p.source}",
                f"used by: {', '.join(u.forms) or 'no form'}" + (f"; indicators {', '.join(u.indicators)}" if u.indicators else ""),
            ]
        )


def _show(found: Choices, output: str) -> None:
    heads = ["policy", "choice", "unit_code", "row_code", "column_code", "in_force", "other"]
    if output != "table":
        values = [
            [c.policy.id, c.choice, d.unit_code, d.row_code, d.column_code, d.ours, d.theirs] for c in found.choices for d in c.differences
        ]
        printing.rows(heads, values, output)
        return
    printing.out.print(f"{found.form.id} {found.form.title['zh']}  {found.unit_code}  {found.period}", style="bold", markup=False)
    for c in found.choices:
        printing.out.print(
            f"{c.policy.id} ({c.policy.label['zh']}): {c.policy.chosen} -> {c.choice}: {len(c.differences)} of {c.cells} cells differ",
            markup=False,
        )
        if c.differences:
            decimals = {column.code: column.decimals for column in found.form.columns}
            shown = [
                [d.row_code, d.column_code, *(figure(value, decimals[d.column_code]) for value in (d.ours, d.theirs))]
                for d in c.differences[:_SHOWN]
            ]
            printing.narrow(["row", "column", c.policy.chosen, c.choice], shown)
        if len(c.differences) > _SHOWN:
            printing.out.print(f"  ... and {len(c.differences) - _SHOWN} more: --format csv")
    for p in found.only:
        printing.out.print(f"{p.id} ({p.label['zh']}): has no other choice than {p.chosen}", markup=False)
    if not found.choices and not found.only:
        printing.out.print("depends on no policy")


def figure(value: Decimal | None, decimals: int) -> str:
    """Return a figure as it is printed in a form; a dash where there is none."""
    return "—" if value is None else f"{value:.{decimals}f}"
