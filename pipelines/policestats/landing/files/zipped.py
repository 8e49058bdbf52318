"""A zip as a place of files."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from policestats.errors import ExtractError
from policestats.landing.files.place import SingleFile, matching, reason

#: what reading a damaged member raises
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)
_MARK = b"PK\x03\x04"
_LOCKED = 0x1  # flag bit of a member that needs a password


class Zipped:
    """The members of a zip; ``file`` is the zip itself."""

    only: str | None = None

    def __init__(self, file: SingleFile, archive: zipfile.ZipFile) -> None:
        self._file, self._archive, self.shown = file, archive, file.shown
        self._folders: dict[str, dict[str, bool]] = {"": {}}
        for member in archive.namelist():
            parts = member.split("/")
            for depth, part in enumerate(parts):
                above = "".join(f"{p}/" for p in parts[:depth])
                if part:
                    self._folders.setdefault(above, {})[part] = depth < len(parts) - 1

    def names(self, pattern: str) -> list[str]:
        return matching(lambda folder: self._folders.get(folder, {}).items(), pattern)

    def where(self, name: str) -> str:
        return f"{self.shown}!{name}"

    def open(self, name: str) -> AbstractContextManager[Any]:
        if self._archive.getinfo(name).flag_bits & _LOCKED:
            raise OSError(None, "it is locked with a password; deliver the zip without one")
        return self._archive.open(name)

    def stamp(self, name: str) -> tuple[int, int | None]:
        return self._file.stamp(name)


def is_zip(file: SingleFile) -> bool:
    """Return whether a file should be read as a zip: by its name, or by its first bytes when the name says nothing.

    Raises: OSError when it cannot be read.
    """
    name = (file.only or "").lower()
    if "." in name:
        return name.endswith(".zip")
    with file.open(name) as opened:
        return bytes(opened.read(len(_MARK))) == _MARK


@contextmanager
def open_zip(source: str, file: SingleFile) -> Iterator[Zipped]:
    """Open ``file`` as a zip. Raises: ExtractError when it is not one or cannot be read."""
    try:
        opened = file.open(file.only or "")
    except OSError as error:
        raise ExtractError(f"source {source!r}: {file.shown} cannot be read ({reason(error)}); check its permissions") from None
    with opened as binary:
        try:
            archive = zipfile.ZipFile(binary)
        except (*DAMAGED, OSError, ValueError):
            raise ExtractError(
                f"source {source!r}: {file.shown} is not a zip file; give the zip itself, whole, not a page or a part of it"
            ) from None
        with archive:
            yield Zipped(file, archive)
