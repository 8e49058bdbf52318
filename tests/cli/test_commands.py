"""The commands on a small simulated province: what they print, and that the figures are those of the records."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from policestats.catalog import load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.reports.template import load_forms
from tests.cli.commands import policestats
from tests.cli.conftest import PERIOD, SOURCES, Office
from tests.support.ledger import ROOT

ROOT_UNIT, SILENT = "990000000000", "990102520000"
# some records were entered wrongly on purpose: one without a real day belongs to no month, one that was entered twice is one
FILED_HERE = "FROM criminal_case WHERE NOT is_received_from_outside AND date(filed_on) = filed_on"


def source(office: Office, database: str, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of ``sql`` over a source database: the records as they were entered."""
    with sqlite3.connect(office.home / "sources" / f"{database}.sqlite") as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


def tally(office: Office, form: str, row: str, column: str) -> Decimal:
    with (office.home / "sources" / "tally.csv").open(encoding="utf-8") as file:
        [found] = [
            r["value"] for r in csv.DictReader(file)
            if (r["form_id"], r["period"], r["unit_code"], r["row_code"], r["column_code"]) == (form, PERIOD, ROOT_UNIT, row, column)
        ]  # fmt: skip
    return Decimal(found)


def stored(home: Path) -> list[tuple[Any, ...]]:
    with open_warehouse(home, read_only=True) as engine:
        return engine.connection.execute("SELECT * FROM report.cell ORDER BY ALL").fetchall()


def test_simulate_says_what_it_made(office: Office) -> None:
    done = office.simulated
    assert done.code == 0
    assert "2025-01 to 2025-02" in done.out
    assert "incident_desk.incident" in done.out
    assert f"{SILENT} entered nothing in 2025-02" in done.out


def test_run_ends_with_a_summary(office: Office) -> None:
    done = office.ran
    assert done.code == 0, done.err
    rows = 0
    for database in SOURCES:
        # who uploaded what is no record; an exact repeat stands once
        for (table,) in source(office, database, "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'unit_upload'"):
            rows += source(office, database, f'SELECT count(*) FROM (SELECT DISTINCT * FROM "{table}")')[0][0]
    told = ["X01, X02, X03,", "Z13, Z14, Z15", "template rate", "cell rate", "not automatic, and why", SILENT, "statistics.duckdb"]
    for words in (f"policestats: {PERIOD}", f"records           {rows:,} stand in core; read: {len(SOURCES)} sources", *told):
        assert words in done.out, words
    assert (office.home / "releases" / "current").exists()


# -- reading a release --------------------------------------------------------------------------------------------------------


def test_form_as_json_and_csv_are_the_same(office: Office) -> None:
    as_json = policestats("form", "X01", "--home", office.home, "--format", "json").json
    as_csv = policestats("form", "X01", "--home", office.home, "--format", "csv").csv
    assert [r["row_code"] for r in as_json] == [r["row_code"] for r in as_csv]
    assert [{k: "" if v is None else str(v) for k, v in row.items()} for row in as_json] == as_csv
    total = as_json[0]
    assert total["row_code"] == "T"
    assert Decimal(str(total["FILED_M"])) == tally(office, "X01", "T", "FILED_M")
    assert Decimal(str(total["SOLVED_M"])) == tally(office, "X01", "T", "SOLVED_M")


def test_print_writes_the_forms_of_a_unit_and_names_the_files(office: Office, tmp_path: Path) -> None:
    """The station has no book in the release, which holds those of the upper levels."""
    assert not list(office.home.glob(f"releases/current/units/{SILENT}.*"))
    done = policestats("print", "--home", office.home, "--unit", SILENT, "--form", "X01", "--form", "Z11", "-o", tmp_path / "paper")
    assert (done.code, done.err) == (0, "")
    files = [tmp_path / "paper" / f"{SILENT}.{suffix}" for suffix in ("xlsx", "pdf")]
    assert done.out.split() == [str(f) for f in files]
    assert load_workbook(files[0]).sheetnames == ["目录 Contents", "X01", "Z11"]
    pages = ["".join(page.extract_text().split()) for page in PdfReader(files[1]).pages]
    assert "刑事案件立案破案情况综合月报表" in pages[0]
    assert "110警情分类统计表" in pages[1]  # each form begins a page


