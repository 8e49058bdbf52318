"""The first evaluator: one SQL pass per table that judges every row by every rule, counts, and lists each failing record.

Great Expectations (``expectation.py``) is the second. Both read the same rows and render the same conditions; neither sees the other's verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlglot import exp

from policestats.catalog import Catalog
from policestats.quality.rules import IS_READABLE, Rule, TableRules
from policestats.query import Query, Scope, case, cast, column, condition, literal, table
from policestats.query.build import over

RECORD_KEY = "record_key"
#: the unit a record names, as it names it
UNIT = "named-unit"
#: the unit it is booked at: the one it names, or the unknown unit
UNIT_CODE = "unit_code"
#: the unit that stands for it today (a successor, or itself)
STANDING = "standing_unit_code"

PASSED, FAILED, NOT_EVALUATED = "passed", "failed", "not_evaluated"


@dataclass(frozen=True)
class Counts:
    """What a rule was evaluated on: rows, or the table itself for a rule about the table. ``checked`` is passed and failed together."""

    checked: int
    failed: int
    not_evaluated: int

    @property
    def passed(self) -> int:
        """How many hold."""
        return self.checked - self.failed

    def verdict(self, rule: Rule) -> str:
        """Return passed, failed, or not_evaluated when nothing could be checked."""
        if self.checked == 0:
            return NOT_EVALUATED
        return PASSED if self.passed >= rule.mostly * self.checked else FAILED


def input_query(rules: TableRules, fact: Query, problems: exp.Expr) -> Query:
    """Return the rows to be judged: the key, the unit they name, and every column or dimension a rule reads.

    Args:
        fact: the compiled quality fact.
        problems: gives ``record_key`` of the records with a value that could not be read, each once.
    """
    names = rules.names()
    unit = column(rules.unit, "f") if rules.unit else exp.null()
    unread = column(RECORD_KEY, "p")
    select = (
        exp.select(
            column(RECORD_KEY, "f"),
            cast(unit, "text").as_(UNIT, quoted=True),
            exp.Is(this=unread.copy(), expression=exp.null()).as_(IS_READABLE, quoted=True),
            *(column(n, "f") for n in names),
        )
        .from_(exp.Subquery(this=fact.ast, alias=exp.to_identifier("f", quoted=True)))
        .join(
            exp.Subquery(this=problems, alias=exp.to_identifier("p", quoted=True)),
            on=exp.EQ(this=unread, expression=column(RECORD_KEY, "f")),
            join_type="left",
        )
    )
    return Query(select, (RECORD_KEY, UNIT, IS_READABLE, *names))


def holds(catalog: Catalog, rule: Rule) -> exp.Expr:
    """Return the SQL of a record rule over the columns of ``input_query``; true for a good row, null when it cannot be said."""
    return condition(rule.condition, Scope(catalog, column, rule.where))


def judged_query(catalog: Catalog, rules: Iterable[Rule], rows: str, carry: str) -> Query:
    """Return one row per record: key, units, a flag per rule, and the value of each column shown or compared as a whole.

    Args:
        rows: name of the table that holds the rows of ``input_query``.
        carry: name of the table (unit_code, standing_unit_code) of every unit there has been.
    """
    rules = list(rules)
    shown = dict.fromkeys(n for r in rules for n in (*r.shown, *(r.columns if r.kind == "newest" else ())))
    known = column(UNIT_CODE, "c")
    unknown = literal(catalog.standard.unknown_unit_code)
    flags = {_flag(r): _unique(r) if r.kind == "unique" else holds(catalog, r) for r in rules if r.judges_rows}
    select = (
        exp.select(
            column(RECORD_KEY, "r"),
            exp.Coalesce(this=known, expressions=[unknown]).as_(UNIT_CODE, quoted=True),
            exp.Coalesce(this=column(STANDING, "c"), expressions=[unknown.copy()]).as_(STANDING, quoted=True),
            *(_of_row(flag).as_(name, quoted=True) for name, flag in flags.items()),
            *(column(n, "r").as_(_value(n), quoted=True) for n in shown),
        )
        .from_(table(rows, alias="r"))
        .join(table(carry, alias="c"), on=exp.EQ(this=known.copy(), expression=column(UNIT, "r")), join_type="left")
    )
    return Query(select, (RECORD_KEY, UNIT_CODE, STANDING, *flags, *(_value(n) for n in shown)))


def counts_query(rules: Iterable[Rule], judged: str) -> Query:
    """Return, by standing unit, the number of rows and for each row rule how many pass and how many fail."""
    sums: list[exp.Expr] = []
    for rule in rules:
        if rule.judges_rows:
            for name, wanted in (("passed", True), ("failed", False)):
                hit = exp.EQ(this=column(_flag(rule)), expression=literal(wanted))
                sums.append(exp.Sum(this=case([(hit, literal(1))], literal(0))).as_(f"{name}-{rule.id}", quoted=True))
    rows = exp.Count(this=exp.Star()).as_("row_count", quoted=True)
    select = exp.select(column(STANDING), rows, *sums).from_(table(judged)).group_by(column(STANDING))
    return Query(select, (STANDING, "row_count", *(s.alias for s in sums)))


def latest_query(rules: Iterable[Rule], judged: str) -> Query | None:
    """Return the latest value of each newest rule's column, in one row; None when there is no such rule."""
    latest = [exp.Max(this=column(_value(r.columns[0]))).as_(r.id, quoted=True) for r in rules if r.kind == "newest"]
    return Query(exp.select(*latest).from_(table(judged)), tuple(m.alias for m in latest)) if latest else None


