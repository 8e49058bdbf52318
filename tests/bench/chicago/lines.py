"""What is measured on the four million records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.measure import REPOSITORY, Line, measured

DATA = REPOSITORY.parent / "shared" / "data" / "chicago_scale_2001_2009"
PERIOD = "2009"
AIM = 3.0  # times the bare program


def missing() -> str | None:
    """Return why nothing can be measured here; None when all is there."""
    return None if DATA.is_dir() else "the records are not beside the repository (shared/data/chicago_scale_2001_2009)"


def lines(work: Path, tell: Callable[[str], None]) -> Iterator[Line]:
    """Measure under ``work`` and yield the lines of the table.

    Raises: RuntimeError when the release and the bare program do not hold the same counts.
    """
    tell("chicago: the delivered folder")
    measured("chicago.program:deliver", DATA, work / "delivered")
    tell("chicago: the bare program")
    bare = measured("chicago.program:bare", work / "delivered", work / "bare", PERIOD)
    tell("chicago: extract to release")
    release = measured("chicago.stages:release", work / "delivered", work / "home", PERIOD)
    yield Line(f"4.1 million records, extract to release of {PERIOD}", release, "bare DuckDB", bare, AIM)
    for stage, seconds in release.result["stages"].items():
        tell(f"chicago:   {stage} {seconds:.1f} s")
    differing = measured("chicago.program:differing", work / "bare", work / "home").result
    if differing:
        raise RuntimeError(f"the release and the bare program differ in {differing} cells")
