"""Where releases lie: HOME/releases/<period>-r<n>/, and `current`, a link that moves in one step.

Bulletins of a day or a week have links of their own, `current-day` and `current-week`: `current` stays with what is signed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policestats.engines.held import lock_when_free
from policestats.errors import ReleaseError, nearest
from policestats.periods import ReferencePeriod

RELEASES = "releases"
CURRENT = "current"
_BULLETINS = {frequency: f"{CURRENT}-{frequency}" for frequency in ("day", "week")}
STATISTICS = "statistics.duckdb"
TRACE = "trace.duckdb"
MANIFEST = "manifest.json"
INDEX = "index.html"
#: end of the files that hold record keys: restricted as the trace is
RECORDS = ".records.js"
_NAME = re.compile(r"^(?P<period>\d{4}(?:-[0-9A-Z]+)*)-r(?P<number>\d+)$")
_BUILDING = ".building-"
_LINKING = ".linking-"


@dataclass(frozen=True)
class ReleaseFolder:
    """A published release. ``path`` is the real folder, so that a reader keeps one release while `current` moves on."""

    path: Path
    period: str
    number: int

    @property
    def name(self) -> str:
        """Such as 2026-10-r2."""
        return self.path.name

    @property
    def statistics(self) -> Path:
        """The file every reader may open."""
        return self.path / STATISTICS

    @property
    def trace(self) -> Path:
        """The restricted file with the contributions."""
        return self.path / TRACE

    def manifest(self) -> dict[str, Any]:
        """Return manifest.json. Raises: ReleaseError when it cannot be read."""
        path = self.path / MANIFEST
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ReleaseError(f"{path}: cannot be read ({error}); remove the folder {self.name} and publish the period again") from None
        return found


def release_name(period: str, number: int) -> str:
    """Return the name of a release's folder.

    >>> release_name("2026-10", 2)
    '2026-10-r2'
    """
    return f"{period}-r{number}"


def releases(home: Path) -> list[ReleaseFolder]:
    """Return the published releases by period and number; none when nothing was published."""
    folder = home / RELEASES
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _NAME.match(path.name)
        if match and path.is_dir() and not path.is_symlink():
            found.append(ReleaseFolder(path, match["period"], int(match["number"])))
    return sorted(found, key=lambda r: (r.period, r.number))


def latest(home: Path, period: str) -> ReleaseFolder | None:
    """Return the newest release of ``period``; None when there is none."""
    return next((r for r in reversed(releases(home)) if r.period == period), None)


def resolve(home: Path, asked: str = CURRENT) -> ReleaseFolder:
    """Return the release ``asked`` for: `current` (or that of a bulletin), a period (its newest release) or a release's name.

    Raises: ReleaseError naming the folder and the releases there are.
    """
    known = releases(home)
    if asked in (CURRENT, *_BULLETINS.values()):
        link = home / RELEASES / asked
        if not link.exists():
            raise ReleaseError(f"{link}: nothing has been published yet; run 'policestats publish', or give the folder of the data (home)")
        asked = link.resolve().name
    found = next((r for r in reversed(known) if asked in (r.name, r.period)), None)
    if found is None:
        names = [*(r.name for r in known), *(r.period for r in known)]
        raise ReleaseError(f"release {asked!r} is not in {home / RELEASES}; {nearest(asked, names)}")
    return found


@contextmanager
def building(home: Path) -> Iterator[Path]:
    """Give an empty hidden folder beside the releases; what is not placed by the end is removed, as is what a killed build left.

    While another process publishes into the same home it waits, as for the warehouse. Raises: StatisticsError when that takes too long.
    """
    folder = home / RELEASES
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        lock_when_free(folder / ".lock", lock)
        _sweep(folder)
        build = folder / f"{_BUILDING}{os.getpid()}"
        build.mkdir()
        try:
            yield build
        finally:
            _sweep(folder)
    finally:
        os.close(lock)


def place(build: Path, home: Path, period: str, number: int) -> ReleaseFolder:
    """Make the finished folder ``build`` the release ``number`` of ``period``, read-only, in one move."""
    for path in build.rglob("*"):
        if path.is_file():
            path.chmod(0o440 if path.name == TRACE or path.name.endswith(RECORDS) else 0o444)
    target = home / RELEASES / release_name(period, number)
    build.rename(target)
    return ReleaseFolder(target, period, number)


def point_current(home: Path, release: ReleaseFolder) -> None:
    """Make `current`, or the bulletin's own link, name ``release`` in one move: a reader finds the old release or the new one, never none.

    A release of a period that ended before the one named does not take its place: making an old month again leaves readers where they are.
    """
    folder = home / RELEASES
    period = ReferencePeriod.parse(release.period)
    place = folder / _BULLETINS.get(period.frequency, CURRENT)
    named = _NAME.match(place.resolve().name) if place.exists() else None
    if named and ReferencePeriod.parse(named["period"]).end > period.end:
        return
    link = folder / f"{_LINKING}{os.getpid()}"
    link.symlink_to(release.name)
    os.replace(link, place)


def linked(home: Path) -> dict[str, list[str]]:
    """Return the links (`current` and those of bulletins) by the name of the release that each names."""
    found: dict[str, list[str]] = {}
    for name in (CURRENT, *_BULLETINS.values()):
        if (home / RELEASES / name).exists():
            found.setdefault((home / RELEASES / name).resolve().name, []).append(name)
    return found


def put_index(home: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make the list of all releases, and put it in place in one move: a reader finds the old list or the new one."""
    made = home / RELEASES / f"{_LINKING}{os.getpid()}"
    write(made)
    made.chmod(0o644)
    os.replace(made, home / RELEASES / INDEX)


def _sweep(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name.startswith(_BUILDING):
            shutil.rmtree(path)
        elif path.name.startswith(_LINKING):
            path.unlink()
