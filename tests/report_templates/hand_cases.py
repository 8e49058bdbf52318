"""Reads the hand-computed cases: a folder of core rows and what a statistician makes of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.template import Form
from policestats.stages.tabulate import tabulate

FOLDER = Path(__file__).parent
Row = dict[str, Any]
LAW_OF_2025 = date(2026, 1, 1)
#: An end or a decision that stands in the same row: its day, and the time it was entered, which is noon of that day when it is omitted.
SECOND_CLOCKS = {
    "confirmed_on": "confirmation_entered_at",
    "performed_on": "performance_entered_at",
    "decided_on": "decision_entered_at",
    "agreed_on": "agreement_entered_at",
    "ended_on": "end_entered_at",
}


@dataclass(frozen=True)
class Expected:
    """What one entry of expected.yaml says: values by (row, column), None for "—".

    ``rest_is_zero`` names columns whose other cells are 0; ``failed_checks`` are the error checks this ledger breaks.
    """

    period: str
    unit: str
    cells: dict[tuple[str, str], Decimal | None]
    rest_is_zero: tuple[str, ...]
    failed_checks: frozenset[str]


def cases(standard: str) -> list[Path]:
    """Return the folders of the hand-computed cases of a standard."""
    return sorted(p.parent for p in (FOLDER / standard).glob("*/*/expected.yaml"))


def rows(case: Path, catalog: Catalog) -> dict[str, list[Row]]:
    """Return the core rows of a case; the units tree is the standard's shared one unless the case has its own.

    An omitted ``entered_at`` is noon of the day of the event, so that only the cases about lateness need to say it.
    """
    found = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) or [] for path in case.glob("*.yaml") if path.stem != "expected"}
    units = catalog.standard.units_table
    if units not in found:
        found[units] = yaml.safe_load((FOLDER / catalog.standard.id / f"{units}.yaml").read_text(encoding="utf-8"))
    for name, table_rows in found.items():
        table = catalog.core_tables[name]
        for row in table_rows:
            if "entered_at" in table.columns and "entered_at" not in row:
                row["entered_at"] = _noon(_event_day(name, row, table.date))
            for day, entry in SECOND_CLOCKS.items():
                if entry in table.columns and row.get(day) and entry not in row:
                    row[entry] = _noon(row[day])
    return found


@cache
def expected(case: Path) -> list[Expected]:
    """Return what the case expects."""
    found = []
    for entry in yaml.safe_load((case / "expected.yaml").read_text(encoding="utf-8")):
        values: dict[tuple[str, str], Decimal | None] = {}
        for name, value in entry.get("cells", {}).items():
            values[_cell(name)] = None if value is None else Decimal(str(value))
        for name in entry.get("zero", []):
            values[_cell(name)] = Decimal(0)
        columns = tuple(dict.fromkeys(column for _, column in values)) if entry.get("others") == "zero" else ()
        found.append(Expected(str(entry["period"]), entry["unit"], values, columns, frozenset(entry.get("failed", []))))
    return found


def periods(case: Path) -> list[ReferencePeriod]:
    """Return the periods a case speaks of, each once."""
    return [ReferencePeriod.parse(text) for text in dict.fromkeys(e.period for e in expected(case))]


def disagreement(
    engine: DuckDBEngine, catalog: Catalog, form: Form, case: Path, period: ReferencePeriod, only: Collection[str] | None = None
) -> str | None:
    """Tabulate ``form`` over the rows of a case, which ``engine`` holds, and say where it is not as the case expects; None when all is.

    Args: only: tabulate and compare these columns alone, and judge no check: a part of the work. What they are computed from must be among them.
    """
    entries = [e for e in expected(case) if e.period == period.text]
    if only is not None:
        columns = tuple(c for c in form.columns if c.code in only)
        form = dataclasses.replace(form, columns=columns, checks=())
        entries = [_narrowed(e, {c.code for c in columns}) for e in entries]
        if not any(e.cells or e.rest_is_zero for e in entries):  # the case says nothing of them
            return None
    tabulate(engine, catalog, period, {form.id: form}, full=True)
    found = engine.sql(
        "SELECT DISTINCT check_id FROM report.check_result WHERE outcome = 'failed' AND severity = 'error' AND form_id = ? AND period = ?",
        [form.id, period.text],
    )
    failed = set(found.column(0).to_pylist())
    wanted = {check for e in entries for check in e.failed_checks}
    if failed != wanted:
        return f"{period} the error checks {sorted(failed)} failed, not {sorted(wanted)}"
    key = [form.id, period.text]
    rows = engine.sql("SELECT unit_code, row_code, column_code, value FROM report.cell WHERE form_id = ? AND period = ?", key).to_pylist()
    stored = {(r["unit_code"], r["row_code"], r["column_code"]): r["value"] for r in rows}
    base = {c.code for c in form.columns_for(period.frequency) if c.kind in ("base", "formula")}
    rows = engine.sql(
        "SELECT DISTINCT unit_code, column_code FROM report.status WHERE form_id = ? AND period = ? AND status = 'not_applicable'", key
    ).to_pylist()
    unfilled = {(r["unit_code"], r["column_code"]) for r in rows}

    def value(unit: str, row: str, column: str) -> Decimal | None:
        return stored.get((unit, row, column), Decimal(0) if column in base and (unit, column) not in unfilled else None)

    return next((told for entry in entries if (told := difference(entry, value, form)) is not None), None)


def _narrowed(entry: Expected, columns: set[str]) -> Expected:
    cells = {name: value for name, value in entry.cells.items() if name[1] in columns}
    zero = tuple(c for c in entry.rest_is_zero if c in columns)
    return dataclasses.replace(entry, cells=cells, rest_is_zero=zero, failed_checks=frozenset())


def difference(entry: Expected, value: Callable[[str, str, str], Decimal | None], form: Form) -> str | None:
    """Say which cell is not as ``entry`` expects; None when all are. Raises: KeyError for a row or column that the form does not have."""
    for (row, column), wanted in entry.cells.items():
        if "/" not in row:  # a misspelt cell would otherwise read as 0; rows found in the data have no place in the form
            form.row(row)
        form.column(column)
        found = value(entry.unit, row, column)
        if found != wanted:
            return f"{entry.period} {entry.unit} {row}.{column} is {found}, not {wanted}"
    for column in entry.rest_is_zero:
        for row in (r.code for r in form.rows if form.column(column).applies(r.code) and (r.code, column) not in entry.cells):
            if value(entry.unit, row, column):
                return f"{entry.period} {entry.unit} {row}.{column} is {value(entry.unit, row, column)}, not 0"
    return None


def _cell(name: str) -> tuple[str, str]:
    row, column = str(name).rsplit(".", 1)
    return row, column


def _event_day(table: str, row: Row, column: str | None) -> date | None:
    if table == "admin_case" and row.get("registered_on") and row["registered_on"] >= LAW_OF_2025 and row.get("filed_on"):
        return row["filed_on"]
    return row.get(column) if column else None


def _noon(day: date | datetime | None) -> datetime | None:
    if day is None or isinstance(day, datetime):
        return day
    return datetime.combine(day, time(12))
