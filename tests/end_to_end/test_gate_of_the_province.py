"""A failed error rule blocks exactly the cells whose figures rest on its table, at every unit, and leaves everything else as it was."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.stages import tabulate
from tests.cli.commands import policestats
from tests.end_to_end.conftest import Judged
from tests.support.ledger import ROOT
from tests.support.read_by_hand import checks_of, tables_of_columns

PERIOD = "2025-03"  # with a silent station: some cells are partial or missing already
TABLES = tables_of_columns(ROOT, "cn")
KEPT = ("contribution", "column_reading", "query", "form", "form_row", "form_column", "row_member", "unit_member")
Content = dict[str, set[tuple[Any, ...]]]
Column = tuple[str, str]


def read(home: Path) -> Content:
    """Return the rows of everything that a tabulation of the month wrote, without runs."""
    shown = {
        "cell": "form_id, column_code, unit_code, row_code, value",
        "status": "form_id, column_code, unit_code, row_code, block_id, status, delivered, due, reason",
        "check_result": "* EXCLUDE run_id",
        "check_count": "* EXCLUDE run_id",
        **dict.fromkeys(KEPT, "*"),
    }
    with open_warehouse(home, read_only=True) as engine:
        found = {}
        for name, columns in shown.items():
            kept = engine.sql(f"SELECT * FROM report.{name} LIMIT 0").column_names
            columns = columns if "run_id" in kept else columns.replace(" EXCLUDE run_id", "")
            found[name] = {
                tuple(map(str, row))
                for row in engine.connection.execute(f"SELECT {columns} FROM report.{name} WHERE period = ?", [PERIOD]).fetchall()
            }
    return found


def made(catalog: Catalog, home: Path) -> Content:
    """Tabulate the month and return what there is."""
    tabulate.run(catalog=catalog, home=home, period=PERIOD)
    return read(home)


def fail(home: Path, *tables: str) -> dict[str, str]:
    """Let the first error rule of each table fail, as a verdict of the load; return the rules by table."""
    with open_warehouse(home) as engine:
        engine.execute("UPDATE quality.rule_result SET verdict = 'passed' WHERE severity = 'error'")
        rules = {}
        for name in tables:
            rules[name] = engine.scalar("SELECT min(rule_id) FROM quality.rule_result WHERE severity = 'error' AND table_name = ?", [name])
            engine.execute("UPDATE quality.rule_result SET verdict = 'failed' WHERE table_name = ? AND rule_id = ?", [name, rules[name]])
    return rules


@pytest.fixture(scope="module")
def home(judged: Judged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, in which verdicts may be changed."""
    return shutil.copytree(judged.home, tmp_path_factory.mktemp("gate") / "home")


@pytest.fixture(scope="module")
def plain(catalog: Catalog, home: Path) -> Content:
    """What the month is when every error rule holds."""
    fail(home)
    found = made(catalog, home)
    assert {row[5] for row in found["status"]} == {"auto", "partial", "missing", "not_applicable"}
    return found


def blocked_by_hand(plain: Content, tables: set[str]) -> set[Column]:
    """Return the columns made this month that rest on one of the tables; on the units rests every column that has a figure."""
    made = {(row[0], row[1]) for row in plain["status"]}
    return {(form, c) for form, c in made if (rests := TABLES[form][c]) and ("unit" in tables or rests & tables)}


def compare(plain: Content, found: Content, tables: set[str], rules: dict[str, str]) -> set[Column]:
    """Assert that nothing but the cells that rest on ``tables`` differs; return their columns."""
    blocked = blocked_by_hand(plain, tables)
    for name in KEPT:
        assert found[name] == plain[name], name
    # statuses: the blocked ones at every unit, and what never had cells stays so. A blocked rate tells the deliveries of the operand that blocks it
    expected = set()
    for form, column, unit, row, block, status, delivered, due, reason in plain["status"]:
        is_hit = (form, column) in blocked and status != "not_applicable"
        expected.add((form, column, unit, row, block, *(("blocked",) if is_hit else (status, delivered, due, reason))))
    assert {row if row[5] != "blocked" else row[:6] for row in found["status"]} == expected
    named = {f"{name}.{rule}" for name, rule in rules.items()}
    for row in found["status"]:
        if row[5] == "blocked":
            assert set(row[8].removeprefix("failed: ").split(", ")) <= named
    # cells: those of the blocked columns are gone, every other figure is the same
    assert found["cell"] == {row for row in plain["cell"] if (row[0], row[1]) not in blocked}
    _compare_checks(plain, found, {code for _, code in blocked})
    return blocked


