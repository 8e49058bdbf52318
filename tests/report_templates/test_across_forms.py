"""Checks between forms and between units are evaluated once their sides are there, and fail when they disagree; a policy moves what it says."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from policestats.catalog import load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.template import Form, load_forms
from policestats.stages.tabulate import tabulate
from tests.reference.interpreter import interpret, load
from tests.report_templates.hand_cases import FOLDER, Row, rows
from tests.support.ledger import ROOT, cells, ledger

STATION, PROVINCE = "990101010000", "990000000000"
CATALOG = load_catalog(ROOT, "cn")
FORMS = load_forms(CATALOG)


def outcomes(engine: DuckDBEngine, form: str) -> dict[tuple[str, str], set[str]]:
    """Outcomes of what did not pass, by check and unit."""
    found: dict[tuple[str, str], set[str]] = {}
    for r in engine.sql("SELECT check_id, unit_code, outcome FROM report.check_result WHERE form_id = ?", [form]).to_pylist():
        found.setdefault((r["check_id"], r["unit_code"]), set()).add(r["outcome"])
    return found


def tables(case: str) -> dict[str, list[Row]]:
    return rows(FOLDER / "cn" / case, CATALOG)


def made(forms: dict[str, Form], ledger_rows: dict[str, list[Row]], of: str) -> dict[tuple[str, str], set[str]]:
    with ledger(CATALOG, ledger_rows) as engine:
        tabulate(engine, CATALOG, ReferencePeriod.parse("2026-10"), forms)
        return outcomes(engine, of)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_rows_and_columns_have_names_in_both_languages(form: Form) -> None:
    """An English name has no Chinese signs, and no two rows of a block that stand below one row have the same."""
    for label in (form.title, *(r.label for r in form.rows), *(c.label for c in form.columns)):
        assert label["zh"]
        assert label["en"]
        assert not any("\u4e00" <= sign <= "\u9fff" for sign in label["en"]), label
    siblings = [(r.block, r.parent, r.label["en"]) for r in form.rows]
    assert len(siblings) == len(set(siblings))


def test_x18_is_compared_with_the_months_of_x01() -> None:
    """Filed and solved in a quarter are the sums of three months: filed C2, C3, C5, C8, C9, of which C5 late in October."""
    quarter = ReferencePeriod.parse("2026-Q4")
    with ledger(CATALOG, tables("X18/filing")) as engine:
        tabulate(engine, CATALOG, quarter, {"X18": FORMS["X18"]})
        alone = outcomes(engine, "X18")
    with ledger(CATALOG, tables("X18/filing")) as engine:
        for month in ("2026-10", "2026-11", "2026-12"):
            tabulate(engine, CATALOG, ReferencePeriod.parse(month), {"X01": FORMS["X01"]})
        tabulate(engine, CATALOG, quarter, {"X18": FORMS["X18"]})
        together = outcomes(engine, "X18")
    assert [alone[check, PROVINCE] for check in ("X18-01", "X18-02")] == [{"not_evaluated"}] * 2
    assert not {check for check, _ in together} & {"X18-01", "X18-02", "X18-03", "X18-04"}


@pytest.mark.parametrize(("count", "outcome"), [(8, None), (9, {"failed"})])
def test_x15_is_compared_with_the_persons_of_x16(count: int, outcome: set[str] | None) -> None:
    """Persons put under measures in a quarter are held against the eight who came (5 + 2 + 1); a warning, since either may be more (X15-01)."""
    came = tables("X15/arrival")
    measure = {"case_no": "C1", "measure_code": "A4", "unit_code": STATION, "started_on": date(2026, 10, 12)}
    came["criminal_person_measure"] = [
        {**measure, "measure_no": f"M{n}", "person_no": 100 + n, "entered_at": datetime(2026, 10, 12, 12)} for n in range(count)
    ]
    came["criminal_person"] += [{"case_no": "C1", "person_no": 100 + n, "person_key": f"K{n}"} for n in range(count)]  # they came before
    with ledger(CATALOG, came) as engine:
        tabulate(engine, CATALOG, ReferencePeriod.parse("2026-Q4"), {"X15": FORMS["X15"], "X16": FORMS["X16"]})
        assert outcomes(engine, "X15").get(("X15-01", PROVINCE)) == outcome


def test_z07_is_compared_with_the_months_of_z04() -> None:
    """Offenders punished in a quarter are the persons punished of three months (Z04-07)."""
    with ledger(CATALOG, tables("Z07/decisions")) as engine:
        for month in ("2026-10", "2026-11", "2026-12"):
            tabulate(engine, CATALOG, ReferencePeriod.parse(month), {"Z04": FORMS["Z04"]})
        tabulate(engine, CATALOG, ReferencePeriod.parse("2026-Q4"), {"Z07": FORMS["Z07"]})
        found = outcomes(engine, "Z07")
    assert not {check for check, _ in found} & {"Z07-02", "Z07-03"}


def test_a_merger_within_a_quarter_is_no_error_of_x18() -> None:
    """Station 3 goes into station 1 on 08-15, a station of county 2 to county 1: the quarter is told in the new tree, July in the old one."""
    merged = tables("X01/unit_merger")
    first, moved = date(2026, 7, 1), date(2026, 8, 15)
    merged["unit"] = [{name: moved if value == first else value for name, value in row.items()} for row in merged["unit"]]
    filed = {**merged["criminal_case"][0], "filed_on": date(2026, 7, 5), "entered_at": None}
    merged["criminal_case"] = [
        {**filed, "case_no": "N1", "filing_unit_code": "990101030000"},
        {**filed, "case_no": "N2", "filing_unit_code": "990102020000"},
    ]
    merged["criminal_case_transfer"] = []
    with ledger(CATALOG, merged) as engine:
        for month in ("2026-07", "2026-08", "2026-09"):
            tabulate(engine, CATALOG, ReferencePeriod.parse(month), {"X01": FORMS["X01"]})
        tabulate(engine, CATALOG, ReferencePeriod.parse("2026-Q3"), {"X18": FORMS["X18"]})
        found = outcomes(engine, "X18")
    # station 1 and county 1 gained one each, county 2 lost one
    assert {place for place in found if place[0].startswith("X18-0")} == {
        ("X18-03", unit) for unit in ("990101010000", "990101000000", "990102000000")
    }


def test_x01_is_compared_with_x02() -> None:
    """One theft (C221), a drug crime and a retired one in section 7, eight filed: [T], [R06] and [M03] of X01 stand in X02, too."""
    both = made({name: FORMS[name] for name in ("X01", "X02")}, tables("X02/tree"), "X01")
    assert not {check for check, _ in both} & {"X01-11a", "X01-11b", "X01-11c"}
    alone = made({"X01": FORMS["X01"]}, tables("X02/tree"), "X01")
    assert {alone[check, STATION] == {"not_evaluated"} for check in ("X01-11a", "X01-11b", "X01-11c")} == {True}


def test_a_difference_between_forms_is_found() -> None:
    """X02 without the late ones is one short where one was entered late."""
    columns = tuple(
        dataclasses.replace(c, indicator=CATALOG.indicators["cases_filed_on_time"]) if c.code == "FILED_M" else c
        for c in FORMS["X02"].columns
    )
    found = made({"X01": FORMS["X01"], "X02": dataclasses.replace(FORMS["X02"], columns=columns)}, tables("X01/cutoff"), "X01")
    assert "failed" in found["X01-11a", STATION]


def test_z13_is_compared_with_the_cases_it_led_to() -> None:
    """Three crimes and two administrative cases of disputes; one call of two was linked, and one dispute was found through 110."""
    found = made({name: FORMS[name] for name in ("X01", "Z01", "Z13")}, tables("Z13/led_to"), "Z13")
    assert not {check for check, _ in found} & {"Z13-05a", "Z13-05b", "Z13-05c"}


def test_a_coverage_above_100_is_told_and_without_a_list_there_is_none() -> None:
    """Three houses are held and two expected: 150 %. Where nothing is expected there is no 采集率, and nothing to tell."""
    assert made({"Z14": FORMS["Z14"]}, tables("Z14/expected_list"), "Z14")["Z14-04", STATION] == {"failed", "not_evaluated"}
    assert made({"Z14": FORMS["Z14"]}, tables("Z14/flows"), "Z14")["Z14-04", STATION] == {"not_evaluated"}


def test_moves_between_the_units_of_the_province_balance() -> None:
    """H8 and H11 of the case `flows` move: 2 in, 2 out. With the one merged object in the place of the moves out it is 2 against 1."""
    form = FORMS["Z14"]
    assert ("Z14-05", PROVINCE) not in made({"Z14": form}, tables("Z14/flows"), "Z14")
    merged = CATALOG.indicators["objects_merged"]
    columns = tuple(dataclasses.replace(c, indicator=merged) if c.code == "MOVE_OUT" else c for c in form.columns)
    found = made({"Z14": dataclasses.replace(form, columns=columns)}, tables("Z14/flows"), "Z14")
    assert found["Z14-05", PROVINCE] == {"failed"}


@pytest.mark.parametrize(("choice", "resolved", "reopened", "left"), [("confirmed", 3, 1, 5), ("agreed", 6, 2, 2)])
def test_the_day_of_a_resolution_is_a_policy(choice: str, resolved: int, reopened: int, left: int) -> None:
    """October of the case `confirmed`. Confirmed: D1, D6, D7; only D7 was reopened. Agreed: D2 to D7 (D1 in September); D4 and D7 reopened.

    Open at the start 7 (6, because D1 was gone): 7 + 1 = 3 + 5, 6 + 2 = 6 + 2.
    """
    policy = {"dispute_resolved_on": choice}
    catalog = load_catalog(ROOT, "cn", policy)
    wanted = {"RESOLVED": resolved, "REOPEN": reopened, "CLOSE": left}
    with ledger(catalog, tables("Z13/confirmed")) as engine:
        _, stored = cells(engine, catalog, load_forms(catalog)["Z13"], "2026-10")
    assert {column: stored[STATION, "T", column] for column in wanted} == wanted
    standard = load(ROOT / "schemas" / "cn", Path(catalog.templates), policy)
    found = interpret(standard, "Z13", "2026-10", tables("Z13/confirmed"))
    assert {column: found[STATION, "T", column] for column in wanted} == {c: Decimal(n) for c, n in wanted.items()}
