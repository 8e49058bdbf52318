"""Form Z11 of a few acts, worked out by hand."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from policestats.simulator import incident_acts as acts
from policestats.simulator.world import ActError, World
from tests.simulator.conftest import COUNTY_DE, MERGED, ROOT, UNKNOWN, A, D, E


def call(world: World, unit: str | None, at: datetime, intake: str | None, channel: str | None = "K1", **more):
    """A call entered within the minute."""
    return acts.receive_call(
        world, unit=unit, at=at, entered=more.pop("entered", at.replace(second=59)), channel=channel, intake_type=intake, **more
    )


@pytest.fixture
def story(world, z11):
    """
    January, A: theft       as crime, stays a crime, dispatched twice, linked to a case; preventable
                quarrel     as a dispute, in fact an offence (V2), domestic violence, no case: unlinked
                lock-out    as urgent help, in fact a lock-out (V62), diverted on the next day
                repeat      as crime, merged into the theft
                silent call as misdial, in fact urgent help: turned valid; received in the last second of the month, entered in April
                joke        as crime, in fact malicious: turned invalid
                riddle      of unknown type by an unknown channel, not handled
    """
    theft = call(world, A, datetime(2025, 1, 1), "1000", mo="0110")
    acts.handle(world, theft, final_type="1000")
    acts.dispatch(world, theft, at=datetime(2025, 1, 1, 0, 5))
    acts.dispatch(world, theft, at=datetime(2025, 1, 1, 0, 9))
    acts.link(world, theft, case_no="XS1")
    quarrel = call(world, A, datetime(2025, 1, 2, 9), "5000", is_domestic_violence=True)
    acts.handle(world, quarrel, final_type="2000")
    lock_out = call(world, A, datetime(2025, 1, 3, 9), "6100", "K4")
    acts.handle(world, lock_out, final_type="6210")
    acts.divert(world, lock_out, on=date(2025, 1, 4))
    repeat = call(world, A, datetime(2025, 1, 1, 0, 6), "1000")
    acts.merge(world, repeat, theft)
    misdial = call(world, A, datetime(2025, 1, 31, 23, 59, 59), "0200", entered=datetime(2025, 4, 1))
    acts.handle(world, misdial, final_type="6100")
    joke = call(world, A, datetime(2025, 1, 9, 9), "1000")
    acts.handle(world, joke, final_type="0100")
    call(world, A, datetime(2025, 1, 10, 9), "7777", "K7")
    return z11(world)


def test_calls_by_type_after_handling(story):
    # 7 calls: V1 theft, V2 quarrel, V62 lock-out, V61 misdial, V99 riddle; D repeat; N1 joke
    assert story.rows("2025-01", A, "CUR") == {
        "T": 7, "V": 5, "V1": 1, "V2": 1, "V6": 2, "V61": 1, "V62": 1, "V99": 1, "D": 1, "N": 1, "N1": 1,
        "M1": 2, "M2": 1, "M4": 1, "K1": 5, "K4": 1, "K9": 1,
    }  # fmt: skip


def test_calls_by_type_at_intake(story):
    # crimes: theft, repeat, joke; dispute: quarrel; urgent help: lock-out; unknown: riddle; misdial
    assert story.rows("2025-01", A, "CUR_INIT") == {
        "T": 7, "V": 6, "V1": 3, "V5": 1, "V6": 1, "V61": 1, "V99": 1, "N": 1, "N2": 1,
        "M1": 3, "M2": 1, "M4": 1, "K1": 5, "K4": 1, "K9": 1,
    }  # fmt: skip
    assert story.rows("2025-01", A, "TURNED_VALID") == {"V": 1}  # the misdial
    assert story.rows("2025-01", A, "TURNED_INVALID") == {"V": 2}  # repeat and joke: 5 = 6 + 1 - 2


def test_dispatched_diverted_linked(story):
    assert story.rows("2025-01", A, "DISP") == {"T": 1, "V": 1, "V1": 1}
    assert story.rows("2025-01", A, "DISP_RATE") == {"T": Decimal("14.29")}  # 1 / 7 = 14.2857 %
    assert story.rows("2025-01", A, "DIVERT") == {"T": 1, "V": 1, "V6": 1, "V62": 1, "K4": 1}
    assert story.rows("2025-01", A, "DIV_RATE") == {"V62": Decimal("100.00")}
    assert story.rows("2025-01", A, "UNLINKED") == {"M1": 1}
    share = story.rows("2025-01", A, "SHARE")
    assert (share["V"], share["V6"], share["V3"]) == (Decimal("71.43"), Decimal("40.00"), Decimal("0.00"))  # 5 / 7; 2 / 5; 0 / 5


def test_comparisons_and_daily_means(world, z11):
    for month, number in ((1, 2), (2, 2), (3, 3)):
        for _ in range(number):
            call(world, A, datetime(2025, month, 5, 9), "3000")
    call(world, A, datetime(2026, 2, 5, 9), "3000")
    tally = z11(world)
    assert tally.rows("2025-01", A, "PREV") == tally.rows("2025-01", A, "MOM") == {}  # no records before 2025
    assert tally.rows("2025-02", A, "MOM")["V3"] == Decimal("0.0")
    assert tally.rows("2025-02", A, "MOM_DAILY")["V3"] == Decimal("10.7")  # (2/28) / (2/31) = 31/28 = 1.10714
    assert tally.rows("2025-03", A, "MOM")["V3"] == Decimal("50.0")
    assert tally.rows("2025-03", A, "MOM_DAILY")["V3"] == Decimal("35.5")  # (3/31) / (2/28) = 84/62 = 1.35484
    assert tally.rows("2025-03", A, "DAILY")["V3"] == Decimal("0.1")  # 3/31
    assert tally.rows("2025-03", A, "YTD")["V3"] == 7
    assert tally.rows("2026-02", A, "PY")["V3"] == 2
    assert tally.rows("2026-02", A, "YOY")["V3"] == Decimal("-50.0")
    assert tally.total("2025-12", "PY") == {}
    assert tally.rows("2026-03", A, "YTD")["V3"] == 1


def test_a_half_is_rounded_away_from_zero(world, z11):
    for number, month in ((80, 1), (79, 2), (16, 3), (17, 4)):
        for _ in range(number):
            call(world, A, datetime(2025, month, 5, 9), "3000")
    tally = z11(world)
    assert tally.rows("2025-02", A, "MOM")["V3"] == Decimal("-1.3")  # -1/80 = -1.25 %
    assert tally.rows("2025-04", A, "MOM")["V3"] == Decimal("6.3")  # 1/16 = 6.25 %
    assert tally.rows("2025-03", A, "MOM")["V3"] == Decimal("-79.7")  # -63/79 = -79.746 %


def test_merged_stations_and_unknown_units(world, z11):
    call(world, D, datetime(2025, 6, 30, 9), "3000")
    call(world, E, datetime(2025, 6, 30, 9), "3000")
    call(world, MERGED, datetime(2025, 7, 1), "3000")
    call(world, "990999510000", datetime(2025, 7, 1), "3000")
    call(world, None, datetime(2025, 7, 1), "3000")
    tally = z11(world)
    assert tally.total("2025-06", "CUR") == {D: 1, E: 1, COUNTY_DE: 2, "990200000000": 2, ROOT: 2}
    assert tally.total("2025-07", "PREV") == {MERGED: 2, COUNTY_DE: 2, "990200000000": 2, ROOT: 2}
    assert tally.total("2025-07", "CUR") == {MERGED: 1, COUNTY_DE: 1, "990200000000": 1, UNKNOWN: 2, ROOT: 3}


def test_a_call_is_not_merged_into_a_merged_one(world):
    first, second, third = (call(world, A, datetime(2025, 1, 1, hour), "1000") for hour in (1, 2, 3))
    acts.merge(world, second, first)
    with pytest.raises(ActError, match="cannot be merged"):
        acts.merge(world, third, second)
    with pytest.raises(ActError, match="cannot be merged"):
        acts.merge(world, first, first)
