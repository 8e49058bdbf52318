"""sources: which systems are connected, when they were last read, and what needs each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from policestats.catalog import Catalog, Source
from policestats.engines.duckdb import WAREHOUSE, open_warehouse
from policestats.reports.needs import feeding, needs_of
from policestats.reports.template import load_forms


@dataclass
class SourceState:
    """``last_read`` and ``last_failed`` are in the standard's time zone, None: never. ``needed_by`` has the printed columns by form."""

    source: Source
    last_read: datetime | None = None
    last_failed: datetime | None = None
    needed_by: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_connected(self) -> bool:
        """Whether the source was ever read, or a reading of it was tried."""
        return self.last_read is not None or self.last_failed is not None


def run(*, catalog: Catalog, home: Path) -> list[SourceState]:
    """Return the state of every source of the standard; none is connected where there is no warehouse yet.

    Raises: StatisticsError for a form that makes no sense.
    """
    found = {name: SourceState(source) for name, source in catalog.sources.items()}
    if (home / WAREHOUSE).exists():
        with open_warehouse(home, read_only=True) as engine:
            if engine.has_table("core", "reading"):
                for r in engine.sql(
                    "SELECT source, max(read_at) FILTER (reason IS NULL) AS last_read, max(read_at) FILTER (reason IS NOT NULL) AS last_failed "
                    "FROM core.reading GROUP BY source"
                ).to_pylist():
                    if r["source"] in found:  # a source that is no longer described has no state
                        found[r["source"]].last_read, found[r["source"]].last_failed = r["last_read"], r["last_failed"]
    for form in load_forms(catalog).values():
        for column in form.columns:
            if not column.hidden:
                for name in dict.fromkeys(s for table in needs_of(catalog, form, column).tables for s in feeding(catalog, table)):
                    found[name].needed_by.setdefault(form.id, []).append(column.code)
    return list(found.values())
