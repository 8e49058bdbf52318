"""A tiny standard with one table of reports, its rules as YAML text, and a warehouse in memory whose versions are written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_memory
from policestats.landing.core_tables import prepare
from policestats.quality.rules import load_rules
from policestats.stages.validate import ValidateResult, validate
from tests.stages.small import LABEL, TABLES, standard
from tests.support.ledger import _ARROW, Row

REPORT = {
    "key": ["report_no"],
    "columns": {
        "report_no": "text",
        "unit_code": "text",
        "kind_code": {"type": "text", "codelist": "kind"},
        "made_on": "date",
        "entered_at": "timestamp",
        "people": "integer",
        "loss_yuan": "decimal",
        "follows_no": "text",
    },
}
UNIT = {"key": TABLES["unit"]["key"], "columns": {**TABLES["unit"]["columns"], "level_code": "text", "name_zh": "text", "name_en": "text"}}
NOTE = {"key": ["note_no"], "columns": {"note_no": "text", "report_no": "text", "written_on": "date", "pages": "integer"}}
HEAD = "dimension: accuracy, severity: error, label: {zh: 字, en: word}, source: made up"
UNITS = [
    {"unit_code": "T1", "valid_from": date(2020, 1, 1)},
    {"unit_code": "S1", "valid_from": date(2020, 1, 1), "parent_unit_code": "T1"},
    {"unit_code": "S2", "valid_from": date(2020, 1, 1), "parent_unit_code": "T1"},
]


def desk(folder: Path, **rules: str) -> Catalog:
    """Write the standard and, by table, the text of its rules file; return the catalog."""
    codelists = folder / "schemas" / "tiny" / "codelists"
    codelists.mkdir(parents=True, exist_ok=True)
    (codelists / "index.yaml").write_text("- {id: kind, label: {zh: 字, en: word}, source: made up}\n", encoding="utf-8")
    (codelists / "kind.csv").write_text(
        "code,parent_code,label_zh,label_en\nG,,组,Both\nA,G,甲,A\nB,G,乙,B\nU,,待定,Pending\n", encoding="utf-8"
    )
    place = folder / "expectations" / "tiny"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.yaml"):
        old.unlink()
    for table, text in rules.items():
        (place / f"{table}.yaml").write_text(text, encoding="utf-8")
    return standard(folder, {}, {"unit": UNIT, "report": REPORT, "note": NOTE})


@contextmanager
def warehouse(catalog: Catalog, *, loads: int = 1, **tables: list[Row]) -> Iterator[DuckDBEngine]:
    """Open a warehouse in memory: load n was landed on 2026-02-0n at noon; a row stands from ``known_from`` (default 1) to ``known_to``."""
    with open_memory() as engine:
        fill(engine, catalog, loads, **tables)
        yield engine


def fill(engine: DuckDBEngine, catalog: Catalog, loads: int, **tables: list[Row]) -> None:
    """Write the loads and the rows of an empty warehouse."""
    prepare(engine, catalog.tables)
    for load in range(1, loads + 1):
        engine.execute("INSERT INTO core.load VALUES (?, 'desk', ?, '{}')", [load, datetime(2026, 2, load, 12)])
    for name, rows in {"unit": UNITS, **tables}.items():
        columns = catalog.tables[name].columns.values()
        schema = pa.schema([*((c.name, _ARROW[c.type]) for c in columns), ("known_from", pa.int64()), ("known_to", pa.int64())])
        whole = [{"known_from": 1, **{k: _exact(v) if k == "loss_yuan" else v for k, v in row.items()}} for row in rows]
        engine.append(f"core.{name}_version", pa.Table.from_pylist(whole, schema=schema))


def _exact(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def judge(engine: DuckDBEngine, catalog: Catalog, folder: Path, as_of: int | None = None) -> ValidateResult:
    """Validate with the rules of the catalog."""
    return validate(engine, catalog, load_rules(catalog), folder, as_of=as_of)


def verdicts(engine: DuckDBEngine, table: str = "report") -> dict[str, tuple[int, int, int, str]]:
    """Return (checked, failed, not_evaluated, verdict) by rule of a table, the rule that every table has excepted."""
    rows = engine.sql("SELECT * FROM quality.rule_result WHERE table_name = ? AND rule_id <> 'cast'", [table]).to_pylist()
    return {r["rule_id"]: (r["checked"], r["failed"], r["not_evaluated"], r["verdict"]) for r in rows}


def issues(engine: DuckDBEngine) -> list[tuple[Any, ...]]:
    """Return rule, key, day opened, day closed and status of every issue, in order."""
    rows = engine.sql("SELECT * FROM quality.issue ORDER BY rule_id, record_key, opened_at").to_pylist()
    return [(r["rule_id"], r["record_key"], r["opened_at"].day, r["closed_at"].day if r["closed_at"] else None, r["status"]) for r in rows]


__all__ = ["HEAD", "LABEL", "desk", "fill", "issues", "judge", "verdicts", "warehouse"]