def failing_query(rules: Iterable[Rule], judged: str) -> Query:
    """Return every failing record of every row rule, one row each: rule, key, unit, and the values that decided it."""
    parts = [
        exp.select(
            literal(r.id).as_("rule_id", quoted=True),
            column(RECORD_KEY),
            column(UNIT_CODE),
            _detail(r.shown).as_("detail", quoted=True),
        )
        .from_(table(judged))
        .where(exp.EQ(this=column(_flag(r)), expression=literal(False)))
        for r in rules
        if r.judges_rows
    ]
    found: exp.Expr = parts[0]
    for part in parts[1:]:
        found = exp.union(found, part, distinct=True, copy=False)  # a copy of all so far for each rule would be quadratic
    return Query(found, ("rule_id", RECORD_KEY, UNIT_CODE, "detail"))


def freshness_bound(rule: Rule, delivered_until: date) -> date:
    """Return the first day on which the latest value of a newest rule may lie; ``delivered_until`` is the day after the last delivered."""
    return delivered_until - timedelta(days=rule.within_days)


def table_counts(rule: Rule, rows: int, latest: date | datetime | None, bound: date | None) -> Counts:
    """Return the counts of a rule about the table as a whole: it is checked once, or not at all when there is no date to judge."""
    if rule.kind == "row_count":
        return Counts(1, int(rows < rule.at_least), 0)
    if latest is None or bound is None:
        return Counts(0, 0, 1)
    day = latest.date() if isinstance(latest, datetime) else latest
    return Counts(1, int(day < bound), 0)


def row_counts(rule: Rule, rows: Iterable[dict[str, Any]]) -> Counts:
    """Return the counts of a row rule from (some of) the rows of ``counts_query``."""
    passed = failed = total = 0
    for row in rows:
        passed += int(row[f"passed-{rule.id}"])
        failed += int(row[f"failed-{rule.id}"])
        total += int(row["row_count"])
    return Counts(passed + failed, failed, total - passed - failed)


def _flag(rule: Rule) -> str:
    return f"holds-{rule.id}"


def _value(name: str) -> str:
    return f"value-{name}"


def _of_row(flag: exp.Expr) -> exp.Expr:
    """Qualify plain columns of a condition with the alias of the rows."""
    for node in flag.find_all(exp.Column):
        node.set("table", exp.to_identifier("r", quoted=True))
    return flag


def _unique(rule: Rule) -> exp.Expr:
    missing = exp.or_(*(exp.Is(this=column(n), expression=exp.null()) for n in rule.columns))
    count = over(exp.Count(this=exp.Star()), [column(n) for n in rule.columns], [])
    count.set("order", None)
    return case([(missing, exp.null())], exp.EQ(this=count, expression=literal(1)))


def _detail(names: tuple[str, ...]) -> exp.Expr:
    """Return ``name=value; name=value`` of the columns shown; null when none is."""
    found: exp.Expr | None = None
    for name in names:
        value = exp.Coalesce(this=cast(column(_value(name)), "text"), expressions=[literal("null")])
        part = exp.DPipe(this=literal(f"{name}="), expression=value)
        found = part if found is None else exp.DPipe(this=exp.DPipe(this=found, expression=literal("; ")), expression=part)
    return found if found is not None else exp.null()
