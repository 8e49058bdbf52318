"""Every definition in the repository is spelt as the JSON Schemas say, and a misspelt one is refused with file, line, value and cure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policestats.catalog import YamlFile, load_catalog
from policestats.errors import DefinitionError

ROOT = Path(__file__).resolve().parents[2]
META = ROOT / "schemas" / "meta"
KINDS = ("standard", "table", "codelists", "policies", "source", "fact", "indicator", "form", "column_set", "rule")
# Where the files of each kind stand. Deliberately wrong definitions (tests/us_nibrs) are well spelt too.
PLACES = {
    "standard": ["schemas/*/standard.yaml"],
    "policies": ["schemas/*/policies.yaml"],
    "table": ["schemas/*/tables/*.yaml"],
    "codelists": ["schemas/*/codelists/index.yaml"],
    "source": ["schemas/*/sources/*.yaml"],
    "fact": ["schemas/*/facts/*.yaml", "tests/us_nibrs/*/facts/*.yaml"],
    "indicator": ["schemas/*/indicators/*.yaml", "tests/us_nibrs/*/indicators/*.yaml"],
    "form": ["report_templates/*/*.yaml", "tests/us_nibrs/*_definitions/*.yaml"],
    "column_set": ["report_templates/*/column_sets/*.yaml"],
    "rule": ["expectations/*/*.yaml", "tests/**/strict_rules/*.yaml"],
}
FILES = [(kind, path) for kind, globs in PLACES.items() for glob in globs for path in sorted(ROOT.glob(glob))]
SCHEMAS: dict[str, dict[str, Any]] = {kind: json.loads((META / f"{kind}.schema.json").read_text(encoding="utf-8")) for kind in KINDS}


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[str(path.relative_to(ROOT)) for _, path in FILES])
def test_every_definition_passes_its_schema(kind: str, path: Path) -> None:
    YamlFile(path, ROOT).check(kind, META)


def test_no_definition_escapes_its_schema() -> None:
    """A file put where no kind looks for it would never be read, nor checked."""
    found = {path for folder in ("schemas", "report_templates", "expectations") for path in (ROOT / folder).rglob("*.y*ml")}
    assert found - {path for _, path in FILES} == set()


def test_every_kind_but_rule_has_a_file() -> None:
    """The parametrised test above proves nothing about a kind whose pattern matches no file."""
    assert set(KINDS) - {"rule"} <= {kind for kind, _ in FILES}


@pytest.mark.parametrize("kind", KINDS)
def test_every_schema_is_a_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$id"] == f"{kind}.schema.json"
    assert SCHEMAS[kind]["description"]


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "ref",
        "label",
        "condition",
        "conditions",
        "test",
        "bound",
        "other_column",
        "scalar",
        "join",
        "dimension",
        "look",
        "columns",
        "check",
    ],
)
def test_shared_definitions_agree(name: str) -> None:
    """Each schema stands alone, so that editors can use it; what several of them say must be said in the same words."""
    copies = [schema["$defs"][name] for schema in SCHEMAS.values() if name in schema.get("$defs", {})]
    assert len(copies) >= 2
    assert all(copy == copies[0] for copy in copies)


STANDARD = """\
standard: mini
label: {zh: 小, en: Mini}
time_zone: Asia/Shanghai
records_begin: 2025-01-01
prescribed_forms: 1
lateness: restated
cutoff: {day: 2, time: "06:00"}
units:
  table: unit
  code_pattern: "^[0-9]+$"
  levels: [{code: station, label: {zh: 所, en: Station}}]
  unknown: {code: "0", label: {zh: 未知, en: Unknown}}
marks: {none: "—", missing: 缺, partial: 部分, blocked: 停, suppressed: "×", of_which: "#"}
furniture: {note: {zh: 注, en: Note}, table_number: {zh: 号, en: No}, rounding: {zh: 舍入, en: Rounding}}
"""
TABLE = """\
table: incident
label: {zh: 警情, en: Incident}
key: [incident_no]
columns:
  incident_no: {type: text, label: {zh: 编号, en: Number}}
  unit_code: {type: text, label: {zh: 单位, en: Unit}}
"""
CODELISTS = """\
- {id: charge, label: {zh: 罪名, en: Charges}, source: made up}
- id: cause
  label: {zh: 案由, en: Causes}
  source: made up
"""
POLICIES = """\
- id: solved_current
  label: {zh: 破现案, en: Solved}
  default: calendar_year
  choices:
    calendar_year: {same_year: [filed_on, solved_on]}
    same_period: {same_month: [filed_on, solved_on]}
  source: corrections.md 1
  effect: lets months add up
"""
SOURCE = """\
source: desk
label: {zh: 台, en: Desk}
kind: database
tables:
  incident: {into: incident, columns: {unit_code: station}, drop: [phone]}
