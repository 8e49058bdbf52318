"""Tabulating a form for a look: in an engine in memory, beside the warehouse, which is only read."""

from __future__ import annotations

from dataclasses import dataclass

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.form_table import FormTable
from policestats.reports.found_rows import FoundRows
from policestats.reports.template import Form
from policestats.reports.units import UnitsTree
from policestats.stages import knowledge
from policestats.stages.report_store import create_report_tables, write_codelists
from policestats.stages.tabulate import Tabulation


@dataclass(frozen=True)
class Trial:
    """A form filled for a look, with the rows found in the data and the units tree."""

    table: FormTable
    found: list[FoundRows]
    tree: UnitsTree


def trial(engine: DuckDBEngine, catalog: Catalog, period: ReferencePeriod, form: Form, as_of: int | None = None) -> Trial:
    """Fill ``form`` with the records known at the load ``as_of`` (default the latest), writing report.* of ``engine``: give it a throw-away one.

    Raises: StatisticsError when nothing has been landed, or the definition makes no sense.
    """
    known = knowledge.loads(engine)
    load = knowledge.chosen_load(known, as_of)
    with engine.names_from("core"):
        create_report_tables(engine)
        write_codelists(engine, catalog)
        work = Tabulation(engine, catalog, period, load, max(known), full=True)
        table = work.fill(form)
    return Trial(table, work.found[form.id], work.tree)
