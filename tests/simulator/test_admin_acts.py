"""Form Z01 of a few acts, worked out by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from policestats.simulator import admin_acts as acts
from policestats.simulator.province import OUTSIDE
from policestats.simulator.world import ActError, World
from tests.simulator.conftest import CITY_ABC, COUNTY_AB, ROOT, A, B, C

OLD_LAW, NEW_LAW = "psapl_2012", "psapl_2025"


def when(year: int, month: int, day: int) -> dict[str, object]:
    """An event entered at noon of its day."""
    return {"on": date(year, month, day), "entered": datetime(year, month, day, 12)}


def register(
    world: World, unit: str, day: date, *, filed_on: date | None = None, cause: str | None = "Z106", law: str | None = None, **more
):
    """Register at noon; under the law of the day unless said otherwise, for an act of that day."""
    more.setdefault("act_on", day)
    more.setdefault("entered", datetime(day.year, day.month, day.day, 12))
    law = law or (OLD_LAW if day < date(2026, 1, 1) else NEW_LAW)
    return acts.register_admin_case(world, unit=unit, registered_on=day, filed_on=filed_on, cause=cause, law=law, **more)


def person(world: World, case, kind: str = "natural"):
    return acts.add_person(world, case, kind=kind, sex="1" if kind == "natural" else None, born=date(1990, 1, 1), entered=case.last_entered)


def test_what_counts_changes_with_the_law(world, z01):
    register(world, A, date(2025, 12, 30), filed_on=date(2026, 1, 3))  # registered under the old law: December's, although filed in January
    register(world, A, date(2026, 1, 5), filed_on=date(2026, 1, 7), entered=datetime(2026, 1, 7, 12))  # January's
    register(world, A, date(2026, 1, 30), filed_on=date(2026, 2, 1), entered=datetime(2026, 2, 1, 12))  # filed, so counted, in February
    unfiled = register(world, A, date(2026, 1, 6))  # registered and not filed: nowhere
    tally = z01(world)
    assert tally.rows("2025-12", A, "ACC_M") == {"T": 1, "P3": 1, "G09": 1}
    assert tally.total("2026-01", "ACC_M") == {A: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}
    assert tally.total("2026-02", "ACC_YTD")[A] == 2
    assert tally.total("2026-02", "CLOSE")[A] == 3
    with pytest.raises(ActError, match="unfiled"):
        acts.terminate(world, unfiled, **when(2026, 1, 20))


def test_several_persons_make_one_case_dealt_with(world, z01):
    case = register(world, A, date(2025, 3, 1))
    first, second, shop = person(world, case), person(world, case), person(world, case, "unit")
    acts.decide(world, case, first, kind="penalty", on=date(2025, 3, 10), entered=datetime(2025, 3, 10, 9), fine_yuan=Decimal(500))
    acts.decide(world, case, shop, kind="penalty", on=date(2025, 3, 10), entered=datetime(2025, 3, 10, 10))
    acts.decide(world, case, second, kind="no_penalty", **when(2025, 4, 2))
    tally = z01(world)
    assert tally.rows("2025-03", A, "DEALT_M") == {"T": 1, "P3": 1, "G09": 1}
    assert tally.total("2025-04", "DEALT_M") == {}
    assert [tally.total(month, "PERS_M").get(A) for month in ("2025-03", "2025-04")] == [1, 1]
    assert tally.total("2025-04", "PERS_YTD")[ROOT] == 2
    assert tally.total("2025-03", "UNITS_M")[A] == 1
    assert tally.total("2025-03", "CLOSE") == {}  # entered and left within the month
    with pytest.raises(ActError, match="dealt"):
        acts.transfer_admin_case(world, case, to_unit=B, **when(2025, 5, 1))


def test_mediation_counts_when_performed_at_the_unit_that_holds_the_case(world, z01):
    case = register(world, A, date(2025, 1, 5), cause="Z093", is_dispute_origin=True)
    someone = person(world, case)
    acts.mediate(world, case, someone, **when(2025, 1, 12))
    acts.transfer_admin_case(world, case, to_unit=B, **when(2025, 1, 20))
    acts.perform_mediation(world, case, someone, on=date(2025, 1, 31), entered=datetime(2025, 2, 2, 6))  # entered late: February's
    other = register(world, A, date(2025, 1, 6), cause="Z093")
    acts.mediate(world, other, person(world, other), **when(2025, 1, 12))  # never performed
    tally = z01(world)
    assert tally.total("2025-01", "DEALT_M") == {}
    assert tally.rows("2025-02", B, "DEALT_M") == {"T": 1, "P3": 1, "G07": 1, "M01": 1}
    assert tally.total("2025-02", "PERS_M") == {A: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}  # A made the agreement
    assert tally.total("2025-01", "OUT_M") == {A: 1}  # within one county
    assert tally.total("2025-01", "IN_M") == {B: 1}
    assert tally.total("2025-01", "CLOSE") == {A: 1, B: 1, COUNTY_AB: 2, CITY_ABC: 2, ROOT: 2}
    assert tally.total("2025-02", "OPEN") == {A: 1, B: 1, COUNTY_AB: 2, CITY_ABC: 2, ROOT: 2}
    assert tally.total("2025-02", "CLOSE") == {A: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}


def test_the_row_is_the_cause_at_the_end_of_the_month(world, z01):
    case = register(world, A, date(2025, 11, 15), cause="Z001")
    acts.change_cause(world, case, cause="Z185", **when(2025, 12, 10))
    acts.terminate(world, case, **when(2026, 2, 10))
    tally = z01(world)
    assert tally.rows("2025-11", A, "CLOSE") == {"T": 1, "P1": 1, "G01": 1}
    assert tally.rows("2025-12", A, "OPEN") == tally.rows("2025-12", A, "CLOSE") == {"T": 1, "P4": 1, "G18": 1}
    assert tally.rows("2025-12", A, "ACC_YTD") == {"T": 1, "P4": 1, "G18": 1}
    assert tally.rows("2026-02", A, "TERM_M") == {"T": 1, "P4": 1, "G18": 1}
    assert tally.total("2026-02", "DEALT_M") == {}
    assert tally.total("2026-01", "ACC_YTD") == {}  # a new year
    assert tally.total("2026-01", "ACC_PY") == {}  # nothing was accepted in January 2025


def test_law_applied(world, z01):
    in_2026 = {"filed_on": date(2026, 1, 15)}
    # An act of 2025 decided under its own law, which had this cause (in section 4); the new law has not.
    register(world, A, date(2026, 1, 15), cause="Z159", law=OLD_LAW, act_on=date(2025, 12, 20), **in_2026)
    # An act of 2025 under the new, lighter law, with the reason.
    register(world, A, date(2026, 1, 15), cause="Z025", law=NEW_LAW, act_on=date(2025, 12, 20), is_lighter_law=True, **in_2026)
    # Wrong: an act of 2026 under the old law.
    register(world, B, date(2026, 1, 15), cause="Z025", law=OLD_LAW, **in_2026)
    # Wrong: the old law had no such cause, so it has no section either.
    register(world, C, date(2025, 12, 1), cause="Z071", law=OLD_LAW)
    tally = z01(world)
    assert tally.rows("2026-01", A, "ACC_M") == {"T": 2, "P4": 1, "G19": 1, "P1": 1, "G03": 1}
    assert tally.rows("2026-01", A, "LAW_WRONG_M") == {}
    assert tally.rows("2026-01", B, "LAW_WRONG_M") == {"T": 1, "P1": 1, "G03": 1}
    assert tally.rows("2025-12", C, "ACC_M") == tally.rows("2025-12", C, "LAW_WRONG_M") == {"T": 1, "P9": 1, "G19": 1}


def test_unknown_cause_stays_and_other_laws_do_not(world, z01):
    register(world, A, date(2025, 1, 5), cause="Z999")
    register(world, A, date(2025, 1, 5), cause=None)
    elsewhere = register(world, A, date(2025, 1, 5), cause="Q004")
    acts.decide(world, elsewhere, person(world, elsewhere), kind="penalty", **when(2025, 1, 6))
    tally = z01(world)
    assert tally.rows("2025-01", A, "CLOSE") == {"T": 2, "P9": 2, "G19": 2}
    assert tally.total("2025-01", "PERS_M") == {}


def test_offender_absent_on_the_last_day(world, z01):
    case = register(world, A, date(2025, 1, 5))
    other = register(world, B, date(2025, 1, 5))
    acts.lose_offender(world, case, on=date(2025, 1, 31))
    acts.lose_offender(world, other, on=date(2025, 2, 1))
    acts.find_offender(world, case, on=date(2025, 2, 28))
    acts.find_offender(world, other, on=date(2025, 3, 1))
    tally = z01(world)
    assert tally.rows("2025-01", COUNTY_AB, "CLOSE_UNK") == {"T": 1, "P3": 1, "G09": 1}  # A: fled on the last day; B: a day later
    assert tally.total("2025-02", "CLOSE_UNK") == {B: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}  # A: found on the last day; B: a day later


def test_late_from_criminal_turned_criminal_and_from_outside(world, z01):
    register(world, A, date(2025, 1, 31), entered=datetime(2025, 2, 2, 5, 59, 59), source="criminal_not_filed")
    late = register(world, A, date(2025, 1, 31), entered=datetime(2025, 2, 2, 6), source="criminal_withdrawn")
    guest = acts.receive_admin_case(
        world, to_unit=A, registered_on=date(2025, 1, 10), cause="Z106", law=OLD_LAW, act_on=date(2025, 1, 9), **when(2025, 2, 3)
    )
    acts.turn_criminal(world, late, **when(2025, 2, 20))
    acts.transfer_admin_case(world, guest, to_unit=OUTSIDE, **when(2025, 3, 1))
    tally = z01(world)
    everywhere = dict.fromkeys((A, COUNTY_AB, CITY_ABC, ROOT), 1)
    assert tally.total("2025-01", "ACC_M") == tally.total("2025-01", "FROM_CRIM_M") == everywhere
    assert tally.total("2025-01", "ACC_LATE_M") == {}
    assert tally.total("2025-02", "ACC_M") == tally.total("2025-02", "ACC_LATE_M") == tally.total("2025-02", "FROM_CRIM_M") == everywhere
    assert tally.total("2025-02", "IN_M") == tally.total("2025-02", "TO_CRIM_M") == everywhere
    assert tally.total("2025-02", "CLOSE")[A] == 2  # 1 open + 1 accepted + 1 received - 1 turned criminal
    assert tally.total("2025-03", "OUT_M") == everywhere
    assert tally.total("2025-03", "ACC_YTD")[A] == 2
    assert tally.total("2025-03", "CLOSE")[A] == 1
