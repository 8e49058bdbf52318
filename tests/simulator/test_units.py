"""The tree of the made-up province over time: a merger, a move to another county, and what the system knew when."""

from datetime import date, datetime

from policestats.simulator import criminal_acts
from policestats.simulator.province import make_province
from policestats.simulator.records import Records
from policestats.simulator.world import World
from tests.simulator.conftest import MERGED, ROOT, D, E, Tally

MOVED, OLD_COUNTY, NEW_COUNTY, CITY = "990202520000", "990202000000", "990201000000", "990200000000"


def test_a_station_that_changes_its_county_takes_its_figures_along():
    world = World(make_province(date(2025, 7, 1), date(2025, 10, 1)))
    criminal_acts.file_criminal_case(world, unit=MOVED, on=date(2025, 5, 10), entered=datetime(2025, 5, 10, 12), charge="C221")
    tally = Tally("X01", lambda played, shown: world.criminal.cells(world.province, played, shown))
    assert tally.total("2025-09", "FILED_YTD") == {MOVED: 1, OLD_COUNTY: 1, CITY: 1, ROOT: 1}
    assert tally.total("2025-10", "FILED_YTD") == {MOVED: 1, NEW_COUNTY: 1, CITY: 1, ROOT: 1}
    assert tally.total("2026-05", "FILED_PY") == {MOVED: 1, NEW_COUNTY: 1, CITY: 1, ROOT: 1}  # last year's, in today's tree


def test_the_table_of_units_tells_of_a_change_some_days_before():
    records = Records("case_system")
    make_province(date(2025, 7, 1), date(2025, 10, 1)).register(records)

    def versions(code: str, moment: datetime) -> list[tuple]:
        columns = ("valid_from", "valid_to", "parent_unit_code", "successor_unit_code")
        return [tuple(row[c] for c in columns) for row in records.rows_at("unit", moment) if row["unit_code"] == code]

    founded, merged, moved = date(2020, 1, 1), date(2025, 7, 1), date(2025, 10, 1)
    assert versions(D, datetime(2025, 6, 25)) == [(founded, None, NEW_COUNTY, None)]
    assert versions(D, datetime(2025, 6, 27)) == versions(E, datetime(2025, 6, 27)) == [(founded, merged, NEW_COUNTY, MERGED)]
    assert versions(MERGED, datetime(2025, 6, 25)) == []
    assert versions(MERGED, datetime(2025, 6, 27)) == [(merged, None, NEW_COUNTY, None)]
    assert versions(MOVED, datetime(2025, 9, 25)) == [(founded, None, OLD_COUNTY, None)]
    assert versions(MOVED, datetime(2025, 9, 27)) == [(founded, moved, OLD_COUNTY, None), (moved, None, NEW_COUNTY, None)]


def test_a_merged_station_has_the_communities_of_both():
    province = make_province(date(2025, 7, 1))
    assert province.communities(MERGED) == [*province.communities(D), *province.communities(E)]
    assert len(province.communities(D)) == 3
    records = Records("field_collection")
    province.register_communities(records)
    for moment, holder in ((datetime(2025, 6, 30), D), (datetime(2025, 7, 1), MERGED)):
        rows = {row["community_code"]: row["unit_code"] for row in records.rows_at("community", moment)}
        assert rows[f"{D}001"] == holder
