"""Measurements, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Measurement:
    """What one function took. ``result`` is what it returned, e.g. the number of cells."""

    seconds: float
    peak_mib: float
    result: Any


@dataclass(frozen=True)
class Line:
    """A line of the table: a measurement, what it is compared with, and the greatest ratio of times that is the aim (None: none is set)."""

    title: str
    taken: Measurement
    against: str = ""
    base: Measurement | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        """Seconds taken over the seconds of the base; None without a base."""
        return self.taken.seconds / self.base.seconds if self.base else None


def measured(function: str, *arguments: object) -> Measurement:
    """Return what ``function`` (module:name under tests.bench) took in a fresh process.

    This process stays small: a child's ru_maxrss begins with what its parent held when it was started.

    Raises: RuntimeError with the end of the child's messages when it fails.
    """
    command = [sys.executable, "-m", "tests.bench.step", f"tests.bench.{function}", *map(str, arguments)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{function} failed:\n{done.stderr[-3000:]}")
    taken = json.loads(done.stdout.splitlines()[-1])
    return Measurement(taken["seconds"], taken["peak_mib"], taken["result"])
