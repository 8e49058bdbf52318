"""Who delivered what, as known at a load: which months and tables each unit owes, and until when a table is complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.quality.scorecard import Delivery, delivery_grid
from policestats.reports.units import UnitVersion, leaves_between

_KNOWN = "is_complete AND load_id <= ? AND (known_to IS NULL OR known_to > ?)"


def deliveries(engine: DuckDBEngine, units: list[UnitVersion], records_begin: date, as_of: int) -> Iterator[Delivery]:
    """Yield the grid of units, months and tables that are due, from ``records_begin`` to the last month delivered."""
    rows = engine.sql(
        "SELECT table_name, unit_code, period, max(row_count) AS row_count FROM core.delivery "
        f"WHERE {_KNOWN} AND period IS NOT NULL AND unit_code IS NOT NULL GROUP BY ALL",
        [as_of, as_of],
    ).to_pylist()
    delivered = [(r["table_name"], r["unit_code"], r["period"], r["row_count"]) for r in rows]
    owing: dict[str, set[str]] = {}

    def due(month: str) -> set[str]:
        if month not in owing:
            period = ReferencePeriod.parse(month)
            owing[month] = leaves_between(units, period.start, period.end)
        return owing[month]

    return delivery_grid(delivered, lambda last: _months(records_begin, last), due)


def delivered_until(engine: DuckDBEngine, table: str, landed: Mapping[int, datetime], as_of: int) -> date:
    """Return the day after the last month that was delivered of a table; where deliveries name no month, the day after the landing."""
    last = engine.scalar(f"SELECT max(period) FROM core.delivery WHERE table_name = ? AND {_KNOWN}", [table, as_of, as_of])
    return ReferencePeriod.parse(last).end if last is not None else landed[as_of].date() + timedelta(days=1)


def _months(first: date, last: str) -> Iterable[str]:
    month = ReferencePeriod.of("month", first)
    while month.text <= last:
        yield month.text
        month = ReferencePeriod.of("month", month.end)
