"""validate: every data rule on the records known at a load -> verdicts, rates by unit, issues, and who delivered what."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse, quoted
from policestats.errors import DefinitionError, FanOutError, QualityError
from policestats.quality import judge
from policestats.quality.judge import Counts
from policestats.quality.rules import Rule, TableRules, read_rules
from policestats.quality.scorecard import Score, scores
from policestats.quality.suites import Evaluation, evaluate
from policestats.query import Query, column, equal, literal, table
from policestats.reports.facts import FactCompiler
from policestats.reports.units import UnitVersion, tree_at
from policestats.stages import quality_store as store
from policestats.stages.delivered import delivered_until, deliveries
from policestats.stages.knowledge import chosen_load, known_at, loads, relation, unit_versions
from policestats.stages.report_store import write_codelists

Progress = Callable[[str], None]
#: The folder under the home that keeps what Great Expectations said.
RESULTS = "quality"
_FILE, _ROWS, _JUDGED, _CARRY, _PASSING = "quality_file", "quality_rows", "quality_judged", "quality_carry", "validate-"


@dataclass(frozen=True)
class ValidateResult:
    """What one validation found.

    ``rules`` is the number of rules with a verdict; the failed ones are written ``table.rule``. ``issues_open`` stand at the load validated;
    ``issues_opened`` and ``issues_closed`` are those that this run saw opening and closing, at any load since the last run.
    """

    as_of: int
    rules: int
    failed_errors: list[str]
    failed_warnings: list[str]
    issues_open: int
    issues_opened: int
    issues_closed: int


@dataclass
class Validation:
    """Judges the core tables as known at the load ``as_of``.

    Two evaluators see the same rows: Great Expectations gives the verdict, one SQL pass per table the counts by unit and every failing
    record; they must agree. ``problems`` are the rules and tables that could not be judged: the others stand.
    """

    engine: DuckDBEngine
    catalog: Catalog
    landed: dict[int, datetime]
    as_of: int
    tables: list[TableRules]
    passing: Path  # a folder for the rows that both evaluators read, removed when all is judged
    tell: Progress
    problems: list[str] = field(default_factory=list)
    verdicts: list[tuple[Rule, Counts, str]] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    judged: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.units: list[UnitVersion] = unit_versions(self.engine, self.catalog, self.as_of)
        self.delivered_until = {t.table.name: delivered_until(self.engine, t.table.name, self.landed, self.as_of) for t in self.tables}
        self._compiled: dict[str, tuple[Query, Query | None]] = {}

    # -- Great Expectations ---------------------------------------------------------------------------------------------------

    def evaluate(self) -> dict[tuple[str, str], Evaluation]:
        """Return what Great Expectations says, from a DuckDB file that holds the rows to judge."""
        ready = []
        with self._attached(), self._uncompressed():
            for rules in self.tables:
                try:
                    query = self._input(rules, self.as_of)
                    self.engine.execute(f"CREATE TABLE {quoted(f'{_FILE}.main.{rules.table.name}')} AS {query.sql()}")
                except (duckdb.Error, FanOutError) as error:
                    self._problem(rules.where, f"the rules of {rules.table.name!r}", error)
                else:
                    ready.append(rules)
        self.tables = ready
        self.tell(f"validate {sum(len(t.rules) for t in ready)} rules on {len(ready)} tables")
        self.results.mkdir()
        return evaluate(self.catalog, self._path, ready, self.delivered_until, self.results)

    def set_aside(self, evaluations: dict[tuple[str, str], Evaluation]) -> set[str]:
        """Take the rules that raised out of what is judged; return the tables that had one."""
        incomplete = set()
        for i, rules in enumerate(self.tables):
            raised = [r for r in rules.rules if evaluations[rules.table.name, r.id].raised is not None]
            for rule in raised:
                self._problem(rule.where, f"rule {rules.table.name}.{rule.id}", evaluations[rules.table.name, rule.id].raised)
                incomplete.add(rules.table.name)
            self.tables[i] = replace(rules, rules=tuple(r for r in rules.rules if r not in raised))
        return incomplete

    # -- the SQL pass ---------------------------------------------------------------------------------------------------------

    def judge(self, evaluations: dict[tuple[str, str], Evaluation], pending: dict[str, list[int]]) -> set[str]:
        """Judge every table at the load ``as_of``, and at each pending load that changed what its rules read.

        Returns: the tables that could not be judged at one of these loads.
        """
        broken: set[str] = set()
        others = store.other_subjects(self.engine, self.catalog)
        for load in sorted({self.as_of, *(load for due in pending.values() for load in due)}):
            above = self._load_carry(load)
            for rules in self.tables:
                name = rules.table.name
                due = load in pending.get(name, ()) and name not in broken
                if not (load == self.as_of or (due and self._changed(rules, load))):
                    continue
                try:
                    if load != self.as_of and self._is_empty(name, load):
                        self._find_unread(name, load)
                        continue
                    self._judge(rules, load)
                    if load == self.as_of:
                        self._count(rules, evaluations, above)
                    if due:
                        self._find(rules, load)
                except (duckdb.Error, FanOutError) as error:
                    self._problem(rules.where, f"the rules of {name!r}, at load {load},", error)
                    broken.add(name)
                except QualityError as error:
                    self.problems.append(str(error))
                    broken.add(name)
            for name in others:
                if load in pending.get(name, ()):
                    self._find_unread(name, load)
        self.judged = [(load, name) for load, name in self.judged if name not in broken]
        return broken

    def _judge(self, rules: TableRules, load: int) -> None:
        judged, _ = self._queries(rules)
        if load == self.as_of:  # the very rows that Great Expectations read
            with self._attached(read_only=True):
                self.engine.execute(f"CREATE TEMP VIEW {_ROWS} AS SELECT * FROM {quoted(f'{_FILE}.main.{rules.table.name}')}")
                try:
                    self.engine.create_temporary(_JUDGED, judged)
                finally:
                    self.engine.execute(f"DROP VIEW {_ROWS}")
            return
        self.engine.create_temporary(_ROWS, self._input(rules, load))
        self.engine.create_temporary(_JUDGED, judged)
        self.engine.drop_temporary(_ROWS)

    def _queries(self, rules: TableRules) -> tuple[Query, Query | None]:
        """Return what judges the rows of a table, and what finds the failing ones: both are the same at every load."""
        name = rules.table.name
        if name not in self._compiled:
            # the rule about unreadable values is told value by value instead
            own = [r for r in rules.rules if r.judges_rows and not r.is_built_in]
            self._compiled[name] = (
                judge.judged_query(self.catalog, rules.rules, _ROWS, _CARRY),
                judge.failing_query(own, _JUDGED) if own else None,
            )
        return self._compiled[name]

    def _count(self, rules: TableRules, evaluations: dict[tuple[str, str], Evaluation], above: dict[str, list[str]]) -> None:
        by_unit = self.engine.fetch(judge.counts_query(rules.rules, _JUDGED)).to_pylist()
        latest_query = judge.latest_query(rules.rules, _JUDGED)
        latest = self.engine.fetch(latest_query).to_pylist()[0] if latest_query else {}
        rows = sum(r["row_count"] for r in by_unit)
        found = []
        for rule in rules.rules:
            if rule.judges_rows:
                counts = judge.row_counts(rule, by_unit)
            else:
                bound = judge.freshness_bound(rule, self.delivered_until[rules.table.name])
                counts = judge.table_counts(rule, rows, latest.get(rule.id), bound)
            self._must_agree(rule, counts, evaluations[rules.table.name, rule.id])
            found.append((rule, counts, counts.verdict(rule)))
        self.verdicts += found
        self.scores += scores(rules, by_unit, above)

    def _must_agree(self, rule: Rule, counts: Counts, other: Evaluation) -> None:
        verdict = counts.verdict(rule)
        theirs = judge.NOT_EVALUATED if other.counts.checked == 0 else judge.PASSED if other.success else judge.FAILED
        if counts != other.counts or verdict != theirs:
            raise QualityError(
                f"{rule.where}: the two evaluators of rule {rule.table}.{rule.id} disagree: one SQL pass says {verdict} ({counts}), "
                f"Great Expectations {theirs} ({other.counts}); no verdict of table {rule.table!r} was stored. Please report this rule"
            )

    def _find(self, rules: TableRules, load: int) -> None:
        name = rules.table.name
        _, failing = self._queries(rules)
        if failing is not None:
            store.find_failing(self.engine, name, load, failing)
        store.find_unreadable(self.engine, self.catalog, name, load, judged=_JUDGED)
        self.judged.append((load, name))

    def _find_unread(self, name: str, load: int) -> None:
        """Take in what could not be read where there is no record to judge."""
        store.find_unreadable(self.engine, self.catalog, name, load, judged=None)
        self.judged.append((load, name))

    def _is_empty(self, name: str, load: int) -> bool:
        known = exp.select(exp.Count(this=exp.Star())).from_(table(f"{name}_version", "core", "v"))
        return self.engine.scalar(known.where(known_at(load, "known_from", "v")).sql("duckdb")) == 0

    # -- what both evaluators read --------------------------------------------------------------------------------------------

    def _input(self, rules: TableRules, load: int) -> Query:
        landed_at = self.landed[load]
        compiler = FactCompiler(
            self.catalog,
            rules.fact(landed_at),
            landed_at.date() + timedelta(days=1),
            self.catalog.standard.lateness,
            lambda name: relation(self.catalog, name, load),
        )
        query = compiler.compile()
        for check in compiler.join_checks():
            rows = self.engine.fetch(check.query).to_pylist()
            if rows:
                keys = "; ".join(", ".join(f"{k}={r[k]!r}" for k in check.keys) + f" ({r['occurrences']} rows)" for r in rows)
                raise FanOutError(f"they join {check.table!r} (as {check.join!r}) many-to-one, but some keys have several rows: {keys}")
        problems = (
            exp.select(column("record_key"))
            .distinct()
            .from_(table("cast_issue", "core", "i"))
            .where(
                exp.and_(
                    equal(column("table_name", "i"), literal(rules.table.name)),
                    exp.not_(exp.Like(this=column("column_name", "i"), expression=literal(store.OF_WHOLE_ROW))),
                    known_at(load, "load_id", "i"),
                )
            )
        )
        return judge.input_query(rules, query, problems)

    def _changed(self, rules: TableRules, load: int) -> bool:
        """Whether the load brought or took away a row of any table that the rules read."""
        if rules.depends_on_landing:
            return True
        tables = [(f"core.{name}_version", "known_from", "") for name in rules.fact(self.landed[load]).tables]
        tables.append(("core.cast_issue", "load_id", " AND table_name = ?"))
        for name, since, only in tables:
            values = [load, load, *([rules.table.name] if only else [])]
            if self.engine.scalar(f"SELECT count(*) FROM {quoted(name)} WHERE ({since} = ? OR known_to = ?){only}", values):
                return True
        return False

    def _load_carry(self, load: int) -> dict[str, list[str]]:
        """Make the table of units as they stood when ``load`` was landed; return for each unit those that count its records."""
        standard = self.catalog.standard
        versions = self.units if load == self.as_of else unit_versions(self.engine, self.catalog, load)
        end = self.landed[load].date() + timedelta(days=1)
        tree = tree_at(versions, end, standard.unknown_unit_code, standard.unknown_unit_label)
        self.engine.load(_CARRY, tree.carry())
        above: dict[str, list[str]] = {}
        for unit in tree.units:
            for member in tree.below(unit.code):
                above.setdefault(member, []).append(unit.code)
        return above

    @property
    def results(self) -> Path:
        """The folder of Great Expectations' own results, until they are kept."""
        return self.passing / "results"

    # -- problems -------------------------------------------------------------------------------------------------------------

    @property
    def _path(self) -> Path:
        return self.passing / f"{_FILE}.duckdb"

    @contextmanager
    def _attached(self, *, read_only: bool = False) -> Iterator[None]:
        self.engine.execute(f"ATTACH '{str(self._path).replace(chr(39), chr(39) * 2)}' AS {_FILE}{' (READ_ONLY)' if read_only else ''}")
        try:
            yield
        finally:
            self.engine.execute(f"DETACH {_FILE}")

    @contextmanager
    def _uncompressed(self) -> Iterator[None]:
        """What is read a few times and thrown away is not worth the time of compressing it: half of what writing takes."""
        self.engine.execute("SET force_compression = 'uncompressed'")
        try:
            yield
        finally:
            self.engine.execute("RESET force_compression")

    def _problem(self, where: str, what: str, error: Any) -> None:
        message = str(error).strip().splitlines()[0]
        self.problems.append(
            f"{where}: {what} raised instead of passing or failing: {message}; correct the rule, or the values it compares"
        )


