"""Every hand-computed case, through the compiler and through the reference interpreter."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.reports.template import Form, load_forms
from tests.reference.interpreter import Standard, interpret, load
from tests.report_templates.hand_cases import Expected, cases, expected, periods, rows
from tests.support.ledger import ROOT, cells, ledger

Cells = dict[tuple[str, str, str], Decimal | None]
STANDARDS = sorted(p.name for p in Path(__file__).parent.iterdir() if p.is_dir() and not p.name.startswith("_"))
ALL = [pytest.param(s, c, id=f"{c.parent.name}-{c.name}") for s in STANDARDS for c in cases(s)]


@cache
def catalog_of(standard: str) -> tuple[Catalog, dict[str, Form], Standard]:
    catalog = load_catalog(ROOT, standard)
    return catalog, load_forms(catalog), load(ROOT / "schemas" / standard, ROOT / "report_templates" / standard)


@pytest.mark.parametrize(("standard", "case"), ALL)
def test_compiler(standard: str, case: Path) -> None:
    catalog, forms, _ = catalog_of(standard)
    form = forms[case.parent.name]
    with ledger(catalog, rows(case, catalog)) as engine:
        for period in periods(case):
            _, stored = cells(engine, catalog, form, period.text)
            found = engine.sql(
                "SELECT DISTINCT check_id FROM report.check_result WHERE outcome = 'failed' AND severity = 'error' AND period = ?",
                [period.text],
            )
            failed = {check for e in expected(case) if e.period == period.text for check in e.failed_checks}
            assert set(found.column(0).to_pylist()) == failed
            base = {c.code for c in form.columns_for(period.frequency) if c.kind in ("base", "formula")}
            unfilled = {
                (r["unit_code"], r["column_code"])
                for r in engine.sql(
                    "SELECT DISTINCT unit_code, column_code FROM report.status WHERE period = ? AND status = 'not_applicable'",
                    [period.text],
                ).to_pylist()
            }

            def value(
                unit: str, row: str, column: str, stored: Cells = stored, base: set[str] = base, unfilled: set[tuple[str, str]] = unfilled
            ) -> Decimal | None:
                absent = Decimal(0) if column in base and (unit, column) not in unfilled else None
                return stored.get((unit, row, column), absent)

            for entry in (e for e in expected(case) if e.period == period.text):
                compare(entry, value, form)


@pytest.mark.parametrize(("standard", "case"), ALL)
def test_reference_interpreter(standard: str, case: Path) -> None:
    catalog, forms, reference = catalog_of(standard)
    form = forms[case.parent.name]
    tables = rows(case, catalog)
    for period in periods(case):
        found = interpret(reference, form.id, period.text, tables)
        for entry in (e for e in expected(case) if e.period == period.text):
            compare(entry, lambda unit, row, column, found=found: found.get((unit, row, column), Decimal(0)), form)


def compare(entry: Expected, value, form: Form) -> None:
    for (row, column), wanted in entry.cells.items():
        form.row(
            row
        ) if "/" not in row else None  # a misspelt cell would otherwise read as 0; rows found in the data have no place in the form
        form.column(column)
        assert value(entry.unit, row, column) == wanted, f"{entry.period} {entry.unit} {row}.{column}"
    for column in entry.rest_is_zero:
        for row in (r.code for r in form.rows if form.column(column).applies(r.code) and (r.code, column) not in entry.cells):
            assert not value(entry.unit, row, column), f"{entry.period} {entry.unit} {row}.{column} should be 0"
