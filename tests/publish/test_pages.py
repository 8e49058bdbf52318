"""The pages: the same figures as the hand-computed ones, readable aloud, nothing that loads, and no text that runs."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from policestats.catalog import load_catalog
from policestats.stages import publish
from tests.publish.conftest import Published
from tests.publish.standards import COUNTY_1, COUNTY_2, PERIOD, PROVINCE, SILENT, STATION_1, definitions, tabulated, warehouse
from tests.publish.test_printed import COLUMNS, EXPECTED
from tests.support.html_page import HtmlPage, parsed

PAGES = ["T01", "X01", "Z01", "Z11", "index", "rates"]


@pytest.fixture(scope="module")
def page(release: Published) -> HtmlPage:
    return parsed(release.result.folder / "html" / "T01.html")


def test_the_page_has_the_hand_computed_figures(page: HtmlPage) -> None:
    for (unit, row), expected in EXPECTED.items():
        shown = [v if isinstance(v, str) else f"{v:.2f}" if i == 4 else str(v) for i, v in enumerate(expected)]
        assert page.rows[unit, row] == shown, (unit, row)


def test_the_page_is_a_table_that_can_be_read_aloud(release: Published, page: HtmlPage) -> None:
    assert page.tags.count("caption") == 13  # a table for each unit; definitions have headings instead
    assert set(page.heads) == {"col", "row"}
    drawn = len(COLUMNS) + 1  # the printed columns and the course of one of them
    assert len([h for h in page.heads["col"] if "data-column" in h]) == 13 * drawn
    assert page.tags.count("svg") == page.tags.count("title") - 1 == 13 * 12  # units x rows; the page has a title of its own
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        target = link.removeprefix("#")
        if not link.startswith("#"):
            assert (release.result.folder / "html" / link).resolve().is_file(), link
        elif "|" not in target:  # a cell is found by the page's script
            assert target in page.ids, link
    assert {f"#u-{unit}" for unit, _ in EXPECTED} <= set(page.links)
    assert {"index.html", "rates.html", "../../index.html"} <= set(page.links)


def test_a_status_is_told_in_words_where_its_mark_stands(page: HtmlPage) -> None:
    """The heads of a silent station's columns say missing, and who was silent; so do the abbreviations in its cells."""
    heads = [h for h in page.heads["col"] if h.get("data-column") == "FILED"]
    told = {h.get("data-status"): str(h["title"]) for h in heads if h.get("title")}
    assert set(told) == {"missing", "partial"}
    assert "东二县二所" in told["partial"]
    assert page.rows[SILENT, "T"][0] == "缺"
    assert "缺报 missing" in page.sections[f"u-{SILENT}"]
    assert "部分 partial" in page.sections[f"u-{COUNTY_2}"]
    assert "部分" not in page.sections[f"u-{STATION_1}"].split("符号")[0]  # the footnote explains every mark


def test_behind_each_column_stand_its_definition_sources_and_sql(page: HtmlPage) -> None:
    told = page.sections["definitions"]
    assert "FILED = cases_filed 立案" in told
    assert "criminal_case_charge_change" in told  # a source table
    assert "SHARE = share_of column FILED, row T" in told  # computed, with what it is computed from
    # the queries of fact and indicator, with the history at the end of October, of FILED and of SHARE; ALL_ONLY and CHARGES have their own
    assert told.count("SQL: cases_filed 2026-11-01 · criminal_filing 2026-11-01\n") == 2
    assert "criminal_filing 2025-11-01" in told  # BEFORE reads last year's history
    queries = [i for i in page.ids if i.startswith("q-")]
    assert {f"#{q}" for q in queries} == {link for link in page.links if link.startswith("#q-")}
    assert "CAST('2026-10-01' AS DATE)" in page.text  # the SQL itself


