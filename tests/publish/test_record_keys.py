"""Record keys beside the pages: only where asked for, the same as the trace, and none that may stand for a person outside a case."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.releases import trace
from policestats.stages import publish, release_records
from tests.publish.standards import COUNTY_1, EAST, PERIOD, PROVINCE, STATION_1
from tests.support.html_page import parsed
from tests.support.ledger import ROOT


def keys_of(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("var policestatsRecords = ")
    found: dict[str, Any] = json.loads(text.removeprefix("var policestatsRecords = ").rstrip().removesuffix(";"))
    return found


def test_by_default_a_page_holds_no_key(home: Path, small: Catalog) -> None:
    result = publish.run(catalog=small, home=home, period=PERIOD)
    assert not list((result.folder / "html").glob("*.js"))
    page = (result.folder / "html" / "T01.html").read_text(encoding="utf-8")
    assert "本页不含记录号" in page
    assert "case1" not in page
    assert "'self'" not in page


def test_asked_for_they_are_those_of_the_trace_and_restricted_like_it(home: Path, small: Catalog) -> None:
    first = publish.run(catalog=small, home=home, period=PERIOD)
    result = publish.run(catalog=small, home=home, period=PERIOD, with_records=True)
    assert result.folder != first.folder  # the former release has none, so this one is new
    assert result.changed == ["record keys beside the pages: False -> True"]
    path = result.folder / "html" / "T01.records.js"
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    found = keys_of(path)
    for unit, row, column in (
        (STATION_1, "T", "FILED"),
        (PROVINCE, "R06", "FILED"),
        (COUNTY_1, "T", "RECEIVED"),
        (EAST, "T", "RECEIVED"),
        (PROVINCE, "T", "CHARGES"),
    ):
        expected = sorted(set(trace("T01", row, column, unit, home=home)["record_key"]))
        count, listed = found["cells"].get(unit, {}).get(row, {}).get(column, [0, []])
        assert sorted(found["keys"][i] for i in listed) == expected, (unit, row, column)
        assert count == len(expected)
    # by hand: the station filed case1 and case2; move1 stays within county 1 and East, move3 leaves county 1 and comes to none of East's
    assert [found["keys"][i] for i in found["cells"][STATION_1]["T"]["FILED"][1]] == ["case1", "case2"]
    assert "RECEIVED" not in found["cells"].get(COUNTY_1, {}).get("T", {})
    page = parsed(result.folder / "html" / "T01.html")
    assert page.loads == ["script src=T01.records.js"]
    assert "本页含记录号" in page.text
    assert "case1" not in page.text


def test_more_keys_than_a_page_takes_are_counted(home: Path, small: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release_records, "MOST_KEYS", 2)
    result = publish.run(catalog=small, home=home, period=PERIOD, with_records=True)
    found = keys_of(result.folder / "html" / "T01.records.js")
    count, listed = found["cells"][PROVINCE]["T"]["FILED"]
    assert (count, [found["keys"][i] for i in listed]) == (5, ["case1", "case2"])  # case1 to case5


@pytest.mark.parametrize(
    ("indicator", "reason"),
    [
        ("cases_filed", None),  # the number of a case
        ("incidents", None),  # the number of a call
        ("objects_new", "a person outside any case"),  # an object may be a resident
        ("objects_updated", "a person outside any case"),
    ],
)
def test_a_key_that_may_stand_for_a_person_is_withheld(indicator: str, reason: str | None) -> None:
    catalog = load_catalog(ROOT, "cn")
    found = release_records.withheld(catalog, catalog.indicator(indicator, "test"))
    assert (found is None) if reason is None else (found is not None and reason in found["en"])


def test_a_key_made_of_a_pseudonym_is_withheld_however_it_is_named(small: Catalog) -> None:
    from dataclasses import replace

    filed = small.indicator("cases_filed", "test")
    fact = small.facts[filed.fact]
    spec = dict(fact.spec) | {
        "dimensions": {**fact.spec["dimensions"], "who": {"first_of": ["alias.person_key", "case_no"]}, "which": {"column": "who"}}
    }
    small.facts[filed.fact] = replace(fact, spec=spec)
    try:
        found = release_records.withheld(small, replace(filed, measure="distinct", operand=("which",)))
        assert found is not None
        assert "pseudonym" in found["en"]
        assert release_records.withheld(small, replace(filed, measure="distinct", operand=("charge_code",))) is None
    finally:
        small.facts[filed.fact] = fact