def run(*, catalog: Catalog, home: Path, as_of: int | None = None, progress: Progress | None = None) -> ValidateResult:
    """Judge every core table by its rules and write quality.* in one transaction.

    Args:
        as_of: the load whose knowledge counts; default the latest. The same ``as_of`` gives the same verdicts for ever.
        progress: called with a line of text now and then.
    Raises: QualityError naming the rules that raised and the files that are wrong (a rule that names what is not there), after the verdicts
        of all others were stored; StatisticsError for a load that does not exist.
    """
    rules, wrong = read_rules(catalog)
    with open_warehouse(home) as engine:
        return validate(engine, catalog, rules, home, as_of=as_of, progress=progress, wrong=wrong)


def validate(
    engine: DuckDBEngine,
    catalog: Catalog,
    rules: list[TableRules],
    folder: Path,
    *,
    as_of: int | None = None,
    progress: Progress | None = None,
    wrong: Mapping[str, DefinitionError] | None = None,
) -> ValidateResult:
    """Do what ``run`` does on an open engine with the given rules; ``wrong`` says what is wrong with the file of each other table.

    ``folder`` takes a passing file, and keeps what Great Expectations said at each load, table by table, as quality/<load>/<table>.json.
    """
    landed = loads(engine)
    load = chosen_load(landed, as_of)
    with engine.transaction():
        store.create_quality_tables(engine)
        write_codelists(engine, catalog)
    for left in folder.glob(f"{_PASSING}*"):  # by a run that was killed: only one holds the warehouse
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_PASSING, dir=folder) as passing:
        work = Validation(engine, catalog, landed, load, list(rules), Path(passing), progress or (lambda message: None))
        work.problems += [f"{error} (no rule of this file was judged)" for error in (wrong or {}).values()]
        return _judged(work, rules, folder)


