"""Form X01 of a few acts, worked out by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from policestats.simulator import criminal_acts as acts
from policestats.simulator.province import OUTSIDE
from policestats.simulator.world import ActError, World
from tests.simulator.conftest import CITY_ABC, COUNTY_AB, COUNTY_C, COUNTY_DE, MERGED, ROOT, UNKNOWN, A, B, C, D, E


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12)


def when(year: int, month: int, day: int) -> dict[str, object]:
    """An event entered at noon of its day."""
    return {"on": date(year, month, day), "entered": noon(year, month, day)}


@pytest.fixture
def story(world, x01):
    """
    theft   A files 10 January; becomes fraud 5 February; sent outside the tree 15 March
    injury  A files 31 January, entered 2 February 05:59:59 (January's); sent to B of the same county 10 February;
            solved there, linked, 12 February
    fraud   A files 31 January, entered 2 February 06:00:00 (February's, late); sent to C of another county 3 March;
            withdrawn there 10 March; re-opened 20 March; solved 1 April; re-opened and solved again in May
    nobody  filed 1 March without a unit, under a charge nobody knows
    guest   filed outside on 5 January, received by C on 8 March as snatching; becomes theft 9 April
    """
    theft = acts.file_criminal_case(world, unit=A, charge="C221", tags={"mo_code": "0110"}, **when(2025, 1, 10))
    injury = acts.file_criminal_case(world, unit=A, charge="C179", on=date(2025, 1, 31), entered=datetime(2025, 2, 2, 5, 59, 59))
    fraud = acts.file_criminal_case(world, unit=A, charge="C222", on=date(2025, 1, 31), entered=datetime(2025, 2, 2, 6, 0, 0))
    acts.change_charge(world, theft, charge="C222", **when(2025, 2, 5))
    acts.transfer_criminal_case(world, injury, to_unit=B, **when(2025, 2, 10))
    acts.solve(world, injury, is_linked=True, **when(2025, 2, 12))
    acts.file_criminal_case(world, unit=None, charge="C999", **when(2025, 3, 1))
    acts.transfer_criminal_case(world, fraud, to_unit=C, **when(2025, 3, 3))
    guest = acts.receive_criminal_case(world, to_unit=C, filed_on=date(2025, 1, 5), charge="C223", **when(2025, 3, 8))
    acts.withdraw(world, fraud, **when(2025, 3, 10))
    acts.transfer_criminal_case(world, theft, to_unit=OUTSIDE, **when(2025, 3, 15))
    acts.reopen(world, fraud, **when(2025, 3, 20))
    acts.solve(world, fraud, **when(2025, 4, 1))
    acts.change_charge(world, guest, charge="C221", **when(2025, 4, 9))
    acts.reopen(world, fraud, **when(2025, 5, 5))
    acts.solve(world, fraud, **when(2025, 5, 6))
    return x01(world)


def test_filed_in_january(story):
    # theft: R06, two-robberies-one-theft M04, preventable M06 (burglary); injury: R02, eight major M01. The fraud is February's.
    assert story.rows("2025-01", A, "FILED_M") == {"T": 2, "R06": 1, "M04": 1, "M06": 1, "R02": 1, "M01": 1}
    assert story.rows("2025-01", A, "FILED_LATE_M") == {}
    assert story.total("2025-01", "FILED_NEW_M") == {A: 2, COUNTY_AB: 2, CITY_ABC: 2, ROOT: 2}
    assert story.rows("2025-01", A, "SHARE_YTD")["R06"] == Decimal("50.00")  # 1 of 2
    assert story.rows("2025-01", A, "SHARE_YTD")["R07"] == Decimal("0.00")


def test_late_filing_and_reclassification_in_february(story):
    assert story.rows("2025-02", A, "FILED_M") == story.rows("2025-02", A, "FILED_LATE_M") == {"T": 1, "R07": 1}
    assert story.rows("2025-02", A, "FILED_NEW_M") == {}
    assert story.rows("2025-02", A, "RECLASS_OUT_M") == {"T": 1, "R06": 1, "M04": 1, "M06": 1}  # the tag stays with the case:
    assert story.rows("2025-02", A, "RECLASS_IN_M") == {"T": 1, "R07": 1, "M06": 1}  # out of M06 and into it
    # R07: theft turned fraud, and the late fraud; R02: the injury.
    assert story.rows("2025-02", A, "FILED_YTD") == {"T": 3, "R07": 2, "M06": 1, "R02": 1, "M01": 1}


def test_solved_by_the_unit_that_holds_the_case(story):
    assert story.rows("2025-02", B, "SOLVED_M") == {"T": 1, "R02": 1, "M01": 1}
    assert story.rows("2025-02", B, "SOLVED_LINK_M")["T"] == story.rows("2025-02", B, "SOLVED_CUR_M")["T"] == 1
    assert story.rows("2025-02", A, "SOLVED_M") == {}
    assert story.rows("2025-02", COUNTY_AB, "RATE_YTD")["T"] == Decimal("33.33")  # 1 solved of 3 filed
    assert story.rows("2025-02", B, "RATE_YTD") == {}  # B filed nothing: no base
    assert story.rows("2025-04", C, "SOLVED_M") == {"T": 1, "R07": 1}
    assert story.total("2025-05", "SOLVED_M") == {}  # solved again: counted once
    assert story.total("2025-05", "SOLVED_YTD") == {B: 1, COUNTY_AB: 1, C: 1, COUNTY_C: 1, CITY_ABC: 2, ROOT: 2}


def test_transfers_are_netted_inside_a_subtree(story):
    assert story.total("2025-02", "OUT_M") == {A: 1}
    assert story.total("2025-02", "IN_M") == {B: 1}
    # March: fraud A -> C crosses a county border, theft leaves the tree, the guest comes from outside.
    assert story.total("2025-03", "OUT_M") == {A: 2, COUNTY_AB: 2, CITY_ABC: 1, ROOT: 1}
    assert story.total("2025-03", "OUT_EXT_M") == {A: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}
    assert story.total("2025-03", "IN_M") == {C: 2, COUNTY_C: 2, CITY_ABC: 1, ROOT: 1}
    assert story.rows("2025-03", C, "IN_EXT_M") == {"T": 1, "R10": 1, "M04": 1, "M05": 1}  # the guest, a snatching
    assert story.total("2025-04", "IN_YTD") == {B: 1, C: 2, COUNTY_C: 2, CITY_ABC: 1, ROOT: 1}


def test_a_case_from_outside_is_neither_filed_nor_reclassified_here(story):
    assert story.total("2025-04", "RECLASS_IN_M") == {}
    assert story.rows("2025-04", C, "FILED_YTD") == {}


def test_nothing_disappears(story):
    assert story.rows("2025-03", UNKNOWN, "FILED_M") == {"T": 1, "R10": 1, "R10U": 1}
    assert story.total("2025-03", "FILED_M") == {UNKNOWN: 1, ROOT: 1}
    assert story.total("2025-03", "FILED_YTD") == {A: 3, COUNTY_AB: 3, CITY_ABC: 3, UNKNOWN: 1, ROOT: 4}


def test_withdrawn_and_reopened(story):
    assert story.total("2025-03", "WITHDRAWN_M") == {C: 1, COUNTY_C: 1, CITY_ABC: 1, ROOT: 1}
    assert story.rows("2025-04", C, "WITHDRAWN_YTD") == {"T": 1, "R07": 1}


def test_solved_in_the_year_after_is_an_old_case(world: World, x01):
    old = acts.file_criminal_case(world, unit=A, charge="C221", **when(2024, 12, 30))
    # Filed in December but entered after the cut-off: counts as filed, and so as 现案, in January.
    late = acts.file_criminal_case(world, unit=A, charge="C221", on=date(2024, 12, 31), entered=datetime(2025, 1, 2, 6, 0, 0))
    acts.change_charge(world, old, charge="C222", **when(2025, 1, 20))  # filed in an earlier year: no reclassification of this year
    acts.solve(world, old, **when(2025, 1, 31))
    acts.solve(world, late, **when(2025, 1, 31))
    tally = x01(world)
    assert tally.rows("2025-01", A, "SOLVED_OLD_M") == {"T": 1, "R07": 1}
    assert tally.rows("2025-01", A, "SOLVED_CUR_M") == {"T": 1, "R06": 1, "M04": 1}
    assert tally.total("2025-01", "RECLASS_IN_M") == {}
    assert tally.rows("2025-01", A, "RATE_YTD")["T"] == Decimal("200.00")  # 2 solved, 1 filed
    assert tally.rows("2025-01", A, "RATE_CUR_YTD")["T"] == Decimal("100.00")


def test_merged_stations_are_carried_to_their_successor(world: World, x01):
    first = acts.file_criminal_case(world, unit=D, charge="C221", **when(2025, 3, 1))
    for day in (1, 2):
        acts.file_criminal_case(world, unit=E, charge="C222", **when(2025, 6, day))
    acts.transfer_criminal_case(world, first, to_unit=E, **when(2025, 6, 30))
    for day in (1, 2):
        acts.file_criminal_case(world, unit=MERGED, charge="C222", **when(2026, 2, day))
    acts.solve(world, first, **when(2026, 2, 3))  # the successor holds it now, and writes its own code
    assert world.case_system.tables["criminal_case_event"][0]["unit_code"] == MERGED
    tally = x01(world)
    assert tally.total("2025-06", "FILED_YTD") == {D: 1, E: 2, COUNTY_DE: 3, "990200000000": 3, ROOT: 3}  # June still has two stations
    assert tally.total("2025-06", "IN_YTD") == {E: 1}
    assert tally.total("2025-07", "FILED_YTD") == {MERGED: 3, COUNTY_DE: 3, "990200000000": 3, ROOT: 3}
    assert tally.total("2025-07", "IN_YTD") == {}  # both ends are one station now
    assert tally.total("2026-03", "FILED_PY")[MERGED] == 1  # March 2025: D's one case
    assert tally.rows("2026-03", MERGED, "FILED_YOY")["T"] == Decimal("100.0")  # 2 against 1
    assert tally.rows("2026-06", MERGED, "FILED_YOY") == {
        "T": Decimal("-33.3"),
        "R06": Decimal("-100.0"),
        "M04": Decimal("-100.0"),
        "R07": Decimal("0.0"),
    }
    assert tally.total("2025-12", "FILED_PY") == {}  # there are no records of 2024 to compare with
    assert tally.rows("2026-02", MERGED, "SOLVED_OLD_M")["T"] == 1


def test_a_change_in_the_month_of_filing_is_no_reclassification(world: World, x01):
    # The month counts the case under its charge at the end of the month, so nothing is left to move.
    case = acts.file_criminal_case(world, unit=A, charge="C221", **when(2025, 1, 10))
    acts.change_charge(world, case, charge="C222", **when(2025, 1, 31))
    acts.change_charge(world, case, charge=None, on=date(2025, 1, 31), entered=datetime(2025, 2, 2, 6))  # entered late: February's
    tally = x01(world)
    assert tally.rows("2025-01", A, "FILED_M") == {"T": 1, "R07": 1}
    assert tally.rows("2025-01", A, "RECLASS_IN_M") == tally.rows("2025-01", A, "RECLASS_OUT_M") == {}
    assert tally.rows("2025-02", A, "RECLASS_OUT_M") == {"T": 1, "R07": 1}
    assert tally.rows("2025-02", A, "RECLASS_IN_M") == tally.rows("2025-02", A, "FILED_YTD") == {"T": 1, "R10": 1, "R10U": 1}


def test_a_closed_station_acts_no_more_from_its_last_day_on(world: World):
    case = acts.file_criminal_case(world, unit=D, charge="C221", **when(2025, 6, 30))
    acts.withdraw(world, case, **when(2025, 6, 30) | {"entered": noon(2025, 7, 1)})
    acts.reopen(world, case, on=date(2025, 7, 1), entered=datetime(2025, 7, 1, 13))
    assert [row["unit_code"] for row in world.case_system.tables["criminal_case_event"]] == [D, MERGED]


def test_a_correction_of_tags_holds_for_all_months(world: World, x01):
    case = acts.file_criminal_case(world, unit=A, charge="C222", **when(2025, 1, 10))
    acts.correct_criminal_case(world, case, on=date(2025, 3, 1), is_telecom_fraud=True)
    assert x01(world).rows("2025-01", A, "FILED_M") == {"T": 1, "R07": 1, "M02": 1}


def test_dispute_turned_homicide(world: World, x01):
    acts.file_criminal_case(world, unit=A, charge="C177", tags={"dispute_no": "JF1", "is_homicide": True}, **when(2025, 1, 10))
    assert x01(world).rows("2025-01", A, "FILED_M") == {"T": 1, "R01": 1, "M01": 1, "M07": 1, "M08": 1}


def test_events_out_of_order_are_refused(world: World):
    case = acts.file_criminal_case(world, unit=A, charge="C221", **when(2025, 1, 10))
    with pytest.raises(ActError, match="cannot follow"):
        acts.solve(world, case, on=date(2025, 1, 9), entered=noon(2025, 1, 11))  # before it was filed
    with pytest.raises(ActError, match="cannot follow"):
        acts.solve(world, case, on=date(2025, 1, 10), entered=noon(2025, 1, 10))  # entered at the same moment
    with pytest.raises(ActError, match="enter it on that day or later"):
        acts.solve(world, case, on=date(2025, 1, 20), entered=noon(2025, 1, 19))
    acts.transfer_criminal_case(world, case, to_unit=OUTSIDE, **when(2025, 1, 20))
    with pytest.raises(ActError, match="gone"):
        acts.solve(world, case, **when(2025, 1, 21))


def test_the_rows_of_x02_are_chapter_section_and_charge(world: World, x02):
    fraud = acts.file_criminal_case(world, unit=A, charge="C139", **when(2025, 1, 10))  # chapter 3 has sections
    acts.file_criminal_case(world, unit=A, charge="C221", **when(2025, 1, 11))  # chapter 5 has none
    acts.file_criminal_case(world, unit=A, charge="C999", **when(2025, 1, 12))
    acts.change_charge(world, fraud, charge="C167", **when(2025, 2, 3))
    acts.solve(world, fraud, **when(2025, 2, 4))
    tally = x02(world)
    assert tally.rows("2025-01", A, "FILED_M") == {"T": 3, "CH03": 1, "CH03S5": 1, "C139": 1, "CH05": 1, "C221": 1, "U": 1}
    assert tally.rows("2025-02", ROOT, "FILED_YTD") == {"T": 3, "CH03": 1, "CH03S8": 1, "C167": 1, "CH05": 1, "C221": 1, "U": 1}
    assert tally.rows("2025-02", A, "SOLVED_M") == {"T": 1, "CH03": 1, "CH03S8": 1, "C167": 1}
    assert tally.rows("2025-02", A, "RATE_YTD") == {
        "T": Decimal("33.33"), "CH03": 100, "CH03S8": 100, "C167": 100, "CH05": 0, "C221": 0, "U": 0,
    }  # fmt: skip


def test_a_case_is_referred_once_and_its_persons_each_time(world: World, x02):
    case = acts.file_criminal_case(world, unit=A, charge="C221", **when(2025, 1, 10))
    acts.transfer_criminal_case(world, case, to_unit=C, **when(2025, 1, 20))
    acts.refer(world, case, persons=[1, 2, 3], on=date(2025, 1, 31), entered=datetime(2025, 2, 2, 6))  # entered late: February's
    acts.refer(world, case, persons=[2], **when(2025, 3, 5))  # again, after what the procuratorate sent back
    tally = x02(world)
    assert tally.total("2025-01", "REFER_CASES") == {}
    assert tally.total("2025-02", "REFER_CASES") == {C: 1, COUNTY_C: 1, CITY_ABC: 1, ROOT: 1}
    assert tally.total("2025-02", "REFER_PERS")[C] == 3
    assert tally.total("2025-03", "REFER_CASES") == {}
    assert tally.total("2025-03", "REFER_PERS")[ROOT] == 1
    assert [row["person_no"] for row in world.case_system.tables["criminal_referral"]] == [1, 2, 3, 2]
