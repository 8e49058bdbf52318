"""Facts compiled to one SELECT each: table or union, joins, dimensions, first, spells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlglot import exp

from policestats.catalog import Catalog, Fact, Table
from policestats.catalog.model import LOOKS
from policestats.errors import DefinitionError, nearest
from policestats.query import Query, Scope, case, cast, column, condition, equal, literal, month_of, table
from policestats.query.build import aliased, joined_text, minus, over, row_number
from policestats.reports.dimensions import RowDimensions
from policestats.reports.regrouping import Relation, group_columns
from policestats.reports.spells import RECORD_KEY, spells

#: Name of the column that holds the group of records a row was made from (see regrouping); null when the fact has no groups.
FACT_KEY = "fact_key"


@dataclass(frozen=True)
class JoinCheck:
    """A query whose every row is a key that would fan a many-to-one join out, with how often it occurs."""

    fact: str
    join: str
    table: str
    keys: tuple[str, ...]
    query: Query


@dataclass
class FactCompiler:
    """Compiles one fact, with history read at ``anchor`` (first day after the window).

    Args:
        relation: gives, for a core table, the subquery or table to read (the versions open at the load asked for).
        lateness: post_current or restated.
    """

    catalog: Catalog
    fact: Fact
    anchor: date
    lateness: str
    relation: Relation
    _expressions: dict[str, exp.Expr] = field(default_factory=dict)
    _joined: dict[str, Table | None] = field(default_factory=dict)
    _joins: list[tuple[exp.Expr, exp.Expr]] = field(default_factory=list)
    _waiting: dict[str, dict[str, Any]] = field(default_factory=dict)
    _unjoined: dict[str, dict[str, Any]] = field(default_factory=dict)

    def compile(self) -> Query:
        """Return the fact: its own columns, its dimensions, ``record_key`` and, for spells, the start_ and end_ columns."""
        spec = self.fact.spec
        base, names = self._base()
        self._expressions = {name: column(name, "base") for name in names}
        # dimensions and joins are made when they are first asked for, so they may stand in any order
        self._waiting = dict(spec.get("dimensions", {}))
        self._unjoined = {join["as"]: join for join in spec.get("joins", [])}
        for alias in list(self._unjoined):
            if alias in self._unjoined:
                self._join(self._unjoined.pop(alias))
        for name in spec.get("dimensions", {}):
            if name in self._waiting:
                self._make(name)
        dimensions = dict(self._expressions.items())
        key = joined_text([self.resolve(name).copy() for name in spec["key"]])
        select = exp.select(
            *(e.copy().as_(n, quoted=True, copy=False) for n, e in dimensions.items()),
            key.as_(RECORD_KEY, quoted=True, copy=False),
            self._fact_key().as_(FACT_KEY, quoted=True, copy=False),
            copy=False,
        )
        select = select.from_(aliased(base, "base"), copy=False)
        for relation, on in self._joins:
            select = select.join(relation, on=on, join_type="left", copy=False)
        columns = (*dimensions, RECORD_KEY, FACT_KEY)
        if "first" in spec:
            select = self._first(select, columns)
        if "spells" in spec:
            scope = self._columns_scope(list(columns), "e")
            return spells(spec["spells"], select, columns, scope, self.catalog.standard.unknown_unit_code)
        return Query(select, columns)

    def join_checks(self) -> list[JoinCheck]:
        """Return, for each plain join, the query that finds keys with more than one right row."""
        checks = []
        for join in self.fact.spec.get("joins", []):
            if "latest" in join:  # at most one right row by construction
                continue
            keys = tuple(join["on"])
            columns = [column(k) for k in keys]
            counted = exp.Count(this=exp.Star())
            query = (
                exp.select(*columns, counted.as_("occurrences", copy=False), copy=False)
                .from_(aliased(self._wanted(join, self.catalog.table(join["table"], self.fact.where)), "joined"), copy=False)
                .where(
                    exp.and_(*(exp.not_(exp.Is(this=column(k), expression=exp.null()), copy=False) for k in keys), copy=False), copy=False
                )
                .group_by(*(column(k) for k in keys), copy=False)
                .having(exp.GT(this=counted.copy(), expression=literal(1)), copy=False)
                .order_by(*(column(k) for k in keys), copy=False)
                .limit(5)
            )
            checks.append(JoinCheck(self.fact.id, join["as"], join["table"], keys, Query(query, (*keys, "occurrences"))))
        return checks

    def resolve(self, name: str) -> exp.Expr:
        """Return the SQL of a column, a dimension, or ``alias.column`` of a join. Raises: DefinitionError.

        A dimension hides the column of its name from all others; in its own definition the name is the column.
        """
        if name in self._waiting:
            self._make(name)
        if name in self._expressions:
            return self._expressions[name].copy()
        alias, dot, inner = name.partition(".")
        if dot and alias in self._unjoined:
            self._join(self._unjoined.pop(alias))
        if dot and alias in self._joined:
            right = self._joined[alias]
            if right is not None:
                right.column(inner, self.fact.where)
            return column(inner, alias)
        known = [*self._expressions, *(f"{a}.{c}" for a, t in self._joined.items() if t for c in t.columns)]
        raise DefinitionError(f"{self.fact.where}: fact {self.fact.id!r} has no column or dimension {name!r}; {nearest(name, known)}")

    def _make(self, name: str) -> None:
        self._expressions[name] = self._dimension(name, self._waiting.pop(name))

    def scope(self) -> Scope:
        """Return the scope of conditions over this fact's columns and dimensions."""
        return Scope(self.catalog, self.resolve, self.fact.where, self.anchor)

    def _fact_key(self) -> exp.Expr:
        groups = group_columns(self.catalog, self.fact)
        return group_text([column(name, "base") for name in groups]) if groups else cast(exp.null(), "text")

    # -- table or union -------------------------------------------------------------------------------------------------------

    def _base(self) -> tuple[exp.Expr, list[str]]:
        spec = self.fact.spec
        if "union" in spec:
            names = list(spec["union"][0]["columns"])
            for part in spec["union"]:
                extra = [name for name in part["columns"] if name not in names]
                missing = [name for name in names if name not in part["columns"]] if "others" not in part else []
                if extra or missing:
                    raise DefinitionError(
                        f"{self.fact.where}: the parts of a union name the columns of the first part ({', '.join(names)}); {part['kind']!r} lacks "
                        f"{', '.join(missing) or 'none'} and adds {', '.join(extra) or 'none'}; `others: null` leaves what is lacking empty"
                    )
            parts = [self._union_part(part, names) for part in spec["union"]]
            names = ["kind", *names]
            found: exp.Expr = parts[0]
            for part_query in parts[1:]:
                found = exp.union(found, part_query, distinct=False)
        else:
            source = self.catalog.table(spec["table"], self.fact.where)
            names = list(source.columns)
            found = exp.select(*(column(n, "t") for n in names), copy=False).from_(aliased(self.relation(source.name), "t"), copy=False)
        if "where" in spec:
            holds = condition(spec["where"], self._columns_scope(names, "u"))
            found = exp.select(*(column(n, "u") for n in names), copy=False).from_(aliased(found, "u"), copy=False).where(holds, copy=False)
        return found, names

    def _union_part(self, part: dict[str, Any], names: list[str]) -> exp.Select:
        source = self.catalog.table(part["table"], self.fact.where)
        scope = self._columns_scope(list(source.columns), "t")
        made: dict[str, exp.Expr] = {}

        def resolve(name: str) -> exp.Expr:
            return made[name].copy() if name in made else scope.resolve(name)

        dimensions = RowDimensions(Scope(self.catalog, resolve, self.fact.where, self.anchor), source.columns, self._posted)
        for name, spec in part.get("dimensions", {}).items():
            made[name] = dimensions.compile(name, spec)
        selected: list[exp.Expr] = [literal(part["kind"]).as_("kind", quoted=True, copy=False)]
        for name in names:
            value = part["columns"].get(name, {"literal": None})
            found = literal(value["literal"]) if isinstance(value, dict) else resolve(value)
            selected.append(found.as_(name, quoted=True, copy=False))
        select = exp.select(*selected, copy=False).from_(aliased(self.relation(source.name), "t"), copy=False)
        if "where" in part:
            select = select.where(condition(part["where"], scope), copy=False)
        return select

    def _columns_scope(self, names: list[str], alias: str) -> Scope:
        def resolve(name: str) -> exp.Expr:
            if name not in names:
                raise DefinitionError(f"{self.fact.where}: there is no column {name!r} to compare; {nearest(name, names)}")
            return column(name, alias)

        return Scope(self.catalog, resolve, self.fact.where, self.anchor)

    # -- joins ----------------------------------------------------------------------------------------------------------------

    def _join(self, join: dict[str, Any]) -> None:
        right = self.catalog.table(join["table"], self.fact.where)
        alias = join["as"]
        for name in join["on"]:
            right.column(name, self.fact.where)
        on = [equal(column(r, alias), self.resolve(left)) for r, left in join["on"].items()]
        if "latest" not in join:
            relation = self._wanted(join, right)
        else:
            relation, instants = self._history(join, right)
            on += self._at(join["at"], alias, instants)
        self._joined[alias] = right
        self._joins.append((aliased(relation, alias), exp.and_(*on, copy=False)))

    def _wanted(self, join: dict[str, Any], right: Table) -> exp.Expr:
        """The rows of a joined table that meet the join's `where`."""
        rows = self.relation(right.name)
        if "where" not in join:
            return rows
        names = list(right.columns)
        select = exp.select(*(column(n, "w") for n in names), copy=False).from_(aliased(rows, "w"), copy=False)
        return select.where(condition(join["where"], self._columns_scope(names, "w")), copy=False)

    def _history(self, join: dict[str, Any], right: Table) -> tuple[exp.Expr, tuple[str, str]]:
        """Turn dated rows into intervals [from, until), so that an as-of join finds at most one of them.

        The last one ends at the end of time, not never: with an OR in its condition the engine compares every row with every other.
        """
        since, until = "valid_from_day", "valid_until_day"
        latest, kept = join["latest"], self._wanted(join, right)
        if isinstance(latest, dict):
            day = self._posted(latest, lambda name: column(name, "h"))[0]
            if join["at"] == "period_end":  # an old row that is entered late must not stand in front of a newer one
                kept = self._known(kept, right, day)
                day = cast(column(latest["on"], "h"), "date")
        else:
            day = cast(column(latest, "h"), "date")
        order = [day.copy(), *(column(name, "h") for name in join.get("order", []))]
        partition = [column(name, "h") for name in join["on"]]
        upto = exp.Coalesce(this=over(exp.Lead(this=day.copy()), partition, order), expressions=[literal(date.max)])
        select = (
            exp.select(
                *(column(n, "h") for n in right.columns),
                day.copy().as_(since, quoted=True, copy=False),
                upto.as_(until, quoted=True, copy=False),
                copy=False,
            )
            .from_(aliased(kept, "h"), copy=False)
            .where(exp.not_(exp.Is(this=day.copy(), expression=exp.null()), copy=False), copy=False)
        )
        return select, (since, until)

    def _known(self, rows: exp.Expr, right: Table, posted: exp.Expr) -> exp.Expr:
        """The rows that were posted before the end of the period."""
        select = exp.select(*(column(n, "h") for n in right.columns), copy=False).from_(aliased(rows, "h"), copy=False)
        return select.where(exp.LT(this=posted, expression=literal(self.anchor)), copy=False)

    def _at(self, at: str, alias: str, instants: tuple[str, str]) -> list[exp.Expr]:
        since, until = (column(name, alias) for name in instants)
        if at == "period_end":
            end = literal(self.anchor)
            return [exp.LT(this=since, expression=end), exp.GTE(this=until, expression=end.copy())]
        day = cast(self.resolve(at), "date")
        return [exp.LTE(this=since, expression=day), exp.GT(this=until, expression=day.copy())]

    # -- dimensions -----------------------------------------------------------------------------------------------------------

    def _dimension(self, name: str, spec: dict[str, Any]) -> exp.Expr:
        if "map" in spec:
            return self._map(name, spec)
        for kind in LOOKS:
            if kind in spec:
                return self._look(name, kind, spec[kind])
        own = {} if "union" in self.fact.spec else self.catalog.table(self.fact.spec["table"], self.fact.where).columns
        return RowDimensions(self.scope(), own, self._posted).compile(name, spec)

    def _map(self, name: str, spec: dict[str, Any]) -> exp.Expr:
        codelist = self.catalog.codelist(spec["codelist"], self.fact.where)
        if spec["attribute"] not in codelist.attributes:
            raise DefinitionError(
                f"{self.fact.where}: code list {codelist.id!r} has no attribute {spec['attribute']!r}; {nearest(spec['attribute'], codelist.attributes)}"
            )
        alias = f"map_{name}"
        self._joins.append((table(codelist.id, "dim", alias), equal(column("code", alias), self.resolve(spec["map"]))))
        return column(spec["attribute"], alias)

    def _look(self, name: str, kind: str, spec: dict[str, Any]) -> exp.Expr:
        """Look at the rows of another table that agree in `on`: whether there are any, how many, or one value made of all of theirs."""
        right = self.catalog.table(spec["table"], self.fact.where)
        for key in spec["on"]:
            right.column(key, self.fact.where)
        alias, keys = f"{kind}_{name}", list(spec["on"])
        names, rows = self._looked_at(right, spec.get("dimensions", {}))
        if kind != "exists" and "of" in spec and spec["of"] not in names:
            raise DefinitionError(
                f"{self.fact.where}: {name!r} looks at {spec['of']!r}, which {right.name!r} does not have; {nearest(spec['of'], names)}"
            )
        select = exp.select(*(column(k, "e") for k in keys), copy=False).from_(aliased(rows, "e"), copy=False)
        if "where" in spec:
            select = select.where(condition(spec["where"], self._columns_scope(names, "e")), copy=False)
        on = exp.and_(*(equal(column(k, alias), self.resolve(left)) for k, left in spec["on"].items()), copy=False)
        if kind == "exists":
            self._joins.append((aliased(select.distinct(copy=False), alias), on))
            return exp.not_(exp.Is(this=column(keys[0], alias), expression=exp.null()), copy=False)
        made = {
            "count_over": lambda: exp.Count(this=exp.Star()),
            "sum_over": lambda: exp.Sum(this=column(spec["of"], "e")),
            "earliest": lambda: exp.Min(this=column(spec["of"], "e")),
            "last": lambda: exp.Max(this=column(spec["of"], "e")),
        }[kind]()
        select = select.select(made.as_("looked_at", quoted=True), copy=False).group_by(*(column(k, "e") for k in keys), copy=False)
        self._joins.append((aliased(select, alias), on))
        found = column("looked_at", alias)
        return exp.Coalesce(this=found, expressions=[literal(0)]) if kind in ("count_over", "sum_over") else found

    def _looked_at(self, right: Table, dimensions: dict[str, Any]) -> tuple[list[str], exp.Expr]:
        """The columns and the rows of a table that is looked at, with what `dimensions` make of its own columns."""
        names, rows = list(right.columns), self.relation(right.name)
        for name, spec in dimensions.items():
            scope = self._columns_scope(names, "d")
            made = RowDimensions(scope, right.columns, self._posted).compile(name, spec)
            select = exp.select(*(column(n, "d") for n in names), made.as_(name, quoted=True), copy=False)
            rows, names = select.from_(aliased(rows, "d"), copy=False), [*names, name]
        return names, rows

    def _posted(self, spec: dict[str, str], resolve: Callable[[str], exp.Expr]) -> tuple[exp.Expr, exp.Expr]:
        """Return the day an event counts on, and whether it is late (corrections.md 3)."""
        day = cast(resolve(spec["on"]), "date")
        window = month_of(minus(resolve(spec["entered"]), self.catalog.standard.cutoff.offset))
        is_late = exp.GT(this=window, expression=month_of(day.copy()))
        flag = exp.Coalesce(this=exp.paren(is_late, copy=False), expressions=[literal(False)])
        if self.lateness == "restated":
            return day, flag
        return case([(is_late.copy(), window.copy())], day.copy()), flag

    # -- first ----------------------------------------------------------------------------------------------------------------

    def _first(self, select: exp.Select, columns: tuple[str, ...]) -> exp.Select:
        spec = self.fact.spec["first"]
        if "where" in spec:
            select = select.where(condition(spec["where"], self.scope()), copy=False)
        rank = row_number([self.resolve(n) for n in spec["by"]], [self.resolve(n) for n in spec["order"]])
        ranked = select.select(rank.as_("rank_in_first", quoted=True, copy=False))
        outer = exp.select(*(column(n, "f") for n in columns), copy=False).from_(aliased(ranked, "f"), copy=False)
        return outer.where(equal(column("rank_in_first", "f"), literal(1)), copy=False)


def group_text(values: list[exp.Expr]) -> exp.Expr:
    """Return a group as one text, in which a null differs from an empty text; the parts are set apart by a mark that no code holds."""
    return joined_text([exp.Coalesce(this=cast(v, "text"), expressions=[exp.Literal.string("\u2400")]) for v in values], "\u241f")
