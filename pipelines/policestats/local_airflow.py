"""make airflow: a local Airflow with the DAGs of this checkout and, where no source is given, the made-up province. Ctrl-C ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from policestats import settings
from policestats.catalog import load_catalog
from policestats.cli import printing
from policestats.errors import StatisticsError
from policestats.simulator import simulate

HOST = "127.0.0.1"
_START_SECONDS, _END_SECONDS = 300, 60
_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")
_PASSWORDS = "simple_auth_manager_passwords.json.generated"


def environment(home: Path, dags: Path, port: int) -> dict[str, str]:
    """Return the environment of a local Airflow below ``home``; what is set already stands (another metadata database, say)."""
    folder = home / "airflow"
    address = f"http://{HOST}:{port}"
    log_ports = [str(_free_port()) for _ in range(2)]
    wanted = {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__API__HOST": HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": log_ports[0],
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": log_ports[1],
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "false",
    }
    programs = str(Path(sys.executable).parent)  # standalone starts its parts as `airflow`
    return {**wanted, **os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}


@contextmanager
def running(env: dict[str, str], log: Path) -> Iterator[str]:
    """Run ``airflow standalone`` and give its address once every part is well; at the end no process of it is left.

    Raises: StatisticsError with the end of the log when it does not start.
    """
    address = env["AIRFLOW__API__BASE_URL"]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        # a session of its own: Ctrl-C reaches this process alone, which ends the others in order
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "standalone"], env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(address, process, log)
        yield address
    finally:
        _end(process)


def main() -> None:
    """Start, say where it is and how to log in, and wait for Ctrl-C."""
    home, definitions = settings.home(), settings.definitions()
    port = int(os.environ.get("AIRFLOW__API__PORT") or 8080)
    if not _is_free(port):
        raise StatisticsError(f"port {port} of {HOST} is taken; end what listens there, or choose another with AIRFLOW__API__PORT=8081")
    catalog = load_catalog(definitions, settings.standard())
    os.environ[settings.HOME] = str(home)
    os.environ[settings.DEFINITIONS] = str(definitions)
    for ending in (signal.SIGINT, signal.SIGTERM):  # also where a shell started this in the background, without Ctrl-C
        signal.signal(ending, signal.default_int_handler)
    with ExitStack() as stack:
        with printing.progress() as tell:
            period = _province(home, tell) if not any(settings.source_location(name) for name in catalog.sources) else None
            env = environment(home, definitions / "dags", port)
            tell("starting Airflow (about a minute) ...")
            address = stack.enter_context(running(env, Path(env["AIRFLOW_HOME"]) / "standalone.log"))
        _say(address, Path(env["AIRFLOW_HOME"]), period)
        signal.pause()


def _province(home: Path, tell: Callable[[str], None]) -> str:
    """Make the province for the DAGs to read, and return its last month."""
    tell("no source is given: simulating 14 months of a small province ...")
    made = simulate(home / "sources", progress=tell)
    for source, location in made.locations.items():
        os.environ[f"{settings.SOURCE_PREFIX}{source.upper()}"] = location
    return made.months[-1]


def _say(address: str, folder: Path, period: str | None) -> None:
    (user, password), *_ = json.loads((folder / _PASSWORDS).read_text(encoding="utf-8")).items()
    show = printing.out.print
    show(f"Airflow    {address}   user {user}, password {password}", markup=False, soft_wrap=True)
    show("first      trigger extract_sources; validate_core follows by itself", markup=False)
    show(f"then       trigger monthly_report{f' with period {period}' if period else ''}", markup=False)
    show("Ctrl-C ends it.", markup=False)


def _wait(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not _is_well(address):
        if process.poll() is not None or time.monotonic() > until:
            end = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise StatisticsError(f"Airflow did not start; the end of {log}:\n{end}")
        time.sleep(1)


def _is_well(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api/v2/monitor/health", timeout=10) as answer:
            said = json.load(answer)
    except (OSError, ValueError):
        return False
    return all((said.get(part) or {}).get("status") == "healthy" for part in _PARTS)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End every process of the session: asked first, then by force."""
    process.send_signal(signal.SIGINT)
    until = time.monotonic() + _END_SECONDS
    while _session(process.pid) and time.monotonic() < until:
        process.poll()
        time.sleep(0.2)
    for left in _session(process.pid):
        os.kill(left, signal.SIGKILL)
    process.wait()


def _session(leader: int) -> list[int]:
    """Return the live processes of the session that ``leader`` began, by /proc."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it has just ended
            continue
        if int(session) == leader and state != "Z":
            found.append(int(path.parent.name))
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        printing.out.print("Airflow has ended.")
    except StatisticsError as error:
        printing.err.print(f"error: {error}", markup=False, style="bold red")
        sys.exit(1)
