"""Definitions that make no sense: each is refused with file, line, what was found and what is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.errors import DefinitionError, StatisticsError
from policestats.reports.template import load_form, load_forms
from policestats.stages import check_templates
from tests.reports import tiny
from tests.support.ledger import ROOT, ledger

#: the numbers at the margin are the lines of the file
GOOD = """\
id: F
title: {zh: 表, en: Form}
provenance: {rows: test, columns: test}
frequency: [month]
columns:
  - {code: FILED, indicator: filed}
  - {code: LATE, parent: FILED, indicator: filed_late}
  - {code: RATE, rate: {of: LATE, over: FILED}, per: 100, decimals: 1, label: {zh: 率, en: Rate}}
blocks:
  - id: main
    rows:
      total: {code: T, label: {zh: 计, en: Total}}
      classification: {dimension: kind_code, codelist: kind, unknown: K9}
      sets:
        - {code: N, parent: T, label: {zh: 夜, en: Night}, where: {is_night: true}}
checks:
  - {id: F-01, severity: error, that: "[T].LATE <= [T].FILED", source: test}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return tiny.standard(tmp_path)


def refusal(catalog: Catalog, old: str, new: str, name: str = "F.yaml") -> str:
    """Return what is said of the form above when ``old`` is written ``new``."""
    assert GOOD.count(old) == 1
    folder = catalog.templates
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(GOOD.replace(old, new), encoding="utf-8")
    [report] = check_templates.run(catalog=catalog)
    assert report.problem is not None
    assert (report.file, report.form_id, report.rows) == (name, None, 0)
    return report.problem


def test_the_form_above_is_good(catalog: Catalog) -> None:
    catalog.templates.mkdir(parents=True)
    (catalog.templates / "F.yaml").write_text(GOOD, encoding="utf-8")
    [report] = check_templates.run(catalog=catalog)
    assert (report.problem, report.form_id, report.rows, report.columns, report.checks) == (None, "F", 6, 3, 1)  # T KA K1 K2 K9 N


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("indicator: filed}", "indicator: fild}", "F.yaml:6: there is no indicator 'fild'; did you mean filed"),
        ("over: FILED}", "over: FILD}", "F.yaml:8: column 'RATE' names the column 'FILD'; did you mean FILED?"),
        ("parent: FILED", "parent: FILLED", "F.yaml:7: column 'LATE' names the column 'FILLED'; did you mean FILED?"),
        ("code: LATE", "code: FILED", "F.yaml:6: the column code 'FILED' stands twice; column codes are unique in a form"),
        ("code: N,", "code: K1,", "F.yaml:9: the row code 'K1' stands twice; row codes are unique in a form"),
        ("parent: T,", "parent: TT,", "F.yaml:15: row 'N' has the parent 'TT', which is no row; "),
        ("parent: T,", "parent: T, after: K4,", "F.yaml:15: row 'N' stands after 'K4', which is no row above it here; known: K1, K2, K9, KA, T"),
        ("frequency:", "freqency:", "F.yaml:4: unknown key 'freqency' in the file; did you mean frequency?"),
        ("per: 100, decimals", "per: 100, decimal", "F.yaml:8: unknown key 'decimal' in columns.2; did you mean decimals?"),
        ("[month]", "[monthly]", "F.yaml:4: frequency.0 is 'monthly'; did you mean month?"),
        ("where: {is_night: true}", "where: {is_nite: true}", "F.yaml:15: fact 'filing' has no column or dimension 'is_nite' for indicator 'filed'; did you mean is_night"),
        ("where: {is_night: true}", "where: {policy: conted}", "F.yaml:15: there is no policy 'conted'; did you mean counted?"),
        ("where: {is_night: true}", "where: {is_night: {policy: conted}}", "F.yaml:15: there is no policy 'conted'; did you mean counted?"),
        ("dimension: kind_code", "dimension: kind", "F.yaml:13: fact 'filing' has no column or dimension 'kind' for indicator 'filed'; did you mean kind_code?"),
        ("codelist: kind,", "codelist: kinds,", "F.yaml:10: there is no code list 'kinds'; did you mean kind?"),
        ("unknown: K9", "unknown: KA", "F.yaml:10: the row for unknown members, 'KA', is no leaf of code list 'kind'; "),
        ("[T].LATE", "[TT].LATE", "F.yaml:17: check '[TT].LATE <= [T].FILED': there is no row 'TT'; "),
        ("[T].LATE", "[T].LAT", "F.yaml:17: check '[T].LAT <= [T].FILED': there is no column 'LAT'; did you mean LATE?"),
        ("id: F\n", "id: G\n", "F.yaml:1: the form's id is 'G' but its file is F.yaml; make them the same"),
        ("title: {zh: 表, en: Form}", "title: {zh: 表, en: Form", "F.yaml:3: not valid YAML: "),
        ("frequency: [month]", "frequency: [month]\nfrequency: [week]", "F.yaml:5: the key 'frequency' stands twice in one mapping; keep one"),
    ],
)  # fmt: skip
def test_a_form_is_refused_with_its_line(catalog: Catalog, old: str, new: str, message: str) -> None:
    said = refusal(catalog, old, new)
    assert message in said


def test_a_file_that_is_not_text(catalog: Catalog) -> None:
    catalog.templates.mkdir(parents=True)
    (catalog.templates / "F.yaml").write_bytes(GOOD.encode("gb18030"))
    [report] = check_templates.run(catalog=catalog)
    assert report.problem is not None
    assert report.problem.endswith("save the file as UTF-8")


