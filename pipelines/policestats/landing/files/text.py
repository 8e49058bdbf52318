"""Turns the bytes of a text file into UTF-8 in a stream, and tells a wrong byte on the way."""

from __future__ import annotations

import codecs
import io
from typing import Any, Protocol

CHUNK = 4 * 1024 * 1024  # bytes read at once

_BYTE_ORDER_MARK = "\ufeff"


class Binary(Protocol):
    """An open file of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes; none at the end."""


class WrongByteError(Exception):
    """A byte that the encoding does not have: its value, and where it stands (line and byte of the line, both from 1)."""

    def __init__(self, value: int, line: int, byte: int) -> None:
        super().__init__(f"line {line}, byte {byte}")
        self.value, self.line, self.byte = value, line, byte


class Utf8Stream(io.RawIOBase):
    """A text file read as UTF-8 without its byte-order mark; reading raises WrongByteError."""

    def __init__(self, binary: Binary, encoding: str) -> None:
        self._binary, self._encoding = binary, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._mark_length = len("".encode(encoding))  # UTF-16 begins everything it writes with a mark
        self._at_start, self._at_end = True, False
        self._line, self._bytes_of_line, self._ends_in_return = 1, 0, False
        self._held = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, or what CHUNK bytes of the file became; none at the end. A character may be cut in two."""
        if not self._held:
            self._held = memoryview(self._next())
        piece = self._held if size < 0 else self._held[:size]
        self._held = self._held[len(piece) :]
        return bytes(piece)

    def unread(self, piece: bytes) -> None:
        """Put ``piece`` back, to be read next."""
        self._held = memoryview(piece + bytes(self._held))

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with the next bytes, for readers that bring their own memory; returns how many."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _next(self) -> bytes:
        while not self._at_end:
            raw = self._binary.read(CHUNK)
            self._at_end = not raw
            text = self._decode(raw)
            if self._at_start and text:
                self._at_start, text = False, text.removeprefix(_BYTE_ORDER_MARK)
            if text:
                return text.encode()
        return b""

    def _decode(self, raw: bytes) -> str:
        try:
            text = self._decoder.decode(raw, self._at_end)
        except UnicodeDecodeError as error:
            self._step(error.object[: error.start].decode(self._encoding))
            raise WrongByteError(error.object[error.start], self._line, self._bytes_of_line + 1) from None
        self._step(text)
        return text

    def _step(self, text: str) -> None:
        """Count lines as editors and the csv module do: a line ends with a line feed, a carriage return, or both."""
        if not text:
            return
        self._line += text.count("\n")
        if "\r" in text:
            self._line += text.count("\r") - text.count("\r\n")
        if self._ends_in_return and text[0] == "\n":
            self._line -= 1
        self._ends_in_return = text[-1] == "\r"
        tail = text[max(text.rfind("\n"), text.rfind("\r")) + 1 :]
        length = len(tail.encode(self._encoding)) - self._mark_length
        self._bytes_of_line = length if len(tail) < len(text) else self._bytes_of_line + length
