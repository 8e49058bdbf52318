"""What the rules of a table may name, of which type each name is, and whether a condition makes sense of them.

Great Expectations reports a rule that names a missing column as one that failed; so names and types are checked here, before it runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from policestats.catalog import Catalog, Table
from policestats.catalog.model import LOOKS
from policestats.catalog.yaml_file import Trail
from policestats.errors import DefinitionError, nearest

#: A name that every rule may use: when the load that is judged was landed, in the standard's time zone.
LANDED_AT = "landed_at"

_FAMILIES = {"integer": "number", "decimal": "number", "date": "day or time", "timestamp": "day or time"}
_BOUNDS = ("at_least", "above", "at_most", "below", "equals", "not_equal")
#: dimensions made of values of one kind: a value like theirs, and the type of what they make
_MADE_OF: dict[str, tuple[Any, str]] = {
    "days": (date(2000, 1, 1), "integer"),
    "seconds": (date(2000, 1, 1), "integer"),
    "midpoint": (date(2000, 1, 1), "timestamp"),
    "minus": (1, "decimal"),
    "year": (date(2000, 1, 1), "integer"),
    "hour": (date(2000, 1, 1), "integer"),
    "weekday": (date(2000, 1, 1), "integer"),
}
_DATE_ONLY = ("same_month", "same_year")
Place = Callable[[Trail], str]


class Names:
    """The names of one table's rules: its columns, the columns of joined tables (``alias.column``), dimensions and ``landed_at``.

    ``place`` says "file:line" of a value in the rules file; ``origin`` is the core table and column behind a plain name.
    """

    def __init__(self, catalog: Catalog, table: Table, place: Place) -> None:
        self.catalog = catalog
        self.table = table
        self.place = place
        self.types: dict[str, str | None] = {LANDED_AT: "timestamp", **{c.name: c.type for c in table.columns.values()}}
        self.origin: dict[str, tuple[str, str]] = {name: (table.name, name) for name in table.columns}

    def join(self, spec: dict[str, Any], trail: Trail) -> None:
        """Take in the columns of a joined table. Raises: DefinitionError for an unknown table, column or name."""
        right = self.catalog.table(spec["table"], self.place((*trail, "table")))
        for column, name in spec["on"].items():
            at = (*trail, "on", column)
            self._same_family(right.column(column, self.place(at)).type, self.type_of(name, at), f"{column} and {name}", at)
        for name in self._join_columns(spec):
            right.column(name, self.place(trail))
        if "where" in spec:
            Names(self.catalog, right, self.place).check(spec["where"], (*trail, "where"))
        if "at" in spec:
            self.type_of(spec["at"], (*trail, "at"))
        for column in right.columns.values():
            self.types[f"{spec['as']}.{column.name}"] = column.type
            self.origin[f"{spec['as']}.{column.name}"] = (right.name, column.name)

    def dimension(self, name: str, spec: dict[str, Any], trail: Trail) -> None:
        """Take in a dimension. Raises: DefinitionError for an unknown name, code list or attribute."""
        self.types[name] = self._type_of_dimension(spec, trail)
        if "column" in spec and spec["column"] in self.origin:
            self.origin[name] = self.origin[spec["column"]]

    def type_of(self, name: str, trail: Trail) -> str | None:
        """Return the type of ``name``; None when it is always null. Raises: DefinitionError with the nearest known names."""
        if name not in self.types:
            raise DefinitionError(
                f"{self.place(trail)}: the rules of {self.table.name!r} know no column or dimension {name!r}; {nearest(name, self.types)}"
            )
        return self.types[name]

    def check(self, condition: dict[str, Any], trail: Trail) -> None:
        """Check the names of a condition and the types it compares. Raises: DefinitionError."""
        for key, value in condition.items():
            at = (*trail, key)
            if key in ("all", "any"):
                for i, part in enumerate(value):
                    self.check(part, (*at, i))
            elif key == "not":
                self.check(value, at)
            elif key in _DATE_ONLY:
                for name in value:
                    self._fits(self.type_of(name, at), date(2000, 1, 1), name, at)
            elif key == "policy":
                chosen = self.catalog.policy(str(value), self.place(at)).value
                if not isinstance(chosen, dict):
                    raise DefinitionError(f"{self.place(at)}: policy {value!r} is no condition; write {{column: {{policy: {value}}}}}")
                self.check(chosen, at)
            else:
                self._check_test(key, value, at)

    def _check_test(self, name: str, test: Any, trail: Trail) -> None:
        type_ = self.type_of(name, trail)
        if not isinstance(test, dict):
            for value in test if isinstance(test, list) else [test]:
                self._fits(type_, value, name, trail)
            return
        for word, operand in test.items():
            if word == "policy":
                self._check_test(name, self.catalog.policy(str(operand), self.place(trail)).value, trail)
            elif word in _BOUNDS and isinstance(operand, dict):
                other = str(operand["column"])
                self._same_family(type_, self.type_of(other, trail), f"{name} and {other}", trail)
            elif word in _BOUNDS and operand == "period_end":
                raise DefinitionError(f"{self.place(trail)}: period_end has no meaning in a data rule; compare with {LANDED_AT}")
            elif word in _BOUNDS:
                self._fits(type_, operand, name, trail)

    def _fits(self, type_: str | None, value: Any, name: str, trail: Trail) -> None:
        if value is None or type_ is None or _fits(type_, value):
            return
        cure = "write it in quotes" if type_ == "text" else f"give a {_family(type_)}"
        raise DefinitionError(f"{self.place(trail)}: {name!r} is of type {type_} and cannot be compared with {value!r}; {cure}")

    def _same_family(self, left: str | None, right: str | None, what: str, trail: Trail) -> None:
        if left is not None and right is not None and _family(left) != _family(right):
            raise DefinitionError(f"{self.place(trail)}: {what} are of types {left} and {right}; compare columns of one type")

    def _join_columns(self, spec: dict[str, Any]) -> list[str]:
        latest = spec.get("latest")
        dated = [latest["on"], latest["entered"]] if isinstance(latest, dict) else [latest] if latest else []
        return [*dated, *spec.get("order", [])]

    def _type_of_dimension(self, spec: dict[str, Any], trail: Trail) -> str | None:
        if "column" in spec:
            return self.type_of(spec["column"], (*trail, "column"))
        if "literal" in spec:
            return _type_of_value(spec["literal"])
        if "first_of" in spec:
            return self._type_of_values(spec["first_of"], (*trail, "first_of"))
        if "map" in spec:
            self.type_of(spec["map"], (*trail, "map"))
            codelist = self.catalog.codelist(spec["codelist"], self.place((*trail, "codelist")))
            if spec["attribute"] not in codelist.attributes:
                at = self.place((*trail, "attribute"))
                raise DefinitionError(
                    f"{at}: code list {codelist.id!r} has no attribute {spec['attribute']!r}; {nearest(spec['attribute'], codelist.attributes)}"
                )
            return "text"
        if "flag" in spec:
            self.check(spec["flag"], (*trail, "flag"))
            return "boolean"
        if "switch" in spec:
            for i, branch in enumerate(spec["switch"]):
                self.check(branch["when"], (*trail, "switch", i, "when"))
            return self._type_of_values([*(b["then"] for b in spec["switch"]), spec["else"]], trail)
        for kind in LOOKS:
            if kind in spec:
                return self._type_of_look(kind, spec[kind], (*trail, kind))
        if "bands" in spec:
            self._fits(self.type_of(spec["bands"]["of"], (*trail, "bands")), 1, spec["bands"]["of"], (*trail, "bands"))
            return "text"
        for word, (example, found) in _MADE_OF.items():
            if word in spec:
                for name in spec[word] if isinstance(spec[word], list) else [spec[word]]:
                    self._fits(self._type_of_values([name], (*trail, word)), example, str(name), (*trail, word))
                return found
        if "policy" in spec:
            return _type_of_value(self.catalog.policy(spec["policy"], self.place(trail)).value)
        if "filled" in spec:
            for i, name in enumerate(spec["filled"]["columns"]):
                self.type_of(name, (*trail, "filled", "columns", i))
            return "integer"
        if "sum_of" in spec:
            return self._type_of_values(spec["sum_of"], (*trail, "sum_of"))
        if "number" in spec:
            self._fits(self.type_of(spec["number"], (*trail, "number")), "1", spec["number"], (*trail, "number"))
            return "integer"
        for word in ("days_after", "months_after"):
            if word in spec:
                self._fits(self.type_of(spec[word]["date"], (*trail, word)), date(2000, 1, 1), spec[word]["date"], (*trail, word))
                return "date"
        if "date" in spec:
            self._fits(self.type_of(spec["date"], (*trail, "date")), date(2000, 1, 1), spec["date"], (*trail, "date"))
            return "date"
        word = "posted" if "posted" in spec else "late"
        for name in spec[word].values():
            self._fits(self.type_of(name, (*trail, word)), date(2000, 1, 1), name, (*trail, word))
        return "date" if word == "posted" else "boolean"

    def _type_of_values(self, values: list[Any], trail: Trail) -> str | None:
        found = [_type_of_value(v["literal"]) if isinstance(v, dict) else self.type_of(v, trail) for v in values]
        known = [type_ for type_ in found if type_ is not None]
        for type_ in known:
            self._same_family(known[0], type_, "the values", trail)
        return known[0] if known else None

    def _type_of_look(self, kind: str, spec: dict[str, Any], trail: Trail) -> str | None:
        right = self.catalog.table(spec["table"], self.place((*trail, "table")))
        for column, name in spec["on"].items():
            at = (*trail, "on", column)
            self._same_family(right.column(column, self.place(at)).type, self.type_of(name, at), f"{column} and {name}", at)
        names = Names(self.catalog, right, self.place)
        for name, dimension in spec.get("dimensions", {}).items():
            names.dimension(name, dimension, (*trail, "dimensions", name))
        if "where" in spec:
            names.check(spec["where"], (*trail, "where"))
        if kind in ("exists", "count_over"):
            return "boolean" if kind == "exists" else "integer"
        found = names.type_of(spec["of"], (*trail, "of"))
        if kind == "sum_over":
            self._fits(found, 1, spec["of"], (*trail, "of"))
        return found


def _family(type_: str) -> str:
    return _FAMILIES.get(type_, type_)


def _fits(type_: str, value: Any) -> bool:
    if type_ == "text":
        return isinstance(value, str)
    if type_ == "boolean":
        return isinstance(value, bool)
    if _family(type_) == "number":
        return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) and math.isfinite(value)
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
        return True
    return isinstance(value, date)


def _type_of_value(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float, Decimal)):
        return "integer" if isinstance(value, int) else "decimal"
    if isinstance(value, datetime):
        return "timestamp"
    return "date" if isinstance(value, date) else "text"
