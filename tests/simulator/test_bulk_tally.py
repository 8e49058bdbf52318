"""A small share of a bulk city goes through the stages: every cell of every form that the tally knows equals the tally."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from policestats import settings
from policestats.catalog import load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.simulator.bulk import simulate_bulk
from policestats.stages import conform, extract
from policestats.stages.tabulate import tabulate
from tests.support.ledger import ROOT
from tests.support.tally import COUNTED

Key = tuple[str, str, str, str]
UNPRINTED = ("missing", "not_applicable", "blocked")
#: The first month, with a warm-up behind it; the end of a year; a second year under another law, with a year to compare with.
PERIODS = ("2025-01", "2025-12", "2026-02")


@pytest.mark.slow
def test_every_cell_of_a_bulk_city_equals_its_tally(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
    catalog, home = load_catalog(ROOT, "cn"), tmp_path / "home"
    made = simulate_bulk(tmp_path / "sources", size="city", scale=0.02, to="sqlite")
    for source in catalog.sources:
        if source in made.locations:
            extract.run(catalog=catalog, source=source, location=made.locations[source], home=home)
    assert conform.run(catalog=catalog, home=home).issues == 0
    with open_warehouse(home) as engine:
        for period in PERIODS:
            tabulate(engine, catalog, ReferencePeriod.parse(period), load_forms(catalog), only=COUNTED)
            cells, unprinted = printed(engine, period)
            expected = tally(tmp_path / "sources" / "tally.parquet", period, {(form, "/" in row) for form, _, row, _ in cells})
            expected = {key: value for key, value in expected.items() if (key[0], key[1], key[3]) not in unprinted}
            counted = {column for _, _, row, column in expected if "/" in row}  # the tally has no rates of single communities
            # it has them for the members that partition, and for the unknown unit too, which is no station and has no such rows on a form
            leaves = set(catalog.codelists["collected_object"].leaves()) | {"E"}
            cells = {k: v for k, v in cells.items() if "/" not in k[2] or (k[3] in counted and k[2].partition("/")[0] in leaves)}
            expected = {k: v for k, v in expected.items() if "/" not in k[2] or k[1] != catalog.standard.unknown_unit_code}
            assert {"X01", "Z01", "Z11"} <= {form for form, *_ in expected}
            assert {
                key: (cells.get(key), expected.get(key)) for key in cells.keys() | expected.keys() if cells.get(key) != expected.get(key)
            } == {}


def printed(engine, period: str) -> tuple[dict[Key, Decimal], set[tuple[str, str, str]]]:
    """The cells that are not zero, and (form, unit, column) of what is not printed at all."""
    cells = engine.sql(
        "SELECT form_id, unit_code, row_code, column_code, value FROM report.cell WHERE period = ? AND value <> 0", [period]
    ).to_pylist()
    status = engine.sql("SELECT DISTINCT form_id, unit_code, column_code, status FROM report.status WHERE period = ?", [period]).to_pylist()
    return (
        {(c["form_id"], c["unit_code"], c["row_code"], c["column_code"]): c["value"] for c in cells},
        {(s["form_id"], s["unit_code"], s["column_code"]) for s in status if s["status"] in UNPRINTED},
    )


def tally(path: Path, period: str, present: set[tuple[str, bool]]) -> dict[Key, Decimal]:
    """The cells of the tally that are not zero, of the forms that are ``present``; rows of communities only of forms that have such rows."""
    found = duckdb.execute(
        "SELECT form_id, unit_code, row_code, column_code, value FROM read_parquet(?) WHERE period = ? AND value <> 0", [str(path), period]
    ).fetchall()
    return {(form, unit, row, column): value for form, unit, row, column, value in found if (form, "/" in row) in present}
