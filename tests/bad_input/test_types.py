"""Definitions whose types do not fit: what DuckDB says of them is told with the file and the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.errors import DefinitionError
from policestats.reports.template import load_forms
from policestats.stages import check_templates
from tests.bad_input.test_definitions import GOOD
from tests.reports import tiny

#: what stands in the definitions, what is written instead, and what is said of it; the lines are those of the written files
WRONG = [
    ("facts/theft.yaml", "late: {on: filed_on,", "late: {on: suspect,", "theft.yaml:1: fact 'filing' takes a text for a date: "),
    ("facts/theft.yaml", "kind_code: {column: theft.kind_code}", "kind_code: {hour: theft.kind_code}", "theft.yaml:8: fact 'movement' compares or computes what does not fit: Binder Error: "),
    ("facts/theft.yaml", "{theft_no: theft_no}}]\n  dimensions:\n    posted_on", "{filed_on: theft_no}}]\n  dimensions:\n    posted_on", "theft.yaml:8: fact 'movement' compares a date with a text: "),
    ("indicators/theft.yaml", "{is_late: true}", "{filed_on: true}", "theft.yaml:2: indicator 'filed_late', or a row of "),
    ("indicators/theft.yaml", "{is_late: true}", "{filed_on: {above: 3}}", "compares a date with a number: "),
    ("indicators/theft.yaml", "{is_late: true}", "{kind_code: [K1, 2]}", "compares a text with a number: "),
    ("indicators/theft.yaml", "{is_late: true}", "{filed_on: long ago}", "compares a date with a text: "),
    ("indicators/theft.yaml", "{is_late: true}", "{filed_on: {above: {column: entered_at}}}", "compares a date with a time: "),
    ("indicators/theft.yaml", "count: record, on: posted_on, by: unit_code, unit: 起", "sum: suspect, on: posted_on, by: unit_code, unit: 起", "theft.yaml:1: indicator 'filed', or a row of report_templates/tiny/F.yaml:1 over it, takes a text for a number: "),
    ("F.yaml", "where: {is_night: true}", "where: {is_night: 2026-01-01}", "over it, compares a flag with a date: "),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), WRONG, ids=[f"{w[0]}:{w[2][:40]}" for w in WRONG])
def test_types_that_do_not_fit_are_told_with_their_place(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    catalog = written(tmp_path, file, old, new)
    [report] = check_templates.run(catalog=catalog)
    assert report.problem is not None
    assert said in report.problem


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "indicators/theft.yaml",
            "{is_late: true}",
            "{filed_on: true}",
            r"indicators/theft\.yaml:2: indicator 'filed_late', or a row of .*F\.yaml:1 over it, compares",
        ),
        (
            "facts/theft.yaml",
            "kind_code: {column: theft.kind_code}",
            "kind_code: {hour: theft.kind_code}",
            r"facts/theft\.yaml:8: fact 'movement', or an indicator over it \(policestats check-templates tells which\), compares",
        ),
    ],
)
def test_who_tabulates_without_that_check_is_told_the_place_too(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    catalog = written(tmp_path, file, old, new)
    thefts = [tiny.theft("C1", "2026-01-05", tiny.NORTH_1)]
    with tiny.warehouse(catalog, thefts) as engine, pytest.raises(DefinitionError, match=said):
        tiny.filled(engine, catalog, "2026-01", *load_forms(catalog).values())


def written(folder: Path, file: str, old: str, new: str) -> Catalog:
    """Return the tiny standard with one form that reads three facts, ``old`` of one of its files written ``new``."""
    tiny.write(folder)
    templates = folder / "report_templates" / "tiny"
    templates.mkdir(parents=True)
    columns = "  - {code: RECEIVED, indicator: received}\n  - {code: PENDING, indicator: pending_at_end}\n"
    (templates / "F.yaml").write_text(GOOD.replace("blocks:\n", columns + "blocks:\n"), encoding="utf-8")
    path = templates / file if file == "F.yaml" else folder / "schemas" / "tiny" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_catalog(folder, "tiny")
