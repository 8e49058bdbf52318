"""The workbook: the same figures as the hand-computed ones, and no text that runs."""

from __future__ import annotations

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from policestats.engines.duckdb import open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.reports.writers.excel import CONTENTS, FIRST_COLUMN, FIRST_ROW, HEAD_ROW
from policestats.stages import release_print
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, PERIOD, PROVINCE, SILENT, STATION_1, UNKNOWN

#: Columns printed of T01 (HIDDEN is not) and rows, in order.
COLUMNS = ["FILED", "CHARGES", "RECEIVED", "ALL_ONLY", "SHARE", "BEFORE"]
ROWS = ["T", *(f"R{i:02d}" for i in range(1, 11)), "PENDING"]
#: (unit, row) -> the printed line, from the ledger: theft is R06, fraud R07, no charge R10 and of which PENDING
EXPECTED: dict[tuple[str, str], list[object]] = {
    (STATION_1, "T"): [2, 2, 0, 2, 100, 1],  # case1, case2; case6 a year earlier
    (STATION_1, "R06"): [1, 1, 0, "—", 50, 1],  # ALL_ONLY is of the total alone; 1 of 2
    (STATION_1, "R07"): [1, 1, 0, "—", 50, 0],
    (COUNTY_1, "R06"): [2, 1, 0, "—", 66.67, 1],  # case1, case3 have one charge; 2 of 3 = 66.666...
    (SILENT, "T"): ["缺", "缺", "缺", "缺", "缺", 0],
    (COUNTY_2, "T"): [0, 0, 1, 0, "—", 0],  # move2; no case, no base
    (PROVINCE, "T"): [5, 3, 0, 5, 100, 1],  # case1 to case5; theft, fraud, and "no charge" as a key of its own
    (UNKNOWN, "PENDING"): [1, 1, 0, "—", 100, 0],  # C5
}


@pytest.fixture(scope="module")
def sheets(release: Published) -> dict[str, Worksheet]:
    book = load_workbook(release.result.folder / "forms" / "T01.xlsx")
    return {CONTENTS: book.worksheets[0]} | {str(s["A2"].value).split("(")[1].split(")")[0]: s for s in book.worksheets[1:]}


def test_the_workbook_has_the_hand_computed_figures(sheets: dict[str, Worksheet]) -> None:
    for (unit, row), expected in EXPECTED.items():
        sheet = sheets[unit]
        line = FIRST_ROW + ROWS.index(row)
        assert sheet.cell(line, 1).value == row
        found = [sheet.cell(line, FIRST_COLUMN + i).value for i in range(len(COLUMNS))]
        assert found == expected, (unit, row)
    heads = [sheets[PROVINCE].cell(HEAD_ROW + 3, FIRST_COLUMN + i).value for i in range(len(COLUMNS) + 1)]
    assert heads == [*COLUMNS, None]


def test_figures_are_numbers_with_their_decimals(sheets: dict[str, Worksheet]) -> None:
    line = FIRST_ROW + ROWS.index("R06")
    count, share = sheets[COUNTY_1].cell(line, FIRST_COLUMN), sheets[COUNTY_1].cell(line, FIRST_COLUMN + 4)
    assert (count.data_type, count.number_format) == ("n", "#,##0")
    assert (share.data_type, share.number_format) == ("n", "#,##0.00")


def test_the_contents_list_every_unit_in_tree_order_with_its_status_and_link(sheets: dict[str, Worksheet]) -> None:
    contents = sheets[CONTENTS]
    listed = [(row[0].value, row[4].value, row[1].hyperlink.location) for row in contents.iter_rows(min_row=8, max_col=5)]
    assert [code for code, _, _ in listed] == [
        PROVINCE, "990100000000", COUNTY_1, STATION_1, "990101020000", COUNTY_2, "990102010000", SILENT,
        "990200000000", "990201000000", "990201010000", "990201020000", UNKNOWN,
    ]  # fmt: skip
    status = {code: text for code, text, _ in listed}
    assert status[SILENT] == "缺报 missing"
    assert [status[c] for c in (COUNTY_2, "990100000000", PROVINCE)] == ["部分 partial"] * 3
    assert status[STATION_1] == "自动 automatic"
    for code, _, place in listed:
        assert place == f"'{sheets[code].title}'!A1"


def test_every_sheet_says_what_it_is_and_stays_readable(sheets: dict[str, Worksheet]) -> None:
    sheet = sheets[COUNTY_2]
    texts = [str(c.value) for row in sheet.iter_rows() for c in row if c.value is not None]
    for wanted in ("重建模板 v0：官方表式未公开", f"统计期 Period {PERIOD}", "东二县", "2026-10-r1"):
        assert any(wanted in text for text in texts), wanted
    notes = [text for text in texts if text.startswith("注")]
    assert any("部分" in n and "东二县二所" in n and "应报" in n for n in notes)  # who was silent
    assert any("比率按四舍五入" in n for n in notes)
    assert any("<i>脚注</i> | -footnote" in n for n in notes)
    assert sheet.freeze_panes == "D9"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$5:$8"
    head = sheet.cell(HEAD_ROW, FIRST_COLUMN)
    assert str(head.value).endswith("（部分）")
    assert head.comment is not None
    assert "东二县二所" in head.comment.text
    of_which = sheet.cell(FIRST_ROW + ROWS.index("PENDING"), 2)
    assert of_which.value == "其中：罪名待定"
    assert of_which.alignment.indent == 2


def test_no_text_becomes_a_formula(sheets: dict[str, Worksheet]) -> None:
    beginnings = set()
    for sheet in sheets.values():
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title} {cell.coordinate} {cell.value}"
                if cell.data_type == "s":
                    beginnings.add(str(cell.value)[:1])
    assert {"=", "+"} <= beginnings  # the labels that would be formulas are there, as text


def test_with_many_units_only_the_upper_levels_have_tables(release: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_print, "MOST_TABLES", 12)  # there are 13
    with open_warehouse(release.result.folder, read_only=True, name="statistics.duckdb") as engine:
        pages = release_print.ReleasePrint(engine, release.catalog, ReferencePeriod.parse(PERIOD), {"release": "2026-10-r1"})
        form = load_forms(release.catalog)["T01"]
        printed, tables = pages.form(form), pages.tables(form)
    assert len(printed.units) == 13
    assert [t.unit.code for t in tables] == [PROVINCE, "990100000000", COUNTY_1, COUNTY_2, "990200000000", "990201000000", UNKNOWN]
    assert printed.notice is not None
    assert "6" in printed.notice["zh"]
