"""Completeness, accuracy, freshness and consistency (完整率、准确率、鲜活率、一致率) unit by unit, and who delivered what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policestats.quality.judge import STANDING, Counts, row_counts
from policestats.quality.rules import TableRules


@dataclass(frozen=True)
class Score:
    """The evaluations of one dimension of a table, at a unit and all units below it (``unit_code`` None: all records, whoever's)."""

    table_name: str
    unit_code: str | None
    dimension: str
    counts: Counts


@dataclass(frozen=True)
class Delivery:
    """What a unit that owes a table said of a month: delivered, zero (it had nothing to deliver) or silent."""

    unit_code: str
    period: str
    table_name: str
    status: str


def scores(rules: TableRules, by_unit: Iterable[Mapping[str, Any]], above: Mapping[str, Iterable[str]]) -> list[Score]:
    """Fold the counts of the row rules of one table by dimension and along the units tree.

    Args:
        by_unit: the rows of ``judge.counts_query``.
        above: for each unit the codes that count its records: itself and all units it lies below.
    Returns: a Score per unit with records and dimension with a rule; none by unit for a table that says not whose its records are.
    """
    rows = [dict(row) for row in by_unit]
    at: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    at[None] = rows
    if rules.unit is not None:
        for row in rows:
            for unit in above[row[STANDING]]:
                at[unit].append(row)
    found = []
    for where, members in at.items():
        dimensions: dict[str, list[Counts]] = defaultdict(list)
        for rule in rules.rules:
            if rule.judges_rows:
                dimensions[rule.dimension].append(row_counts(rule, members))
        for dimension, counts in dimensions.items():
            total = Counts(sum(c.checked for c in counts), sum(c.failed for c in counts), sum(c.not_evaluated for c in counts))
            found.append(Score(rules.table.name, where, dimension, total))
    return found


def delivery_grid(
    delivered: Iterable[tuple[str, str, str, int | None]], months: Callable[[str], Iterable[str]], owing: Callable[[str], Iterable[str]]
) -> Iterator[Delivery]:
    """Yield the status of every unit, month and table that is due.

    Args:
        delivered: (table, unit, month, number of records or None when it was not said) of every complete delivery by a unit.
        months: the months due, given the last one delivered.
        owing: the units that owe a delivery in a month.
    """
    said: dict[str, dict[tuple[str, str], int | None]] = defaultdict(dict)
    for table, unit, month, rows in delivered:
        said[table][unit, month] = rows
    for table, known in sorted(said.items()):
        for month in months(max(month for _, month in known)):
            for unit in sorted(owing(month)):
                status = "silent" if (unit, month) not in known else "zero" if known[unit, month] == 0 else "delivered"
                yield Delivery(unit, month, table, status)
