"""The commands for what people type, on the made-up province: the accuracy sample of Z14, which people take on site."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from policestats import settings
from tests.cli.commands import policestats
from tests.cli.conftest import PERIOD, Office

STATION = "990101510000"


@pytest.fixture
def home(office: Office, tmp_path: Path) -> Path:
    return Path(shutil.copytree(office.home, tmp_path / "home", ignore=shutil.ignore_patterns("sources", "releases")))


def typed(path: Path, values: dict[tuple[str, str], object], **fields: str) -> None:
    """Type into the sheet Z14, found by the codes of its rows and columns."""
    book = load_workbook(path)
    page = book["Z14"]
    columns = {page.cell(12, i).value: i for i in range(4, page.max_column + 1)}
    rows = {page.cell(i, 1).value: i for i in range(13, page.max_row + 1)}
    for (row, column), value in values.items():
        page.cell(rows[row], columns[column]).value = value
    for line, name in enumerate(("author", "evidence", "reason"), 3):
        page.cell(line, 3).value = fields.get(name)
    book.save(path)


def test_an_accuracy_sample_from_the_workbook_to_the_form(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
    done = policestats("fill", "export", "--home", home, "--period", PERIOD, "--unit", STATION, "-o", tmp_path)
    assert done.code == 0, done.err
    assert "Z14:" in done.out
    path = tmp_path / f"{PERIOD}_{STATION}.xlsx"
    typed(
        path, {("O1", "CHECKED"): 50, ("O1", "CORRECT"): 45, ("O3", "CHECKED"): 9, ("O3", "CORRECT"): 10}, author="Li", evidence="sample 3"
    )
    done = policestats("fill", "import", "--home", home, path)
    assert done.code == 3  # done, but something needs a human
    assert "2 typed, 0 changed, 0 unchanged, 2 refused" in done.out
    assert "breaks the check Z14-03c: CORRECT <= CHECKED (10 against 9)" in done.err
    typed(path, {("O3", "CORRECT"): 9}, author="Li", evidence="sample 3")
    done = policestats("fill", "import", "--home", home, path, "--typed-at", "2025-03-01 10:00")
    assert (done.code, done.err.count("refused")) == (0, 0)
    assert "2 typed, 0 changed, 2 unchanged, 0 refused" in done.out
    assert policestats("validate", "--home", home).code == 0
    assert policestats("tabulate", "--home", home, "--period", PERIOD).code in (0, 3)
    done = policestats("explain", "Z14", "--home", home, "--row", "O1", "--column", "CHECKED", "--unit", STATION, "--no-sql")
    assert "typed by people" in done.out
    assert "Value: 990101510000 2025-02: 50; status: manual" in done.out
    assert "; typed by Li" in done.out  # here, in the private warehouse
    assert ", evidence sample 3" in done.out
    rate = policestats("explain", "Z14", "--home", home, "--row", "O1", "--column", "ACC_LO", "--unit", STATION, "--no-sql")
    assert "2025-02: 78.64; status: manual" in rate.out  # the lower bound of 45 of 50, Wilson 1927
    assert policestats("fill", "diff", "--home", home, "--period", PERIOD, "--format", "json").json == []


def test_a_file_that_is_no_list_is_an_error_to_cure(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "published.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    done = policestats("legacy", "import", "--home", home, path)
    assert done.code == 1
    assert "a list of published figures has form_id, period, unit_code" in done.err
