"""Tables read one by one and landed together: what one reading lands, and what is known when some of them fail or a run is killed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.errors import ExtractError
from policestats.landing.arrivals import Arrivals
from policestats.landing.committing import Watch
from policestats.landing.landing import Landing
from policestats.landing.raw import LandedTable, RawStore
from policestats.stages import conform, extract, knowledge, land
from policestats.stages.land import LandResult
from policestats.stages.validated import Validated, note_validated
from tests.stages.small import REPORT_COLUMNS, UNIT_COLUMNS, csv_text, files, make_sqlite, query, standard

TABLES = {"report": {"into": "report"}, "unit": {"into": "unit", "is_reference": True}}
RECORDS = "SELECT report_no FROM core.report UNION ALL SELECT unit_code FROM core.unit ORDER BY ALL"
READ = "SELECT table_name, load_id, reason FROM core.reading ORDER BY load_id, table_name"


@pytest.fixture
def desk(tmp_path: Path) -> Catalog:
    """A standard with one source, a folder of two CSV files."""
    return standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": TABLES}})


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    write(folder, "R1")
    return folder


def write(folder: Path, *reports: str, header: tuple[str, ...] = REPORT_COLUMNS) -> None:
    (folder / "report.csv").write_text(csv_text(header, [{header[0]: no} for no in reports]))
    (folder / "unit.csv").write_text(csv_text(UNIT_COLUMNS, [{"unit_code": "A1", "valid_from": "2026-01-01"}]))


def read(desk: Catalog, inbox: Path, home: Path, run: str, *tables: str) -> None:
    for table in tables:
        extract.read_table(catalog=desk, source="desk", table=table, location=str(inbox), home=home, run=run)


def landed(desk: Catalog, inbox: Path, home: Path, run: str) -> LandResult:
    return land.run(catalog=desk, home=home, run=run, locations={"desk": str(inbox)})


def covered(catalog: Catalog, home: Path, as_of: int) -> dict[str, str | None]:
    conform.run(catalog=catalog, home=home)
    with open_warehouse(home, read_only=True) as engine:
        return note_validated(engine, catalog, home, as_of).read_at


def test_what_is_read_by_tables_is_what_one_reading_lands(desk: Catalog, inbox: Path, home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    extract.run(catalog=desk, source="desk", location=str(inbox), home=other)
    read(desk, inbox, home, "night 1", "unit", "report")
    assert not list(home.glob("raw/desk/manifest/*"))  # nothing is landed yet
    assert landed(desk, inbox, home, "night 1") == LandResult([1], {})
    one, two = RawStore(home).loads()[0], RawStore(other).loads()[0]
    assert {n: (t.rows, t.sha256, t.mode) for n, t in one.tables.items()} == {n: (t.rows, t.sha256, t.mode) for n, t in two.tables.items()}
    assert files(home / "raw") == files(other / "raw")  # and nothing else is left
    conform.run(catalog=desk, home=home)
    assert query(home, RECORDS) == [("A1",), ("R1",)]
    assert query(home, READ) == [("report", 1, None), ("unit", 1, None)]


def test_a_table_that_cannot_be_read_is_absent_and_the_other_lands(desk: Catalog, inbox: Path, home: Path) -> None:
    read(desk, inbox, home, "night 1", "unit", "report")
    landed(desk, inbox, home, "night 1")
    write(inbox, "R1", "R2", header=("number", *REPORT_COLUMNS[1:]))  # the key column was renamed
    with pytest.raises(ExtractError, match="'report_no' is missing"):
        read(desk, inbox, home, "night 2", "report")
    read(desk, inbox, home, "night 2", "unit")
    result = landed(desk, inbox, home, "night 2")
    assert result.loads == [2]
    assert result.silent["desk"].startswith("1 of 2 tables: source 'desk', table 'report'")
    conform.run(catalog=desk, home=home)
    assert query(home, RECORDS) == [("A1",), ("R1",)]  # what is not read is not gone
    (reason,) = query(home, "SELECT reason FROM core.reading WHERE load_id = 2 AND table_name = 'report'")[0]
    assert "'report_no' is missing" in reason

    write(inbox, "R1", "R2")
    read(desk, inbox, home, "night 3", "unit", "report")
    assert landed(desk, inbox, home, "night 3") == LandResult([3], {})
    conform.run(catalog=desk, home=home)
    assert query(home, RECORDS) == [("A1",), ("R1",), ("R2",)]
    rebuilt = query(home, READ)
    conform.run(catalog=desk, home=home, rebuild=True)
    assert query(home, READ) == rebuilt


def test_a_dead_source_is_one_load_of_absences(desk: Catalog, inbox: Path, home: Path) -> None:
    """The first night without it is news, the second is not; that it is back is news again."""
    read(desk, inbox, home, "night 1", "unit", "report")
    landed(desk, inbox, home, "night 1")
    for number, loads in ((2, [2]), (3, [])):
        result = landed(desk, inbox, home, f"night {number}")  # no task has read anything
        assert result == LandResult(loads, {"desk": "2 of 2 tables: its reading did not end"})
    assert RawStore(home).loads()[1].tables == {}
    read(desk, inbox, home, "night 4", "unit", "report")
    assert landed(desk, inbox, home, "night 4") == LandResult([3], {})
    conform.run(catalog=desk, home=home)
    assert query(home, READ) == [
        ("report", 1, None),
        ("unit", 1, None),
        ("report", 2, "its reading did not end"),
        ("unit", 2, "its reading did not end"),
        ("report", 3, None),
        ("unit", 3, None),
    ]


def test_a_source_that_is_dead_from_the_first_night_is_a_load(desk: Catalog, inbox: Path, home: Path) -> None:
    """Otherwise nobody would wait for it, and its cells would not say since when it cannot be read."""
    assert landed(desk, inbox, home, "night 1") == LandResult([1], {"desk": "2 of 2 tables: its reading did not end"})
    assert covered(desk, home, 1) == {"desk": None}


def test_a_source_without_a_location_is_silent_and_gives_no_load(desk: Catalog, home: Path) -> None:
    assert land.run(catalog=desk, home=home, run="night 1", locations={}) == LandResult([], {"desk": "it has no location"})


def test_killed_after_the_commit_and_run_again_it_finds_its_load(
    desk: Catalog, inbox: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(desk, inbox, home, "night 1", "unit", "report")

    def killed(_: Arrivals) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Arrivals, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            landed(desk, inbox, home, "night 1")
    assert len(RawStore(home).loads()) == 1
    assert landed(desk, inbox, home, "night 1") == LandResult([1], {})
    assert len(RawStore(home).loads()) == 1


def test_a_task_that_is_cleared_reads_its_table_anew(desk: Catalog, inbox: Path, home: Path) -> None:
    """The other table, which the same run has landed already, is not absent."""
    read(desk, inbox, home, "night 1", "unit", "report")
    landed(desk, inbox, home, "night 1")
    write(inbox, "R1", "R2")
    read(desk, inbox, home, "night 1", "report")
    assert landed(desk, inbox, home, "night 1") == LandResult([1, 2], {})
    conform.run(catalog=desk, home=home)
    assert query(home, RECORDS) == [("A1",), ("R1",), ("R2",)]


def test_a_second_reading_that_fails_takes_the_first_one_with_it(desk: Catalog, inbox: Path, home: Path) -> None:
    """Of what a killed or failed attempt left nothing is landed."""
    read(desk, inbox, home, "night 1", "unit", "report")
    with (inbox / "report.csv").open("a") as file:
        file.write("R2\n")  # a line of one field
    with pytest.raises(ExtractError, match=r"report\.csv:3"):
        read(desk, inbox, home, "night 1", "report")
    assert landed(desk, inbox, home, "night 1").silent["desk"].startswith("1 of 2 tables: source 'desk', table 'report'")
    assert list(RawStore(home).loads()[0].tables) == ["unit"]


def test_a_table_is_known_as_of_the_moment_before_it_was_read(
    desk: Catalog, inbox: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is entered while the reading goes on may not be in it."""
    begun: list[datetime] = []
    land_table = Landing.land

    def watched(landing: Landing, *given: Any) -> LandedTable:
        begun.append(datetime.now(UTC))
        return land_table(landing, *given)

    monkeypatch.setattr(Landing, "land", watched)
    read(desk, inbox, home, "night 1", "report")
    landed(desk, inbox, home, "night 1")
    assert datetime.fromisoformat(RawStore(home).loads()[0].tables["report"].read_at or "") <= begun[0]


