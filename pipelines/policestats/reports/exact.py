"""Whole numbers in arrays, exact whatever their size: 64 bits where every result provably fits, Python integers where one might not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

#: Values are held as whole millionths, the scale of DECIMAL(38, 6).
SCALE = 1_000_000
DECIMAL = pa.decimal128(38, 6)
#: int64, or objects (Python integers) once a value or a possible sum reaches LIMIT
Integers = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
#: Magnitudes below this are kept in 64 bits: the sum or difference of two of them still fits.
LIMIT = 2**62


def zeros(shape: tuple[int, ...]) -> Integers:
    """Return an array of zeros."""
    return np.zeros(shape, dtype=np.int64)


def largest(values: Integers) -> int:
    """Return the largest magnitude in ``values``; 0 when there is none."""
    return max(abs(int(values.max())), abs(int(values.min()))) if values.size else 0


def whole(values: Integers) -> Integers:
    """Return ``values`` in 64 bits when all of them fit, else as they are."""
    return values.astype(np.int64) if values.dtype == object and largest(values) < LIMIT else values


def roomy(values: Integers, factor: int) -> Integers:
    """Return ``values`` such that multiplying by ``factor``, or adding up ``factor`` of them, cannot overflow."""
    return values if values.dtype == object or largest(values) * abs(factor) < LIMIT else values.astype(object)


def addable(values: Integers) -> Integers:
    """Return ``values`` such that no sum of some of them can overflow."""
    if values.dtype == object or largest(values) * values.size < LIMIT:
        return values
    near = float(np.abs(values).sum(dtype=np.float64))  # off by far less than the half that is kept free
    return values if near < LIMIT / 2 else values.astype(object)


def linear(parts: Sequence[tuple[Integers, int]]) -> Integers:
    """Return the sum of each array times its weight; the arrays must broadcast."""
    if sum(largest(values) * abs(weight) for values, weight in parts) >= LIMIT:
        parts = [(values.astype(object), weight) for values, weight in parts]
    found = parts[0][0] * parts[0][1]
    for values, weight in parts[1:]:
        found = found + values * weight
    return found


def summed(values: Integers, axis: int) -> Integers:
    """Return the sums along ``axis``."""
    found: Integers = addable(values).sum(axis=axis)
    return found


def from_decimals(column: pa.ChunkedArray) -> Integers:
    """Return a column of DECIMAL(38, 6) as whole millionths: the integers are the decimals' own representation."""
    joined = column.combine_chunks()
    chunks = joined.chunks if isinstance(joined, pa.ChunkedArray) else [joined]
    parts = [_millionths(chunk) for chunk in chunks]
    return np.concatenate(parts) if parts else zeros((0,))


def _millionths(array: pa.Array) -> Integers:
    halves = np.frombuffer(array.buffers()[1], dtype="<i8").reshape(-1, 2)[array.offset : array.offset + len(array)]
    low, high = halves[:, 0], halves[:, 1]
    if bool(((low >> 63) == high).all()) and largest(low) < LIMIT:  # the upper half only repeats the sign
        return low.copy()
    return np.array([int(high_half) * 2**64 + (int(low_half) % 2**64) for low_half, high_half in halves.tolist()], dtype=object)


def to_decimals(values: Integers) -> pa.Array:
    """Return whole millionths as DECIMAL(38, 6), exactly."""
    if values.dtype == object:
        raw = b"".join(int(v).to_bytes(16, "little", signed=True) for v in values)
    else:
        halves = np.empty((len(values), 2), dtype="<i8")
        halves[:, 0], halves[:, 1] = values, values >> 63
        raw = halves.tobytes()
    return pa.Array.from_buffers(DECIMAL, len(values), [None, pa.py_buffer(raw)])


def decimal(value: int) -> Decimal:
    """Return whole millionths as a Decimal."""
    return Decimal(int(value)) / SCALE
