"""The contributions of one form: which record counts where, made wholly or only for the groups that changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlglot import exp

from policestats.catalog import Catalog, Fact, Indicator
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.errors import FanOutError
from policestats.query import Query
from policestats.reports.compiler import CONTRIBUTION, CONTRIBUTION_COLUMNS, contributions, keeps_totals, needed
from policestats.reports.facts import FACT_KEY, FactCompiler
from policestats.reports.plan import Plan
from policestats.stages.retabulation import Changes


@dataclass
class Remade:
    """How much of the facts of a form was made: at each anchor every fact ``wholly``, by ``groups`` of records, or ``kept`` as it was."""

    wholly: int = 0
    by_groups: int = 0
    kept: int = 0


@dataclass(frozen=True)
class Contributing:
    """Makes the contributions that ``todo`` needs.

    ``relation`` gives the rows of a core table as known; ``earlier`` says what changed since the form was last made on the same basis, None
    when it must be made wholly.
    """

    engine: DuckDBEngine
    catalog: Catalog
    todo: Plan
    relation: Callable[[str], exp.Expr]
    earlier: Changes | None

    def run(self) -> Remade:
        """Write the contributions, and keep the SQL that makes all of them with how many rows it gave."""
        remade = Remade()
        for anchor in self.todo.anchors:
            self._contribute(anchor, remade)
        self._count()
        return remade

    def _contribute(self, anchor: date, remade: Remade) -> None:
        by_fact: dict[str, list[Indicator]] = {}
        for indicator in self.todo.indicators(anchor):
            by_fact.setdefault(indicator.fact, []).append(indicator)
        earlier = self.earlier
        made = self._sql_that_ran(anchor) if earlier is not None else {}
        for fact_id, indicators in by_fact.items():
            fact = self.catalog.fact(fact_id, indicators[0].where)
            if earlier is not None and not earlier.concern(fact):
                remade.kept += 1
            elif earlier is not None and earlier.can_regroup(fact):
                self._make_again(anchor, fact, indicators, made, earlier)
                remade.by_groups += 1
            else:
                self._forget(anchor, fact, indicators)
                self._make(anchor, fact, indicators)
                remade.wholly += 1

    def _make(self, anchor: date, fact: Fact, indicators: list[Indicator]) -> None:
        """Make all contributions of a fact's indicators, and keep the SQL that makes them; of the fact only what a window needs is made."""
        compiler = FactCompiler(self.catalog, fact, anchor, self.todo.form.lateness, self.relation)
        query = compiler.compile()
        self._refuse_fan_out(compiler)
        name = f"fact_{fact.id}"
        parts = {i.id: contributions(self.catalog, self.todo, i, anchor, name, query.columns) for i in indicators}
        self.engine.create_temporary(name, needed(self.catalog, self.todo, anchor, query, parts))
        self._record(fact.id, anchor, query)
        for indicator, part in parts.items():
            self.engine.insert(CONTRIBUTION, part)
            self._record(indicator, anchor, part)
        self.engine.drop_temporary(name)

    def _make_again(self, anchor: date, fact: Fact, indicators: list[Indicator], made: dict[str, str], earlier: Changes) -> None:
        """Put the contributions of some groups of a fact in the place of what these groups gave before, by the SQL that ``made`` all of them."""
        name = quoted(f"fact_{fact.id}")
        again = f"SELECT * FROM ({made[fact.id]}) WHERE {FACT_KEY} IN ({earlier.named(fact)})"  # a partner's own group is not made again
        totals = [i for i in indicators if keeps_totals(self.catalog, i)]
        records = [i for i in indicators if i not in totals]
        if totals:
            self.engine.execute(f"CREATE TEMPORARY TABLE difference AS FROM {CONTRIBUTION} LIMIT 0")
            earlier.show(fact, before=True)
            self.engine.execute(f"CREATE OR REPLACE TEMPORARY TABLE {name} AS {again}")
            for indicator in totals:
                self.engine.execute(f"INSERT INTO difference BY NAME SELECT * REPLACE (-value AS value) FROM ({made[indicator.id]})")
        earlier.show(fact)
        self._refuse_fan_out(FactCompiler(self.catalog, fact, anchor, self.todo.form.lateness, self.relation))
        self.engine.execute(f"CREATE OR REPLACE TEMPORARY TABLE {name} AS {again}")
        earlier.hide()
        if records:
            self.engine.execute(
                f"DELETE FROM {CONTRIBUTION} WHERE form_id = ? AND period = ? AND anchor_on = ? AND list_contains(?, indicator_id) "
                f"AND {FACT_KEY} IN ({earlier.named(fact)})",
                [self.todo.form.id, self.todo.period.text, anchor, [i.id for i in records]],
            )
        for indicator in records:
            self.engine.execute(f"INSERT INTO {CONTRIBUTION} BY NAME {made[indicator.id]}")
        for indicator in totals:
            self.engine.execute(f"INSERT INTO difference BY NAME {made[indicator.id]}")
        if totals:
            self._move_totals(anchor)
        self.engine.drop_temporary(f"fact_{fact.id}")

    def _move_totals(self, anchor: date) -> None:
        """Add to the totals the ``difference``: minus what groups gave before, plus what they give now. Other totals stay where they are."""
        names = [quoted(name) for name in CONTRIBUTION_COLUMNS if name != "value"]
        added = (
            f"SELECT {', '.join(names)}, sum(value)::DECIMAL(38,6) AS value FROM {{}} GROUP BY {', '.join(names)} HAVING sum(value) <> 0"
        )
        self.engine.execute(f"CREATE TEMPORARY TABLE moved AS {added.format('difference')}")
        same = " AND ".join(f"held.{name} IS NOT DISTINCT FROM moved.{name}" for name in names)
        ours = f"held.form_id = ? AND held.period = ? AND held.anchor_on = ? AND {same}"
        key = [self.todo.form.id, self.todo.period.text, anchor]
        self.engine.execute(
            "CREATE OR REPLACE TEMPORARY TABLE difference AS FROM moved UNION ALL BY NAME "
            f"SELECT held.* FROM {CONTRIBUTION} AS held, moved WHERE {ours}",
            key,
        )
        self.engine.execute(f"DELETE FROM {CONTRIBUTION} AS held USING moved WHERE {ours}", key)
        self.engine.execute(f"INSERT INTO {CONTRIBUTION} BY NAME {added.format('difference')}")
        self.engine.drop_temporary("moved")
        self.engine.drop_temporary("difference")

    def _sql_that_ran(self, anchor: date) -> dict[str, str]:
        """Return the SQL of every fact and indicator of the form at ``anchor``, as it was kept when it made all of them."""
        rows = self.engine.sql(
            "SELECT subject, sql FROM report.query WHERE form_id = ? AND period = ? AND anchor_on = ?",
            [self.todo.form.id, self.todo.period.text, anchor],
        )
        return {r["subject"]: r["sql"] for r in rows.to_pylist()}

    def _forget(self, anchor: date, fact: Fact, indicators: list[Indicator]) -> None:
        ours = "form_id = ? AND period = ? AND anchor_on = ?"
        key = [self.todo.form.id, self.todo.period.text, anchor]
        names = [i.id for i in indicators]
        self.engine.execute(f"DELETE FROM {CONTRIBUTION} WHERE {ours} AND list_contains(?, indicator_id)", [*key, names])
        self.engine.execute(f"DELETE FROM report.query WHERE {ours} AND list_contains(?, subject)", [*key, [*names, fact.id]])

    def _refuse_fan_out(self, compiler: FactCompiler) -> None:
        for check in compiler.join_checks():
            rows = self.engine.fetch(check.query).to_pylist()
            if rows:
                keys = "; ".join(", ".join(f"{k}={r[k]!r}" for k in check.keys) + f" ({r['occurrences']} rows)" for r in rows)
                raise FanOutError(
                    f"{compiler.fact.where}: fact {check.fact!r} joins {check.table!r} (as {check.join!r}) many-to-one on {', '.join(check.keys)}, "
                    f"but some keys have several rows: {keys}. Join on a unique key, or use exists or latest"
                )

    def _record(self, subject: str, anchor: date, query: Query) -> None:
        self.engine.execute(
            "INSERT INTO report.query VALUES (?, ?, ?, ?, ?, NULL)",
            [self.todo.form.id, self.todo.period.text, subject, anchor, query.sql("duckdb")],
        )

    def _count(self) -> None:
        form = self.todo.form
        self.engine.execute(
            "UPDATE report.query AS q SET row_count = coalesce((SELECT count(*) FROM report.contribution AS c WHERE c.form_id = q.form_id "
            "AND c.period = q.period AND c.anchor_on = q.anchor_on AND c.indicator_id = q.subject), 0) "
            "WHERE q.form_id = ? AND q.period = ? AND list_contains(?, q.subject)",
            [form.id, self.todo.period.text, sorted({c.indicator.id for c in form.columns if c.indicator is not None})],
        )
