"""The status of each column at each unit: auto, partial, missing, blocked or not applicable, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from policestats.catalog import Catalog
from policestats.reports.deliveries import Coverages, Deliveries
from policestats.reports.exact import Flags
from policestats.reports.figures import Positions
from policestats.reports.form_columns import FormColumn, operands
from policestats.reports.needs import feeding, told
from policestats.reports.plan import PREVIOUS_SUFFIX, Plan, Reading

#: from best to worst: a derived column takes the worst of its operands
ORDER = ("auto", "manual", "partial", "missing", "suppressed", "blocked", "not_applicable")
_WITH_VALUE = np.array([s in ("auto", "manual", "partial") for s in ORDER], dtype=bool)
#: positions in ORDER
AUTO, MANUAL, PARTIAL, MISSING, SUPPRESSED, BLOCKED, NOT_APPLICABLE = range(len(ORDER))


#: The reason of what only people can give.
TYPED = "typed by people, and nothing has been typed"
#: The reason of a column whose cells people typed, each with its own author and evidence.
BY_PEOPLE = "typed by people"
_FAILED = "failed: "
_NEEDS, _NOT_CONNECTED = "needs ", ": not connected"


@dataclass(frozen=True)
class Status:
    """Status of a column at a unit. ``delivered`` of ``due`` unit-months of its tables came in."""

    status: str
    delivered: int
    due: int
    reason: str | None


@dataclass(frozen=True, eq=False)
class CellStatuses:
    """Statuses of single cells, where people typed some: ``ranks`` [unit, row], and what is told of a cell, by unit * rows + row."""

    ranks: npt.NDArray[np.int64]
    told: dict[int, str]


@dataclass(frozen=True, eq=False)
class ColumnStatus:
    """Statuses of a column, by unit: ``ranks`` are positions in ORDER. ``cells`` stand in front of them; None: no cell is otherwise."""

    ranks: npt.NDArray[np.int64]
    delivered: npt.NDArray[np.int64]
    due: npt.NDArray[np.int64]
    reasons: npt.NDArray[np.object_]
    cells: CellStatuses | None = None

    @classmethod
    def of(cls, statuses: Sequence[Status]) -> ColumnStatus:
        """Return the statuses given one by one."""
        return cls(
            np.array([ORDER.index(s.status) for s in statuses], dtype=np.int64),
            np.array([s.delivered for s in statuses], dtype=np.int64),
            np.array([s.due for s in statuses], dtype=np.int64),
            np.array([s.reason for s in statuses], dtype=object),
        )

    @classmethod
    def everywhere(cls, status: str, reason: str, units: int) -> ColumnStatus:
        """Return one status for all of ``units`` units, for which no delivery was due."""
        nothing = np.zeros(units, dtype=np.int64)
        return cls(np.full(units, ORDER.index(status), dtype=np.int64), nothing, nothing, np.full(units, reason, dtype=object))

    def ranks_in(self, rows: int) -> npt.NDArray[np.int64]:
        """Return the ranks of the cells, [unit, row]."""
        return self.cells.ranks if self.cells is not None else np.broadcast_to(self.ranks[:, None], (len(self.ranks), rows))

    def rank_at(self, unit: int, row: int) -> int:
        """Return the rank of one cell."""
        return int(self.cells.ranks[unit, row] if self.cells is not None else self.ranks[unit])

    def has_values(self, units: Positions, rows: Positions) -> Flags:
        """Return whether the cells at these units and rows (of shapes that broadcast) print a figure.

        It has the shape of ``units`` where the cells of a unit are alike, so that nothing is laid out for each of them.
        """
        found: Flags = _WITH_VALUE[self.ranks[units] if self.cells is None else self.cells.ranks[units, rows]]
        return found

    def noted(self, reason: str) -> ColumnStatus:
        """Return the same statuses, with ``reason`` where they are automatic and so had nothing to say."""
        return replace(self, reasons=np.where(self.is_auto, reason, self.reasons))

    @property
    def has_value(self) -> Flags:
        """At which units the cells print a figure, those apart of which something else is said."""
        found: Flags = _WITH_VALUE[self.ranks]
        return found

    @property
    def is_auto(self) -> Flags:
        """At which units no human typed and nothing is lacking."""
        found: Flags = self.ranks == AUTO
        return found

    @property
    def is_applicable(self) -> Flags:
        """At which units the column has cells at all."""
        found: Flags = self.ranks != NOT_APPLICABLE
        return found


def statuses(
    catalog: Catalog, plan: Plan, deliveries: Deliveries, blocked: Mapping[str, list[str]], units: list[str]
) -> dict[str, ColumnStatus]:
    """Return the statuses of every column of the form (and of the previous values its checks ask for), by unit.

    Args:
        blocked: for a core table, the failed error rules that block it. Those of the units table block every column: all units add up along it.
        units: units of the tree, in its order.
    """
    found: dict[str, ColumnStatus] = {}
    known: dict[tuple[tuple[str, ...], date, date], Coverages] = {}
    judged: dict[tuple[tuple[tuple[str, ...], date, date], tuple[str, ...]], ColumnStatus] = {}
    for reading in plan.readings:
        tables = _delivered_tables(catalog, reading)
        begin, end = reading.spans
        key = (tables, begin or min(catalog.standard.records_begin, end), end)
        if key not in known:
            known[key] = deliveries.coverage(*key, is_restated=plan.form.lateness == "restated")
        read = (*catalog.fact(reading.indicator.fact, reading.column).tables, catalog.standard.units_table)
        rules = tuple(sorted({rule for table in read for rule in blocked.get(table, [])}))
        if (key, rules) not in judged:
            judged[key, rules] = _of(known[key], rules, units, not_connected(catalog, tables, deliveries))
        found[reading.column] = judged[key, rules]
    for code, reason in plan.not_applicable.items():
        found[code] = ColumnStatus.everywhere("not_applicable", reason, len(units))
    columns = {c.code: c for c in plan.form.columns_for(plan.period.frequency)}
    for column in columns.values():
        _derive(column, columns, found, len(units))
    for code in plan.recounted:
        found[code] = found[code].noted(f"口径变动 definition changed on {plan.form.valid_from}: recounted by version {plan.form.version}")
    return found


def _delivered_tables(catalog: Catalog, reading: Reading) -> tuple[str, ...]:
    reference = {t.into for s in catalog.sources.values() for t in s.tables.values() if t.is_reference}
    return tuple(t for t in catalog.fact(reading.indicator.fact, reading.column).tables if t not in reference)


def not_connected(catalog: Catalog, tables: Sequence[str], deliveries: Deliveries) -> str | None:
    """Return the reason of a column that reads ``tables`` of which the source was never connected; None when each has a source that was."""
    unheard = [t for t in tables if deliveries.is_unheard_of(t) and not deliveries.readings.sources.intersection(feeding(catalog, t))]
    return f"{_NEEDS}{told(catalog, unheard)}{_NOT_CONNECTED}" if unheard else None


def needed(reason: str | None) -> str | None:
    """Return the tables and sources that the reason of a missing column says are not connected; None for a reason of another kind."""
    if reason is None or not reason.endswith(_NOT_CONNECTED):
        return None
    return reason.removeprefix(_NEEDS).removesuffix(_NOT_CONNECTED)


def _of(coverages: Coverages, rules: tuple[str, ...], units: list[str], unconnected: str | None) -> ColumnStatus:
    delivered, due, silent = coverages.at(units)
    if rules:
        blocked = ColumnStatus.everywhere("blocked", _FAILED + ", ".join(rules), len(units))
        return ColumnStatus(blocked.ranks, delivered, due, blocked.reasons)
    # not even the unknown unit, which owes nothing, has figures of a source that is not there
    whole = (delivered == due) & (unconnected is None)
    ranks = np.where(whole, AUTO, np.where(delivered > 0, PARTIAL, MISSING))
    lacking = (unconnected or "nothing from " + " or ".join(names) for names in silent)
    reasons = [None if is_whole else reason for is_whole, reason in zip(whole.tolist(), lacking, strict=True)]
    return ColumnStatus(ranks, delivered, due, np.array(reasons, dtype=object))


def _derive(column: FormColumn, columns: dict[str, FormColumn], found: dict[str, ColumnStatus], units: int) -> None:
    if column.code in found:
        return
    if column.kind == "manual":
        found[column.code] = ColumnStatus.everywhere("missing", TYPED, units)
        return
    parts = list(dict.fromkeys(operands(column)))
    for name in parts:
        _derive(columns[name], columns, found, units)
    worst = found[parts[0]]
    for name in parts[1:]:
        worst = _worse(worst, found[name])
    found[column.code] = worst


def _worse(one: ColumnStatus, other: ColumnStatus) -> ColumnStatus:
    """Return the worse of two at each unit; of two alike the one that was due more often, else the first."""
    if one is other:
        return one
    takes = (other.ranks > one.ranks) | ((other.ranks == one.ranks) & (other.due > one.due))
    pairs = ((one.ranks, other.ranks), (one.delivered, other.delivered), (one.due, other.due), (one.reasons, other.reasons))
    ranks, delivered, due, reasons = (np.where(takes, theirs, ours) for ours, theirs in pairs)
    return ColumnStatus(ranks, delivered, due, reasons)


@dataclass(frozen=True)
class CellException:
    """A cell whose status, or what is told of it, is not that of its column."""

    unit: int
    row: int
    rank: int
    delivered: int
    due: int
    reason: str | None


def split_by_row(status: ColumnStatus, rows: npt.NDArray[np.int64]) -> tuple[ColumnStatus, list[CellException]]:
    """Return the status of a column in some rows of the form, the worst of its cells by unit, and the cells that differ from it."""
    assert status.cells is not None
    cells = status.cells
    ranks = cells.ranks[:, rows].max(axis=1)
    reasons = status.reasons.copy()
    exceptions: list[CellException] = []
    count = cells.ranks.shape[1]
    for unit in sorted({at // count for at in cells.told}):
        told = {int(row): cells.told.get(unit * count + int(row), status.reasons[unit]) for row in rows}
        worst = {told[int(row)] for row in rows if cells.ranks[unit, row] == ranks[unit]}
        if ranks[unit] != status.ranks[unit]:
            reasons[unit] = worst.pop() if len(worst) == 1 else BY_PEOPLE
        delivered, due = int(status.delivered[unit]), int(status.due[unit])
        for row, said in told.items():
            rank = int(cells.ranks[unit, row])
            if (rank, said) != (int(ranks[unit]), reasons[unit]):
                exceptions.append(CellException(unit, row, rank, delivered, due, said))
    return ColumnStatus(ranks, status.delivered, status.due, reasons), exceptions


def failed_rules(reason: str | None) -> list[str]:
    """Return the rules (table.rule) that the reason of a blocked column names; none for a reason of another kind."""
    return reason.removeprefix(_FAILED).split(", ") if reason is not None and reason.startswith(_FAILED) else []


def printed(code: str) -> bool:
    """Whether a column code is one of the form's own, not a previous value that only checks use."""
    return not code.endswith(PREVIOUS_SUFFIX)
