"""Measurements, each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Measurement:
    """What one function took. ``result`` is what it returned, e.g. the number of cells.

    ``cpu_seconds`` is the time of all processors together: where other work runs at the same time it tells more than ``seconds``.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    result: Any


@dataclass(frozen=True)
class Line:
    """A line of the table: a measurement, what it is compared with, and the aims: greatest ratio of times, seconds and MiB (None: none is set)."""

    title: str
    taken: Measurement
    against: str = ""
    base: Measurement | None = None
    aim: float | None = None
    most_seconds: float | None = None
    most_mib: float | None = None

    @property
    def ratio(self) -> float | None:
        """Seconds taken over the seconds of the base; None without a base."""
        return self.taken.seconds / self.base.seconds if self.base else None

    @property
    def aims(self) -> str:
        """The aims in words; empty when none is set."""
        parts = (("ratio", self.aim, ""), ("", self.most_seconds, " s"), ("", self.most_mib, " MiB"))
        return ", ".join(f"{name} at most {most:g}{unit}".strip() for name, most, unit in parts if most is not None)

    @property
    def missed(self) -> str:
        """The aims that were missed, in words; empty when there is none."""
        found = (
            ("ratio", self.ratio, self.aim),
            ("time", self.taken.seconds, self.most_seconds),
            ("memory", self.taken.peak_mib, self.most_mib),
        )
        return ", ".join(name for name, value, most in found if value is not None and most is not None and value > most)


def measured(function: str, *arguments: object) -> Measurement:
    """Return what ``function`` (module:name under tests.bench) took in a fresh process.

    This process stays small: a child's ru_maxrss begins with what its parent held when it was started. The child keeps compiled
    bytecode in the folder $PYTHONPYCACHEPREFIX, if it is set.

    Raises: RuntimeError with the end of the child's messages when it fails.
    """
    command = [sys.executable, "-m", "tests.bench.step", f"tests.bench.{function}", *map(str, arguments)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise RuntimeError(f"{function} failed:\n{done.stderr[-3000:]}")
    taken = json.loads(done.stdout.splitlines()[-1])
    return Measurement(taken["seconds"], taken["cpu_seconds"], taken["peak_mib"], taken["result"])
