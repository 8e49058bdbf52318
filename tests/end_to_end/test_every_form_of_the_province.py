"""Every form over the simulated province: no lawful ledger breaks an error check, no column is empty everywhere, and the interpreter agrees."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.simulator import simulate
from policestats.stages import conform, extract
from policestats.stages.tabulate import tabulate
from tests.reference.interpreter import Standard, interpret, load
from tests.support.ledger import ROOT

pytestmark = pytest.mark.slow
Records = dict[str, list[dict[str, Any]]]
#: 8 months with the merger of two stations after the sixth; a month, a quarter and a half-year after it, and the year
PERIODS = ["2025-07", "2025-08", "2025-Q2", "2025-H1", "2025"]
#: what does not happen in eight months of twelve stations, or is not simulated: dates that lack, expulsions, the expected objects ...
RARE = {
    *(
        "X04.SOLVED_OLD_M",
        "X09.FILED_LATE_M",
        "X09.SOLVED_OLD_M",
        "X09.WITHDRAWN_M",
        "X09.WITHDRAWN_YTD",
        "X10.FILED_LATE_M",
        "X10.SOLVED_OLD_M",
    ),
    *("X12.FILED_LATE_M", "X12.SOLVED_LINK_M", "X12.SOLVED_OLD_M", "X12.WITHDRAWN_M", "X12.WITHDRAWN_YTD", "X13.DUNK", "X16.PUNK"),
    *("Z03.I_DEP", "Z03.I_REV", "Z07.AGE1", "Z07.SEX9", "Z08.CORR8", "Z08.CORR_UNK"),
    *("Z14.ACC_HI", "Z14.ACC_LO", "Z14.ACC_RATE", "Z14.COVER", "Z14.EXPECT"),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(ROOT, "cn")


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory, catalog: Catalog) -> Iterator[DuckDBEngine]:
    """The province of all eleven systems, without a wrong entry and without a silent station, with the forms of every period."""
    folder = tmp_path_factory.mktemp("province")
    simulate(folder / "sources", months=8, silent=None, defects=0)
    for source in catalog.sources:
        extract.run(catalog=catalog, source=source, location=str(folder / "sources" / f"{source}.sqlite"), home=folder / "home")
    conform.run(catalog=catalog, home=folder / "home")
    with open_warehouse(folder / "home") as engine:
        for month in range(1, 7):
            tabulate(engine, catalog, ReferencePeriod.parse(f"2025-{month:02d}"), load_forms(catalog))
        for period in PERIODS:
            tabulate(engine, catalog, ReferencePeriod.parse(period), load_forms(catalog))
        yield engine


@pytest.fixture(scope="module")
def records(province: DuckDBEngine, catalog: Catalog) -> Records:
    """Every record of the province, by table."""
    return {name: province.sql(f'SELECT * FROM core."{name}"').to_pylist() for name in catalog.tables}


@pytest.fixture(scope="module")
def standard(catalog: Catalog) -> Standard:
    return load(ROOT / "schemas" / "cn", Path(catalog.templates))


def test_no_error_check_fails(province: DuckDBEngine) -> None:
    failed = province.sql(
        "SELECT period, form_id, check_id, unit_code, row_code, column_code, left_value, right_value, message FROM report.check_result "
        "WHERE outcome = 'failed' AND severity = 'error' ORDER BY ALL LIMIT 20"
    ).to_pylist()
    assert failed == []


def test_every_printed_column_has_a_figure_somewhere(province: DuckDBEngine, catalog: Catalog) -> None:
    """A story that never lets something happen would prove nothing about the columns that count it."""
    rows = province.sql("SELECT DISTINCT form_id, column_code FROM report.cell WHERE value <> 0").to_pylist()
    found = {(r["form_id"], r["column_code"]) for r in rows}
    empty = {
        f"{form.id}.{c.code}"
        for form in load_forms(catalog).values()
        for c in form.columns
        if not c.hidden
        and c.kind != "manual"
        and (form.id, c.code) not in found
        # there are no records of the year before, to compare with
        and c.variant not in ("prior_year", "prior_year_ytd")
        and not c.code.endswith("YOY")
    }
    assert empty <= RARE


@pytest.mark.parametrize("form", sorted(p.stem for p in (ROOT / "report_templates" / "cn").glob("*.yaml")))
def test_the_interpreter_agrees(province: DuckDBEngine, records: Records, standard: Standard, catalog: Catalog, form: str) -> None:
    """Cell by cell, over the first of the periods that the form is made for."""
    wanted = load_forms(catalog)[form]
    period = next(p for p in PERIODS if ReferencePeriod.parse(p).frequency in wanted.frequencies)
    told = interpret(standard, form, period, {name: records[name] for name in _tables_of(catalog, form)})
    rows = province.sql(
        "SELECT unit_code, row_code, column_code, value FROM report.cell WHERE form_id = ? AND period = ?", [form, period]
    ).to_pylist()
    stored = {(r["unit_code"], r["row_code"], r["column_code"]): r["value"] for r in rows}
    hidden = {c.code for c in wanted.columns if c.kind == "manual"}
    wrong = {
        place: (stored.get(place), value)
        for place, value in told.items()
        if place[2] not in hidden and (stored.get(place) or Decimal(0)) != (value or Decimal(0))
    }
    assert not wrong, list(wrong.items())[:10]
    assert {place for place, value in stored.items() if value} <= set(told)


def _tables_of(catalog: Catalog, form: str) -> set[str]:
    wanted = load_forms(catalog)[form]
    facts = {c.indicator.fact for c in wanted.columns if c.indicator is not None}
    named = {block.dynamic.labels["table"] for block in wanted.dynamic_blocks if block.dynamic and block.dynamic.labels}
    return {catalog.standard.units_table, *named} | {t for f in facts for t in catalog.fact(f, form).tables}
