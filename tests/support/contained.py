"""A process that sees what a container of docker-compose.yml would: ``unshare --mount --uts python -m tests.support.contained SPEC``.

Its root is an empty memory file system with the system's programs, and what SPEC (a JSON file) mounts; its host name and user are those of
SPEC, and of the environment it has that of SPEC alone. There is no engine and no image: programs and libraries are those of this machine.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

_OF_THE_SYSTEM = ("bin", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin", "sys", "usr")


@dataclass(frozen=True)
class Spec:
    """What the process is given. ``mounts``: (path here, path there, whether only for reading)."""

    root: str
    hostname: str
    mounts: list[tuple[str, str, bool]]
    folder: str
    uid: int
    environment: dict[str, str]
    argv: list[str]

    def write(self, path: Path) -> None:
        """Write it for ``main``; only this account may read it, since it holds secrets."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))


def main(path: str) -> None:
    """Make the root and become the process."""
    spec = Spec(**json.loads(Path(path).read_text()))
    root = Path(spec.root)
    _mount("-t", "tmpfs", "tmpfs", root)
    for name in _OF_THE_SYSTEM:
        there = Path("/") / name
        if there.is_symlink():
            (root / name).symlink_to(os.readlink(there))
        elif there.is_dir():
            (root / name).mkdir()
            _mount("--rbind", there, root / name)
    (root / "tmp").mkdir(mode=0o1777)
    (root / "tmp").chmod(0o1777)
    for here, there_text, is_read_only in spec.mounts:
        target = root / there_text.lstrip("/")
        if Path(here).is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        _mount("--bind", Path(here), target)
        if is_read_only:
            _mount("-o", "remount,bind,ro", target)
    socket.sethostname(spec.hostname)
    os.chroot(root)
    os.chdir(spec.folder)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(spec.uid)
        os.setuid(spec.uid)
    os.execvpe(spec.argv[0], spec.argv, spec.environment)


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


if __name__ == "__main__":
    main(sys.argv[1])
