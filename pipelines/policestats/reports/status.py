"""The status of each column at each unit: auto, partial, missing, blocked or not applicable, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from policestats.catalog import Catalog
from policestats.reports.deliveries import Coverage, Deliveries
from policestats.reports.plan import PREVIOUS_SUFFIX, Plan, Reading
from policestats.reports.template import FormColumn, operands

#: from best to worst: a derived column takes the worst of its operands
ORDER = ("auto", "manual", "partial", "missing", "suppressed", "blocked", "not_applicable")


@dataclass(frozen=True)
class Status:
    """Status of a column at a unit. ``delivered`` of ``due`` unit-months of its tables came in."""

    status: str
    delivered: int
    due: int
    reason: str | None

    @property
    def has_value(self) -> bool:
        """Whether the cell prints a figure."""
        return self.status in ("auto", "manual", "partial")


def statuses(
    catalog: Catalog, plan: Plan, deliveries: Deliveries, blocked: Mapping[str, list[str]], units: list[str]
) -> dict[str, dict[str, Status]]:
    """Return the status of every column of the form (and of the previous values its checks ask for) at every unit.

    Args:
        blocked: for a core table, the failed error rules that block it.
    """
    found: dict[str, dict[str, Status]] = {}
    known: dict[tuple[tuple[str, ...], date, date], dict[str, Coverage]] = {}
    for reading in plan.readings:
        tables = _delivered_tables(catalog, reading)
        begin, end = reading.spans
        key = (tables, begin or min(catalog.standard.records_begin, end), end)
        if key not in known:
            known[key] = deliveries.coverage(*key)
        rules = [rule for table in catalog.fact(reading.indicator.fact, reading.column).tables for rule in blocked.get(table, [])]
        found[reading.column] = {unit: _of(known[key][unit], rules) for unit in units}
    for code, reason in plan.not_applicable.items():
        found[code] = {unit: Status("not_applicable", 0, 0, reason) for unit in units}
    columns = {c.code: c for c in plan.form.columns_for(plan.period.frequency)}
    for column in columns.values():
        _derive(column, columns, found, units)
    return found


def _delivered_tables(catalog: Catalog, reading: Reading) -> tuple[str, ...]:
    reference = {t.into for s in catalog.sources.values() for t in s.tables.values() if t.is_reference}
    return tuple(t for t in catalog.fact(reading.indicator.fact, reading.column).tables if t not in reference)


def _of(coverage: Coverage, rules: list[str]) -> Status:
    if rules:
        return Status("blocked", coverage.delivered, coverage.due, "failed: " + ", ".join(sorted(set(rules))))
    if coverage.delivered == coverage.due:
        return Status("auto", coverage.delivered, coverage.due, None)
    reason = "nothing from " + " or ".join(coverage.silent)
    return Status("partial" if coverage.delivered else "missing", coverage.delivered, coverage.due, reason)


def _derive(column: FormColumn, columns: dict[str, FormColumn], found: dict[str, dict[str, Status]], units: list[str]) -> None:
    if column.code in found:
        return
    if column.kind == "manual":
        found[column.code] = {unit: Status("missing", 0, 0, "typed by people; nothing has been typed") for unit in units}
        return
    parts = operands(column)
    for name in parts:
        _derive(columns[name], columns, found, units)
    found[column.code] = {unit: max((found[p][unit] for p in parts), key=lambda s: (ORDER.index(s.status), s.due)) for unit in units}


def printed(code: str) -> bool:
    """Whether a column code is one of the form's own, not a previous value that only checks use."""
    return not code.endswith(PREVIOUS_SUFFIX)
