"""Rates, shares, changes and bounds: the only place where a figure is divided or rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import numpy as np

from policestats.reports.exact import LIMIT, SCALE, Flags, Integers, roomy, whole


def rate(numerator: int, denominator: int, *, per: int, decimals: int) -> Decimal | None:
    """Return ``numerator / denominator * per``, rounded half away from zero (四舍五入) as in published tables.

    Args:
        numerator: Things counted, e.g. cases solved.
        denominator: Things at risk, e.g. cases filed.
        per: 100 for percent, 100_000 for a rate per 100,000 residents.
        decimals: Decimal places kept; at 1, 33.35 becomes 33.4.
    Returns: The rate in units of ``per``; None when ``denominator`` is 0, printed as "—".
    Raises: ValueError when ``denominator`` is negative.
    Source: templates.md A11 (rates are computed after aggregation, never averaged).

    >>> rate(2667, 8000, per=100, decimals=1)
    Decimal('33.3')
    """
    if denominator < 0:
        raise ValueError(f"the base of a rate is negative: {denominator}")
    if denominator == 0:
        return None
    return Decimal(_rounded(numerator * per * 10**decimals, denominator)).scaleb(-decimals)


def scaled(value: Decimal, *, divide_by: int, decimals: int) -> Decimal:
    """Return a stored figure (six decimals at most) in a larger unit of measure, rounded once from the exact value, half away from zero.

    >>> scaled(Decimal("1234550"), divide_by=10000, decimals=2)
    Decimal('123.46')
    """
    return Decimal(_rounded(int(value * SCALE) * 10**decimals, divide_by * SCALE)).scaleb(-decimals)


def rates(numerators: Integers, denominators: Integers, *, per: int, decimals: int) -> tuple[Integers, Flags]:
    """Return the rates of whole arrays, in millionths, and where they are defined (base not 0).

    Args: numerators, denominators: whole numbers of one unit (see exact.py), of one shape.
    Raises: ValueError when a base is negative.
    """
    denominators = np.broadcast_to(denominators, np.broadcast_shapes(numerators.shape, denominators.shape))
    numerators = np.broadcast_to(numerators, denominators.shape)
    if (denominators < 0).any():
        raise ValueError("the base of a rate is negative")
    defined = (denominators != 0).astype(bool)
    step = SCALE // 10**decimals
    quotients = _quotients(numerators[defined], denominators[defined], per * 10**decimals)
    scaled = roomy(quotients, step) * step
    found = np.zeros(denominators.shape, dtype=scaled.dtype)
    found[defined] = scaled
    return found, defined


def _quotients(numerators: Integers, denominators: Integers, factor: int) -> Integers:
    """Return ``numerators * factor / denominators`` rounded; what could overflow 64 bits is computed with Python integers."""
    if numerators.dtype == object or denominators.dtype == object:
        return whole(_rounded_array(numerators.astype(object) * factor, denominators.astype(object)))
    small = (np.abs(numerators) < LIMIT // (4 * factor)) & (denominators < LIMIT // 4)
    if small.all():
        return _rounded_array(numerators * factor, denominators)
    found = np.zeros(numerators.shape, dtype=object)
    found[small] = _rounded_array(numerators[small] * factor, denominators[small])
    found[~small] = _rounded_array(numerators[~small].astype(object) * factor, denominators[~small].astype(object))
    return whole(found)


def _rounded(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero; exact, whatever the size."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def _rounded_array(numerators: Integers, denominators: Integers) -> Integers:
    size = (2 * np.abs(numerators) + denominators) // (2 * denominators)
    return np.where(numerators >= 0, size, -size)


#: The 97.5th percentile of the normal distribution: 95 % lie within it on both sides.
_Z = Decimal("1.959963984540054")


def wilson(successes: int, trials: int, *, bound: str, decimals: int) -> Decimal | None:
    """Return a bound of the 95 % Wilson score interval of ``successes / trials`` in percent, rounded once, half away from zero.

    Args:
        successes: Records found correct, 0 to ``trials``.
        trials: Records checked.
        bound: ``low`` or ``high``.
        decimals: Decimal places kept.
    Returns: The bound, 0 to 100; None when nothing was checked, printed as "—".
    Raises: ValueError when ``successes`` lies outside 0 to ``trials``.
    Source: rules.md section 4 (publish n and a Wilson 95 % interval); E. B. Wilson, 1927.

    >>> wilson(45, 50, bound="low", decimals=2)
    Decimal('78.64')
    """
    if trials == 0:
        return None
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} cannot be a share; the first must lie between 0 and the second")
    with localcontext() as context:
        context.prec = 60
        square = _Z * _Z
        spread = _Z * (square + Decimal(4 * successes * (trials - successes)) / trials).sqrt()
        middle = 2 * successes + square
        found = (middle + spread if bound == "high" else middle - spread) / (2 * (trials + square)) * 100
        return found.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def wilsons(successes: Integers, trials: Integers, *, bound: str, decimals: int) -> tuple[Integers, Flags]:
    """Return the bounds of whole arrays (of one shape), in millionths, and where they are defined; what cannot be a share has no bound.

    Args: successes, trials: whole numbers, not millionths.
    """
    defined = ((trials > 0) & (successes >= 0) & (successes <= trials)).astype(bool)
    pairs = list(zip(successes[defined].tolist(), trials[defined].tolist(), strict=True))
    known = {pair: wilson(*pair, bound=bound, decimals=decimals) or Decimal(0) for pair in set(pairs)}  # the same few pairs at many units
    found = np.zeros(trials.shape, dtype=np.int64)
    found[defined] = [int(known[pair] * SCALE) for pair in pairs]
    return found, defined
