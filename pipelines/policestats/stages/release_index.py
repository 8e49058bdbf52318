"""Writes releases/index.html: every release of a home, newest period first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from policestats.engines import release_folder
from policestats.errors import ReleaseError
from policestats.periods import ReferencePeriod
from policestats.reports.writers.html import write_releases_page
from policestats.reports.writers.screen import ReleaseLine


def write_index_of_releases(home: Path) -> None:
    """Write the list of all releases anew, in one move. One whose manifest cannot be read is listed as such."""
    lines = release_lines(home)
    release_folder.put_index(home, lambda path: write_releases_page(path, lines))


def release_lines(home: Path) -> list[ReleaseLine]:
    """Return the releases of ``home``: by the end of their periods, newest first, longer periods before shorter ones, then by number."""
    known = release_folder.releases(home)
    newest = {r.period: r.name for r in known}  # in order of numbers
    links = release_folder.linked(home)
    lines = []
    for release in known:
        line = ReleaseLine(release.name, release.period, newest[release.period] == release.name, links.get(release.name, []))
        try:
            manifest = release.manifest()
            made_at, forms = manifest["created_at"].replace("T", " "), sorted(manifest["definitions"]["form"])
            lines.append(replace(line, made_at=made_at, as_of=str(manifest["as_of"]), forms=forms))
        except ReleaseError as error:
            lines.append(replace(line, problem=str(error)))
    order = {r.name: (ReferencePeriod.parse(r.period).end, -ReferencePeriod.parse(r.period).start.toordinal(), r.number) for r in known}
    return sorted(lines, key=lambda line: order[line.name], reverse=True)
