"""A release is made once, in one move, whatever happens while it is made."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import policestats
from policestats import settings
from policestats.catalog import Catalog, load_catalog
from policestats.engines import release_folder
from policestats.engines.duckdb import open_warehouse
from policestats.errors import ReleaseError, StatisticsError
from policestats.releases import trace
from policestats.stages import explain, publish
from tests.publish.standards import (
    EAST,
    OTHER_CITY,
    PERIOD,
    PROVINCE,
    STATION_1,
    UNKNOWN,
    WEST,
    definitions,
    file_case,
    tabulated,
    warehouse,
)


def names(home: Path) -> list[str]:
    return sorted(p.name for p in (home / "releases").iterdir())


def run(home: Path, catalog: Catalog, period: str = PERIOD) -> publish.PublishResult:
    return publish.run(catalog=catalog, home=home, period=period)


def test_a_release_has_its_files_and_becomes_current(home: Path, small: Catalog) -> None:
    result = run(home, small)
    books = [f"units/{unit}.{suffix}" for unit in (UNKNOWN, PROVINCE, EAST, WEST) for suffix in ("pdf", "xlsx")]  # the upper levels
    assert result.files == [
        "forms/T01.xlsx", "html/T01.html", "html/index.html", "html/rates.html", "manifest.json", "statistics.duckdb", "trace.duckdb", *books,
    ]  # fmt: skip
    assert result.changed == ["first release of 2026-10"]
    assert os.readlink(home / "releases" / "current") == "2026-10-r1"
    assert result.folder == home / "releases" / "2026-10-r1"
    assert names(home) == [".lock", "2026-10-r1", "current", "index.html"]


def test_the_same_again_makes_no_new_release(home: Path, small: Catalog) -> None:
    first = run(home, small)
    tabulated(home, small, PERIOD)  # the rows come in another order, from another run
    second = run(home, small)
    assert (second.unchanged, second.folder, second.release_id) == (True, first.folder, first.release_id)
    assert second.changed == []
    assert names(home) == [".lock", "2026-10-r1", "current", "index.html"]


def test_a_new_case_makes_a_new_release_that_says_what_changed(home: Path, small: Catalog) -> None:
    first = run(home, small)
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in first.folder.rglob("*") if path.is_file()}
    file_case(home, "case8", OTHER_CITY)
    tabulated(home, small, PERIOD)
    second = run(home, small)
    assert not second.unchanged
    assert second.folder.name == "2026-10-r2"
    # one more theft at four units (station, county, city, province) x 2 rows x FILED, HIDDEN; ALL_ONLY in one row at 4; CHARGES stays (C221
    # was there); the shares of R06 at the province (3 of 5 = 60 %, now 4 of 6 = 66.67 %), R07 and R10 (20, now 16.67) and PENDING likewise
    assert second.changed == [
        "T01: 24 cells differ: 990000000000 PENDING SHARE 20 -> 16.67; 990000000000 R06 FILED 3 -> 4; 990000000000 R06 HIDDEN 3 -> 4 and 21 more"
    ]
    assert {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in before} == before  # never changed once published
    assert os.readlink(home / "releases" / "current") == "2026-10-r2"


def test_a_reader_keeps_its_release_while_another_takes_its_place(home: Path, small: Catalog) -> None:
    first = run(home, small)
    query = 'SELECT "FILED" FROM report."T01" WHERE unit_code = ? AND row_code = \'T\''
    with duckdb.connect(str((home / "releases" / "current").resolve() / "statistics.duckdb"), read_only=True) as reader:
        file_case(home, "case8", STATION_1)
        tabulated(home, small, PERIOD)
        second = run(home, small)
        assert reader.execute(query, [STATION_1]).fetchone() == (2,)
    now = policestats.read_form("T01", home=home, unit=STATION_1).set_index("row_code")
    assert now.loc["T", "FILED"] == 3
    then = policestats.read_form("T01", home=home, unit=STATION_1, release=first.folder.name).set_index("row_code")
    assert then.loc["T", "FILED"] == 2
    newest = policestats.read_form("T01", home=home, unit=STATION_1, release=PERIOD).set_index("row_code")
    assert newest.loc["T", "FILED"] == 3
    assert second.folder != first.folder


_KILLED = """
import os, sys
from pathlib import Path
from policestats.catalog import load_catalog
from policestats.engines import release_folder
from policestats.releases import trace
from policestats.stages import explain, publish
root, home, where = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
def stop(*_, **__):
    os._exit(9)
