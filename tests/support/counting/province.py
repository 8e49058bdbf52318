"""A simulated province that was read, beside the books of what its stations entered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.periods import ReferencePeriod
from policestats.reports.template import Form
from policestats.simulator import simulate
from policestats.simulator.calendar import add_months
from policestats.simulator.province import make_province
from policestats.stages import conform, extract
from policestats.stages.tabulate import tabulate
from tests.support.counting.books import Books
from tests.support.counting.compare import Compared, compare
from tests.support.counting.window import window

#: two stations merge after the sixth month, one changes its county after the ninth; the law changes with the second year
FIRST = window("2025").start
EVERY = (
    *(f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)),
    *(f"{year}-Q{quarter}" for year in (2025, 2026) for quarter in range(1, 5)),
    *("2025-H1", "2025-H2", "2026-H1", "2026-H2", "2025", "2026"),
    *("2025-06-30", "2025-07-01", "2025-W27", "2026-W01"),
)


@dataclass
class Home:
    """A province that was read, what its stations entered, and the folder of its sources."""

    engine: DuckDBEngine
    books: Books
    sources: Path

    def compare(self, catalog: Catalog, forms: dict[str, Form], period: str, *, only: Sequence[str] | None = None) -> Compared:
        """Fill the forms of a period (all, or ``only``) and compare each cell with the books."""
        tabulate(self.engine, catalog, ReferencePeriod.parse(period), forms, only=only)
        return compare(self.engine, self.books, period)

    def failed_checks(self) -> list[dict[str, Any]]:
        """Return the first error checks that failed, of any period."""
        return self.engine.sql(
            "SELECT period, form_id, check_id, unit_code, row_code, message FROM report.check_result "
            "WHERE outcome = 'failed' AND severity = 'error' ORDER BY ALL LIMIT 20"
        ).to_pylist()


@contextmanager
def read_province(folder: Path, catalog: Catalog, *, months: int, is_whole: bool) -> Iterator[Home]:
    """Give a valid province of ``months`` months, of which all eleven systems were read (``is_whole``) or the base six."""
    simulate(folder / "sources", months=months, silent=None, defects=0)
    for source in (name for name, one in catalog.sources.items() if one.is_base or is_whole):
        extract.run(catalog=catalog, source=source, location=str(folder / "sources" / f"{source}.sqlite"), home=folder / "home")
    conform.run(catalog=catalog, home=folder / "home")
    province = make_province(add_months(FIRST, 6), add_months(FIRST, 9))
    with open_warehouse(folder / "home") as engine:
        yield Home(engine, Books(folder / "sources", province), folder / "sources")
