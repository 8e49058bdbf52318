"""The pages: the same figures as the hand-computed ones, and no text that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from policestats.engines.duckdb import open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import load_forms
from policestats.stages import release_forms, release_print
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, PERIOD, PROVINCE, SILENT, STATION_1, UNKNOWN

#: Columns printed of T01 (HIDDEN is not), in order.
COLUMNS = ["FILED", "CHARGES", "RECEIVED", "ALL_ONLY", "SHARE", "BEFORE"]
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
