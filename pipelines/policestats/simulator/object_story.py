"""What field collection finds in the made-up province: chances around the acts on addresses, people, houses, organisations and elements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from policestats.simulator import identity
from policestats.simulator import object_acts as acts
from policestats.simulator.diary import Diary
from policestats.simulator.object_book import CollectedObject

#: Objects of a station before the first month, by table.
_AT_START = {"address": 40, "resident": 70, "house": 40, "organisation": 24, "security_element": 14}
_NEW = {"address": 4, "resident": 12, "house": 4, "organisation": 2, "security_element": 1}
_KINDS_OF_RESIDENCE = {"registered": 55, "inflow": 40, "foreign": 5}
#: What people type into a field that must not be empty.
_NOTHING = (None, "", "无", "不详", "0000")


class ObjectStory:
    """Registers objects and keeps them: visits, moves, departures, cancellations, duplicates."""

    def __init__(self, diary: Diary) -> None:
        self.diary = diary
        self.world = diary.world
        self._of_station: dict[str, list[CollectedObject]] = {}
        self._serial = 0
        self._make: dict[str, Callable[[list[CollectedObject]], dict[str, Any]]] = {
            "address": self._address,
            "resident": self._resident,
            "house": self._house,
            "organisation": self._organisation,
            "security_element": self._element,
        }

    def begin(self, station: str, day: date) -> None:
        """Fill a station with what was collected in the year and a half before ``day``."""
        for table, count in _AT_START.items():
            for _ in range(count):
                on = day - timedelta(days=self.diary.rng.randrange(1, 540))
                self._register(table, station, on, datetime.combine(on, time(16)) + timedelta(seconds=self.diary.rng.randrange(3600)))

    def work(self, station: str, day: date) -> None:
        """Do a day's collection at ``station``."""
        diary = self.diary
        for _ in range(diary.draw({0: 60, 1: 32, 2: 8})):
            entered = diary.entry([station], day)
            if entered is not None:
                self._register(diary.draw(_NEW), station, day, entered)
        for chance, act in (
            (0.9, self._verify), (0.9, self._verify), (0.2, self._correct), (0.08, self._move), (0.06, self._cancel), (0.03, self._merge),
            (0.06, self._leave),
        ):  # fmt: skip
            if diary.chance(chance):
                found = self._pick(station, day)
                if found is not None:
                    act(found, day)

    def _own(self, station: str, day: date) -> list[CollectedObject]:
        if station not in self._of_station:  # a merged station has what the ones before it had
            gone = [code for code in self._of_station if self.world.unit_now(code, day) == station]
            self._of_station[station] = [found for code in gone for found in self._of_station.pop(code)]
        return self._of_station[station]

    def _pick(self, station: str, day: date) -> CollectedObject | None:
        own = self._own(station, day)
        for _ in range(5):
            found = self.diary.rng.choice(own) if own else None
            if found is not None and found.state == "active" and found.last_on <= day:
                return found
        return None

    def _register(self, table: str, station: str, on: date, entered: datetime) -> CollectedObject:
        diary = self.diary
        community = None if diary.chance(0.01) else diary.rng.choice(self.world.province.communities(station))
        own = self._own(station, on)
        attributes = self._make[table](own)
        if table == "resident":
            attributes["lives_since"] = on - timedelta(days=diary.rng.randrange(200)) if diary.chance(0.96) else None
        found = acts.register_object(self.world, table, unit=station, community=community, on=on, entered=entered, **attributes)
        own.append(found)
        return found

    def _entry(self, found: CollectedObject, day: date, *units: str | None) -> datetime | None:
        return self.diary.entry([self.world.unit_now(found.unit, day), *units], day, after=found.last_entered)

    def _verify(self, found: CollectedObject, day: date) -> None:
        entered = self._entry(found, day)
        if entered is not None:
            acts.maintain(self.world, found, on=day, entered=entered)

    def _correct(self, found: CollectedObject, day: date) -> None:
        """Fill in what was left out, or link to an address."""
        entered = self._entry(found, day)
        empty = [column for column, value in found.record.items() if value in _NOTHING and column in _CORRECTIONS]
        if entered is not None and empty:
            column = self.diary.rng.choice(empty)
            acts.maintain(self.world, found, on=day, entered=entered, **{column: _CORRECTIONS[column]})

    def _move(self, found: CollectedObject, day: date) -> None:
        diary, world = self.diary, self.world
        stations = [s for s in world.province.stations(day) if not world.is_silent([s], day)]
        holder = world.unit_now(found.unit, day)
        taker = holder if diary.chance(0.4) else diary.rng.choice(stations)
        if taker is None or found.community is None or found.table == "address":
            return
        community = diary.rng.choice(world.province.communities(taker))
        entered = self._entry(found, day, taker)
        if entered is None or community == found.community:
            return
        acts.move_object(world, found, to_unit=taker, to_community=community, on=day, entered=entered)
        if taker != holder:
            self._own(taker, day).append(found)
            self._own(holder or "", day).remove(found)

    def _cancel(self, found: CollectedObject, day: date) -> None:
        entered = self._entry(found, day)
        if entered is None:
            return
        acts.cancel(self.world, found, on=day, entered=entered)
        if self.diary.chance(0.3):
            self.diary.plan(day + timedelta(days=1 + self.diary.days(20)), lambda today: self._restore(found, today))

    def _restore(self, found: CollectedObject, day: date) -> None:
        entered = self._entry(found, day)
        if entered is not None and found.state == "cancelled":
            acts.restore_object(self.world, found, on=day, entered=entered)

    def _merge(self, found: CollectedObject, day: date) -> None:
        entered = self._entry(found, day)
        if entered is not None:
            acts.merge_object(self.world, found, on=day, entered=entered)

    def _leave(self, found: CollectedObject, day: date) -> None:
        if found.table != "resident" or found.record["left_on"] is not None or self.world.is_silent([found.unit], day):
            return
        acts.leave(self.world, found, on=day)
        if self.diary.chance(0.8):
            late = self.diary.rng.choice((5, 12, 20, 29, 30, 31, 45))  # 30 days are the limit
            self.diary.plan(day + timedelta(days=late), lambda today: self._cancel_leaver(found, today))

    def _cancel_leaver(self, found: CollectedObject, day: date) -> None:
        entered = self._entry(found, day)
        if entered is not None and found.state == "active" and found.last_on <= day:
            acts.cancel(self.world, found, on=day, entered=entered)

    def _text(self, value: str, *, missing: float = 0.03) -> str | None:
        return self.diary.rng.choice(_NOTHING) if self.diary.chance(missing) else value

    def _link(self, own: list[CollectedObject]) -> str | None:
        """Draw the number of an address of the station; now and then none, or one that nobody knows."""
        diary = self.diary
        known = [found for found in own if found.table == "address"]
        if diary.chance(0.03) or not known:
            return None
        return "CJ999999" if diary.chance(0.01) else diary.rng.choice(known).object_id

    def _address(self, own: list[CollectedObject]) -> dict[str, Any]:
        rng, diary = self.diary.rng, self.diary
        has_rooms = diary.chance(0.6)
        return {
            "street": self._text(f"虚构路{rng.randrange(1, 40)}号段"),
            "house_number": self._text(str(rng.randrange(1, 400))),
            "building": self._text(f"{rng.randrange(1, 20)}栋"),
            "room": self._text(str(rng.randrange(101, 999)), missing=0.06) if has_rooms else None,
            "has_rooms": has_rooms,
            "longitude": None if diary.chance(0.02) else Decimal(rng.randrange(1_000_000, 1_100_000)).scaleb(-4),
            "latitude": None if diary.chance(0.02) else Decimal(rng.randrange(300_000, 400_000)).scaleb(-4),
        }

    def _resident(self, own: list[CollectedObject]) -> dict[str, Any]:
        rng, diary = self.diary.rng, self.diary
        self._serial += 1
        kind, sex = diary.draw(_KINDS_OF_RESIDENCE), diary.draw({"1": 51, "2": 49})
        born = date(rng.randrange(1940, 2020), rng.randrange(1, 13), rng.randrange(1, 29))
        has_number = kind != "foreign" and not diary.chance(0.02)
        return {
            "address_id": self._link(own),
            "residence_kind_code": kind,
            "is_outflow": kind == "registered" and diary.chance(0.12),
            "name": self._text(identity.name(500_000 + self._serial), missing=0.01),
            "phone": self._text(identity.phone(500_000 + self._serial), missing=0.1),
            "id_number": identity.identity_number(born=born, sex=sex, serial=self._serial) if has_number else None,
            "sex_code": sex,
            "lives_since": None,
            "residence_reason_code": self._text(rng.choice(("work", "study", "family")), missing=0.08) if kind == "inflow" else None,
            "left_on": None,
        }

    def _house(self, own: list[CollectedObject]) -> dict[str, Any]:
        is_rented = self.diary.chance(0.3)
        return {
            "address_id": self._link(own),
            "use_code": self._text(self.diary.rng.choice(("dwelling", "shop", "factory"))),
            "owner_kind_code": self._text(self.diary.rng.choice(("person", "company", "public"))),
            "is_rented": is_rented,
            "lessee_kind_code": self._text(self.diary.rng.choice(("person", "company")), missing=0.08) if is_rented else None,
        }

    def _organisation(self, own: list[CollectedObject]) -> dict[str, Any]:
        rng = self.diary.rng
        self._serial += 1
        return {
            "address_id": self._link(own),
            "organisation_kind_code": self._text(rng.choice(("company", "shop", "school", "clinic"))),
            "name": self._text(f"虚构单位{self._serial:05d}", missing=0.02),
            "credit_code": self._text(identity.credit_code(self._serial), missing=0.05),
            "headcount": None if self.diary.chance(0.05) else rng.randrange(1, 300),
            "is_key_premises": self.diary.chance(0.15),
        }

    def _element(self, own: list[CollectedObject]) -> dict[str, Any]:
        rng = self.diary.rng
        return {
            "address_id": self._link(own),
            "element_kind_code": self._text(rng.choice(("camera", "gate", "alarm")), missing=0.02),
            "state_code": self._text(rng.choice(("working", "broken"))),
            "custodian_kind_code": self._text(rng.choice(("police", "property", "company")), missing=0.05),
        }


#: What a correction writes into an empty field.
_CORRECTIONS: dict[str, Any] = {
    "street": "虚构路改名段", "house_number": "1", "building": "1栋", "residence_reason_code": "work", "use_code": "dwelling",
    "owner_kind_code": "person", "lessee_kind_code": "person", "organisation_kind_code": "shop", "state_code": "working",
    "custodian_kind_code": "property", "headcount": 5,
}  # fmt: skip
