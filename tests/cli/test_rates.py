"""rate, forms and sources on the small province: one station was silent in February, all six sources are connected."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from policestats.catalog import load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.reports.template import load_forms
from tests.cli.commands import policestats
from tests.cli.conftest import PERIOD, SOURCES, Office
from tests.support.ledger import ROOT

ROOT_UNIT, SILENT = "990000000000", "990102520000"


@pytest.mark.parametrize(
    "words", [[], ["--by", "level"], ["--by", "unit"], ["--by", "period"], ["--what-if", "dispute_desk"], ["--unit", SILENT]]
)
def test_rates_fit_a_page(office: Office, words: list[str]) -> None:
    done = policestats("rate", "--home", office.home, *words)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert len(lines) >= 4
    assert max(cell_len(line) for line in lines) <= 120
    assert "单元格率" in done.out


def test_rates_by_form_say_why(office: Office) -> None:
    done = policestats("rate", "--home", office.home)
    assert re.search(r"(?m)^ X01 .*\(0/1\)", done.out)
    assert f"nothing from {SILENT} in {PERIOD}" in done.out.replace("\n    ", " ")
    assert re.search(r"(?m)^  Z14\n    \d+ cells: typed by people, and nothing has been typed", done.out)


def test_the_levels_and_the_units_make_up_the_whole(office: Office) -> None:
    def cells(*words: str) -> list[dict[str, str]]:
        found = policestats("rate", "--home", office.home, "--format", "csv", *words).csv
        return [r for r in found if (r["rate_id"], r["form_id"]) == ("cell", "")]

    [whole] = cells()
    for by, some in (("level", "county"), ("unit", SILENT)):
        parts = cells("--by", by)
        assert some in [r[f"{by}_code"] for r in parts]
        for number in ("numerator", "denominator"):
            assert sum(int(r[number]) for r in parts) == int(whole[number])
    assert next(r["unit_code"] for r in cells("--by", "unit")) == ROOT_UNIT  # in the order of the tree
    assert [r["level_code"] for r in cells("--by", "level")][:2] == ["province", "city"]
    assert [(r["period"], r["numerator"]) for r in cells("--by", "period")] == [(PERIOD, whole["numerator"])]
    of_form = policestats("rate", "--home", office.home, "--form", "X01", "--by", "unit", "--format", "json").json
    assert {r["form_id"] for r in of_form} == {"X01"}


def test_without_a_source_the_rates_are_lower_and_with_it_complete_higher(office: Office) -> None:
    found = policestats("rate", "--home", office.home, "--without", "dispute_desk", "--format", "json").json
    at = {(r["rate_id"], r["form_id"]): r for r in found}
    z13, x01 = at["cell", "Z13"], at["cell", "X01"]
    assert (z13["numerator_before"] > 0, z13["numerator_after"]) == (True, 0)
    assert x01["numerator_before"] == x01["numerator_after"]
    assert "矛盾纠纷系统 Dispute desk (dispute_desk): not connected" in z13["reason_after"]
    assert at["cell", None]["numerator_before"] - at["cell", None]["numerator_after"] == z13["numerator_before"]
    told = policestats("rate", "--home", office.home, "--what-if", "case_system").out
    assert "case_system is connected already: every unit is taken to have delivered every month" in told
    complete = policestats("rate", "--home", office.home, "--what-if", ",".join(SOURCES), "--format", "json").json
    whole = {r["form_id"] for r in complete if r["rate_id"] == "template" and r["numerator_after"] == 1}
    assert {"X01", "X02", "Z01", "Z11", "Z13"} <= whole
    assert "Z14" not in whole  # it has columns that people type


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--what-if", "dispute_dsk"], 1, "--what-if: there is no source 'dispute_dsk'; did you mean dispute_desk"),
        (["--what-if", "dispute_desk", "--by", "unit"], 2, "do not go with --what-if and --without"),
        (["--unit", ROOT_UNIT, "--by", "level"], 2, "--unit goes with --by form or unit"),
        (["--form", "X99"], 2, "--form X99: the release has no rates of such a form"),
    ],
)
def test_what_does_not_go_together(office: Office, words: list[str], code: int, said: str) -> None:
    done = policestats("rate", "--home", office.home, *words)
    assert (done.code, done.out) == (code, "")
    assert said in " ".join(done.err.split())


def test_a_release_of_an_earlier_version_still_tells_its_rates(office: Office, tmp_path: Path) -> None:
    """One whose tables lack what came later."""
    home = Path(shutil.copytree(office.home / "releases", tmp_path / "home" / "releases", symlinks=True)).parent
    folder = next(p for p in (home / "releases").iterdir() if p.is_dir() and not p.is_symlink())
    for path in (folder, folder / "statistics.duckdb"):
        path.chmod(0o700)
    with open_warehouse(folder, name="statistics.duckdb") as engine:
        engine.execute("DELETE FROM report.generation WHERE level_code IS NOT NULL")
        engine.execute("ALTER TABLE report.generation DROP COLUMN level_code")
        engine.execute("DROP TABLE report.generation_trend")
    now = policestats("rate", "--home", office.home, "--format", "json").json
    assert policestats("rate", "--home", home, "--release", folder.name, "--format", "json").json == now
    for by in ("level", "period"):
        done = policestats("rate", "--home", home, "--release", folder.name, "--by", by)
        assert done.code == 1
        assert f"was made by an earlier version, which told no rates by {by}" in done.err


# -- forms and sources --------------------------------------------------------------------------------------------------------


def test_the_page_of_forms_is_that_of_the_definitions() -> None:
    """docs/forms.md; write it again by `policestats forms --format markdown > docs/forms.md`."""
    assert (ROOT / "docs" / "forms.md").read_text(encoding="utf-8") == policestats("forms", "--format", "markdown").out


def test_forms_by_definition(tmp_path: Path) -> None:
    found = {r["form"]: r for r in policestats("forms", "--sources", "case_system", "--format", "json").json}
    assert set(found) == set(load_forms(load_catalog(ROOT, "cn")))
    assert (found["X01"]["with case_system"], found["X01"]["needs"]) == ("auto", "case_system")
    assert (found["Z11"]["with case_system"], found["Z11"]["with all"]) == ("", "auto")
    assert (found["Z14"]["with all"], found["Z14"]["typed"]) == ("", "CHECKED, CORRECT, ACC_RATE, ACC_LO, ACC_HI")
    wrong = policestats("forms", "--sources", "case_sistem")
    assert wrong.code == 1
    assert "there is no source 'case_sistem'; did you mean case_system?" in wrong.err


def test_sources_and_who_needs_them(office: Office, tmp_path: Path) -> None:
    found = policestats("sources", "--home", office.home, "--format", "json").json
    assert {r["source"] for r in found} >= set(SOURCES)
    assert {r["is_connected"] for r in found if r["source"] in SOURCES} == {True}
    columns = {(r["source"], r["form_id"]): r["column_codes"].split(",") for r in found if r["form_id"]}
    assert "RATE_YTD" in columns["case_system", "X01"]  # a rate needs what its operands do
    assert "CHECKED" not in columns["field_collection", "Z14"]  # typed
    told = policestats("sources", "--home", tmp_path)
    assert told.code == 0
    assert told.out.count("not connected") == len(load_catalog(ROOT, "cn").sources)
