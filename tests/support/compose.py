"""docker-compose.yml and Dockerfile as an engine would read them: values filled in from an env file, each service with what it is given."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.support.ledger import ROOT

COMPOSE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"
DOCKERFILE = ROOT / "Dockerfile"
# $$ is a dollar; ${NAME}, ${NAME:-otherwise}, ${NAME:?why it must be there}
_VARIABLE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\})")


@dataclass(frozen=True)
class Explained:
    """A variable of the env file: the comment above it, the command there that makes a value ('' for none) and the value written down."""

    comment: str
    command: str
    value: str


@dataclass(frozen=True)
class Mount:
    """What a service sees at ``target``: a named volume, or a path of the host (relative to the project)."""

    source: str
    target: str
    is_read_only: bool

    @property
    def is_named(self) -> bool:
        """Whether it is a volume that the engine keeps."""
        return "/" not in self.source


@dataclass(frozen=True)
class Image:
    """The last stage of the Dockerfile."""

    base: str
    environment: dict[str, str]
    entrypoint: list[str]
    command: list[str]
    folder: str
    user: str
    uid: int
    own_folders: list[str]
    copies: list[tuple[str, str]]  # (path in the build context or the first stage, path in the image)


@dataclass(frozen=True)
class Service:
    """A service with every variable filled in."""

    name: str
    image: str
    is_built: bool
    profiles: list[str]
    argv: list[str]
    environment: dict[str, str]
    mounts: list[Mount]
    check: list[str]
    after: dict[str, str]  # service -> condition
    grace_seconds: int  # after being asked to end, until it is killed


def written() -> dict[str, Any]:
    """Return docker-compose.yml as it is written."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def variables(text: str) -> dict[str, set[str]]:
    """Return the variables that ``text`` names, each with the ways it is named: '?' must be there, '-' has a default, '' neither."""
    found: dict[str, set[str]] = {}
    for match in _VARIABLE.finditer(text):
        if match["name"]:
            found.setdefault(match["name"], set()).add(match["kind"] or "")
    return found


def filled(value: Any, values: dict[str, str]) -> Any:
    """Return a part of the file with every variable filled in.

    Raises: KeyError when a variable that must be there is empty or missing, with the file's own words.
    """
    if isinstance(value, dict):
        return {key: filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value

    def one(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        given = values.get(match["name"], "")
        if not given and match["kind"] == "?":
            raise KeyError(f"{match['name']}: {match['text']}")
        return given or (match["text"] if match["kind"] == "-" else "")

    return _VARIABLE.sub(one, value)


def explained() -> dict[str, Explained]:
    """Return every variable of .env.example."""
    found: dict[str, Explained] = {}
    comment: list[str] = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment.append(line[1:])
        elif "=" in line:
            name, value = line.split("=", 1)
            commands = [text.strip() for text in comment if text.startswith("   ")]
            found[name] = Explained(" ".join(text for text in comment if not text.startswith("   ")).strip(), " ".join(commands), value)
        else:
            comment = []
    return found


def made(folder: Path) -> dict[str, str]:
    """Return the values of an env file whose every secret was made in ``folder`` by the command that .env.example gives for it."""
    values = {}
    for name, about in explained().items():
        if about.command:
            done = subprocess.run(about.command, shell=True, cwd=folder, capture_output=True, text=True, check=True)
            values[name] = done.stdout.strip()
    return values


def services(values: dict[str, str]) -> dict[str, Service]:
    """Return the services with the variables filled in.

    Raises: KeyError when a variable that must be there is missing.
    """
    file = filled(written(), values)
    found = {}
    for name, given in file["services"].items():
        ours = image() if "build" in given else None
        argv = given.get("entrypoint", ours.entrypoint if ours else []) + given.get("command", ours.command if ours else [])
        mounts = [_mount(text) for text in given.get("volumes", [])]
        mounts += [Mount(file["secrets"][secret]["file"], f"/run/secrets/{secret}", True) for secret in given.get("secrets", [])]
        kind, *check = given.get("healthcheck", {}).get("test", ["NONE"])
        found[name] = Service(
            name,
            given["image"],
            ours is not None,
            given.get("profiles", []),
            argv,
            (ours.environment if ours else {}) | {key: str(value) for key, value in given.get("environment", {}).items()},
            mounts,
            ["/bin/sh", "-c", *check] if kind == "CMD-SHELL" else check,
            {other: needed["condition"] for other, needed in given.get("depends_on", {}).items()},
            _seconds(given.get("stop_grace_period", "10s")),
        )
    return found


@cache
def image() -> Image:
    """Return what the last stage of the Dockerfile says."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    start = max(number for number, (word, _) in enumerate(lines) if word == "FROM")
    said: dict[str, list[str]] = {}
    for word, rest in lines[start:]:
        said.setdefault(word, []).append(rest)
    runs = " && ".join(said["RUN"]).split(" && ")
    adds = next(shlex.split(run) for run in runs if run.startswith("useradd "))
    installs = [shlex.split(run) for run in runs if run.startswith("install --directory ")]
    [folder] = said["WORKDIR"]
    return Image(
        said["FROM"][0],
        dict(pair.split("=", 1) for line in said["ENV"] for pair in shlex.split(line)),
        json.loads(said["ENTRYPOINT"][0]),
        json.loads(said["CMD"][0]),
        folder,
        said["USER"][0],
        int(adds[adds.index("--uid") + 1]),
        [word for words in installs for word in words if word.startswith("/")],
        [copy for line in said["COPY"] for copy in _copies(line, folder)],
    )


def _copies(line: str, folder: str) -> list[tuple[str, str]]:
    *sources, target = [word for word in shlex.split(line) if not word.startswith("--")]
    place = target if target.startswith("/") else f"{folder}/{target}"
    names = [source.removeprefix(f"{folder}/") for source in sources]
    if target.endswith("/"):
        return [(name, str(Path(place) / Path(name).name)) for name in names]
    return [(name, place) for name in names]


def _seconds(text: str) -> int:
    number, unit = int(text[:-1]), text[-1]
    return number * {"s": 1, "m": 60}[unit]


def _mount(text: str) -> Mount:
    source, target, *mode = text.split(":")
    return Mount(source, target, mode == ["ro"])