def test_failed_checks_stand_at_their_unit(page: HtmlPage) -> None:
    # T01-01 (at most 2 cases) fails at the province (5), East (3) and county 1 (3)
    for unit, figure in ((PROVINCE, "5 / 2"), (COUNTY_1, "3 / 2")):
        assert "T01-01" in page.sections[f"u-{unit}"]
        assert figure in page.sections[f"u-{unit}"]
    assert "T01-01" not in page.sections[f"u-{STATION_1}"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_nothing_and_runs_nothing_but_its_own_script(release: Published, name: str) -> None:
    page = parsed(release.result.folder / "html" / f"{name}.html")
    assert page.loads == []
    assert not any(link.startswith(("http:", "https:", "//", "javascript:")) for link in page.links)
    policy = next(str(m["content"]) for m in page.metas if m.get("http-equiv") == "Content-Security-Policy")
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(t.encode()).digest()).decode()}'" for t in (*page.styles, *page.scripts)]
    assert policy == f"default-src 'none'; style-src {hashes[0]}; script-src {hashes[1]}"
    assert "url(" not in page.styles[0]
    assert "@import" not in page.styles[0]
    assert not {"u", "i"} & set(page.tags)
    if name == "T01":
        assert "@SUM(A1) <script>alert(1)</script> & more" in page.text  # as text
        assert "<i>脚注</i>" in page.text


def test_the_index_leads_to_forms_units_rates_and_what_needs_a_look(release: Published) -> None:
    page = parsed(release.result.folder / "html" / "index.html")
    assert {"T01.html", "X01.html", "../forms/Z11.xlsx", "rates.html#reasons", f"T01.html#u-{SILENT}"} <= set(page.links)
    for link in page.links:
        path, _, fragment = link.partition("#")
        target = (release.result.folder / "html" / path).resolve() if path else None
        assert target is None or target.is_file(), link
        if fragment and path.endswith(".html") and path != "rates.html":
            assert fragment in parsed(target).ids, link
    for label in ("模板率", "份数率", "单元格率", "非零单元格率"):
        assert label in page.text
    # T01-01 (at most 2 cases) fails at the province (5), East (3) and county 1 (3)
    assert "T01-01" in page.sections["checks"]
    assert "样例省、东市、东一县" in page.sections["checks"]
    assert "样例省: 5 / 2" in page.sections["checks"]
    assert SILENT in page.sections["silent"]
    order = [link.partition("#u-")[2] for link in page.links if link.startswith("T01.html#u-")]
    assert order[:4] == [PROVINCE, "990100000000", COUNTY_1, STATION_1]  # the tree's order


def test_what_people_type_makes_no_unit_silent(tmp_path: Path) -> None:
    catalog = definitions(tmp_path / "definitions")
    added = tmp_path / "definitions" / "schemas" / "cn" / "indicators" / "typed_of_the_tests.yaml"
    added.write_text("- {id: typed_here, label: {zh: 填, en: Typed}, manual: true, unit: 起, source: test}\n", encoding="utf-8")
    template = tmp_path / "definitions" / "report_templates" / "cn" / "T01.yaml"
    column = "  - {code: TYPED, indicator: typed_here, label: {zh: 填, en: Typed}}\nblocks:"
    template.write_text(template.read_text(encoding="utf-8").replace("blocks:", column), encoding="utf-8")
    warehouse(tmp_path / "home", load_catalog(catalog.root, "cn"))
    catalog = load_catalog(catalog.root, "cn")
    tabulated(tmp_path / "home", catalog, PERIOD)
    folder = publish.run(catalog=catalog, home=tmp_path / "home", period=PERIOD).folder
    silent = parsed(folder / "html" / "index.html").sections["silent"]
    assert SILENT in silent
    assert STATION_1 not in silent
    assert parsed(folder / "html" / "T01.html").rows[STATION_1, "T"][-1] == "缺"
    assert "TYPED = typed_here 填 (Typed): typed by people" in parsed(folder / "html" / "T01.html").sections["definitions"]


def test_the_list_of_releases_leads_to_every_release(release: Published) -> None:
    folder = release.home / "releases"
    page = parsed(folder / "index.html")
    assert {"2026-10-r1/html/index.html", "2026-10-r1/html/T01.html"} <= set(page.links)
    for link in page.links:
        assert (folder / link).resolve().is_file(), link
    assert "current" in page.text
