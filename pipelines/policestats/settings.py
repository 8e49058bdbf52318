"""The only reader of the environment."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import NamedTuple

from policestats.errors import SettingsError

HOME = "POLICESTATS_HOME"
DEFINITIONS = "POLICESTATS_DEFINITIONS"
STANDARD = "POLICESTATS_STANDARD"
PSEUDONYM_KEY = "POLICESTATS_PSEUDONYM_KEY"
PSEUDONYM_KEY_FILE = "POLICESTATS_PSEUDONYM_KEY_FILE"
LOCK_WAIT = "POLICESTATS_LOCK_WAIT"
MEMORY = "POLICESTATS_MEMORY"
SOURCE_PREFIX = "POLICESTATS_SOURCE_"


def home(value: str | Path | None = None) -> Path:
    """Return the folder of all run-time data: ``value``, else $POLICESTATS_HOME, else ``var``."""
    return Path(value or os.environ.get(HOME) or "var").expanduser().resolve()


def definitions(value: str | Path | None = None) -> Path:
    """Return the folder that holds schemas/, expectations/ and report_templates/.

    Order: ``value``, $POLICESTATS_DEFINITIONS, the checkout this package is installed from, the working directory.

    Raises: SettingsError when none of them holds a ``schemas`` folder.
    """
    checkout = Path(__file__).resolve().parents[2]
    tried = [Path(p).expanduser() for p in (value, os.environ.get(DEFINITIONS)) if p] or [checkout, Path.cwd()]
    for folder in tried:
        if (folder / "schemas").is_dir():
            return folder.resolve()
    raise SettingsError(
        f"no folder 'schemas' in {', '.join(map(str, tried))}: set {DEFINITIONS} to the folder that holds schemas/ and report_templates/"
    )


def standard(value: str | None = None) -> str:
    """Return whose rules to follow: ``value``, $POLICESTATS_STANDARD, else the first standard under schemas/ in order of name.

    Raises: SettingsError when there is none.
    """
    chosen = value or os.environ.get(STANDARD)
    if chosen:
        return chosen
    known = sorted(path.parent.name for path in (definitions() / "schemas").glob("*/standard.yaml"))
    if not known:
        raise SettingsError(f"{definitions() / 'schemas'}: there is no standard; a standard is a folder with standard.yaml")
    return known[0]


def source_location(source: str) -> str | None:
    """Return where ``source`` is: $POLICESTATS_SOURCE_<NAME> (a URL or a path), or None when it is not set."""
    return os.environ.get(SOURCE_PREFIX + source.upper()) or None


class ObjectStore(NamedTuple):
    """How S3-compatible storage is reached; None: the AWS library's own default."""

    endpoint: str | None
    region: str | None


def object_store() -> ObjectStore:
    """Return endpoint and region of the S3-compatible storage: $AWS_ENDPOINT_URL_S3 or $AWS_ENDPOINT_URL, $AWS_REGION or $AWS_DEFAULT_REGION.

    The keys ($AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY, $AWS_SESSION_TOKEN, or a profile) are read by the AWS library alone.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return ObjectStore(endpoint or None, os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None)


def lock_wait() -> float:
    """Return for how many seconds to wait for a process that holds the warehouse: $POLICESTATS_LOCK_WAIT minutes, default 30.

    Raises: SettingsError when it is not a number of minutes.
    """
    text = os.environ.get(LOCK_WAIT) or "30"
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes < float("inf"):
        raise SettingsError(f"${LOCK_WAIT}: {text!r} is no number of minutes; give 0 or more")
    return minutes * 60


def memory() -> str:
    """Return how much memory the warehouse may take before it works through its files: $POLICESTATS_MEMORY (such as 8GB), default 3GB.

    Raises: SettingsError when it is not a size.
    """
    text = (os.environ.get(MEMORY) or "3GB").strip()
    size = re.fullmatch(r"(\d+(?:\.\d+)?) ?[KMGT]i?B", text, re.IGNORECASE)
    if size is None or float(size[1]) == 0:
        raise SettingsError(f"${MEMORY}: {text!r} is no size; give a number and a unit, such as 8GB or 512MB")
    return text


def pseudonym_key() -> bytes:
    """Return the key that turns identity numbers into pseudonyms.

    From $POLICESTATS_PSEUDONYM_KEY, else from the file $POLICESTATS_PSEUDONYM_KEY_FILE (default ``~/.config/policestats/pseudonym.key``),
    which is made with 32 random bytes and mode 0600 on first use. It never lies under the data folder and never reaches a log.

    Raises: SettingsError when the key is shorter than 16 bytes.
    Source: design.md section 2; privacy.md (separation).
    """
    text = os.environ.get(PSEUDONYM_KEY)
    if text is not None:
        key, origin = text.encode(), f"${PSEUDONYM_KEY}"
    else:
        path = Path(os.environ.get(PSEUDONYM_KEY_FILE) or "~/.config/policestats/pseudonym.key").expanduser()
        origin = str(path)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:  # another process made it in between
                pass
            else:
                with os.fdopen(handle, "w") as file:
                    file.write(secrets.token_hex(32))
        key = path.read_bytes().strip()
    if len(key) < 16:
        raise SettingsError(f"{origin}: the pseudonym key has {len(key)} bytes; give at least 16")
    return key
