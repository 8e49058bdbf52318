"""Reads the hand-computed cases: a folder of core rows and what a statistician makes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from policestats.catalog import Catalog
from policestats.periods import ReferencePeriod

FOLDER = Path(__file__).parent
Row = dict[str, Any]
LAW_OF_2025 = date(2026, 1, 1)
#: later events of a record, and when they were entered
_LATER_ENTRIES = {
    "confirmed_on": "confirmation_entered_at",
    "performed_on": "performance_entered_at",
    "agreed_on": "agreement_entered_at",
    "ended_on": "end_entered_at",
    "decided_on": "decision_entered_at",
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
        table = catalog.tables[name]
        for row in table_rows:
            if "entered_at" in table.columns and "entered_at" not in row:
                row["entered_at"] = _noon(_event_day(name, row, table.date))
            for day, moment in _LATER_ENTRIES.items():
                if row.get(day) and moment in table.columns and moment not in row:
                    row[moment] = _noon(row[day])
    return found


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
