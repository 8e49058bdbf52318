"""Indicators compiled to contributions: one row per counted thing and row of the form it lands in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from sqlglot import exp

from policestats.catalog import Catalog, Indicator
from policestats.errors import DefinitionError, nearest
from policestats.query import Query, Scope, case, cast, column, condition, equal, literal, table
from policestats.query.build import aliased, joined_text
from policestats.reports.blocks import Block, Dynamic
from policestats.reports.facts import FACT_KEY
from policestats.reports.narrowing import narrowed
from policestats.reports.plan import Plan
from policestats.reports.spells import RECORD_KEY

#: Temporary table (unit_code, standing_unit_code) that carries every unit to the one it counts for.
CARRY = "unit_carry"
CONTRIBUTION = "report.contribution"
CONTRIBUTION_COLUMNS = (
    "form_id",
    "period",
    "indicator_id",
    "anchor_on",
    "record_key",
    "fact_key",
    "counted_key",
    "unit_code",
    "partner_unit_code",
    "on_date",
    "until_date",
    "row_code",
    "value",
)


def keeps_totals(catalog: Catalog, indicator: Indicator) -> bool:
    """Whether the indicator's contributions are totals by unit and row: the stock of a fact that says so, of which no object is ever listed."""
    return indicator.is_stock and catalog.fact(indicator.fact, indicator.where).spec.get("stock_trace") == "totals"


def needed(catalog: Catalog, uses: Sequence[tuple[Plan, dict[str, Query]]], anchor: date, fact: Query) -> Query:
    """Return what is read of ``fact``: the rows in a window of one of its indicators, and the columns that their contributions name.

    Args:
        uses: each form that reads the fact, with the contributions of its indicators over it, by the indicator's id.
    """
    distinct, named = {}, set()
    for plan, read_by in uses:
        for indicator in (i for i in plan.indicators(anchor) if i.id in read_by):
            scope = Scope(catalog, _resolver(indicator, fact.columns), indicator.where, anchor)
            window = _read(catalog, plan, indicator, anchor, scope)
            distinct[window.sql("duckdb")] = window
        named |= {c.name for query in read_by.values() for c in query.ast.find_all(exp.Column) if c.table == "f"}
    named |= {c.name for window in distinct.values() for c in window.find_all(exp.Column)}
    names = tuple(name for name in fact.columns if name in named)
    rows = aliased(narrowed(fact.ast, names), "f")
    select = exp.select(*(column(name, "f") for name in names), copy=False).from_(rows, copy=False)
    return Query(select.where(exp.or_(*distinct.values(), copy=False), copy=False), names)


def contributions(catalog: Catalog, plan: Plan, indicator: Indicator, anchor: date, fact: str, names: tuple[str, ...]) -> Query:
    """Return the contributions of ``indicator`` to a form, with history read at ``anchor``.

    Each counted thing gives one row for its leaf in every block and one for each of-which row it meets. Of an indicator that keeps
    totals, the things that agree in unit and row give one row for each day at which a column counts them.

    Args:
        fact: name of the temporary table that holds the fact at this anchor, with columns ``names``.
    Raises: DefinitionError when a row or the indicator names a dimension that the fact lacks.
    """
    scope = Scope(catalog, _resolver(indicator, names), indicator.where, anchor)
    on, until, unit, partner, kind = _clock(catalog, indicator)
    rows: list[exp.Expr] = []
    wanted = plan.has_cell(indicator)
    for block in plan.form.blocks:
        if any(wanted(code) for code in block.row_codes if code not in {s.code for s in block.sets}):
            rows.append(_leaf(block, Scope(catalog, _resolver(indicator, names, rows_at=block.where), block.where, anchor)))
        for row in (s for s in block.sets if wanted(s.code)):
            row_scope = Scope(catalog, _resolver(indicator, names, rows_at=row.where), row.where, anchor)
            holds = condition({"all": [c for c in (block.condition, row.condition) if c]}, row_scope)
            if block.unknown is None and block.dimension is not None:  # what is none of the members does not enter the block
                holds = exp.and_(holds, _is_leaf(block, row_scope.resolve(block.dimension)), copy=False)
            rows.append(case([(holds, literal(row.code))], exp.null()))
    values = {
        "form_id": literal(plan.form.id),
        "period": literal(plan.period.text),
        "indicator_id": literal(indicator.id),
        "anchor_on": literal(anchor),
        "record_key": scope.resolve(RECORD_KEY),
        "fact_key": column(FACT_KEY, "f"),
        "counted_key": _counted_key(indicator, scope),
        "unit_code": _standing(catalog, column("standing_unit_code", "held")),
        "partner_unit_code": _partner(catalog, scope, partner),
        "on_date": scope.resolve(on),
        "until_date": scope.resolve(until) if until else cast(exp.null(), "date"),
        "value": _value(indicator, scope),
    }
    if keeps_totals(catalog, indicator):
        instants = sorted({r.instant for r in plan.readings if r.indicator.id == indicator.id and r.anchor == anchor and r.instant})
        things = {"unit_code": values["unit_code"], "value": values["value"]} | {f"row_{i}": row for i, row in enumerate(rows)}
        parts = [
            _total(values | _at(instant), _booked(things, indicator, scope, _open_at(indicator, scope, instant), fact, unit, None))
            for instant in instants
        ]
        found: exp.Expr = parts[0]
        for part in parts[1:]:
            found = exp.union(found, part, distinct=False, copy=False)
        return Query(found, CONTRIBUTION_COLUMNS)
    values["row_code"] = exp.Explode(this=exp.Array(expressions=rows))
    holds = _holds(indicator, scope, _read(catalog, plan, indicator, anchor, scope), kind)
    return Query(_landed(_booked(values, indicator, scope, holds, fact, unit, partner)), CONTRIBUTION_COLUMNS)


