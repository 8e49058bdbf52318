"""Facts compiled to one SELECT each: table or union, joins, dimensions, first, spells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlglot import exp

from policestats.catalog import Catalog, Fact, Table
from policestats.errors import DefinitionError, nearest
from policestats.query import Query, Scope, case, cast, column, condition, equal, literal, month_of, table
from policestats.query.build import aliased as _aliased
from policestats.query.build import joined_text, minus, over, row_number
from policestats.reports.regrouping import Regrouping, Relation, group_columns

#: Name of the column that holds the printed key of a counted thing.
RECORD_KEY = "record_key"
#: Name of the column that holds the group of records a row was made from (see regrouping); null when the fact has no groups.
FACT_KEY = "fact_key"
_SPELL_COLUMNS = ("start_on", "start_kind", "start_unit", "start_partner", "end_on", "end_kind", "end_partner")


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
        regrouping: compile only these groups of the fact; None for all of it.
    """

    catalog: Catalog
    fact: Fact
    anchor: date
    lateness: str
    relation: Relation
    regrouping: Regrouping | None = None
    _expressions: dict[str, exp.Expr] = field(default_factory=dict)
    _joined: dict[str, Table | None] = field(default_factory=dict)
    _joins: list[tuple[exp.Expr, exp.Expr]] = field(default_factory=list)

    def compile(self) -> Query:
        """Return the fact: its own columns, its dimensions, ``record_key`` and, for spells, the start_ and end_ columns."""
        spec = self.fact.spec
        base, names = self._base()
        self._expressions = {name: column(name, "base") for name in names}
        for join in spec.get("joins", []):
            self._join(join)
        for name, dimension in spec.get("dimensions", {}).items():
            self._expressions[name] = self._dimension(name, dimension)
        dimensions = dict(self._expressions.items())
        key = joined_text([self.resolve(name).copy() for name in spec["key"]])
        select = exp.select(
            *(e.copy().as_(n, quoted=True, copy=False) for n, e in dimensions.items()),
            key.as_(RECORD_KEY, quoted=True, copy=False),
            self._fact_key().as_(FACT_KEY, quoted=True, copy=False),
            copy=False,
        )
        select = select.from_(_aliased(base, "base"), copy=False)
        for relation, on in self._joins:
            select = select.join(relation, on=on, join_type="left", copy=False)
        columns = (*dimensions, RECORD_KEY, FACT_KEY)
        if "first" in spec:
            select = self._first(select, columns)
        if "spells" in spec:
            return self._spells(select, columns)
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
                .from_(_aliased(self._right(join["table"], join["on"]), "joined"), copy=False)
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
        """Return the SQL of a column, a dimension, or ``alias.column`` of a join. Raises: DefinitionError."""
        if name in self._expressions:
            return self._expressions[name].copy()
        alias, dot, inner = name.partition(".")
        if dot and alias in self._joined:
            right = self._joined[alias]
            if right is not None:
                right.column(inner, self.fact.where)
            return column(inner, alias)
        known = [*self._expressions, *(f"{a}.{c}" for a, t in self._joined.items() if t for c in t.columns)]
        raise DefinitionError(f"{self.fact.where}: fact {self.fact.id!r} has no column or dimension {name!r}; {nearest(name, known)}")

    def scope(self) -> Scope:
        """Return the scope of conditions over this fact's columns and dimensions."""
        return Scope(self.catalog, self.resolve, self.fact.where, self.anchor)

    def _fact_key(self) -> exp.Expr:
        groups = group_columns(self.catalog, self.fact)
        return group_text([column(name, "base") for name in groups]) if groups else cast(exp.null(), "text")

    def _only(self, select: exp.Select, mapping: dict[str, str], *, null_safe: bool = False) -> exp.Select:
        """Keep of ``select`` (from alias t) what may belong to the groups asked for; ``mapping``: group column -> column of t."""
        if self.regrouping is None:
            return select
        pairs: list[tuple[str, exp.Expr]] = [(g, column(mapping[g], "t")) for g in self.regrouping.columns if g in mapping]
        return select.where(self.regrouping.holds(pairs, null_safe=null_safe), copy=False) if pairs else select

    def _right(self, name: str, on: dict[str, str]) -> exp.Expr:
        """Return the rows of a joined table; of a regrouped fact only those that its groups can meet."""
        relation = self.relation(name)
        mapping = {left: key for key, left in on.items()}
        if self.regrouping is None or not set(mapping) & set(self.regrouping.columns):
            return relation
        columns = self.catalog.table(name, self.fact.where).columns
        return self._only(exp.select(*(column(c, "t") for c in columns), copy=False).from_(_aliased(relation, "t"), copy=False), mapping)

    # -- table or union -------------------------------------------------------------------------------------------------------

    def _base(self) -> tuple[exp.Expr, list[str]]:
        spec = self.fact.spec
        if "union" in spec:
            parts = [self._union_part(part) for part in spec["union"]]
            names = ["kind", *spec["union"][0]["columns"]]
            for part in spec["union"]:
                if list(part["columns"]) != names[1:]:
                    raise DefinitionError(
                        f"{self.fact.where}: the parts of a union name the same columns in the same order ({', '.join(names[1:])})"
                    )
            found: exp.Expr = parts[0]
            for part_query in parts[1:]:
                found = exp.union(found, part_query, distinct=False)
        else:
            source = self.catalog.table(spec["table"], self.fact.where)
            names = list(source.columns)
            found = self._only(
                exp.select(*(column(n, "t") for n in names), copy=False).from_(_aliased(self.relation(source.name), "t"), copy=False),
                {n: n for n in names},
                null_safe=True,
            )
        if "where" in spec:
            holds = condition(spec["where"], self._columns_scope(names, "u"))
            found = (
                exp.select(*(column(n, "u") for n in names), copy=False).from_(_aliased(found, "u"), copy=False).where(holds, copy=False)
            )
        return found, names

    def _union_part(self, part: dict[str, Any]) -> exp.Select:
        source = self.catalog.table(part["table"], self.fact.where)
        selected: list[exp.Expr] = [literal(part["kind"]).as_("kind", quoted=True, copy=False)]
        for name, value in part["columns"].items():
            if isinstance(value, dict):
                selected.append(literal(value["literal"]).as_(name, quoted=True, copy=False))
            else:
                source.column(value, self.fact.where)
                selected.append(column(value, "t").as_(name, quoted=True, copy=False))
        select = exp.select(*selected, copy=False).from_(_aliased(self.relation(source.name), "t"), copy=False)
        if "where" in part:
            select = select.where(condition(part["where"], self._columns_scope(list(source.columns), "t")), copy=False)
        return self._only(select, {n: c for n, c in part["columns"].items() if isinstance(c, str)}, null_safe=True)

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
            relation = self._right(right.name, join["on"])
        else:
            relation, instants = self._history(join, right)
            on += self._at(join["at"], alias, instants)
        self._joined[alias] = right
        self._joins.append((_aliased(relation, alias), exp.and_(*on, copy=False)))

    def _history(self, join: dict[str, Any], right: Table) -> tuple[exp.Expr, tuple[str, str]]:
        """Turn dated rows into intervals [from, until), so that an as-of join finds at most one of them."""
        since, until = "valid_from_day", "valid_until_day"
        latest = join["latest"]
        day = self._posted(latest, lambda name: column(name, "h"))[0] if isinstance(latest, dict) else cast(column(latest, "h"), "date")
        order = [day.copy(), *(column(name, "h") for name in join.get("order", []))]
        partition = [column(name, "h") for name in join["on"]]
        upto = over(exp.Lead(this=day.copy()), partition, order)
        select = (
            exp.select(
                *(column(n, "h") for n in right.columns),
                day.copy().as_(since, quoted=True, copy=False),
                upto.as_(until, quoted=True, copy=False),
                copy=False,
            )
            .from_(_aliased(self._right(right.name, join["on"]), "h"), copy=False)
            .where(exp.not_(exp.Is(this=day.copy(), expression=exp.null()), copy=False), copy=False)
        )
        return select, (since, until)

    def _at(self, at: str, alias: str, instants: tuple[str, str]) -> list[exp.Expr]:
        since, until = (column(name, alias) for name in instants)
        open_ended = exp.Is(this=until.copy(), expression=exp.null())
        if at == "period_end":
            end = literal(self.anchor)
            return [
                exp.LT(this=since, expression=end),
                exp.paren(exp.or_(open_ended, exp.GTE(this=until, expression=end.copy()), copy=False), copy=False),
            ]
        day = cast(self.resolve(at), "date")
        return [
            exp.LTE(this=since, expression=day),
            exp.paren(exp.or_(open_ended, exp.GT(this=until, expression=day.copy()), copy=False), copy=False),
        ]

    # -- dimensions -----------------------------------------------------------------------------------------------------------

    def _dimension(self, name: str, spec: dict[str, Any]) -> exp.Expr:
        if "column" in spec:
            return self.resolve(spec["column"])
        if "literal" in spec:
            return literal(spec["literal"])
        if "first_of" in spec:
            parts = [self._value(v) for v in spec["first_of"]]
            return exp.Coalesce(this=parts[0], expressions=parts[1:]) if len(parts) > 1 else parts[0]
        if "map" in spec:
            return self._map(name, spec)
        if "flag" in spec:
            return exp.Coalesce(this=exp.paren(condition(spec["flag"], self.scope()), copy=False), expressions=[literal(False)])
        if "switch" in spec:
            branches = [(condition(b["when"], self.scope()), self._value(b["then"])) for b in spec["switch"]]
            return case(branches, self._value(spec["else"]))
        if "exists" in spec:
            return self._exists(name, spec["exists"])
        if "posted" in spec:
            return self._posted(spec["posted"], self.resolve)[0]
        if "late" in spec:
            return self._posted(spec["late"], self.resolve)[1]
        if "date" in spec:
            return cast(self.resolve(spec["date"]), "date")
        raise DefinitionError(f"{self.fact.where}: dimension {name!r} is of no known kind")

    def _value(self, value: Any) -> exp.Expr:
        return literal(value["literal"]) if isinstance(value, dict) else self.resolve(value)

    def _map(self, name: str, spec: dict[str, Any]) -> exp.Expr:
        codelist = self.catalog.codelist(spec["codelist"], self.fact.where)
        if spec["attribute"] not in codelist.attributes:
            raise DefinitionError(
                f"{self.fact.where}: code list {codelist.id!r} has no attribute {spec['attribute']!r}; {nearest(spec['attribute'], codelist.attributes)}"
            )
        alias = f"map_{name}"
        self._joins.append((table(codelist.id, "dim", alias), equal(column("code", alias), self.resolve(spec["map"]))))
        return column(spec["attribute"], alias)

    def _exists(self, name: str, spec: dict[str, Any]) -> exp.Expr:
        right = self.catalog.table(spec["table"], self.fact.where)
        for key in spec["on"]:
            right.column(key, self.fact.where)
        alias = f"exists_{name}"
        keys = list(spec["on"])
        select = (
            exp.select(*(column(k, "e") for k in keys), copy=False)
            .distinct()
            .from_(_aliased(self._right(right.name, spec["on"]), "e"), copy=False)
        )
        if "where" in spec:
            select = select.where(condition(spec["where"], self._columns_scope(list(right.columns), "e")), copy=False)
        on = exp.and_(*(equal(column(k, alias), self.resolve(left)) for k, left in spec["on"].items()), copy=False)
        self._joins.append((_aliased(select, alias), on))
        return exp.not_(exp.Is(this=column(keys[0], alias), expression=exp.null()), copy=False)

    def _posted(self, spec: dict[str, str], resolve: Callable[[str], exp.Expr]) -> tuple[exp.Expr, exp.Expr]:
        """Return the day an event counts on, and whether it is late (corrections.md 3)."""
        day = cast(resolve(spec["on"]), "date")
        window = month_of(minus(resolve(spec["entered"]), self.catalog.standard.cutoff.offset))
        is_late = exp.GT(this=window, expression=month_of(day.copy()))
        flag = exp.Coalesce(this=exp.paren(is_late, copy=False), expressions=[literal(False)])
        if self.lateness == "restated":
            return day, flag
        return case([(is_late.copy(), window.copy())], day.copy()), flag

    # -- first and spells -----------------------------------------------------------------------------------------------------

    def _first(self, select: exp.Select, columns: tuple[str, ...]) -> exp.Select:
        spec = self.fact.spec["first"]
        if "where" in spec:
            select = select.where(condition(spec["where"], self.scope()), copy=False)
        rank = row_number([self.resolve(n) for n in spec["by"]], [self.resolve(n) for n in spec["order"]])
        ranked = select.select(rank.as_("rank_in_first", quoted=True, copy=False))
        outer = exp.select(*(column(n, "f") for n in columns), copy=False).from_(_aliased(ranked, "f"), copy=False)
        return outer.where(equal(column("rank_in_first", "f"), literal(1)), copy=False)

    def _spells(self, select: exp.Select, columns: tuple[str, ...]) -> Query:
        spec = self.fact.spec["spells"]
        steps = [*spec["opens"], *(k for k in spec["closes"] if k not in spec["opens"])]
        by = [column(n, "e") for n in spec["by"]]
        order = [column(n, "e") for n in spec["order"]]
        day, kind, unit = (column(spec[n], "e") for n in ("on", "kind", "unit"))
        leaves = self._leaves(columns)

        def neighbour(function: type[exp.Expr], value: exp.Expr) -> exp.Expr:
            return over(function(this=value.copy()), [b.copy() for b in by], [o.copy() for o in order])

        is_end = case([(exp.In(this=kind.copy(), expressions=[literal(k) for k in spec["ends"]]), literal(1))], literal(0))
        ends_so_far = over(exp.Sum(this=is_end), [b.copy() for b in by], [o.copy() for o in order])
        ends_so_far.set("spec", exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"))
        events = (
            exp.select(
                *(column(n, "e") for n in columns),
                is_end.copy().as_("is_end", quoted=True, copy=False),
                ends_so_far.as_("ends_so_far", quoted=True, copy=False),
                copy=False,
            )
            .from_(_aliased(select, "e"), copy=False)
            .where(
                exp.and_(
                    exp.In(this=kind.copy(), expressions=[literal(k) for k in steps]),
                    exp.not_(exp.Is(this=day.copy(), expression=exp.null()), copy=False),
                    copy=False,
                ),
                copy=False,
            )
        )
        # up to and including the first ending event
        kept = exp.select(*(column(n, "k") for n in columns), copy=False).from_(_aliased(events, "k"), copy=False)
        kept = kept.where(
            exp.or_(
                equal(column("ends_so_far", "k"), literal(0)),
                exp.and_(equal(column("ends_so_far", "k"), literal(1)), equal(column("is_end", "k"), literal(1)), copy=False),
                copy=False,
            ),
            copy=False,
        )
        outside = case(
            [(leaves, exp.null())], exp.Coalesce(this=unit.copy(), expressions=[literal(self.catalog.standard.unknown_unit_code)])
        )
        is_opening = exp.In(this=kind.copy(), expressions=[literal(k) for k in spec["opens"]])
        pairs = exp.select(
            *(column(n, "e") for n in columns),
            day.copy().as_("start_on", quoted=True, copy=False),
            kind.copy().as_("start_kind", quoted=True, copy=False),
            outside.copy().as_("start_unit", quoted=True, copy=False),
            neighbour(exp.Lag, outside).as_("start_partner", quoted=True, copy=False),
            neighbour(exp.Lead, day).as_("end_on", quoted=True, copy=False),
            neighbour(exp.Lead, kind).as_("end_kind", quoted=True, copy=False),
            neighbour(exp.Lead, outside).as_("end_partner", quoted=True, copy=False),
            exp.and_(is_opening, exp.not_(leaves.copy(), copy=False), copy=False).as_("is_spell", quoted=True, copy=False),
            copy=False,
        ).from_(_aliased(kept, "e"), copy=False)
        names = (*columns, *_SPELL_COLUMNS)
        spells = (
            exp.select(*(column(n, "s") for n in names), copy=False)
            .from_(_aliased(pairs, "s"), copy=False)
            .where(column("is_spell", "s"), copy=False)
        )
        return Query(spells, names)

    def _leaves(self, columns: tuple[str, ...]) -> exp.Expr:
        spec = self.fact.spec["spells"].get("leaves_when")
        if spec is None:
            return literal(False)
        holds = condition(spec, self._columns_scope(list(columns), "e"))
        return exp.Coalesce(this=exp.paren(holds, copy=False), expressions=[literal(False)])


def group_text(values: list[exp.Expr]) -> exp.Expr:
    """Return a group as one text, in which a null differs from an empty text; the parts are set apart by a mark that no code holds."""
    return joined_text([exp.Coalesce(this=cast(v, "text"), expressions=[exp.Literal.string("\u2400")]) for v in values], "\u241f")
