"""The made-up province: a tree of units in the unused division 99xxxx. Two stations merge into a new one, and one moves to another county."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from policestats.errors import SettingsError
from policestats.simulator.records import Records, Row

ROOT = "990000000000"
#: Where records of a unit that nobody knows are counted: a child of the root.
UNKNOWN_UNIT = "000000000000"
#: The other end of a transfer that crosses the border of the province.
OUTSIDE = "outside"

_FOUNDED = date(2020, 1, 1)
_COMMUNITIES = 3
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
#: The station that another county of its city takes over.
_MOVED, _MOVED_TO = "990202520000", "990201000000"
#: A change of the tree is written into the system some days before it takes effect.
_ANNOUNCED = timedelta(days=5)


@dataclass(frozen=True)
class Unit:
    """One unit.

    ``valid_to`` is the first day it no longer stands (None: open); ``successor`` takes over from then on. ``parents`` holds its parents in
    the order of time, each with its first day.
    """

    code: str
    parents: tuple[tuple[date, str | None], ...]
    level: str
    name_zh: str
    name_en: str
    valid_from: date = _FOUNDED
    valid_to: date | None = None
    successor: str | None = None

    def stands_on(self, day: date) -> bool:
        """Tell whether the unit exists on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def parent_on(self, day: date) -> str | None:
        """Return the unit above on ``day``."""
        return [parent for since, parent in self.parents if since <= day or since == self.parents[0][0]][-1]


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
            parent = self.units[above].parent_on(day)
            if parent is None:
                return tuple(found)
            above = parent

    def tree(self, day: date) -> list[str]:
        """Return the codes of all units that stand on ``day``, the unknown unit last."""
        return [code for code, unit in self.units.items() if unit.stands_on(day)] + [UNKNOWN_UNIT]

    def stations(self, day: date) -> list[str]:
        """Return the codes of the stations that stand on ``day``."""
        return [code for code, unit in self.units.items() if unit.level == "station" and unit.stands_on(day)]

    def communities(self, station: str) -> list[str]:
        """Return the codes of the communities and villages of a station; a merged station has those of the stations it came from."""
        merged = [unit.code for unit in self.units.values() if unit.successor == station]
        return [f"{code}{number:03d}" for code in merged or [station] for number in range(1, _COMMUNITIES + 1)]

    def station(self, code: str) -> Unit:
        """Return the station ``code``.

        Raises: SettingsError when there is no such station.
        """
        unit = self.units.get(code)
        if unit is None or unit.level != "station":
            known = ", ".join(u.code for u in self.units.values() if u.level == "station")
            raise SettingsError(f"unit {code!r} is no station of the simulated province; give one of {known}")
        return unit

    def register(self, case_system: Records) -> None:
        """Write the table ``unit``: one row per version, and the changes of versions when they become known."""
        for unit in self.units.values():
            last: Row | None = None
            for since, parent in unit.parents:
                known = datetime.combine(since, datetime.min.time()) - (_ANNOUNCED if since > _FOUNDED else timedelta())
                if last is not None:
                    case_system.change(last, known, valid_to=since)
                last = case_system.add(
                    "unit",
                    at=known,
                    unit_code=unit.code,
                    valid_from=since,
                    valid_to=None,
                    parent_unit_code=parent,
                    successor_unit_code=None,
                    level_code=unit.level,
                    name_zh=unit.name_zh,
                    name_en=unit.name_en,
                )
            if unit.valid_to is not None and last is not None:
                known = datetime.combine(unit.valid_to, datetime.min.time()) - _ANNOUNCED
                case_system.change(last, known, valid_to=unit.valid_to, successor_unit_code=unit.successor)

    def register_communities(self, collection: Records) -> None:
        """Write the table ``community``; those of a merged station are given to its successor when it begins."""
        for unit in self.units.values():
            if unit.level != "station" or any(other.successor == unit.code for other in self.units.values()):
                continue
            for number, code in enumerate(self.communities(unit.code), start=1):
                row = collection.add(
                    "community",
                    at=datetime.combine(_FOUNDED, datetime.min.time()),
                    community_code=code,
                    unit_code=unit.code,
                    name_zh=f"{unit.name_zh.removesuffix('派出所')}第{number}社区",
                    name_en=f"{unit.name_en} Community {number}",
                )
                if unit.valid_to is not None:
                    collection.change(row, datetime.combine(unit.valid_to, datetime.min.time()), unit_code=unit.successor)


def make_province(merger_on: date, moved_on: date | None = None) -> Province:
    """Return the province: 2 cities, 5 counties, 12 stations.

    Two stations become one new station on ``merger_on``; another one belongs to another county from ``moved_on`` on (None: never).
    """
    units = [_unit(ROOT, None, "province", "虚构省公安厅", "Police of the Made-up Province")]
    for prefix, name_zh, name_en in _CITIES:
        units.append(_unit(f"{prefix}00000000", ROOT, "city", f"{name_zh}公安局", f"{name_en} Police"))
    for prefix, name_zh, name_en, stations in _COUNTIES:
        county = f"{prefix}000000"
        units.append(_unit(county, f"{prefix[:4]}00000000", "county", f"{name_zh}公安分局", f"{name_en} Police"))
        for number, place in enumerate(stations, start=1):
            station = _unit(f"{prefix}5{number}0000", county, "station", f"{place}派出所", f"{name_en} Station {number}")
            if station.code in _MERGED:
                station = replace(station, valid_to=merger_on, successor=_SUCCESSOR)
            elif station.code == _MOVED and moved_on is not None:
                station = replace(station, parents=(*station.parents, (moved_on, _MOVED_TO)))
            units.append(station)
    units.append(_unit(_SUCCESSOR, "990201000000", "station", "星月派出所", "Beta First District Joint Station", since=merger_on))
    return Province(units)


def _unit(code: str, parent: str | None, level: str, name_zh: str, name_en: str, *, since: date = _FOUNDED) -> Unit:
    return Unit(code, ((since, parent),), level, name_zh, name_en, valid_from=since)
