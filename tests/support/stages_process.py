"""The stages in a process of their own, that can be killed: run as ``python -m tests.support.stages_process HOME SOURCES PERIOD STAGE ...``.

SOURCES is a folder with a SQLite file per source, or the address of a server's database with a schema per source.

It says ``begin STAGE`` and ``end STAGE`` on standard output, and after each end waits for a line on standard input: whoever started it may
kill it there, or between the two. Six forms are tabulated, of every kind of source among the base six: what is killed and begun again is the stage.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.ledger import ROOT


@dataclass(frozen=True)
class Kill:
    """Where to kill: after ``stage``, or ``seconds`` after it began (at its end when it is sooner over)."""

    stage: str
    seconds: float | None = None


def run(home: Path, sources: Path | str, period: str, stages: Sequence[str], kill: Kill | None = None) -> dict[str, float]:
    """Run the stages in a process, killing it where ``kill`` says; return how many seconds each stage took that came to its end."""
    command = [sys.executable, "-m", "tests.support.stages_process", str(home), str(sources), period, *stages]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    took: dict[str, float] = {}
    began = 0.0
    timer: threading.Timer | None = None
    complaints: list[str] = []
    reader = threading.Thread(target=lambda: complaints.extend(process.stderr or ()))
    reader.start()
    for line in process.stdout:
        said, _, stage = line.strip().partition(" ")
        if said == "begin":
            began = time.monotonic()
            if kill is not None and kill.stage == stage and kill.seconds is not None:
                timer = threading.Timer(kill.seconds, process.kill)
                timer.start()
        elif said == "end":
            took[stage] = time.monotonic() - began
            if kill is not None and kill.stage == stage:
                process.kill()
            else:
                process.stdin.write("\n")
                process.stdin.flush()
    code = process.wait()
    reader.join()
    if timer is not None:
        timer.cancel()
    expected = -signal.SIGKILL if kill is not None else 0
    assert code == expected, f"ended with {code}, expected {expected}:\n{''.join(complaints)[-2000:]}"
    return took


def _main(home: Path, sources: str, period: str, stages: Sequence[str]) -> None:
    from policestats.catalog import load_catalog
    from policestats.simulator.targets import target
    from tests.support.tally import COUNTED

    catalog = load_catalog(ROOT, "cn")

    def do(stage: str) -> None:
        if stage.startswith("extract:"):
            from policestats.stages import extract

            source = stage.removeprefix("extract:")
            extract.run(catalog=catalog, source=source, location=target(sources).location(source), home=home)
        elif stage == "conform":
            from policestats.stages import conform

            conform.run(catalog=catalog, home=home)
        elif stage == "validate":
            from policestats.stages import validate

            validate.run(catalog=catalog, home=home)
        elif stage == "tabulate":
            from policestats.stages import tabulate

            tabulate.run(catalog=catalog, home=home, period=period, forms=COUNTED)
        else:
            assert stage == "publish", stage
            from policestats.stages import publish

            publish.run(catalog=catalog, home=home, period=period)

    for stage in stages:
        print(f"begin {stage}", flush=True)
        do(stage)
        print(f"end {stage}", flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