deliveries: {table: unit_upload, unit: unit_code, period: period}
"""
FACT = """\
- id: filing
  label: {zh: 立案, en: Filing}
  table: criminal_case
  key: [case_no]
  joins:
    - {as: case, table: criminal_case, on: {case_no: case_no}}
  dimensions:
    is_old: {flag: {case.filed_on: {below: 2026-01-01}}}
    charge: {map: charge_code, codelist: charge, attribute: code}
"""
INDICATOR = """\
- id: cases_filed
  label: {zh: 立案, en: Filed}
  fact: filing
  count: record
  on: filed_on
  by: unit_code
  where: {is_late: false}
  unit: 起
  source: A5
"""
FORM = """\
id: X01
title: {zh: 月报, en: Monthly}
provenance: {rows: R, columns: R}
frequency: [month]
columns:
  - {code: FILED_M, indicator: cases_filed, variant: current, label: {zh: 本月, en: Month}}
  - {code: RATE, rate: {of: FILED_M, over: FILED_M}, per: 100, decimals: 1, label: {zh: 率, en: Rate}}
blocks:
  - id: main
    rows:
      total: {code: T, label: {zh: 合计, en: Total}}
      classification: {dimension: charge, codelist: charge, unknown: U}
      sets:
        - {code: M01, parent: T, label: {zh: 其中, en: of which}, where: {any: [{is_late: true}, {charge: [C221, C222]}]}}
checks:
  - {id: X01-01, severity: error, for: columns, that: "[T] = sum([R01..R10])", source: checks.csv}
"""
COLUMN_SET = """\
id: block
columns:
  - {code: FILED_M, indicator: cases_filed}
  - split: sex
    indicator: cases_filed
    parent: FILED_M
    members: [{code: MALE, is: "1", label: {zh: 男, en: Male}}, {code: FEMALE, is: "2", label: {zh: 女, en: Female}}]
    unknown: {code: SEX_UNK, label: {zh: 不详, en: Unknown}}
checks:
  - {id: one, severity: error, for: rows, that: "FILED_M >= MALE", source: made up}
"""
RULE = """\
table: incident
rules:
  - id: hour_in_day
    dimension: accuracy
    severity: error
    label: {zh: 时, en: Hour}
    source: made up
    record: {hour: {at_least: 0, below: 24}}
  - {id: number_once, dimension: accuracy, severity: error, label: {zh: 一, en: Once}, source: made up, unique: [incident_no]}
