"""What the scheduler is told: which tables to read, which period a run reports, what it waits for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policestats import settings
from policestats.catalog import Catalog
from policestats.errors import PeriodError, StatisticsError
from policestats.stages import scheduled
from policestats.stages.validated import Validated
from tests.stages.small import standard


@pytest.fixture
def desk(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """A standard with two sources, at home, as the scheduler's environment names it; its months close on day 2, 06:00, of Shanghai."""
    monkeypatch.setenv(settings.HOME, str(home))
    monkeypatch.setenv(settings.DEFINITIONS, str(tmp_path / "definitions"))
    monkeypatch.setenv(settings.STANDARD, "tiny")
    monkeypatch.setenv("POLICESTATS_SOURCE_DESK", "somewhere")
    monkeypatch.setenv("POLICESTATS_SOURCE_STAFF", "elsewhere")
    return standard(
        tmp_path / "definitions",
        {
            "desk": {"kind": "files", "tables": {"report": {"into": "report"}}},
            "staff": {"kind": "files", "tables": {"unit": {"into": "unit", "is_reference": True}}},
        },
    )


def alerts(home: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (home / "audit" / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_table_of_every_source(desk: Catalog) -> None:
    assert scheduled.tables() == [{"source": "desk", "table": "report"}, {"source": "staff", "table": "unit"}]


def test_a_wrong_description_silences_its_own_source_alone(desk: Catalog, home: Path, tmp_path: Path) -> None:
    path = tmp_path / "definitions" / "schemas" / "tiny" / "sources" / "desk.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("into: report", "into: report\n    drop: [remark]"), encoding="utf-8")  # mapped, and must not land
    assert scheduled.tables() == [{"source": "staff", "table": "unit"}]
    (alert,) = alerts(home)
    assert (alert["kind"], alert["source"]) == ("wrong description", "desk")
    assert "the column 'remark' must never land" in alert["text"]


@pytest.mark.parametrize(
    ("frequency", "at", "params", "period", "moment"),
    [
        # 06:30 in Shanghai on 2 November is 22:30 of the day before in UTC
        ("month", "2026-11-01T22:30:00+00:00", {}, "2026-10", "2026-11-02T06:00:00"),
        ("month", "2026-10-31T15:59:59+00:00", {}, "2026-09", "2026-10-02T06:00:00"),  # still October there
        ("month", "2026-10-31T16:00:00+00:00", {}, "2026-10", "2026-11-02T06:00:00"),
        ("month", "2026-11-01T22:30:00+00:00", {"period": "2025-12"}, "2025-12", "2026-01-02T06:00:00"),
        ("day", "2026-10-03T23:00:00+00:00", {}, "2026-10-03", "2026-10-04T00:00:00"),  # 07:00 on the 4th there
        ("day", "2026-10-03T23:00:00+00:00", {"period": "2026-02-28"}, "2026-02-28", "2026-03-01T00:00:00"),
    ],
)
def test_the_period_of_a_run(desk: Catalog, frequency: str, at: str, params: dict[str, Any], period: str, moment: str) -> None:
    asked = scheduled.asked(frequency, at, params)
    assert (asked.period.text, asked.moment, asked.as_of) == (period, moment, None)


def test_a_period_of_another_frequency_is_refused(desk: Catalog) -> None:
    with pytest.raises(PeriodError, match="period 2026-W41 is a week; this DAG reports a month"):
        scheduled.asked("month", "2026-11-01T22:30:00+00:00", {"period": "2026-W41"})


@pytest.mark.parametrize(
    ("frequency", "period", "periods"),
    [
        ("month", "2026-10", ["2026-10"]),
        ("month", "2026-09", ["2026-Q3", "2026-09"]),  # the longest first, so that the month is published last
        ("month", "2026-06", ["2026-H1", "2026-Q2", "2026-06"]),
        ("month", "2026-12", ["2026", "2026-H2", "2026-Q4", "2026-12"]),
        ("day", "2026-10-03", ["2026-10-03"]),
        ("day", "2026-10-04", ["2026-W40", "2026-10-04"]),  # a Sunday
    ],
)
def test_longer_periods_come_with_the_one_that_ends_them(
    desk: Catalog, home: Path, frequency: str, period: str, periods: list[str]
) -> None:
    home.mkdir()
    Validated(7, {"desk": "2027-01-02T06:07:00"}).write(home)
    known = scheduled.known(frequency, "2027-01-03T00:00:00+00:00", {"period": period})
    assert known == {"period": period, "periods": periods, "as_of": 7, "late": []}


@pytest.mark.parametrize(
    ("read_at", "covered"),
    [
        ({}, True),
        ({"desk": "2026-11-02T06:00:00"}, True),
        ({"desk": "2026-11-02T05:59:59.999999"}, False),
        ({"desk": "2026-11-02T06:00:00", "staff": None}, False),  # never read whole
    ],
)
def test_what_is_waited_for(desk: Catalog, home: Path, read_at: dict[str, str | None], covered: bool) -> None:
    moment = scheduled.asked("month", "2026-11-01T22:30:00+00:00").moment
    assert not scheduled.is_covered(home, moment)  # nothing is validated yet
    home.mkdir()
    Validated(3, read_at).write(home)
    assert scheduled.is_covered(home, moment) is covered


def test_past_the_deadline_the_late_sources_are_told(desk: Catalog, home: Path) -> None:
    at = "2026-11-01T22:30:00+00:00"
    with pytest.raises(StatisticsError, match="nothing has been validated yet; trigger the DAG extract_sources first"):
        scheduled.known("month", at)
    home.mkdir()
    Validated(3, {"desk": "2026-11-01T06:07:00", "staff": "2026-11-02T06:07:00"}).write(home)
    assert scheduled.known("month", at) == {"period": "2026-10", "periods": ["2026-10"], "as_of": 3, "late": ["desk"]}
    (alert,) = alerts(home)
    assert (alert["kind"], alert["text"]) == ("sources late", "2026-10 is reported without desk")
    # what was known at a load is known: nobody is late
    assert scheduled.known("month", at, {"as_of": 2}) == {"period": "2026-10", "periods": ["2026-10"], "as_of": 2, "late": []}
