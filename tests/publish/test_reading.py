"""read_form, read_quality, read_rates, printed_form: what a notebook and the command line get."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import policestats
from policestats import releases
from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.errors import ReleaseError
from policestats.stages import publish
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, PERIOD, PROVINCE, SILENT, STATION_1


def test_importing_the_package_is_light() -> None:
    code = "import sys, policestats; print(sorted({'pandas', 'duckdb', 'pyarrow'} & set(sys.modules)), callable(policestats.read_form))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"


def test_a_form_of_one_unit_is_wide(release: Published) -> None:
    frame = policestats.read_form("T01", home=release.home, unit=COUNTY_1).set_index("row_code")
    assert len(frame) == 12
    assert list(frame["FILED"][["T", "R06", "R07", "R05"]]) == [3, 2, 1, 0]  # case1, case2, case3; theft case1, case3
    assert str(frame["FILED"].dtype) == "Int64"
    assert frame.loc["R06", "SHARE"] == pytest.approx(66.67)
    assert pd.isna(frame.loc["R06", "ALL_ONLY"])


def test_a_missing_figure_is_missing_and_a_zero_is_zero(release: Published) -> None:
    frame = policestats.read_form("T01", home=release.home, unit=SILENT).set_index("row_code")
    assert pd.isna(frame.loc["T", "FILED"])  # October was not delivered
    assert frame.loc["T", "BEFORE"] == 0  # October a year earlier was


def test_a_form_can_be_long_with_its_statuses(release: Published) -> None:
    frame = policestats.read_form("T01", home=release.home, wide=False)
    assert len(frame) == 13 * 12 * 6  # units, rows, printed columns
    at = frame.set_index(["unit_code", "row_code", "column_code"])
    assert (at.loc[(STATION_1, "T", "FILED"), "value"], at.loc[(STATION_1, "T", "FILED"), "status"]) == (2, "auto")
    assert at.loc[(PROVINCE, "T", "FILED"), "status"] == "partial"
    assert at.loc[(SILENT, "T", "FILED"), "status"] == "missing"
    assert list(frame["row_code"].head(7)) == ["T"] * 6 + ["R01"]


def test_the_rates_are_those_of_the_release(release: Published) -> None:
    frame = policestats.read_rates(home=release.home)
    overall = frame[frame["form_id"].isna()].set_index("rate_id")
    assert set(overall.index) == {"template", "instance", "cell", "cell_nonzero"}
    # automatic at every unit: Z01 and Z11, whose tables all came (and whose error checks hold), of the 35 prescribed
    assert (overall.loc["template", "numerator"], overall.loc["template", "denominator"]) == (2, 35)
    with pytest.raises(ReleaseError, match="no unit '1'"):
        policestats.read_rates(home=release.home, unit="1")


def test_a_form_is_printed_for_a_terminal(release: Published) -> None:
    title, columns, values = releases.printed_form("T01", home=release.home, unit=COUNTY_1)
    assert title == "T01 =1+1<b>试</b>　东一县 East County 1　2026-10"
    assert columns == ["row_code", "row_label_zh", "FILED", "CHARGES", "RECEIVED", "ALL_ONLY", "SHARE", "BEFORE"]
    assert values[0] == ("T", "合计", 3, 2, 0, 3, Decimal("100.00"), 1)
    assert values[6][:2] == ("R06", "盗窃")
    assert [str(v) for v in values[6][2:]] == ["2", "1", "0", "None", "66.67", "1"]
    assert releases.printed_form("T01", home=release.home)[0].endswith("样例省 Sample Province　2026-10")  # the first of the tree


def test_data_quality_is_read_and_its_absence_said(home: Path, small: Catalog) -> None:
    publish.run(catalog=small, home=home, period=PERIOD)
    with pytest.raises(ReleaseError, match=r"this release has no quality\.rate; .*run 'policestats validate'"):
        policestats.read_quality(home=home)
    with open_warehouse(home) as engine:
        engine.execute("CREATE TABLE quality.rate (as_of BIGINT, unit_code VARCHAR, dimension VARCHAR, rate DECIMAL(38,6))")
        engine.execute("INSERT INTO quality.rate VALUES (1, ?, 'completeness', 98.50)", [STATION_1])
    assert publish.run(catalog=small, home=home, period=PERIOD).folder.name == "2026-10-r2"
    frame = policestats.read_quality("rate", home=home)
    assert frame.to_dict("records") == [{"as_of": 1, "unit_code": STATION_1, "dimension": "completeness", "rate": 98.5}]
    with pytest.raises(ReleaseError, match=r"no quality\.rates; did you mean rate\?"):
        policestats.read_quality("rates", home=home)


@pytest.mark.parametrize(("form", "unit", "message"), [("X1", None, r"no form 'X1'; did you mean X01"), ("T01", "99", r"no unit '99'")])
def test_an_unknown_name_is_answered_with_the_nearest(release: Published, form: str, unit: str | None, message: str) -> None:
    with pytest.raises(ReleaseError, match=message):
        policestats.read_form(form, home=release.home, unit=unit)
