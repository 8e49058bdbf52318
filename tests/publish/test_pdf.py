"""The PDFs of a release: read back, with their fonts inside; wide tables go over several pages, each with its heads."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from policestats.reports.writers.pdf import write_pdf
from policestats.reports.writers.printed import PrintedColumn, PrintedForm, PrintedPart, PrintedRow, PrintedTable, PrintedUnit
from policestats.stages import print_forms
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_2

UNIT = PrintedUnit("1", {"zh": "甲所", "en": "Alpha"}, {"zh": "所", "en": "Station"}, 0, "auto", True)
#: paper, in points
A4_UPRIGHT, A4_ACROSS, A3_ACROSS = (595, 842), (842, 595), (1191, 842)


def pages(path: Path) -> list[str]:
    """Return the text of each page, without the spaces and lines that layout puts in."""
    return ["".join(page.extract_text().split()) for page in PdfReader(path).pages]


def paper(path: Path) -> list[tuple[int, int]]:
    return [(round(page.mediabox.width), round(page.mediabox.height)) for page in PdfReader(path).pages]


def printed(columns: int, rows: int, parts: list[PrintedPart] | None = None) -> tuple[PrintedForm, PrintedTable]:
    """Return a form whose figure in row r, column c is 1000 r + c, with a heading over each five columns."""
    label = {"zh": "#set", "en": "$x$ *b*"}  # would be commands in a page
    heads = [
        PrintedColumn(f"C{c}", {"zh": f"第{c}栏", "en": f"c{c}"}, "元", 2, {"zh": f"组{c // 5}", "en": f"g{c // 5}"}, None, c + 1)
        for c in range(columns)
    ]
    lines = [PrintedRow(f"R{r}", {"zh": f"行{r}", "en": f"r{r}"}, int(r > 0), False, "a" if r < rows - 1 else "b") for r in range(rows)]
    form = PrintedForm(
        id="F1", title=label, period="2026-10", standard=label, provenance=label, table_number=label, release="2026-10-r1", columns=heads,
        rows=lines, units=[UNIT], notice=None, footnotes=[], furniture={"note": {"zh": "重建", "en": "made up"}},
        period_label={"zh": "2026年10月", "en": "2026-10"}, parts=parts or [PrintedPart(("a", "b"), tuple(range(columns)))],
    )  # fmt: skip
    cells: list[list[Any]] = [[Decimal(1000 * r + c) for c in range(columns)] for r in range(rows)]
    return form, PrintedTable(UNIT, lines, cells, {}, [])


def test_a_pdf_reads_as_the_form_with_its_fonts_inside(release: Published, tmp_path: Path) -> None:
    [path] = print_forms.run(home=release.home, folder=tmp_path, units=[COUNTY_2], forms=["T01", "X01"], formats=["pdf"])
    text = pages(path)
    for wanted in (
        "=1+1<b>试</b>",
        "填报单位：东二县",
        "2026年10月",
        "表号Form：T01",
        "（部分）",
        "单位负责人",
        "注1",
        "第1页，共2页",
        "其中：罪名待定",
    ):
        assert wanted in text[0], wanted
    assert "刑事案件立案破案情况综合月报表" in text[1]
    assert "第2页，共2页" in text[1]
    assert paper(path) == [A4_UPRIGHT, A3_ACROSS]  # six columns; twenty-five
    for page in PdfReader(path).pages:
        fonts = [f.get_object() for f in page["/Resources"]["/Font"].values()]
        assert {str(f["/BaseFont"]).partition("+")[2] for f in fonts} == {"NotoSansSC-Regular-Identity-H", "NotoSerifSC-Regular-Identity-H"}
        for font in fonts:
            descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert len(descriptor["/FontFile3"].get_object().get_data()) < 400_000  # a subset: the whole font has 8 MB
    assert path.stat().st_size < 300_000


def test_the_figures_are_those_of_the_unit(tmp_path: Path) -> None:
    write_pdf(tmp_path / "a.pdf", [printed(3, 2)])
    [text] = pages(tmp_path / "a.pdf")
    assert "0.001.002.00" in text
    assert "1,000.001,001.001,002.00" in text
    assert "#set" in text  # as text
    assert "$x$*b*" in text


def test_the_same_forms_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pdf(tmp_path / name, [printed(3, 2)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert set(PdfReader(tmp_path / "a").metadata or {}) & {"/CreationDate", "/ModDate"} == set()  # also in another second


def test_a_wide_table_is_broken_at_headings_and_repeats_its_rows(tmp_path: Path) -> None:
    """47 columns of figures like 1,046.00: 8 characters, 15.4 mm; 332 mm of an A3 hold 21, so it takes three pages. Even shares would be of 16
    columns; the headings, of five columns each, end after 15 and 30, and 17 columns are left."""
    write_pdf(tmp_path / "a.pdf", [printed(47, 2)])
    text = pages(tmp_path / "a.pdf")
    assert len(text) == 3
    for page, first, end in zip(text, (0, 15, 30), (15, 30, 47), strict=True):
        assert [c for c in range(47) if f"第{c}栏" in page] == list(range(first, end))
        assert "行1" in page
        assert f"1,{first:03d}.00" in page
    assert ["（续）" in page for page in text] == [False, True, True]


def test_a_long_table_has_its_heads_on_every_page(tmp_path: Path) -> None:
    write_pdf(tmp_path / "a.pdf", [printed(4, 120)])
    text = pages(tmp_path / "a.pdf")
    assert len(text) > 1
    assert all("组0" in page and "第3栏" in page and "甲乙1234" in page for page in text)
    assert "行119" in text[-1]


@pytest.mark.parametrize(("columns", "size"), [(7, A4_UPRIGHT), (8, A4_ACROSS), (13, A4_ACROSS), (14, A3_ACROSS), (21, A3_ACROSS)])
def test_the_paper_is_the_smallest_that_holds_the_table(tmp_path: Path, columns: int, size: tuple[int, int]) -> None:
    """54 + 10 mm of heads and 15.36 mm a column (1,013.00 has 8 characters of 1.62 mm, and 2.4 mm around): 7 take 171.5 of the 186 mm of an
    upright A4, 8 take 186.9; 13 take 263.7 of the 273 mm of one across, 14 take 279.0; 21 take 386.6 of the 396 mm of an A3."""
    write_pdf(tmp_path / "a.pdf", [printed(columns, 2)])
    assert paper(tmp_path / "a.pdf") == [size]


def test_blocks_with_columns_of_their_own_are_tables_below_each_other(tmp_path: Path) -> None:
    parts = [PrintedPart(("a",), (0, 1)), PrintedPart(("b",), (2,))]
    write_pdf(tmp_path / "a.pdf", [printed(3, 3, parts)])
    [text] = pages(tmp_path / "a.pdf")
    assert "1,000.001,001.00" in text
    assert "1,002.00" not in text  # column 2 has no cell in block a
    assert "2,002.00" in text
    assert text.count("项目") == 2
