"""X13, X14 and X20 agree with the forms beside them on one ledger, their checks fail when they do not, and a policy moves what it says."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from policestats.catalog import load_catalog
from policestats.periods import ReferencePeriod
from policestats.reports.template import Form, load_forms
from policestats.stages.tabulate import tabulate
from tests.reference.interpreter import interpret, load
from tests.report_templates.hand_cases import FOLDER, rows
from tests.support.ledger import ROOT, cells, ledger

STATION, PROVINCE = "990101010000", "990000000000"
CATALOG = load_catalog(ROOT, "cn")
FORMS = load_forms(CATALOG)


def outcomes(case: str, of: str, periods: list[str], forms: dict[str, Form]) -> dict[str, set[str]]:
    """What became of the checks of one form at the province, by check, once all periods stand."""
    with ledger(CATALOG, rows(FOLDER / "cn" / case, CATALOG)) as engine:
        for period in periods:
            parsed = ReferencePeriod.parse(period)
            tabulate(engine, CATALOG, parsed, {i: f for i, f in forms.items() if parsed.frequency in f.frequencies})
        found: dict[str, set[str]] = {}
        query = "SELECT check_id, outcome FROM report.check_result WHERE form_id = ? AND period = ? AND unit_code = ?"
        for r in engine.sql(query, [of, periods[-1], PROVINCE]).to_pylist():
            found.setdefault(r["check_id"], set()).add(r["outcome"])
    return found


def counting(form: str, column: str, indicator: str) -> Form:
    """The form with another indicator in one of its columns."""
    other = CATALOG.indicators[indicator]
    columns = tuple(dataclasses.replace(c, indicator=other) if c.code == column else c for c in FORMS[form].columns)
    return dataclasses.replace(FORMS[form], columns=columns)


def test_what_was_filed_is_what_x01_counts() -> None:
    """October of `flow`: X01 has seven filed (C1, C6, C7, C20, C21, C22 and, late, C24); four were screened before, three not."""
    both = {form: FORMS[form] for form in ("X01", "X13")}
    assert not {"X13-05", "X13-05w"} & outcomes("X13/flow", "X13", ["2026-10"], both).keys()
    assert outcomes("X13/flow", "X13", ["2026-10"], {"X13": FORMS["X13"]})["X13-05"] == {"not_evaluated"}
    found = outcomes("X13/flow", "X13", ["2026-10"], both | {"X13": counting("X13", "FILED_DIRECT", "screenings_merged")})
    assert found["X13-05"] == {"failed"}  # 4 + 1 merged, not 7


def test_withdrawals_and_referrals_are_those_of_the_forms_beside() -> None:
    """October of `decisions`: four withdrawn (X01); three cases and, persons and units together, five referred (X02)."""
    forms = {form: FORMS[form] for form in ("X01", "X02", "X14")}
    checks = {"X14-04", "X14-05", "X14-06"}
    assert not checks & outcomes("X14/decisions", "X14", ["2026-10"], forms).keys()
    found = outcomes("X14/decisions", "X14", ["2026-10"], forms | {"X14": counting("X14", "REFER_UNITS", "cases_investigated")})
    assert {check: found.get(check) for check in checks} == {"X14-04": None, "X14-05": None, "X14-06": {"failed"}}  # 3 + 3, not 5


def test_the_filings_of_a_year_are_those_of_its_months() -> None:
    """2026 of `stocks`: C7 and, late, C10 in January, C18 in February, C8 in December."""
    months = [f"2026-{month:02d}" for month in range(1, 13)]
    forms = {form: FORMS[form] for form in ("X01", "X20")}
    assert not {"X20-05a", "X20-05b"} & outcomes("X20/stocks", "X20", [*months, "2026"], forms).keys()
    assert outcomes("X20/stocks", "X20", [*months[1:], "2026"], forms)["X20-05a"] == {"not_evaluated"}


@pytest.mark.parametrize(("choice", "filed"), [("case", {"C05": 1, "C06": 1, "C07": 1}), ("suspected", {"C05": 0, "C06": 3, "C07": 0})])
def test_the_charge_of_a_screening_is_a_policy(choice: str, filed: dict[str, int]) -> None:
    """October of `flow`: S1, S6 and S21 were suspected of theft; S6 was filed as abduction, S21 became fraud."""
    policy = {"screening_charge": choice}
    catalog, tables = load_catalog(ROOT, "cn", policy), rows(FOLDER / "cn" / "X13/flow", CATALOG)
    with ledger(catalog, tables) as engine:
        _, stored = cells(engine, catalog, load_forms(catalog)["X13"], "2026-10")
    assert {row: stored.get((STATION, row, "FILED"), 0) for row in filed} == filed
    found = interpret(load(ROOT / "schemas" / "cn", Path(catalog.templates), policy), "X13", "2026-10", tables)
    assert {row: found[STATION, row, "FILED"] for row in filed} == {row: Decimal(n) for row, n in filed.items()}
