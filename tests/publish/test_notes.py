"""The words under a printed form say why a column has no figure: nobody delivered, or nobody typed."""

from __future__ import annotations

from typing import Any

import pytest

from policestats.catalog import load_catalog
from policestats.reports.status import TYPED
from policestats.reports.template import load_forms
from policestats.reports.writers.printed import PrintedColumn
from policestats.stages.release_notes import Notes
from tests.support.ledger import ROOT

CATALOG = load_catalog(ROOT, "cn")
COUNTY, STATION, OTHER = "990101000000", "990101510000", "990101520000"
UNITS = [
    {"unit_code": COUNTY, "parent_unit_code": None, "level_code": "county", "name_zh": "县", "name_en": "County", "absorbed": None},
    {"unit_code": STATION, "parent_unit_code": COUNTY, "level_code": "station", "name_zh": "一所", "name_en": "One", "absorbed": None},
    {"unit_code": OTHER, "parent_unit_code": COUNTY, "level_code": "station", "name_zh": "二所", "name_en": "Two", "absorbed": None},
]


def status(name: str, delivered: int, due: int, reason: str | None) -> dict[str, Any]:
    return {"status": name, "delivered": delivered, "due": due, "reason": reason}


@pytest.mark.parametrize(
    ("at", "zh", "en"),
    [
        (status("partial", 1, 2, "nothing from 990101520000"), "应报 2 项，已报 1 项；未报机构：二所", "1/2 deliveries came; silent: Two"),
        (status("missing", 0, 0, TYPED), "由人填报，尚未填报", "typed by people, and nothing has been typed"),
    ],
)
def test_a_remark_says_what_is_lacking(at: dict[str, Any], zh: str, en: str) -> None:
    statuses = {COUNTY: {"A": at}, STATION: {"A": status("auto", 1, 1, None)}, OTHER: {"A": status("missing", 0, 1, None)}}
    remark = Notes(CATALOG.standard.marks, UNITS).remark(COUNTY, "A", statuses)
    assert remark is not None
    assert remark.text == {"zh": zh, "en": en}


def test_a_footnote_does_not_say_its_mark_twice() -> None:
    form = load_forms(CATALOG)["X01"]
    column, other = (PrintedColumn(c.code, c.label, c.unit, c.decimals, number=i) for i, c in enumerate(form.columns[:2], 1))
    statuses = {unit: {column.code: status("partial", 1, 2, "nothing")} for unit in (COUNTY, STATION)}
    notes = Notes(CATALOG.standard.marks, UNITS)
    remark = notes.remark(COUNTY, column.code, statuses)
    assert remark is not None
    assert remark.mark == "部分"
    [note] = notes.of_unit(COUNTY, {column.code: remark}, [column, other])
    assert note["zh"].startswith(f"部分 [第1栏 {column.code}]: 应报 2 项")
    assert note["en"].startswith(f"部分 partial [column 1 {column.code}]: 1/2 deliveries came")
