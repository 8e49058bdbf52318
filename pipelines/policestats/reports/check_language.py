"""The expressions of checks: ``[T].FILED_M = sum([R01..R10].FILED_M) + 2 previous(X)``, parsed into a small tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from policestats.errors import DefinitionError, nearest

FUNCTIONS = ("sum", "previous", "units", "children", "days", "months")
#: functions that add a column up over the shorter periods that begin inside the period
OVER_TIME = {"days": "day", "months": "month"}
OPERATORS = ("<=", ">=", "=", "<", ">")
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[^\W\d][\w#*]*)|(?P<op>\.\.|<=|>=|[-+*=<>().\[\]]))")
_ROW = re.compile(r"\s*([\w*#.]+?)\s*(?:\.\.\s*([\w*#.]+?)\s*)?\]")


@dataclass(frozen=True)
class Cell:
    """A cell selector. ``rows`` is None where the row comes from ``for: rows``; ``column`` None where it comes from ``for: columns``."""

    form: str | None
    rows: tuple[str, ...] | None
    column: str | None


@dataclass(frozen=True)
class Call:
    """A function over a selector: sum, previous, units, children, days or months."""

    function: str
    argument: Cell


@dataclass(frozen=True)
class Term:
    """``weight * value``; a plain number has no value."""

    weight: float
    value: Cell | Call | None


@dataclass(frozen=True)
class Check:
    """A check as written. ``over`` is rows, columns or None; ``left`` and ``right`` are sums of terms; ``outlier`` is set instead of them."""

    id: str
    severity: str
    over: str | None
    rows: tuple[str, ...] | None
    columns: tuple[str, ...] | None
    units: str
    frequencies: tuple[str, ...] | None
    left: tuple[Term, ...]
    operator: str
    right: tuple[Term, ...]
    outlier: dict[str, Any] | None
    tolerance: str
    text: str
    source: str
    where: str


def read_check(spec: dict[str, Any], where: str, rows: list[str], columns: list[str]) -> Check:
    """Return the check written ``spec``; ``rows`` and ``columns`` are the form's codes in printed order.

    Raises: DefinitionError naming the place, the token and what was expected.
    """
    that = spec["that"]
    left: tuple[Term, ...] = ()
    right: tuple[Term, ...] = ()
    operator, outlier = "=", None
    if isinstance(that, dict):
        outlier = that["outlier"]
        for name in (outlier["of"], outlier["from"]):
            if name not in columns:
                raise DefinitionError(f"{where}: check {spec['id']!r} names the column {name!r}; {nearest(name, columns)}")
        text = f"outlier of {outlier['of']} against {outlier['from']}, both at least {outlier['at_least']}, |z| > {outlier['z']}"
    else:
        text = str(that)
        left, operator, right = _Parser(text, where, rows, columns, spec.get("for")).check()
    for row in spec.get("rows", []):
        if str(row) not in rows:
            raise DefinitionError(f"{where}: check {spec['id']!r} names the row {row!r}; {nearest(str(row), rows)}")
    for name in spec.get("columns", []):
        if name not in columns:
            raise DefinitionError(f"{where}: check {spec['id']!r} names the column {name!r}; {nearest(name, columns)}")
    return Check(
        id=spec["id"],
        severity=spec["severity"],
        over=spec.get("for"),
        rows=tuple(str(r) for r in spec["rows"]) if "rows" in spec else None,
        columns=tuple(spec["columns"]) if "columns" in spec else None,
        units=spec.get("units", "all"),
        frequencies=tuple(spec["frequencies"]) if "frequencies" in spec else None,
        left=left,
        operator=operator,
        right=right,
        outlier=outlier,
        tolerance=str(spec.get("tolerance", 0)),
        text=text,
        source=str(spec.get("source", "")),
        where=where,
    )


class _Parser:
    """Recursive descent over one line of text."""

    def __init__(self, text: str, where: str, rows: list[str], columns: list[str], over: str | None) -> None:
        self.text, self.where, self.rows, self.columns, self.over = text, where, rows, columns, over
        self.position = 0

    def check(self) -> tuple[tuple[Term, ...], str, tuple[Term, ...]]:
        left = self._sum()
        operator = self._next()
        if operator not in OPERATORS:
            self._fail(f"expected one of {', '.join(OPERATORS)}, found {operator!r}")
        right = self._sum()
        if self._peek():
            self._fail(f"did not expect {self._peek()!r} after the right side")
        return left, operator, right

    def _sum(self) -> tuple[Term, ...]:
        terms = [self._term(-1 if self._take("-") else 1)]
        while self._peek() in ("+", "-"):
            terms.append(self._term(-1 if self._next() == "-" else 1))
        return tuple(terms)

    def _term(self, sign: int) -> Term:
        token = self._peek()
        if token and token[0].isdigit():
            number = float(self._next())
            if self._take("*") or (self._peek() or "")[:1] == "[" or (self._peek() or " ")[0].isalpha():
                if not number.is_integer():
                    self._fail(f"the weight {number:g} is not a whole number; multiply both sides")
                return Term(sign * number, self._value())
            return Term(sign * number, None)
        return Term(sign, self._value())

    def _value(self) -> Cell | Call:
        token = self._peek()
        if token in FUNCTIONS and self.text[self._after_peek() :].lstrip().startswith("("):
            function = self._next()
            self._next()
            cell = self._cell()
            if not self._take(")"):
                self._fail(f"expected ')' after {function}(..")
            if cell.form is not None and function not in ("sum", *OVER_TIME):
                self._fail(
                    f"{function}() is of this form's own cells, not of form {cell.form}; take {function}( ) away or declare the check there"
                )
            if cell.column is None and function == "previous":
                self._fail("previous() needs a column: write previous([row].column), or previous(column) with for: rows")
            return Call(function, cell)
        return self._cell()

    def _cell(self) -> Cell:
        token = self._peek()
        if token is None:
            self._fail("expected a cell, found the end")
        form = None
        if token != "[":
            name = self._name()
            if self._peek() != "[":
                return self._checked(Cell(None, None, name))
            form = name
        self._next()
        match = _ROW.match(self.text, self.position)
        if not match:
            self._fail("expected a row code and ']'")
            raise AssertionError
        self.position = match.end()
        first, last = match.group(1), match.group(2)
        rows = (first,) if last is None else self._range(first, last)
        column = None
        if self._take("."):
            column = self._name()
        return self._checked(Cell(form, rows, column))

    def _range(self, first: str, last: str) -> tuple[str, ...]:
        for code in (first, last):
            self._known(code, self.rows, "row")
        return tuple(self.rows[self.rows.index(first) : self.rows.index(last) + 1])

    def _checked(self, cell: Cell) -> Cell:
        if cell.form is None:
            for row in cell.rows or ():
                self._known(row, self.rows, "row")
            if cell.column is not None:
                self._known(cell.column, self.columns, "column")
        if cell.rows is None and self.over != "rows":
            self._fail(f"{cell.column!r} has no row; write [row].{cell.column} or for: rows")
        if cell.column is None and self.over != "columns":
            self._fail(f"{cell.rows!r} has no column; write [row].column or for: columns")
        return cell

    def _known(self, name: str, known: list[str], what: str) -> None:
        if name not in known:
            self._fail(f"there is no {what} {name!r}; {nearest(name, known)}")

    def _match(self) -> re.Match[str] | None:
        match = _TOKEN.match(self.text, self.position)
        if match is None and self.text[self.position :].strip():
            self._fail(f"did not expect {self.text[self.position :].strip()[:12]!r}")
        return match

    def _peek(self) -> str | None:
        match = self._match()
        return match.group().strip() if match else None

    def _after_peek(self) -> int:
        match = self._match()
        return match.end() if match else len(self.text)

    def _next(self) -> str:
        match = self._match()
        if match is None:
            self._fail("expected more, found the end")
            raise AssertionError
        self.position = match.end()
        return match.group().strip()

    def _name(self) -> str:
        token = self._next()
        if not (token[0].isalpha() or token[0] == "_"):
            self._fail(f"expected the name of a column or form, found {token!r}")
        return token

    def _take(self, token: str) -> bool:
        if self._peek() == token:
            self._next()
            return True
        return False

    def _fail(self, reason: str) -> None:
        raise DefinitionError(f"{self.where}: check {self.text!r}: {reason}")
