"""Cuts a CSV text into blocks of whole records, without looking at its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from policestats.landing.files.text import Utf8Stream

LONGEST = 16 * 1024 * 1024  # bytes of the longest record that is read; a narrative is shorter, a quote that never closes is not

_LINE_FEED, _CARRIAGE_RETURN = 10, 13
_Values = np.ndarray[Any, np.dtype[np.uint8]]


class RecordTooLongError(Exception):
    """A record is longer than LONGEST."""


def whole_records(stream: Utf8Stream, quote: str | None, delimiter: str) -> Iterator[bytes]:
    """Yield the text in blocks that begin and end with a record; the last one may lack its line end.

    It stops early, and gives the rest back to the stream, when a quote stands where neither a quoted field begins nor ends: that is a
    letter or a fault, which only reading row by row can tell. All blocks before are as RFC 4180 says.

    Raises: RecordTooLongError; what the stream raises.
    """
    pending, at_end = b"", False
    while not at_end:
        piece = stream.read()
        at_end = not piece
        pending += piece
        values = np.frombuffer(pending, dtype=np.uint8)
        quotes = np.flatnonzero(values == ord(quote)) if quote is not None else np.empty(0, dtype=np.int64)
        if not _are_plain(values, quotes, delimiter, at_end):
            stream.unread(pending)
            return
        end = len(pending) if at_end else _last_end(pending, quotes)
        if end:
            yield pending[:end]
            pending = pending[end:]
        if len(pending) > LONGEST:
            raise RecordTooLongError


def lines_in(block: bytes) -> int:
    """Return how many lines end in a block: with a line feed, a carriage return, or both."""
    return block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")


def _are_plain(values: _Values, quotes: np.ndarray[Any, np.dtype[np.int64]], delimiter: str, at_end: bool) -> bool:
    """Whether every quote begins or ends a field. Inside and outside alternate with every quote; a doubled one alternates twice."""
    if not len(quotes):
        return True
    if at_end and len(quotes) % 2:
        return False
    borders = np.zeros(256, dtype=np.bool_)
    borders[[ord(delimiter), _LINE_FEED, _CARRIAGE_RETURN, values[quotes[0]]]] = True
    opening, closing = quotes[::2], quotes[1::2]
    followed = closing[closing < len(values) - 1]
    # a quote before an opening quote is the first half of a doubled one: had it ended the field, a border would have followed it
    return bool(borders[values[opening[opening > 0] - 1]].all() and borders[values[followed + 1]].all())


def _last_end(text: bytes, quotes: np.ndarray[Any, np.dtype[np.int64]]) -> int:
    """Return where the last record that is whole ends: after a line end outside of quotes; 0 when there is none."""
    end = len(text) - 1  # the last byte may be the first half of a line end
    while True:
        at = max(text.rfind(b"\n", 0, end), text.rfind(b"\r", 0, end))
        before = int(np.searchsorted(quotes, at))
        if at < 0 or before % 2 == 0:
            return at + (2 if text[at : at + 2] == b"\r\n" else 1)
        end = int(quotes[before - 1])
