"""Whole numbers in arrays: nothing wraps around, whatever the size."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policestats.reports.exact import LIMIT, addable, from_decimals, linear, summed, to_decimals, whole
from policestats.reports.figures import Figures

HUGE = 10**37  # millionths of a DECIMAL(38, 6)
VALUES = st.lists(st.one_of(st.integers(-5, 5), st.integers(-LIMIT, LIMIT), st.integers(-HUGE, HUGE)), min_size=1, max_size=6)


def array(values: list[int]) -> np.ndarray:
    return whole(np.array(values, dtype=object))


@given(VALUES, VALUES, st.integers(-400, 400), st.integers(-400, 400))
def test_weighted_sums_are_those_of_python_integers(one: list[int], other: list[int], a: int, b: int) -> None:
    length = min(len(one), len(other))
    found = linear([(array(one[:length]), a), (array(other[:length]), b)])
    assert [int(v) for v in found] == [a * x + b * y for x, y in zip(one, other, strict=False)]


@given(VALUES)
def test_sums_are_those_of_python_integers(values: list[int]) -> None:
    assert int(summed(array(values), 0)) == sum(values)
    assert sum(int(v) for v in addable(array(values))) == sum(values)


@given(VALUES)
def test_decimals_come_and_go_exactly(values: list[int]) -> None:
    column = pa.chunked_array([to_decimals(array(values)), to_decimals(array(values)).slice(1)])
    assert column.to_pylist() == [Decimal(f"{v}E-6") for v in values + values[1:]]  # exact, whatever the context
    assert [int(v) for v in from_decimals(column)] == values + values[1:]


def test_small_numbers_stay_in_64_bits() -> None:
    assert linear([(array([1, 2]), 3)]).dtype == np.int64
    assert linear([(array([LIMIT - 1]), 2)]).tolist() == [2 * LIMIT - 2]
    assert from_decimals(pa.chunked_array([pa.array([Decimal("-1.5"), Decimal(2)], pa.decimal128(38, 6))])).dtype == np.int64


@pytest.mark.parametrize("count", [1, 3, 12])
def test_figures_are_found_where_they_are(count: int) -> None:
    """Row r of unit u has the figure 10 u + r; where that is divisible by three there is none (a rate), or 0 (a count)."""
    values = np.add.outer(10 * np.arange(4), np.arange(12))
    has = values % 3 != 0
    rows = np.arange(11, -1, -1)[:count]  # few rows are searched, many laid out
    for figures, defined in (
        (Figures.of_rates(4, 12, values, has), has),
        (Figures.of_counts(4, 12, np.where(has, values, 0), np.arange(12) != 5), np.broadcast_to(np.arange(12) != 5, (4, 12))),
    ):
        shown = np.where(has & defined, values, 0)
        for found, expected in zip(figures.dense(), (shown, defined), strict=True):
            assert found.tolist() == expected.tolist()
        for found, expected in zip(figures.at_rows(rows), (shown[:, rows], defined[:, rows]), strict=True):
            assert found.tolist() == expected.tolist()
    assert not Figures.none(4, 12).at_rows(rows)[1].any()