def _booked(
    values: dict[str, exp.Expr], indicator: Indicator, scope: Scope, holds: exp.Expr, fact: str, unit: str, partner: str | None
) -> exp.Select:
    """Return ``values`` of the things that meet ``holds``, with the units that they count for."""
    select = exp.select(*(value.copy().as_(name, quoted=True, copy=False) for name, value in values.items()), copy=False).from_(
        table(fact, alias="f"), copy=False
    )
    select = select.join(
        table(CARRY, alias="held"), on=equal(column("unit_code", "held"), scope.resolve(unit)), join_type="left", copy=False
    )
    if partner is not None:
        select = select.join(
            table(CARRY, alias="other"), on=equal(column("unit_code", "other"), scope.resolve(partner)), join_type="left", copy=False
        )
    return select.where(holds, copy=False)


def _landed(contributions: exp.Select) -> exp.Select:
    """Return the contributions that land in a row of the form."""
    landed = exp.select(*(column(name, "c") for name in CONTRIBUTION_COLUMNS), copy=False).from_(
        contributions.subquery("c", copy=False), copy=False
    )
    return landed.where(exp.not_(exp.Is(this=column("row_code", "c"), expression=exp.null()), copy=False), copy=False)


def _at(instant: date) -> dict[str, exp.Expr]:
    """What a total of the stock at ``instant`` says instead of single records: open from the day before until that day."""
    return {
        "record_key": cast(exp.null(), "text"),
        "fact_key": cast(exp.null(), "text"),
        "counted_key": cast(exp.null(), "text"),
        "on_date": literal(instant - timedelta(days=1)),
        "until_date": literal(instant),
    }


def _total(values: dict[str, exp.Expr], things: exp.Select) -> exp.Select:
    """Return the totals of ``things`` by unit and row; things that land in the same rows of one unit are added up before they are spread over these."""
    same = [e.alias for e in things.expressions if e.alias != "value"]
    alike = exp.select(*(column(name, "t") for name in same), _sum("t"), copy=False).from_(things.subquery("t", copy=False), copy=False)
    alike = alike.group_by(*(column(name, "t") for name in same), copy=False)
    rows = exp.Array(expressions=[column(name, "a") for name in same if name != "unit_code"])
    spread = values | {"unit_code": column("unit_code", "a"), "value": column("value", "a"), "row_code": exp.Explode(this=rows)}
    named = (spread[name].copy().as_(name, quoted=True, copy=False) for name in CONTRIBUTION_COLUMNS)
    landed = _landed(exp.select(*named, copy=False).from_(alike.subquery("a", copy=False), copy=False))
    groups = [column(name, "d") for name in CONTRIBUTION_COLUMNS if name != "value"]
    select = exp.select(*groups, _sum("d"), copy=False).from_(landed.subquery("d", copy=False), copy=False)
    some = exp.NEQ(this=exp.Sum(this=column("value", "d")), expression=literal(0))
    return select.group_by(*(g.copy() for g in groups), copy=False).having(some, copy=False)


def _sum(of: str) -> exp.Expr:
    return cast(exp.Sum(this=column("value", of)), "decimal").as_("value", quoted=True, copy=False)


def _resolver(indicator: Indicator, names: tuple[str, ...], *, rows_at: str | None = None) -> Callable[[str], exp.Expr]:
    """Return what turns a dimension into a column of the fact; ``rows_at`` is the place of the form's row that asks, None for the indicator."""

    def resolve(name: str) -> exp.Expr:
        asked = indicator.renames.get(name, name) if rows_at else name
        if asked not in names:
            place = rows_at if rows_at and asked == name else indicator.where
            raise DefinitionError(
                f"{place}: fact {indicator.fact!r} has no column or dimension {asked!r} for indicator {indicator.id!r}; {nearest(asked, names)}"
            )
        return column(asked, "f")

    return resolve


