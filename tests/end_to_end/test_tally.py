"""Every cell of the simulated province equals the tally that the simulator kept while it acted."""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.simulator import SimulationResult, simulate
from policestats.stages import conform, extract
from policestats.stages.tabulate import tabulate
from tests.support.ledger import ROOT

Key = tuple[str, str, str, str]
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


def tally(folder: Path, period: str) -> dict[Key, Decimal]:
    with (folder / "sources" / "tally.csv").open(encoding="utf-8") as file:
        return {
            (r["form_id"], r["unit_code"], r["row_code"], r["column_code"]): Decimal(r["value"])
            for r in csv.DictReader(file)
            if r["period"] == period
        }


@pytest.mark.parametrize("period", [*QUICK, *SLOW])
def test_every_cell_equals_the_tally(province: tuple[Path, SimulationResult], catalog: Catalog, period: str) -> None:
    folder, made = province
    unknown = catalog.standard.unknown_unit_code
    forms = load_forms(catalog)
    with open_warehouse(folder / "home") as engine:
        result = tabulate(engine, catalog, ReferencePeriod.parse(period), forms)
        rows = engine.sql("SELECT form_id, unit_code, row_code, column_code, value FROM report.cell WHERE period = ?", [period]).to_pylist()
        status = engine.sql(
            "SELECT DISTINCT form_id, unit_code, column_code, status FROM report.status WHERE period = ?", [period]
        ).to_pylist()
        wrong = engine.sql(
            "SELECT DISTINCT check_id FROM report.check_result WHERE period = ? AND outcome = 'failed' AND severity = 'error'", [period]
        )
    cells: dict[Key, Decimal] = {(r["form_id"], r["unit_code"], r["row_code"], r["column_code"]): r["value"] for r in rows}
    unprinted = {
        (s["form_id"], s["unit_code"], s["column_code"]) for s in status if s["status"] in ("missing", "not_applicable", "blocked")
    }
    listed = {(s["form_id"], s["unit_code"]) for s in status}
    expected = {
        key: value
        for key, value in tally(folder, period).items()
        if key[0] in forms
        and ("/" not in key[2] or _finds_rows(catalog, key[0]))
        and (key[0], key[1], key[3]) not in unprinted
        # the unknown unit has no form until it holds a record; the tally writes its daily means of 0.0 all the same
        and not (key[1] == unknown and (key[0], key[1]) not in listed and value == 0)
    }
    assert result.cells > 9000
    assert {k: (cells.get(k), expected.get(k)) for k in cells.keys() | expected.keys() if cells.get(k) != expected.get(k)} == {}
    # one case of January 2026 was given the wrong law version on purpose
    assert set(wrong.column(0).to_pylist()) == ({"Z01-07"} if period == "2026-01" else set())
    if period == made.silent_month:
        _silence_is_told(status, made)


@cache
def _found_rows(path: Path) -> bool:
    blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["blocks"]
    return any({"dynamic", "cross"} & block["rows"].keys() for block in blocks)


def _finds_rows(catalog: Catalog, form: str) -> bool:
    """Whether the form prints rows that are found in the data, of which the tally has all."""
    return _found_rows(catalog.templates / f"{form}.yaml")


def _silence_is_told(status: list[dict[str, str]], made: SimulationResult) -> None:
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
