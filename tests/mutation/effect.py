"""What one fact gives a form, as a hash: a mutant of the fact that gives the same over a case cannot be noticed by its figures.

Most mutants change nothing over most cases, and a whole tabulation to learn that costs ten times as much.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.periods import ReferencePeriod
from policestats.query import table
from policestats.reports.compiler import CARRY, contributions, needed
from policestats.reports.facts import FactCompiler
from policestats.reports.plan import plan
from policestats.reports.template import Form
from policestats.reports.units import tree_at
from policestats.stages import knowledge
from policestats.stages.fact_tables import fact_table


@dataclass
class Effects:
    """The contributions that facts give forms, counted and hashed without regard to their order."""

    _sql: dict[tuple[str, str, str], list[tuple[str, str]]] = field(default_factory=dict)
    _sql_of: Catalog | None = None
    _right_sql: dict[tuple[str, str, str], list[tuple[str, str]]] = field(default_factory=dict)
    _right: dict[tuple[Path, str, str, str], list[Any]] = field(default_factory=dict)
    _carried: dict[tuple[Path, str], pa.Table] = field(default_factory=dict)

    def is_none(
        self, engine: DuckDBEngine, right: tuple[Catalog, Form], broken: tuple[Catalog, Form], fact: str, case: Path, on: str
    ) -> bool:
        """Whether the ``broken`` fact gives its form over ``case``, which ``engine`` holds, what the ``right`` one gives for the period ``on``.

        Raises: StatisticsError for a definition that makes no sense.
        """
        asked, period = (right[1].id, fact, on), ReferencePeriod.parse(on)
        if asked not in self._right_sql:
            self._right_sql[asked] = list(_statements(*right, fact, period))
        if self._sql_of is not broken[0]:
            self._sql, self._sql_of = {}, broken[0]
        if asked not in self._sql:
            self._sql[asked] = list(_statements(*broken, fact, period))
        if self._sql[asked] == self._right_sql[asked]:  # the form reads nothing of what is broken
            return True
        if (case, on) not in self._carried:
            standard = right[0].standard
            versions = knowledge.unit_versions(engine, right[0], 1)
            self._carried[case, on] = tree_at(versions, period.end, standard.unknown_unit_code, standard.unknown_unit_label).carry()
        engine.load(CARRY, self._carried[case, on])
        if (case, *asked) not in self._right:
            self._right[case, *asked] = _given(engine, fact, self._right_sql[asked])
        return _given(engine, fact, self._sql[asked]) == self._right[case, *asked]


def _statements(catalog: Catalog, form: Form, fact: str, period: ReferencePeriod) -> list[tuple[str, str]]:
    """Return for each anchor the SQL of what the form reads of the fact, and that of its contributions."""
    todo = plan(form, period, catalog.standard.records_begin)
    found = []
    for anchor in todo.anchors:
        indicators = [i for i in todo.indicators(anchor) if i.fact == fact]
        if indicators:
            query = FactCompiler(catalog, catalog.fact(fact, form.where), anchor, form.lateness, table).compile()
            parts = {i.id: contributions(catalog, todo, i, anchor, fact_table(fact), query.columns) for i in indicators}
            read = needed(catalog, [(todo, parts)], anchor, query).sql("duckdb")
            found.append((read, " UNION ALL BY NAME ".join(f"({part.sql('duckdb')})" for part in parts.values())))
    return found


def _given(engine: DuckDBEngine, fact: str, statements: list[tuple[str, str]]) -> list[Any]:
    name, found = quoted(fact_table(fact)), list[Any]()
    with engine.names_from("core"):
        for made, given in statements:
            engine.execute(f"CREATE OR REPLACE TEMPORARY TABLE {name} AS {made}")
            found += engine.sql(f"SELECT count(*) AS n, sum(hash(c)) AS h FROM ({given}) AS c").to_pylist()
            engine.drop_temporary(fact_table(fact))
    return found
