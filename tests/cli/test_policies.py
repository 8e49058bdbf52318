"""policies on the small province: what other choices would give, and that the warehouse stays as it is."""

from __future__ import annotations

import hashlib

import pytest

from policestats.catalog import load_catalog
from tests.cli.commands import policestats
from tests.cli.conftest import PERIOD, Office
from tests.support.ledger import ROOT


def test_policies_are_listed_with_who_depends_on_them() -> None:
    catalog = load_catalog(ROOT, "cn")
    found = {r["policy"]: r for r in policestats("policies", "--policy", "late=restated", "--format", "json").json}
    assert list(found) == list(catalog.policies)
    assert (found["late"]["in_force"], found["late"]["default"]) == ("restated", "post_current")
    assert "X01" in found["eight_major"]["forms"].split(",")
    assert "Z11" not in found["late"]["forms"].split(",")  # it says itself that it is restated
    assert found["solved_current"]["indicators"].split(",")[0] == "cases_solved_current"
    told = policestats("policies").out
    for words in ("choices: [post_current], restated", "source: corrections.md 1", "used by: X01"):
        assert words in told
    assert policestats("policies", "--standard", "us_nibrs").out == "this standard leaves no choice open\n"


def test_each_choice_gives_the_figures_of_a_tabulation_with_it_and_nothing_is_written(office: Office) -> None:
    warehouse = office.home / "warehouse.duckdb"
    before = hashlib.sha256(warehouse.read_bytes()).hexdigest()
    done = policestats("policies", "--form", "X01", "--period", PERIOD, "--home", office.home, "--format", "csv")
    assert done.code == 0, done.err
    assert hashlib.sha256(warehouse.read_bytes()).hexdigest() == before
    changed = {(r["policy"], r["choice"], r["row_code"], r["column_code"]): (r["in_force"], r["other"]) for r in done.csv}
    assert {(policy, choice) for policy, choice, _, _ in changed} == {
        ("solved_current", "same_period"), ("late", "restated"), ("eight_major", "criminal_law_17"),
    }  # fmt: skip
    assert {row for policy, _, row, _ in changed if policy == "eight_major"} == {"M01"}
    # what is solved splits into current and old otherwise; the sum does not move
    current, old = (changed["solved_current", "same_period", "T", f"SOLVED_{part}_M"] for part in ("CUR", "OLD"))
    assert int(float(current[0])) + int(float(old[0])) == int(float(current[1])) + int(float(old[1]))
    printed = next(r for r in policestats("form", "X01", "--home", office.home, "--format", "json").json if r["row_code"] == "T")
    assert float(current[0]) == float(printed["SOLVED_CUR_M"])  # in force is what was published


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--form", "X01"], 2, "--form needs --period"),
        (["--period", PERIOD], 2, "--period and --unit go with --form"),
        (["--form", "X1", "--period", PERIOD], 1, "--form X1: there is no such form; did you mean X01"),
        (["--form", "A01", "--period", PERIOD], 1, f"no form is due for {PERIOD}"),
    ],
)
def test_what_cannot_be_told(office: Office, words: list[str], code: int, said: str) -> None:
    done = policestats("policies", "--home", office.home, *words)
    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())


def test_without_a_warehouse(tmp_path_factory: pytest.TempPathFactory) -> None:
    done = policestats("policies", "--form", "X01", "--period", PERIOD, "--home", tmp_path_factory.mktemp("empty"))
    assert done.code == 1
    assert "there is no warehouse yet; run 'policestats extract'" in done.err
