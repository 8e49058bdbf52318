"""Break every definition of a standard by named operators; the hand-computed cases alone must catch 95 of 100.

Usage: python -m tests.mutation [--standard cn] [--processes 2] [FORM ...]
Survivors must stand in accepted.yaml with the reason, each read by two people; one that does not, or too many of them, is an error.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path

import yaml

from tests.mutation.subjects import Result, subjects
from tests.mutation.worker import begin, work
from tests.mutation.world import CAUGHT, REFUSED, SURVIVED, World

ACCEPTED = Path(__file__).with_name("accepted.yaml")
LEAST_PCT = 95


def main(words: list[str]) -> int:
    """Run from the command line and return the exit code: 1 when too many mutants live, or one that nobody explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("forms", nargs="*", help="only the definitions that these forms rest on")
    parser.add_argument("--standard", default="cn")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(words)
    world = World.of(asked.standard)
    chosen = asked.forms or list(world.forms)
    todo, began, results = subjects(world, chosen), time.monotonic(), list[Result]()
    with get_context("spawn").Pool(asked.processes, begin, (asked.standard,)) as pool:
        for i, found in enumerate(pool.imap_unordered(work, todo), start=1):
            results += found
            for one in (r for r in found if r.outcome == SURVIVED):  # told at once: a run takes long, and may be ended before its report
                print(f"\ralive: {one.subject}: {one.told}", file=sys.stderr)
            alive = sum(r.outcome == SURVIVED for r in results)
            print(
                f"\r{i}/{len(todo)} definitions, {len(results)} mutants, {alive} alive, {time.monotonic() - began:.0f} s",
                end="",
                file=sys.stderr,
            )
    print(file=sys.stderr)
    return report(results)


def report(results: list[Result]) -> int:
    """Print what became of the mutants and return the exit code."""
    accepted = {(e["subject"], e["what"]): e["reason"] for e in yaml.safe_load(ACCEPTED.read_text(encoding="utf-8")) or []}
    by_operator: dict[str, Counter[str]] = {}
    for result in results:
        by_operator.setdefault(result.operator, Counter())[result.outcome] += 1
    print(f"{'operator':24}{'mutants':>9}{'caught':>9}{'alive':>9}{'refused':>9}")
    for operator, counts in sorted(by_operator.items()):
        print(f"{operator:24}{counts[CAUGHT] + counts[SURVIVED]:>9}{counts[CAUGHT]:>9}{counts[SURVIVED]:>9}{counts[REFUSED]:>9}")
    total = Counter(r.outcome for r in results)
    judged = total[CAUGHT] + total[SURVIVED]
    pct = 100 * total[CAUGHT] / judged if judged else 100.0
    print(f"{'all':24}{judged:>9}{total[CAUGHT]:>9}{total[SURVIVED]:>9}{total[REFUSED]:>9}   {pct:.2f} % caught (at least {LEAST_PCT})")
    unexplained = 0
    for result in sorted((r for r in results if r.outcome == SURVIVED), key=lambda r: (r.subject, r.operator, r.told)):
        reason = accepted.get((result.subject, result.told))
        unexplained += reason is None
        print(f"  alive: {result.subject} | {result.operator} | {result.told}" + (f" | {reason}" if reason else ""))
    if unexplained:
        print(f"{unexplained} of them have no reason in {ACCEPTED.name}")
    return int(pct < LEAST_PCT or unexplained > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
