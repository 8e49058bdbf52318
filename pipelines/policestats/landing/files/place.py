"""Where the files of a source are: a folder or a single file, on this machine or in an object store; listing and opening, nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol

import pyarrow.fs as fs

from policestats.errors import ExtractError
from policestats.landing.files.object_store import SCHEME, open_object_store

_REMOTE_ERROR = re.compile(r"AWS Error ([A-Z_]+)")


class Place(Protocol):
    """A place that holds files. ``only`` is the name of its one file when the place is that file; names use ``/`` and begin below the place."""

    shown: str
    only: str | None

    def names(self, pattern: str) -> list[str]:
        """Return the names that match ``pattern`` (``*``, ``?`` and ``[..]`` within one part of a path), sorted. Raises: OSError."""

    def where(self, name: str) -> str:
        """Return how a file is named to people."""

    def open(self, name: str) -> AbstractContextManager[Any]:
        """Open a file of bytes that can be read and sought. Raises: OSError."""

    def stamp(self, name: str) -> tuple[int, int | None]:
        """Return size in bytes and time of the last change in nanoseconds, which tell whether a file was written anew. Raises: OSError."""


class Folder:
    """A folder of a file system of pyarrow."""

    only: str | None = None

    def __init__(self, system: fs.FileSystem, root: str, shown: str) -> None:
        self._system, self._root, self.shown = system, root.rstrip("/"), shown.rstrip("/")

    def names(self, pattern: str) -> list[str]:
        return matching(self._children, pattern)

    def where(self, name: str) -> str:
        return f"{self.shown}/{name}"

    def open(self, name: str) -> AbstractContextManager[Any]:
        return self._system.open_input_file(f"{self._root}/{name}")

    def stamp(self, name: str) -> tuple[int, int | None]:
        return _stamp(self._system, f"{self._root}/{name}")

    def _children(self, folder: str) -> Iterator[tuple[str, bool]]:
        selector = fs.FileSelector(f"{self._root}/{folder}".rstrip("/"), allow_not_found=True)
        for info in self._system.get_file_info(selector):
            yield info.base_name, info.type == fs.FileType.Directory


class SingleFile:
    """One file of a file system of pyarrow."""

    def __init__(self, system: fs.FileSystem, path: str, shown: str) -> None:
        self._system, self._path, self.shown = system, path, shown
        self.only: str | None = path.rsplit("/", 1)[-1]

    def names(self, pattern: str) -> list[str]:
        return [self.only] if self.only is not None and fnmatchcase(self.only, pattern) else []

    def where(self, name: str) -> str:
        return self.shown

    def open(self, name: str) -> AbstractContextManager[Any]:
        return self._system.open_input_file(self._path)

    def stamp(self, name: str) -> tuple[int, int | None]:
        return _stamp(self._system, self._path)


def find_place(source: str, location: str) -> Folder | SingleFile:
    """Return the folder or file at ``location``: a path of this machine, or ``s3://bucket/prefix``.

    Raises: ExtractError when there is none, when it cannot be reached, and for addresses of another kind.
    """
    if location.startswith(SCHEME):
        system, path, shown = open_object_store(source, location)
    elif "://" in location:
        raise ExtractError(
            f"source {source!r}: files are not read from {location.split('://', 1)[0]}://; "
            f"give a folder, a file, a zip, or {SCHEME}bucket/prefix"
        )
    else:
        shown = str(Path(location).expanduser())
        system, path = fs.LocalFileSystem(), str(Path(shown).absolute())
    try:
        kind = system.get_file_info(path).type
    except OSError as error:
        raise ExtractError(f"source {source!r}: {shown} cannot be reached ({reason(error)}); check the address and the account") from None
    if kind == fs.FileType.NotFound:
        raise ExtractError(f"source {source!r}: there is no file or folder {shown}; give the folder, file or zip that was delivered")
    return Folder(system, path, shown) if kind == fs.FileType.Directory else SingleFile(system, path, shown)


def matching(children: Any, pattern: str) -> list[str]:
    """Return the names of files below a place that match ``pattern``, part by part, sorted; only folders that match are looked into.

    Args:
        children: gives for the name of a folder ("" for the place itself) the names in it, each with whether it is a folder.
    """
    folders = [""]
    *above, last = pattern.split("/")
    for part in above:
        folders = [f"{folder}{name}/" for folder in folders for name, is_folder in children(folder) if is_folder and _fits(name, part)]
    return sorted(f"{folder}{name}" for folder in folders for name, is_folder in children(folder) if not is_folder and _fits(name, last))


def reason(error: BaseException) -> str:
    """Return why something could not be read, without the library's own sentence: it may quote a record or an account."""
    remote = _REMOTE_ERROR.search(str(error))
    if remote:
        return remote[1]
    if isinstance(error, OSError) and (error.errno or error.strerror):
        return os.strerror(error.errno) if error.errno else str(error.strerror)
    return type(error).__name__


def _fits(name: str, part: str) -> bool:
    return name == part or fnmatchcase(name, part)


def _stamp(system: fs.FileSystem, path: str) -> tuple[int, int | None]:
    info = system.get_file_info(path)
    return info.size or 0, info.mtime_ns
