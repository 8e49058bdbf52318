"""`python -m tests.bench [NAME ...]`: time and peak memory beside a bare program doing the same in the same run. It judges nothing.

A bench is a folder beside this file with a ``lines.py``: ``missing()`` says why it cannot run here, ``lines(work, tell)`` measures. Every
measurement runs in a process of its own. What lacks its records is left out, with the reason.
"""

from __future__ import annotations

import argparse
import importlib
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.measure import Line

BENCHES = sorted(path.parent.name for path in Path(__file__).parent.glob("*/lines.py"))


def main() -> None:
    """Measure what was named, or all, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Time and peak memory beside a bare program.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES) + "; default all")
    names = parser.parse_args().names or BENCHES
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        parser.error(f"there is no bench {unknown[0]!r}; known: {', '.join(BENCHES)}")
    console = Console()
    table = Table("measured", "time", "peak memory", "beside", "its time", "its peak", "ratio", "aim")
    left_out = []
    for name in names:
        bench = importlib.import_module(f"tests.bench.{name}.lines")
        reason = bench.missing()
        if reason:
            left_out.append(f"{name}: {reason}")
            continue
        with tempfile.TemporaryDirectory(prefix="policestats-bench-") as folder:
            for line in bench.lines(Path(folder), lambda text: console.print(text, style="dim", highlight=False)):
                table.add_row(*_shown(line))
    console.print(table)
    for text in left_out:
        console.print(f"left out: {text}")


def _shown(line: Line) -> list[str]:
    base = line.base
    return [
        line.title,
        f"{line.taken.seconds:.1f} s",
        f"{line.taken.peak_mib:,.0f} MiB",
        line.against,
        f"{base.seconds:.1f} s" if base else "",
        f"{base.peak_mib:,.0f} MiB" if base else "",
        f"{line.ratio:.2f}" if line.ratio is not None else "",
        f"at most {line.aim:g}" if line.aim is not None else "",
    ]


if __name__ == "__main__":
    main()
