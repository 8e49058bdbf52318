"""A standard of a few lines, so that every expected figure of the report layer can be worked out on a sheet of paper.

Units: a province of two counties; the first has two stations, the second one. Codes: kinds K1 and K2 together are KA, K9 is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.template import Form, read_form
from policestats.stages.tabulate import TabulateResult, tabulate
from tests.support.ledger import ROOT, ledger

Row = dict[str, Any]
Cells = dict[tuple[str, str, str], Decimal]

PROVINCE, NORTH, SOUTH = "990000000000", "990100000000", "990200000000"
NORTH_1, NORTH_2, SOUTH_1 = "990101000000", "990102000000", "990201000000"
UNKNOWN = "000000000000"
STATIONS = (NORTH_1, NORTH_2, SOUTH_1)

UNITS: list[Row] = [
    {"unit_code": PROVINCE, "valid_from": "2020-01-01", "level_code": "province"},
    {"unit_code": NORTH, "valid_from": "2020-01-01", "parent_unit_code": PROVINCE, "level_code": "county"},
    {"unit_code": SOUTH, "valid_from": "2020-01-01", "parent_unit_code": PROVINCE, "level_code": "county"},
    {"unit_code": NORTH_1, "valid_from": "2020-01-01", "parent_unit_code": NORTH, "level_code": "station"},
    {"unit_code": NORTH_2, "valid_from": "2020-01-01", "parent_unit_code": NORTH, "level_code": "station"},
    {"unit_code": SOUTH_1, "valid_from": "2020-01-01", "parent_unit_code": SOUTH, "level_code": "station"},
]

_LABEL = "{zh: 字, en: word}"
_FILES = {
    "standard.yaml": f"""
standard: tiny
label: {_LABEL}
time_zone: Asia/Shanghai
records_begin: 2025-01-01
prescribed_forms: 4
lateness: post_current
cutoff: {{day: 2, time: "06:00"}}
units:
  table: unit
  code_pattern: "^[0-9]{{12}}$"
  levels: [{{code: province, label: {_LABEL}}}, {{code: county, label: {_LABEL}}}, {{code: station, label: {_LABEL}}}]
  unknown: {{code: "{UNKNOWN}", label: {{zh: 未知, en: Unknown}}}}
marks: {{none: "—", missing: 缺, partial: 部分, blocked: 停, suppressed: "×", of_which: "#"}}
furniture: {{note: {_LABEL}, table_number: {_LABEL}, rounding: {_LABEL}}}
""",
    "tables/unit.yaml": f"""
table: unit
label: {_LABEL}
key: [unit_code, valid_from]
columns:
  unit_code: {{type: text, label: {_LABEL}}}
  valid_from: {{type: date, label: {_LABEL}}}
  valid_to: {{type: date, label: {_LABEL}}}
  parent_unit_code: {{type: text, label: {_LABEL}}}
  successor_unit_code: {{type: text, label: {_LABEL}}}
  level_code: {{type: text, label: {_LABEL}}}
  name_zh: {{type: text, label: {_LABEL}}}
  name_en: {{type: text, label: {_LABEL}}}
""",
    "tables/theft.yaml": f"""
table: theft
label: {_LABEL}
key: [theft_no]
unit: unit_code
date: filed_on
columns:
  theft_no: {{type: text, label: {_LABEL}}}
  filed_on: {{type: date, label: {_LABEL}}}
  entered_at: {{type: timestamp, label: {_LABEL}}}
  unit_code: {{type: text, label: {_LABEL}}}
  kind_code: {{type: text, codelist: kind, label: {_LABEL}}}
  loss_yuan: {{type: decimal, label: {_LABEL}}}
  suspect: {{type: text, label: {_LABEL}}}
  solved_on: {{type: date, label: {_LABEL}}}
  is_night: {{type: boolean, default: false, label: {_LABEL}}}
""",
    "tables/move.yaml": f"""
table: move
label: {_LABEL}
key: [move_no]
columns:
  move_no: {{type: text, label: {_LABEL}}}
  theft_no: {{type: text, label: {_LABEL}}}
  moved_on: {{type: date, label: {_LABEL}}}
  entered_at: {{type: timestamp, label: {_LABEL}}}
  from_unit: {{type: text, label: {_LABEL}}}
  to_unit: {{type: text, label: {_LABEL}}}