def test_form_as_a_table_names_the_unit(office: Office) -> None:
    done = policestats("form", "Z11", "--home", office.home, "--unit", "990100000000")
    assert done.code == 0
    assert "Z11 110警情分类统计表" in done.out
    assert PERIOD in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["form", "X1"], "this release has no form 'X1'; did you mean X01"),
        (["form", "X01", "--unit", "990"], "this release has no unit '990'"),
        (["form", "X01", "--release", "2024-01"], "2024-01"),
        (["trace", "X01", "--row", "T", "--column", "RATE_YTD"], "the column RATE_YTD is computed from others; trace FILED_YTD, SOLVED_YTD"),
        (["trace", "X01", "--row", "T", "--column", "FILED_M", "--unit", SILENT], "has no figure to trace (missing: "),
        (["rate", "--unit", "990"], "this release has no unit '990'"),
        (["publish", "--period", "2025-01"], "no form has been tabulated for 2025-01 (there is 2025-02); run 'policestats tabulate --period 2025-01'"),
        (["tabulate", "--period", PERIOD, "--form", "X1"], "--form X1: there is no such form; did you mean X01"),
        (["tabulate", "--period", PERIOD, "--as-of", "99"], "--as-of 99: there is no such load; the latest is 11"),
        (["tabulate", "--period", "2025-Q1", "--form", "X01"], "no form is due for 2025-Q1 (a quarter); these forms are made by month"),
        (["explain", "X01", "--row", "T", "--column", "FILED_M", "--period", "2025-01"], "2025-01 has not been tabulated: run 'policestats tabulate --period 2025-01'"),
        (["explain", "X01", "--row", "T", "--column", "FILED_M", "--period", PERIOD, "--unit", "990"], "--unit 990: no such unit in 2025-02"),
    ],
)  # fmt: skip
def test_what_is_not_there_says_so(office: Office, words: list[str], said: str) -> None:
    done = policestats(*words, "--home", office.home)
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("form", "row", "column"),
    [("X01", "T", "FILED_M"), ("X01", "R06", "FILED_YTD"), ("X01", "T", "IN_M"), ("Z01", "T", "CLOSE"), ("Z11", "V", "CUR")],
)
@pytest.mark.parametrize("unit", [ROOT_UNIT, "990100000000"])
def test_trace_folds_to_the_printed_cell(office: Office, form: str, row: str, column: str, unit: str) -> None:
    printed = next(
        r for r in policestats("form", form, "--home", office.home, "--unit", unit, "--format", "json").json if r["row_code"] == row
    )
    done = policestats("trace", form, "--row", row, "--column", column, "--unit", unit, "--home", office.home, "--format", "csv")
    assert done.code == 0
    assert sum((Decimal(r["value"]) for r in done.csv), Decimal(0)) == Decimal(str(printed[column]))
    as_json = policestats("trace", form, "--row", row, "--column", column, "--unit", unit, "--home", office.home, "--format", "json").json
    assert [r["record_key"] for r in as_json] == [r["record_key"] for r in done.csv]


def test_trace_names_the_records(office: Office) -> None:
    """The calls of February, straight from the desk's database."""
    done = policestats("trace", "Z11", "--row", "T", "--column", "CUR", "--home", office.home, "--format", "csv")
    calls = {
        no for (no,) in source(office, "incident_desk", "SELECT incident_no FROM incident WHERE substr(received_at, 1, 7) = '2025-02'")
    }
    assert {r["record_key"] for r in done.csv} == calls
    assert len(done.csv) == len(calls) > 100


def test_rate_prints_the_four_rates(office: Office) -> None:
    found = {r["rate_id"]: r for r in policestats("rate", "--home", office.home, "--format", "json").json if r["form_id"] is None}
    assert set(found) == {"template", "instance", "cell", "cell_nonzero"}
    template = found["template"]
    assert (template["numerator"], template["denominator"]) == (0, 35)  # a station was silent: no form is automatic for every unit
    for rate in found.values():
        exact = Decimal(rate["numerator"]) * 100 / rate["denominator"]
        assert abs(Decimal(str(rate["rate_pct"])) - exact) <= Decimal("0.005")
    of_silent = {
        (r["rate_id"], r["form_id"]): r for r in policestats("rate", "--home", office.home, "--unit", SILENT, "--format", "csv").csv
    }
    assert of_silent["instance", "X01"]["numerator"] == "0"


# -- explain ------------------------------------------------------------------------------------------------------------------


def test_explain_without_a_period_gives_the_definition_and_the_latest_run(office: Office, tmp_path: Path) -> None:
    asked = ["explain", "X01", "--row", "M01", "--column", "SOLVED_CUR_M"]
    done = policestats(*asked, "--home", office.home)
    assert done.code == 0
    chosen = ["Policies in force", "solved_current = calendar_year", "eight_major = mps2022"]
    for words in (
        "[M01]",
        "SOLVED_CUR_M",
        "Needs: ",
        "from 案件系统 Case system (case_system)",
        "of which, within T",
        *chosen,
        "Sources",
        "corrections.md 1",
        f"Value: {ROOT_UNIT} {PERIOD}:",
        "SELECT",
    ):
        assert words in done.out, words
    nothing_run = policestats(*asked, "--home", tmp_path)
    assert nothing_run.code == 0
    assert "of which, within T" in nothing_run.out
    assert "SELECT" not in nothing_run.out