def tell(message):
    if where in message:
        stop()
if where in ("place", "point_current"):
    setattr(release_folder, where, stop)
publish.run(catalog=load_catalog(root, "cn"), home=home, period="2026-10", progress=tell)
"""


@pytest.mark.parametrize("where", ["print T01", "place", "point_current"])
def test_killed_anywhere_and_run_again_it_ends_the_same(home: Path, small: Catalog, where: str) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(small.root), str(home), where], capture_output=True, text=True, check=False)
    assert killed.returncode == 9, killed.stderr
    assert not (home / "releases" / "current").exists()
    assert len(names(home)) == 2  # the lock, and what was left of the build (or, at the very end, the release)
    result = run(home, small)
    assert result.unchanged == (where == "point_current")  # the release stood already, only `current` was missing
    assert names(home) == [".lock", "2026-10-r1", "current", "index.html"]
    assert os.readlink(home / "releases" / "current") == "2026-10-r1"
    assert len(result.files) == 7 + 4 * 2  # and books of four units, each twice
    assert policestats.read_form("T01", home=home)["FILED"].sum() > 0


def test_two_publishers_do_not_meet(home: Path, small: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for the first, and says for whom; it ends when its patience does."""
    monkeypatch.setenv(settings.LOCK_WAIT, "0.005")
    says = rf"\.lock: process {os.getpid()}.* holds the file, after 0\.005 minutes"
    with release_folder.building(home), pytest.raises(StatisticsError, match=says):
        run(home, small)
    assert run(home, small).folder.name == "2026-10-r1"


def test_a_bulletin_leaves_current_to_the_month(home: Path, small: Catalog) -> None:
    run(home, small)
    for period, link in (("2026-10-05", "current-day"), ("2026-W41", "current-week")):
        bulletin = release_folder.ReleaseFolder(home / "releases" / f"{period}-r1", period, 1)
        bulletin.path.mkdir()
        release_folder.point_current(home, bulletin)
        assert os.readlink(home / "releases" / link) == f"{period}-r1"
        assert release_folder.resolve(home, link) == bulletin
    assert release_folder.resolve(home).name == "2026-10-r1"


@pytest.mark.parametrize(
    ("period", "moves"), [("2026-09", False), ("2026-Q3", False), ("2026-10", True), ("2026-11", True), ("2025", False), ("2026", True)]
)
def test_an_old_period_made_again_leaves_readers_where_they_are(home: Path, small: Catalog, period: str, moves: bool) -> None:
    run(home, small)
    other = release_folder.ReleaseFolder(home / "releases" / f"{period}-r7", period, 7)
    other.path.mkdir()
    release_folder.point_current(home, other)
    assert release_folder.resolve(home) == (
        other if moves else release_folder.ReleaseFolder(home / "releases" / "2026-10-r1", "2026-10", 1)
    )


def test_forms_tabulated_at_another_load_are_not_published(home: Path, small: Catalog) -> None:
    with pytest.raises(ReleaseError, match=r"the forms of 2026-10 were tabulated again, at load 1, since they were at load 7"):
        publish.run(catalog=small, home=home, period=PERIOD, as_of=7)
    assert names(home) == [".lock"]