def test_no_password_of_a_location_is_kept(tmp_path: Path, home: Path) -> None:
    """Neither with what arrived, nor in the manifest, nor in the reason of a failure."""
    columns = ", ".join(f"{name} TEXT" for name in REPORT_COLUMNS)
    base = make_sqlite(tmp_path / "desk.sqlite", {"report": (columns, [("R1", *[None] * (len(REPORT_COLUMNS) - 1))])})
    catalog = standard(tmp_path / "definitions", {"desk": {"kind": "database", "tables": {"report": TABLES["report"]}}})
    location = f"sqlite:///{base}?password=geheim"
    for run in ("night 1", "night 2"):
        if run == "night 2":
            Path(base).unlink()
            with pytest.raises(ExtractError, match="there is no file"):
                extract.read_table(catalog=catalog, source="desk", table="report", location=location, home=home, run=run)
        else:
            extract.read_table(catalog=catalog, source="desk", table="report", location=location, home=home, run=run)
        kept = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
        assert len(kept) > 1
        assert land.run(catalog=catalog, home=home, run=run, locations={"desk": location}).loads
        kept += [path.read_bytes() for path in home.rglob("*") if path.is_file()]
        assert not [content for content in kept if b"geheim" in content]


def test_what_another_run_has_landed_since_is_not_landed_over_it(desk: Catalog, inbox: Path, home: Path) -> None:
    """Night 1 reads R1 and stands still; R2 lands by hand; the old reading must not put the table back."""
    read(desk, inbox, home, "night 1", "unit", "report")
    write(inbox, "R2")
    extract.run(catalog=desk, source="desk", location=str(inbox), home=home)
    result = landed(desk, inbox, home, "night 1")
    assert result.silent == {"desk": "2 of 2 tables: another run landed load 1 while it was read"}
    conform.run(catalog=desk, home=home)
    assert query(home, RECORDS) == [("A1",), ("R2",)]


