"""What a decision on an administrative case imposes: its items, the measure, who decided it, and what stands in the way of detention (form Z04)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from policestats.simulator.codes import CAUSES, LAW_2012, OTHER_LAW_CAUSES

_MEASURES = {"community_rehab": 60, "forced_rehab": 40}
_GROUP_DRUGS = "G18"
#: Highest fine on the spot, and of a station, in yuan, by the law applied (rules.md T18, T19).
_LIMITS = {LAW_2012: (200, 500)}
_LIMITS_SINCE = (500, 1000)
#: Highest fine of a cause in the law of 2012 and of 2025, in yuan; 0: none. Written down a second time, by hand.
_CAPS = {
    "Z001": (500, 1000), "Z002": (500, 1000), "Z025": (1000, 2000), "Z046": (0, 0), "Z048": (500, 1000), "Z067": (500, 1000),
    "Z071": (0, 1000), "Z090": (0, 1000), "Z093": (1000, 2000), "Z094": (1000, 2000), "Z106": (1000, 3000), "Z107": (1000, 3000),
    "Z109": (1000, 3000), "Z110": (1000, 3000), "Z111": (1000, 3000), "Z114": (500, 1000), "Z122": (1000, 5000), "Z131": (500, 1000),
    "Z137": (500, 1000), "Z141": (500, 1000), "Z159": (500, 0), "Z168": (5000, 5000), "Z179": (3000, 5000), "Z185": (2000, 3000),
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One item of a penalty; ``fine_yuan`` is None but for a fine."""

    kind: str
    fine_yuan: Decimal | None = None
    is_executed: bool = True


@dataclass(frozen=True)
class Sentence:
    """What a decision says besides its kind."""

    items: tuple[Item, ...] = ()
    measure: str | None = None
    is_on_the_spot: bool = False
    decided_by: str | None = None


NOTHING = Sentence()


@dataclass(frozen=True)
class Circumstances:
    """What counts of a person at the act: the age in completed years (None: unknown), and the grounds of 处罚法 §23."""

    act_age: int | None = None
    is_first_violation: bool | None = None
    is_pregnant_or_nursing: bool = False

    @property
    def spares_detention(self) -> bool:
        """Whether a detention may be decided and not executed."""
        if self.act_age is not None and (self.act_age in (14, 15) or self.act_age >= 70):
            return True
        return self.is_pregnant_or_nursing or (self.act_age in (16, 17) and bool(self.is_first_violation))


UNKNOWN = Circumstances()


def age_at(born: date, day: date) -> int:
    """Return the age in completed years; a birthday counts from the day itself."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def draw_circumstances(rng: Random, *, born: date | None, act_on: date, sex: str | None) -> Circumstances:
    """Draw what stands in the record of a person; nothing for a unit."""
    if born is None:
        return UNKNOWN
    is_known = rng.random() >= 0.02
    return Circumstances(
        act_age=age_at(born, act_on) if is_known else None,
        is_first_violation=None if rng.random() < 0.05 else rng.random() < 0.8,
        is_pregnant_or_nursing=sex == "2" and rng.random() < 0.06,
    )


def draw_kind(rng: Random, kind: str, *, cause: str | None, act_age: int | None) -> str:
    """Return the kind of a decision: who is under 14 is not punished, and many a drug user is treated instead of punished."""
    if act_age is not None and act_age < 14:
        return "no_penalty"
    known = CAUSES.get(cause or "")
    is_treated = known is not None and known.group == _GROUP_DRUGS and rng.random() < 0.4
    return "measure" if kind == "penalty" and is_treated else kind


def draw_sentence(
    rng: Random, kind: str, *, cause: str | None, law: str | None, fine: Decimal | None, is_unit: bool, circumstances: Circumstances
) -> Sentence:
    """Draw what a decision of ``kind`` imposes; ``fine`` is what the story of the case has decided already."""
    known = CAUSES.get(cause or "")
    if kind == "measure":
        is_drug = known is not None and known.group == _GROUP_DRUGS
        return Sentence(measure=rng.choices(list(_MEASURES), list(_MEASURES.values()))[0] if is_drug else "other", decided_by="county")
    if kind != "penalty":
        return Sentence(decided_by="county")
    fine = _capped(rng, fine, cause, law)
    items = [] if fine is None else [Item("fine", fine)]
    if is_unit:
        items += [Item("revocation")] if rng.random() < 0.15 or not items else []
    elif rng.random() < (0.3 if items else 0.65):
        items.append(Item("detention", is_executed=not (circumstances.spares_detention and rng.random() < 0.85)))
    elif not items:
        items.append(Item("warning"))
    if rng.random() < 0.01 and not is_unit:
        items = [Item("expulsion")] if rng.random() < 0.5 else [*items, Item("expulsion")]
    if rng.random() < 0.01 and not is_unit:
        items.append(Item("revocation"))
    if cause in OTHER_LAW_CAUSES:
        items += [Item(one) for one in ("confiscation", "closure") if rng.random() < 0.4]
    return _signed(rng, tuple(items), law)


def _capped(rng: Random, fine: Decimal | None, cause: str | None, law: str | None) -> Decimal | None:
    """Lower a fine to the cap of its cause, but for a slip now and then; None where the law has no fine."""
    caps = _CAPS.get(cause or "")
    if fine is None or caps is None or rng.random() < 0.01:
        return fine
    cap = Decimal(caps[0] if law == LAW_2012 else caps[1])
    return min(fine, cap) if cap else None


def _signed(rng: Random, items: tuple[Item, ...], law: str | None) -> Sentence:
    """Who decides: on the spot or a station within their limits, and now and then above them, else the county."""
    spot, station = _LIMITS.get(law or "", _LIMITS_SINCE)
    is_light = all(item.kind in ("fine", "warning") for item in items)
    highest = max((item.fine_yuan or Decimal(0) for item in items), default=Decimal(0))
    may_spot, may_station = highest <= spot or rng.random() < 0.03, highest <= station or rng.random() < 0.03
    is_on_the_spot = is_light and may_spot and rng.random() < 0.35
    is_by_station = is_light and may_station and (is_on_the_spot or rng.random() < 0.5)
    return Sentence(items, None, is_on_the_spot, "station" if is_by_station else "county")
