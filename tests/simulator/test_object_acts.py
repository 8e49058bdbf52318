"""Form Z14 of a few acts, worked out by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from policestats.simulator import identity
from policestats.simulator import object_acts as acts
from policestats.simulator.world import ActError, World
from tests.simulator.conftest import CITY_ABC, COUNTY_AB, ROOT, A, B, C

A1, A2, B1 = f"{A}001", f"{A}002", f"{B}001"
NUMBER = identity.identity_number(born=date(1990, 1, 1), sex="1", serial=7)


def when(year: int, month: int, day: int) -> dict[str, object]:
    """An event entered at noon of its day."""
    return {"on": date(year, month, day), "entered": datetime(year, month, day, 12)}


def address(world: World, *day: int, unit: str = A, community: str | None = A1, **other):
    said = {"street": "虚构路", "house_number": "1", "building": "1栋", "room": None, "has_rooms": False} | other
    spot = {"longitude": Decimal(100), "latitude": Decimal(30)}
    return acts.register_object(world, "address", unit=unit, community=community, **when(*day), **spot | said)


def resident(world: World, *day: int, unit: str = A, community: str | None = A1, **other):
    said = {
        "address_id": None, "residence_kind_code": "registered", "is_outflow": False, "name": "虚构人1", "phone": "0001", "id_number": NUMBER,
        "sex_code": "1", "lives_since": date(2024, 1, 1), "residence_reason_code": None, "left_on": None,
    }  # fmt: skip
    return acts.register_object(world, "resident", unit=unit, community=community, **when(*day), **said | other)


def test_stocks_and_flows(world, z14):
    """A: 0 + 3 new = 1 out + 1 cancelled + 1 left; the county sees no move inside it."""
    moved, gone, _ = (address(world, 2025, 1, 10) for _ in range(3))
    acts.move_object(world, moved, to_unit=B, to_community=B1, **when(2025, 1, 20))
    acts.cancel(world, gone, **when(2025, 1, 21))
    acts.restore_object(world, gone, on=date(2025, 1, 31), entered=datetime(2025, 2, 2, 6))  # entered late: February's
    acts.merge_object(world, gone, **when(2025, 3, 5))
    tally = z14(world)
    one = {"T": 1, "O1": 1, f"O1/{A1}": 1}
    assert tally.rows("2025-01", A, "NEW") == dict.fromkeys(one, 3)
    assert tally.rows("2025-01", A, "MOVE_OUT") == tally.rows("2025-01", A, "CANCEL") == tally.rows("2025-01", A, "CLOSE") == one
    assert tally.rows("2025-01", B, "MOVE_IN") == {"T": 1, "O1": 1, f"O1/{B1}": 1}
    assert tally.total("2025-01", "MOVE_IN") == {B: 1}
    assert tally.total("2025-01", "CLOSE") == {A: 1, B: 1, COUNTY_AB: 2, CITY_ABC: 2, ROOT: 2}
    assert tally.rows("2025-02", A, "RESTORE") == one
    assert tally.rows("2025-03", A, "MERGED") == one
    assert tally.rows("2025-03", A, "OPEN") == dict.fromkeys(one, 2)
    with pytest.raises(ActError, match="merged"):
        acts.maintain(world, gone, **when(2025, 4, 1))


def test_a_move_inside_a_station_is_one_of_its_communities_only(world, z14):
    acts.move_object(world, address(world, 2025, 1, 10), to_unit=A, to_community=A2, **when(2025, 1, 20))
    tally = z14(world)
    assert tally.rows("2025-01", A, "MOVE_IN") == {f"O1/{A2}": 1}
    assert tally.rows("2025-01", A, "MOVE_OUT") == {f"O1/{A1}": 1}
    assert tally.rows("2025-01", A, "CLOSE") == {"T": 1, "O1": 1, f"O1/{A2}": 1}


def test_rows_of_people_and_houses(world, z14):
    for kind in ("registered", "inflow", "foreign"):
        resident(world, 2025, 1, 10, residence_kind_code=kind, is_outflow=kind == "registered", community=None)
    house = {"use_code": "shop", "owner_kind_code": "person", "is_rented": True, "lessee_kind_code": None, "address_id": None}
    acts.register_object(world, "house", unit=A, community=A1, **when(2025, 1, 10), **house)
    element = {"element_kind_code": "camera", "state_code": "working", "custodian_kind_code": "police", "address_id": None}
    acts.register_object(world, "security_element", unit=A, community=A1, **when(2025, 1, 10), **element)
    tally = z14(world)
    assert {row: n for row, n in tally.rows("2025-01", ROOT, "CLOSE").items() if "/" not in row} == {
        "T": 4, "O2": 3, "O21": 1, "O22": 1, "O23": 1, "O24": 1, "O3": 1, "O31": 1, "E": 1,
    }  # fmt: skip
    assert tally.rows("2025-01", A, "CLOSE")["O21/-"] == 1
    # a rented house owes address, use, owner and lessee; it has two of them
    assert (tally.rows("2025-01", A, "FIELDS")["O31"], tally.rows("2025-01", A, "FILLED")["O31"]) == (4, 2)
    # inflow owes a reason beside name, phone, number, sex, kind, since when, address: 8; it has all but reason and address
    assert (tally.rows("2025-01", A, "FIELDS")["O22"], tally.rows("2025-01", A, "FILLED")["O22"]) == (8, 6)
    assert tally.rows("2025-01", A, "COMPLETE")["O22"] == 75
    assert "T" not in tally.rows("2025-01", A, "COMPLETE")


def test_placeholders_are_empty_and_wrong_numbers_break_rules(world, z14):
    base = address(world, 2025, 1, 5, has_rooms=True, room="0000", street="无")
    resident(world, 2025, 1, 6, address_id=base.object_id)
    resident(world, 2025, 1, 6, address_id=base.object_id, sex_code="2")  # the number says a man
    resident(world, 2025, 1, 6, address_id="CJ999999")  # of nobody
    resident(world, 2025, 1, 6, id_number=NUMBER[:17] + ("1" if NUMBER[17] == "0" else "0"))
    tally = z14(world)
    assert (tally.rows("2025-01", A, "FIELDS")["O1"], tally.rows("2025-01", A, "FILLED")["O1"]) == (7, 5)
    assert tally.rows("2025-01", A, "RULE_OK") == {
        "T": 2, "O1": 1, "O2": 1, "O21": 1, f"O1/{A1}": 1, f"O2/{A1}": 1, f"O21/{A1}": 1,
    }  # fmt: skip
    assert tally.rows("2025-01", A, "LINKED")["O21"] == 2
    assert tally.rows("2025-01", A, "REC_FULL")["O21"] == 3  # the fourth has no address


def test_fresh_within_the_cycle(world, z14):
    """Three months for inflow, twelve for others; a change is no verification, and registering is none either."""
    inflow, native = resident(world, 2025, 1, 31, residence_kind_code="inflow"), resident(world, 2025, 1, 30)
    acts.maintain(world, inflow, **when(2025, 2, 1))
    acts.maintain(world, native, **when(2025, 2, 1), phone="0002")
    acts.maintain(world, native, **when(2025, 3, 1))
    tally = z14(world)
    assert tally.rows("2025-01", A, "DUE")["O2"] == 1  # the other is 0 days old
    assert tally.rows("2025-01", A, "FRESH") == {}
    assert tally.rows("2025-02", A, "FRESH")["O2"] == 1
    assert tally.rows("2025-02", A, "UPDATED")["O2"] == 2
    # 1 February keeps until 1 May, so it is fresh at the end of April (1 May) and not of May
    assert [tally.rows(month, A, "FRESH").get("O22") for month in ("2025-04", "2025-05")] == [1, None]
    assert [tally.rows(month, A, "FRESH").get("O21") for month in ("2026-02", "2026-03")] == [1, None]


def test_updated_counts_objects_once(world, z14):
    found = address(world, 2025, 1, 5)
    acts.maintain(world, found, **when(2025, 2, 3))
    acts.move_object(world, found, to_unit=C, to_community=f"{C}001", **when(2025, 2, 4))
    acts.maintain(world, found, **when(2025, 2, 5))
    tally = z14(world)
    assert tally.total("2025-02", "UPDATED") == {A: 1, COUNTY_AB: 1, C: 1, "990102000000": 1, CITY_ABC: 1, ROOT: 1}


def test_leavers_are_due_on_the_thirtieth_day(world, z14):
    late, timely, duplicate = (resident(world, 2025, 1, 5) for _ in range(3))
    for found in (late, timely, duplicate):
        acts.leave(world, found, on=date(2025, 2, 10))
    acts.merge_object(world, duplicate, **when(2025, 3, 1))  # no leaver: the person leaves under the other record
    acts.cancel(world, timely, **when(2025, 3, 12))  # 28 days of February: the 30th day is 12 March
    acts.cancel(world, late, **when(2025, 3, 13))
    tally = z14(world)
    assert tally.rows("2025-03", A, "LEAVE") == {"O2": 2, "O21": 2, f"O2/{A1}": 2, f"O21/{A1}": 2}
    assert tally.rows("2025-03", A, "LEAVE30") == {"O2": 1, "O21": 1, f"O2/{A1}": 1, f"O21/{A1}": 1}
    assert tally.rows("2025-03", A, "LEAVE_RATE")[f"O21/{A1}"] == 50
