"""Runs a command where no network is: a namespace of its own, with a loopback and no route. `python -m tests.support.offline COMMAND ...`"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys

_UP, _READ_FLAGS, _SET_FLAGS = 0x1, 0x8913, 0x8914  # of Linux: IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS


def offline(command: list[str]) -> list[str]:
    """Return the command that runs ``command`` without a network (Linux, and where the account may make namespaces)."""
    return ["unshare", "--map-root-user", "--net", sys.executable, "-m", "tests.support.offline", *command]


def is_possible() -> bool:
    """Whether this machine lets the account make such a namespace."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, check=False).returncode == 0


def main() -> None:
    """Bring the loopback up, which a new namespace has but down, and become the command."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack("16xH14x", fcntl.ioctl(control, _READ_FLAGS, request))
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
