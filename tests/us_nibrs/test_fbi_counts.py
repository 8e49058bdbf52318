"""Arizona 2016: the FBI's own rollup of the same records is the expected answer (155 agency x offence rows, counted by nobody here)."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from policestats.catalog import load_catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.errors import FanOutError
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages import conform, extract
from policestats.stages.tabulate import tabulate
from tests.support.ledger import ROOT, SHARED

DATA = SHARED / "data" / "nibrs_az2016"
HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the FBI's state download is not beside the repository (shared/data/nibrs_az2016)"
)
Counts = dict[tuple[str, str], tuple[int, int]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nibrs")
    catalog = load_catalog(ROOT, "us_nibrs")
    extract.run(catalog=catalog, source="nibrs", location=str(DATA / "AZ-2016.zip"), home=folder)
    assert conform.run(catalog=catalog, home=folder).issues == 0
    return folder


@pytest.fixture
def engine(home: Path) -> Iterator[DuckDBEngine]:
    with open_warehouse(home) as opened:
        yield opened


def published(path: Path = DATA / "expected_offense_counts.csv") -> Counts:
    with path.open(encoding="utf-8") as file:
        return {(r["agency_id"], r["offense_name"]): (int(r["incident_count"]), int(r["offense_count"])) for r in csv.DictReader(file)}


def counted(engine: DuckDBEngine, form: str, period: str = "2016") -> Counts:
    """Every leaf row of every agency in which at least one of the two columns is not 0."""
    rows = engine.sql(
        "SELECT c.unit_code, r.label_en, max(CASE column_code WHEN 'incident_count' THEN value END) AS incidents, "
        "max(CASE column_code WHEN 'offense_count' THEN value END) AS offenses FROM report.cell c JOIN report.form_row r USING (form_id, row_code) "
        "WHERE c.form_id = ? AND c.period = ? AND r.kind = 'leaf' AND column_code IN ('incident_count', 'offense_count') GROUP BY ALL",
        [form, period],
    ).to_pylist()
    return {(r["unit_code"], r["label_en"]): (int(r["incidents"] or 0), int(r["offenses"] or 0)) for r in rows}


def overlay(tmp_path: Path, *folders: Path) -> Path:
    """A copy of the definitions with the facts and indicators of ``folders`` added."""
    root = tmp_path / "definitions"
    shutil.copytree(ROOT / "schemas", root / "schemas")
    for folder in folders:
        for kind in ("facts", "indicators"):
            for path in (folder / kind).glob("*.yaml"):
                shutil.copy(path, root / "schemas" / "us_nibrs" / kind / f"extra_{path.name}")
    return root


def test_every_row_of_the_fbi(engine: DuckDBEngine) -> None:
    catalog = load_catalog(ROOT, "us_nibrs")
    result = tabulate(engine, catalog, ReferencePeriod.parse("2016"), load_forms(catalog))
    expected = published()
    assert len(expected) == 155
    assert counted(engine, "offenses_by_agency") == expected
    assert result.failed_errors == 0


def test_total_counts_an_incident_with_two_offences_once(engine: DuckDBEngine) -> None:
    """No offence repeats within an incident of this file, so only the total tells incidents from offences: its README counts 16,847 and 21,466."""
    catalog = load_catalog(ROOT, "us_nibrs")
    tabulate(engine, catalog, ReferencePeriod.parse("2016"), load_forms(catalog))
    total = load_forms(catalog)["offenses_by_agency"].total
    values = engine.sql(
        "SELECT column_code, sum(value) FROM report.cell JOIN dim.unit USING (period, unit_code) WHERE form_id = 'offenses_by_agency' AND period = '2016' "
        "AND row_code = ? AND parent_unit_code IS NULL GROUP BY ALL ORDER BY ALL",
        [total],
    ).to_pylist()
    assert [tuple(v.values()) for v in values] == [("incident_count", Decimal(16847)), ("offense_count", Decimal(21466))]


def test_months_add_up_to_the_year_where_the_form_says_so(engine: DuckDBEngine) -> None:
    catalog = load_catalog(ROOT, "us_nibrs")
    forms = load_forms(catalog)
    year: dict[tuple[str, str], int] = {}
    for month in range(1, 13):
        tabulate(engine, catalog, ReferencePeriod.parse(f"2016-{month:02d}"), forms)
        for key, (_, offenses) in counted(engine, "offenses_by_agency", f"2016-{month:02d}").items():
            year[key] = year.get(key, 0) + offenses
    assert year == {key: offenses for key, (_, offenses) in published().items()}


# How many of the 155 rows each wrong definition gets wrong. The README counts 55, 118 and 28; its 121 joins every victim of the incident,
# which is a fan-out and refused (below); victims counted through the offence they suffered change 86 rows.
@pytest.mark.parametrize(
    ("form", "wrong"), [("completed_only", 55), ("one_offense_per_incident", 118), ("report_date_dropped", 28), ("victims_joined", 86)]
)
def test_wrong_definitions_are_caught(engine: DuckDBEngine, tmp_path: Path, form: str, wrong: int) -> None:
    folder = HERE / "wrong_definitions"
    catalog = load_catalog(overlay(tmp_path, folder), "us_nibrs")
    tabulate(engine, catalog, ReferencePeriod.parse("2016"), load_forms(catalog, folder), only=[form])
    found, expected = counted(engine, form), published()
    differing = {key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key)}
    assert len(differing) == wrong


def test_a_join_that_would_fan_out_is_refused(engine: DuckDBEngine, tmp_path: Path) -> None:
    folder = HERE / "refused_definitions"
    catalog = load_catalog(overlay(tmp_path, folder), "us_nibrs")
    with pytest.raises(FanOutError, match=r"joins 'victim' .* many-to-one on incident_id.*incident_id=.*rows"):
        tabulate(engine, catalog, ReferencePeriod.parse("2016"), load_forms(catalog, folder))
