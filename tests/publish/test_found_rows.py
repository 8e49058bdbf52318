"""A release with rows found in the data: stations within each county, named by the units table."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

import policestats
from policestats.errors import ReleaseError
from policestats.releases import trace
from policestats.stages import explain, publish
from tests.publish.standards import COUNTY_1, COUNTY_2, PERIOD, PROVINCE, STATION_1, STATION_2, definitions, tabulated, warehouse

_FOUND = """  - id: by_station
    at_level: county
    rows: {dynamic: filing_unit_code, labels: {table: unit, code: unit_code, zh: name_zh, en: name_en}}
checks:"""


@pytest.mark.slow
def test_a_release_shows_found_rows_at_their_unit_only(tmp_path: Path) -> None:
    catalog = definitions(tmp_path / "definitions")
    template = tmp_path / "definitions" / "report_templates" / "cn" / "T01.yaml"
    lines = [line for line in template.read_text(encoding="utf-8").split("\n") if "RECEIVED" not in line]  # it has no such dimension
    template.write_text("\n".join(lines).replace("checks:", _FOUND), encoding="utf-8")
    home = tmp_path / "home"
    warehouse(home, catalog)
    tabulated(home, catalog, PERIOD)
    result = publish.run(catalog=catalog, home=home, period=PERIOD)

    frame = policestats.read_form("T01", home=home, unit=COUNTY_1)
    assert list(frame["row_code"][-2:]) == [f"by_station/{STATION_1}", f"by_station/{STATION_2}"]
    assert list(frame["FILED"][-2:]) == [2, 1]  # case1 and case2; case3
    assert list(frame["SHARE"].astype(float).round(2)[-2:]) == [66.67, 33.33]
    assert frame["ALL_ONLY"].isna()[len(frame) - 1]  # a column of the total alone
    assert list(frame["row_label_zh"][-2:]) == ["东一县一所", "东一县二所"]
    assert not any("/" in code for code in policestats.read_form("T01", home=home, unit=PROVINCE)["row_code"])
    every = policestats.read_form("T01", home=home, wide=False)
    assert len(every) == (13 * 12 + 3) * 5  # units, rows and three found rows, printed columns

    records = trace("T01", f"by_station/{STATION_1}", "FILED", COUNTY_1, home=home)
    assert sorted(records["record_key"]) == ["case1", "case2"]
    with pytest.raises(ReleaseError, match="has cells only in the rows T"):
        trace("T01", f"by_station/{STATION_1}", "ALL_ONLY", COUNTY_1, home=home)
    with pytest.raises(ReleaseError, match="has no figure to trace"):
        trace("T01", f"by_station/{STATION_1}", "FILED", PROVINCE, home=home)
    told = explain.run(catalog=catalog, home=home, form="T01", row=f"by_station/{STATION_1}", column="FILED", period=PERIOD, unit=COUNTY_1)
    assert (told.records, told.value) == (2, f"{COUNTY_1} 2026-10: 2")
    assert f"Row: records whose filing_unit_code is {STATION_1}; found in the data of units of the level county" in told.lines[1]

    sheet = load_workbook(result.folder / "forms" / "T01.xlsx").worksheets[1]
    band, shown = "", []
    for label, _, code, *_ in sheet.iter_rows(values_only=True):
        if code is None and label:
            band = str(label).strip("　").partition("　")[0]
        elif str(code).startswith("by_station/"):
            shown.append(band)
    assert list(dict.fromkeys(shown)) == ["东一县", "西一县"]  # no station of the third county filed a case
    page = (result.folder / "html" / "T01.html").read_text(encoding="utf-8")
    sections = {part[:12]: part for part in page.split('id="u-')[1:]}
    assert f'data-row="by_station/{STATION_1}"' in sections[COUNTY_1]
    assert "by_station/" not in sections[PROVINCE] + sections[COUNTY_2]
