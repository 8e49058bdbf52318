"""What is measured on the simulated province."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.measure import Line, Measurement, measured
from tests.bench.province.forms import COLUMNS
from tests.bench.province.stages import FIRST

SCALE = os.environ.get("BENCH_PROVINCE_SCALE", "1")  # the share of a province's records, for a quick look
OBJECTS = os.environ.get("BENCH_PROVINCE_OBJECTS", "0.1")  # the share of its 55 million collected objects
SHARE = "0.001"  # of the records change
AIM_SECONDS, AIM_MIB = 60.0, 4096.0
AIMS_AFTER_CHANGE = {"recent": ("the last 30 days", 0.1), "even": ("five years evenly", 0.25)}  # times the full tabulation
AIM_READ_MS = 100.0
#: beside which hand-written programs a form is filled, and the greatest ratio of times
LIBRARIES = {"pandas": 0.1, "polars": 1.0}
_KEY = "POLICESTATS_PSEUDONYM_KEY"


def missing() -> str | None:
    """Return None: a simulated province needs nothing that is not here; without polars only its lines are left out."""
    return None


def lines(work: Path, tell: Callable[[str], None]) -> Iterator[Line]:
    """Measure under ``work`` and yield the lines of the table.

    Raises: RuntimeError when a hand-written program counts otherwise, or an increment gives something else than the full tabulation.
    """
    os.environ.setdefault(_KEY, "a key that only the benchmark uses")
    world, home, definitions = work / "world", work / "home", work / "definitions"
    tell("province: five years are simulated")
    measured("province.definitions:define", definitions, FIRST)
    records = sum(measured("province.stages:simulate", world, SCALE, OBJECTS).result.values())
    tell(f"province: {records:,} records are landed, {float(OBJECTS):.0%} of the collected objects of a province among them")
    measured("province.stages:land", definitions, world, home)
    bare = measured("province.bare:scan_and_group", definitions, home)
    tell(
        f"province: bare DuckDB counts {bare.result['records']:,} records of {bare.result['tables']} tables by unit and month in {bare.seconds:.1f} s"
    )
    full = measured("province.stages:tabulate", definitions, home, "full")
    title = f"province of {records:,} records, {full.result['forms']} forms of a December ({full.result['cells']:,} cells, {full.result['statements']:,} SQL statements)"
    yield Line(title, full, "bare DuckDB, scan and group", bare, None, AIM_SECONDS, AIM_MIB)
    cells = measured("province.stages:filled", home).result
    empty = [name for name, count in cells.items() if not count]
    tell(f"province: {len(cells) - len(empty)} forms are filled from data; without a figure: {', '.join(empty) or 'none'}")
    yield from _forms(definitions, home, work, tell)
    for where, (shown, aim) in AIMS_AFTER_CHANGE.items():
        yield _changed(
            definitions,
            world,
            home,
            work,
            where,
            Line(f"the same forms after 0.1 % of the records changed, {shown}", full, "in full", full, aim),
            tell,
        )
    tell("province: the month is published and read")
    release = measured("province.readings:publish", definitions, home).result
    for what in ("forms", "traces"):
        read = measured(f"province.readings:{what}", release).result
        slowest = Measurement(read["slowest_ms"] / 1000, 0, 0, None)
        tell(
            f"province: {read['read']} {what} read, the slowest in {read['slowest_ms']:.0f} ms: {read['slowest']} (aim {AIM_READ_MS:.0f} ms)"
        )
        yield Line(
            f"the slowest of {read['read']} {what} of the release: {read['slowest']}, {read['slowest_ms']:.0f} ms",
            slowest,
            most_seconds=AIM_READ_MS / 1000,
        )


def _forms(definitions: Path, home: Path, work: Path, tell: Callable[[str], None]) -> Iterator[Line]:
    """Yield the lines of single forms beside hand-written programs, whose columns must agree with ours."""
    for form, columns in COLUMNS.items():
        ours = measured("province.stages:tabulate", definitions, home, "full", form)
        for library, aim in LIBRARIES.items():
            if importlib.util.find_spec(library) is None:
                tell(f"province: {library} is not installed")
                continue
            written = work / f"{form}.{library}.parquet"
            theirs = measured(f"province.by_{library}:fill", home, form, written)
            differing = measured("province.forms:differing", home, form, written).result
            if differing:
                raise RuntimeError(f"{form} and the program with {library} differ in {differing} cells")
            yield Line(f"{form} of the month, whole", ours, f"{library}, {len(columns)} columns of it", theirs, aim)


def _changed(definitions: Path, world: Path, home: Path, work: Path, where: str, line: Line, tell: Callable[[str], None]) -> Line:
    """Return the line with what the forms took after a change."""
    later, changed = work / f"home-{where}", work / f"world-{where}"
    shutil.copytree(home, later)
    shutil.copytree(world, changed)
    touched = measured("province.stages:touch", changed, SHARE, where).result
    measured("province.stages:land", definitions, changed, later)
    shutil.rmtree(changed)
    again = measured("province.stages:tabulate", definitions, later, "changes")
    tell(f"province: {touched:,} records changed; {again.result['statements']:,} SQL statements")
    if not measured("province.stages:is_as_in_full", definitions, later).result:
        raise RuntimeError(f"what was tabulated after a change ({where}) is not what a full tabulation gives")
    shutil.rmtree(later)
    return Line(line.title, again, line.against, line.base, line.aim)
