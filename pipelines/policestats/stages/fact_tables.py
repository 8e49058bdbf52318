"""The facts that several forms of one run read, each made once at each anchor and held until the last form that reads it is made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from sqlglot import exp

from policestats.catalog import Catalog, Fact, Indicator
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.errors import FanOutError
from policestats.query import Query
from policestats.reports.compiler import contributions, needed
from policestats.reports.facts import FACT_KEY, FactCompiler
from policestats.reports.plan import Plan
from policestats.stages.fitting import naming
from policestats.stages.retabulation import Changes

#: a fact as read at an anchor by forms of one lateness
Key = tuple[str, date, str]


def fact_table(fact: str) -> str:
    """Return the name by which contributions read a fact, whatever table stands behind it."""
    return f"fact_{fact}"


def indicators_by_fact(plan: Plan, anchor: date) -> dict[str, list[Indicator]]:
    """Return the indicators that a form reads at an anchor, by fact."""
    found: dict[str, list[Indicator]] = defaultdict(list)
    for indicator in plan.indicators(anchor):
        found[indicator.fact].append(indicator)
    return found


@dataclass
class FactTables:
    """Makes facts as temporary tables of the warehouse.

    ``relation`` gives the rows of a core table as known. Every form is announced by ``expect`` before the first is made, and ended by ``done``.
    """

    engine: DuckDBEngine
    catalog: Catalog
    relation: Callable[[str], exp.Expr]
    _uses: dict[Key, list[tuple[Plan, list[Indicator]]]] = field(default_factory=lambda: defaultdict(list))
    _left: Counter[Key] = field(default_factory=Counter)
    _queries: dict[Key, Query] = field(default_factory=dict)
    _tables: dict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    _whole: dict[Key, str] = field(default_factory=dict)
    _parts: dict[Key, dict[str, dict[str, Query]]] = field(default_factory=dict)
    _again: dict[tuple[Key, int, str], str] = field(default_factory=dict)
    _single: set[tuple[str, str]] = field(default_factory=set)
    _count: int = 0

    def expect(self, plan: Plan) -> None:
        """Announce a form: what it reads is made for it, too."""
        for anchor in plan.anchors:
            for fact, indicators in indicators_by_fact(plan, anchor).items():
                key = (fact, anchor, plan.form.lateness)
                self._uses[key].append((plan, indicators))
                self._left[key] += 1

    def done(self, plan: Plan) -> None:
        """End a form: what no other form reads any more is dropped."""
        for anchor in plan.anchors:
            for fact in indicators_by_fact(plan, anchor):
                key = (fact, anchor, plan.form.lateness)
                self._left[key] -= 1
                if not self._left[key]:
                    for name in self._tables.pop(key, []):
                        self.engine.drop_temporary(name)
                    self._whole.pop(key, None)
                    self._parts.pop(key, None)
                    self._again = {k: name for k, name in self._again.items() if k[0] != key}

    def query(self, fact: Fact, anchor: date, lateness: str) -> Query:
        """Return the SQL of the whole fact."""
        key = (fact.id, anchor, lateness)
        if key not in self._queries:
            self._queries[key] = self._compiler(fact, anchor, lateness).compile()
        return self._queries[key]

    def show_whole(self, fact: Fact, anchor: date, lateness: str) -> None:
        """Let the fact's name stand for all that the forms of this run read of it. Raises: FanOutError."""
        key = (fact.id, anchor, lateness)
        if key not in self._whole:
            self._refuse_fan_out(fact, anchor, lateness)
            query, name = self.query(fact, anchor, lateness), fact_table(fact.id)
            uses = [
                (plan, {i.id: contributions(self.catalog, plan, i, anchor, name, query.columns) for i in indicators})
                for plan, indicators in self._uses[key]
            ]
            self._parts[key] = {plan.form.id: parts for plan, parts in uses}
            with naming(f"fact {fact.id!r}, or an indicator over it (policestats check-templates tells which),", fact.where):
                self._whole[key] = self._make(key, needed(self.catalog, uses, anchor, query).sql("duckdb"))
        self._show(fact, self._whole[key])

    def contributions(self, fact: Fact, anchor: date, plan: Plan) -> dict[str, Query]:
        """Return the contributions of each indicator of a form over a fact that is shown wholly, by the indicator's id."""
        return self._parts[fact.id, anchor, plan.form.lateness][plan.form.id]

    def show_again(self, fact: Fact, anchor: date, lateness: str, made: str, earlier: Changes) -> None:
        """Let the fact's name stand for the groups of it that changed, by the SQL that ``made`` all of them. Raises: FanOutError."""
        key = (fact.id, anchor, lateness)
        asked = (key, earlier.since, made)
        if asked not in self._again:
            earlier.show(fact)
            self._refuse_fan_out(fact, anchor, lateness, earlier.shown)
            self._again[asked] = self._make(key, again(fact, made, earlier))
            earlier.hide()
        self._show(fact, self._again[asked])

    def hide(self, fact: Fact) -> None:
        """Let the fact's name stand for nothing again; its table stays for the next form."""
        self.engine.execute(f"DROP VIEW temp.{quoted(fact_table(fact.id))}")

    def _refuse_fan_out(self, fact: Fact, anchor: date, lateness: str, shown: Mapping[str, str] = MappingProxyType({})) -> None:
        """Raise a FanOutError when a many-to-one join of the fact finds several rows; ``shown`` says what stands for some of the tables.

        Many facts join the same rows by the same key: these are looked at once.
        """
        for check in self._compiler(fact, anchor, lateness).join_checks():
            looked_at = (shown.get(check.table, ""), check.query.sql())
            if looked_at in self._single:
                continue
            rows = self.engine.fetch(check.query).to_pylist()
            if rows:
                keys = "; ".join(", ".join(f"{k}={r[k]!r}" for k in check.keys) + f" ({r['occurrences']} rows)" for r in rows)
                raise FanOutError(
                    f"{fact.where}: fact {check.fact!r} joins {check.table!r} (as {check.join!r}) many-to-one on {', '.join(check.keys)}, "
                    f"but some keys have several rows: {keys}. Join on a unique key, or use exists or latest"
                )
            self._single.add(looked_at)

    def _compiler(self, fact: Fact, anchor: date, lateness: str) -> FactCompiler:
        return FactCompiler(self.catalog, fact, anchor, lateness, self.relation)

    def _make(self, key: Key, sql: str) -> str:
        self._count += 1
        name = f"made_{self._count}"
        self.engine.execute(f"CREATE TEMPORARY TABLE {quoted(name)} AS {sql}")
        self._tables[key].append(name)
        return name

    def _show(self, fact: Fact, name: str) -> None:
        self.engine.execute(f"CREATE OR REPLACE TEMPORARY VIEW {quoted(fact_table(fact.id))} AS FROM temp.{quoted(name)}")


def again(fact: Fact, made: str, earlier: Changes) -> str:
    """Return the SQL of the groups of a fact that changed; the group of a partner is not made again."""
    return f"SELECT * FROM ({made}) WHERE {FACT_KEY} IN ({earlier.named(fact)})"
