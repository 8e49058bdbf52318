"""Form Z13 of a few acts, worked out by hand."""

from datetime import date, datetime

import pytest

from policestats.simulator import admin_acts, criminal_acts
from policestats.simulator import dispute_acts as acts
from policestats.simulator.province import OUTSIDE
from policestats.simulator.world import ActError, World
from tests.simulator.conftest import CITY_ABC, COUNTY_AB, ROOT, UNKNOWN, A, B, C, D


def when(year: int, month: int, day: int) -> dict[str, object]:
    """An event entered at noon of its day."""
    return {"on": date(year, month, day), "entered": datetime(year, month, day, 12)}


def find(world: World, unit: str | None, *day: int, kind: str | None = "K02", source: str | None = "S2"):
    return acts.find_dispute(world, unit=unit, kind=kind, source=source, **when(*day))


def test_an_agreement_counts_when_it_is_confirmed(world, z13):
    dispute = find(world, A, 2025, 1, 10)
    acts.agree(world, dispute, is_on_the_spot=True, on=date(2025, 1, 10), entered=datetime(2025, 1, 10, 15))
    acts.confirm(world, dispute, on=date(2025, 1, 31), entered=datetime(2025, 2, 2, 6))  # one second too late for January
    never = find(world, A, 2025, 1, 11)
    acts.agree(world, never, **when(2025, 1, 20))
    acts.break_agreement(never)  # the call back heard otherwise
    tally = z13(world)
    assert tally.total("2025-01", "FOUND")[A] == 2
    assert tally.total("2025-01", "RESOLVED") == {}
    assert tally.total("2025-01", "CLOSE")[A] == 2
    assert tally.rows("2025-02", A, "RESOLVED") == tally.rows("2025-02", A, "SPOT") == {"T": 1, "K02": 1, "L9": 1, "S2": 1}
    assert tally.total("2025-02", "RATE")[ROOT] == 50  # 1 of 2 found this year
    assert tally.total("2025-02", "CLOSE")[A] == 1
    with pytest.raises(ActError, match="no agreement"):
        acts.confirm(world, never, **when(2025, 3, 1))


def test_moved_and_opened_again(world, z13):
    """1 found = 1 resolved; reopened, sent to B, and out of the tree: 1 reopened + 0 = 1 moved out."""
    dispute = find(world, A, 2025, 1, 10)
    acts.agree(world, dispute, **when(2025, 1, 12))
    acts.confirm(world, dispute, **when(2025, 1, 20))
    acts.reopen_dispute(world, dispute, **when(2025, 2, 3))
    acts.move_dispute(world, dispute, to_unit=B, **when(2025, 2, 5))
    acts.move_dispute(world, dispute, to_unit=OUTSIDE, **when(2025, 2, 7))
    tally = z13(world)
    assert tally.total("2025-02", "REOPEN") == {A: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}
    assert tally.total("2025-02", "IN") == {B: 1}  # within one county
    assert tally.total("2025-02", "OUT") == {A: 1, B: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}
    assert tally.total("2025-02", "CLOSE") == {}
    # resolved once this year, but it does not stand resolved: the cohort rate of January falls to 0 in February
    assert tally.total("2025-01", "RATE_COH")[A] == 100
    assert tally.total("2025-02", "RATE_COH")[A] == 0
    assert tally.total("2025-02", "RATE")[A] == 100
    with pytest.raises(ActError, match="gone"):
        acts.hand_over(world, dispute, **when(2025, 3, 1))


def test_overdue_by_the_grade_at_the_end_of_the_month(world, z13):
    """Blue: 60 days, red: 7. On 31 January a dispute of the 23rd is 8 days old; of the 24th it is 7, which is the limit."""
    for day in (23, 24):
        dispute = find(world, A, 2025, 1, day)
        acts.grade(world, dispute, code="L4", on=date(2025, 1, day), entered=datetime(2025, 1, day, 13))
        acts.grade(world, dispute, code="L1", **when(2025, 1, 30))
    ungraded = find(world, A, 2025, 1, 1)  # 30 days: not overdue on 31 January, 58 days old on 28 February
    acts.grade(world, ungraded, code="L4", on=date(2025, 2, 20), entered=datetime(2025, 3, 3, 9))  # entered late: not February's
    tally = z13(world)
    assert tally.rows("2025-01", A, "OVERDUE") == {"T": 1, "K02": 1, "L1": 1, "S2": 1}
    assert tally.rows("2025-01", A, "CLOSE") == {"T": 3, "K02": 3, "L1": 2, "L9": 1, "S2": 3}
    assert tally.rows("2025-02", A, "OVERDUE") == {"T": 3, "K02": 3, "L1": 2, "L9": 1, "S2": 3}
    assert tally.rows("2025-03", A, "CLOSE")["L4"] == 1


def test_what_disputes_lead_to(world, z13, x01, z01):
    known = find(world, A, 2025, 1, 10, kind="K01", source="S1")
    tags = {"dispute_no": known.dispute_no, "is_homicide": True}
    criminal_acts.file_criminal_case(world, unit=B, charge="C177", tags=tags, **when(2025, 1, 15))
    criminal_acts.file_criminal_case(world, unit=B, charge="C179", tags={"is_dispute_origin": True}, **when(2025, 1, 16))
    offence = admin_acts.register_admin_case(
        world, unit=C, registered_on=date(2025, 1, 17), filed_on=None, entered=datetime(2025, 1, 17, 12), cause="Z093",
        law="psapl_2012", act_on=date(2025, 1, 17), is_dispute_origin=True,
    )  # fmt: skip
    acts.turn_into_case(world, known, case_no=offence.case_no, **when(2025, 1, 18))
    tally = z13(world)
    assert tally.rows("2025-01", B, "CIV2CRIM") == {"T": 2, "K01": 1, "K99": 1, "L9": 2, "S1": 1, "S9": 1}
    assert tally.rows("2025-01", B, "CIV2DEATH") == {"T": 1, "K01": 1, "L9": 1, "S1": 1}
    assert tally.rows("2025-01", C, "CIV2ADM") == {"T": 1, "K01": 1, "L9": 1, "S1": 1}
    assert tally.total("2025-01", "CIV2CRIM")[ROOT] == x01(world).rows("2025-01", ROOT, "FILED_M")["M07"]
    assert tally.total("2025-01", "CIV2ADM")[ROOT] == z01(world).rows("2025-01", ROOT, "ACC_M")["M01"]
    assert tally.total("2025-01", "TO_CASE") == {A: 1, COUNTY_AB: 1, CITY_ABC: 1, ROOT: 1}
    assert tally.total("2026-01", "C2C_PY")[ROOT] == 2


def test_nothing_disappears(world, z13):
    find(world, None, 2025, 1, 10, kind=None, source=None)
    find(world, D, 2025, 1, 11, kind="K77", source="S8")
    tally = z13(world)
    assert tally.rows("2025-01", ROOT, "FOUND") == {"T": 2, "K99": 2, "L9": 2, "S9": 2}
    assert tally.rows("2025-01", UNKNOWN, "CLOSE") == {"T": 1, "K99": 1, "L9": 1, "S9": 1}
