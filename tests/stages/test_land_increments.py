"""Files delivered in increments, landed by the scheduler: a load each, whole with the last, and what of them a refused load holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog
from policestats.errors import ConformError, ExtractError
from policestats.landing.committing import Watch
from policestats.landing.raw import Manifest, RawStore
from policestats.stages import conform
from policestats.stages.land import LandResult
from tests.stages.small import REPORT_COLUMNS, UNIT_COLUMNS, csv_text, query, standard
from tests.stages.test_land import READ, RECORDS, TABLES, covered, inbox, landed, read

__all__ = ["inbox"]


@pytest.fixture
def monthly(tmp_path: Path) -> Catalog:
    """The same, with a file of reports for each month."""
    each = {"into": "report", "file": "report-*.csv", "delivers": "increments"}
    return standard(tmp_path / "definitions", {"desk": {"kind": "files", "tables": {**TABLES, "report": each}}})


def deliver(folder: Path, month: int, *reports: str) -> None:
    (folder / f"report-{month:02d}.csv").write_text(csv_text(REPORT_COLUMNS, [{"report_no": no} for no in reports]))


def test_a_table_of_which_a_delivered_file_cannot_be_read_was_not_read(monthly: Catalog, inbox: Path, home: Path) -> None:
    """The file before it lands; that the table came whole is not said until the broken one has."""
    deliver(inbox, 1, "R1")
    deliver(inbox, 2, "R2")
    broken = inbox / "report-02.csv"
    broken.write_text(broken.read_text() + "R3\n")  # a line of one field
    read(monthly, inbox, home, "night 1", "unit")
    with pytest.raises(ExtractError, match=r"report-02\.csv:3"):
        read(monthly, inbox, home, "night 1", "report")
    result = landed(monthly, inbox, home, "night 1")
    assert (result.loads, result.silent["desk"][:17]) == ([1], "1 of 2 tables: so")
    assert covered(monthly, home, 1) == {"desk": None}
    assert query(home, RECORDS) == [("A1",), ("R1",)]
    deliver(inbox, 2, "R2", "R3")
    read(monthly, inbox, home, "night 2", "unit", "report")
    assert landed(monthly, inbox, home, "night 2") == LandResult([2], {})
    assert covered(monthly, home, 2)["desk"] is not None
    assert query(home, RECORDS) == [("A1",), ("R1",), ("R2",), ("R3",)]


def test_killed_between_two_files_it_says_that_the_table_is_not_whole(
    monthly: Catalog, inbox: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(inbox, 1, "R1")
    deliver(inbox, 2, "R2")
    read(monthly, inbox, home, "night 1", "unit", "report")
    commit = RawStore.commit

    def killed(store: RawStore, *given: Any) -> Manifest:
        if store.loads():
            raise KeyboardInterrupt
        return commit(store, *given)

    with monkeypatch.context() as patch:
        patch.setattr(RawStore, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            landed(monthly, inbox, home, "night 1")
    assert landed(monthly, inbox, home, "night 1") == LandResult([1], {"desk": "1 of 2 tables: more of its files come with later loads"})
    assert covered(monthly, home, 1) == {"desk": None}
    read(monthly, inbox, home, "night 2", "unit", "report")
    assert landed(monthly, inbox, home, "night 2") == LandResult([2], {})
    assert covered(monthly, home, 2)["desk"] is not None
    assert query(home, RECORDS) == [("A1",), ("R1",), ("R2",)]


def test_several_files_of_one_night_are_whole_with_the_last(monthly: Catalog, inbox: Path, home: Path) -> None:
    deliver(inbox, 1, "R1")
    deliver(inbox, 2, "R2")
    read(monthly, inbox, home, "night 1", "unit", "report")
    assert landed(monthly, inbox, home, "night 1") == LandResult([1, 2], {})
    assert covered(monthly, home, 1) == {"desk": None}
    assert covered(monthly, home, 2)["desk"] is not None


def test_a_table_that_comes_whole_is_compared_with_its_last_rows(
    monthly: Catalog, inbox: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The units came with load 1; load 2, of the second file alone, says that they brought nothing."""
    deliver(inbox, 1, "R1")
    deliver(inbox, 2, "R2")
    read(monthly, inbox, home, "night 1", "unit", "report")
    landed(monthly, inbox, home, "night 1")
    monkeypatch.setattr(Watch, "passed", lambda *_: False)  # should the clock pass a midnight or 06:00 of Shanghai just now
    read(monthly, inbox, home, "night 2", "unit", "report")
    assert landed(monthly, inbox, home, "night 2") == LandResult([], {})


def test_what_a_refused_load_brought_is_not_lost_when_the_next_one_lacks_its_table(monthly: Catalog, inbox: Path, home: Path) -> None:
    """Night 2 brings R2 and units in a circle; in night 3 the units are right, and no report is read. R2 comes with night 3."""
    deliver(inbox, 1, "R1")
    read(monthly, inbox, home, "night 1", "unit", "report")
    landed(monthly, inbox, home, "night 1")
    conform.run(catalog=monthly, home=home)
    deliver(inbox, 2, "R2")
    right = (inbox / "unit.csv").read_text()
    circle = [{"unit_code": one, "valid_from": "2026-01-01", "parent_unit_code": other} for one, other in (("A1", "B1"), ("B1", "A1"))]
    (inbox / "unit.csv").write_text(csv_text(UNIT_COLUMNS, circle))
    read(monthly, inbox, home, "night 2", "unit", "report")
    landed(monthly, inbox, home, "night 2")
    with pytest.raises(ConformError, match="cycle"):
        conform.run(catalog=monthly, home=home)
    (inbox / "unit.csv").write_text(right)
    read(monthly, inbox, home, "night 3", "unit")
    landed(monthly, inbox, home, "night 3")
    conform.run(catalog=monthly, home=home)
    for rebuild in (False, True):
        conform.run(catalog=monthly, home=home, rebuild=rebuild)
        assert query(home, RECORDS) == [("A1",), ("R1",), ("R2",)]
        assert query(home, "SELECT known_from FROM core.report_version WHERE report_no = 'R2'") == [(3,)]
        assert query(home, f"SELECT table_name, load_id, count(*), count(reason) FROM ({READ}) GROUP BY ALL ORDER BY ALL") == [
            ("report", 1, 1, 0),
            ("report", 3, 2, 1),  # read in night 2, not in night 3
            ("unit", 1, 1, 0),
            ("unit", 3, 2, 0),
        ]
