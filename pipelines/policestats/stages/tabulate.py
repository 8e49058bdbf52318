"""tabulate: core tables to cells, statuses, checks and rates, for all forms of a period."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from sqlglot import exp

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.errors import PeriodError, StatisticsError, nearest
from policestats.periods import ReferencePeriod
from policestats.quality.rules import read_rules
from policestats.query import Query, column, table
from policestats.query.build import aliased
from policestats.reports import contract, fold
from policestats.reports.checks import Elsewhere, Outcome, evaluate
from policestats.reports.compiler import CARRY
from policestats.reports.deliveries import Deliveries
from policestats.reports.fold import reading_table
from policestats.reports.form_table import FormTable, fill
from policestats.reports.found_rows import FoundRows, derive, found_rows, members_of
from policestats.reports.generation import GenerationRate, generation
from policestats.reports.plan import Plan, plan
from policestats.reports.rollup import Groups, added_up, booked_at, lines_of_rows
from policestats.reports.status import statuses
from policestats.reports.template import Form, load_forms
from policestats.reports.units import UnitsTree, tree_at
from policestats.stages import knowledge
from policestats.stages.column_read import read_column
from policestats.stages.contribute import Contributing, Remade
from policestats.stages.fact_tables import FactTables
from policestats.stages.filled_store import write_differences
from policestats.stages.report_store import create_report_tables, write_codelists, write_form, write_period, write_readings
from policestats.stages.retabulation import Changes, basis, earlier_run
from policestats.stages.typed_store import Typed, superseded_rows

Progress = Callable[[str], None]
#: stands in the basis of a form that was made for an older load than the newest of its time, before the load
PAST = "@"


@dataclass(frozen=True)
class TabulateResult:
    """What one tabulation made.

    ``remade`` counts, for each form, the facts made wholly, those of which some groups were made again, and those left alone. With
    ``not_judged`` no data rule has a verdict at the load ``as_of``, so that no rule could block a cell; ``unjudged`` are else the error rules
    (table.rule; table.* for a file that is wrong) without one, which could not. ``superseded`` counts the typed cells that records give now,
    ``differing`` those of them with another figure; ``unplaced`` says of typed cells that no form has any more.
    """

    period: str
    as_of: int
    forms: list[str]
    cells: int
    contributions: int
    failed_errors: int
    failed_warnings: int
    not_evaluated: int
    rates: list[GenerationRate]
    remade: dict[str, Remade]
    not_judged: bool
    unjudged: list[str] = field(default_factory=list)
    superseded: int = 0
    differing: int = 0
    unplaced: list[str] = field(default_factory=list)


@dataclass
class Tabulation:
    """Fills forms for one period from the core tables as known at a load.

    ``engine`` holds core.<table>_version, core.delivery, quality.rule_result and takes report.*. With ``full`` every form is made wholly, else
    only what changed since it was last made on the same definitions, choices and units.
    """

    engine: DuckDBEngine
    catalog: Catalog
    period: ReferencePeriod
    as_of: int
    latest: int
    full: bool = False
    tables: dict[str, FormTable] = field(default_factory=dict)
    found: dict[str, list[FoundRows]] = field(default_factory=dict)
    remade: dict[str, Remade] = field(default_factory=dict)
    bases: dict[str, str] = field(default_factory=dict)
    _changes: dict[int, Changes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        standard = self.catalog.standard
        self.versions = knowledge.unit_versions(self.engine, self.catalog, self.as_of)
        self.tree: UnitsTree = tree_at(self.versions, self.period.end, standard.unknown_unit_code, standard.unknown_unit_label)
        readings = knowledge.readings(self.engine, self.as_of)
        self.deliveries = Deliveries.of(self._deliveries(), self.versions, self.tree, readings, standard.cutoff.offset)
        self.judged = knowledge.judged_load(self.engine, self.as_of) if self.engine.has_table("quality", "rule_result") else self.as_of
        self.not_judged = not self._is_judged()
        self.blocked = self._blocked()
        self.typed = Typed.known(self.engine, self.catalog, self.period, self.versions, self.as_of)
        self.facts = FactTables(self.engine, self.catalog, self.relation)
        self.plans: dict[str, Plan] = {}
        self.engine.load(CARRY, self.tree.carry())
        self.engine.load(fold.UNIT_MEMBER, self.tree.closure())

    def relation(self, name: str) -> exp.Expr:
        """Return the rows of core table ``name`` that were open at ``as_of``: at the latest load a view, named without its schema (see Changes)."""
        return table(name) if self.as_of == self.latest else knowledge.relation(self.catalog, name, self.as_of)

    def expect(self, form: Form) -> Plan:
        """Announce a form that will be filled, so that facts are made once for all forms that read them; return its plan."""
        self.plans[form.id] = plan(form, self.period, self.catalog.standard.records_begin)
        self.facts.expect(self.plans[form.id])
        return self.plans[form.id]

    def fill(self, form: Form) -> FormTable:
        """Compute the form's contributions and table, writing the contributions."""
        todo = self.plans[form.id] if form.id in self.plans else self.expect(form)
        earlier = self._earlier(form, todo)
        self._clear(form, keep=earlier is not None)
        self.engine.load(fold.READING, reading_table(todo))
        write_readings(self.engine, form, self.period)
        self.remade[form.id] = Contributing(self.engine, self.catalog, todo, self.facts, earlier).run()
        self.facts.done(todo)
        return self._figures(todo)

    def refill(self, form: Form) -> FormTable:
        """Compute the form's table from the contributions that the warehouse holds, and write nothing."""
        todo = plan(form, self.period, self.catalog.standard.records_begin)
        self.engine.load(fold.READING, reading_table(todo))
        return self._figures(todo)

    def _figures(self, todo: Plan) -> FormTable:
        form = todo.form
        members = form.members()
        if form.dynamic_blocks:
            codes = self.engine.fetch(fold.found_rows(form.id, self.period.text)).column(0).to_pylist()
            members += members_of(form, map(str, codes))
        self.engine.load(fold.ROW_MEMBER, pa.table({"row_code": [m[0] for m in members], "member_row_code": [m[1] for m in members]}))
        filled = self._table(todo)
        self.tables[form.id] = filled
        return filled

    def _earlier(self, form: Form, todo: Plan) -> Changes | None:
        """Return what changed since the form was last made on the same basis; None when it must be made wholly."""
        is_latest = self.as_of == self.latest
        self.bases[form.id] = basis(self.catalog, form, self.tree, {r.indicator.fact for r in todo.readings})
        if not is_latest:  # its SQL reads versions of the past, so nobody can go on from it
            self.bases[form.id] += PAST + str(self.as_of)
        since = earlier_run(self.engine, form, self.period, self.bases[form.id], self.as_of)
        if self.full or not is_latest or since is None:
            return None
        if since not in self._changes:
            self._changes[since] = Changes(self.engine, self.catalog, since, self.as_of)
        return self._changes[since]

    def check(self, filled: FormTable) -> Outcome:
        """Evaluate the checks of a filled form.

        Other forms and periods are read from this run, else from the warehouse, if they were tabulated there at the same load; a check whose
        operand was made at another load is not evaluated.
        """
        return evaluate(filled, self.tree, self._elsewhere, self.found[filled.form.id])

    def rates(self, outcomes: dict[str, Outcome]) -> list[GenerationRate]:
        """Return the generation rates of the forms filled, with what their checks found."""
        filled = [(self.tables[form], outcome, self.found[form]) for form, outcome in outcomes.items()]
        return generation(filled, self.catalog.standard.prescribed_forms, {u.code: u.level for u in self.tree.units})

    def _table(self, todo: Plan) -> FormTable:
        form, period, tree = todo.form, self.period.text, self.tree
        rows, names = [r.code for r in form.rows], [r.column for r in todo.readings]
        booked_groups, distinct_groups = self.engine.fetch(fold.booked(form.id, period)), self.engine.fetch(fold.distinct(form.id, period))
        booked = Groups.of(booked_groups, names, rows, tree).by_column(len(names))
        distinct = Groups.of(distinct_groups, names, rows, tree).by_column(len(names))
        unknown = tree.position[tree.unknown]  # the unknown unit, last in the tree, has a form once a cell counts a record there
        printed = [part for i, r in enumerate(todo.readings) if r.is_printed for part in (booked[i], distinct[i])]
        is_held = any(((part.units == unknown) & (part.partners != unknown)).any() for part in printed)
        units = [u.code for u in tree.units if u.code != tree.unknown or is_held]
        lines = lines_of_rows(form)
        base, own = {}, {}
        for reading, added, counted in zip(todo.readings, booked, distinct, strict=True):
            if reading.indicator.measure == "distinct":
                values = counted.laid_out(len(units), len(rows))
            else:
                values = added_up(added, tree, lines)[: len(units)]
                own[reading.column] = booked_at(added, len(units), len(rows))
            base[reading.column] = values
        found = statuses(self.catalog, todo, self.deliveries, self.blocked, units)
        self.typed.lay(todo, tree, units, base, own, found)
        filled = fill(todo, units, base, own, found)
        self.found[form.id] = [found_rows(block, names, booked_groups, distinct_groups, tree) for block in form.dynamic_blocks]
        for part in self.found[form.id]:
            derive(part, filled, todo)
        return filled

    def value_labels(self, found: FoundRows) -> dict[str, tuple[str, str]]:
        """Return the names (Chinese, English) of the values that found rows have, where the form says in which table they stand."""
        labels = found.dynamic.labels
        if labels is None:
            return {}
        names = [labels[name] for name in ("code", "zh", "en")]
        known = knowledge.relation(self.catalog, labels["table"], self.as_of)  # all of them, also when only some groups are made again
        select = exp.select(*(column(name, "v") for name in names), copy=False).from_(aliased(known, "v"), copy=False)
        rows = self.engine.fetch(Query(select, tuple(names)))
        codes, zh, en = (rows.column(i).to_pylist() for i in range(3))
        return {code: (first or code, second or first or code) for code, first, second in sorted(zip(codes, zh, en, strict=True), key=repr)}

    def _elsewhere(self, form: str, period: str, name: str) -> Elsewhere | None:
        if period == self.period.text and form in self.tables:
            other = self.tables[form]
            return Elsewhere(other.units, other.rows, *other.column(name)) if name in other.figures else None
        return read_column(self.engine, form, period, name, self.as_of)

    def _deliveries(self) -> Iterable[tuple[str, frozenset[str] | None, str | None]]:
        """Yield (table, units, month); the tables and months that came from the same units share one set."""
        # sets of units are compared by a digest, and only one of those alike is listed: a province has millions of unit-months and few sets
        rows = self.engine.sql(
            "WITH known AS (SELECT table_name, period, unit_code FROM core.delivery "
            "WHERE is_complete AND load_id <= ? AND (known_to IS NULL OR known_to > ?)), "
            "told AS (SELECT table_name, period, count(unit_code) AS named, sum(hash(unit_code)) AS added, bit_xor(hash(unit_code)) AS mixed "
            "FROM known GROUP BY ALL), "
            "alike AS (SELECT list(table_name) AS tables, list(period) AS months FROM told GROUP BY named, added, mixed) "
            "SELECT any_value(a.tables) AS tables, any_value(a.months) AS months, list(DISTINCT k.unit_code) FILTER (k.unit_code IS NOT NULL) AS units "
            "FROM alike AS a JOIN known AS k ON k.table_name = a.tables[1] AND k.period IS NOT DISTINCT FROM a.months[1] "
            "GROUP BY a.tables[1], a.months[1]",
            [self.as_of, self.as_of],
        )
        for row in rows.to_pylist():
            units = frozenset(row["units"]) if row["units"] is not None else None
            for name, month in zip(row["tables"], row["months"], strict=True):
                yield name, units, month

    def _is_judged(self) -> bool:
        """Whether any data rule has a verdict at the load."""
        if not self.engine.has_table("quality", "rule_result"):
            return False
        return bool(self.engine.scalar("SELECT count(*) FROM quality.rule_result WHERE as_of = ?", [self.judged]))

    def _blocked(self) -> dict[str, list[str]]:
        """Return the error rules that failed, by table; a rule is named with its table, since many tables have one of the same name."""
        if self.not_judged:
            return {}
        rows = self.engine.sql(
            "SELECT table_name, rule_id FROM quality.rule_result WHERE as_of = ? AND severity = 'error' AND verdict = 'failed' ORDER BY ALL",
            [self.judged],
        )
        found: dict[str, list[str]] = {}
        for r in rows.to_pylist():
            found.setdefault(r["table_name"], []).append(f"{r['table_name']}.{r['rule_id']}")
        return found

    def unjudged(self) -> list[str]:
        """Return the error rules that have no verdict at the load, because they raised or are newer; none when nothing was judged at all."""
        if self.not_judged:
            return []
        rules, wrong = read_rules(self.catalog)
        judged = self.engine.sql("SELECT table_name || '.' || rule_id FROM quality.rule_result WHERE as_of = ?", [self.judged])
        grave = {f"{r.table}.{r.id}" for t in rules for r in t.rules if r.severity == "error"}
        return sorted(grave - set(judged.column(0).to_pylist())) + [f"{name}.*" for name in wrong]

    def _clear(self, form: Form, *, keep: bool) -> None:
        """Remove what an earlier tabulation of this form and period wrote; with ``keep`` all but its contributions and their SQL.

        Cells, statuses and what the checks found are compared when they are written, so they stay until then.
        """
        kept = (contract.CONTRIBUTION, contract.QUERY) if keep else ()
        for t in (t for t in contract.PER_FORM if t not in (*contract.SETTLED, *kept)):
            self.engine.execute(f"DELETE FROM {t.name} WHERE form_id = ? AND period = ?", [form.id, self.period.text])


