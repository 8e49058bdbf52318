"""Dimensions made from the columns of one row: everything a fact can derive without looking at another table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from policestats.catalog import Column
from policestats.errors import DefinitionError, nearest
from policestats.query import Scope, case, cast, condition, literal
from policestats.query.build import days_between, halfway, hour_of, later, seconds_between, weekday_of, year_number

#: dimensions made from two values, and from one
_OF_TWO = {"days": days_between, "seconds": seconds_between, "midpoint": halfway}
_OF_ONE = {"year": year_number, "hour": hour_of, "weekday": weekday_of}
#: an event's clock: (day it counts on, whether it is late)
Posted = Callable[[dict[str, str], Callable[[str], exp.Expr]], tuple[exp.Expr, exp.Expr]]


@dataclass(frozen=True)
class RowDimensions:
    """What dimensions of one row may name: ``scope`` resolves columns and dimensions above; ``columns`` are those of the core table itself.

    ``posted`` is the clock of the form being filled.
    """

    scope: Scope
    columns: Mapping[str, Column]
    posted: Posted

    def compile(self, name: str, spec: dict[str, Any]) -> exp.Expr:
        """Return the SQL of the dimension ``name`` written ``spec`` (docs/language.md, Facts).

        Raises: DefinitionError for an unknown name, policy or kind of dimension.
        """
        resolve = self.scope.resolve
        if "column" in spec:
            return resolve(spec["column"])
        if "literal" in spec:
            return cast(exp.null(), "text") if spec["literal"] is None else literal(spec["literal"])
        if "policy" in spec:
            return literal(self._one_value(spec["policy"]))
        if "first_of" in spec:
            parts = [self._value(v) for v in spec["first_of"]]
            return exp.Coalesce(this=parts[0], expressions=parts[1:]) if len(parts) > 1 else parts[0]
        if "flag" in spec:
            return exp.Coalesce(this=exp.paren(condition(spec["flag"], self.scope), copy=False), expressions=[literal(False)])
        if "switch" in spec:
            branches = [(condition(b["when"], self.scope), self._value(b["then"])) for b in spec["switch"]]
            return case(branches, self._value(spec["else"]))
        if "posted" in spec:
            return self.posted(spec["posted"], resolve)[0]
        if "late" in spec:
            return self.posted(spec["late"], resolve)[1]
        if "date" in spec:
            return cast(resolve(spec["date"]), "date")
        if "days_after" in spec:
            return self._later(spec["days_after"], "days", "DAY")
        if "months_after" in spec:
            return self._later(spec["months_after"], "months", "MONTH")
        if "number" in spec:
            return exp.TryCast(this=resolve(spec["number"]), to=exp.DataType.build("BIGINT"))
        if "sum_of" in spec:
            return self._sum([self._value(v) for v in spec["sum_of"]])
        if "minus" in spec:
            less, more = (self._value(v) for v in spec["minus"])
            return exp.paren(exp.Sub(this=less, expression=more), copy=False)
        if "bands" in spec:
            return self._band(spec["bands"])
        if "filled" in spec:
            return self._filled(spec["filled"])
        for word, made in _OF_TWO.items():
            if word in spec:
                return made(*(self._value(v) for v in spec[word]))
        for word, taken in _OF_ONE.items():
            if word in spec:
                return taken(self._value(spec[word]))
        raise DefinitionError(
            f"{self.scope.where}: dimension {name!r} cannot be made here: {', '.join(spec)} looks at another table; write it under the fact's own dimensions"
        )

    def _value(self, value: Any) -> exp.Expr:
        if isinstance(value, dict):
            return literal(value["literal"])
        found = self.scope.window_date(value)
        return self.scope.resolve(value) if found is None else found

    def _band(self, spec: dict[str, Any]) -> exp.Expr:
        """The code of the band that a number lies in; null for no number, and for one outside all bands."""
        bounds, codes = self._values(spec["bounds"]), self._values(spec["codes"])
        if len(codes) != len(bounds) + 1 or list(bounds) != sorted(bounds):
            raise DefinitionError(
                f"{self.scope.where}: bands need rising bounds and one code more than bounds; there are {len(bounds)} bounds ({', '.join(map(str, bounds))}) "
                f"and {len(codes)} codes ({', '.join(map(str, codes))})"
            )
        number = self.scope.resolve(spec["of"])
        below = exp.LT if spec.get("closed", "right") == "left" else exp.LTE
        branches: list[tuple[exp.Expr, exp.Expr]] = [(exp.Is(this=number.copy(), expression=exp.null()), exp.null())]
        if "above" in spec:
            branches.append((exp.LTE(this=number.copy(), expression=literal(spec["above"])), exp.null()))
        if "at_least" in spec:
            branches.append((exp.LT(this=number.copy(), expression=literal(spec["at_least"])), exp.null()))
        for bound, code in zip(bounds, codes, strict=False):
            branches.append((below(this=number.copy(), expression=literal(bound)), literal(code)))
        return cast(case(branches, literal(codes[-1])), "text")

    def _later(self, spec: dict[str, Any], count: str, unit: str) -> exp.Expr:
        wanted = spec[count]
        return later(self._value(spec["date"]), literal(wanted) if isinstance(wanted, int) else self.scope.resolve(wanted), unit)

    def _sum(self, parts: list[exp.Expr]) -> exp.Expr:
        total = parts[0]
        for part in parts[1:]:
            total = exp.Add(this=total, expression=part)
        return exp.paren(total, copy=False)

    def _filled(self, spec: dict[str, Any]) -> exp.Expr:
        """How many of the columns hold something: text neither blank nor a placeholder, a boolean that is true, any other value."""
        placeholders = self._values(spec.get("except", []))
        return self._sum([case([(self._is_filled(name, placeholders), literal(1))], literal(0)) for name in spec["columns"]])

    def _is_filled(self, name: str, placeholders: list[Any]) -> exp.Expr:
        if name not in self.columns:
            raise DefinitionError(
                f"{self.scope.where}: filled names {name!r}, which is no column of the table; {nearest(name, self.columns)}"
            )
        held = self.scope.resolve(name)
        if self.columns[name].type == "boolean":
            return held
        if self.columns[name].type != "text":
            return exp.not_(exp.Is(this=held, expression=exp.null()), copy=False)
        text = exp.Trim(this=held)
        empty = ["", *placeholders]
        return exp.not_(exp.In(this=text, expressions=[literal(str(v)) for v in empty]), copy=False)

    def _values(self, spec: Any) -> list[Any]:
        found = self.scope.catalog.policy(spec["policy"], self.scope.where).value if isinstance(spec, dict) else spec
        if isinstance(found, dict):
            raise DefinitionError(f"{self.scope.where}: policy {spec['policy']!r} is a condition; a list of values is needed here")
        return found if isinstance(found, list) else [found]

    def _one_value(self, name: str) -> Any:
        found = self.scope.catalog.policy(name, self.scope.where).value
        if isinstance(found, dict | list):
            raise DefinitionError(
                f"{self.scope.where}: policy {name!r} is no single value, so it is no dimension; compare with {{dimension: {{policy: {name}}}}}"
            )
        return found
