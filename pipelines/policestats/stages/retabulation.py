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
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.periods import ReferencePeriod
from policestats.query import Query, column, literal, table
from policestats.reports.facts import group_text
from policestats.reports.regrouping import Grouping, belongs, grouping, touched
from policestats.reports.template import Form
from policestats.reports.units import UnitsTree
from policestats.stages import knowledge


@dataclass
class Changes:
    """What became known between two loads, ``since`` (exclusive) and ``upto``, and which groups of each fact that concerns.

    The SQL of a fact names core tables without their schema. ``show`` puts temporary views of just the rows concerned in front of them, so
    that the very SQL that makes a fact wholly makes it again for some groups. All temporary tables it makes begin with ``changed_`` or ``again_``
    and ``since``: the forms of one run may have been made at different loads.
    """

    engine: DuckDBEngine
    catalog: Catalog
    since: int
    upto: int
    _changed: dict[str, exp.Expr | None] = field(default_factory=dict)
    _groupings: dict[str, Grouping | None] = field(default_factory=dict)
    _groups: dict[tuple[str, ...], str] = field(default_factory=dict)
    _rows: dict[tuple[str, str, str], str] = field(default_factory=dict)
    #: what stands for some core tables now, as SQL
    shown: dict[str, str] = field(default_factory=dict)

    def concern(self, fact: Fact) -> bool:
        """Return whether any table that ``fact`` reads has changed."""
        return any(self._changes(name) is not None for name in fact.tables)

    def can_regroup(self, fact: Fact) -> bool:
        """Return whether ``fact`` can be made again for some groups; else it must be made wholly."""
        return self._grouping(fact) is not None

    def show(self, fact: Fact, *, before: bool = False) -> None:
        """Let the names of the core tables that ``fact`` reads stand for the rows of the groups to be made again, as known now or ``before``."""
        found = self._grouping(fact)
        assert found is not None
        load = self.since if before else self.upto
        wanted: dict[str, str] = {}
        for name in fact.tables:
            if name in found.tables or before:
                versions = table(self._concerned(found, name), "temp", "v") if name in found.tables else None
                wanted[name] = knowledge.relation(self.catalog, name, load, versions).sql(dialect="duckdb")
        for name in set(self.shown) - set(wanted):
            self.engine.execute(f"DROP VIEW temp.{quoted(name)}")
        for name, rows in wanted.items():
            if self.shown.get(name) != rows:
                self.engine.execute(f"CREATE OR REPLACE TEMPORARY VIEW {quoted(name)} AS {rows}")
        self.shown = wanted

    def hide(self) -> None:
        """Let the names of core tables stand for the tables themselves again."""
        for name in self.shown:
            self.engine.execute(f"DROP VIEW temp.{quoted(name)}")
        self.shown = {}

    def named(self, fact: Fact) -> str:
        """Return the SQL that gives the groups of ``fact`` to be made again, as the text that contributions carry as ``fact_key``."""
        found = self._grouping(fact)
        assert found is not None
        text = group_text([column(name, "again") for name in found.columns])
        return exp.select(text).from_(table(self._again(found.columns), alias="again")).sql(dialect="duckdb")

    def _grouping(self, fact: Fact) -> Grouping | None:
        if fact.id not in self._groupings:
            found = grouping(self.catalog, fact)
            if found is not None and self._touched(fact, found.columns) is None:
                found = None
            self._groupings[fact.id] = found
        return self._groupings[fact.id]

    def _touched(self, fact: Fact, columns: tuple[str, ...]) -> list[Query] | None:
        changed = {name: rows for name in fact.tables if (rows := self._changes(name)) is not None}
        return touched(self.catalog, fact, columns, changed, lambda name: knowledge.relation(self.catalog, name, self.upto))

    def _kin(self, columns: tuple[str, ...]) -> list[tuple[Fact, Grouping]]:
        """Return the facts whose groups are named by ``columns``, whether a form reads them or not: they share their temporary tables."""
        found = ((fact, self._grouping(fact)) for fact in self.catalog.facts.values())
        return [(fact, groups) for fact, groups in found if groups is not None and groups.columns == columns]

    def _again(self, columns: tuple[str, ...]) -> str:
        """Return the temporary table of the groups named by ``columns`` that any fact wants made again: one more group is no harm, one less is."""
        if columns not in self._groups:
            queries = [query for fact, _ in self._kin(columns) for query in self._touched(fact, columns) or ()]
            found: exp.Expr = queries[0].ast
            for query in queries[1:]:
                found = exp.union(found, query.ast, distinct=True, copy=False)
            self._groups[columns] = f"again_{self.since}_{len(self._groups)}"
            self.engine.create_temporary(self._groups[columns], Query(found, columns))
        return self._groups[columns]

    def _concerned(self, found: Grouping, name: str) -> str:
        """Return the temporary table of the rows of a core table, as known at either load, that any fact of these groups reads to make them again.

        A row more is no harm: what it makes belongs to groups that are left alone, or that have all their rows.
        """
        told, partners = found.tables[name], set()
        for _, other in self._kin(found.columns):
            if other.tables.get(name) == told:
                partners |= {(key, self._members(other, by), c) for key, by, c in other.partners.get(name, []) if by != name}
        return self._materialised(found.columns, name, told, sorted(partners)) if partners else self._members(found, name)

    def _members(self, found: Grouping, name: str) -> str:
        """Return the temporary table of the rows of a core table, as known at either load, that belong to the groups to be made again."""
        return self._materialised(found.columns, name, found.tables[name], [])

    def _materialised(self, columns: tuple[str, ...], name: str, told: dict[str, str], partners: list[tuple[str, str, str]]) -> str:
        groups = self._again(columns)
        key = (groups, name, str((told, partners)))
        if key not in self._rows:
            self._rows[key] = f"{groups}_{name}_{len(self._rows)}"
            names = [*self.catalog.tables[name].columns, "known_from", "known_to"]
            until = column("known_to", "v")
            in_reach = exp.or_(exp.Is(this=until, expression=exp.null()), exp.GT(this=until.copy(), expression=literal(self.since)))
            versions = exp.select(*(column(c, "v") for c in names)).from_(table(f"{name}_version", "core", "v")).where(in_reach)
            self.engine.create_temporary(self._rows[key], belongs(versions, names, told, groups, partners))
        return self._rows[key]

    def _changes(self, name: str) -> exp.Expr | None:
        """Return the rows of a core table that opened or closed between the two loads; None when there are none."""
        if name not in self._changed:
            columns = tuple(self.catalog.tables[name].columns)
            moved = exp.or_(*(self._between(bound) for bound in ("known_from", "known_to")), copy=False)
            select = exp.select(*(column(c, "v") for c in columns)).from_(table(f"{name}_version", "core", "v")).where(moved)
            made = f"changed_{self.since}_{name}"
            self._changed[name] = table(made) if self.engine.create_temporary(made, Query(select, columns)) else None
        return self._changed[name]

    def _between(self, bound: str) -> exp.Expr:
        after = exp.GT(this=column(bound, "v"), expression=literal(self.since))
        return exp.paren(exp.and_(after, exp.LTE(this=column(bound, "v"), expression=literal(self.upto)), copy=False), copy=False)


