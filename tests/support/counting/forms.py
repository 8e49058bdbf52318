"""Which function counts which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache

from tests.support.counting import (
    calls,
    inspections,
    measures,
    offences,
    offenders,
    process,
    property_crime,
    public_order,
    response,
    stocks,
    time_limits,
    victims_and_scenes,
    violent,
)
from tests.support.counting.admin import AdminCases
from tests.support.counting.books import Books
from tests.support.counting.criminal import CriminalCases
from tests.support.counting.measures import Measures
from tests.support.counting.sheet import Place, Sheet
from tests.support.counting.window import window

_CRIMINAL: Mapping[str, Callable[[Sheet, CriminalCases], None]] = {
    "X03": violent.x03,
    "X04": violent.x04,
    "X05": property_crime.x05,
    "X06": property_crime.x06,
    "X07": offences.x07,
    "X08": offences.x08,
    "X09": offences.x09,
    "X10": offences.x10,
    "X11": offences.x11,
    "X12": offences.x12,
    "X13": process.x13,
    "X14": process.x14,
    "X15": victims_and_scenes.x15,
    "X17": victims_and_scenes.x17,
    "X18": victims_and_scenes.x18,
    "X19": victims_and_scenes.x19,
    "X20": stocks.x20,
}
_ADMIN: Mapping[str, Callable[[Sheet, AdminCases], None]] = {
    "Z02": public_order.z02,
    "Z03": public_order.z03,
    "Z04": public_order.z04,
    "Z05": public_order.z05,
    "Z06": time_limits.z06,
    "Z07": offenders.z07,
    "Z08": offenders.z08,
    "Z09": public_order.z09,
    "Z10": offenders.z10,
}
COUNTED = tuple(sorted((*_CRIMINAL, *_ADMIN, "X16", "Z11", "Z12", "Z15")))


def count(books: Books, form: str, period: str) -> dict[Place, Decimal]:
    """Return every cell of ``form`` for ``period`` that is not zero, and every rate that is defined.

    Raises: KeyError when the form is not counted.
    """
    sheet = Sheet(books.province, window(period))
    if form == "X16":
        measures.x16(sheet, _measures(books))
    elif form == "Z11":
        calls.z11(sheet, books, period)
    elif form == "Z12":
        response.z12(sheet, books)
    elif form == "Z15":
        inspections.z15(sheet, books, _admin(books))
    elif form in _CRIMINAL:
        _CRIMINAL[form](sheet, _criminal(books))
    else:
        _ADMIN[form](sheet, _admin(books))
    return sheet.cells()


@cache
def _criminal(books: Books) -> CriminalCases:
    return CriminalCases(books)


@cache
def _admin(books: Books) -> AdminCases:
    return AdminCases(books)


@cache
def _measures(books: Books) -> Measures:
    return Measures(books)
