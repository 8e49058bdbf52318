"""The stages as a scheduler calls them: which tables are read, what an alert keeps, which period a run reports and which loads it knows."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from policestats.errors import PeriodError, StatisticsError
from policestats.stages import scheduled
from policestats.stages.alerts import ALERTS, Alert, alert
from policestats.stages.validated import Validated
from tests.stages.small import csv_text, standard

DESK = {"kind": "files", "tables": {"report": {"into": "report"}}}
WRONG = {"kind": "files", "tables": {"unit": {"into": "unit", "drop": ["unit_code"]}}}  # drops what it maps
NOW = "2026-11-02 06:30:00+08:00"


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home, and definitions with two sources of which one is described wrongly. Returns: the home."""
    standard(tmp_path / "definitions", {"desk": DESK, "box": WRONG})
    home = tmp_path / "home"
    home.mkdir()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "report.csv").write_text(csv_text(["report_no"], [{"report_no": "R1"}]))
    found = {"HOME": home, "DEFINITIONS": tmp_path / "definitions", "STANDARD": "tiny", "SOURCE_DESK": inbox, "SOURCE_BOX": inbox}
    for name, value in found.items():
        monkeypatch.setenv(f"POLICESTATS_{name}", str(value))
    return home


def alerts(home: Path) -> list[dict[str, Any]]:
    path = home / ALERTS
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def test_a_wrong_description_costs_its_own_source_alone(scheduler: Path) -> None:
    assert scheduled.tables() == [{"source": "desk", "table": "report"}]
    result = scheduled.land(run_id="night 1")
    assert "box.yaml:1: tables.unit: the column 'unit_code' must never land" in result["silent"]["box"]
    assert {a["text"].partition(":")[0] for a in alerts(scheduler) if a["kind"] == "silent source"} == {"box", "desk"}


class Task:
    """What the notifier reads of a task."""

    dag_id, task_id, map_index = "extract_sources", "read_table", 3


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("first line\nsecond line"), "first line"),
        (AssertionError(), "AssertionError"),
        (ValueError("  "), "ValueError"),
        (None, "the task was ended"),
    ],
)
def test_a_failed_task_is_told_whatever_its_error_says(scheduler: Path, error: Exception | None, told: str) -> None:
    Alert().notify({"ti": Task, "exception": error})
    assert [(a["kind"], a["text"]) for a in alerts(scheduler)] == [("task failed", f"extract_sources.read_table[3]: {told}")]


def test_alerts_are_added_to_the_file(scheduler: Path) -> None:
    alert("one", "第一", run_id="a")
    alert("two", "second\nline")
    assert [(a["kind"], a["text"], a.get("run_id")) for a in alerts(scheduler)] == [("one", "第一", "a"), ("two", "second\nline", None)]


@pytest.mark.parametrize(
    ("frequency", "at", "period", "moment"),
    [
        ("month", NOW, "2026-10", "2026-11-02T06:00:00"),  # day 2, 06:00: the cut-off of the standard
        ("month", "2026-10-31 16:30:00+00:00", "2026-10", "2026-11-02T06:00:00"),  # half past midnight of 1 November in Shanghai
        ("month", "2026-10-31 15:30:00+00:00", "2026-09", "2026-10-02T06:00:00"),
        ("day", NOW, "2026-11-01", "2026-11-02T00:00:00"),
        ("day", "2026-11-01 16:30:00+00:00", "2026-11-01", "2026-11-02T00:00:00"),
    ],
)
def test_the_period_that_ended_last_by_the_clock_of_the_standard(
    scheduler: Path, frequency: str, at: str, period: str, moment: str
) -> None:
    found = scheduled.asked(frequency, at)
    assert (found.home, found.period.text, found.moment, found.as_of) == (scheduler, period, moment, None)


def test_what_is_asked_for_stands(scheduler: Path) -> None:
    found = scheduled.asked("month", NOW, {"period": "2026-03", "as_of": 0})
    assert (found.period.text, found.moment, found.as_of) == ("2026-03", "2026-04-02T06:00:00", 0)
    with pytest.raises(PeriodError, match="2026-Q1 is a quarter; this DAG reports a month"):
        scheduled.asked("month", NOW, {"period": "2026-Q1"})


def test_what_is_known_when_a_month_is_reported(scheduler: Path) -> None:
    with pytest.raises(StatisticsError, match="nothing has been validated yet"):
        scheduled.known("month", NOW)
    assert not scheduled.is_covered(scheduler, "2026-11-02T06:00:00")
    assert scheduled.known("month", NOW, {"as_of": 3})["as_of"] == 3  # needs nobody's validation
    Validated(7, {"desk": "2026-11-02T06:00:00", "box": "2026-11-02T05:59:59"}).write(scheduler)
    assert not scheduled.is_covered(scheduler, "2026-11-02T06:00:00")
    assert scheduled.known("month", NOW) == {"period": "2026-10", "periods": ["2026-10"], "as_of": 7, "late": ["box"]}
    assert [(a["kind"], a["text"]) for a in alerts(scheduler)] == [("sources late", "2026-10 is reported without box")]
    assert scheduled.known("month", NOW, {"as_of": 3})["late"] == []
    assert len(alerts(scheduler)) == 1
    Validated(8, {"desk": "2026-11-02T06:00:00", "box": "2026-11-02T06:00:00"}).write(scheduler)
    assert scheduled.is_covered(scheduler, "2026-11-02T06:00:00")
    assert scheduled.known("month", NOW)["late"] == []


@pytest.mark.parametrize(
    ("frequency", "period", "ending"),
    [
        ("month", "2026-12", ["2026", "2026-H2", "2026-Q4", "2026-12"]),
        ("month", "2026-06", ["2026-H1", "2026-Q2", "2026-06"]),
        ("month", "2026-09", ["2026-Q3", "2026-09"]),
        ("month", "2026-08", ["2026-08"]),
        ("day", "2026-11-01", ["2026-W44", "2026-11-01"]),  # a Sunday
        ("day", "2026-11-02", ["2026-11-02"]),
    ],
)
def test_the_periods_that_end_together_the_longest_first(scheduler: Path, frequency: str, period: str, ending: list[str]) -> None:
    Validated(1, {"desk": datetime(2027, 1, 1).isoformat()}).write(scheduler)
    assert scheduled.known(frequency, NOW, {"period": period})["periods"] == ending


@pytest.mark.parametrize(
    ("read_at", "covered"),
    [
        ({}, True),
        ({"desk": "2026-11-02T06:00:00"}, True),
        ({"desk": "2026-11-02T05:59:59.999999"}, False),
        ({"desk": "2026-11-02T06:00:00", "staff": None}, False),  # never read whole
    ],
)
def test_what_is_waited_for(scheduler: Path, read_at: dict[str, str | None], covered: bool) -> None:
    moment = scheduled.asked("month", NOW).moment
    assert not scheduled.is_covered(scheduler, moment)  # nothing is validated yet
    Validated(3, read_at).write(scheduler)
    assert scheduled.is_covered(scheduler, moment) is covered
