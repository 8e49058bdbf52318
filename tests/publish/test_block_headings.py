"""Rows that divide the same things another way stand under a line that says so, on paper and on the page; figures and rows stay as they are."""

from __future__ import annotations

import re
from pathlib import Path

from openpyxl import load_workbook

from policestats.stages import print_forms
from tests.publish.conftest import Published
from tests.publish.standards import STATION_1
from tests.publish.test_pdf import pages


def test_a_line_stands_over_the_first_row_that_is_no_total(release: Published, tmp_path: Path) -> None:
    """Z11: the total, then calls by class (V first), then by channel (K1 first)."""
    [path] = print_forms.run(home=release.home, folder=tmp_path, units=[STATION_1], forms=["Z11"], formats=["xlsx"])
    sheet = load_workbook(path)["Z11"]
    lines = [(sheet.cell(line, 1).value, sheet.cell(line, 2).value, sheet.cell(line, 3).value) for line in range(1, sheet.max_row + 1)]
    at = {code: i for i, (_, _, code) in enumerate(lines) if code}
    assert lines[at["V"] - 1][:2] == ("按警情类别", "By class of call")
    assert at["V"] - at["T"] == 2  # the total, the line, the first class
    assert lines[at["K1"] - 1][:2] == ("按报警渠道", "By channel")
    assert sum(text in ("按警情类别", "按报警渠道") for text, _, _ in lines) == 2
    assert all(sheet.cell(at["V"], column).value in (None, "") for column in range(3, 6))


def test_the_pdf_and_the_page_have_the_same_lines(release: Published, tmp_path: Path) -> None:
    [path] = print_forms.run(home=release.home, folder=tmp_path, units=[STATION_1], forms=["Z11"], formats=["pdf"])
    text = "".join(pages(path))
    assert "按警情类别Byclassofcall有效警情" in text
    assert "按报警渠道Bychannel" in text
    html = (release.result.folder / "html" / "Z11.html").read_text(encoding="utf-8")
    section = html.partition(f'id="u-{STATION_1}"')[2].partition("</section>")[0]
    body = re.findall(r'<tr (data-row="([^"]+)"|class="heading"><th [^>]*>[^>]*>([^<]+))', section)
    told = [row or heading for _, row, heading in body]
    assert told[:3] == ["T", "按警情类别", "V"]
    assert told[told.index("K1") - 1] == "按报警渠道"
