"""Simulate some months of police work into two source databases, and say what a statistician would count."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from policestats.errors import SettingsError
from policestats.simulator.admin_story import AdminStory
from policestats.simulator.calendar import add_months, cutoff_of, month_of, month_text, months_between
from policestats.simulator.criminal_story import CriminalStory
from policestats.simulator.diary import Diary
from policestats.simulator.figures import Cell
from policestats.simulator.incident_story import IncidentStory
from policestats.simulator.province import make_province
from policestats.simulator.world import World

#: Stands for "one station in the last month".
DEFAULT_SILENT = "default"
_DEFAULT_SILENT_STATION = "990102520000"
#: Months of case work before the first month, so that it opens with pending and unsolved cases.
_WARM_UP = 2
_MERGER_AFTER = 6
_TALLY_HEADER = ("form_id", "period", "unit_code", "row_code", "column_code", "value")


@dataclass(frozen=True)
class SimulationResult:
    """What was simulated.

    ``records`` counts the rows of each table, written ``<database>.<table>``; ``silent_unit`` and ``silent_month`` (2026-02) are None
    when nobody was silent.
    """

    folder: Path
    records: dict[str, int]
    months: tuple[str, ...]
    tally_cells: int
    silent_unit: str | None
    silent_month: str | None


def simulate(
    folder: Path,
    *,
    months: int = 14,
    seed: int = 1,
    start: date = date(2025, 1, 1),
    silent: tuple[str, str] | str | None = DEFAULT_SILENT,
    progress: Callable[[str], None] | None = None,
) -> SimulationResult:
    """Write ``incident_desk.sqlite``, ``case_system.sqlite`` and ``tally.csv`` into ``folder``.

    The tally has every counted cell that is not zero and every rate that is defined, for all units and the months simulated. At the silent
    station's own silent month it has what does not come from that month: stocks, cumulative figures, comparisons.

    Args:
        folder: Made when it is not there; its three files are replaced.
        months: Months simulated, from the month of ``start`` on; two stations merge after the sixth.
        seed: The same seed gives the same records and the same tally.
        start: Any day of the first month.
        silent: A station and a month (2026-02) of which nothing is entered; None: nobody is silent; default: one station, the last month.
        progress: Called with a line of text after each month.
    Raises: SettingsError when there is no such station or month, or ``months`` is below 1.
    """
    if months < 1:
        raise SettingsError(f"months is {months}; simulate at least 1")
    first = month_of(start)
    after = add_months(first, months)
    province = make_province(add_months(first, _MERGER_AFTER))
    shown = list(months_between(first, after))
    quiet = _silence(silent, shown)
    if quiet is not None and not province.station(quiet[0]).stands_on(quiet[1]):
        raise SettingsError(f"station {quiet[0]} does not stand in {month_text(quiet[1])}; choose another to be silent")
    world = World(province, silent=quiet)
    _live(world, Random(seed), warm_up=add_months(first, -_WARM_UP), first=first, after=after, progress=progress)
    world.write_uploads(shown)

    folder.mkdir(parents=True, exist_ok=True)
    for records in (world.desk, world.case_system):
        records.write(folder)
    played = list(months_between(add_months(first, -_WARM_UP), after))
    cells = [
        *world.criminal.cells(province, played, shown),
        *world.admin.cells(province, played, shown),
        *world.incidents.cells(province, shown),
    ]
    _write_tally(folder / "tally.csv", cells)
    return SimulationResult(
        folder=folder,
        records={
            f"{records.database}.{table}": len(rows)
            for records in (world.desk, world.case_system)
            for table, rows in records.tables.items()
        },
        months=tuple(map(month_text, shown)),
        tally_cells=len(cells),
        silent_unit=quiet[0] if quiet else None,
        silent_month=month_text(quiet[1]) if quiet else None,
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


def _live(world: World, rng: Random, *, warm_up: date, first: date, after: date, progress: Callable[[str], None] | None) -> None:
    # Nothing is entered after the last month has closed: the databases stand as at its cut-off.
    diary = Diary(world, rng, now=cutoff_of(add_months(after, -1)), last_day=after - timedelta(days=1))
    admin = AdminStory(diary)
    criminal = CriminalStory(diary, on_withdrawn=lambda case, day: admin.take_over(case, day))
    incidents = IncidentStory(diary, criminal, admin)
    day = warm_up
    while day < after:
        for station in world.province.stations(day):
            if world.is_silent([station], day):
                continue
            calls = diary.draw({0: 20, 1: 30, 2: 25, 3: 15, 4: 10}) if day >= first else 0
            for _ in range(calls):
                incidents.call(station, day)
            if diary.chance(0.12 if day >= first else 0.3):
                criminal.file(station, day)
            if diary.chance(0.2 if day >= first else 0.5):
                admin.register(station, day)
            if diary.chance(0.012):
                criminal.receive(station, day)
            if diary.chance(0.01):
                admin.receive(station, day)
        diary.do(day)
        day += timedelta(days=1)
        if progress is not None and day.day == 1:
            written = {records.database: sum(map(len, records.tables.values())) for records in (world.desk, world.case_system)}
            progress(f"{month_text(add_months(day, -1))}: {', '.join(f'{count} records in {name}' for name, count in written.items())}")


def _write_tally(path: Path, cells: Iterable[Cell]) -> None:
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_TALLY_HEADER)
        writer.writerows((c.form_id, c.period, c.unit_code, c.row_code, c.column_code, c.value) for c in cells)
    os.replace(unfinished, path)
