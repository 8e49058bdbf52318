"""The command that makes a made-up province."""

from __future__ import annotations

from pathlib import Path

import click

from policestats import settings
from policestats.cli import options, printing
from policestats.periods import ReferencePeriod


@click.command()
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
