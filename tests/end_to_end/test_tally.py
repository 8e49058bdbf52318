"""Every cell of the simulated province equals the tally that the simulator kept while it acted."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.simulator import SimulationResult, simulate
from policestats.stages import conform, extract
from policestats.stages.tabulate import tabulate
from tests.support.ledger import ROOT
from tests.support.tally import COUNTED, Statuses, differences, read_tally, statuses

QUICK = ["2025-02", "2025-07", "2026-02"]  # an ordinary month, the month of the merger, a second year with a silent station
EVERY = [f"2025-{m:02d}" for m in range(1, 13)] + ["2026-01", "2026-02"]
SLOW = [pytest.param(month, marks=pytest.mark.slow) for month in EVERY if month not in QUICK]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT, "cn")


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> tuple[Path, SimulationResult]:
    folder = tmp_path_factory.mktemp("province")
    made = simulate(folder / "sources")
    for source in catalog.sources:
        extract.run(catalog=catalog, source=source, location=str(folder / "sources" / f"{source}.sqlite"), home=folder / "home")
    # the only values that cannot be read are those that were made so; the repeats of a key are exact, so they collapse
    unreadable = [defect for defect in made.defects if defect.kind == "unparseable_date"]
    assert conform.run(catalog=catalog, home=folder / "home").issues == len(unreadable) > 0
    return folder, made


@pytest.mark.parametrize("period", [*QUICK, *SLOW])
def test_every_cell_equals_the_tally(province: tuple[Path, SimulationResult], catalog: Catalog, period: str) -> None:
    folder, made = province
    with open_warehouse(folder / "home") as engine:
        result = tabulate(engine, catalog, ReferencePeriod.parse(period), load_forms(catalog), only=COUNTED)
        wrong = engine.sql(
            "SELECT DISTINCT check_id FROM report.check_result WHERE period = ? AND outcome = 'failed' AND severity = 'error'", [period]
        )
        status = statuses(engine, period)
        assert differences(engine, catalog, folder / "sources" / "tally.csv", period) == {}
    assert result.cells > 9000
    # one case of January 2026 was given the wrong law version on purpose
    assert set(wrong.column(0).to_pylist()) == ({"Z01-07"} if period == "2026-01" else set())
    if period == made.silent_month:
        _silence_is_told(status, made)


def test_the_tally_counts_the_forms_it_says(province: tuple[Path, SimulationResult]) -> None:
    """A form of the tally that nobody compares would be counted in vain."""
    folder, _ = province
    assert {form for form, *_ in read_tally(folder / "sources" / "tally.csv", "2025-07")} == set(COUNTED)


@pytest.mark.parametrize(("period", "month"), [("2025-Q1", "2025-03"), ("2025-H1", "2025-06"), ("2025", "2025-12")])
def test_a_form_of_longer_periods_is_the_year_to_date_of_the_tally(
    province: tuple[Path, SimulationResult], catalog: Catalog, period: str, month: str
) -> None:
    """What was filed and solved since January, as the tally of the last month counts it: a quarter, a half-year and a year end as that month does."""
    folder, _ = province
    with open_warehouse(folder / "home") as engine:
        tabulate(engine, catalog, ReferencePeriod.parse(period), load_forms(catalog), only=["A01"])
        rows = engine.sql(
            "SELECT unit_code, row_code, column_code, value FROM report.cell WHERE form_id = 'A01' AND period = ? AND value <> 0", [period]
        ).to_pylist()
    found = {
        (r["unit_code"], r["row_code"], f"{r['column_code']}_YTD"): r["value"] for r in rows if r["column_code"] in ("FILED", "SOLVED")
    }
    columns = {"FILED_YTD", "SOLVED_YTD"}
    shown = {row.code for row in load_forms(catalog)["A01"].rows}
    counted = {
        (unit, row, column): value
        for (form, unit, row, column), value in read_tally(folder / "sources" / "tally.csv", month).items()
        if form == "X01" and row in shown and column in columns and value
    }
    assert len(counted) > 200
    assert found == counted


def _silence_is_told(status: Statuses, made: SimulationResult) -> None:
    """The silent station's own month is missing, its parents are partial, its neighbours are automatic."""
    of = {(s["form_id"], s["unit_code"], s["column_code"]): s["status"] for s in status}
    station = made.silent_unit
    assert station is not None
    county, city, province = station[:6] + "000000", station[:4] + "00000000", station[:2] + "0000000000"
    for form, column in (("X01", "FILED_M"), ("Z01", "ACC_M"), ("Z11", "CUR")):
        assert of[form, station, column] == "missing"
        assert {of[form, parent, column] for parent in (county, city, province)} == {"partial"}
    assert of["X01", station, "FILED_YTD"] == "partial"  # January came in, February did not
    assert of["X01", station, "FILED_PY"] == "auto"
    siblings = {unit for (_, unit, _) in of if unit.startswith(station[:6]) and unit not in (station, county)}
    assert siblings
    assert {of["X01", unit, "FILED_M"] for unit in siblings} == {"auto"}