def _keep(results: Path, kept: Path) -> None:
    """Put the results of a run in the place of those of an earlier one on the same load."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    if kept.exists():
        shutil.rmtree(kept)
    results.rename(kept)


def _judged(work: Validation, rules: list[TableRules], folder: Path) -> ValidateResult:
    """Judge by all ``rules`` and write what was found."""
    engine, catalog, landed, load = work.engine, work.catalog, work.landed, work.as_of
    evaluations = work.evaluate()
    # a rule without a verdict must not close its issues: those of its table wait until all its rules can be judged
    incomplete = work.set_aside(evaluations) | ({t.table.name for t in rules} - {t.table.name for t in work.tables})
    subjects = {t.table.name: t.definition_hash for t in rules} | dict.fromkeys(store.other_subjects(engine, catalog), "")
    since = {name: store.replayed(engine, name, definition) for name, definition in subjects.items() if name not in incomplete}
    pending = {name: [n for n in landed if n <= load and n > begin] for name, begin in since.items()}
    store.begin_finding(engine)
    broken = work.judge(evaluations, pending)
    followed = [name for name in pending if name not in broken and pending[name]]
    with engine.transaction():
        is_newest = store.is_newest(engine, load)
        store.write_verdicts(engine, load, work.verdicts)
        store.write_scores(engine, load, work.scores)
        opened, closed = store.write_issues(engine, work.judged, landed, anew=[name for name in followed if since[name] == store.NEVER])
        for name in followed:
            store.set_replayed(engine, name, load, subjects[name])
        if is_newest:
            store.write_deliveries(engine, deliveries(engine, work.units, catalog.standard.records_begin, load))
    store.end_finding(engine)
    _keep(work.results, folder / RESULTS / str(load))
    if work.problems:
        raise QualityError("\n".join(work.problems))
    failed = [(r, f"{r.table}.{r.id}") for r, _, verdict in work.verdicts if verdict == judge.FAILED]
    return ValidateResult(
        load,
        len(work.verdicts),
        [name for r, name in failed if r.severity == "error"],
        [name for r, name in failed if r.severity == "warning"],
        store.open_issues(engine, landed[load]),
        opened,
        closed,
    )
