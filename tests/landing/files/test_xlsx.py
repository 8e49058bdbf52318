"""Excel workbooks: values as they are shown, the right sheet, and the row of every fault."""

from __future__ import annotations

import re
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from policestats.landing.files import xlsx_file
from tests.landing.files.reading import plan, read, refused, schema


def workbook(path: Path, sheets: dict[str, list[list[Any]]], formats: dict[str, str] | None = None, merged: str | None = None) -> Path:
    """Write sheets of rows; ``formats`` are number formats by cell of the first sheet."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    first = book.worksheets[0]
    for cell, format_ in (formats or {}).items():
        first[cell].number_format = format_
    if merged:
        first.merge_cells(merged)
    book.save(path)
    return path


def rewritten(path: Path, member: str, pattern: str, replacement: str) -> Path:
    """Change the XML of one part of a workbook; the pattern must be in it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed, count = re.subn(pattern, replacement, parts[member].decode())
    assert count
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, member: changed.encode()}.items():
            archive.writestr(name, content)
    return path


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("value", "format_", "shown"),
    [
        ("007", "General", "007"),
        ("", "General", None),
        (" 警 ", "General", " 警 "),
        (3, "General", "3"),
        (3.0, "General", "3"),
        (1.5, "0.00", "1.5"),
        (0.1 + 0.2, "General", "0.3"),  # binary 0.30000000000000004
        (1234567.891, "General", "1234567.891"),
        (0.00000012, "General", "0.00000012"),  # never 1.2e-07
        (-2.5e20, "General", "-250000000000000000000"),
        (990101, "00000000", "00990101"),  # a code of eight digits kept as a number
        (12.5, "0000", "12.5"),
        (True, "General", "true"),
        (False, "General", "false"),
        (date(2026, 2, 28), "yyyy-mm-dd", "2026-02-28"),
        (datetime(2026, 2, 28, 0, 0), 'yyyy"年"m"月"d"日"', "2026-02-28"),
        (datetime(2026, 2, 28, 0, 0), "yyyy-mm-dd hh:mm", "2026-02-28 00:00:00"),  # shown with its time, so midnight is meant
        (datetime(2026, 2, 28, 23, 59, 59), "yyyy-mm-dd h:mm:ss", "2026-02-28 23:59:59"),
        (datetime(2026, 2, 28, 8, 0), '[Red]yyyy-mm-dd "hrs"', "2026-02-28"),  # letters of a literal text are no time
        (time(8, 5), "h:mm", "08:05:00"),
        (timedelta(hours=30, minutes=5), "[h]:mm", "30:05:00"),
        ("#N/A", "General", "#N/A"),
    ],
)
def test_a_value_as_it_is_shown(value: Any, format_: str, shown: str | None, tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx", {"report": [["no", "x"], ["R1", value]]}, {"B2": format_})
    assert read(path, plan()) == [("R1", shown)]


def test_columns_are_text_and_only_the_wanted_are_read(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx", {"report": [["no", 2026, None, "c"], [1, 2, "a remark nobody asked for", 3, "beside"]]})
    assert schema(path, plan()) == {"no": "text", "2026": "text", "c": "text"}  # a column without a name is not read
    assert read(path, plan(), ["c", "no"]) == [("3", "1")]


def test_blank_rows_short_rows_and_merged_cells(tmp_path: Path) -> None:
    rows = [["no", "unit", "x"], ["R1", "A1", 1], ["R2", None, 2], [], [None, None, None], ["R3"]]
    path = workbook(tmp_path / "report.xlsx", {"report": rows}, merged="B2:B3")
    assert read(path, plan()) == [("R1", "A1", "1"), ("R2", None, "2"), ("R3", None, None)]


def test_rows_that_the_file_leaves_out_and_its_wrong_size(tmp_path: Path) -> None:
    """A sheet whose first row is missing in the XML, and whose declared size covers two cells only, is read whole."""
    path = workbook(tmp_path / "report.xlsx", {"report": [[], ["no", "x"], ["R1", 1], ["R2", 2], ["R3", 3]]})
    rewritten(path, SHEET, r'<dimension ref="[^"]*"', '<dimension ref="A2:A3"')
    assert read(path, plan(header_row=2)) == [("R1", "1"), ("R2", "2"), ("R3", "3")]


def test_texts_of_the_table_of_shared_texts(tmp_path: Path) -> None:
    """Where Excel itself keeps them; the writer of these tests writes texts into the cells."""
    path = workbook(tmp_path / "report.xlsx", {"report": [["no"], ["R1"]]})
    rewritten(path, SHEET, r'<c r="A2" t="inlineStr">.*?</c>', '<c r="A2" t="s"><v>0</v></c>')
    part = '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    rewritten(path, "[Content_Types].xml", "</Types>", f"{part}</Types>")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>警1</t></si></sst>')
    assert read(path, plan()) == [("警1",)]


def test_a_header_below_a_title(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx", {"report": [["Reports of January"], [], ["no", "x"], ["R1", 1]]})
    assert read(path, plan(header_row=3)) == [("R1", "1")]


def test_a_header_alone_is_a_table_of_no_rows(tmp_path: Path) -> None:
    assert read(workbook(tmp_path / "report.xlsx", {"report": [["no", "x"]]}), plan()) == []


def test_rows_come_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "BATCH_ROWS", 3)
    path = workbook(tmp_path / "report.xlsx", {"report": [["no"], *[[i] for i in range(10)]]})
    assert read(path, plan()) == [(str(i),) for i in range(10)]


# --- which sheet -----------------------------------------------------------------------------------------------------------

ONE, TWO = [["no"], ["R1"]], [["no"], ["R2"]]


@pytest.mark.parametrize(
    ("sheets", "options", "expected"),
    [
        ({"Tabelle1": ONE}, {}, "R1"),  # the only one
        ({"other": ONE, "report": TWO}, {}, "R2"),  # the one named as the table
        ({"other": ONE, "report": TWO}, {"sheet": "other"}, "R1"),  # the one the description names
    ],
)
def test_the_sheet_that_is_meant(sheets: dict[str, Any], options: dict[str, str], expected: str, tmp_path: Path) -> None:
    assert read(workbook(tmp_path / "report.xlsx", sheets), plan(**options)) == [(expected,)]


def test_every_table_its_sheet_of_one_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path / "all tables.xlsx", {"report": ONE, "person": TWO})
    assert [read(path, plan(name)) for name in ("report", "person")] == [[("R1",)], [("R2",)]]


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx", {"January": ONE, "February": TWO})
    refused(path, plan(sheet="Januar"), "report.xlsx", "no sheet 'Januar'", "did you mean January?", "'sheet:'")
    refused(path, plan(), "report.xlsx", "it has the sheets 'January', 'February'", "'sheet:'")


