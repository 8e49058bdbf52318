"""Rates: exact fractions, rounded half away from zero, none without a base."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policestats.reports.rates import rate, rates, wilson, wilsons

BIG = 10**15  # more than any count, and than any sum of yuan
COUNTS = st.integers(-BIG, BIG)
BASES = st.integers(1, BIG)
PER = st.sampled_from([1, 100, 1000, 100_000])
DECIMALS = st.integers(0, 6)


def rounded(numerator: int, denominator: int, per: int, decimals: int) -> Decimal:
    """Divide with so many digits that a tie is exact and no other fraction can look like one, then round it as a bookkeeper does."""
    with localcontext() as context:
        context.prec = 150  # a fraction that is no tie differs from one by at least 1 / (2 x 10^15): far above 10^-100
        return (Decimal(numerator) * per / denominator).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


@given(COUNTS, BASES, PER, DECIMALS)
def test_a_rate_is_the_exact_fraction_rounded_half_away_from_zero(numerator: int, denominator: int, per: int, decimals: int) -> None:
    assert rate(numerator, denominator, per=per, decimals=decimals) == rounded(numerator, denominator, per, decimals)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), DECIMALS)
def test_ties_go_away_from_zero(whole: int, half: int, decimals: int) -> None:
    """(2 whole + 1) half / (2 half) is whole + 1/2, in steps of the last decimal."""
    found = rate((2 * whole + 1) * half, 2 * half * 10**decimals, per=1, decimals=decimals)
    assert found == Decimal(whole + 1 if whole >= 0 else whole).scaleb(-decimals)


@pytest.mark.parametrize(
    ("numerator", "denominator", "per", "decimals", "expected"),
    [
        (667, 2000, 100, 1, "33.4"),  # 33.35: half, so up
        (-667, 2000, 100, 1, "-33.4"),  # a negative change: half, so away from zero
        (2667, 8000, 100, 1, "33.3"),  # 33.3375
        (3410, 7, 1, 1, "487.1"),  # 487.142857: never 488 (corrections.md 13)
        (3410, 7, 1, 0, "487"),
        (1, 2, 1, 0, "1"),
        (-1, 2, 1, 0, "-1"),
        (24, 35, 100, 2, "68.57"),  # 68.5714...
        (0, 9, 100, 2, "0.00"),  # a true zero is a rate
        (1, 3, 100_000, 6, "33333.333333"),
    ],
)
def test_by_hand(numerator: int, denominator: int, per: int, decimals: int, expected: str) -> None:
    found = rate(numerator, denominator, per=per, decimals=decimals)
    assert found == Decimal(expected)
    assert str(found) == expected  # with as many decimals as asked for


def test_no_base_no_rate() -> None:
    assert rate(5, 0, per=100, decimals=1) is None
    assert rate(0, 0, per=100, decimals=1) is None


def test_a_negative_base_is_an_error() -> None:
    with pytest.raises(ValueError, match="the base of a rate is negative: -1"):
        rate(5, -1, per=100, decimals=1)
    with pytest.raises(ValueError, match="the base of a rate is negative"):
        rates(np.array([1, 1], dtype=object), np.array([4, -4], dtype=object), per=100, decimals=1)


@given(st.lists(st.tuples(COUNTS, st.integers(0, BIG)), min_size=1, max_size=5), PER, DECIMALS)
def test_arrays_give_what_single_rates_give(pairs: list[tuple[int, int]], per: int, decimals: int) -> None:
    found, defined = rates(
        np.array([n for n, _ in pairs], dtype=object), np.array([d for _, d in pairs], dtype=object), per=per, decimals=decimals
    )
    for (n, d), value, has in zip(pairs, found, defined, strict=True):
        assert bool(has) == (d != 0)
        if d:
            assert Decimal(int(value)).scaleb(-6) == rounded(n, d, per, decimals)  # in millionths


def test_a_fixed_row_is_the_base_of_every_row() -> None:
    found, defined = rates(np.array([[1, 2, 0]], dtype=object), np.array([[3]], dtype=object), per=100, decimals=2)
    assert found.tolist() == [[33_330_000, 66_670_000, 0]]  # 33.33, 66.67, 0.00
    assert defined.all()


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 2**62)), min_size=1, max_size=5), PER, DECIMALS)
def test_64_bits_give_what_python_integers_give(pairs: list[tuple[int, int]], per: int, decimals: int) -> None:
    """Sizes up to the largest that are kept in 64 bits: where a product would not fit, nothing may wrap around."""
    numbers = [np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True)]
    found, defined = rates(numbers[0], numbers[1], per=per, decimals=decimals)
    for (n, d), value, has in zip(pairs, found, defined, strict=True):
        assert bool(has) == (d != 0)
        if d:
            assert Decimal(int(value)).scaleb(-6) == rate(n, d, per=per, decimals=decimals)


# Worked on paper with z = 1.959964, z² = 3.841459: bounds = (2k + z² ± z sqrt(z² + 4k(n - k)/n)) / (2 (n + z²)).
# 45 of 50: (93.841459 ± 1.959964 x sqrt(3.841459 + 18)) / 107.682918 = (93.841459 ± 9.159844) / 107.682918
# 10 of 10: (23.841459 ± 3.841459) / 27.682918; 0 of 10 is its mirror image
# 1 of 3: (5.841459 ± 1.959964 x sqrt(3.841459 + 2.666667)) / 13.682918 = (5.841459 ± 5.000053) / 13.682918
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (45, 50, "78.64", "95.65"),
        (10, 10, "72.25", "100.00"),
        (0, 10, "0.00", "27.75"),
        (1, 3, "6.15", "79.23"),
        (98_000, 100_000, "97.91", "98.08"),
    ],
)
def test_the_wilson_interval_by_hand(successes: int, trials: int, low: str, high: str) -> None:
    assert [str(wilson(successes, trials, bound=b, decimals=2)) for b in ("low", "high")] == [low, high]


def test_nothing_checked_has_no_bounds_and_no_share_is_refused() -> None:
    assert wilson(0, 0, bound="low", decimals=2) is None
    with pytest.raises(ValueError, match="51 of 50 cannot be a share"):
        wilson(51, 50, bound="low", decimals=2)


def test_bounds_of_arrays() -> None:
    found, defined = wilsons(np.array([[45, 0, 51, 0]]), np.array([[50, 0, 50, 10]]), bound="low", decimals=2)
    assert found.tolist() == [[78_640_000, 0, 0, 0]]  # in millionths
    assert defined.tolist() == [[True, False, False, True]]  # nothing checked; more correct than checked; a bound that is 0