def _clock(catalog: Catalog, indicator: Indicator) -> tuple[str, str | None, str, str | None, str | None]:
    """Return the names of: the deciding date, the date a stock ends, the unit, the partner of a transfer, and the kind that `kinds` selects."""
    if indicator.show is None:
        if indicator.on is None or indicator.by is None:
            raise DefinitionError(f"{indicator.where}: indicator {indicator.id!r} needs on: (the deciding date) and by: (the unit)")
        return indicator.on, None, indicator.by, indicator.partner, None
    if "spells" not in catalog.fact(indicator.fact, indicator.where).spec:
        raise DefinitionError(
            f"{indicator.where}: fact {indicator.fact!r} has no spells, so indicator {indicator.id!r} cannot show its {indicator.show}"
        )
    if indicator.is_stock:
        return "start_on", "end_on", "start_unit", None, None
    side = "start" if indicator.show == "entered" else "end"
    return f"{side}_on", None, "start_unit", f"{side}_partner" if indicator.net else None, f"{side}_kind"


def _holds(indicator: Indicator, scope: Scope, window: exp.Expr, kind: str | None) -> exp.Expr:
    parts: list[exp.Expr] = [window]
    if kind is not None and indicator.kinds is not None:
        parts.append(exp.In(this=scope.resolve(kind), expressions=[literal(k) for k in indicator.kinds]))
    if indicator.condition:
        parts.append(condition(indicator.condition, scope))
    return exp.and_(*parts, copy=False)


def _read(catalog: Catalog, plan: Plan, indicator: Indicator, anchor: date, scope: Scope) -> exp.Expr:
    """What any column may read: what falls in one of their windows; of a stock, what was still open when it is first counted."""
    within = _within(scope, plan.span(indicator.id, anchor), _clock(catalog, indicator)[0])
    since = plan.first_instant(indicator.id, anchor)
    return within if since is None else exp.and_(within, _still_open(scope, since), copy=False)


def _within(scope: Scope, span: tuple[date | None, date], on: str) -> exp.Expr:
    start, end = span
    before = exp.LT(this=scope.resolve(on), expression=literal(end))
    return before if start is None else exp.and_(before, exp.GTE(this=scope.resolve(on), expression=literal(start)), copy=False)


def _open_at(indicator: Indicator, scope: Scope, instant: date) -> exp.Expr:
    """A spell is in stock at ``instant`` when it started before and had not ended by then."""
    return exp.and_(_holds(indicator, scope, _within(scope, (None, instant), "start_on"), None), _still_open(scope, instant), copy=False)


def _still_open(scope: Scope, instant: date) -> exp.Expr:
    never_ends = exp.Is(this=scope.resolve("end_on"), expression=exp.null())
    ends_later = exp.GTE(this=scope.resolve("end_on"), expression=literal(instant))
    return exp.paren(exp.or_(never_ends, ends_later, copy=False), copy=False)


def _counted_key(indicator: Indicator, scope: Scope) -> exp.Expr:
    """What a distinct count counts once; it may be a pseudonym, so it never leaves the warehouse."""
    if indicator.measure != "distinct":
        return cast(exp.null(), "text")
    return joined_text([scope.resolve(name) for name in indicator.operand])


def _value(indicator: Indicator, scope: Scope) -> exp.Expr:
    if indicator.measure == "sum":
        return exp.Coalesce(this=cast(scope.resolve(indicator.operand[0]), "decimal"), expressions=[cast(literal(0), "decimal")])
    return cast(literal(1), "decimal")


def _standing(catalog: Catalog, unit: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=unit, expressions=[literal(catalog.standard.unknown_unit_code)])


def _partner(catalog: Catalog, scope: Scope, partner: str | None) -> exp.Expr:
    """A null partner lies outside the tree; a code that nobody knows is the unknown unit."""
    if partner is None:
        return cast(exp.null(), "text")
    outside = exp.Is(this=scope.resolve(partner), expression=exp.null())
    return case([(outside, exp.null())], _standing(catalog, column("standing_unit_code", "other")))


def _found(block: Block, dynamic: Dynamic, scope: Scope) -> exp.Expr:
    """The row code ``member/value`` of a row found in the data; ``-`` stands for no value."""
    member: exp.Expr = literal(block.id)
    if dynamic.crossed is not None:
        dimension = scope.resolve(dynamic.crossed)
        known = exp.In(this=dimension, expressions=[literal(m.code) for m in dynamic.members if m.kind == "leaf"])
        member = case([(known, dimension.copy())], literal(dynamic.unknown))
    value = exp.Coalesce(this=cast(scope.resolve(dynamic.dimension), "text"), expressions=[literal("-")])
    return joined_text([member, value])


def _is_leaf(block: Block, dimension: exp.Expr) -> exp.Expr:
    return exp.In(this=dimension, expressions=[literal(code) for code in block.leaves])


def _leaf(block: Block, scope: Scope) -> exp.Expr:
    """The leaf of a record in a block; null when the record does not enter the block."""
    if block.dynamic is not None:
        leaf = _found(block, block.dynamic, scope)
    elif block.dimension is None:
        leaf = literal(block.rows[0].code)
    else:
        dimension = scope.resolve(block.dimension)
        leaf = case(
            [(_is_leaf(block, dimension), dimension.copy())], cast(exp.null(), "text") if block.unknown is None else literal(block.unknown)
        )
    return leaf if block.condition is None else case([(condition(block.condition, scope), leaf)], exp.null())
