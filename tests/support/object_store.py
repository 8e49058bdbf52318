"""A real S3-compatible server on the loopback address: rclone, one binary, which serves the folders below a folder as buckets."""

from __future__ import annotations

import ctypes
import re
import shutil
import signal
import subprocess
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

KEY_ID, SECRET_KEY = "STATISTICS", "a-secret-that-only-the-tests-use"
_STARTED = re.compile(r"server on \[(http://127\.0\.0\.1:\d+)/?\]")
_PATIENCE_SECONDS = 30
_PR_SET_PDEATHSIG = 1


def server_binary() -> str | None:
    """Return the path of rclone, from this environment or the machine; None when it is not installed."""
    beside = Path(sysconfig.get_path("scripts")) / "rclone"
    return str(beside) if beside.exists() else shutil.which("rclone")


@contextmanager
def object_store(binary: str, folder: Path, cache: Path) -> Iterator[str]:
    """Serve ``folder`` on a free port and give the endpoint's address; requests must be signed with KEY_ID and SECRET_KEY."""
    command = [binary, "serve", "s3", str(folder), "--addr", "127.0.0.1:0", "--auth-key", f"{KEY_ID},{SECRET_KEY}"]
    command += ["--dir-cache-time", "0s", "--config", "", "--cache-dir", str(cache)]  # what a test writes into the folder is there at once
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=_end_with_us)
    lines: Queue[str] = Queue()
    # read on to the end: a full pipe would stop the server
    threading.Thread(target=lambda: [lines.put(line) for line in process.stderr or ()], daemon=True).start()
    try:
        yield _endpoint(lines)
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _end_with_us() -> None:
    """The server ends when the tests do, however they end."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _endpoint(lines: Queue[str]) -> str:
    said = []
    try:
        while True:
            said.append(lines.get(timeout=_PATIENCE_SECONDS))
            found = _STARTED.search(said[-1])
            if found:
                return found[1]
    except Empty:
        raise RuntimeError(f"the S3 server did not start: {''.join(said)}") from None