# --- what is refused -------------------------------------------------------------------------------------------------------


def test_a_header_that_is_missing_or_repeats_itself(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx", {"report": [["no", "x", "no"], ["R1", 1, 2]]})
    refused(path, plan(), "sheet 'report', row 1", "the column 'no' stands twice")
    refused(path, plan(header_row=5), "sheet 'report', row 5", "there is no header")
    refused(workbook(tmp_path / "report.xlsx", {"report": [[], ["R1"]]}), plan(), "sheet 'report', row 1", "there is no header")


def test_a_formula(tmp_path: Path) -> None:
    """The value that was calculated is read; one that never was would land as null, so it is refused; one that gives an empty text is null."""
    path = workbook(tmp_path / "report.xlsx", {"report": [["no", "x"], ["R1", "=1+1"], ["R2", 5]]})
    refused(path, plan(), "sheet 'report', row 2, column 'x'", "never calculated", "let it calculate")
    rewritten(path, SHEET, r"<f>1\+1</f><v ?/?>(</v>)?", "<f>1+1</f><v>2</v>")
    assert read(path, plan()) == [("R1", "2"), ("R2", "5")]
    rewritten(path, SHEET, r'<c r="B2"><f>1\+1</f><v>2</v>', '<c r="B2" t="str"><f>1+1</f><v></v>')
    assert read(path, plan()) == [("R1", None), ("R2", "5")]


def test_files_that_are_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    path.write_text("<html>secret</html>")
    assert "secret" not in refused(path, plan(), "report.xlsx", "not an Excel workbook", "save it again")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)  # the container of .xls, and of workbooks with a password
    refused(path, plan(), "report.xlsx", "old format, or locked with a password")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("note.txt", "a zip, and no workbook")
    refused(path, plan(), "report.xlsx", "not an Excel workbook")


def test_a_damaged_sheet_names_the_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx", {"report": [["no"], *[[f"R{i}"] for i in range(5)]]})
    rewritten(path, SHEET, r'<c r="A4" t="inlineStr">.*?</c>', '<c r="A4" t="s"><v>secret</v></c>')  # no number of a shared text
    assert "'secret'" not in refused(path, plan(), "sheet 'report', after row 3", "damaged", "save the workbook again")


def test_a_workbook_cut_off(tmp_path: Path) -> None:
    path = workbook(tmp_path / "report.xlsx", {"report": [["no"], *[[f"R{i}"] for i in range(500)]]})
    path.write_bytes(path.read_bytes()[:-1000])
    refused(path, plan(), "report.xlsx", "damaged")


def test_no_warning_quotes_a_cell(tmp_path: Path) -> None:
    """A date beyond the calendar: the library warns with the value; here it is shown as Excel marks it, and conform makes it an issue."""
    path = workbook(tmp_path / "report.xlsx", {"report": [["no", "x"], ["R1", 99999999]]}, {"B2": "yyyy-mm-dd"})
    with warnings.catch_warnings(record=True) as caught:
        assert read(path, plan()) == [("R1", "#VALUE!")]
    assert [str(w.message) for w in caught if "99999999" in str(w.message)] == []
