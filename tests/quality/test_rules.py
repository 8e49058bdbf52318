"""A rule that names what is not there, or compares what cannot be compared, stops before anything runs: file, line, value and cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from policestats.errors import DefinitionError
from policestats.quality.rules import load_rules
from tests.quality.desk import HEAD, desk

FILE = f"""\
table: report
joins:
  - {{as: before, table: report, on: {{report_no: follows_no}}}}
dimensions:
  is_late: {{late: {{on: made_on, entered: entered_at}}}}
rules:
  - {{id: some, {HEAD}, record: {{people: {{at_least: 1}}, unit_code: [S1]}}}}
  - {{id: order, {HEAD}, record: {{made_on: {{at_least: {{column: before.made_on}}}}, is_late: false}}}}
  - {{id: kind, {HEAD}, codelist: kind_code, except: [U]}}
  - {{id: unit, {HEAD}, reference: {{column: unit_code, to: unit.unit_code}}}}
  - {{id: once, {HEAD}, unique: [unit_code, made_on]}}
  - {{id: fresh, {HEAD}, table: {{newest: {{column: made_on, within_days: 1}}}}}}
"""


def test_a_good_file_is_read(tmp_path: Path) -> None:
    rules = {t.table.name: t for t in load_rules(desk(tmp_path, report=FILE))}
    assert [r.id for r in rules["report"].rules] == ["cast", "some", "order", "kind", "unit", "once", "fresh"]
    assert [r.id for r in rules["note"].rules] == ["cast"]  # without a file: the rule that every table has
    assert rules["report"].rules[3].condition == {"kind_code": ["A", "B"]}  # not G, which has members below it


def test_without_exceptions_every_leaf_is_good(tmp_path: Path) -> None:
    rules = {t.table.name: t for t in load_rules(desk(tmp_path, report=FILE.replace(", except: [U]", "")))}
    assert rules["report"].rules[3].condition == {"kind_code": ["A", "B", "U"]}


@pytest.mark.parametrize(
    ("good", "bad", "line", "says"),
    [
        ("{people: {at", "{poeple: {at", 7, "the rules of 'report' know no column or dimension 'poeple'; did you mean people?"),
        ("unit_code: [S1]", "unit_code: [1]", 7, "'unit_code' is of type text and cannot be compared with 1; write it in quotes"),
        ("{at_least: 1}", "{at_least: one}", 7, "'people' is of type integer and cannot be compared with 'one'; give a number"),
        ("{at_least: 1}", "{at_least: .inf}", 7, "cannot be compared with inf"),
        ("{at_least: 1}", "{at_least: true}", 7, "cannot be compared with True"),
        ("{at_least: 1}", "{at_least: period_end}", 7, "period_end has no meaning in a data rule; compare with landed_at"),
        ("{at_least: 1}", "{policy: gravest}", 7, "there is no policy 'gravest'"),
        ("column: before.made_on", "column: before.made", 8, "no column or dimension 'before.made'; did you mean before.made_on"),
        ("column: before.made_on", "column: before.people", 8, "made_on and before.people are of types date and integer"),
        ("is_late: false}}", "is_late: 'no'}}", 8, "'is_late' is of type boolean and cannot be compared with 'no'; give a boolean"),
        ("is_late: false}}", "same_month: [made_on, people]}}", 8, "'people' is of type integer"),
        ("codelist: kind_code", "codelist: kind", 9, "table 'report' has no column 'kind'; did you mean kind_code?"),
        ("codelist: kind_code", "codelist: unit_code", 9, "column 'unit_code' of 'report' has no code list"),
        ("except: [U]", "except: [V]", 9, "'V' is no leaf of the code list 'kind'; "),
        ("except: [U]", "except: [G]", 9, "'G' is no leaf of the code list 'kind'; "),
        ("codelist: kind_code, except", "record: {people: 1}, except", 9, "codelist"),
        ("to: unit.unit_code", "to: units.unit_code", 10, "there is no core table 'units'; did you mean unit?"),
        ("to: unit.unit_code", "to: unit.code", 10, "table 'unit' has no column 'code'"),
        ("to: unit.unit_code", "to: unit.valid_from", 10, "valid_from and unit_code are of types date and text"),
        ("unique: [unit_code, made_on]", "unique: [unit_code, mad_on]", 11, "no column or dimension 'mad_on'; did you mean made_on or before.made_on?"),
        ("newest: {column: made_on", "newest: {column: people", 12, "'people' is of type integer; freshness needs a date or a time"),
        ("on: made_on, entered", "on: made, entered", 5, "no column or dimension 'made'"),
        ("table: report, on:", "table: reports, on:", 3, "there is no core table 'reports'; did you mean report"),
        ("on: {report_no: f", "on: {report: f", 3, "table 'report' has no column 'report'; did you mean report_no?"),
        ("id: order", "id: some", 8, "the rule 'some' is already defined (expectations/tiny/report.yaml:7); give it another id"),
        ("id: some", "id: cast", 7, "the rule 'cast' is already defined (the rule that every table has)"),
        ("table: report\njoins", "table: note\njoins", 1, "the file report.yaml names table 'note'; make them the same"),
        ("{people: {at_least: 1}", "{people: {at_leest: 1}", 7, "unknown key 'at_leest'"),
    ],
)  # fmt: skip
def test_a_wrong_rule_names_its_line(tmp_path: Path, good: str, bad: str, line: int, says: str) -> None:
    assert FILE.count(good) == 1
    with pytest.raises(DefinitionError) as error:
        load_rules(desk(tmp_path, report=FILE.replace(good, bad)))
    assert str(error.value).startswith(f"expectations/tiny/report.yaml:{line}: ")
    assert says in str(error.value)


def test_a_file_is_named_after_its_table(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"expectations/tiny/reports\.yaml: there is no core table 'reports'.*did you mean report\?"):
        load_rules(desk(tmp_path, reports=FILE))