@pytest.mark.parametrize("text", ["", "[]", "just words\n", "id: F\n"])
def test_a_file_that_is_no_form(catalog: Catalog, text: str) -> None:
    catalog.templates.mkdir(parents=True)
    (catalog.templates / "F.yaml").write_text(text, encoding="utf-8")
    [report] = check_templates.run(catalog=catalog)
    assert report.problem is not None
    assert "F.yaml" in report.problem


def test_one_bad_form_does_not_hide_the_others(catalog: Catalog) -> None:
    catalog.templates.mkdir(parents=True)
    for name in ("A", "B", "C"):
        (catalog.templates / f"{name}.yaml").write_text(GOOD.replace("id: F\n", f"id: {name}\n"), encoding="utf-8")
    (catalog.templates / "B.yaml").write_text(GOOD, encoding="utf-8")
    reports = check_templates.run(catalog=catalog)
    assert [(r.file, r.form_id, r.problem is None) for r in reports] == [
        ("A.yaml", "A", True),
        ("B.yaml", None, False),
        ("C.yaml", "C", True),
    ]
    assert len(check_templates.problems(reports)) == 1
    with pytest.raises(DefinitionError, match=r"B\.yaml:1: the form's id is 'F'"):  # forms are filled all or none
        load_forms(catalog)


def test_a_folder_without_forms(catalog: Catalog, tmp_path: Path) -> None:
    with pytest.raises(StatisticsError, match=r"there is no form here; a form is a file <form id>\.yaml"):
        check_templates.run(catalog=catalog, folder=tmp_path)


def test_an_unknown_code_in_a_condition_is_the_authors_own(catalog: Catalog) -> None:
    """A condition may name a code that no list has: it meets no record, and the form still adds up."""
    catalog.templates.mkdir(parents=True)
    (catalog.templates / "F.yaml").write_text(GOOD.replace("where: {is_night: true}", "where: {kind_code: K77}"), encoding="utf-8")
    form = load_form(catalog.templates / "F.yaml", catalog)
    with ledger(catalog, {"unit": tiny.UNITS, "theft": [tiny.theft("1", "2026-10-01", tiny.NORTH_1)]}) as engine:
        result, cells = tiny.filled(engine, catalog, "2026-10", form)
    assert result.failed_errors == 0
    assert {row for _, row, column in cells if column == "FILED"} == {"T", "KA", "K1"}


# -- schemas/ -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("codelists/kind.csv", "K2,KA", "K1,KA", "kind.csv:4: the code 'K1' stands twice; keep one"),
        ("codelists/kind.csv", "parent_code", "parent", "kind.csv:1: the columns parent_code are missing"),
        ("tables/theft.yaml", "key: [theft_no]", "key: [theft_nr]", "theft.yaml:3: table 'theft' has no column 'theft_nr'; did you mean theft_no?"),
        ("sources/desk.yaml", "into: theft", "into: thefts", "desk.yaml:4: there is no core table 'thefts'; did you mean theft?"),
        ("policies.yaml", "default: all_day", "default: all_days", "policies.yaml:3: policy 'counted' has no choice 'all_days'; did you mean all_day?"),
        ("indicators/theft.yaml", "id: filed_late", "id: filed", "indicators/theft.yaml:2: 'filed' is already defined at schemas/tiny/indicators/theft.yaml:1"),
    ],
)  # fmt: skip
def test_a_standard_is_refused_with_its_line(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    path = tiny.write(tmp_path) / "schemas" / "tiny" / file
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(DefinitionError) as raised:
        load_catalog(tmp_path, "tiny")
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("posted: {on: filed_on", "posted: {on: file_on", "facts/theft.yaml:1: fact 'filing' has no column or dimension 'file_on'; did you mean filed_on"),
        ("kind_code: {column: theft.kind_code}\n    is_night: {column: theft.is_night}\n- id: pending", "kind_code: {column: theft.kind}\n    is_night: {column: theft.is_night}\n- id: pending",
         "facts/theft.yaml:8: table 'theft' has no column 'kind'; did you mean kind_code?"),
        ("on: {theft_no: theft_no}}]\n  dimensions:\n    posted_on", "on: {theft_nr: theft_no}}]\n  dimensions:\n    posted_on", "facts/theft.yaml:8: table 'theft' has no column 'theft_nr'; did you mean theft_no?"),
        ("  table: move\n", "  table: moves\n", "facts/theft.yaml:8: there is no core table 'moves'; did you mean move?"),
    ],
)  # fmt: skip
def test_a_fact_is_refused_when_its_form_is_compiled(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tiny.write(tmp_path) / "schemas" / "tiny" / "facts" / "theft.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    catalog = load_catalog(tmp_path, "tiny")
    catalog.templates.mkdir(parents=True)
    (catalog.templates / "F.yaml").write_text(
        GOOD.replace("code: LATE, parent: FILED, indicator: filed_late", "code: LATE, indicator: received"), encoding="utf-8"
    )
    [report] = check_templates.run(catalog=catalog)
    assert report.problem is not None
    assert message in report.problem


def test_the_national_forms_are_refused_the_same_way(tmp_path: Path) -> None:
    """One misspelt indicator in a copy of a real form."""
    shutil.copy(ROOT / "report_templates" / "cn" / "X01.yaml", tmp_path)
    path = tmp_path / "X01.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("indicator: cases_solved, variant: current", "indicator: cases_solvd, variant: current"),
        encoding="utf-8",
    )
    [report] = check_templates.run(catalog=load_catalog(ROOT, "cn"), folder=tmp_path)
    assert (
        report.problem
        == f"{path}:14: there is no indicator 'cases_solvd'; did you mean cases_solved or cases_solved_old or cases_solved_linked?"
    )
