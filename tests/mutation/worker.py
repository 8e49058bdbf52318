"""One process of several: its own world, and what it is told to break."""

from __future__ import annotations

from tests.mutation.subjects import Result, Subject, run
from tests.mutation.world import World

_WORLDS: list[World] = []


def begin(standard: str) -> None:
    """Read the definitions once for all that follows."""
    _WORLDS.append(World.of(standard))


def work(subject: Subject) -> list[Result]:
    """Break one definition in every way there is."""
    return run(_WORLDS[-1], subject)
