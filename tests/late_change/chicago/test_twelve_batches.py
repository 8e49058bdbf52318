"""Chicago 2014-2016 in twelve deliveries by last change, against one full delivery, a bare count and the FBI's own figures."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.landing.raw import RawStore
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages import conform, extract
from policestats.stages.conform import ConformResult
from policestats.stages.tabulate import tabulate
from tests.late_change.chicago.city import BATCH_ENDS, DATA, crimes, deliver, open_city
from tests.late_change.definitions import definitions

YEARS = ("2014", "2015", "2016")
MONTHS = ("2014-01", "2014-06", "2015-08", "2016-02", "2016-07", "2016-12")  # the first, the last, and some between
RECORDS = 807_942  # the README beside the data
NO_DISTRICT = 26  # records of district 031, which stands in no list of districts
CITY, UNKNOWN = "000", "999"
Cells = dict[tuple[str, str, str, str], int]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="Chicago's records are not beside the repository (shared/data/chicago_crimes_dev)"),
]


@dataclass
class Deliveries:
    """A home, how many records each load brought by hand's count, and what conform said of it."""

    home: Path
    catalog: Catalog
    delivered: list[int] = field(default_factory=list)
    merged: list[ConformResult] = field(default_factory=list)

    def take(self, location: Path) -> None:
        """Land and merge what there is at ``location``."""
        assert not extract.run(catalog=self.catalog, source="city", location=str(location), home=self.home).unchanged
        self.merged.append(conform.run(catalog=self.catalog, home=self.home))

    def tabulate(self, *periods: str) -> None:
        """Fill the forms of ``periods``."""
        forms = load_forms(self.catalog)
        with open_warehouse(self.home) as engine:
            for period in periods:
                assert tabulate(engine, self.catalog, ReferencePeriod.parse(period), forms).failed_errors == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chicago")


@pytest.fixture(scope="module")
def catalog(folder: Path) -> Catalog:
    return definitions(Path(__file__).parent, folder / "definitions")


@pytest.fixture(scope="module")
def batches(folder: Path, catalog: Catalog) -> Deliveries:
    """Return the home that took twelve deliveries; the years are tabulated on the way, as an office would, and again at the end."""
    taken = Deliveries(folder / "batches", catalog)
    open_city(folder / "city.sqlite")
    for after, before in zip(("2000-01-01", *BATCH_ENDS), BATCH_ENDS, strict=False):
        taken.delivered.append(deliver(folder / "city.sqlite", after, before))
        taken.take(folder / "city.sqlite")
        if before in ("2016-03-01", "2018-02-10", "2018-02-11"):
            taken.tabulate("2014", "2016-02")
    taken.tabulate(*YEARS, *MONTHS)
    return taken


@pytest.fixture(scope="module")
def whole(folder: Path, catalog: Catalog, batches: Deliveries) -> Deliveries:
    """Return the home that took all of it at once."""
    taken = Deliveries(folder / "whole", catalog)
    taken.take(folder / "city.sqlite")
    taken.tabulate(*YEARS, *MONTHS)
    return taken


@pytest.fixture
def engine(batches: Deliveries) -> Iterator[DuckDBEngine]:
    with open_warehouse(batches.home) as opened:
        yield opened


def content(home: Path) -> dict[str, tuple[int, int]]:
    """Return rows and an order-free hash of every core table and of what the forms hold, without loads and runs."""
    what = {
        "offense": "SELECT * FROM core.offense",
        "unit": "SELECT * FROM core.unit",
        "cell": "SELECT * EXCLUDE run_id FROM report.cell",
        "status": "SELECT form_id, period, unit_code, block_id, column_code, row_code, status FROM report.status",
        "check": "SELECT * FROM report.check_result",
        "contribution": "SELECT * FROM report.contribution",
    }
    with open_warehouse(home) as engine:
        found = {
            name: engine.sql(f"SELECT count(*) AS n, sum(hash(t)) AS h FROM ({sql}) AS t").to_pylist()[0] for name, sql in what.items()
        }
    return {name: (row["n"], row["h"]) for name, row in found.items()}


def test_each_batch_brings_its_records_and_nothing_else(batches: Deliveries) -> None:
    assert sum(batches.delivered) == RECORDS
    assert min(batches.delivered) > 0
    counts = [(m.inserted["offense"], m.changed["offense"], m.removed["offense"], m.issues) for m in batches.merged]
    assert counts == [(delivered, 0, 0, 0) for delivered in batches.delivered]


