"""Where the demo is run without a network there is none: the loopback answers, and nothing else can be reached."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.ledger import ROOT
from tests.support.offline import is_possible, offline

_TRY = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), timeout=5).close()
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)  # an address for documentation: nobody's
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(not is_possible(), reason="this account may not make a network namespace (unshare --map-root-user --net)")
def test_only_the_loopback_answers() -> None:
    done = subprocess.run(offline([sys.executable, "-c", _TRY]), cwd=ROOT, capture_output=True, text=True, check=True)
    assert "Network is unreachable" in done.stdout
