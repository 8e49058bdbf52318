"""An office's own workbook: its named cells are filled, all else keeps its bytes; and check-templates says what does not match."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName

from policestats.catalog import Catalog
from policestats.errors import DefinitionError
from policestats.reports.writers.layout import fill_layout, read_layout
from policestats.reports.writers.printed import TypedFigure
from policestats.stages import check_templates, print_forms, publish
from tests.publish.standards import PERIOD, STATION_1, definitions, tabulated, warehouse
from tests.publish.test_pdf import printed

NAMES = {
    "c.R0.C0": "'表 一'!$B$4",
    "C.R0.C1": "'表 一'!$C$4",  # names differ in more than their case
    "c.R1.C0": "'表 一'!$B$5",
    "c.R1.C2": "'表 一'!$E$5",  # no such cell in the file yet
    "unit": "'表 一'!$A$2:$C$2",  # merged cells: the first of them
    "period": "Sheet2!$A$1",
}


def workbook(path: Path, names: dict[str, str] = NAMES) -> Path:
    """Write a layout as an office would have it: merged cells, formats, a formula, another sheet, print settings, a condition."""
    book = Workbook()
    sheet, other = book.active, book.create_sheet("Sheet2")
    assert sheet is not None
    sheet.title = "表 一"
    sheet["A1"], sheet["A2"], sheet["A4"], sheet["A5"] = "公安统计", "填报单位", "甲", "乙"
    sheet["B4"], sheet["C4"], sheet["B5"] = 77, "旧字", "旧字"  # left over from the last month
    sheet["B4"].number_format = "0.000"
    sheet["B5"].font = Font(bold=True, color="FF0000")
    sheet["B6"] = "=SUM(B4:B5)"
    sheet.merge_cells("A2:C2")
    sheet.print_area, sheet.print_title_rows = "A1:E6", "1:3"
    sheet.page_setup.orientation = "landscape"
    sheet.freeze_panes = "B4"
    other["A1"], other["B2"] = "", "=1+1"
    book.create_sheet("空白")["C3"] = "不动"
    for name, place in names.items():
        book.defined_names[name] = DefinedName(name, attr_text=place)
    book.save(path)
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as held:
        return {name: held.read(name) for name in held.namelist()}


def test_named_cells_are_filled_and_nothing_else_is_touched(tmp_path: Path) -> None:
    source, target = workbook(tmp_path / "F1.xlsx"), tmp_path / "out.xlsx"
    form, table = printed(3, 2)
    cells: list[list[Any]] = [[Decimal("12.500000"), "缺", Decimal(2)], [Decimal("-1234567.000000"), Decimal(1), "=1+1"]]
    fill_layout(read_layout(source), target, form, replace(table, cells=cells))

    before, after = parts(source), parts(target)
    assert list(after) == list(before)  # the same parts in the same order
    assert {name for name in before if before[name] != after[name]} == {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"}
    sheet, other = load_workbook(target)["表 一"], load_workbook(target)["Sheet2"]
    assert [sheet[c].value for c in ("B4", "C4", "B5", "E5", "A2")] == [12.5, "缺", -1234567, "=1+1", "甲所"]
    assert [sheet[c].data_type for c in ("B4", "C4", "B5", "E5")] == ["n", "s", "n", "s"]  # the last a text, no formula
    assert other["A1"].value == "2026年10月"
    # what the layout brought stays: format, font, formula, merged cells, other texts, print settings
    assert (sheet["B4"].number_format, sheet["B5"].font.b, sheet["B6"].value) == ("0.000", True, "=SUM(B4:B5)")
    assert [str(m) for m in sheet.merged_cells.ranges] == ["A2:C2"]
    assert [sheet[c].value for c in ("A1", "A4", "A5")] == ["公安统计", "甲", "乙"]
    assert (sheet.print_title_rows, sheet.page_setup.orientation, sheet.freeze_panes) == ("$1:$3", "landscape", "B4")
    assert other["B2"].value == "=1+1"


def test_only_the_named_cells_differ_in_the_sheet_itself(tmp_path: Path) -> None:
    source, target = workbook(tmp_path / "F1.xlsx"), tmp_path / "out.xlsx"
    fill_layout(read_layout(source), target, *printed(3, 2))
    cells = []
    for path in (source, target):
        sheet = load_workbook(path)["表 一"]
        cells.append({c.coordinate: (c.value, c.style_id) for row in sheet["A1:E9"] for c in row})
    assert {at for at in cells[0] if cells[0][at] != cells[1][at]} == {"A2", "B4", "C4", "B5", "E5"}
    assert {at for at in cells[0] if cells[0][at][1] != cells[1][at][1]} == set()  # all looks as they were


def test_formulas_are_calculated_when_the_file_is_opened(tmp_path: Path) -> None:
    """A workbook that keeps results of formulas: its own part must say that they are old now, and nothing but that."""
    source = workbook(tmp_path / "F1.xlsx")
    kept = parts(source)
    kept["xl/workbook.xml"] = kept["xl/workbook.xml"].replace(b'fullCalcOnLoad="1"', b"")
    for name, settings in (("with", kept["xl/workbook.xml"]), ("without", without_settings(kept["xl/workbook.xml"]))):
        path = tmp_path / f"{name}.xlsx"
        with zipfile.ZipFile(path, "w") as made:
            for part, content in (kept | {"xl/workbook.xml": settings}).items():
                made.writestr(part, content)
        fill_layout(read_layout(path), tmp_path / "out.xlsx", *printed(3, 2))
        said = parts(tmp_path / "out.xlsx")["xl/workbook.xml"].decode()
        assert 'fullCalcOnLoad="1"' in said
        assert said.index("</definedNames>") < said.index("<calcPr")  # where Excel looks for it
        assert load_workbook(tmp_path / "out.xlsx")["表 一"]["B6"].value == "=SUM(B4:B5)"


def without_settings(content: bytes) -> bytes:
    start = content.index(b"<calcPr")
    return content[:start] + content[content.index(b"/>", start) + 2 :]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return definitions(tmp_path / "definitions")


def layout_of(catalog: Catalog, names: dict[str, str]) -> Path:
    return workbook(catalog.templates / "T01.xlsx", names)


def test_a_layout_that_leaves_cells_out_is_told(catalog: Catalog) -> None:
    layout_of(catalog, {"c.T.FILED": "Sheet2!$A$1", "unit": "Sheet2!$B$1"})
    [report] = check_templates.run(catalog=catalog)
    assert report.problem is None
    # 12 rows and 6 printed columns, ALL_ONLY in one row alone: 12 x 5 + 1 = 61, one of them named
    assert len(report.warnings) == 1
    assert "60 of 61 cells of form T01 have no name there: c.T.CHARGES, c.T.RECEIVED" in report.warnings[0]
    assert "and 55 more" in report.warnings[0]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"c.T.FILD": "Sheet2!$A$1"}, r"T01\.xlsx: the name c\.T\.FILD is no cell of form T01; did you mean c\.T\.FILED"),
        ({"c.R06.ALL_ONLY": "Sheet2!$A$1"}, r"c\.R06\.ALL_ONLY is no cell of form T01"),  # a column of the total alone
        ({"unti": "Sheet2!$A$1"}, r"the name unti is no cell of form T01; did you mean unit"),
        ({"unit": "#REF!"}, r"the name unit must mean one cell without a formula, and it says #REF!"),
        ({"unit": "Sheet9!$A$1"}, r"it says Sheet9!\$A\$1"),
        ({"unit": "Sheet2!$A$1:$B$1"}, r"it says Sheet2!\$A\$1:\$B\$1"),  # not merged
        ({"unit": "Sheet2!$B$2"}, r"it says Sheet2!\$B\$2, which holds a formula"),
    ],
)
def test_a_layout_that_does_not_match_is_refused(catalog: Catalog, names: dict[str, str], message: str) -> None:
    layout_of(catalog, names)
    [report] = check_templates.run(catalog=catalog)
    with pytest.raises(AssertionError, match=message):
        assert report.problem is None, report.problem


def test_a_name_of_two_cells_is_refused(catalog: Catalog) -> None:
    """T01's column BEFORE is called filed: Excel takes c.T.FILED and c.T.filed for one name."""
    template = catalog.templates / "T01.yaml"
    template.write_text(template.read_text(encoding="utf-8").replace("code: BEFORE", "code: filed"), encoding="utf-8")
    layout_of(catalog, {"c.T.FILED": "Sheet2!$A$1"})
    [report] = check_templates.run(catalog=catalog)
    assert "the name c.T.FILED is that of 2 cells of form T01" in str(report.problem)


