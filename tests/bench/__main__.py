"""`python -m tests.bench [NAME ...]`: time and peak memory beside a bare program doing the same in the same run. It says which aims are missed and fails for none.

A bench is a folder beside this file with a ``lines.py``: ``missing()`` says why it cannot run here, ``lines(work, tell)`` measures. Every
measurement runs in a process of its own. What lacks its records is left out, with the reason.
"""

from __future__ import annotations

import argparse
import importlib
import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.measure import Line, Measurement, measured

BENCHES = sorted(path.parent.name for path in Path(__file__).parent.glob("*/lines.py"))


def main() -> None:
    """Measure what was named, or all, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Time and peak memory beside a bare program.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES) + "; default all")
    names = parser.parse_args().names or BENCHES
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; known: {', '.join(BENCHES)}")
    console = Console(highlight=False, soft_wrap=True)
    table = Table("measured", "time (CPU)", "peak memory", "beside", "its time (CPU)", "its peak", "ratio", "aim", "missed")
    left_out = []

    def tell(text: str) -> None:
        console.print(text, style="dim", markup=False)

    with tempfile.TemporaryDirectory(prefix="policestats-bench-") as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        tell("the libraries are loaded once")
        measured("libraries:load")
        for name in names:
            bench = importlib.import_module(f"tests.bench.{name}.lines")
            reason = bench.missing()
            if reason:
                left_out.append(f"{name}: {reason}")
                continue
            work = Path(folder) / name
            work.mkdir()
            for line in bench.lines(work, tell):
                tell(" | ".join(_shown(line)))
                table.add_row(*_shown(line))
    natural = console.measure(table, options=console.options.update(max_width=10_000)).maximum  # never cut a figure off
    Console(highlight=False, soft_wrap=True, width=max(console.width, natural)).print(table)
    for text in left_out:
        console.print(f"left out: {text}")


def _shown(line: Line) -> list[str]:
    ratio = f"{line.ratio:.2f}" if line.ratio is not None else ""
    return [line.title, *_taken(line.taken), line.against, *(_taken(line.base) if line.base else ("", "")), ratio, line.aims, line.missed]


def _taken(taken: Measurement) -> tuple[str, str]:
    return f"{taken.seconds:.1f} s ({taken.cpu_seconds:.1f})", f"{taken.peak_mib:,.0f} MiB"


if __name__ == "__main__":
    main()