def test_explain_with_a_period_gives_status_sql_and_the_number_of_records(office: Office) -> None:
    done = policestats("explain", "Z11", "--row", "T", "--column", "CUR", "--period", PERIOD, "--home", office.home)
    [(calls,)] = source(office, "incident_desk", "SELECT count(*) FROM incident WHERE substr(received_at, 1, 7) = '2025-02'")
    assert done.code == 0
    assert f"Value: {ROOT_UNIT} {PERIOD}: {calls}; status: partial" in done.out
    assert f"records behind it: {calls}" in done.out
    assert calls == tally(office, "Z11", "T", "CUR")
    assert "SELECT" in done.out
    assert "-- incidents at 2025-03-01: " in done.out
    silent = policestats("explain", "Z11", "--row", "T", "--column", "CUR", "--period", PERIOD, "--home", office.home, "--no-sql")
    assert "SELECT" not in silent.out


def test_explain_counts_the_cases_of_a_month_by_hand(office: Office) -> None:
    """Filed in February and entered before the cut-off, or filed before and entered in February's window (corrections.md 3)."""
    done = policestats("explain", "X01", "--row", "T", "--column", "FILED_M", "--period", PERIOD, "--home", office.home)
    begin, end = "2025-02-02 06:00:00", "2025-03-02 06:00:00"
    cases = source(office, "case_system", f"SELECT DISTINCT case_no, filed_on, entered_at {FILED_HERE}")
    count = sum(
        (day[:7] == PERIOD and entered.replace("T", " ") < end) or (day[:7] < PERIOD and begin <= entered.replace("T", " ") < end)
        for _, day, entered in cases
    )
    assert f"records behind it: {count}" in done.out
    assert count == tally(office, "X01", "T", "FILED_M") > 0


@pytest.mark.parametrize(
    ("row", "column", "unit", "printed"),
    [
        ("T", "FILED_PY", ROOT_UNIT, "—; status: not_applicable"),  # records begin in 2025
        ("T", "FILED_YOY", ROOT_UNIT, "—; status: not_applicable"),
        ("T", "FILED_M", SILENT, "缺; status: missing"),
    ],
)
def test_explain_prints_a_mark_where_there_is_no_figure(office: Office, row: str, column: str, unit: str, printed: str) -> None:
    done = policestats(
        "explain", "X01", "--row", row, "--column", column, "--unit", unit, "--period", PERIOD, "--home", office.home, "--no-sql"
    )
    assert f"Value: {unit} {PERIOD}: {printed}" in done.out


def test_explain_prints_no_rate_where_there_is_no_base(office: Office) -> None:
    """A row of X01 in which nothing was filed this year has no clear-up rate; 0.00 would be one."""
    rows = policestats("form", "X01", "--home", office.home, "--format", "json").json
    empty = next(r["row_code"] for r in rows if r["FILED_YTD"] in (0, "0", None) or Decimal(str(r["FILED_YTD"])) == 0)
    done = policestats("explain", "X01", "--row", empty, "--column", "RATE_YTD", "--period", PERIOD, "--home", office.home, "--no-sql")
    assert f"{PERIOD}: —; status: partial" in done.out
    zero = policestats("explain", "X01", "--row", empty, "--column", "FILED_YTD", "--period", PERIOD, "--home", office.home, "--no-sql")
    assert f"{PERIOD}: 0; status: partial" in zero.out


# -- the stages again ---------------------------------------------------------------------------------------------------------


