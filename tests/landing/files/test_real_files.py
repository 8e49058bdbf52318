"""Real exports: a CSV with quoted commas, and three years of Parquet. The expected numbers are those of the data's own descriptions."""

from __future__ import annotations

import pytest

from policestats.landing.files import open_files
from tests.landing.files.reading import plan, read, schema
from tests.support.ledger import SHARED

FEED = SHARED / "data" / "charlottesville_snapshots"
CHICAGO = SHARED / "data" / "chicago_crimes_dev"
without_feed = pytest.mark.skipif(not FEED.is_dir(), reason="the feed is not beside the repository (shared/data/charlottesville_snapshots)")
without_chicago = pytest.mark.skipif(
    not CHICAGO.is_dir(), reason="the export is not beside the repository (shared/data/chicago_crimes_dev)"
)


@without_feed
@pytest.mark.parametrize(("name", "rows"), [("cpd_2018-07-21.csv", 30_977), ("cpd_2018-08-28.csv", 30_352), ("cpd_2018-11-26.csv", 30_245)])
def test_a_feed_with_quoted_commas(name: str, rows: int) -> None:
    """Given as a single file, and picked from its folder by name: every row, the key unique, street names with a comma in one piece."""
    columns = ["IncidentID", "StreetName", "HourReported"]
    found = read(FEED / name, plan(delimiter=",", quote='"'), columns)
    assert len(found) == len({row[0] for row in found}) == rows
    assert all(row[2] is None or (row[2].isdigit() and len(row[2]) == 4) for row in found)  # the last column is where it belongs
    assert any("," in (row[1] or "") for row in found)
    assert read(FEED, plan(file=name.replace("2018", "*")), columns) == found


@without_feed
def test_the_deliveries_of_a_feed_in_order() -> None:
    with open_files("desk", str(FEED)) as reader:
        assert list(reader.files(plan(file="cpd_*.csv"))) == ["cpd_2018-07-21.csv", "cpd_2018-08-28.csv", "cpd_2018-11-26.csv"]


@without_chicago
def test_three_years_of_parquet_are_one_table() -> None:
    table = plan(file="chi_*.parquet")
    assert list(schema(CHICAGO, table))[:3] == ["ID", "Case Number", "Date"]
    assert len(schema(CHICAGO, table)) == 20
    found = set()
    with open_files("desk", str(CHICAGO)) as reader:
        for batch in reader.batches(table, columns=["ID"]):
            found.update(batch["ID"].to_pylist())
    assert len(found) == 807_942


@without_chicago
@pytest.mark.parametrize(("year", "rows"), [(2014, 275_200), (2015, 263_929), (2016, 268_813)])
def test_one_year_of_them(year: int, rows: int) -> None:
    assert len(read(CHICAGO, plan(file="chi_*.parquet"), ["ID"], file=f"chi_{year}.parquet")) == rows
