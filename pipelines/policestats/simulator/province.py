"""The made-up province: a tree of units in the unused division 99xxxx, with one merger of two stations into a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from policestats.errors import SettingsError

ROOT = "990000000000"
#: Where records of a unit that nobody knows are counted: a child of the root.
UNKNOWN_UNIT = "000000000000"
#: The other end of a transfer that crosses the border of the province.
OUTSIDE = "outside"

_FOUNDED = date(2020, 1, 1)
_CITIES = (("9901", "甲市", "Alpha City"), ("9902", "乙市", "Beta City"))
_COUNTIES = (
    ("990101", "甲一区", "Alpha First District", ("东门", "西门", "南门")),
    ("990102", "甲二县", "Alpha Second County", ("上湾", "下湾")),
    ("990103", "甲三县", "Alpha Third County", ("石桥", "木桥")),
    ("990201", "乙一区", "Beta First District", ("日升", "月落", "星河")),
    ("990202", "乙二县", "Beta Second County", ("青山", "绿水")),
)
_MERGED = ("990201520000", "990201530000")
_SUCCESSOR = "990201610000"


@dataclass(frozen=True)
class Unit:
    """One unit. ``valid_to`` is the first day it no longer stands (None: open); ``successor`` takes over from then on."""

    code: str
    parent: str | None
    level: str
    name_zh: str
    name_en: str
    valid_from: date = _FOUNDED
    valid_to: date | None = None
    successor: str | None = None

    def stands_on(self, day: date) -> bool:
        """Tell whether the unit exists on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Province:
    """All units of all times."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self.units = {unit.code: unit for unit in units}

    def live(self, code: str | None, day: date) -> str:
        """Return the unit that stands for ``code`` on ``day``: itself, a successor, or the unknown unit for a null or unknown code.

        Source: corrections.md 11 (units carry successors) and design.md 3 (nothing disappears).
        """
        if code is None or code not in self.units:
            return UNKNOWN_UNIT
        unit = self.units[code]
        while unit.valid_to is not None and unit.valid_to <= day and unit.successor is not None:
            unit = self.units[unit.successor]
        return unit.code

    def chain(self, code: str | None, day: date) -> tuple[str, ...]:
        """Return the unit that stands for ``code`` on ``day`` and all above it, up to the root; nothing for OUTSIDE."""
        if code == OUTSIDE:
            return ()
        live = self.live(code, day)
        if live == UNKNOWN_UNIT:
            return (UNKNOWN_UNIT, ROOT)
        found, above = [], self.units[live].code
        while True:
            found.append(above)
            parent = self.units[above].parent
            if parent is None:
                return tuple(found)
            above = parent

    def tree(self, day: date) -> list[str]:
        """Return the codes of all units that stand on ``day``, the unknown unit last."""
        return [code for code, unit in self.units.items() if unit.stands_on(day)] + [UNKNOWN_UNIT]

    def stations(self, day: date) -> list[str]:
        """Return the codes of the stations that stand on ``day``."""
        return [code for code, unit in self.units.items() if unit.level == "station" and unit.stands_on(day)]

    def station(self, code: str) -> Unit:
        """Return the station ``code``.

        Raises: SettingsError when there is no such station.
        """
        unit = self.units.get(code)
        if unit is None or unit.level != "station":
            known = ", ".join(u.code for u in self.units.values() if u.level == "station")
            raise SettingsError(f"unit {code!r} is no station of the simulated province; give one of {known}")
        return unit

    def rows(self) -> list[dict[str, object]]:
        """Return the rows of the table ``unit``."""
        return [
            {
                "unit_code": unit.code,
                "valid_from": unit.valid_from,
                "valid_to": unit.valid_to,
                "parent_unit_code": unit.parent,
                "successor_unit_code": unit.successor,
                "level_code": unit.level,
                "name_zh": unit.name_zh,
                "name_en": unit.name_en,
            }
            for unit in self.units.values()
        ]


def make_province(merger_on: date) -> Province:
    """Return the province: 2 cities, 5 counties, 12 stations, two of which become one new station on ``merger_on``."""
    units = [Unit(ROOT, None, "province", "虚构省公安厅", "Police of the Made-up Province")]
    for prefix, name_zh, name_en in _CITIES:
        units.append(Unit(f"{prefix}00000000", ROOT, "city", f"{name_zh}公安局", f"{name_en} Police"))
    for prefix, name_zh, name_en, stations in _COUNTIES:
        county = f"{prefix}000000"
        units.append(Unit(county, f"{prefix[:4]}00000000", "county", f"{name_zh}公安分局", f"{name_en} Police"))
        for number, place in enumerate(stations, start=1):
            code = f"{prefix}5{number}0000"
            ends = code in _MERGED
            units.append(
                Unit(
                    code,
                    county,
                    "station",
                    f"{place}派出所",
                    f"{name_en} Station {number}",
                    valid_to=merger_on if ends else None,
                    successor=_SUCCESSOR if ends else None,
                )
            )
    units.append(Unit(_SUCCESSOR, "990201000000", "station", "星月派出所", "Beta First District Joint Station", valid_from=merger_on))
    return Province(units)
