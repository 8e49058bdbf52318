"""A number as somebody typed it, in a sheet or a list: what is taken, what is refused and why."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal

from policestats.reports.form_columns import FormColumn

#: more than this is a slip, and a sheet keeps no more digits than 15
_MOST = Decimal(10) ** 15
_PLAIN = re.compile(r"\d+(\.\d+)?")
PERCENT = "%"


class RefusedValue(ValueError):
    """A value that cannot stand in a cell; the text says why and how to cure it."""


def read_value(given: object, column: FormColumn, number_format: str = "General") -> Decimal | None:
    """Return the number that was typed into a cell of ``column``; None for an empty one.

    Args:
        given: what the sheet or list holds: a number, a text, or something that a sheet made of what was typed.
        number_format: how the sheet shows it.
    Raises: RefusedValue for what is no number, is negative, has more decimals than the column prints, or is above 100 percent.
    """
    value = _number(given, number_format)
    if value is None:
        return None
    if value < 0:
        raise RefusedValue("is below 0; type what was counted")
    if value >= _MOST:
        raise RefusedValue("has more than 15 digits; type the number that the form asks for, in its unit of measure")
    if column.unit == PERCENT and value > 100:
        raise RefusedValue("is above 100 %; type a share from 0 to 100")
    if value != round(value, column.decimals):
        cure = "type a whole number" if column.decimals == 0 else f"type at most {column.decimals} decimals"
        raise RefusedValue(f"has more decimals than the column prints; {cure}")
    return value


def plain(value: Decimal | None) -> str:
    """Return a figure without zeros behind its point; "" for none."""
    return "" if value is None else f"{value.normalize():f}"


def _number(given: object, number_format: str) -> Decimal | None:
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if isinstance(given, bool):
        raise RefusedValue("is true or false; type a number")
    if isinstance(given, (date, datetime, time)):
        raise RefusedValue("became a date in the sheet; set the cell's format to a number and type it again")
    if isinstance(given, str):
        return _of_text(given)
    if isinstance(given, (int, float)):
        if PERCENT in number_format:
            raise RefusedValue("is shown as a percentage, so that the sheet holds a hundredth of it; type the plain number")
        value = Decimal(str(given))
        if not value.is_finite():
            raise RefusedValue("is no number; type one")
        return value
    raise RefusedValue("is no number; type one")


def _of_text(given: str) -> Decimal:
    text = unicodedata.normalize("NFKC", given).strip()
    if text.startswith("="):
        raise RefusedValue("is a formula; type the number itself")
    if "," in text:
        raise RefusedValue("has a comma, which may part thousands or decimals; type digits and a point only")
    if re.fullmatch(r"-\d+(\.\d+)?", text):
        raise RefusedValue("is below 0; type what was counted")
    if not _PLAIN.fullmatch(text):
        raise RefusedValue("is no number; type digits, without a unit or a mark")
    return Decimal(text)
