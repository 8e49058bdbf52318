"""report.history: the last periods of one column, as they were last tabulated."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.errors import DefinitionError
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages import publish, release_forms
from policestats.stages.release_history import last_periods
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, PERIOD, PROVINCE, SILENT, STATION_1, definitions, tabulated
from tests.support.html_page import parsed


def told(folder: Path, form: str, unit: str, row: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "statistics.duckdb"), read_only=True) as connection:
        return connection.execute(
            "SELECT period, column_code, value, status FROM report.history WHERE form_id = ? AND unit_code = ? AND row_code = ? ORDER BY period",
            [form, unit, row],
        ).fetchall()


def test_periods_that_were_tabulated_are_told_and_others_leave_no_row(release: Published) -> None:
    folder = release.result.folder
    # September and October were tabulated; case7 in September, case1 and case2 in October. FILED is the first printed base column.
    assert told(folder, "T01", STATION_1, "T") == [("2026-09", "FILED", Decimal(1), "auto"), (PERIOD, "FILED", Decimal(2), "auto")]
    assert told(folder, "T01", STATION_1, "R07") == [("2026-09", "FILED", Decimal(0), "auto"), (PERIOD, "FILED", Decimal(1), "auto")]
    # the station delivered nothing in October: a zero in September, no figure in October
    assert told(folder, "T01", SILENT, "T") == [("2026-09", "FILED", Decimal(0), "auto"), (PERIOD, "FILED", None, "missing")]
    assert told(folder, "T01", COUNTY_2, "T") == [("2026-09", "FILED", Decimal(0), "auto"), (PERIOD, "FILED", Decimal(0), "partial")]
    # X01 names its column
    assert [column for _, column, _, _ in told(folder, "X01", COUNTY_1, "R06")] == ["FILED_M", "FILED_M"]


def test_the_page_draws_what_the_table_tells(release: Published) -> None:
    page = parsed(release.result.folder / "html" / "T01.html")
    gaps = "–; " * 11  # thirteen months to October, of which September and October were tabulated
    assert page.courses[STATION_1, "T"].endswith(f"|{gaps}1; 2|")
    assert page.courses[SILENT, "T"].endswith(f"|{gaps}0; –|")
    assert page.courses[COUNTY_2, "T"].endswith(f"|{gaps}0; 0*|")
    assert "2025-10 – 2026-10" in page.courses[STATION_1, "T"]


def test_only_units_with_a_table_are_told(home: Path, small: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_forms, "MOST_TABLES", 12)  # there are 13 units
    result = publish.run(catalog=small, home=home, period=PERIOD)
    assert told(result.folder, "T01", STATION_1, "T") == []
    assert len(told(result.folder, "T01", PROVINCE, "T")) == 1


def test_an_earlier_month_made_again_shows_in_the_next_release(home: Path, small: Catalog) -> None:
    tabulated(home, small, "2026-09")
    publish.run(catalog=small, home=home, period=PERIOD)
    with open_warehouse(home) as engine:
        engine.execute("DELETE FROM core.criminal_case_version WHERE case_no = 'case7'")  # the only case of September
    tabulated(home, small, "2026-09")
    again = publish.run(catalog=small, home=home, period=PERIOD)
    assert again.changed == [
        "no figure, status or definition; only other tables (data quality, deliveries, units, code lists, earlier periods) differ"
    ]
    assert [value for _, _, value, _ in told(again.folder, "T01", STATION_1, "T")] == [Decimal(0), Decimal(2)]


def test_a_week_is_followed_by_weeks_across_the_year() -> None:
    weeks = last_periods(ReferencePeriod.parse("2026-W02"))
    assert (len(weeks), weeks[0], weeks[-3:]) == (13, "2025-W42", ["2025-W52", "2026-W01", "2026-W02"])  # 2025 has 52 weeks: 11 + 2


def test_a_form_draws_a_printed_column_of_its_own(tmp_path: Path) -> None:
    catalog = definitions(tmp_path / "definitions")
    path = tmp_path / "definitions" / "report_templates" / "cn" / "T01.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "sparkline: CHARGES\n", encoding="utf-8")
    form = load_forms(catalog)["T01"]
    column = form.drawn_column("month")
    assert column is not None
    assert column.code == "CHARGES"
    for wrong in ("HIDDEN", "CHARGE"):
        path.write_text(text + f"sparkline: {wrong}\n", encoding="utf-8")
        with pytest.raises(DefinitionError, match=rf"T01.yaml:\d+: sparkline names the column '{wrong}', which is not printed"):
            load_forms(catalog)
