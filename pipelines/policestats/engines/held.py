"""A file that another process holds: whoever wants it waits until it is free, and says for whom it waits."""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from policestats import settings
from policestats.errors import StatisticsError

Opened = TypeVar("Opened")
log = logging.getLogger(__name__)
_SHORTEST, _LONGEST = 0.1, 2.0  # seconds between two tries
#: what may be shown of another process's command line: the program and its command, never an address or the value of an option
_WORD = re.compile(r"[a-z_.-]+")


def when_free(path: Path, opens: Callable[[], Opened]) -> Opened:
    """Return what ``opens`` gives; while another process holds the database file at ``path``, wait for $POLICESTATS_LOCK_WAIT minutes at most.

    Whom it waits for is logged once for each holder.

    Raises: StatisticsError naming the holder when it still holds the file; duckdb.IOException as it comes when the file cannot be opened at all.
    """
    waiting = _Waiting(path)
    while True:
        try:
            return opens()
        except duckdb.IOException as error:
            holder = _holder(str(error))
            if holder is None:
                raise
            waiting.for_holder(holder)


def lock_when_free(path: Path, handle: int) -> None:
    """Take the lock of the open file ``handle`` at ``path``, which ends with the process, however it ends; wait as ``when_free`` does.

    The file names the process that holds it.
    """
    waiting = _Waiting(path)
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.pread(handle, 20, 0).decode(errors="replace").strip()
            waiting.for_holder(f"process {process}{_runs(int(process))}" if process.isdigit() else "another process")
        else:
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            return


class _Waiting:
    """Waits a little longer each time, until patience ends; whoever holds the file is told once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._patience = settings.lock_wait()
        self._until, self._pause, self._told = time.monotonic() + self._patience, _SHORTEST, ""

    def for_holder(self, holder: str) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise StatisticsError(
                f"{self._path}: {holder} holds the file, after {self._patience / 60:g} minutes of waiting; "
                "wait for it to end, or end it, then run again"
            ) from None
        if holder != self._told:
            log.warning("%s is held by %s; waiting for it to end", self._path, holder)
            self._told = holder
        time.sleep(min(self._pause, left))
        self._pause = min(self._pause * 1.5, _LONGEST)


def _holder(said: str) -> str | None:
    """Return the process that the engine's sentence names, with what it runs; None when the sentence is not about a lock."""
    if not re.search(r"\block\b", re.sub(r'"[^"]*"', "", said)):  # a folder may have that name
        return None
    found = re.search(r"PID (\d+)", said)
    return f"process {found[1]}{_runs(int(found[1]))}" if found else "another process"


def _runs(process: int) -> str:
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:  # it has just ended, or belongs to somebody else
        return ""
    program = [Path(word).name for word in words[:2]]
    shown = [word for word in (*program, *words[2:3]) if _WORD.fullmatch(word)]
    return f" ({' '.join(shown)})" if shown else ""
