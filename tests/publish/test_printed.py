"""The workbook and the pages: the same figures as the hand-computed ones, and no text that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from policestats.engines.duckdb import open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.reports.writers.excel import CONTENTS, FIRST_COLUMN, FIRST_ROW, HEAD_ROW
from policestats.stages import release_forms, release_print
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


@dataclass
class Page(HTMLParser):
    """What a page holds: links, ids, table bodies by section, attributes that would load or run something."""

    links: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    tags: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    heads: dict[str, list[dict[str, str | None]]] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    titles: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._section = self._row = ""
        self._in_cell = self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.loads += [f"{tag} {name}" for name in given if name in ("src", "srcset", "action", "data") or name.startswith("on")]
        self.loads += [tag] if tag in ("script", "link", "img", "iframe", "object", "embed") else []
        if tag == "a" and given.get("href"):
            self.links.append(str(given["href"]))
        if given.get("id"):
            self.ids.add(str(given["id"]))
        if tag == "section":
            self._section = str(given.get("id", "")).removeprefix("u-")
        if tag == "th":
            self.heads.setdefault(str(given.get("scope")), []).append(given)
            if given.get("scope") == "row":
                self._row = str(given.get("title"))
        if tag == "td":
            self.rows.setdefault((self._section, self._row), []).append("")
            self.titles.setdefault((self._section, self._row), []).append(str(given.get("title", "")))
            self._in_cell = True
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag != "td"
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[self._section, self._row][-1] += data
        if self._in_style:
            assert "url(" not in data
            assert "@import" not in data
        self.text += data


def parsed(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def test_the_page_has_the_hand_computed_figures(release: Published) -> None:
    page = parsed(release.result.folder / "html" / "T01.html")
    for (unit, row), expected in EXPECTED.items():
        shown = [v if isinstance(v, str) else f"{v:.2f}" if i == 4 else str(v) for i, v in enumerate(expected)]
        assert page.rows[unit, row] == shown, (unit, row)
    assert page.titles[SILENT, "T"][0].startswith("缺报：")
    assert "东二县二所" in page.titles[COUNTY_2, "T"][0]


def test_the_page_is_a_table_that_can_be_read_aloud(release: Published) -> None:
    page = parsed(release.result.folder / "html" / "T01.html")
    assert page.tags.count("caption") == page.tags.count("table") == 13
    assert set(page.heads) == {"col", "row"}
    assert len(page.heads["col"]) == 13 * (1 + len(COLUMNS))
    for link in page.links:
        target = link.removeprefix("#")
        assert target in page.ids if link.startswith("#") else (release.result.folder / "html" / link).resolve().is_file(), link
    assert {f"#u-{unit}" for unit, _ in EXPECTED} <= set(page.links)
    assert "index.html" in page.links


@pytest.mark.parametrize("name", ["T01", "X01", "Z01", "Z11", "index"])
def test_a_page_loads_nothing_and_runs_nothing(release: Published, name: str) -> None:
    page = parsed(release.result.folder / "html" / f"{name}.html")
    assert page.loads == []
    assert not any(link.startswith(("http:", "https:", "//", "javascript:")) for link in page.links)
    if name == "T01":
        assert "@SUM(A1) <script>alert(1)</script> & more" in page.text  # as text
        assert "u" not in page.tags
        assert "<i>脚注</i>" in page.text


def test_the_index_names_forms_rates_failed_checks_and_silent_units(release: Published) -> None:
    page = parsed(release.result.folder / "html" / "index.html")
    assert {"T01.html", "X01.html", "../forms/Z11.xlsx"} <= set(page.links)
    for link in page.links:
        assert (release.result.folder / "html" / link).resolve().is_file(), link
    for label in ("模板率", "份数率", "单元格率", "非零单元格率"):
        assert label in page.text
    # T01-01 (at most 2 cases) fails at the province (5), East (3) and county 1 (3)
    assert "T01-01" in page.text
    assert "样例省、东市、东一县" in page.text
    assert "样例省: 5 / 2" in page.text
    assert SILENT in page.text


def test_with_many_units_only_the_upper_levels_have_tables(release: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_forms, "MOST_TABLES", 12)  # there are 13
    with open_warehouse(release.result.folder, read_only=True, name="statistics.duckdb") as engine:
        pages = release_print.ReleasePrint(engine, release.catalog, ReferencePeriod.parse(PERIOD), {"release": "2026-10-r1"})
        form = load_forms(release.catalog)["T01"]
        printed, tables = pages.form(form), pages.tables(form)
    assert len(printed.units) == 13
    assert [t.unit.code for t in tables] == [PROVINCE, "990100000000", COUNTY_1, COUNTY_2, "990200000000", "990201000000", UNKNOWN]
    assert printed.notice is not None
    assert "6" in printed.notice["zh"]