def test_rebuild_then_tabulate_gives_the_same_cells(office: Office, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(office.home, home, symlinks=True)
    before = stored(home)
    assert policestats("rebuild", "--home", home).code == 0
    done = policestats("tabulate", "--home", home, "--period", PERIOD)
    assert done.code == 0, done.err
    assert stored(home) == before
    assert len(before) > 1000


def checked(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the checks found and the rates say, without the runs."""
    tables = {"check_result": "*", "check_count": "*", "generation": "*", "cell": "* EXCLUDE run_id"}
    with open_warehouse(home, read_only=True) as engine:
        return {t: engine.connection.execute(f"SELECT {columns} FROM report.{t} ORDER BY ALL").fetchall() for t, columns in tables.items()}


def test_forms_tabulated_one_by_one_and_then_checked_are_as_if_made_together(office: Office, tmp_path: Path) -> None:
    """The last form first, so that what it asks of the others is of no load yet; the check comes too early once, too."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(office.home / "warehouse.duckdb", home)
    assert policestats("tabulate", "--home", home, "--period", PERIOD, "--policy", "late=restated").code in (0, 3)
    together = checked(home)
    with open_warehouse(home) as engine:
        for table in ("run", "cell", "check_result", "check_count", "generation", "status", "contribution", "query"):
            engine.execute(f"DELETE FROM report.{table} WHERE period = '{PERIOD}'")
    alone = ("Z14", "Z13", "Z11", "Z01", "X02")
    monthly = [f.id for f in load_forms(load_catalog(ROOT, "cn")).values() if "month" in f.frequencies]
    rest = [word for id in monthly if id not in (*alone, "X01") for word in ("--form", id)]
    assert policestats("tabulate", "--home", home, "--period", PERIOD, *rest, "--policy", "late=restated").code in (0, 3)
    for form in alone:
        assert policestats("tabulate", "--home", home, "--period", PERIOD, "--form", form, "--policy", "late=restated").code in (0, 3)
    early = policestats("check", "--home", home, "--period", PERIOD)
    assert early.code == 1
    assert f"form X01 is not tabulated for {PERIOD} at load 11; run 'policestats tabulate --period {PERIOD} --as-of 11' first" in early.err
    assert policestats("tabulate", "--home", home, "--period", PERIOD, "--form", "X01", "--policy", "late=restated").code in (0, 3)
    assert checked(home) != together
    done = policestats("check", "--home", home, "--period", PERIOD)
    assert done.code in (0, 3), done.err
    assert "cell rate" in done.out
    assert checked(home) == together
    assert together["check_count"]


def test_a_policy_changes_the_figures_it_is_about(office: Office, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(office.home / "warehouse.duckdb", home)
    assert policestats("tabulate", "--home", home, "--period", PERIOD, "--form", "X01", "--policy", "late=restated").code in (0, 3)

    def total(at: Path, column: str) -> int:
        with open_warehouse(at, read_only=True) as engine:
            of = "form_id = 'X01' AND row_code = 'T' AND column_code = ? AND unit_code = ?"
            return int(engine.scalar(f"SELECT value FROM report.cell WHERE {of}", [column, ROOT_UNIT]) or 0)

    cases = source(office, "case_system", f"SELECT DISTINCT case_no, filed_on {FILED_HERE}")
    assert total(home, "FILED_M") == sum(day[:7] == PERIOD for _, day in cases)  # by the day of filing, whenever entered
    assert total(home, "FILED_YTD") == sum("2025-01" <= day[:7] <= PERIOD for _, day in cases)
    assert total(home, "SOLVED_M") > 0


def test_extracting_again_finds_nothing_new(office: Office, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(office.home / "raw", home / "raw")
    done = policestats("extract", "--home", home, f"--source=incident_desk={office.home / 'sources' / 'incident_desk.sqlite'}")
    assert done.code == 0
    assert "unchanged" in done.out


def test_a_source_that_cannot_be_read_needs_a_human(tmp_path: Path) -> None:
    done = policestats("extract", "--home", tmp_path / "home", f"--source=incident_desk={tmp_path / 'nothing.sqlite'}")
    assert done.code == 3
    assert "left out: " in done.err
    assert "nothing.sqlite" in done.err
    assert "Traceback" not in done.err


# -- check-templates ----------------------------------------------------------------------------------------------------------


def test_check_templates_reports_the_good_and_the_bad(tmp_path: Path) -> None:
    for form in ("X01", "Z11"):
        shutil.copy(ROOT / "report_templates" / "cn" / f"{form}.yaml", tmp_path)
    bad = tmp_path / "Z11.yaml"
    text = bad.read_text(encoding="utf-8")
    line = next(i for i, words in enumerate(text.splitlines(), 1) if "indicator: incidents_diverted" in words)
    bad.write_text(text.replace("indicator: incidents_diverted", "indicator: incidents_divertd"), encoding="utf-8")
    done = policestats("check-templates", tmp_path)
    assert done.code == 1
    assert f"{bad}:{line}: there is no indicator 'incidents_divertd'; did you mean incidents_diverted" in done.err
    table = {words.split("│")[1].strip(): words.split("│")[-2].strip() for words in done.out.splitlines() if ".yaml" in words}
    assert table == {"X01.yaml": "ok", "Z11.yaml": "error"}


def test_check_templates_of_the_standard(office: Office) -> None:
    done = policestats("check-templates")
    assert done.code == 0, done.err
    told = [line.split() for line in done.err.splitlines()]  # how far it is, and nothing of a problem
    assert [words[1:] for words in told] == [[f"({n}", "of", f"{len(told)})"] for n in range(1, len(told) + 1)]
    assert {"X01", "Z01", "Z11"} <= {words[0] for words in told}
    assert all(f"{form}.yaml" in done.out for form, *_ in told)


def test_nothing_but_the_result_goes_to_standard_output(office: Office) -> None:
    for words in (["form", "X01"], ["rate"], ["trace", "X01", "--row", "T", "--column", "FILED_M"]):
        done = policestats(*words, "--home", office.home, "--format", "json")
        assert isinstance(json.loads(done.out), list)
