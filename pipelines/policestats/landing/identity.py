"""What an identity number says by itself, for each way in which numbers are built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


@dataclass(frozen=True)
class IdentityFacts:
    """What an identity number says by itself. Without a valid number there is no date of birth and no sex: None."""

    is_valid: bool
    birth_year: int | None = None
    birth_month: int | None = None
    is_male: bool | None = None


def resident_id(number: str) -> IdentityFacts:
    """Return what an 18-character resident number says: area (6), birth date (8), sequence (3, odd for men), check character.

    Valid means: 17 digits, a birth date that exists, and the right ISO 7064 MOD 11-2 check character.
    Source: rules.md 5.
    """
    digits, check = number[:17], number[17:]
    if len(number) != 18 or not (digits.isascii() and digits.isdigit()):
        return IdentityFacts(is_valid=False)
    try:
        born = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return IdentityFacts(is_valid=False)
    remainder = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True)) % 11
    if check != _CHECK_CHARACTERS[remainder]:
        return IdentityFacts(is_valid=False)
    return IdentityFacts(is_valid=True, birth_year=born.year, birth_month=born.month, is_male=int(digits[16]) % 2 == 1)


LAYOUTS: dict[str, Callable[[str], IdentityFacts]] = {"resident_id": resident_id}
