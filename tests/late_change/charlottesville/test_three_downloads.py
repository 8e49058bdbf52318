"""Three downloads of one live feed, as the city published them: what was added, dropped and changed is what was counted beside them.

known at            1 (July)          2 (August)             3 (November)
reports             30,977 --+--28,644 common--> 30,352 --+--29,753 common--> 30,245
                             +-- 2,333 dropped            +--   599 dropped
                                 1,708 added              +--   492 added, 1 offence changed
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages import conform, extract
from policestats.stages.conform import ConformResult
from policestats.stages.tabulate import tabulate
from tests.late_change.definitions import definitions
from tests.support.ledger import SHARED

DATA = SHARED / "data" / "charlottesville_snapshots"
DOWNLOADS = ("cpd_2018-07-21.csv", "cpd_2018-08-28.csv", "cpd_2018-11-26.csv")  # in order of delivery, loads 1 to 3
YEARS = ("2013", "2014", "2015", "2016", "2017", "2018")
NEW_YORK = ZoneInfo("America/New_York")
FORM = "reports_by_offense"
#: the README beside the data: rows of each download, and by pair of loads what is common, dropped and added
ROWS = {1: 30_977, 2: 30_352, 3: 30_245}
README = {(1, 2): {"common": 28_644, "dropped": 2_333, "added": 1_708}, (2, 3): {"common": 29_753, "dropped": 599, "added": 492}}
#: ... and how many of the common ones changed: what they report, and when they say it was reported
CHANGED = {"report": {(1, 2): 0, (2, 3): 1}, "report_clock": {(1, 2): 28_644, (2, 3): 0}}
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the three downloads are not beside the repository (shared/data/charlottesville_snapshots)"
)


@dataclass(frozen=True)
class Feed:
    """A home that took the three downloads one after the other, and what conform said of each."""

    home: Path
    catalog: Catalog
    merged: dict[int, ConformResult]


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    folder = tmp_path_factory.mktemp("charlottesville")
    catalog = definitions(Path(__file__).parent, folder / "definitions")
    merged = {}
    for number, name in enumerate(DOWNLOADS, 1):
        landed = extract.run(catalog=catalog, source="feed", location=str(DATA / name), home=folder / "home")
        assert landed.load_id == number
        merged[number] = conform.run(catalog=catalog, home=folder / "home")
    return Feed(folder / "home", catalog, merged)


@pytest.fixture
def engine(feed: Feed) -> Iterator[DuckDBEngine]:
    with open_warehouse(feed.home) as opened:
        yield opened


def between(engine: DuckDBEngine, table: str, before: int, after: int) -> dict[str, int]:
    """Compare the versions of ``table`` known at two loads by their key."""
    known = "SELECT * EXCLUDE (known_from, known_to) FROM core.{}_version WHERE known_from <= {} AND (known_to IS NULL OR known_to > {})"
    rows = engine.sql(
        "SELECT count(*) FILTER (was IS NOT NULL AND is_now IS NOT NULL) AS common, count(*) FILTER (is_now IS NULL) AS dropped, "
        "count(*) FILTER (was IS NULL) AS added, count(*) FILTER (was IS NOT NULL AND is_now IS NOT NULL AND was <> is_now) AS changed "
        f"FROM (SELECT incident_no, CAST(a AS VARCHAR) AS was FROM ({known.format(table, before, before)}) AS a) "
        f"FULL JOIN (SELECT incident_no, CAST(b AS VARCHAR) AS is_now FROM ({known.format(table, after, after)}) AS b) USING (incident_no)"
    ).to_pylist()
    return rows[0]


@pytest.mark.parametrize("table", ["report", "report_clock"])
@pytest.mark.parametrize("pair", [(1, 2), (2, 3)])
def test_added_dropped_and_changed(engine: DuckDBEngine, table: str, pair: tuple[int, int]) -> None:
    assert between(engine, table, *pair) == README[pair] | {"changed": CHANGED[table][pair]}


def test_conform_tells_the_same(feed: Feed) -> None:
    for load, before in ((2, 1), (3, 2)):
        said = feed.merged[load]
        for table in ("report", "report_clock"):
            told = {"added": said.inserted[table], "dropped": said.removed[table], "changed": said.changed[table]}
            expected = {name: count for name, count in README[before, load].items() if name != "common"}
            assert told == expected | {"changed": CHANGED[table][before, load]}
        assert (said.inserted["agency"], said.changed["agency"], said.removed["agency"]) == (0, 0, 0)
    assert feed.merged[1].inserted == Counter({"report": ROWS[1], "report_clock": ROWS[1], "agency": 1})
    assert [feed.merged[load].issues for load in ROWS] == [0, 0, 0]


def test_the_one_changed_offence(engine: DuckDBEngine) -> None:
    rows = engine.sql(
        "SELECT incident_no, offense_name, known_from, known_to FROM core.report_version WHERE incident_no IN "
        "(SELECT incident_no FROM core.report_version GROUP BY ALL HAVING count(DISTINCT offense_name) > 1) ORDER BY known_from"
    ).to_pylist()
    # 1,708 came with the second download, this one among them
    assert [tuple(r.values()) for r in rows] == [
        ("201800021381", "Suicide Investigation", 2, 3),
        ("201800021381", "Misc - Non-Criminal Call", 3, None),
    ]


#: the rows of the form, written by hand from the names in the feed; any other name is U
GROUPS = {
    **dict.fromkeys(("Assault Aggravated", "Assault Intimidation", "Assault Simple"), "ASSAULT"),
    "Burglary": "BURGLARY",
    **dict.fromkeys(("Robbery - Armed", "Robbery - Strong Arm", "Robbery/Conversion"), "ROBBERY"),
    **dict.fromkeys(("Attemped Suicide", "Suicide Investigation"), "SUICIDE"),
    **dict.fromkeys(("Misc - Criminal Call", "Misc - Non-Criminal Call"), "CALL"),
}


def counted_by_hand(load: int) -> Counter[tuple[str, str]]:
    """Count a download by (year, row), its label taken at its word: +00, then New York's own clock."""
    found: Counter[tuple[str, str]] = Counter()
    with (DATA / DOWNLOADS[load - 1]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=",", quotechar='"'):
            local = datetime.strptime(row["DateReported"] + ":00", "%Y/%m/%d %H:%M:%S%z").astimezone(NEW_YORK)
            code = "LARCENY" if row["Offense"].startswith("Larceny - ") else GROUPS.get(row["Offense"], "U")
            found[str(local.year), code] += 1
            found[str(local.year), "T"] += 1
    return found


