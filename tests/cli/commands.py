"""Runs a command in this process as the console script would, and keeps what it prints."""

from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from policestats.cli import main


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, read as JSON."""
        return json.loads(self.out)

    @property
    def csv(self) -> list[dict[str, str]]:
        """What was printed, read as CSV."""
        return list(csv.DictReader(io.StringIO(self.out)))


def policestats(*words: Any) -> Done:
    """Run ``policestats words`` and return its exit code and output."""
    before, code = sys.argv, 0
    sys.argv = ["policestats", *map(str, words)]
    try:
        with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
            try:
                main()
            except SystemExit as leave:
                code = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())
