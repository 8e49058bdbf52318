"""Simulate some months of police work into the source databases, and say what a statistician would count."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from policestats.errors import SettingsError
from policestats.simulator.calendar import add_months, cutoff_of, month_of, month_text, months_between
from policestats.simulator.case_close_story import CaseCloseStory
from policestats.simulator.criminal_ledger import CriminalLedger
from policestats.simulator.defects import Defect, add_defects
from policestats.simulator.drift import Drift, parse_drift
from policestats.simulator.figures import Cell
from policestats.simulator.life import live
from policestats.simulator.measure_story import MeasureStory
from policestats.simulator.mishaps import add_mishaps
from policestats.simulator.province import make_province
from policestats.simulator.records import END
from policestats.simulator.screening_story import ScreeningStory
from policestats.simulator.targets import Content, Target, target
from policestats.simulator.world import World

#: Stands for "one station in the last month".
DEFAULT_SILENT = "default"
_DEFAULT_SILENT_STATION = "990102520000"
#: Months of case work before the first month, so that it opens with pending and unsolved cases.
_WARM_UP = 2
_MERGER_AFTER = 6
_MOVE_AFTER = 9
_SECOND = timedelta(seconds=1)
_TALLY_HEADER = ("form_id", "period", "unit_code", "row_code", "column_code", "value")
_DEFECTS_HEADER = ("kind", "source", "table", "key", "column", "value")


@dataclass(frozen=True)
class SimulationResult:
    """What was simulated.

    ``records`` counts the rows of each table, written ``<database>.<table>``; ``locations`` says where each database is; ``silent_unit`` and
    ``silent_month`` (2026-02) are None when nobody was silent; ``defects`` are what was entered wrongly on purpose.
    """

    folder: Path
    records: dict[str, int]
    months: tuple[str, ...]
    tally_cells: int
    silent_unit: str | None
    silent_month: str | None
    locations: dict[str, str] = field(default_factory=dict)
    defects: tuple[Defect, ...] = ()


def simulate(
    folder: Path,
    *,
    months: int = 14,
    seed: int = 1,
    start: date = date(2025, 1, 1),
    silent: tuple[str, str] | str | None = DEFAULT_SILENT,
    defects: float = 0.002,
    drift: str | None = None,
    to: str | None = None,
    on_month: Callable[[str], None] | None = None,
    progress: Callable[[str], None] | None = None,
) -> SimulationResult:
    """Write the source databases, ``tally.csv`` and ``defects.csv``.

    The tally has every counted cell that is not zero and every rate that is defined, for all units and the months simulated. At the silent
    station's own silent month it has what does not come from that month: stocks, cumulative figures, comparisons. It is the tally of the
    end: what the databases say after the last month has closed.

    Args:
        folder: Made when it is not there; the files in it are replaced.
        months: Months simulated, from the month of ``start`` on; two stations merge after the sixth, one changes its county after the ninth.
        seed: The same seed gives the same records and the same tally.
        start: Any day of the first month.
        silent: A station and a month (2026-02) of which nothing is entered; None: nobody is silent; default: one station, the last month.
        defects: Share of the records with something wrong in them (defects.py), 0 for none.
        drift: A change of a source's shape, from the last month on, or from another one: ``rename:incident.final_type_code``,
            ``drop:incident.mo_code@2025-06``, ``retype:TABLE.COLUMN``, ``add:TABLE.COLUMN``.
        to: SQLAlchemy URL of a server's database, which gets one schema per source; default: SQLite files in ``folder``.
        on_month: Called with every month (2025-03) once the databases have been written as they stand at its close. Without it they are
            written once, as they stand in the end; the end is the same.
        progress: Called with a line of text after each month.
    Raises: SettingsError when there is no such station, month or column, or ``months`` is below 1.
    """
    if months < 1:
        raise SettingsError(f"months is {months}; simulate at least 1")
    if not 0 <= defects <= 0.2:
        raise SettingsError(f"defects is {defects}; give the share of records with something wrong in them, at most 0.2")
    first = month_of(start)
    after = add_months(first, months)
    province = make_province(add_months(first, _MERGER_AFTER), add_months(first, _MOVE_AFTER))
    shown = list(months_between(first, after))
    quiet = _silence(silent, shown)
    if quiet is not None and not province.station(quiet[0]).stands_on(quiet[1]):
        raise SettingsError(f"station {quiet[0]} does not stand in {month_text(quiet[1])}; choose another to be silent")
    shift = parse_drift(drift, shown)
    place = target(to if to is not None else folder)
    # Nothing is entered after the last month has closed: the databases stand as at its cut-off.
    world = World(province, silent=quiet, now=cutoff_of(shown[-1]), seed=seed)
    live(world, Random(seed), warm_up=add_months(first, -_WARM_UP), first=first, after=after, progress=progress)
    ledger = CriminalLedger(
        world, seed=f"criminal process {seed}", first_day=add_months(first, -_WARM_UP), last_day=after - timedelta(days=1)
    )
    for story in (ScreeningStory(ledger), MeasureStory(ledger), CaseCloseStory(ledger)):
        story.tell()
    found = add_defects(world, Random(seed + 1), defects, first, after)
    add_mishaps(world, Random(seed + 2), shown)
    world.write_uploads(shown)

    folder.mkdir(parents=True, exist_ok=True)
    if on_month is not None:
        for month in shown[:-1]:
            _write(world, place, cutoff_of(month) - _SECOND, shift, month)
            on_month(month_text(month))
    _write(world, place, END, shift, shown[-1])
    cells = _tally(world, list(months_between(add_months(first, -_WARM_UP), after)), shown)
    _write_csv(folder / "tally.csv", _TALLY_HEADER, ((c.form_id, c.period, c.unit_code, c.row_code, c.column_code, c.value) for c in cells))
    _write_csv(folder / "defects.csv", _DEFECTS_HEADER, ((d.kind, d.source, d.table, d.key, d.column, d.value) for d in found))
    if on_month is not None:
        on_month(month_text(shown[-1]))
    return SimulationResult(
        folder=folder,
        records={f"{name}.{table}": count for name, records in world.systems.items() for table, count in records.counts().items()},
        months=tuple(map(month_text, shown)),
        tally_cells=len(cells),
        silent_unit=quiet[0] if quiet else None,
        silent_month=month_text(quiet[1]) if quiet else None,
        locations={name: place.location(name) for name in world.systems},
        defects=tuple(found),
    )


def _silence(silent: tuple[str, str] | str | None, shown: list[date]) -> tuple[str, date] | None:
    if silent is None:
        return None
    if silent == DEFAULT_SILENT:
        return _DEFAULT_SILENT_STATION, shown[-1]
    if isinstance(silent, str):
        raise SettingsError(f"silent is {silent!r}; give a station and a month, or nothing")
    unit, text = silent
    for month in shown:
        if month_text(month) == text:
            return unit, month
    raise SettingsError(f"silent month {text!r} is not simulated; give one of {', '.join(map(month_text, shown))}")


def _write(world: World, place: Target, moment: datetime, shift: Drift | None, month: date) -> None:
    for name, records in world.systems.items():
        contents: list[Content] = [(table, columns, list(records.rows_at(table, moment))) for table, columns in records.columns.items()]
        if shift is not None and month >= shift.since:
            contents = [shift.apply(content) for content in contents]
        place.write(name, contents)


def _tally(world: World, played: list[date], shown: list[date]) -> list[Cell]:
    province = world.province
    outbreaks = [*world.criminal.outbreaks(), *world.admin.outbreaks()]
    return [
        *world.criminal.cells(province, played, shown),
        *world.admin.cells(province, played, shown),
        *world.incidents.cells(province, shown),
        *world.disputes.cells(province, played, shown, outbreaks),
        *world.objects.cells(province, shown),
    ]


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    os.replace(unfinished, path)