""",
    "codelists/index.yaml": f"- {{id: kind, label: {_LABEL}, source: test}}\n",
    "codelists/kind.csv": "code,parent_code,label_zh,label_en\nKA,T,甲,Both\nK1,KA,一,One\nK2,KA,二,Two\nK9,T,不明,Unknown\n",
    "policies.yaml": f"""
- id: counted
  label: {_LABEL}
  default: all_day
  choices: {{all_day: {{is_night: [true, false]}}, by_night: {{is_night: true}}}}
  source: test
  effect: which thefts count
- id: late
  label: {_LABEL}
  default: post_current
  choices: {{post_current: post_current, restated: restated}}
  source: test
  effect: where a late entry counts
""",
    "facts/theft.yaml": f"""
- id: filing
  label: {_LABEL}
  table: theft
  key: [theft_no]
  dimensions:
    posted_on: {{posted: {{on: filed_on, entered: entered_at}}}}
    is_late: {{late: {{on: filed_on, entered: entered_at}}}}
- id: movement
  label: {_LABEL}
  table: move
  key: [move_no]
  joins: [{{as: theft, table: theft, on: {{theft_no: theft_no}}}}]
  dimensions:
    posted_on: {{posted: {{on: moved_on, entered: entered_at}}}}
    kind_code: {{column: theft.kind_code}}
    is_night: {{column: theft.is_night}}
- id: pending
  label: {_LABEL}
  union:
    - {{table: theft, kind: filed, columns: {{theft_no: theft_no, on: filed_on, unit: unit_code}}}}
    - {{table: move, kind: moved, columns: {{theft_no: theft_no, on: moved_on, unit: to_unit}}}}
    - {{table: theft, kind: solved, where: {{solved_on: {{null: false}}}}, columns: {{theft_no: theft_no, on: solved_on, unit: {{literal: null}}}}}}
  key: [theft_no]
  joins: [{{as: theft, table: theft, on: {{theft_no: theft_no}}}}]
  dimensions:
    rank: {{switch: [{{when: {{kind: filed}}, then: {{literal: 0}}}}, {{when: {{kind: moved}}, then: {{literal: 1}}}}], else: {{literal: 2}}}}
    kind_code: {{column: theft.kind_code}}
    is_night: {{column: theft.is_night}}
  spells: {{by: [theft_no], order: [rank], kind: kind, on: on, unit: unit, opens: [filed, moved], closes: [moved, solved], ends: [solved]}}
""",
    "indicators/theft.yaml": f"""
- {{id: filed, label: {_LABEL}, fact: filing, count: record, on: posted_on, by: unit_code, unit: 起, source: test}}
- {{id: filed_late, label: {_LABEL}, fact: filing, count: record, on: posted_on, by: unit_code, where: {{is_late: true}}, unit: 起, source: test}}
- {{id: filed_counted, label: {_LABEL}, fact: filing, count: record, on: posted_on, by: unit_code, where: {{policy: counted}}, unit: 起, source: test}}
- {{id: loss, label: {_LABEL}, fact: filing, sum: loss_yuan, on: posted_on, by: unit_code, unit: 元, source: test}}
- {{id: suspects, label: {_LABEL}, fact: filing, distinct: [suspect], on: posted_on, by: unit_code, where: {{suspect: {{null: false}}}}, unit: 人, source: test}}
- {{id: received, label: {_LABEL}, fact: movement, count: record, on: posted_on, by: to_unit, partner: from_unit, unit: 起, source: test}}
- {{id: pending_at_start, label: {_LABEL}, ledger: pending, show: opening, unit: 起, source: test}}
- {{id: pending_at_end, label: {_LABEL}, ledger: pending, show: closing, unit: 起, source: test}}
- {{id: sampled, label: {_LABEL}, manual: true, unit: 条, source: test}}
- {{id: sampled_right, label: {_LABEL}, manual: true, unit: 条, source: test}}
- {{id: sent, label: {_LABEL}, ledger: pending, show: left, kinds: [moved], net: true, unit: 起, source: test}}
""",
    "sources/desk.yaml": f"""