def _compare_checks(plain: Content, found: Content, codes: set[str]) -> None:
    """A check differs only if it speaks of a blocked column, and then it is not evaluated, for the unit as a whole or cell by cell."""
    texts = {form: checks_of(ROOT, "cn", form) for form in TABLES}

    def speaks(row: tuple[Any, ...]) -> bool:
        text, column = texts[row[0]].get(row[3]), row[6] if len(row) > 6 else "None"
        written = text is not None and any(re.search(rf"\b{code}\b", text) for code in codes)
        if column != "None":
            return column in codes or written
        return text is None or written or "'for': 'columns'" in text  # of all columns at once

    for name in ("check_result", "check_count"):
        assert {row for row in plain[name] ^ found[name] if not speaks(row)} == set(), name
    assert {row for row in found["check_result"] - plain["check_result"] if "not_evaluated" not in row} == set()


@pytest.mark.parametrize(
    "tables",
    [
        {"house"},  # one part of a union
        {"unit"},  # everything adds up along it
        pytest.param({"criminal_case_transfer"}, marks=pytest.mark.slow),  # joined by solvings and withdrawals
        pytest.param({"incident"}, marks=pytest.mark.slow),  # read by two forms
        pytest.param({"hazard"}, marks=pytest.mark.slow),  # the least read
        pytest.param({"callback"}, marks=pytest.mark.slow),
        pytest.param({"admin_decision"}, marks=pytest.mark.slow),
        pytest.param({"criminal_case", "dispute_event"}, marks=pytest.mark.slow),
        pytest.param({"resident"}, marks=pytest.mark.slow),
    ],
    ids=lambda tables: "+".join(sorted(tables)),
)
def test_exactly_what_rests_on_the_table_is_blocked(catalog: Catalog, home: Path, plain: Content, tables: set[str]) -> None:
    rules = fail(home, *tables)
    blocked = compare(plain, made(catalog, home), tables, rules)
    assert blocked
    fail(home)
    assert made(catalog, home) == plain  # the verdict mended, everything is as it was, without --full


def test_a_rule_that_fails_blocks_its_cells_and_explain_names_it(
    judged: Judged, home: Path, plain: Content, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, as an office goes it: the rule fails when it is judged, the month is tabulated, and explain is asked."""
    for name in ("schemas", "expectations", "report_templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    head = "dimension: accuracy, severity: error, mostly: 0.5, label: {zh: 不可能, en: Impossible}, source: a test"
    with (tmp_path / "expectations" / "cn" / "criminal_case_transfer.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  - {{id: injected, {head}, record: {{transfer_no: {{null: true}}}}}}\n")
    monkeypatch.setenv("POLICESTATS_DEFINITIONS", str(tmp_path))
    done = policestats("validate", "--home", home)
    assert done.code == 3  # a human is needed
    assert done.err.splitlines()[-1] == "failed error rules: criminal_case_transfer.injected"
    assert policestats("tabulate", "--period", PERIOD, "--home", home).code == 0
    compare(plain, read(home), {"criminal_case_transfer"}, {"criminal_case_transfer": "injected"})
    with open_warehouse(home, read_only=True) as engine:
        transfers = engine.scalar("SELECT count(*) FROM core.criminal_case_transfer")

    def explained(row: str, column: str, unit: str) -> str:
        done = policestats(
            "explain", "X01", "--row", row, "--column", column, "--period", PERIOD, "--unit", unit, "--home", home, "--no-sql"
        )
        assert done.code == 0
        return " ".join(done.out.split())

    station = next(row[2] for row in plain["status"] if row[5] == "auto" and row[2].endswith("510000"))
    for row, column, unit in (("T", "SOLVED_M", "990000000000"), ("R06", "RATE_YTD", "990100000000"), ("M01", "IN_M", station)):
        told = explained(row, column, unit)
        assert f"Value: {unit} {PERIOD}: 停; status: blocked" in told
        assert "failed: criminal_case_transfer.injected" in told
        assert (
            f"Blocked by: criminal_case_transfer.injected (不可能; Impossible): {transfers} of {transfers} failed at load {judged.result.as_of}, "
            "0.5 of them must hold. Source: a test. The rule: expectations/cn/criminal_case_transfer.yaml"
        ) in told
    assert "Blocked by" not in explained("T", "FILED_M", "990000000000")
