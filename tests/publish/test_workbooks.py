"""The workbooks of a release: figures as computed by hand, numbers as numbers, furniture, marks, print settings, and no text that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from policestats.errors import ReleaseError
from policestats.reports.writers.excel import ALL_UNITS, CONTENTS
from policestats.stages import print_forms
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, PROVINCE, SILENT, STATION_1, UNKNOWN
from tests.publish.test_printed import COLUMNS, EXPECTED

#: label, English, code; then figures
FIRST = 4


def line_of(sheet: Worksheet, text: str, column: int, after: int = 1) -> int:
    """Return the first line at or below ``after`` whose cell in ``column`` holds ``text``."""
    return next(i for i in range(after, sheet.max_row + 1) if text in str(sheet.cell(i, column).value))


def figures(sheet: Worksheet, line: int) -> list[object]:
    return [sheet.cell(line, FIRST + i).value for i in range(len(COLUMNS))]


@pytest.fixture(scope="module")
def of_form(release: Published) -> dict[str, Worksheet]:
    """Return the sheets of the form's workbook."""
    book = load_workbook(release.result.folder / "forms" / "T01.xlsx")
    return {s.title: s for s in book.worksheets}


@pytest.fixture(scope="module")
def of_unit(release: Published, tmp_path_factory: pytest.TempPathFactory) -> Worksheet:
    """Return T01 of the county in which a station was silent, printed on demand."""
    [path] = print_forms.run(home=release.home, folder=tmp_path_factory.mktemp("print"), units=[COUNTY_2], forms=["T01"], formats=["xlsx"])
    assert path.name == f"{COUNTY_2}.xlsx"
    return load_workbook(path)["T01"]


def test_all_units_stand_below_each_other_with_the_hand_computed_figures(of_form: dict[str, Worksheet]) -> None:
    assert list(of_form) == [CONTENTS, ALL_UNITS]
    sheet = of_form[ALL_UNITS]
    for (unit, row), expected in EXPECTED.items():
        band = line_of(sheet, unit, 1)
        line = next(i for i in range(band, sheet.max_row) if sheet.cell(i, 3).value == row)
        assert figures(sheet, line) == expected, (unit, row)
    assert [c.value for c in sheet[line_of(sheet, "FILED", FIRST)]][FIRST - 1 :] == COLUMNS


def test_the_contents_list_every_unit_in_tree_order_with_its_status_and_link(of_form: dict[str, Worksheet]) -> None:
    contents, sheet = of_form[CONTENTS], of_form[ALL_UNITS]
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
        name, _, cell = place.rpartition("!")
        assert name == f"'{ALL_UNITS}'"
        assert str(code) in str(sheet[cell].value)


def test_figures_are_numbers_with_their_decimals(of_unit: Worksheet) -> None:
    line = line_of(of_unit, "R06", 3)
    count, share = of_unit.cell(line, FIRST), of_unit.cell(line, FIRST + 4)
    assert (count.data_type, count.number_format) == ("n", "#,##0")
    assert (share.value, share.number_format) == ("—", "#,##0.00")


