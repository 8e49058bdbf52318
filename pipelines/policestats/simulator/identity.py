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
    """Return a telephone number that cannot be dialled, another for each ``serial`` below a hundred million.

    Its digits are spread by a factor that shares none with ten: numbers in a row, mostly zeros, would look like the cells of a form.
    """
    return f"000{(serial + 1) * 38_196_601 % 10**8:08d}"  # the first of all would be zeros alone


_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code(serial: int) -> str:
    """Return an impossible unified credit code that is right in form, check character included (GB 32100)."""
    first_17 = f"91{IMPOSSIBLE_DIVISION}{serial:09d}"
    total = sum(_CREDIT_ALPHABET.index(character) * weight for character, weight in zip(first_17, _CREDIT_WEIGHTS, strict=True))
    return first_17 + _CREDIT_ALPHABET[(31 - total % 31) % 31]


def is_valid(number: str) -> bool:
    """Tell whether an identity number has 18 places, a day of birth that exists and the right check digit."""
    if len(number) != 18 or not number[:17].isdigit():
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return number[17] == check_digit(number[:17])


def agrees_with_sex(number: str, sex: str | None) -> bool:
    """Tell whether the sequence number is odd for "1" (male) and even for "2" (female)."""
    return sex == ("1" if int(number[16]) % 2 == 1 else "2")
