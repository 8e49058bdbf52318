"""legacy import: figures published before the records begin, for what the first year is compared with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from policestats.catalog import Catalog
from policestats.errors import StatisticsError
from policestats.stages import conform, legacy_import, tabulate
from policestats.stages.legacy_import import COLUMNS
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE
from tests.stages import office

FIRST_YEAR = "2025-10"  # records of the tiny standard begin with 2025


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return office.definitions(tmp_path_factory.mktemp("definitions"))


@pytest.fixture(scope="module")
def landed(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return office.home(tmp_path_factory.mktemp("landed"), catalog)


@pytest.fixture
def home(landed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(landed, tmp_path / "home"))


def line(unit: str, row: str, column: str, value: str, **more: str) -> dict[str, str]:
    names = dict(zip(COLUMNS, ("F", "2024-10", unit, row, column, value, "Li", "yearbook 2024 p. 31"), strict=True))
    return names | more


GOOD = [line(NORTH_1, "K1", "FILED", "4"), line(NORTH_2, "K1", "FILED", "6"), line(PROVINCE, "T", "YTD", "180")]


def listed(path: Path, lines: list[dict[str, str]]) -> Path:
    """Write a list of published figures, as CSV or XLSX."""
    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    if path.suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_csv(path, index=False, encoding="utf-8-sig")
    return path


def statuses(home: Path, column: str) -> dict[tuple[str, str | None], tuple[str, str]]:
    rows = office.rows(
        home, f"SELECT unit_code, row_code, status, reason FROM report.status WHERE period = '{FIRST_YEAR}' AND column_code = '{column}'"
    )
    return {(unit, row): (status, reason) for unit, row, status, reason in rows}


def values(home: Path, column: str) -> dict[tuple[str, str], int]:
    rows = office.rows(
        home, f"SELECT unit_code, row_code, value FROM report.cell WHERE period = '{FIRST_YEAR}' AND column_code = '{column}'"
    )
    return {(unit, row): int(value) for unit, row, value in rows}


@pytest.mark.parametrize("name", ["published.csv", "published.xlsx"])
def test_published_figures_fill_what_the_first_year_is_compared_with(catalog: Catalog, home: Path, tmp_path: Path, name: str) -> None:
    result = legacy_import.run(catalog=catalog, home=home, file=listed(tmp_path / name, GOOD))
    assert (result.load, result.accepted, result.refused) == (2, 3, [])
    tabulate.run(catalog=catalog, home=home, period=FIRST_YEAR)
    assert values(home, "BEFORE") == {(NORTH_1, "K1"): 4, (NORTH_1, "KA"): 4, (NORTH_1, "T"): 4, (NORTH_2, "K1"): 6, (NORTH_2, "KA"): 6,
                                      (NORTH_2, "T"): 6, (NORTH, "K1"): 10, (NORTH, "KA"): 10, (NORTH, "T"): 10, (PROVINCE, "K1"): 10,
                                      (PROVINCE, "KA"): 10, (PROVINCE, "T"): 10}  # fmt: skip
    assert values(home, "YTD_BEFORE") == {(PROVINCE, "T"): 180}
    told = "legacy: published figure of 2024-10, evidence yearbook 2024 p. 31"
    assert statuses(home, "BEFORE")[NORTH_1, "K1"] == ("manual", told)
    assert statuses(home, "BEFORE")[NORTH, "K1"][0] == "manual"  # both stations
    assert statuses(home, "BEFORE")[PROVINCE, "K1"][0] == "partial"  # nothing of the south
    assert statuses(home, "BEFORE")[NORTH, "T"][0] == "partial"  # nothing of K2 and K9
    assert statuses(home, "YTD_BEFORE")[PROVINCE, "T"] == ("manual", told)
    assert statuses(home, "YTD_BEFORE")[NORTH_1, None] == ("not_applicable", "records begin on 2025-01-01")


def test_imported_again_nothing_lands_and_another_figure_is_a_version(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    file = listed(tmp_path / "published.csv", GOOD)
    legacy_import.run(catalog=catalog, home=home, file=file)
    again = legacy_import.run(catalog=catalog, home=home, file=file)
    assert (again.load, again.accepted, again.unchanged) == (None, 0, 3)
    other = legacy_import.run(catalog=catalog, home=home, file=listed(tmp_path / "2.csv", [line(NORTH_1, "K1", "FILED", "5"), *GOOD[1:]]))
    assert (other.load, other.accepted, other.unchanged) == (3, 1, 2)
    versions = "SELECT unit_code, value, known_from, known_to FROM core.legacy_cell_version WHERE column_code = 'FILED' ORDER BY ALL"
    held = office.rows(home, versions)
    assert held == [(NORTH_1, 4, 2, 3), (NORTH_1, 5, 3, None), (NORTH_2, 6, 2, None)]
    conform.run(catalog=catalog, home=home, rebuild=True)
    assert office.rows(home, versions) == held


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (line(NORTH_1, "K1", "FILED", "4", form_id="G"), "there is no form 'G'; known: F"),
        (line(NORTH_1, "K1", "FILED", "4", period="2024-13"), "period '2024-13'"),
        (line(NORTH_1, "K1", "FILED", "4", period="2024"), "F is not made for 2024 (a year) but by month"),
        (line(NORTH_1, "K1", "FILED", "4", period="2025-01"), "records begin on 2025-01-01, so 2025-01 is counted from them"),
        (line("990109000000", "K1", "FILED", "4"), "there is no unit '990109000000'"),
        (line(NORTH_1, "K7", "FILED", "4"), "F has no row 'K7' with a figure of FILED"),
        (line(NORTH_1, "K1", "BEFORE", "4"), "F has no column 'BEFORE' of the period or the year so far"),
        (line(NORTH_1, "K1", "SAMPLED", "4"), "F has no column 'SAMPLED' of the period or the year so far"),
        (line(NORTH_1, "K1", "FILED", "4.5"), "has more decimals than the column prints"),
        (line(NORTH_1, "K1", "FILED", ""), "value is empty"),
        (line(NORTH_1, "K1", "FILED", "4", evidence=""), "evidence is empty"),
        (line(NORTH_2, "K1", "FILED", "7"), "names the cell of line 3 again, otherwise; keep one"),
    ],
)
def test_a_refused_line_says_why_and_the_others_land(catalog: Catalog, home: Path, tmp_path: Path, wrong: dict[str, str], why: str) -> None:
    file = listed(tmp_path / "published.csv", [*GOOD, wrong])
    result = legacy_import.run(catalog=catalog, home=home, file=file)
    assert result.accepted == 3
    (refused,) = result.refused
    assert refused.startswith(f"{file}, line 5: ")
    assert why in refused


def test_a_list_without_a_column_is_refused_whole(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "published.csv"
    file.write_text("form_id,period\nF,2024-10\n", encoding="utf-8")
    with pytest.raises(StatisticsError, match="the columns unit_code, row_code, column_code, value, author, evidence are missing"):
        legacy_import.run(catalog=catalog, home=home, file=file)
