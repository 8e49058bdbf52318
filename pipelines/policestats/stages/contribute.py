"""The contributions of one form: which record counts where, made wholly or only for the groups that changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from policestats.catalog import Catalog, Fact, Indicator
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.reports.compiler import CONTRIBUTION, CONTRIBUTION_COLUMNS, keeps_totals
from policestats.reports.contract import QUERY
from policestats.reports.facts import FACT_KEY
from policestats.reports.plan import Plan
from policestats.stages.fact_tables import FactTables, again, fact_table, indicators_by_fact
from policestats.stages.fitting import naming
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

    ``facts`` makes the facts that the forms of a run share; ``earlier`` says what changed since the form was last made on the same basis, None
    when it must be made wholly.
    """

    engine: DuckDBEngine
    catalog: Catalog
    todo: Plan
    facts: FactTables
    earlier: Changes | None
    _made: list[tuple[str, date, str]] = field(default_factory=list)

    def run(self) -> Remade:
        """Write the contributions, and keep the SQL that makes all of them with how many rows it gave."""
        remade = Remade()
        for anchor in self.todo.anchors:
            self._contribute(anchor, remade)
        self._keep_sql()
        self._count()
        return remade

    def _contribute(self, anchor: date, remade: Remade) -> None:
        earlier = self.earlier
        made = self._sql_that_ran(anchor) if earlier is not None else {}
        for fact_id, indicators in indicators_by_fact(self.todo, anchor).items():
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
        lateness = self.todo.form.lateness
        self.facts.show_whole(fact, anchor, lateness)
        query = self.facts.query(fact, anchor, lateness)
        self._made.append((fact.id, anchor, query.sql("duckdb")))
        parts = self.facts.contributions(fact, anchor, self.todo)
        for indicator in indicators:
            part = parts[indicator.id]
            with naming(f"indicator {indicator.id!r}, or a row of {self.todo.form.where} over it,", indicator.where):
                self.engine.insert(CONTRIBUTION, part)
            self._made.append((indicator.id, anchor, part.sql("duckdb")))
        self.facts.hide(fact)

    def _make_again(self, anchor: date, fact: Fact, indicators: list[Indicator], made: dict[str, str], earlier: Changes) -> None:
        """Put the contributions of some groups of a fact in the place of what these groups gave before, by the SQL that ``made`` all of them."""
        totals = [i for i in indicators if keeps_totals(self.catalog, i)]
        records = [i for i in indicators if i not in totals]
        if totals:
            self.engine.execute(f"CREATE TEMPORARY TABLE difference AS FROM {CONTRIBUTION} LIMIT 0")
            earlier.show(fact, before=True)
            before = quoted(fact_table(fact.id))
            self.engine.execute(f"CREATE TEMPORARY TABLE {before} AS {again(fact, made[fact.id], earlier)}")
            earlier.hide()
            for indicator in totals:
                self.engine.execute(f"INSERT INTO difference BY NAME SELECT * REPLACE (-value AS value) FROM ({made[indicator.id]})")
            self.engine.drop_temporary(fact_table(fact.id))
        self.facts.show_again(fact, anchor, self.todo.form.lateness, made[fact.id], earlier)
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
        self.facts.hide(fact)

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

    def _keep_sql(self) -> None:
        """Write the SQL of every fact and indicator that was made wholly."""
        if not self._made:
            return
        subjects, anchors, texts = zip(*self._made, strict=True)
        same = {"form_id": self.todo.form.id, "period": self.todo.period.text}
        told = {name: pa.repeat(pa.scalar(text), len(texts)) for name, text in same.items()}
        self.engine.append(QUERY.name, pa.table({**told, "subject": subjects, "anchor_on": pa.array(anchors, pa.date32()), "sql": texts}))

    def _count(self) -> None:
        form = self.todo.form
        self.engine.execute(
            "UPDATE report.query AS q SET row_count = coalesce((SELECT count(*) FROM report.contribution AS c WHERE c.form_id = q.form_id "
            "AND c.period = q.period AND c.anchor_on = q.anchor_on AND c.indicator_id = q.subject), 0) "
            "WHERE q.form_id = ? AND q.period = ? AND list_contains(?, q.subject)",
            [form.id, self.todo.period.text, sorted({c.indicator.id for c in form.columns if c.indicator is not None})],
        )