@pytest.mark.parametrize(("earlier", "loads"), [(lambda at: at, []), (lambda at: at.replace(year=at.year - 1), [2])])
def test_that_nothing_is_new_is_a_load_once_a_period_may_have_closed(
    desk: Catalog, inbox: Path, home: Path, earlier: Callable[[datetime], datetime], loads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    read(desk, inbox, home, "night 1", "unit", "report")
    landed(desk, inbox, home, "night 1")
    path = next(home.glob("raw/desk/manifest/*.json"))
    manifest: dict[str, Any] = json.loads(path.read_text())
    for table in manifest["tables"].values():
        table["read_at"] = earlier(datetime.fromisoformat(table["read_at"])).isoformat()
    path.write_text(json.dumps(manifest))
    if not loads:  # should the clock pass a midnight or 06:00 of Shanghai just now
        monkeypatch.setattr(Watch, "passed", lambda watch, since, until: (until - since).days > 1)
    read(desk, inbox, home, "night 2", "unit", "report")
    assert landed(desk, inbox, home, "night 2").loads == loads


def test_a_table_that_was_read_before_a_period_closed_makes_the_next_reading_a_load(desk: Catalog, inbox: Path, home: Path) -> None:
    """Last night's reading of the units lies before the closing, that of the reports after it: the units are to be known as of tonight."""
    read(desk, inbox, home, "night 1", "unit", "report")
    landed(desk, inbox, home, "night 1")
    path = next(home.glob("raw/desk/manifest/*.json"))
    manifest = json.loads(path.read_text())
    manifest["tables"]["unit"]["read_at"] = "2026-01-01T00:00:00+00:00"
    path.write_text(json.dumps(manifest))
    read(desk, inbox, home, "night 2", "unit", "report")
    assert landed(desk, inbox, home, "night 2").loads == [2]


@pytest.mark.parametrize(
    ("since", "until", "passed"),
    [
        ("2026-11-01T21:59:59", "2026-11-01T22:00:00", True),  # 06:00 in Shanghai: the cut-off
        ("2026-11-01T22:00:00", "2026-11-02T15:59:59", False),  # 06:00 to 23:59:59 there
        ("2026-11-02T15:59:59", "2026-11-02T16:00:00", True),  # midnight there
        ("2026-11-02T16:00:00", "2026-11-02T21:59:59", False),  # 00:00 to 05:59:59
        ("2026-11-01T22:00:00", "2026-11-05T22:00:00", True),
    ],
)
def test_periods_close_at_midnight_and_at_the_cutoff(since: str, until: str, passed: bool) -> None:
    watch = Watch(ZoneInfo("Asia/Shanghai"), time(6))
    assert watch.passed(*(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until))) is passed