def test_a_sheet_is_headed_numbered_signed_and_noted(of_unit: Worksheet) -> None:
    texts = [str(c.value) for row in of_unit.iter_rows() for c in row if c.value is not None]
    for wanted in (
        "重建模板 v0：官方表式未公开", "东二县", "2026年10月", "2026-10-r1", "Form：T01", "文　　号 Document number：重建稿，无文号",
        "制定机关 Prescribed by：", "有效期至 Valid until：", "单位负责人 Head of unit：", "审核人 Checked by：", "填表人 Filled by：", "报出日期 Date：",
    ):  # fmt: skip
        assert any(wanted in text for text in texts), wanted
    notes = [text for text in texts if text.startswith("注")]
    assert any("部分 [第1–5栏 FILED–SHARE]: 应报" in n and "东二县二所" in n for n in notes)  # who was silent; BEFORE is whole
    assert any("比率按四舍五入" in n for n in notes)
    assert any("<i>脚注</i> | -footnote" in n for n in notes)
    assert any("rows: made <up>" in n for n in notes)  # where rows and columns come from
    numbers = line_of(of_unit, "甲", 1)
    assert [of_unit.cell(numbers, i).value for i in range(3, FIRST + 6)] == ["乙", 1, 2, 3, 4, 5, 6]
    assert [of_unit.cell(numbers - 1, FIRST + i).value for i in range(6)] == ["起", "种", "起", "起", "%", "起"]
    codes = numbers + 1
    assert [of_unit.cell(codes, FIRST + i).value for i in range(6)] == COLUMNS
    assert of_unit.row_dimensions[codes].hidden  # nobody signs codes
    head = of_unit.cell(line_of(of_unit, "项目", 1), FIRST)
    assert str(head.value) == "=立案<u>\n（部分）\n+Filed"
    assert head.comment is not None
    assert "东二县二所" in head.comment.text
    of_which = of_unit.cell(line_of(of_unit, "PENDING", 3), 1)
    assert of_which.value == "其中：罪名待定"
    assert (of_which.alignment.horizontal, of_which.alignment.indent) == ("left", 2)


def test_a_sheet_prints_whole_with_its_heads_on_every_page(of_unit: Worksheet) -> None:
    top, first = line_of(of_unit, "项目", 1), line_of(of_unit, "T", 3, line_of(of_unit, "乙", 3) + 2)
    assert of_unit.freeze_panes == f"D{first}"
    assert of_unit.print_title_rows == f"${top}:${first - 1}"
    last = max(c.row for row in of_unit.iter_rows() for c in row if c.value is not None)
    assert of_unit.print_area == f"'T01'!$A$1:$I${last}"  # three heads and six columns
    assert (of_unit.page_setup.fitToWidth, of_unit.page_setup.fitToHeight) == (1, 0)
    assert of_unit.page_setup.paperSize == 9  # A4


def test_no_text_becomes_a_formula(of_form: dict[str, Worksheet], of_unit: Worksheet) -> None:
    beginnings = set()
    for sheet in [*of_form.values(), of_unit]:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title} {cell.coordinate} {cell.value}"
                if cell.data_type == "s":
                    beginnings.add(str(cell.value)[:1])
    assert {"=", "@"} <= beginnings  # the titles that would be formulas are there, as text


def test_a_long_form_has_a_sheet_for_each_unit(release: Published, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("policestats.reports.writers.excel.MOST_ROWS", 11)  # T01 has 12
    [path] = print_forms.run(home=release.home, folder=tmp_path, forms=["T01"], formats=["xlsx"])
    book = load_workbook(path)
    assert book.sheetnames[:4] == [CONTENTS, "样例省", "东市", "东一县"]
    sheet = book["东一县"]
    assert figures(sheet, line_of(sheet, "R06", 3)) == EXPECTED[COUNTY_1, "R06"]
    assert book[CONTENTS]["B10"].hyperlink.location == "'东一县'!A1"


def test_a_release_holds_the_books_of_its_upper_levels(release: Published) -> None:
    held = sorted(p.name for p in (release.result.folder / "units").iterdir())
    upper = [PROVINCE, "990100000000", "990200000000", UNKNOWN]  # with the counties below them they would be seven, one more than six
    assert held == sorted(f"{unit}.{suffix}" for unit in upper for suffix in ("pdf", "xlsx"))
    book = load_workbook(release.result.folder / "units" / f"{PROVINCE}.xlsx")
    assert book.sheetnames == [CONTENTS, "T01", "X01", "Z01", "Z11"]
    assert [book[CONTENTS].cell(8 + i, 1).value for i in range(4)] == book.sheetnames[1:]


def test_what_is_not_in_the_release_cannot_be_printed(release: Published, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="release 2026-10-r1 has no unit '990101010001'; did you mean 990101010000"):
        print_forms.run(home=release.home, folder=tmp_path, units=["990101010001"])
    with pytest.raises(ReleaseError, match="release 2026-10-r1 has no form 'T02'; did you mean T01"):
        print_forms.run(home=release.home, folder=tmp_path, forms=["T02"])