@pytest.mark.parametrize("load", [1, 2, 3])
def test_as_of_each_load_the_form_has_that_download(feed: Feed, engine: DuckDBEngine, load: int) -> None:
    expected = counted_by_hand(load)
    assert sum(count for (_, row), count in expected.items() if row == "T") == ROWS[load]
    forms = load_forms(feed.catalog)
    found: Counter[tuple[str, str]] = Counter()
    for year in YEARS:
        assert tabulate(engine, feed.catalog, ReferencePeriod.parse(year), forms, as_of=load).as_of == load
        rows = engine.sql(
            "SELECT row_code, unit_code, value FROM report.cell WHERE form_id = ? AND period = ? AND column_code = 'report_count' AND value <> 0",
            [FORM, year],
        ).to_pylist()
        assert {r["unit_code"] for r in rows} <= {"CPD"}
        found.update({(year, r["row_code"]): int(r["value"]) for r in rows})
    assert found == expected


def test_rebuilt_from_raw_it_is_the_same(feed: Feed) -> None:
    content = "SELECT sum(hash(t)) FROM core.{}_version AS t"
    with open_warehouse(feed.home) as engine:
        before = {table: engine.scalar(content.format(table)) for table in ("agency", "report", "report_clock")}
    conform.run(catalog=feed.catalog, home=feed.home, rebuild=True)
    with open_warehouse(feed.home) as engine:
        assert {table: engine.scalar(content.format(table)) for table in before} == before
