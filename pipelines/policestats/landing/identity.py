"""Replaces an identity number, before anything is written, by a keyed pseudonym and the few facts that need the number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from policestats.errors import DefinitionError, nearest
from policestats.landing.plan import TablePlan

Row = tuple[str | None, ...]

PSEUDONYM_LENGTH = 32  # hexadecimal characters, 128 bits: two persons never meet by chance
MALE, FEMALE = "1", "2"  # ISO/IEC 5218

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


def disguise(plan: TablePlan, key: bytes) -> Callable[[Row], Row]:
    """Return the function that turns a row of ``plan.reads`` into a row of ``plan.lands``, without the identity.

    The pseudonym is HMAC-SHA-256 of the trimmed number in capitals. A null or blank number gives nulls: nothing is known, nothing failed.

    Raises: DefinitionError when nobody declared the identity's kind.
    """
    position = {name: i for i, name in enumerate(plan.reads)}
    identity = plan.identity
    if identity is None:
        kept = [position[name] for name in plan.lands]
        if kept == list(range(len(plan.reads))):
            return lambda row: row
        return lambda row: tuple([row[i] for i in kept])
    layout = LAYOUTS.get(identity.kind)
    if layout is None:
        raise DefinitionError(f"{identity.where}: there is no identity kind {identity.kind!r}; {nearest(identity.kind, LAYOUTS)}")
    outputs = tuple(identity.outputs)
    kept = [position[name] for name in plan.lands[: len(plan.lands) - len(outputs)]]
    number_at = position[identity.column]
    sex_at = position[identity.sex] if identity.sex is not None else None

    def replace(row: Row) -> Row:
        number = (row[number_at] or "").strip().upper()
        made: dict[str, str | None] = {}
        if number:
            facts = layout(number)
            made = {
                "pseudonym": hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_LENGTH],
                "is_valid": _text(facts.is_valid),
                "birth_year": _text(facts.birth_year),
                "birth_month": _text(facts.birth_month),
                "sex_agrees": _text(_agrees(facts, row[sex_at])) if sex_at is not None else None,
            }
        return (*[row[i] for i in kept], *[made.get(output) for output in outputs])

    return replace


def _agrees(facts: IdentityFacts, sex: str | None) -> bool | None:
    """Whether the recorded sex is that of the number; None when either is unknown."""
    code = (sex or "").strip()
    if facts.is_male is None or code not in (MALE, FEMALE):
        return None
    return facts.is_male == (code == MALE)


def _text(value: bool | int | None) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