source: desk
label: {_LABEL}
kind: database
tables: {{unit: {{into: unit, is_reference: true}}, theft: {{into: theft}}, move: {{into: move}}}}
deliveries: {{table: upload, unit: unit_code, period: period}}
""",
}


def write(folder: Path, **changed: str) -> Path:
    """Write the standard into ``folder``; ``changed`` replaces files, a path written with ``__`` for ``/`` and without its ending."""
    place = folder / "schemas" / "tiny"
    replaced = {name.replace("__", "/"): text for name, text in changed.items()}
    for name, text in _FILES.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(replaced.pop(name.rsplit(".", 1)[0], text).lstrip("\n"), encoding="utf-8")
    assert not replaced, f"there is no {sorted(replaced)}"
    meta = folder / "schemas" / "meta"
    if not meta.exists():
        meta.symlink_to(ROOT / "schemas" / "meta")
    return folder


def standard(folder: Path, policies: dict[str, str] | None = None, **changed: str) -> Catalog:
    """Write the standard and return its catalog."""
    return load_catalog(write(folder, **changed), "tiny", policies)


def form_data(columns: str, checks: str = "", *, id: str = "F", frequency: str = "month", sets: str = "", one: bool = False) -> Row:
    """Return a form as data; ``columns``, ``checks`` and ``sets`` are YAML lists. Labels are filled in."""
    rows: Row = {"one": {"code": "T", "label": {"zh": "计", "en": "All"}}}
    if not one:
        rows = {
            "total": {"code": "T", "label": {"zh": "计", "en": "Total"}},
            "classification": {"dimension": "kind_code", "codelist": "kind", "unknown": "K9"},
        }
        if sets:
            rows["sets"] = [{"label": {"zh": "其中", "en": "of which"}, **s} for s in yaml.safe_load(sets)]
    return {
        "id": id,
        "title": {"zh": "表", "en": "Form"},
        "provenance": {"rows": "test", "columns": "test"},
        "frequency": frequency.split(),
        "columns": [{"label": {"zh": c["code"], "en": c["code"]}, **c} for c in yaml.safe_load(columns)],
        "blocks": [{"id": "main", "rows": rows}],
        "checks": [{"severity": "error", "source": "test", **c} for c in yaml.safe_load(checks) or []],
    }


def form(catalog: Catalog, columns: str, checks: str = "", **rest: Any) -> Form:
    """Return a form over the tiny standard, read as from a file."""
    return read_form(form_data(columns, checks, **rest), catalog)


def theft(no: str, on: str, unit: str | None, kind: str | None = "K1", **more: Any) -> Row:
    """Return a theft, entered at noon of the day it was filed."""
    return {"theft_no": no, "filed_on": on, "entered_at": f"{on} 12:00:00", "unit_code": unit, "kind_code": kind, **more}


def move(no: str, theft_no: str, on: str, start: str, to: str) -> Row:
    """Return a transfer, entered at noon of its day."""
    return {"move_no": no, "theft_no": theft_no, "moved_on": on, "entered_at": f"{on} 12:00:00", "from_unit": start, "to_unit": to}


@contextmanager
def warehouse(
    catalog: Catalog, thefts: list[Row], moves: list[Row] | None = None, units: list[Row] | None = None
) -> Iterator[DuckDBEngine]:
    """Open a warehouse in memory in which every table was delivered whole."""
    with ledger(catalog, {"unit": UNITS if units is None else units, "theft": thefts, "move": moves or []}) as engine:
        yield engine


def filled(engine: DuckDBEngine, catalog: Catalog, period: str, *forms: Form, as_of: int | None = None) -> tuple[TabulateResult, Cells]:
    """Tabulate ``forms`` and return every stored cell by (unit, row, column); with several forms, of the last one."""
    result = tabulate(engine, catalog, ReferencePeriod.parse(period), {f.id: f for f in forms}, as_of=as_of)
    rows = engine.sql(
        "SELECT unit_code, row_code, column_code, value FROM report.cell WHERE period = ? AND form_id = ?", [period, forms[-1].id]
    ).to_pylist()
    return result, {(r["unit_code"], r["row_code"], r["column_code"]): r["value"] for r in rows}


def deliveries(engine: DuckDBEngine, *rows: tuple[str, str, str]) -> None:
    """Say who delivered what: rows of (table, unit, month). Tables not named here were delivered by nobody."""
    engine.execute("DELETE FROM core.delivery WHERE table_name <> 'unit'")
    for table, unit, month in rows:
        engine.execute("INSERT INTO core.delivery VALUES ('desk', ?, ?, ?, 1, NULL, true, 0, NULL)", [table, unit, month])