def test_an_error_leaves_nothing_behind(home: Path, small: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    run(home, small)
    file_case(home, "case8", STATION_1)
    tabulated(home, small, PERIOD)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(publish, "write_form_workbook", fail)
        with pytest.raises(OSError, match="disk full"):
            run(home, small)
    assert names(home) == [".lock", "2026-10-r1", "current", "index.html"]
    assert run(home, small).folder.name == "2026-10-r2"


def test_a_period_that_was_not_tabulated_is_refused(home: Path, small: Catalog) -> None:
    with pytest.raises(
        ReleaseError, match=r"no form has been tabulated for 2026-08 \(there is 2026-10\); run 'policestats tabulate --period 2026-08'"
    ):
        run(home, small, "2026-08")
    assert names(home) == [".lock"]


def test_a_definition_that_changed_since_is_refused(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute("UPDATE report.form SET definition_hash = 'another'")
    with pytest.raises(ReleaseError, match=r"T01\.yaml.*the definition of T01 has changed since it was tabulated"):
        run(home, small)


def test_columns_named_otherwise_since_are_refused(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute("UPDATE report.form_column SET label_zh = '旧名' WHERE column_code = 'FILED'")
    with pytest.raises(ReleaseError, match=r"the columns of T01 are named otherwise than when it was tabulated; run 'policestats tabulate"):
        run(home, small)


def test_tabulating_a_week_leaves_the_month_as_it_was(tmp_path: Path) -> None:
    """A form of two frequencies whose week has a column less: the month is published with its own columns, the week with its own."""
    catalog = definitions(tmp_path / "definitions")
    template = tmp_path / "definitions" / "report_templates" / "cn" / "T01.yaml"
    both = template.read_text(encoding="utf-8").replace("frequency: [month]", "frequency: [month, week]")
    template.write_text(both.replace('unit: "种",', 'unit: "种", frequencies: [month],'), encoding="utf-8")
    home = tmp_path / "home"
    warehouse(home, catalog)
    tabulated(home, catalog, PERIOD)
    alone = run(home, catalog)
    tabulated(home, catalog, "2026-W40")
    after = run(home, catalog)
    assert (after.unchanged, after.release_id) == (True, alone.release_id)
    week = run(home, catalog, "2026-W40")
    columns = {}
    for release in (alone, week):
        with open_warehouse(release.folder, read_only=True, name=release_folder.STATISTICS) as engine:
            columns[release.folder.name] = (
                engine.sql("SELECT column_code FROM report.form_column ORDER BY column_order").column(0).to_pylist()
            )
            periods = {
                t: engine.sql(f"SELECT DISTINCT period FROM report.{t}").column(0).to_pylist() for t in ("form", "form_row", "row_member")
            }
        assert periods == {name: [release.folder.name.removesuffix("-r1")] for name in periods}
    weekly = ["FILED", "RECEIVED", "ALL_ONLY", "SHARE", "HIDDEN", "BEFORE"]
    assert columns == {"2026-10-r1": ["FILED", "CHARGES", *weekly[1:]], "2026-W40-r1": weekly}
    assert len(trace("T01", "T", "FILED", STATION_1, home=home, release="2026-10-r1")) == 2  # case1 and case2, each once
    told = explain.run(catalog=catalog, home=home, form="T01", row="T", column="FILED", period=PERIOD, unit=STATION_1)
    assert (told.records, told.value) == (2, f"{STATION_1} 2026-10: 2")


def test_a_warehouse_of_an_earlier_layout_is_tabulated_anew(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute("ALTER TABLE report.form_row DROP COLUMN period")
    tabulated(home, small, "2026-11")
    with pytest.raises(ReleaseError, match=r"no form has been tabulated for 2026-10 \(there is 2026-11\)"):
        run(home, small)
    tabulated(home, small, PERIOD)
    assert run(home, small).changed == ["first release of 2026-10"]


def test_forms_of_different_loads_are_refused(home: Path, small: Catalog) -> None:
    with open_warehouse(home) as engine:
        engine.execute("INSERT INTO report.run SELECT * REPLACE ('T02' AS form_id, 2 AS as_of) FROM report.run")
    with pytest.raises(ReleaseError, match=r"tabulated at different loads .*T01: 1; T02: 2"):
        run(home, small)


def test_a_policy_chosen_otherwise_makes_a_new_release(home: Path, small: Catalog) -> None:
    run(home, small)
    other = load_catalog(small.root, "cn", {"solved_current": "same_period"})
    assert run(home, other).unchanged  # what counts is the choice the forms were tabulated with, not one made when publishing
    tabulated(home, other, PERIOD)
    assert run(home, small).changed == ["policy solved_current: calendar_year -> same_period"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [("2026-11", r"release '2026-11' is not in .*; did you mean 2026-10"), ("2026-10-r7", r"did you mean 2026-10-r1")],
)
def test_a_release_that_is_not_there_is_named_with_those_that_are(home: Path, small: Catalog, asked: str, message: str) -> None:
    run(home, small)
    with pytest.raises(ReleaseError, match=message):
        policestats.read_form("T01", home=home, release=asked)


def test_nothing_published_yet_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="nothing has been published yet; run 'policestats publish'"):
        policestats.read_form("T01", home=tmp_path)
