"""No error check of a published form fails on a lawful ledger, and each family of checks does fail when the ledger or the form is broken."""

from __future__ import annotations

import copy
import os
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.reference.interpreter import Failure, Standard, check, interpret, load

from .forms import EXTRA_INDICATORS, FREQUENCIES
from .province import Row
from .strategies import MONTHS, damaged_ledgers, ledgers, periods, random_form

REPOSITORY = Path(__file__).parents[2]
CN = load(REPOSITORY / "schemas/cn", REPOSITORY / "report_templates/cn")
RICH = Standard(**{**CN.__dict__, "indicators": CN.indicators | {extra["id"]: extra for extra in EXTRA_INDICATORS}})
# more on demand: POLICESTATS_EXAMPLES=200 make test-all
slow_data = settings(
    max_examples=int(os.environ.get("POLICESTATS_EXAMPLES", "15")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@slow_data
@given(ledgers(criminal=10, admin=0, incident=0, dispute=0, collected=0))
def test_lawful_criminal_cases_break_no_error_check(tables: dict[str, list[Row]]) -> None:
    for month in MONTHS:
        assert errors(check(CN, "X01", month, tables)) == []


@slow_data
@given(ledgers(criminal=5, admin=0, incident=0, dispute=0, collected=0))
def test_the_stocks_of_lawful_criminal_cases_balance(tables: dict[str, list[Row]]) -> None:
    for year in ("2025", "2026"):
        assert errors(check(CN, "X20", year, tables)) == []


@slow_data
@given(ledgers(criminal=0, admin=10, incident=0, dispute=0, collected=0))
def test_lawful_public_order_cases_break_no_error_check(tables: dict[str, list[Row]]) -> None:
    for month in MONTHS:
        assert errors(check(CN, "Z01", month, tables)) == []


@slow_data
@given(ledgers(criminal=0, admin=0, incident=8, dispute=0, collected=0), periods(CN.forms["Z11"]["frequency"]))
def test_lawful_incidents_break_no_error_check(tables: dict[str, list[Row]], period: str) -> None:
    assert errors(check(CN, "Z11", period, tables)) == []


@slow_data
@given(ledgers(criminal=3, admin=3, incident=0, dispute=8, collected=0))
def test_lawful_disputes_break_no_error_check(tables: dict[str, list[Row]]) -> None:
    for month in MONTHS:
        assert errors(check(CN, "Z13", month, tables)) == []


@slow_data
@given(ledgers(criminal=0, admin=0, incident=0, dispute=0, collected=8))
def test_lawful_objects_break_no_error_check(tables: dict[str, list[Row]]) -> None:
    for month in MONTHS:
        assert errors(check(CN, "Z14", month, tables)) == []


@pytest.mark.slow  # 571 rows: the interpreter takes its time over each
@settings(parent=slow_data, max_examples=3)
@given(ledgers(criminal=8, admin=0, incident=0, dispute=0, collected=0), periods(["month"]))
def test_lawful_cases_by_charge_break_no_error_check(tables: dict[str, list[Row]], period: str) -> None:
    assert errors(check(CN, "X02", period, tables)) == []


@slow_data
@given(damaged_ledgers(), random_form(RICH), periods(FREQUENCIES))
def test_a_random_form_balances_on_any_ledger(tables: dict[str, list[Row]], form: Row, period: str) -> None:
    """Even with orphans and nulls everywhere, leaves add up to the total and of-which rows lie within it."""
    standard = RICH.with_form(form)
    assert errors(check(standard, "RND", period, tables)) == []
    cells = interpret(standard, "RND", period, tables)
    columns = [column for column in form["columns"] if period_frequency(period) in column.get("frequencies", FREQUENCIES)]
    assert {column for _, _, column in cells} == {column["code"] for column in columns}


@pytest.mark.parametrize("choice", ["calendar_year", "same_period"])
def test_policy_decides_what_a_current_case_is(choice: str) -> None:
    """Filed in January, solved in February of one year: current by the calendar year, old by the month."""
    standard = load(REPOSITORY / "schemas/cn", REPOSITORY / "report_templates/cn", policies={"solved_current": choice})
    cells = interpret(standard, "X01", "2026-02", solved_theft())
    current = 1 if choice == "calendar_year" else 0
    assert cells["9901", "R06", "SOLVED_M"] == 1
    assert cells["9901", "R06", "SOLVED_CUR_M"] == current
    assert cells["9901", "R06", "SOLVED_OLD_M"] == 1 - current


def test_unknown_policy_is_refused() -> None:
    with pytest.raises(KeyError, match="no_such_policy"):
        load(REPOSITORY / "schemas/cn", REPOSITORY / "report_templates/cn", policies={"no_such_policy": "x"})


def test_charge_change_from_the_wrong_charge_breaks_the_cumulative() -> None:
    """Theft (R06) becomes fraud (R07) in February, but the change says it was robbery (R03): 1 in R06 in January, none left, none out."""
    tables = solved_theft()
    change = {"change_no": "1", "case_no": "1", "changed_on": date(2026, 2, 3), "entered_at": datetime(2026, 2, 3, 9)}
    tables["criminal_case_charge_change"] = [change | {"from_charge_code": "C220", "to_charge_code": "C222"}]
    failed = {(f.check_id, f.unit_code, f.row_code, f.left, f.right) for f in errors(check(CN, "X01", "2026-02", tables))}
    # R06: cumulative 0, but 1 + 0 + 0 - 0. R03, and M01 of which robbery is one: cumulative 0, but 0 + 0 + 0 - 1.
    # M04 (robbery, snatching, theft) holds by chance: cumulative 0 = 1 + 0 + 0 - 1.
    assert failed == {("X01-03", unit, row, 0, right) for unit in ("99", "9901") for row, right in (("R06", 1), ("R03", -1), ("M01", -1))}


def test_the_flag_says_whether_the_sender_lies_outside_whatever_code_stands_there() -> None:
    """Said to come from outside although a unit of the tree is named: 1 received and 1 from outside, at the receiver and at the root."""
    tables = solved_theft()
    transfer = {"transfer_no": "1", "case_no": "1", "transferred_on": date(2026, 2, 3), "entered_at": datetime(2026, 2, 3, 9)}
    tables["criminal_case_transfer"] = [transfer | {"from_unit_code": "9901", "to_unit_code": "9902", "is_from_outside": True}]
    assert errors(check(CN, "X01", "2026-02", tables)) == []
    cells = interpret(CN, "X01", "2026-02", tables)
    assert {cells[unit, "T", column] for unit in ("99", "9902") for column in ("IN_M", "IN_EXT_M")} == {1}
    assert cells["9901", "T", "OUT_M"] == 0  # a case from outside was not sent by anyone inside


def test_wrong_law_is_an_error() -> None:
    """Act and acceptance in 2025, decided under the law of 2025 without the reason 从轻."""
    case = {
        "case_no": "1",
        "registered_on": date(2025, 12, 30),
        "entered_at": datetime(2025, 12, 30, 9),
        "unit_code": "9901",
        "cause_code": "Z001",
    }
    case |= {"applied_law_code": "psapl_2025", "act_on": date(2025, 12, 29)}
    tables = {"unit": units(), "admin_case": [case]}
    assert {f.check_id for f in errors(check(CN, "Z01", "2025-12", tables))} == {"Z01-07"}
    case["is_lighter_law"] = True
    assert errors(check(CN, "Z01", "2025-12", tables)) == []


def test_a_form_whose_balance_forgets_a_column_fails() -> None:
    """Without transfers out, a case that leaves the tree is missing: 0 + 1 + 0 = 0 + 0 + 0 + 0."""
    form = copy.deepcopy(CN.forms["Z01"])
    form["checks"] = [
        {"id": "short", "severity": "error", "for": "rows", "that": "OPEN + ACC_M + IN_M = DEALT_M + TERM_M + TO_CRIM_M + CLOSE"}
    ]
    case = {
        "case_no": "1",
        "registered_on": date(2025, 12, 1),
        "entered_at": datetime(2025, 12, 1, 9),
        "unit_code": "9901",
        "cause_code": "Z001",
    }
    case |= {"applied_law_code": "psapl_2012", "act_on": date(2025, 12, 1)}
    sent = {
        "event_no": "1",
        "case_no": "1",
        "kind_code": "transferred",
        "occurred_on": date(2025, 12, 9),
        "entered_at": datetime(2025, 12, 9, 9),
    }
    sent |= {"from_unit_code": "9901", "to_unit_code": None, "is_to_outside": True}
    failed = check(CN.with_form(form), "Z01", "2025-12", {"unit": units(), "admin_case": [case], "admin_case_event": [sent]})
    assert {(f.unit_code, f.row_code, f.left, f.right) for f in failed} == {
        (unit, row, 1, 0) for unit in ("99", "9901") for row in ("T", "P1", "G01")
    }


def errors(failures: list[Failure]) -> list[Failure]:
    return [failure for failure in failures if failure.severity == "error"]


def period_frequency(text: str) -> str:
    """The frequency by the shape of the text alone."""
    return {4: "year", 10: "day"}.get(len(text)) or {"W": "week", "Q": "quarter", "H": "half_year"}.get(text[5], "month")


def units() -> list[Row]:
    return [{"unit_code": "99", "valid_from": date(2020, 1, 1)}] + [
        {"unit_code": code, "valid_from": date(2020, 1, 1), "parent_unit_code": "99"} for code in ("9901", "9902")
    ]


def solved_theft() -> dict[str, list[Row]]:
    case = {
        "case_no": "1",
        "filed_on": date(2026, 1, 15),
        "entered_at": datetime(2026, 1, 15, 9),
        "filing_unit_code": "9901",
        "charge_code": "C221",
    }
    solved = {
        "event_no": "1",
        "case_no": "1",
        "kind_code": "solved",
        "occurred_on": date(2026, 2, 1),
        "entered_at": datetime(2026, 2, 1, 9),
    }
    return {"unit": units(), "criminal_case": [case], "criminal_case_event": [solved]}