"""
GOOD = {
    "standard": STANDARD,
    "table": TABLE,
    "codelists": CODELISTS,
    "policies": POLICIES,
    "source": SOURCE,
    "fact": FACT,
    "indicator": INDICATOR,
    "form": FORM,
    "column_set": COLUMN_SET,
    "rule": RULE,
}


def _refusal(tmp_path: Path, kind: str, text: str) -> str:
    path = tmp_path / f"{kind}.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as raised:
        YamlFile(path, tmp_path).check(kind, META)
    return str(raised.value)


def _misspell(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} must stand once, or the line would be ambiguous"
    return text.replace(old, new)


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_below_are_good_before_they_are_misspelt(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD[kind], encoding="utf-8")
    YamlFile(path, tmp_path).check(kind, META)


# kind, what is written, what is misspelt, the line of the misspelling (counted by hand in the text above), what the message says
TYPOS = [
    ("standard", "records_begin:", "record_begin:", 4, "unknown key 'record_begin' in the file; did you mean records_begin?"),
    ("standard", "code_pattern:", "code_patern:", 10, "unknown key 'code_patern' in units; did you mean code_pattern?"),
    ("standard", "lateness: restated", "lateness: restate", 6, "lateness is 'restate'; did you mean restated?"),
    ("table", "columns:", "colums:", 4, "unknown key 'colums' in the file; did you mean columns?"),
    ("table", "unit_code: {type", "unit_code: {typ", 6, "unknown key 'typ' in columns.unit_code; did you mean type?"),
    ("table", "unit_code: {type: text", "unit_code: {type: txt", 6, "columns.unit_code.type is 'txt'; did you mean text?"),
    ("codelists", "  source:", "  sorce:", 4, "unknown key 'sorce' in 1; did you mean source?"),
    ("policies", "  choices:", "  choises:", 4, "unknown key 'choises' in 0; did you mean choices?"),
    ("source", "drop:", "dropp:", 5, "unknown key 'dropp' in tables.incident; did you mean drop?"),
    ("source", "kind: database", "kind: databse", 3, "kind is 'databse'; did you mean database?"),
    ("source", "period: period", "periods: period", 6, "unknown key 'periods' in deliveries; did you mean period?"),
    ("fact", "  dimensions:", "  dimension:", 7, "unknown key 'dimension' in 0; did you mean dimensions?"),
    ("fact", "{as: case,", "{ass: case,", 6, "unknown key 'ass' in 0.joins.0; did you mean as?"),
    ("fact", "{below:", "{belw:", 8, "unknown key 'belw' in 0.dimensions.is_old.flag.case.filed_on; did you mean below?"),
    ("fact", "attribute:", "atribute:", 9, "unknown key 'atribute' in 0.dimensions.charge; did you mean attribute?"),
    ("indicator", "  source: A5", "  sorce: A5", 9, "unknown key 'sorce' in 0; did you mean source?"),
    ("indicator", "count: record", "count: records", 4, "0.count is 'records'; did you mean record?"),
    ("form", "indicator:", "indicater:", 6, "unknown key 'indicater' in columns.0; did you mean indicator?"),
    ("form", "variant: current", "variant: curent", 6, "columns.0.variant is 'curent'; did you mean current?"),
    ("form", "classification:", "clasification:", 12, "unknown key 'clasification' in blocks.0.rows; did you mean classification?"),
    ("form", "parent:", "parnt:", 14, "unknown key 'parnt' in blocks.0.rows.sets.0; did you mean parent?"),
    ("form", "severity: error", "severity: eror", 16, "checks.0.severity is 'eror'; did you mean error?"),
    ("column_set", "    unknown:", "    unknwn:", 8, "unknown key 'unknwn' in columns.1; did you mean unknown?"),
    ("rule", "    record:", "    recrd:", 8, "unknown key 'recrd' in rules.0; did you mean record?"),
    ("rule", "unique:", "uniqe:", 9, "unknown key 'uniqe' in rules.1; did you mean unique?"),
]


@pytest.mark.parametrize(("kind", "old", "new", "line", "said"), TYPOS, ids=[f"{t[0]}-{t[2].strip(' {:,')}" for t in TYPOS])
def test_a_typo_names_its_line_and_the_nearest_known_word(tmp_path: Path, kind: str, old: str, new: str, line: int, said: str) -> None:
    assert _refusal(tmp_path, kind, _misspell(GOOD[kind], old, new)) == f"{kind}.yaml:{line}: {said}"


# kind, what is written, what it is changed to, line, a part of the message: keys and values that are known but make no sense where they stand
MISFITS = [
    ("standard", 'time: "06:00"', 'time: "24:00"', 7, "24:00"),
    ("standard", "prescribed_forms: 1", "prescribed_forms: 0", 5, "0 is less than the minimum of 1"),
    ("table", "key: [incident_no]", "key: []", 3, "key"),
    (
        "source",
        "columns: {unit_code: station}",
        "columns: {unit_code: {literal: a, format: b}}",
        5,
        "tables.incident.columns.unit_code.format",
    ),
    ("fact", "  table: criminal_case\n", "", 1, "'table' is a required property"),
    ("fact", "  key: [case_no]\n", "  key: [case_no]\n  union: [{table: a, kind: b, columns: {c: d}}]\n", 3, "0.table"),
    ("fact", ", codelist: charge", "", 9, "'codelist' is a dependency of 'map'"),
    ("fact", "flag: {", "column: filed_on, flag: {", 8, "0.dimensions.is_old"),
    ("indicator", "  count: record\n", "", 1, "'count' is a required property"),
    ("indicator", "  count: record\n", "  count: record\n  sum: loss_yuan\n", 5, "0.sum"),
    ("indicator", "  count: record\n", "  count: record\n  show: opening\n", 5, "0.show"),
    (
        "indicator",
        "fact: filing\n  count: record\n  on: filed_on\n  by: unit_code",
        "ledger: filing\n  show: opening\n  net: true",
        5,
        "0.net",
    ),
    ("form", ", label: {zh: 率, en: Rate}", "", 7, "'label' is a required property"),
    ("form", "indicator: cases_filed,", "indicator: cases_filed, per_day: RATE,", 6, "columns.0.per_day"),
    ("form", "rate: {of: FILED_M, over: FILED_M}, per: 100", "rate: {of: FILED_M, over: FILED_M}", 7, "'per' is a required property"),
    ("form", "[T] = sum([R01..R10])", "[T] + sum([R01..R10])", 16, "checks.0.that"),
    ("form", "{charge: [C221, C222]}", "{charge: [C221, {is_late: true}]}", 14, "blocks.0.rows.sets.0.where.any.1.charge.1"),
    ("form", "{code: T,", "{code: 1,", 11, "1 is not of type 'string'"),
    ("column_set", "{code: FILED_M, indicator: cases_filed}", "{use: other, indicator: cases_filed}", 3, "columns.0"),
    ("column_set", "    unknown: {code: SEX_UNK, label: {zh: 不详, en: Unknown}}\n", "", 4, "'unknown' is a dependency of 'parent'"),
    ("rule", "severity: error\n", "severity: error\n    unique: [hour]\n", 9, "rules.0.record"),
    ("rule", "unique: [incident_no]", "table: {row_count: {at_least: -1}}", 9, "-1 is less than the minimum of 0"),
    ("rule", "unique: [incident_no]", "mostly: 95, codelist: type_code", 9, "95 is greater than the maximum of 1"),
]


@pytest.mark.parametrize(("kind", "old", "new", "line", "part"), MISFITS, ids=[f"{t[0]}-{i}" for i, t in enumerate(MISFITS)])
def test_what_does_not_fit_names_its_line(tmp_path: Path, kind: str, old: str, new: str, line: int, part: str) -> None:
    message = _refusal(tmp_path, kind, _misspell(GOOD[kind], old, new))
    assert message.startswith(f"{kind}.yaml:{line}: ")
    assert part in message


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    """YAML itself would keep the last one in silence."""
    text = _misspell(TABLE, "key: [incident_no]\n", "key: [incident_no]\ntable: incident\n")  # the second `table` stands on line 4
    assert _refusal(tmp_path, "table", text) == "table.yaml:4: the key 'table' stands twice in one mapping; keep one"


def test_a_key_written_twice_deep_inside_is_refused(tmp_path: Path) -> None:
    text = _misspell(FORM, "rows: R, columns: R", "rows: R, columns: R, rows: P")  # line 3
    assert _refusal(tmp_path, "form", text) == "form.yaml:3: the key 'rows' stands twice in one mapping; keep one"


def test_words_that_yaml_would_read_as_true_or_nothing_stay_words(tmp_path: Path) -> None:
    """`on` and `null` are words of the language; YAML 1.1 would make them true and nothing."""
    path = tmp_path / "fact.yaml"
    path.write_text(_misspell(FACT, "{below: 2026-01-01}", "{null: true}"), encoding="utf-8")
    file = YamlFile(path, tmp_path)
    file.check("fact", META)
    assert file.data[0]["joins"][0]["on"] == {"case_no": "case_no"}
    assert file.data[0]["dimensions"]["is_old"]["flag"] == {"case.filed_on": {"null": True}}


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    """A root folder with the schemas and one small standard."""
    shutil.copytree(META, tmp_path / "schemas" / "meta")
    folder = tmp_path / "schemas" / "mini"
    folder.mkdir()
    (folder / "standard.yaml").write_text(STANDARD, encoding="utf-8")
    (folder / "policies.yaml").write_text(POLICIES, encoding="utf-8")
    return tmp_path


def test_a_policy_choice_is_taken(mini: Path) -> None:
    assert load_catalog(mini, "mini").policies["solved_current"].chosen == "calendar_year"
    chosen = load_catalog(mini, "mini", {"solved_current": "same_period"}).policies["solved_current"]
    assert chosen.value == {"same_month": ["filed_on", "solved_on"]}


def test_an_unknown_standard_names_the_nearest(mini: Path) -> None:
    with pytest.raises(DefinitionError, match=r"there is no standard 'mini2'; did you mean mini\?"):
        load_catalog(mini, "mini2")


def test_an_unknown_policy_names_the_nearest(mini: Path) -> None:
    with pytest.raises(DefinitionError, match=r"there is no policy 'solved_curent'; did you mean solved_current\?"):
        load_catalog(mini, "mini", {"solved_curent": "same_period"})


def test_an_unknown_choice_names_the_nearest(mini: Path) -> None:
    with pytest.raises(DefinitionError, match=r"policy 'solved_current' has no choice 'same_perod'; did you mean same_period\?"):
        load_catalog(mini, "mini", {"solved_current": "same_perod"})


def test_an_unknown_default_choice_names_its_line(mini: Path) -> None:
    path = mini / "schemas" / "mini" / "policies.yaml"
    path.write_text(_misspell(POLICIES, "default: calendar_year", "default: calender_year"), encoding="utf-8")
    with pytest.raises(DefinitionError) as raised:
        load_catalog(mini, "mini")
    assert str(raised.value).startswith(
        "schemas/mini/policies.yaml:3: policy 'solved_current' has no choice 'calender_year'; did you mean calendar_year"
    )


def test_a_file_read_again_is_what_stands_in_it(tmp_path: Path) -> None:
    """What one reader does to the content is not what the next one finds, and a changed file is read anew."""
    path = tmp_path / "a.yaml"
    path.write_text("rows: [1, 2]\n", encoding="utf-8")
    YamlFile(path, tmp_path).data["rows"].append(3)
    assert YamlFile(path, tmp_path).data == {"rows": [1, 2]}
    path.write_text("rows: [4]\n", encoding="utf-8")
    assert YamlFile(path, tmp_path).data == {"rows": [4]}