def test_a_file_that_is_no_workbook_says_so(tmp_path: Path) -> None:
    (tmp_path / "F1.xlsx").write_text("no", encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"F1\.xlsx: this is no \.xlsx workbook"):
        read_layout(tmp_path / "F1.xlsx")


@pytest.mark.slow
def test_a_release_keeps_the_layout_it_was_published_with(tmp_path: Path, catalog: Catalog) -> None:
    path = layout_of(catalog, {"c.R06.FILED": "Sheet2!$A$1", "c.T.SHARE": "Sheet2!$B$1", "unit": "Sheet2!$C$1"})
    home = tmp_path / "home"
    warehouse(home, catalog)
    tabulated(home, catalog, PERIOD)
    result = publish.run(catalog=catalog, home=home, period=PERIOD)
    assert "units/990000000000-T01.xlsx" in result.files
    path.unlink()
    written = print_forms.run(home=home, folder=tmp_path / "out", units=[STATION_1], formats=["xlsx"])
    assert [p.name for p in written] == [f"{STATION_1}.xlsx", f"{STATION_1}-T01.xlsx"]
    sheet = load_workbook(written[1])["Sheet2"]
    assert [sheet[c].value for c in ("A1", "B1", "C1")] == [1, 100, "东一县一所"]  # case1; of case1 and case2; its name
    assert publish.run(catalog=catalog, home=home, period=PERIOD).changed == ["definition of layout T01 changed"]


def test_what_people_typed_is_named_around_the_figures(tmp_path: Path) -> None:
    """A layout's number formats stay its own, so a line says which of its figures people typed; without one the line is empty."""
    names = NAMES | {"typed": "Sheet2!$C$1", "footnotes": "Sheet2!$C$2"}
    layout = read_layout(workbook(tmp_path / "F1.xlsx", names))
    form, table = printed(3, 2)
    fill_layout(layout, tmp_path / "none.xlsx", form, table)
    sheet = load_workbook(tmp_path / "none.xlsx")["Sheet2"]
    assert (sheet["C1"].value or "", sheet["C2"].value) == ("", "注1　#set")
    table.cells[0][0] = TypedFigure.of(Decimal(7), "填")
    table.cells[1][2] = TypedFigure.of(Decimal(8), "填")
    fill_layout(layout, tmp_path / "typed.xlsx", form, table)
    book = load_workbook(tmp_path / "typed.xlsx")
    told = "“填”由人填报或由填报数算出：R0.C0、R1.C2"
    assert (book["Sheet2"]["C1"].value, book["Sheet2"]["C2"].value) == (told, f"注1　{told}\n注2　#set")
    assert (book["表 一"]["B4"].value, book["表 一"]["B4"].number_format) == (7, "0.000")
