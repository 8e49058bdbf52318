"""One delivered file of a table: opening it, and the errors that name it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from policestats.errors import ExtractError
from policestats.landing.files.place import Place, reason
from policestats.landing.files.zipped import DAMAGED

_HASH_BYTES = 1024 * 1024


@dataclass(frozen=True)
class SourceFile:
    """A file of table ``table`` of ``source``. ``stamp`` is its size and time of change when it was found."""

    source: str
    table: str
    place: Place
    name: str
    stamp: tuple[int, int | None]

    def fault(self, what: str, at: str | int = "") -> ExtractError:
        """Return the error ``what`` (with its cure), naming source, table, file and the place ``at`` in it (a line, or words)."""
        where = f"{self.place.where(self.name)}{f':{at}' if isinstance(at, int) else f', {at}' if at else ''}"
        return ExtractError(f"source {self.source!r}, table {self.table!r}: {where}: {what}")

    def unreadable(self, error: BaseException) -> ExtractError:
        """Return the error for what the system or the zip raised while the file was opened or read."""
        if isinstance(error, DAMAGED):
            return self.fault(f"the zip is damaged ({type(error).__name__}); deliver it again")
        return self.fault(f"cannot be read ({reason(error)}); check the file, its permissions and the connection")

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Open the file as it is, for libraries that seek by themselves. Raises: ExtractError when it cannot be opened."""
        try:
            opened = self.place.open(self.name)
        except (*DAMAGED, OSError) as error:
            raise self.unreadable(error) from None
        with opened as binary:
            yield binary

    @contextmanager
    def reading(self) -> Iterator[Guarded]:
        """Open the file to read it from its beginning to its end; every read raises ExtractError when it fails."""
        with self.open() as binary:
            yield Guarded(self, binary)

    def content_hash(self) -> str:
        """Return the SHA-256 of the file's bytes. Raises: ExtractError."""
        found = hashlib.sha256()
        with self.reading() as binary:
            while piece := binary.read(_HASH_BYTES):
                found.update(piece)
        return found.hexdigest()

    def refuse_change(self) -> None:
        """Raise ExtractError when the file was written anew since it was found: its rows may be of two deliveries."""
        try:
            now = self.place.stamp(self.name)
        except OSError as error:
            raise self.unreadable(error) from None
        if now != self.stamp:
            raise self.fault("it was written while it was read; run again when the delivery is finished")


@dataclass(frozen=True)
class Guarded:
    """An open file whose reads raise ExtractError."""

    file: SourceFile
    binary: Any

    def read(self, size: int, /) -> bytes:
        try:
            return bytes(self.binary.read(size))
        except (*DAMAGED, OSError) as error:
            raise self.file.unreadable(error) from None
