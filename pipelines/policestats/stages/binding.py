"""Do the types of a definition fit? Asked of its SQL, over tables without a record."""

from __future__ import annotations

from policestats.catalog import Catalog, Fact, Indicator
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.landing import core_tables
from policestats.query import Query
from policestats.reports.comparing import Comparisons
from policestats.reports.compiler import CARRY
from policestats.reports.units import tree_at
from policestats.stages.fact_tables import fact_table
from policestats.stages.fitting import naming
from policestats.stages.report_store import create_report_tables, write_codelists

_UNREAD = "read_by_nobody"


class Binding:
    """A warehouse without a record, in which the SQL of definitions is bound and never run.

    A fact, and an indicator in a form, is bound once: its types are the same at every anchor.

    Args:
        engine: one in memory, used for nothing else.
    """

    def __init__(self, engine: DuckDBEngine, catalog: Catalog) -> None:
        self._engine = engine
        self._comparisons = Comparisons(catalog)
        self._bound: set[tuple[str, str]] = set()
        core_tables.prepare(engine, catalog.tables)
        create_report_tables(engine)
        write_codelists(engine, catalog)
        standard = catalog.standard
        engine.load(CARRY, tree_at([], standard.records_begin, standard.unknown_unit_code, standard.unknown_unit_label).carry())

    def bind_fact(self, fact: Fact, query: Query) -> None:
        """Let the fact's name stand for ``query``. Raises: DefinitionError when its types do not fit."""
        self._bind((fact.id, ""), query, f"fact {fact.id!r}", fact.where, fact_table(fact.id))

    def bind_indicator(self, indicator: Indicator, form: str, query: Query) -> None:
        """Bind what an indicator gives the form at the place ``form``. Raises: DefinitionError when types do not fit."""
        what = f"indicator {indicator.id!r}, or a row of {form} over it,"
        self._bind((indicator.id, form), query, what, indicator.where)

    def _bind(self, key: tuple[str, str], query: Query, what: str, where: str, name: str | None = None) -> None:
        if key in self._bound:
            return
        self._comparisons.check(query, what, where, name)
        with naming(what, where):
            self._engine.execute(f"CREATE OR REPLACE TEMPORARY VIEW {quoted(name or _UNREAD)} AS {query.sql('duckdb')}")
        self._bound.add(key)