def basis(catalog: Catalog, form: Form, tree: UnitsTree, facts: Iterable[str]) -> str:
    """Return a hash of everything a form's contributions rest on besides records: definitions, code lists, choices, successions of units, the program.

    Two tabulations of the same basis differ only by what the records say. Which unit lies below which is read anew each time.
    """
    indicators = {c.indicator.id: c.indicator for c in form.columns if c.indicator is not None}
    said: list[Any] = [
        version("policestats"),
        form.definition_hash,
        form.lateness,
        [catalog.fact(name, form.where).spec for name in sorted(set(facts))],
        [{k: v for k, v in asdict(i).items() if k != "where"} for i in indicators.values()],
        [[c.id, c.members] for c in catalog.codelists.values()],
        [[p.id, p.chosen, p.value] for p in catalog.policies.values()],
        asdict(catalog.standard),
        sorted(tree.carried.items()),
    ]
    return hashlib.sha256(json.dumps(said, default=str, ensure_ascii=False).encode()).hexdigest()[:16]


def earlier_run(engine: DuckDBEngine, form: Form, period: ReferencePeriod, basis: str, as_of: int) -> int | None:
    """Return the load at which ``form`` was last tabulated on the same basis, none later than ``as_of``; None: it must be made wholly.

    One made for an older load than the newest of its time reads other names in its SQL, so it does not count.
    """
    found = engine.scalar(
        "SELECT as_of FROM report.run WHERE form_id = ? AND period = ? AND basis = ? AND as_of <= ?", [form.id, period.text, basis, as_of]
    )
    return None if found is None else int(found)
