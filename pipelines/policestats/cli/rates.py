"""The command for the generation rates: what is automatic, why the rest is not, and what a source would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from policestats import settings
from policestats.cli import options, printing
from policestats.reports.generation import RATES, GenerationRate
from policestats.stages.what_if import WhatIf

_HEADS = {"template": "template 模板率", "instance": "instance 份数率", "cell": "cell 单元格率", "cell_nonzero": "cell not 0 非零"}
_ALL = "all"


def _names(context: click.Context, parameter: click.Parameter, value: str | None) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()] if value else []


@click.command()
@options.standard
@options.home
@click.option("--release", default="current", show_default=True, help="A release: its folder name, a period, or current")
@options.unit
@click.option(
    "--by", type=click.Choice(["form", "unit", "level", "period"]), default="form", show_default=True, help="What the rates are told by"
)
@click.option("--form", "form_id", metavar="FORM", help="Only this form; by unit, level or period, its rates instead of those of all forms")
@click.option(
    "--what-if", "connect", callback=_names, metavar="SOURCE,SOURCE", help="The rates if these sources were connected and complete"
)
@click.option("--without", callback=_names, metavar="SOURCE,SOURCE", help="The rates if these sources were not connected")
@options.output
def rate(
    standard: str | None,
    home: Path | None,
    release: str,
    unit: str | None,
    by: str,
    form_id: str | None,
    connect: list[str],
    without: list[str],
    output: str,
) -> None:
    """Print the generation rates: which cells no human typed, and why the others still need one.

    With --what-if or --without: the rates of the release's period beside those with other sources, from the warehouse. Only statuses change;
    no figure is made up, so that the rate of cells that are not 0 counts the figures there are.
    """
    from policestats import releases

    folder = settings.home(home)
    if connect or without:
        if unit or form_id or by != "form":
            raise click.UsageError(
                "--unit, --form and --by do not go with --what-if and --without: they tell of every form and all units together"
            )
        from policestats.stages import what_if

        period = releases.period_of(home=folder, release=release)
        _what_if(what_if.run(catalog=options.catalog(standard), home=folder, period=period, connect=connect, without=without), output)
        return
    if unit and by not in ("form", "unit"):
        raise click.UsageError(f"--unit goes with --by form or unit; by {by} the rates are those of all units together")
    found = releases.read_rates(home=folder, release=release, unit=unit, by=by)
    if form_id is not None:
        found = found[found["form_id"] == form_id]
        if found.empty:
            raise click.UsageError(f"--form {form_id}: the release has no rates of such a form")
    if output != "table":
        printing.rows(list(found.columns), printing.records(found), output)
        return
    rows = [dict(zip(found.columns, values, strict=True)) for values in printing.records(found)]
    if by != "form" and form_id is None:
        rows = [r for r in rows if r["form_id"] is None]
    key = {"form": "form_id", "unit": "unit_code", "level": "level_code", "period": "period"}[by]
    _table(by, rows, key)
    told = [r for r in rows if r["rate_id"] == "cell" and r.get("reason")]
    if by == "unit" and unit is None and told:
        printing.out.print("why the rest is not automatic: --unit CODE")
    elif told:
        printing.out.print("not automatic, and why:")
        for r in told:
            if by != "form" or r["form_id"] is not None:
                printing.out.print(f"  {r[key]}", markup=False)
                printing.lines(reasons(r["reason"], r["form_id"]), indent=4)


def _table(by: str, rows: Sequence[Mapping[str, Any]], key: str) -> None:
    lines: dict[str | None, dict[str, str]] = {}
    for r in rows:
        lines.setdefault(r[key], {})[r["rate_id"]] = share(r["numerator"], r["denominator"], r["rate_pct"])
    shown = [name for name in RATES if any(name in line for line in lines.values())]
    values = [[name or _ALL, *(line.get(rate, "") for rate in shown)] for name, line in lines.items()]
    printing.narrow([by, *(_HEADS[rate] for rate in shown)], values)


def share(numerator: int, denominator: int, pct: Decimal | float | None) -> str:
    """Return a rate for people: percent, then the fraction; a dash where nothing was due."""
    return "—" if pct is None else f"{pct:.2f} % ({numerator}/{denominator})"


def reasons(told: str, form: str | None) -> list[str]:
    """Return the reasons of a rate line by line, the number of cells first; ``form`` is the form whose id need not be said again."""
    found = []
    for reason in told.split("; "):
        said, _, count = reason.removeprefix(f"{form}: ").rpartition(" (")
        is_counted = count.endswith(" cells)")
        found.append(f"{count.removesuffix(')')}: {said}" if is_counted else reason.removeprefix(f"{form}: "))
    return found


def _what_if(found: WhatIf, output: str) -> None:
    pairs = list(_pairs(found.before, found.after))
    if output != "table":
        heads = [
            "rate_id",
            "form_id",
            "numerator_before",
            "denominator_before",
            "pct_before",
            "numerator_after",
            "denominator_after",
            "pct_after",
            "reason_after",
        ]
        values = [[b.rate_id, b.form_id, b.numerator, b.denominator, b.pct, a.numerator, a.denominator, a.pct, a.reason] for b, a in pairs]
        printing.rows(heads, values, output)
        return
    for name in found.connected:
        printing.out.print(f"{name} is connected already: every unit is taken to have delivered every month", markup=False)
    overall = [(b, a) for b, a in pairs if b.form_id is None]
    printing.narrow(
        [f"{found.period}", "before", "after"],
        [[_HEADS[b.rate_id], share(b.numerator, b.denominator, b.pct), share(a.numerator, a.denominator, a.pct)] for b, a in overall],
    )
    cells = {b.form_id: (b, a) for b, a in pairs if b.rate_id == "cell" and b.form_id is not None}
    whole = {a.form_id: a.numerator == a.denominator for _, a in pairs if a.rate_id == "template" and a.form_id is not None}
    values = []
    for effect in found.effects:
        before, after = cells[effect.form_id]
        columns = [*(f"+{code}" for code in effect.gained), *(f"-{code}" for code in effect.lost)]
        numbers = [before.numerator, after.numerator, after.denominator]
        values.append([effect.form_id, *numbers, "yes" if whole[effect.form_id] else "", " ".join(columns)])
    printing.narrow(
        ["form", "automatic cells", "after", "of", "form automatic after", "columns that become automatic (+) or not (-)"], values
    )
    left = [after for _, after in cells.values() if after.reason]
    if left:
        printing.out.print("not automatic after, and why:")
        for after in left:
            printing.out.print(f"  {after.form_id}", markup=False)
            printing.lines(reasons(str(after.reason), after.form_id), indent=4)
    printing.out.print(
        "Statuses alone are reckoned anew; the figures are those there are, so cells that would come count as 0 in the last rate."
    )


def _pairs(before: Iterable[GenerationRate], after: Iterable[GenerationRate]) -> Iterable[tuple[GenerationRate, GenerationRate]]:
    """Return the rates of all units together, over all first, before and after."""
    by_key = {(r.rate_id, r.form_id): r for r in after if r.unit_code is None and r.level_code is None}
    held = [r for r in before if r.unit_code is None and r.level_code is None]
    for r in sorted(held, key=lambda r: (r.form_id is not None, RATES.index(r.rate_id) if r.form_id is None else 0)):
        yield r, by_key[r.rate_id, r.form_id]