def run(
    *,
    catalog: Catalog,
    home: Path,
    period: str,
    forms: Iterable[str] | None = None,
    as_of: int | None = None,
    full: bool = False,
    progress: Progress | None = None,
) -> TabulateResult:
    """Fill every form due in ``period`` (or only ``forms``) and write report.* in one transaction.

    Args:
        as_of: the load whose knowledge counts; default the latest. The same ``as_of`` gives the same cells for ever.
        full: make every form wholly. Otherwise the contributions of records that did not change since the form was last made on the
            same definitions, choices and units are kept; the content is the same.
        progress: called with a line before each form.
    Returns: counts and the generation rates.
    Raises: StatisticsError for an unknown form, a load that does not exist, or a definition that makes no sense.
    """
    wanted, only = ReferencePeriod.parse(period), None if forms is None else list(forms)
    defined = load_forms(catalog, period=wanted, only=only)
    with open_warehouse(home) as engine:
        return tabulate(engine, catalog, wanted, defined, only=only, as_of=as_of, full=full, progress=progress)


def tabulate(
    engine: DuckDBEngine,
    catalog: Catalog,
    period: ReferencePeriod,
    forms: dict[str, Form],
    *,
    only: Iterable[str] | None = None,
    as_of: int | None = None,
    full: bool = False,
    progress: Progress | None = None,
) -> TabulateResult:
    """Do what ``run`` does on an open engine with the given forms."""
    chosen = due(forms, period, only)
    known = knowledge.loads(engine)
    load = knowledge.chosen_load(known, as_of)
    with engine.names_from("core"), engine.transaction():  # rolled back before the names are put back: nothing runs in what was aborted
        create_report_tables(engine)
        write_codelists(engine, catalog)
        work = Tabulation(engine, catalog, period, load, max(known), full)
        for form in chosen:
            work.expect(form)
        for form in chosen:
            if progress:
                progress(f"tabulate {form.id} {period}")
            work.fill(form)
        outcomes = {form.id: work.check(work.tables[form.id]) for form in chosen}
        rates = work.rates(outcomes)
        cells = 0
        for form in chosen:
            found = [(part, work.value_labels(part)) for part in work.found[form.id]]
            cells += write_form(engine, catalog, work.tables[form.id], outcomes[form.id], load, work.bases[form.id], found)
            write_differences(engine, work.tables[form.id], superseded_rows(work.typed, form, work.tables[form.id].units))
        write_period(engine, period, load, work.tree, rates, whole=only is None)
        written = engine.scalar("SELECT count(*) FROM report.contribution WHERE period = ?", [period.text])
    return TabulateResult(
        period.text,
        load,
        [f.id for f in chosen],
        cells,
        int(written),
        sum(o.count("failed", "error") for o in outcomes.values()),
        sum(o.count("failed", "warning") for o in outcomes.values()),
        sum(o.count("not_evaluated") for o in outcomes.values()),
        rates,
        work.remade,
        work.not_judged,
        work.unjudged(),
        sum(len(of) for of in work.typed.superseded.values()),
        sum(cell.typed != cell.computed for of in work.typed.superseded.values() for cell in of),
        work.typed.unplaced,
    )


def due(forms: dict[str, Form], period: ReferencePeriod, only: Iterable[str] | None = None) -> list[Form]:
    """Return the forms that are made for ``period``, or those of them that ``only`` names.

    Raises: StatisticsError for a form that does not exist; PeriodError when none is due.
    """
    if only is not None:
        for name in only:
            if name not in forms:
                raise StatisticsError(f"--form {name}: there is no such form; {nearest(name, forms)}")
        forms = {name: forms[name] for name in only}
    due = [
        f
        for f in forms.values()
        if period.frequency in f.frequencies
        and (f.valid_from is None or f.valid_from < period.end)
        and (f.valid_to is None or f.valid_to > period.start)
    ]
    if not due:
        offered = sorted({f for form in forms.values() for f in form.frequencies})
        raise PeriodError(f"no form is due for {period} (a {period.frequency}); these forms are made by {', '.join(offered)}")
    return due
