"""What is measured on the simulated city."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.measure import Line, measured

SCALE = os.environ.get("BENCH_CITY_SCALE", "1")  # the share of a city's records, for a quick look
SHARE = "0.001"  # of the records change
FORM = "Z11"  # the form that the bare program fills too
PERIOD = "2026-02"  # the last of the fourteen months
AIM = 2.0  # times the bare program
AIMS_AFTER_CHANGE = {"recent": ("the last 30 days", 0.1), "even": ("all months evenly", 0.25)}  # times the full tabulation


def missing() -> str | None:
    """Return None: a simulated city needs nothing that is not here."""
    return None


def lines(work: Path, tell: Callable[[str], None]) -> Iterator[Line]:
    """Measure under ``work`` and yield the lines of the table.

    Raises: RuntimeError when the form and the bare program differ, or an increment and the full tabulation.
    """
    world, home = work / "world", work / "home"
    tell("city: fourteen months are simulated")
    records = measured("city.stages:simulate", world, SCALE).result
    tell(f"city: {records:,} records are landed")
    measured("city.stages:land", world, home)
    tell(f"city: {FORM} by the bare program")
    bare = measured("city.program:bare", home, PERIOD, work / "cell.parquet")
    tell(f"city: {FORM} in full")
    alone = measured("city.stages:tabulate", home, PERIOD, "full", FORM)
    yield Line(f"city of {records:,} records, {FORM} of {PERIOD} in full", alone, "bare DuckDB", bare, AIM)
    differing = measured("city.program:differing", home, PERIOD, work / "cell.parquet").result
    if differing:
        raise RuntimeError(f"{FORM} and the bare program differ in {differing} cells")
    tell("city: every form in full")
    full = measured("city.stages:tabulate", home, PERIOD, "full")
    yield Line(f"the same city, every form of {PERIOD} in full ({full.result['cells']:,} cells)", full)
    for where, (shown, aim) in AIMS_AFTER_CHANGE.items():
        tell(f"city: a second delivery, {shown}")
        later, changed = work / f"home-{where}", work / f"world-{where}"
        shutil.copytree(home, later)
        shutil.copytree(world, changed)
        touched = measured("city.stages:touch", changed, SHARE, where).result
        measured("city.stages:land", changed, later)
        tell(f"city: every form after {touched:,} changed records")
        again = measured("city.stages:tabulate", later, PERIOD, "changes")
        yield Line(f"every form after 0.1 % of the records changed, {shown}", again, "in full", full, aim)
        if not measured("city.stages:is_as_in_full", later, PERIOD).result:
            raise RuntimeError(f"what was tabulated after a change ({shown}) is not what a full tabulation gives")
        shutil.rmtree(later)
        shutil.rmtree(changed)
