"""Turns the bytes of a text file into UTF-8 in a stream, and tells a wrong byte and a broken quote on the way."""

from __future__ import annotations

import codecs
import io
from typing import Any, Protocol

import numpy as np

CHUNK = 4 * 1024 * 1024  # bytes read at once; also the longest record that can be read
WIDEST = 3  # a byte becomes at most three bytes of UTF-8 (a euro sign of a one-byte code page)

_BYTE_ORDER_MARK = "\ufeff"
_LINE_FEED, _CARRIAGE_RETURN = 10, 13


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
    """A text file read as UTF-8 without its byte-order mark, in pieces that come from ``CHUNK`` bytes of the file each.

    Reading raises WrongByteError. ``quotes`` sees every piece.
    """

    def __init__(self, binary: Binary, encoding: str, quotes: QuoteCheck | None = None) -> None:
        self._binary, self._encoding, self._quotes = binary, encoding, quotes
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        self._mark_length = len("".encode(encoding))  # UTF-16 begins everything it writes with a mark
        self._at_start, self._at_end = True, False
        self._line, self._bytes_of_line, self._ends_in_return = 1, 0, False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next piece, empty at the end. ``size`` is at least WIDEST times CHUNK, or any size that is asked again and again."""
        limit = CHUNK if size < 0 else max(1, min(CHUNK, size // WIDEST))
        while not self._at_end:
            raw = self._binary.read(limit)
            self._at_end = not raw
            text = self._decode(raw)
            if self._at_start and text:
                self._at_start, text = False, text.removeprefix(_BYTE_ORDER_MARK)
            piece = text.encode()
            if self._quotes is not None:
                self._quotes.feed(piece, at_end=self._at_end)
            if piece:
                return piece
        return b""

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with the next bytes, for readers that bring their own memory; returns how many."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

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


class QuoteCheck:
    """Watches the quotes of a CSV text: ``is_broken`` when one stands where neither a quoted field begins nor ends.

    pyarrow takes such a quote as a letter, and then a field may swallow its neighbours. Inside and outside of quotes alternate with every
    quote (a doubled one alternates twice), so arrays of positions are enough; no row is looked at.
    """

    def __init__(self, quote: str, delimiter: str) -> None:
        self._quote = ord(quote)
        self._is_border = np.zeros(256, dtype=np.bool_)
        self._is_border[[ord(delimiter), _LINE_FEED, _CARRIAGE_RETURN, self._quote]] = True
        self._before = _LINE_FEED  # the file begins as after a line
        self._is_inside = False
        self._just_closed = False  # the last byte seen was a closing quote
        self.is_broken = False

    def feed(self, piece: bytes, *, at_end: bool) -> None:
        """Look at the next ``piece``; ``at_end`` says that nothing follows."""
        if self.is_broken:
            return
        if piece:
            self._look(np.frombuffer(piece, dtype=np.uint8))
        if at_end and self._is_inside:
            self.is_broken = True

    def _look(self, values: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        if self._just_closed and not self._is_border[values[0]]:
            self.is_broken = True
            return
        at = np.flatnonzero(values == self._quote)
        self._just_closed = False
        if len(at):
            opens_first = 1 if self._is_inside else 0
            opening, closing = at[opens_first::2], at[1 - opens_first :: 2]
            before = np.where(opening > 0, values[opening - 1], self._before)
            followed = closing[closing < len(values) - 1]
            # a quote before an opening quote is the first half of a doubled one: had it been an ending, a border would have followed it
            self.is_broken = not (self._is_border[before].all() and self._is_border[values[followed + 1]].all())
            self._is_inside ^= bool(len(at) % 2)
            self._just_closed = not self._is_inside and at[-1] == len(values) - 1
        self._before = int(values[-1])