def test_each_load_after_the_first_holds_its_batch_alone(batches: Deliveries) -> None:
    """The cursor goes back two days at every load, and the pairs of key and cursor are compared: what was landed before does not land again."""
    tables = [load.tables["crimes"] for load in RawStore(batches.home).loads()]
    assert [t.mode for t in tables] == ["snapshot", *["changes"] * 11]
    assert [(t.rows, t.deleted) for t in tables] == [(delivered, 0) for delivered in batches.delivered]


def test_the_same_content_as_one_full_delivery(batches: Deliveries, whole: Deliveries) -> None:
    found, expected = content(batches.home), content(whole.home)
    assert expected["offense"][0] == RECORDS
    assert expected["unit"][0] == 23  # the city and 22 districts
    assert expected["cell"][0] > 10_000
    assert found == expected


def test_the_forms_of_a_bare_count(engine: DuckDBEngine) -> None:
    """Counts the published files by statements that know nothing of this system; every figure of every unit and row that is not 0."""
    expected: Cells = {}
    for year in YEARS:
        counts = {"offense_count": "count(*)", "case_count": 'count(DISTINCT "Case Number")'}
        counts |= {"arrest_count": 'count(*) FILTER ("Arrest")', "domestic_count": 'count(*) FILTER ("Domestic")'}
        expected |= {(year, *rest): n for rest, n in bare_count(counts, f"{year}-01-01", f"{int(year) + 1}-01-01").items()}
    for month in MONTHS:
        start = date.fromisoformat(f"{month}-01")
        end = (start + timedelta(days=31)).replace(day=1)
        windows = {"offense_count": (start, end), "offense_ytd_count": (start.replace(month=1), end)}
        if start.year > 2014:  # records begin in 2014: a year before is not applicable
            windows["offense_prior_year_count"] = (start.replace(year=start.year - 1), end.replace(year=end.year - 1))
        for name, window in windows.items():
            expected |= {(month, *rest): n for rest, n in bare_count({name: "count(*)"}, *window).items()}
    found = {
        (r["period"], r["unit_code"], r["row_code"], r["column_code"]): int(r["value"])
        for r in engine.sql(
            "SELECT period, unit_code, row_code, column_code, value FROM report.cell WHERE column_code LIKE '%_count' AND value <> 0"
        ).to_pylist()
    }
    assert found == expected


def bare_count(counts: dict[str, str], start: object, end: object) -> dict[tuple[str, str, str], int]:
    """Return what is counted in [start, end) by (unit, row, column), for the city and its districts, the total and its rows."""
    found = {}
    for unit in (f"'{CITY}'", f"""CASE "District" WHEN '031' THEN '{UNKNOWN}' ELSE "District" END"""):
        for row in ("'T'", '"FBI Code"'):
            rows = duckdb.sql(
                f"SELECT {unit}, {row}, {', '.join(counts.values())} {crimes()} WHERE \"Date\" >= '{start}' AND \"Date\" < '{end}' GROUP BY ALL"
            )
            for u, r, *values in rows.fetchall():
                found.update({(u, r, name): n for name, n in zip(counts, values, strict=True) if n})
    return found


def test_robbery_and_burglary_within_one_per_cent_of_the_fbi(engine: DuckDBEngine) -> None:
    with (DATA / "check_fbi_vs_records_2014_2016.csv").open(encoding="utf-8") as file:
        fbi = {
            (r["year"], code): int(r[name]) for r in csv.DictReader(file) for code, name in (("03", "fbi_robbery"), ("05", "fbi_burglary"))
        }
    assert len(fbi) == 6
    ours = {
        (r["period"], r["row_code"]): int(r["value"])
        for r in engine.sql(
            "SELECT period, row_code, value FROM report.cell WHERE form_id = 'offenses_by_district' AND unit_code = ? "
            "AND column_code = 'offense_count' AND row_code IN ('03', '05')",
            [CITY],
        ).to_pylist()
    }
    assert ours.keys() == fbi.keys()
    assert {key: abs(ours[key] - fbi[key]) <= Decimal(fbi[key]) / 100 for key in fbi} == dict.fromkeys(fbi, True)


def test_a_district_in_no_list_is_counted_at_the_unknown_one(engine: DuckDBEngine) -> None:
    found = engine.sql(
        "SELECT sum(value) AS n FROM report.cell WHERE form_id = 'offenses_by_district' AND unit_code = ? AND row_code = 'T' AND column_code = 'offense_count'",
        [UNKNOWN],
    ).to_pylist()
    assert int(found[0]["n"]) == NO_DISTRICT
