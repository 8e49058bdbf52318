"""What must be made again when a form is tabulated anew: nothing, some groups of a fact, or all of it (change moves by key)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

from sqlglot import exp

from policestats.catalog import Catalog, Fact
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.query import Query, column, literal, table
from policestats.reports.facts import group_text
from policestats.reports.regrouping import Regrouping, group_columns, touched
from policestats.reports.template import Form
from policestats.reports.units import UnitsTree
from policestats.stages import knowledge


@dataclass
class Changes:
    """What became known between two loads, ``since`` (exclusive) and ``upto``, and which groups of each fact that concerns.

    Makes temporary tables: ``changed_<table>`` (changed rows, before and after), ``again_<fact>`` (groups to be made again).
    """

    engine: DuckDBEngine
    catalog: Catalog
    since: int
    upto: int
    _changed: dict[str, exp.Expr | None] = field(default_factory=dict)
    _regroupings: dict[str, Regrouping | None] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def count(self, fact: Fact) -> int:
        """Return how many groups of ``fact`` must be made again; only for a fact that has a regrouping."""
        self.regrouping(fact)
        return self._counts[fact.id]

    def regrouping(self, fact: Fact) -> Regrouping | None:
        """Return the groups of ``fact`` to be made again; None when it must be made wholly."""
        if fact.id not in self._regroupings:
            self._regroupings[fact.id] = self._find(fact)
        return self._regroupings[fact.id]

    def before(self, name: str) -> exp.Expr:
        """Return the rows of core table ``name`` as they were known at ``since``."""
        return knowledge.relation(self.catalog, name, self.since)

    def _find(self, fact: Fact) -> Regrouping | None:
        changed = {name: rows for name in fact.tables if (rows := self._rows(name)) is not None}
        columns = group_columns(self.catalog, fact)
        if not changed:
            self._counts[fact.id] = 0
            return Regrouping(columns or (), "")
        if columns is None:
            return None
        queries = touched(self.catalog, fact, columns, changed, lambda name: knowledge.relation(self.catalog, name, self.upto))
        if queries is None:
            return None
        name = f"again_{fact.id}"
        found: exp.Expr = queries[0].ast
        for query in queries[1:]:
            found = exp.union(found, query.ast, distinct=True, copy=False)
        self._counts[fact.id] = self.engine.create_temporary(name, Query(found, columns))
        return Regrouping(columns, name)

    def _rows(self, name: str) -> exp.Expr | None:
        """Return the rows of a core table that opened or closed between the two loads; None when there are none."""
        if name not in self._changed:
            columns = tuple(self.catalog.tables[name].columns)
            moved = exp.or_(*(self._between(bound) for bound in ("known_from", "known_to")), copy=False)
            select = exp.select(*(column(c, "v") for c in columns)).from_(table(f"{name}_version", "core", "v")).where(moved)
            rows = self.engine.create_temporary(f"changed_{name}", Query(select, columns))
            self._changed[name] = table(f"changed_{name}") if rows else None
        return self._changed[name]

    def _between(self, bound: str) -> exp.Expr:
        after = exp.GT(this=column(bound, "v"), expression=literal(self.since))
        return exp.paren(exp.and_(after, exp.LTE(this=column(bound, "v"), expression=literal(self.upto)), copy=False), copy=False)


def groups_named(regrouping: Regrouping) -> str:
    """Return the SQL that gives the groups as the text that contributions carry as ``fact_key``."""
    named = group_text([column(name, "again") for name in regrouping.columns])
    return exp.select(named).from_(table(regrouping.table, alias="again")).sql(dialect="duckdb")


def basis(catalog: Catalog, form: Form, tree: UnitsTree, facts: Iterable[str]) -> str:
    """Return a hash of everything a form's figures rest on besides records: definitions, code lists, choices, units, the program.

    Two tabulations of the same basis differ only by what the records say.
    """
    names = sorted(set(facts))
    indicators = {c.indicator.id: c.indicator for c in form.columns if c.indicator is not None}
    said: list[Any] = [
        version("policestats"),
        form.definition_hash,
        form.lateness,
        [catalog.fact(name, form.where).spec for name in names],
        [{k: v for k, v in asdict(i).items() if k != "where"} for i in indicators.values()],
        [[c.id, c.members] for c in catalog.codelists.values()],
        [[p.id, p.chosen, p.value] for p in catalog.policies.values()],
        asdict(catalog.standard),
        [asdict(unit) for unit in tree.units],
        sorted(tree.carried.items()),
    ]
    return hashlib.sha256(json.dumps(said, default=str, ensure_ascii=False).encode()).hexdigest()[:16]


def earlier_run(engine: DuckDBEngine, form: Form, period: ReferencePeriod, basis: str, as_of: int) -> int | None:
    """Return the load at which ``form`` was last tabulated on the same basis, none later than ``as_of``; None: it must be made wholly."""
    found = engine.scalar(
        "SELECT as_of FROM report.run WHERE form_id = ? AND period = ? AND basis = ? AND as_of <= ?", [form.id, period.text, basis, as_of]
    )
    return None if found is None else int(found)
