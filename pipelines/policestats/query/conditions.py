"""Conditions of the language (`where`, `when`, `flag`, rules) as SQL, in three-valued logic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlglot import exp

from policestats.catalog import Catalog
from policestats.errors import DefinitionError
from policestats.query.build import column, equal, literal, month_of, year_of

_COMPARISONS: dict[str, type[exp.Binary]] = {
    "at_least": exp.GTE,
    "above": exp.GT,
    "at_most": exp.LTE,
    "below": exp.LT,
    "equals": exp.EQ,
    "not_equal": exp.NEQ,
}
_SAME = {"same_month": month_of, "same_year": year_of}


@dataclass(frozen=True)
class Scope:
    """What a condition may name: ``resolve`` turns a dimension into SQL (and raises for an unknown one)."""

    catalog: Catalog
    resolve: Callable[[str], exp.Expr]
    where: str
    period_end: date | None = None

    @classmethod
    def of_columns(cls, catalog: Catalog, names: Callable[[str], str | None], where: str, period_end: date | None = None) -> Scope:
        """Return a scope over plain columns; ``names`` gives the column of a dimension, raising when there is none."""
        return cls(catalog, lambda name: column(names(name) or name), where, period_end)

    def window_date(self, name: str) -> exp.Expr | None:
        """Return the date that ``period_end`` or ``period_last_day`` names in a fact; None for another name. Raises: DefinitionError."""
        if name not in ("period_end", "period_last_day"):
            return None
        if self.period_end is None:
            raise DefinitionError(f"{self.where}: {name} has no meaning here; it belongs to facts and indicators of a form")
        return literal(self.period_end if name == "period_end" else self.period_end - timedelta(days=1))


def condition(spec: dict[str, Any], scope: Scope) -> exp.Expr:
    """Return the condition written ``spec`` (see docs/language.md, Conditions).

    Raises: DefinitionError naming the place, for an unknown dimension, policy or comparison.
    """
    parts = [_entry(key, value, scope) for key, value in spec.items()]
    if not parts:
        return literal(True)
    return exp.and_(*parts, copy=False) if len(parts) > 1 else exp.paren(parts[0], copy=False)


def _entry(key: str, value: Any, scope: Scope) -> exp.Expr:
    if key == "all":
        return exp.and_(*(condition(v, scope) for v in value), copy=False) if value else literal(True)
    if key == "any":
        return exp.paren(exp.or_(*(condition(v, scope) for v in value), copy=False), copy=False) if value else literal(False)
    if key == "not":
        return exp.not_(exp.paren(condition(value, scope), copy=False), copy=False)
    if key in _SAME:
        left, right = (_SAME[key](scope.resolve(name)) for name in value)
        return equal(left, right)
    if key == "policy":
        return _policy_condition(str(value), scope)
    return _comparison(scope.resolve(key), key, value, scope)


def _policy_condition(name: str, scope: Scope) -> exp.Expr:
    value = scope.catalog.policy(name, scope.where).value
    if not isinstance(value, dict):
        raise DefinitionError(
            f"{scope.where}: policy {name!r} is a list of values, not a condition; write {{dimension: {{policy: {name}}}}}"
        )
    return condition(value, scope)


def _comparison(left: exp.Expr, name: str, value: Any, scope: Scope) -> exp.Expr:
    if value is None:
        return exp.Is(this=left, expression=exp.null())
    if isinstance(value, list):
        if not value:  # in nothing: false, but unknown for a null, as every comparison
            return exp.NEQ(this=left, expression=left.copy())
        return exp.In(this=left, expressions=[literal(v) for v in value])
    if not isinstance(value, dict):
        return equal(left, literal(value))
    parts: list[exp.Expr] = []
    for word, operand in value.items():
        if word == "null":
            is_null = exp.Is(this=left.copy(), expression=exp.null())
            parts.append(is_null if operand else exp.not_(is_null, copy=False))
        elif word == "policy":
            chosen = scope.catalog.policy(str(operand), scope.where).value
            parts.append(_comparison(left.copy(), name, chosen, scope))
        elif word in _COMPARISONS:
            parts.append(_COMPARISONS[word](this=left.copy(), expression=_operand(operand, scope)))
        else:
            raise DefinitionError(f"{scope.where}: {word!r} is no comparison for {name!r}; use {', '.join(_COMPARISONS)}, null or policy")
    return exp.and_(*parts, copy=False) if len(parts) > 1 else parts[0]


def _operand(value: Any, scope: Scope) -> exp.Expr:
    if isinstance(value, dict):
        return scope.resolve(str(value["column"]))
    found = scope.window_date(value) if isinstance(value, str) else None
    return literal(value) if found is None else found
