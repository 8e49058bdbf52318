"""What a case record says of money, data and means: drawn with dice of its own when a case is entered."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import Random

_PROPERTY = ("C220", "C221", "C222", "C223", "C224", "C226", "C229", "C230", "C139", "C167")
_WITH_AMOUNT = ("C226", "C257", "C300", "C207", "C252", "C286")
_WITH_RECORDS = ("C207", "C252")
_OF_AGENCIES = ("CH03", "CH06S6")
#: Least and greatest reported loss in yuan, and how often; None: not stated.
_LOSSES: Mapping[tuple[int, int] | None, float] = {
    None: 7, (0, 1): 2, (100, 3_000): 35, (3_000, 30_000): 33, (30_000, 500_000): 17, (500_000, 1_000_000): 3, (1_000_000, 5_000_000): 3,
}  # fmt: skip
_FRAUD_MEANS = ("0310", *(f"03{number}" for number in range(11, 20)))
_BY_SUPERSTITION = "0320"
_UNSTATED = "0900"


def details(dice: Random, charge: str | None, place: str | None, tags: Mapping[str, object]) -> dict[str, object]:
    """Return the columns of a case record with ``charge``, of chapter or section ``place``, that a clerk fills beside ``tags``."""
    found: dict[str, object] = {
        "reported_loss_yuan": _loss(dice) if charge in _PROPERTY else None,
        "involved_yuan": _amount(dice, 10_000, 3_000_000) if charge in _WITH_AMOUNT or (place or "")[:4] == "CH03" else None,
        "personal_record_count": dice.randrange(50, 200_000) if charge in _WITH_RECORDS else None,
        "is_completed": dice.choices([True, False, None], [85, 10, 5])[0] if charge in _PROPERTY else None,
        "is_cyber_upstream": charge in ("C300", "R042") and dice.random() < 0.5,
        "is_agency_referral": (place or "").startswith(_OF_AGENCIES) and dice.random() < 0.3,
    }
    if tags.get("is_telecom_fraud"):
        found["mo_code"] = dice.choice(_FRAUD_MEANS)
    elif charge == "C222" and tags.get("mo_code") == _UNSTATED and dice.random() < 0.3:
        found["mo_code"] = _BY_SUPERSTITION
    return found


def _loss(dice: Random) -> Decimal | None:
    band = dice.choices(list(_LOSSES), list(_LOSSES.values()))[0]
    return None if band is None else _amount(dice, *band)


def _amount(dice: Random, least: int, below: int) -> Decimal:
    return Decimal(dice.randrange(least, below)) + Decimal(dice.randrange(100)) / 100
