"""Who the people of cases are, as far as forms ask: education, occupation, where they are registered, and what they did before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

EDUCATION: Mapping[str | None, float] = {"10": 1, "20": 5, "30": 8, "40": 6, "60": 12, "70": 42, "80": 17, "90": 4, None: 4, "99": 1}
OCCUPATION: Mapping[str | None, float] = {
    "11": 1, "13": 2, "17": 3, "21": 2, "24": 14, "27": 19, "51": 5, "54": 9, "31": 4, "70": 30, "80": 2, "37": 0.5, "90": 4, None: 4, "98": 0.5,
}  # fmt: skip
RESIDENCE: Mapping[str | None, float] = {"here": 46, "province": 22, "elsewhere": 27, "abroad": 2, None: 3}
_REPEAT: Mapping[bool | None, float] = {True: 12, False: 80, None: 8}


@dataclass(frozen=True)
class Background:
    """What the record of a person says; None where it says nothing, as for a unit."""

    education: str | None = None
    occupation: str | None = None
    residence: str | None = None
    is_repeat_within_year: bool | None = None


NOTHING_KNOWN = Background()


def draw_background(rng: Random) -> Background:
    """Draw the background of a natural person; now and then a code that nobody knows."""

    def one(weights: Mapping[str | None, float]) -> str | None:
        return rng.choices(list(weights), list(weights.values()))[0]

    repeat = rng.choices(list(_REPEAT), list(_REPEAT.values()))[0]
    return Background(one(EDUCATION), one(OCCUPATION), one(RESIDENCE), repeat)
