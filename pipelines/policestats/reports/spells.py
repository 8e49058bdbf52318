"""Events of one thing turned into spells: the intervals during which one unit holds it. A move closes one spell and opens the next."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from policestats.query import Query, Scope, case, column, condition, equal, literal
from policestats.query.build import over

#: Name of the column that holds the printed key of a counted thing.
RECORD_KEY = "record_key"
#: What a spell has beside the dimensions of its opening event.
SPELL_COLUMNS = ("start_on", "start_kind", "start_unit", "start_partner", "end_on", "end_kind", "end_partner")
#: Whether the other end of a transfer is another unit or place; only where the fact names a place.
PLACE_COLUMNS = ("start_is_elsewhere", "end_is_elsewhere")
#: When the next spell of the same thing starts; null for its last one.
NEXT_START = "next_start_on"


def spells(spec: dict[str, Any], events: exp.Select, columns: tuple[str, ...], scope: Scope, unknown_unit: str) -> Query:
    """Return one row per spell of ``events``, whose output columns are ``columns`` (docs/language.md, Facts).

    Args:
        spec: the fact's `spells`.
        scope: names the columns of an event under the alias ``e``.
        unknown_unit: the unit that holds what names none.
    Raises: DefinitionError for an unknown name in `leaves_when`.
    """
    by, order = _things(spec, "e"), _order(spec, "e")
    day, kind, unit = (column(spec[n], "e") for n in ("on", "kind", "unit"))

    def neighbour(function: type[exp.Expr], value: exp.Expr) -> exp.Expr:
        return over(function(this=value.copy()), [b.copy() for b in by], [o.copy() for o in order])

    is_opening = exp.In(this=kind.copy(), expressions=[literal(k) for k in spec["opens"]])
    is_spell = exp.and_(is_opening, exp.not_(_leaves(spec, scope), copy=False), copy=False)
    # the unit of the spell that the event starts; null when it starts none, or one outside the tree
    held_by = case([(is_spell.copy(), exp.Coalesce(this=unit, expressions=[literal(unknown_unit)]))], exp.null())
    carried = _carried(spec)
    values: dict[str, exp.Expr] = {name: carried.get(name, column(name, "e")) for name in columns}
    values |= {
        "start_on": day.copy(),
        "start_kind": kind.copy(),
        "start_unit": held_by.copy(),
        "start_partner": neighbour(exp.Lag, held_by),
        "end_on": neighbour(exp.Lead, day),
        "end_kind": neighbour(exp.Lead, kind),
        "end_partner": neighbour(exp.Lead, held_by),
    }
    if "place" in spec:
        place = column(spec["place"], "e")
        for name, function in zip(PLACE_COLUMNS, (exp.Lag, exp.Lead), strict=True):
            same_unit = equal(neighbour(function, held_by), held_by.copy())
            same_place = exp.NullSafeEQ(this=neighbour(function, place), expression=place.copy())
            # without a spell at the other end nothing is known to be the same
            differs = exp.not_(exp.paren(exp.and_(same_unit, same_place, copy=False), copy=False), copy=False)
            values[name] = exp.Coalesce(this=exp.paren(differs, copy=False), expressions=[literal(True)])
    kept = _until_the_end(spec, _from_the_beginning(spec, _steps(spec, events, columns), columns), columns)
    pairs = exp.select(
        *(value.as_(name, quoted=True, copy=False) for name, value in values.items()),
        is_spell.as_("is_spell", quoted=True, copy=False),
        copy=False,
    ).from_(kept.subquery("e", copy=False), copy=False)
    next_start = over(exp.Lead(this=column("start_on", "s")), _things(spec, "s"), _order(spec, "s"))
    found = (
        exp.select(*(column(n, "s") for n in values), next_start.as_(NEXT_START, quoted=True, copy=False), copy=False)
        .from_(pairs.subquery("s", copy=False), copy=False)
        .where(column("is_spell", "s"), copy=False)
    )
    return Query(found, (*values, NEXT_START))


def _steps(spec: dict[str, Any], events: exp.Select, columns: tuple[str, ...]) -> exp.Select:
    """Keep the events that open or close something, on a known day."""
    kinds = [*spec["opens"], *(k for k in spec["closes"] if k not in spec["opens"])]
    return (
        exp.select(*(column(n, "e") for n in columns), copy=False)
        .from_(events.subquery("e", copy=False), copy=False)
        .where(
            exp.In(this=column(spec["kind"], "e"), expressions=[literal(k) for k in kinds]),
            exp.not_(exp.Is(this=column(spec["on"], "e"), expression=exp.null()), copy=False),
            copy=False,
        )
    )


def _from_the_beginning(spec: dict[str, Any], steps: exp.Select, columns: tuple[str, ...]) -> exp.Select:
    """Let no event count before the first one that begins its thing; without any, each counts on its own day."""
    if "begins" not in spec:
        return steps
    day = column(spec["on"], "e")
    began = exp.Window(this=exp.Min(this=case([(_is_beginning(spec, "e"), day.copy())], exp.null())), partition_by=_things(spec, "e"))
    counted = case([(exp.GT(this=began, expression=day.copy()), began.copy())], day)
    values = (counted.as_(n, quoted=True, copy=False) if n == spec["on"] else column(n, "e") for n in columns)
    return exp.select(*values, copy=False).from_(steps.subquery("e", copy=False), copy=False)


def _things(spec: dict[str, Any], alias: str) -> list[exp.Expr]:
    """What an event belongs to: one that does not say to which thing is of none that is known, so it stands alone."""
    by: list[exp.Expr] = [column(n, alias) for n in spec["by"]]
    is_unknown = exp.or_(*(exp.Is(this=b.copy(), expression=exp.null()) for b in by), copy=False)
    # tables number their records for themselves: the kind tells those of one number apart
    return [*by, *(case([(is_unknown.copy(), column(name, alias))], exp.null()) for name in (RECORD_KEY, spec["kind"]))]


def _order(spec: dict[str, Any], alias: str) -> list[exp.Expr]:
    """What the events of one thing are put in order by: their days; of one day the beginning first, then as the fact says.

    Of those that agree in all of it the names of their kinds decide: which comes first must not hang on how an engine sorts.
    """
    order: list[exp.Expr] = [column(spec["on"], alias)]
    if "begins" in spec:
        order.append(case([(_is_beginning(spec, alias), literal(0))], literal(1)))
    said = spec.get("order", [])
    return [*order, *(column(n, alias) for n in (*said, *([] if spec["kind"] in said else [spec["kind"]])))]


def _is_beginning(spec: dict[str, Any], alias: str) -> exp.Expr:
    return exp.In(this=column(spec["kind"], alias), expressions=[literal(k) for k in spec["begins"]])


def _until_the_end(spec: dict[str, Any], steps: exp.Select, columns: tuple[str, ...]) -> exp.Select:
    """Keep the events up to and including the first one that ends everything."""
    if not spec["ends"]:
        return steps
    by, order = _things(spec, "e"), _order(spec, "e")
    is_end = case([(exp.In(this=column(spec["kind"], "e"), expressions=[literal(k) for k in spec["ends"]]), literal(1))], literal(0))
    ends_so_far = over(exp.Sum(this=is_end), by, order)
    ends_so_far.set("spec", exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"))
    counted = exp.select(
        *(column(n, "e") for n in columns),
        is_end.copy().as_("is_end", quoted=True),
        ends_so_far.as_("ends_so_far", quoted=True),
        copy=False,
    ).from_(steps.subquery("e", copy=False), copy=False)
    kept = exp.select(*(column(n, "k") for n in columns), copy=False).from_(counted.subquery("k", copy=False), copy=False)
    return kept.where(
        exp.or_(
            equal(column("ends_so_far", "k"), literal(0)),
            exp.and_(equal(column("ends_so_far", "k"), literal(1)), equal(column("is_end", "k"), literal(1)), copy=False),
            copy=False,
        ),
        copy=False,
    )


def _carried(spec: dict[str, Any]) -> dict[str, exp.Expr]:
    """What every spell of a thing takes from the thing's event of one kind (the greatest value, should there be several such events)."""
    if "carry" not in spec:
        return {}
    is_source = equal(column(spec["kind"], "e"), literal(spec["carry"]["from"]))
    return {
        name: exp.Window(this=exp.Max(this=case([(is_source.copy(), column(name, "e"))], exp.null())), partition_by=_things(spec, "e"))
        for name in spec["carry"]["dimensions"]
    }


def _leaves(spec: dict[str, Any], scope: Scope) -> exp.Expr:
    if "leaves_when" not in spec:
        return literal(False)
    return exp.Coalesce(this=exp.paren(condition(spec["leaves_when"], scope), copy=False), expressions=[literal(False)])
