"""Columns made from other columns: always from unrounded operands, rounded once at the end."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .standard import Row

Number = Fraction | None
Operand = Callable[[str, str], Number]  # (row code, column code) -> exact value at the same unit
Days = Callable[[str], int]  # column code -> days in its window

DERIVED = ("formula", "rate", "change", "share_of", "per_day", "wilson")
STORED_DECIMALS = 6  # what a published cell can hold


def derived(column: Row, row: str, policies: Row, operand: Operand, days: Days) -> Number:
    """The exact value of a derived column in ``row``; None when an operand is missing or the base is zero ("—")."""
    if "formula" in column:
        return _weighted(column["formula"], row, operand)
    if "rate" in column:
        rate = column["rate"]
        above, below = (_weighted(_chosen(rate[side], policies), rate.get(f"{side}_row", row), operand) for side in ("of", "over"))
        return _quotient(above, below, column.get("per", rate.get("per", 1)))
    if "share_of" in column:
        share = column["share_of"]
        return _quotient(operand(row, share["column"]), operand(share.get("except", {}).get(row, share["row"]), share["column"]), 100)
    if "change" in column:
        change = column["change"]
        now, base = operand(row, change["of"]), operand(row, change["from"])
        if change.get("per_day"):
            now, base = _quotient(now, Fraction(days(change["of"])), 1), _quotient(base, Fraction(days(change["from"])), 1)
        return None if now is None or base is None else _quotient(now - base, base, 100)
    if "wilson" in column:
        return _wilson(column["wilson"], row, operand)
    return _quotient(operand(row, column["per_day"]), Fraction(days(column["per_day"])), 1)


def printed(value: Number, decimals: int | None) -> Decimal | None:
    """Round half away from zero, as published tables do; without ``decimals`` to what a cell can hold."""
    if value is None or value.denominator == 1:
        return None if value is None else Decimal(value.numerator)
    places = STORED_DECIMALS if decimals is None else decimals
    scaled = abs(value) * 10**places
    whole = (scaled + Fraction(1, 2)).__floor__()
    return Decimal(whole if value >= 0 else -whole).scaleb(-places)


def _wilson(rule: Row, row: str, operand: Operand) -> Number:
    """Bound of the 95 % Wilson interval in percent: where (p - x)^2 = z^2 x (1 - x) / n, found by halving to far below any printed digit."""
    correct, checked = operand(row, rule["of"]), operand(row, rule["over"])
    if correct is None or checked is None or not 0 <= correct <= checked or checked == 0:
        return None
    share, z = correct / checked, Fraction("1.959963984540054")
    inside, outside = share, Fraction(0 if rule["bound"] == "low" else 1)
    for _ in range(80):
        x = (inside + outside) / 2
        if (share - x) ** 2 <= z**2 * x * (1 - x) / checked:
            inside = x
        else:
            outside = x
    return inside * 100


def _weighted(of: Any, row: str, operand: Operand) -> Number:
    total = Fraction(0)
    for code, weight in (of if isinstance(of, dict) else {of: 1}).items():
        value = operand(row, code)
        if value is None:
            return None
        total += value * Fraction(str(weight))
    return total


def _chosen(side: Any, policies: Row) -> Any:
    """Weights as numbers: a policy says some of them."""
    return {code: policies[w["policy"]] if isinstance(w, dict) else w for code, w in side.items()} if isinstance(side, dict) else side


def _quotient(value: Number, base: Number, per: int) -> Number:
    return None if value is None or base is None or base == 0 else value / base * per