def test_what_a_run_that_died_has_read_is_swept_after_some_days(desk: Catalog, inbox: Path, home: Path) -> None:
    for run in ("dead", "slow"):
        read(desk, inbox, home, run, "unit")
    dead = RawStore(home).arriving("desk", "dead")
    long_ago = datetime(2026, 1, 1).timestamp()
    for path in (*dead.glob("*"), dead):
        os.utime(path, (long_ago, long_ago))
    landed(desk, inbox, home, "night 1")
    assert not dead.exists()
    assert RawStore(home).arriving("desk", "slow").exists()


# --- what is validated ----------------------------------------------------------------------------------------------------------


def test_a_source_is_known_as_of_its_table_that_was_read_first(desk: Catalog, inbox: Path, home: Path) -> None:
    read(desk, inbox, home, "night 1", "unit", "report")  # one after the other
    landed(desk, inbox, home, "night 1")
    moments = {name: datetime.fromisoformat(table.read_at or "") for name, table in RawStore(home).loads()[0].tables.items()}
    assert moments["unit"] < moments["report"]
    first = moments["unit"].astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
    assert covered(desk, home, 1) == {"desk": first.isoformat()}
    assert Validated(1, {"desk": first.isoformat()}).late(first) == []
    assert Validated(1, {"desk": first.isoformat(), "box": None}).late(first.replace(microsecond=999_999)) == ["desk", "box"]


def test_nobody_waits_for_a_table_that_is_no_longer_described(desk: Catalog, inbox: Path, home: Path, tmp_path: Path) -> None:
    read(desk, inbox, home, "night 1", "unit", "report")
    landed(desk, inbox, home, "night 1")
    path = next(home.glob("raw/desk/manifest/*.json"))
    path.write_text(path.read_text().replace('"read_at": "20', '"read_at": "19'))  # a hundred years ago
    assert str(covered(desk, home, 1)["desk"]).startswith("19")
    fewer = standard(tmp_path / "fewer", {"desk": {"kind": "files", "tables": {"unit": TABLES["unit"]}}})
    read(fewer, inbox, home, "night 2", "unit")
    landed(fewer, inbox, home, "night 2")
    assert str(covered(fewer, home, 2)["desk"]).startswith("20")
    assert covered(desk, home, 2) != covered(fewer, home, 2)  # described again, it is late again


def test_what_was_known_of_the_readings_at_a_load(desk: Catalog, inbox: Path, home: Path) -> None:
    """Night 1 reads both tables, night 2 none: the load of night 1 knows of no failure, that of night 2 of no later reading."""
    read(desk, inbox, home, "night 1", "unit", "report")
    for run in ("night 1", "night 2"):
        landed(desk, inbox, home, run)
    conform.run(catalog=desk, home=home)
    with open_warehouse(home, read_only=True) as engine:
        one, two = knowledge.readings(engine, 1), knowledge.readings(engine, 2)
    assert one.failed_at == {"report": None, "unit": None}
    assert None not in one.read_at.values()
    assert two.read_at == one.read_at
    assert all(at is not None and at > (one.read_at[table] or at) for table, at in two.failed_at.items())


def test_a_damaged_source_does_not_hold_up_the_others(tmp_path: Path, inbox: Path, home: Path) -> None:
    both = standard(
        tmp_path / "both",
        {
            "box": {"kind": "files", "tables": {"report": {"into": "report"}}},
            "desk": {"kind": "files", "tables": {"unit": {"into": "unit", "is_reference": True}}},
        },
    )
    for source, table in (("box", "report"), ("desk", "unit")):
        extract.read_table(catalog=both, source=source, table=table, location=str(inbox), home=home, run="night 1")
    (home / "raw" / "box" / "manifest").mkdir()
    (home / "raw" / "box" / "manifest" / "00000001.json").write_text("half a mani")
    with pytest.raises(ExtractError, match="not a manifest"):
        RawStore(home).loads_of("box")
    result = land.run(catalog=both, home=home, run="night 1", locations=dict.fromkeys(("box", "desk"), str(inbox)))
    assert result.loads == [2]
    assert "not a manifest" in result.silent["box"]
