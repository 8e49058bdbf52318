"""Made-up people: names that are obviously none, telephone numbers that cannot ring, identity numbers that cannot exist."""

from __future__ import annotations

from datetime import date

#: No division has this code, so no living person has such a number.
IMPOSSIBLE_DIVISION = "999999"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def check_digit(first_17: str) -> str:
    """Return the check digit of an identity number's first 17 digits (ISO 7064 MOD 11-2, GB 11643)."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(first_17, _WEIGHTS, strict=True)) % 11]


def identity_number(*, born: date, sex: str, serial: int) -> str:
    """Return an impossible identity number that is right in form.

    Args:
        born: Day of birth.
        sex: "1" male (odd sequence number) or "2" female (even).
        serial: Any number; tells people of one birthday apart (499 of each sex).
    """
    sequence = serial % 499 * 2 + (1 if sex == "1" else 2)
    digits = f"{IMPOSSIBLE_DIVISION}{born:%Y%m%d}{sequence:03d}"
    return digits + check_digit(digits)


def name(serial: int) -> str:
    """Return a name nobody has."""
    return f"虚构人{serial:05d}"


def phone(serial: int) -> str:
    """Return a telephone number that cannot be dialled."""
    return f"000{serial:08d}"
