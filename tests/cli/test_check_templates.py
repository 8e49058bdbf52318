"""check-templates FOLDER on the small province: a clear-up rate with one decimal instead of two."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.commands import policestats
from tests.cli.conftest import PERIOD, Office
from tests.support.ledger import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = (ROOT / "report_templates" / "cn" / "X01.yaml").read_text(encoding="utf-8")
    line = next(words for words in text.splitlines() if "code: RATE_YTD" in words)
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "X01.yaml").write_text(text.replace(line, line.replace("decimals: 2", "decimals: 1")), encoding="utf-8")
    return tmp_path / "theirs"


def test_definitions_and_cells_are_compared(office: Office, folder: Path, tmp_path: Path) -> None:
    to = tmp_path / "cells.csv"
    done = policestats("check-templates", folder, "--period", PERIOD, "--home", office.home, "--to", to)
    assert done.code == 0, done.err
    assert "decimals: 2 -> 1" in done.out
    assert "of the standard, not in the folder: A01" in done.out
    with to.open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.DictReader(file))
    assert {r["column"] for r in cells} == {"RATE_YTD"}
    ours = {r["row_code"]: r["RATE_YTD"] for r in policestats("form", "X01", "--home", office.home, "--format", "json").json}
    for r in (r for r in cells if r["unit"] == "990000000000"):
        assert float(r["ours"]) == float(ours[r["row"]])  # what was published
        assert abs(float(r["ours"]) - float(r["theirs"])) <= 0.05
    assert f"X01: {len(cells)} of " in done.out


def test_without_a_period_only_definitions(folder: Path, tmp_path: Path) -> None:
    done = policestats("check-templates", folder, "--to", tmp_path / "d.xlsx")
    assert done.code == 0
    assert "decimals: 2 -> 1" in done.out
    assert "cells differ" not in done.out
    assert (tmp_path / "d.xlsx").is_file()
    (folder / "X01.yaml").write_text((ROOT / "report_templates" / "cn" / "X01.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert "no definition differs from the standard's own" in policestats("check-templates", folder).out


def test_what_needs_a_folder(tmp_path: Path) -> None:
    done = policestats("check-templates", "--period", PERIOD)
    assert (done.code, done.out) == (2, "")
    assert "--period and --to compare a FOLDER with the standard's own forms" in " ".join(done.err.split())
