"""The whole job with a bad source: the others go on, the forms are made, and say what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, ExtractError, SettingsError, StatisticsError
from policestats.stages import extract, tabulate
from policestats.stages import run as run_stage
from policestats.stages.run import RunResult
from tests.bad_input.homes import PERIOD, ask, cells, desk, post, statuses
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH_1, move, theft

THEFTS = [theft("1", "2026-02-10", NORTH_1), theft("2", "2026-02-11", SOUTH_1)]
MOVES = [move("m", "1", "2026-02-20", NORTH_1, NORTH_2)]


@pytest.fixture(autouse=True)
def _no_location(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DESK", "POST"):
        monkeypatch.delenv(f"POLICESTATS_SOURCE_{name}", raising=False)


def run(office: Catalog, tmp_path: Path, **sources: str) -> RunResult:
    return run_stage.run(catalog=office, home=tmp_path / "home", period=PERIOD, sources=sources)


def good(office: Catalog, tmp_path: Path) -> dict[str, str]:
    return {"desk": desk(tmp_path / "desk.sqlite", office, THEFTS), "post": post(tmp_path / "post.zip", MOVES)}


def test_good_sources(office: Catalog, tmp_path: Path) -> None:
    result = run(office, tmp_path, **good(office, tmp_path))
    home = tmp_path / "home"
    assert result.problems == []
    assert set(statuses(home, "RECEIVED").values()) == set(statuses(home, "FILED").values()) == {"auto"}
    assert cells(home, "RECEIVED") == {NORTH_2: 1}


def test_a_zip_without_its_member_leaves_the_rest_of_the_work_done(office: Catalog, tmp_path: Path) -> None:
    sources = good(office, tmp_path) | {"post": post(tmp_path / "post.zip", MOVES, member="moves.csv")}
    result = run(office, tmp_path, **sources)
    home = tmp_path / "home"
    [problem] = result.problems
    assert all(word in problem for word in ("post", "move.csv", "moves.csv"))  # the source, what was wanted, what is there
    assert result.tabulated is not None
    assert result.tabulated.forms == ["F"]
    assert cells(home, "FILED") == {PROVINCE: 2, NORTH: 1, NORTH_1: 1, "990200000000": 1, SOUTH_1: 1}
    assert set(statuses(home, "FILED").values()) == {"auto"}
    assert set(statuses(home, "RECEIVED").values()) == {"missing"}  # zero is not missing
    assert ask(home, "SELECT DISTINCT reason FROM report.status WHERE column_code = 'RECEIVED' AND unit_code = '990101000000'") == [
        ("needs 字 word from 字 word (post): not connected",)
    ]
    assert result.published is not None
    assert (result.published.folder / "forms" / "F.xlsx").is_file()


def test_a_source_that_contradicts_itself_leaves_the_rest_of_the_work_done(office: Catalog, tmp_path: Path) -> None:
    """What a source must never land cannot be mapped: that is found when the source is planned, at extract."""
    described = office.sources["post"]
    table = replace(described.tables["move"], drop=("theft_no",))
    wrong = replace(office, sources=office.sources | {"post": replace(described, tables={"move": table})})
    result = run(wrong, tmp_path, **good(office, tmp_path))
    [problem] = result.problems
    assert "tables.move: the column 'theft_no' must never land" in problem
    assert list(result.extracted) == ["desk"]
    assert cells(tmp_path / "home", "FILED") == {PROVINCE: 2, NORTH: 1, NORTH_1: 1, "990200000000": 1, SOUTH_1: 1}
    assert set(statuses(tmp_path / "home", "RECEIVED").values()) == {"missing"}


def test_a_source_without_a_location_is_missing_and_not_zero(office: Catalog, tmp_path: Path) -> None:
    result = run(office, tmp_path, desk=good(office, tmp_path)["desk"])
    assert list(result.extracted) == ["desk"]
    assert result.problems == ["source 'post' has no location: give --source post=PATH or set POLICESTATS_SOURCE_POST"]
    assert set(statuses(tmp_path / "home", "RECEIVED").values()) == {"missing"}
    assert set(statuses(tmp_path / "home", "FILED").values()) == {"auto"}


def test_the_only_source_is_broken_and_the_error_says_why(office: Catalog, tmp_path: Path) -> None:
    with pytest.raises(StatisticsError, match=r"(?s)no-such\.sqlite.*nothing has been landed yet"):
        run(office, tmp_path, desk=str(tmp_path / "no-such.sqlite"))


def test_no_source_at_all(office: Catalog, tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"no source has a location: give --source NAME=PATH or set POLICESTATS_SOURCE_<NAME>; sources: desk, post"
    ):
        run(office, tmp_path)


def test_a_source_that_nobody_describes(office: Catalog, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"--source: there is no source 'dsk'; did you mean desk\?"):
        run(office, tmp_path, dsk="x")


@pytest.mark.parametrize("column", ["parent_unit_code", "successor_unit_code"])
def test_a_cycle_in_the_units_tree_leaves_the_last_good_load_standing(office: Catalog, tmp_path: Path, column: str) -> None:
    run(office, tmp_path, **good(office, tmp_path))
    before = cells(tmp_path / "home", "FILED")
    ends = {"valid_to": "2026-01-01"} if column == "successor_unit_code" else {}
    turned = {NORTH_1: NORTH_2, NORTH_2: NORTH_1}
    units = [u | {column: turned[u["unit_code"]], **ends} if u["unit_code"] in turned else u for u in tiny.UNITS]
    again = desk(tmp_path / "desk.sqlite", office, [*THEFTS, theft("3", "2026-02-12", NORTH_1)], units)
    result = run(office, tmp_path, desk=again, post=str(tmp_path / "post.zip"))
    [problem] = result.problems
    assert "load 3 of source 'desk'" in problem
    assert f"{NORTH_1} -> {NORTH_2} -> {NORTH_1}" in problem
    assert "correct one of these rows in the source and deliver again" in problem
    assert result.tabulated is not None
    assert cells(tmp_path / "home", "FILED") == before  # theft 3 came with the refused load


def test_a_file_that_is_no_database(office: Catalog, tmp_path: Path) -> None:
    (tmp_path / "desk.sqlite").write_text("these are not the records you are looking for", encoding="utf-8")
    result = RunResult(PERIOD)
    run_stage.extract_all(
        office, tmp_path / "home", {"desk": str(tmp_path / "desk.sqlite"), "post": post(tmp_path / "post.zip", MOVES)}, result
    )
    assert list(result.extracted) == ["post"]  # the second source goes on
    [problem] = result.problems
    assert "desk" in problem


def test_tabulating_before_anything_landed(office: Catalog, tmp_path: Path) -> None:
    with pytest.raises(StatisticsError, match="nothing has been landed yet: run 'policestats extract' and 'policestats conform' first"):
        tabulate.run(catalog=office, home=tmp_path / "home", period=PERIOD)


def test_extract_alone_raises(office: Catalog, tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match=r"move\.csv"):
        extract.run(catalog=office, source="post", location=post(tmp_path / "post.zip", [], member="other.csv"), home=tmp_path / "home")
