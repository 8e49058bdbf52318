"""check-templates, the second half: a folder of forms beside the standard's own, in definitions and cell by cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.engines.sandbox import open_sandbox
from policestats.errors import PeriodError
from policestats.periods import ReferencePeriod
from policestats.reports.differences import Compared, compare
from policestats.reports.form_comparison import DefinitionDifference, compare_forms
from policestats.reports.template import load_forms
from policestats.stages.tabulate import due
from policestats.stages.trial import trial

Progress = Callable[[str], None]


@dataclass
class Comparison:
    """How a folder differs from the standard's own forms. ``new`` and ``absent`` are forms that only the folder, or only the standard, has.

    ``cells`` has, by form, the cells compared for a period; ``not_due`` are forms that one of the two does not make for it.
    """

    new: list[str]
    absent: list[str]
    definitions: list[DefinitionDifference]
    cells: dict[str, Compared] = field(default_factory=dict)
    not_due: list[str] = field(default_factory=list)


def run(
    *, catalog: Catalog, folder: Path, home: Path | None = None, period: str | None = None, progress: Progress | None = None
) -> Comparison:
    """Return how the forms of ``folder`` differ from the standard's own.

    Args:
        period: also tabulate both for it, in memory, with the records of ``home`` known at the latest load; of several versions of a form
            those in force then are compared, without a period the newest.
    Raises: DefinitionError for a form that makes no sense; StatisticsError when there is no warehouse.
    """
    if period is None or home is None:
        return definitions(catalog, folder, None)
    with open_sandbox(home) as engine:
        return side_by_side(engine, catalog, folder, ReferencePeriod.parse(period), progress=progress)


def definitions(catalog: Catalog, folder: Path, period: ReferencePeriod | None) -> Comparison:
    """Return how the definitions differ: of the versions in force in ``period``, or the newest."""
    ours, theirs = load_forms(catalog, period=period), load_forms(catalog, folder, period)
    return Comparison(
        [name for name in theirs if name not in ours],
        [name for name in ours if name not in theirs],
        [d for name, form in theirs.items() if name in ours for d in compare_forms(ours[name], form)],
    )


def side_by_side(
    engine: DuckDBEngine, catalog: Catalog, folder: Path, period: ReferencePeriod, *, progress: Progress | None = None
) -> Comparison:
    """Do what ``run`` does for a period, on an open throw-away engine."""
    tell = progress or (lambda message: None)
    found = definitions(catalog, folder, period)
    ours, theirs = load_forms(catalog, period=period), load_forms(catalog, folder, period)
    for name in (name for name in theirs if name in ours):
        try:
            pair = [due(forms, period, [name])[0] for forms in (ours, theirs)]
        except PeriodError:
            found.not_due.append(name)
            continue
        tell(f"tabulate {name} {period}, ours and theirs")
        one, other = (trial(engine, catalog, period, form) for form in pair)
        found.cells[name] = compare(one.table, other.table, (one.found, other.found))
    return found
