"""Versions of a form: which of them a period is made with, and what is said of figures that reach back to an earlier one.

Form F: version 1 counts all thefts, version 2, from 2026-07-01, only those by night.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.errors import DefinitionError
from policestats.periods import ReferencePeriod
from policestats.reports.form_versions import change_told
from policestats.reports.plan import plan
from policestats.reports.template import Form, load_forms
from policestats.stages.tabulate import due
from tests.reports import tiny
from tests.reports.tiny import NORTH_1
from tests.support.ledger import ROOT

_FIRST = "- {code: FILED, indicator: filed}\n- {code: OLD, indicator: filed}"
_SECOND = """
- {code: FILED, indicator: filed_counted}
- {code: YTD, indicator: filed_counted, variant: ytd}
- {code: BEFORE, indicator: filed_counted, variant: previous_period}
- {code: YEAR_BEFORE, indicator: filed_counted, variant: prior_year}
- {code: CHANGE, change: {of: FILED, from: BEFORE}, decimals: 1}
- {code: SHARE, share_of: {column: FILED, row: T}, decimals: 1}
- {code: OPEN, indicator: pending_at_start}
- {code: CLOSE, indicator: pending_at_end}
- {code: HIDDEN, indicator: filed_counted, variant: ytd, hidden: true}
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return what writes a file of templates and gives the folder."""

    def written(name: str, columns: str = _FIRST, **more: Any) -> Path:
        text = yaml.safe_dump({**tiny.form_data(columns), **more}, allow_unicode=True)
        for day in ("valid_from", "valid_to"):  # dates, not texts
            text = text.replace(f"{day}: '{more.get(day)}'", f"{day}: {more.get(day)}")
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return written


@pytest.fixture
def two(write: Write) -> Path:
    """Return a folder with both versions; that the first ends is said by the second alone."""
    write("F.yaml")
    return write("F.v2.yaml", _SECOND, version=2, valid_from="2026-07-01")


def of(catalog: Catalog, folder: Path, period: str | None) -> Form:
    return load_forms(catalog, folder, ReferencePeriod.parse(period) if period else None)["F"]


@pytest.mark.parametrize(
    ("period", "version"),
    [
        ("2026-06", 1),
        ("2026-06-30", 1),
        ("2026-07-01", 2),
        ("2026-07", 2),
        ("2026-Q2", 1),
        ("2026-Q3", 2),
        ("2026", 1),  # the version in force on 1 January
        (None, 2),
    ],
)
def test_a_period_is_made_with_the_version_in_force_at_its_start(catalog: Catalog, two: Path, period: str | None, version: int) -> None:
    assert of(catalog, two, period).version == version


def test_a_version_ends_where_the_next_begins(catalog: Catalog, two: Path, write: Write) -> None:
    first, second = of(catalog, two, "2026-06"), of(catalog, two, "2026-07")
    assert (first.valid_from, str(first.valid_to), first.succeeds) == (None, "2026-07-01", None)
    assert (str(second.valid_from), second.valid_to, second.succeeds) == ("2026-07-01", None, 1)
    write("F.v3.yaml", version=3, valid_from="2026-10-01")
    middle = of(catalog, two, "2026-09")
    assert [of(catalog, two, p).version for p in ("2026-06", "2026-09", "2026-10")] == [1, 2, 3]
    assert (str(middle.valid_to), middle.succeeds, of(catalog, two, "2026-10").succeeds) == ("2026-10-01", 1, 2)


def test_between_two_versions_no_form_is_due(catalog: Catalog, write: Write) -> None:
    write("F.yaml", valid_to="2026-03-01")
    folder = write("F.v2.yaml", version=2, valid_from="2026-07-01")
    assert [due(load_forms(catalog, folder, p), p)[0].version for p in map(ReferencePeriod.parse, ("2026-02", "2026-07"))] == [1, 2]
    with pytest.raises(Exception, match="no form is due for 2026-05"):
        due(load_forms(catalog, folder, ReferencePeriod.parse("2026-05")), ReferencePeriod.parse("2026-05"))


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"valid_to": "2026-08-01"}, {"valid_from": "2026-07-01"}, "version 2 is in force from 2026-07-01, when version 1"),
        ({"valid_from": "2026-07-01"}, {"valid_from": "2026-07-01"}, "version 2 is in force from 2026-07-01, when version 1"),
        ({}, {}, "from the beginning, when version"),
        ({"version": 2}, {"valid_from": "2026-07-01"}, "version 2 stands in .*F.yaml:1 too; give one another number"),
        ({}, {"version": 3, "valid_from": "2026-07-01"}, r"the form's version is 3 but its file is F.v2.yaml"),
        ({}, {"id": "G", "valid_from": "2026-07-01"}, r"the form's id is 'G' but its file is F.v2.yaml"),
    ],
)
def test_versions_that_contradict_each_other(
    catalog: Catalog, write: Write, first: dict[str, Any], second: dict[str, Any], said: str
) -> None:
    write("F.yaml", **first)
    folder = write("F.v2.yaml", **{"version": 2, **second})
    with pytest.raises(DefinitionError, match=said):
        load_forms(catalog, folder)


def recounted(catalog: Catalog, folder: Path, period: str) -> list[str]:
    return plan(of(catalog, folder, period), ReferencePeriod.parse(period), catalog.standard.records_begin).recounted


def test_columns_that_reach_back_to_an_earlier_version(catalog: Catalog, two: Path) -> None:
    """July: the year, the month before, and the stock at its start. August: the month before is July. 2027: the year before alone."""
    assert recounted(catalog, two, "2026-07") == ["YTD", "BEFORE", "YEAR_BEFORE", "CHANGE", "OPEN"]
    assert recounted(catalog, two, "2026-08") == ["YTD", "YEAR_BEFORE"]
    assert recounted(catalog, two, "2027-01") == ["YEAR_BEFORE"]
    assert recounted(catalog, two, "2027-07") == []
    assert recounted(catalog, two, "2026-06") == []  # the first version


def test_their_statuses_say_so_and_the_figures_are_those_of_the_new_version(catalog: Catalog, two: Path) -> None:
    """Two thefts in June, one of them by night; one by night in July."""
    at_night = tiny.standard(two / "night", {"counted": "by_night"})
    thefts = [
        tiny.theft("1", "2026-06-05", NORTH_1),
        tiny.theft("2", "2026-06-06", NORTH_1, is_night=True),
        tiny.theft("3", "2026-07-05", NORTH_1, is_night=True),
    ]
    with tiny.warehouse(at_night, thefts) as engine:
        _, june = tiny.filled(engine, at_night, "2026-06", of(at_night, two, "2026-06"))
        _, july = tiny.filled(engine, at_night, "2026-07", of(at_night, two, "2026-07"))
        told = engine.sql(
            "SELECT column_code, status, reason FROM report.status WHERE period = '2026-07' AND unit_code = ? ORDER BY ALL", [NORTH_1]
        ).to_pylist()
        versions = engine.sql("SELECT period, version, valid_to FROM report.form ORDER BY period").to_pylist()
    assert june[NORTH_1, "T", "FILED"] == 2
    assert july[NORTH_1, "T", "BEFORE"] == 1  # June as version 2 counts it
    assert july[NORTH_1, "T", "YTD"] == 2
    said = "口径变动 definition changed on 2026-07-01: recounted by version 2"
    reasons = {r["column_code"]: (r["status"], r["reason"]) for r in told}
    assert {reasons[c] for c in ("YTD", "BEFORE", "YEAR_BEFORE", "CHANGE", "OPEN")} == {("auto", said)}
    assert {reasons[c] for c in ("FILED", "SHARE", "CLOSE")} == {("auto", None)}
    assert [(r["period"], r["version"], str(r["valid_to"])) for r in versions] == [("2026-06", 1, "2026-07-01"), ("2026-07", 2, "None")]


def test_the_footnote_names_the_columns(catalog: Catalog, two: Path) -> None:
    told = change_told(of(catalog, two, "2026-07"), ["YTD", "BEFORE"])
    assert told["zh"].startswith("口径变动：本表第 2 版自 2026-07-01 起施行，此前为第 1 版；YTD, BEFORE 含此前的数")
    assert told["en"].startswith("Definition changed: version 2 holds from 2026-07-01, version 1 before; YTD, BEFORE include days before")


def test_only_the_files_of_the_forms_asked_for_are_read_and_all_of_them_when_one_has_none() -> None:
    catalog = load_catalog(ROOT, "us_nibrs")
    every = load_forms(catalog)
    one, *others = every
    assert load_forms(catalog, only=[one]) == {one: every[one]}
    assert load_forms(catalog, only=[one, "A99"]) == every
    assert others
