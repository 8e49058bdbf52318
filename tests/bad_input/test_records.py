"""Bad records are counted where they belong and told as issues: the totals equal the records."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from policestats.catalog import Catalog
from policestats.stages import conform, extract, tabulate, validate
from policestats.stages.extract import ExtractResult
from policestats.stages.tabulate import TabulateResult
from policestats.stages.validate import ValidateResult
from tests.bad_input.homes import PERIOD, ask, cells, desk, post, statuses
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, UNKNOWN, Row, move, theft

THEFTS = [
    theft("good", "2026-02-10", NORTH_1, loss_yuan="100"),
    theft("no such day", "2026-02-30", NORTH_1, loss_yuan="1", entered_at="2026-03-01 09:00:00"),
    theft("negative", "2026-02-11", NORTH_1, loss_yuan="-5.5"),
    theft("unknown kind", "2026-02-12", NORTH_1, "K77"),
    theft("unknown unit", "2026-02-13", "991111111111"),
    theft("nothing known", "2026-02-14", None, None),
    theft("no number", "2026-02-15", NORTH_2, loss_yuan="a lot"),
]
Done = tuple[Path, list[ExtractResult], conform.ConformResult, ValidateResult, TabulateResult]


def run(office: Catalog, tmp_path: Path, thefts: list[Row]) -> Done:
    home = tmp_path / "home"
    landed = [
        extract.run(catalog=office, source="desk", location=desk(tmp_path / "desk.sqlite", office, thefts), home=home),
        extract.run(
            catalog=office,
            source="post",
            location=post(tmp_path / "post.zip", [move("m", "good", "2026-02-20", NORTH_1, NORTH_2)]),
            home=home,
        ),
    ]
    merged = conform.run(catalog=office, home=home)
    return home, landed, merged, validate.run(catalog=office, home=home), tabulate.run(catalog=office, home=home, period=PERIOD)


def test_nothing_is_lost_and_everything_is_told(office: Catalog, tmp_path: Path) -> None:
    home, _, merged, judged, made = run(office, tmp_path, THEFTS)
    # what could not be read: a day and an amount; the records stand without them
    assert merged.inserted["theft"] == len(THEFTS)
    assert ask(home, "SELECT record_key, column_name, raw_value FROM core.cast_issue ORDER BY ALL") == [
        ("no number", "loss_yuan", "a lot"), ("no such day", "filed_on", "2026-02-30"),
    ]  # fmt: skip
    assert merged.issues == 2
    # seven records: one has no day and belongs to no month; the other six are counted, each somewhere
    assert cells(home, "FILED") == {PROVINCE: 6, NORTH: 4, NORTH_1: 3, NORTH_2: 1, UNKNOWN: 2}
    assert {row: cells(home, "FILED", row).get(PROVINCE, 0) for row in ("KA", "K1", "K2", "K9")} == {"KA": 4, "K1": 4, "K2": 0, "K9": 2}
    assert cells(home, "LOSS")[PROVINCE] == Decimal("94.5")  # 100 - 5.5, as delivered; an amount that is none adds nothing
    assert made.failed_errors == 0
    # each bad record is an issue, by name
    issues = ask(home, "SELECT rule_id, record_key FROM quality.issue WHERE status = 'open' AND table_name = 'theft' ORDER BY ALL")
    assert [i for i in issues if not i[0].startswith("cast.")] == [
        ("has_day", "no such day"), ("known_kind", "unknown kind"), ("known_unit", "unknown unit"), ("loss_not_negative", "negative"),
    ]  # fmt: skip
    assert [i for i in issues if i[0].startswith("cast.")] == [("cast.filed_on", "no such day"), ("cast.loss_yuan", "no number")]
    assert judged.issues_open == 6
    assert judged.failed_errors == []


def test_a_corrected_record_closes_its_issues_and_is_counted(office: Catalog, tmp_path: Path) -> None:
    home, *_ = run(office, tmp_path, [theft("1", "2026-02-30", NORTH_1, "K77", entered_at="2026-03-01 09:00:00")])
    assert cells(home, "FILED") == {}
    _, _, _, judged, _ = run(office, tmp_path, [theft("1", "2026-02-28", NORTH_1, "K1", entered_at="2026-03-01 09:00:00")])
    assert cells(home, "FILED") == {PROVINCE: 1, NORTH: 1, NORTH_1: 1}
    assert (judged.issues_open, judged.issues_closed) == (0, 3)  # has_day, known_kind, cast


def test_an_empty_table_is_a_quiet_month_and_is_said(office: Catalog, tmp_path: Path) -> None:
    home, landed, *_, made = run(office, tmp_path, [])
    assert landed[0].issues == ["desk.theft: the table is empty; zero rows are a delivery"]
    assert landed[0].rows["theft"] == 0
    assert set(statuses(home, "FILED").values()) == {"auto"}  # every station uploaded the month
    assert cells(home, "FILED") == {}
    assert made.failed_errors == 0


def test_an_empty_table_that_nobody_uploaded_is_missing(office: Catalog, tmp_path: Path) -> None:
    home = tmp_path / "home"
    location = desk(tmp_path / "desk.sqlite", office, [])
    with sqlite3.connect(location) as connection:
        connection.execute("DELETE FROM upload WHERE period = '2026-02'")
    connection.close()
    extract.run(catalog=office, source="desk", location=location, home=home)
    conform.run(catalog=office, home=home)
    tabulate.run(catalog=office, home=home, period=PERIOD)
    assert set(statuses(home, "FILED").values()) == {"missing"}


@pytest.mark.parametrize("day", ["2026-02-29", "2026-13-01", "30.02.2026", "yesterday", ""])
def test_a_day_that_is_none_belongs_to_no_month(office: Catalog, tmp_path: Path, day: str) -> None:
    home = tmp_path / "home"
    record = theft("1", "2026-02-10", NORTH_1) | {"filed_on": day}
    extract.run(catalog=office, source="desk", location=desk(tmp_path / "desk.sqlite", office, [record]), home=home)
    merged = conform.run(catalog=office, home=home)
    assert ask(home, "SELECT theft_no, filed_on FROM core.theft") == [("1", None)]
    assert merged.issues == (1 if day else 0)  # an empty field is empty, not wrong
