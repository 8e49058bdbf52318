"""Every hand-computed case, through the compiler and through the reference interpreter."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.catalog.office import TYPED
from policestats.reports.template import Form, load_forms
from tests.reference.interpreter import Standard, interpret, load
from tests.report_templates.hand_cases import cases, difference, disagreement, expected, periods, rows
from tests.support.ledger import ROOT, ledger

STANDARDS = sorted(p.name for p in Path(__file__).parent.iterdir() if p.is_dir() and not p.name.startswith("_"))
ALL = [pytest.param(s, c, id=f"{c.parent.name}-{c.name}") for s in STANDARDS for c in cases(s)]
#: the interpreter knows what records say, not what people type
OF_RECORDS = [param for param in ALL if not (param.values[1] / f"{TYPED}.yaml").exists()]


@cache
def catalog_of(standard: str) -> tuple[Catalog, dict[str, Form], Standard]:
    catalog = load_catalog(ROOT, standard)
    return catalog, load_forms(catalog), load(ROOT / "schemas" / standard, ROOT / "report_templates" / standard)


@pytest.mark.parametrize(("standard", "case"), ALL)
def test_compiler(standard: str, case: Path) -> None:
    catalog, forms, _ = catalog_of(standard)
    with ledger(catalog, rows(case, catalog)) as engine:
        for period in periods(case):
            assert disagreement(engine, catalog, forms[case.parent.name], case, period) is None


@pytest.mark.parametrize(("standard", "case"), OF_RECORDS)
def test_reference_interpreter(standard: str, case: Path) -> None:
    catalog, forms, reference = catalog_of(standard)
    form = forms[case.parent.name]
    tables = rows(case, catalog)
    for period in periods(case):
        found = interpret(reference, form.id, period.text, tables)
        for entry in (e for e in expected(case) if e.period == period.text):
            assert difference(entry, lambda unit, row, column, found=found: found.get((unit, row, column), Decimal(0)), form) is None
