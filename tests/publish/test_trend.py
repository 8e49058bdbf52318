"""report.generation_trend: how the rates came about, period by period."""

from __future__ import annotations

from pathlib import Path

import duckdb

import policestats
from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.stages import publish
from tests.publish.conftest import Published
from tests.publish.standards import PERIOD, tabulated

SELECT = "SELECT period, as_of, numerator, denominator FROM report.generation_trend"
OVER_ALL = f"{SELECT} WHERE form_id IS NULL AND level_code IS NULL AND rate_id = 'cell' ORDER BY period"


def read(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(folder / "statistics.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_this_period_and_the_earlier_ones(release: Published) -> None:
    """September was tabulated before October; each line of October is that of report.generation."""
    folder = release.result.folder
    told = read(folder, OVER_ALL)
    assert [(period, as_of) for period, as_of, _, _ in told] == [("2026-09", 1), ("2026-10", 1)]
    columns = "rate_id, form_id, as_of, level_code, numerator, denominator, rate_pct"
    here = read(folder, f"SELECT {columns} FROM report.generation_trend WHERE period = '{PERIOD}' ORDER BY ALL")
    assert here == read(folder, f"SELECT {columns} FROM report.generation WHERE unit_code IS NULL ORDER BY ALL")
    assert {level for (level,) in read(folder, "SELECT DISTINCT level_code FROM report.generation_trend")} >= {None, "station", "county"}
    frame = policestats.read_rates(home=release.home, by="period")
    assert list(frame.loc[frame["form_id"].isna() & (frame["rate_id"] == "cell"), "period"]) == ["2026-09", "2026-10"]


def test_a_later_period_and_another_frequency_stay_out(home: Path, small: Catalog) -> None:
    """November is tabulated before October is published: October's release is what there was up to October."""
    tabulated(home, small, "2026-11", "2026-08")
    with open_warehouse(home) as engine:  # a quarter that was tabulated too
        engine.execute(
            f"INSERT INTO report.generation SELECT * REPLACE ('2026-Q3' AS period) FROM report.generation WHERE period = '{PERIOD}'"
        )
    folder = publish.run(catalog=small, home=home, period=PERIOD).folder
    assert [row[0] for row in read(folder, OVER_ALL)] == ["2026-08", "2026-10"]
    november = publish.run(catalog=small, home=home, period="2026-11").folder
    assert [row[0] for row in read(november, OVER_ALL)] == ["2026-08", "2026-10", "2026-11"]
