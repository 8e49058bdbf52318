"""Conditions in three-valued logic, and the dimensions of a fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from .calendar import Clock, as_day
from .standard import Row, Standard

Truth = bool | None
LOOKS = ("exists", "count_over", "sum_over", "earliest", "last")


@dataclass(frozen=True)
class Anchor:
    """Everything a fact is read with: the rules, the core tables, the clock, and the day after the window."""

    standard: Standard
    tables: dict[str, list[Row]]
    clock: Clock
    period_end: date
    facts: dict[str, list[Row]] = field(default_factory=dict)  # rows already worked out, by fact
    gathered: dict[int, dict[tuple[Any, ...], list[Row]]] = field(default_factory=dict)  # rows of a joined table by what `on` names


def holds(condition: Row, row: Row, anchor: Anchor) -> Truth:
    """Whether ``row`` meets ``condition``: true, false, or None for unknown. Raises: KeyError for an undeclared name."""
    return every(_entry(name, wanted, row, anchor) for name, wanted in condition.items())


def every(truths: Iterable[Truth]) -> Truth:
    """Three-valued and: false if one is false, else unknown if one is unknown."""
    found = list(truths)
    return False if False in found else None if None in found else True


def some(truths: Iterable[Truth]) -> Truth:
    """Three-valued or: true if one is true, else unknown if one is unknown."""
    found = list(truths)
    return True if True in found else None if None in found else False


def negation(truth: Truth) -> Truth:
    """Three-valued not: unknown stays unknown."""
    return None if truth is None else not truth


def value_of(name: Any, row: Row) -> Any:
    """A dimension or column of ``row``, or a ``{literal: v}`` in its place."""
    if isinstance(name, dict):
        return name["literal"]
    try:
        return row[name]
    except KeyError:
        raise KeyError(f"{name!r} is no column or dimension here; there are {', '.join(sorted(row))}") from None


def dimension(definition: Row, row: Row, anchor: Anchor) -> Any:
    """The value of one dimension of a fact for ``row``, which already has the columns and the dimensions above it."""
    if "switch" in definition:
        for case in definition["switch"]:
            if holds(case["when"], row, anchor) is True:
                return value_of(case["then"], row)
        return value_of(definition["else"], row) if definition.get("else") is not None else None
    if "map" in definition:
        member = anchor.standard.codelists[definition["codelist"]].get(value_of(definition["map"], row))
        return None if member is None else member[definition["attribute"]]
    (kind, argument), *others = definition.items()
    if others:
        raise KeyError(f"{definition} is no dimension")
    if kind == "column":
        return value_of(argument, row)
    if kind == "literal":
        return argument
    if kind == "first_of":
        return next((value for value in (value_of(name, row) for name in argument) if value is not None), None)
    if kind == "flag":
        return holds(argument, row, anchor) is True  # only true counts, so a flag is never null
    if kind in LOOKS:
        return _look(kind, argument, row, anchor)
    if kind == "posted":
        return anchor.clock.posted(value_of(argument["on"], row), value_of(argument["entered"], row))
    if kind == "late":
        return anchor.clock.is_late(value_of(argument["on"], row), value_of(argument["entered"], row)) is True
    if kind == "date":
        return as_day(value_of(argument, row))
    if kind == "policy":
        return anchor.standard.policies[argument]
    if kind in ("days_after", "months_after"):
        return _later(kind, argument, row, anchor)
    if kind in ("year", "hour", "weekday"):
        value = _named(argument, row, anchor)
        return None if value is None else {"year": value.year, "hour": getattr(value, "hour", 0), "weekday": value.isoweekday()}[kind]
    if kind in ("days", "seconds", "midpoint", "minus"):
        return _of_two(kind, *(_named(part, row, anchor) for part in argument))
    if kind == "bands":
        return _band(argument, row, anchor)
    if kind == "number":
        text = value_of(argument, row)
        return None if text is None else int(text)
    if kind == "sum_of":
        numbers = [value_of(name, row) for name in argument]
        return None if None in numbers else sum(numbers)
    if kind == "filled":
        return _filled(argument, row, anchor)
    raise KeyError(f"{kind!r} is no kind of dimension")


def _named(name: Any, row: Row, anchor: Anchor) -> Any:
    """A value that may also be one of the two days at the end of the window."""
    if name == "period_end":
        return anchor.period_end
    return anchor.period_end - timedelta(days=1) if name == "period_last_day" else value_of(name, row)


def _of_two(kind: str, first: Any, second: Any) -> Any:
    if first is None or second is None:
        return None
    if kind == "minus":
        return first - second
    if kind == "days":
        return (_day(second) - _day(first)).days
    first, second = (v if isinstance(v, datetime) else datetime.combine(v, time()) for v in (first, second))
    seconds = (second - first) // timedelta(seconds=1)
    return seconds if kind == "seconds" else first + timedelta(seconds=seconds // 2)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _band(argument: Row, row: Row, anchor: Anchor) -> Any:
    bounds, codes = (
        anchor.standard.policies[argument[k]["policy"]] if isinstance(argument[k], dict) else argument[k] for k in ("bounds", "codes")
    )
    number = value_of(argument["of"], row)
    if (
        number is None
        or ("above" in argument and number <= argument["above"])
        or ("at_least" in argument and number < argument["at_least"])
    ):
        return None
    for bound, code in zip(bounds, codes, strict=False):
        if number < bound or (number == bound and argument.get("closed") != "left"):
            return code
    return codes[-1]


def _later(kind: str, argument: Row, row: Row, anchor: Anchor) -> date | None:
    """The date so many days or months after another; the last day of a month that is too short."""
    day = as_day(_named(argument["date"], row, anchor))
    wanted = argument["days" if kind == "days_after" else "months"]
    count = wanted if isinstance(wanted, int) else value_of(wanted, row)
    if day is None or count is None:
        return None
    if kind == "days_after":
        return date.fromordinal(day.toordinal() + count)
    months = day.year * 12 + day.month - 1 + count
    for last in (day.day, 30, 29, 28):
        try:
            return date(months // 12, months % 12 + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(f"no day {day.day} or below in month {months}")


def _filled(argument: Row, row: Row, anchor: Anchor) -> int:
    """How many columns hold something: no blank text, no placeholder, no false, no null."""
    empty = argument.get("except", [])
    empty = anchor.standard.policies[empty["policy"]] if isinstance(empty, dict) else empty
    held = 0
    for name in argument["columns"]:
        value = value_of(name, row)
        if isinstance(value, str):
            held += value.strip() not in ("", *empty)
        else:
            held += value is not None and value is not False
    return held


def _entry(name: str, wanted: Any, row: Row, anchor: Anchor) -> Truth:
    if name == "all":
        return every(holds(part, row, anchor) for part in wanted)
    if name == "any":
        return some(holds(part, row, anchor) for part in wanted)
    if name == "not":
        return negation(holds(wanted, row, anchor))
    if name == "policy":
        return holds(anchor.standard.policies[wanted], row, anchor)
    if name in ("same_month", "same_year"):
        first, second = (value_of(part, row) for part in wanted)
        if first is None or second is None:
            return None
        return first.year == second.year and (name == "same_year" or first.month == second.month)
    return _compare(value_of(name, row), wanted, row, anchor)


def _compare(value: Any, wanted: Any, row: Row, anchor: Anchor) -> Truth:
    if wanted is None:
        return value is None
    if isinstance(wanted, list):
        if not wanted:  # in nothing: false, but unknown for a null, as every comparison
            return None if value is None else False
        return some(_equal(value, member) for member in wanted)
    if not isinstance(wanted, dict):
        return _equal(value, wanted)
    return every(_operator(kind, value, operand, row, anchor) for kind, operand in wanted.items())


def _operator(kind: str, value: Any, operand: Any, row: Row, anchor: Anchor) -> Truth:
    if kind == "null":
        return (value is None) == operand
    if kind == "policy":
        return _compare(value, anchor.standard.policies[operand], row, anchor)
    if isinstance(operand, dict):
        operand = value_of(operand["column"], row)
    elif operand in ("period_end", "period_last_day"):
        operand = _named(operand, row, anchor)
    if kind == "equals":
        return _equal(value, operand)
    if kind == "not_equal":
        return negation(_equal(value, operand))
    if value is None or operand is None:
        return None
    value, operand = _alike(value, operand)
    orders = {"at_least": value >= operand, "above": value > operand, "at_most": value <= operand, "below": value < operand}
    return bool(orders[kind])


def _equal(value: Any, other: Any) -> Truth:
    if value is None or other is None:
        return None
    value, other = _alike(value, other)
    return bool(value == other)


def _alike(value: Any, other: Any) -> tuple[Any, Any]:
    """A date beside a timestamp is read as its midnight, as SQL does."""
    if isinstance(value, datetime) != isinstance(other, datetime):
        return tuple(datetime.combine(v, time()) if isinstance(v, date) and not isinstance(v, datetime) else v for v in (value, other))
    return value, other


def _look(kind: str, argument: Row, row: Row, anchor: Anchor) -> Any:
    """What the matching rows of another table say: whether there are any, how many, their sum, least or greatest value."""
    wanted = tuple(value_of(left, row) for left in argument["on"].values())
    found = [] if None in wanted else gathered(argument, anchor).get(wanted, [])
    values = [seen[argument["of"]] if "of" in argument else 1 for seen in found]
    known = [value for value in values if value is not None]
    return {
        "exists": lambda: bool(values),
        "count_over": lambda: len(values),
        "sum_over": lambda: sum(known),
        "earliest": lambda: min(known, default=None),
        "last": lambda: max(known, default=None),
    }[kind]()


def gathered(look: Row, anchor: Anchor) -> dict[tuple[Any, ...], list[Row]]:
    """The rows of the table that a join or a look names, with its `dimensions`, which meet its `where`: by the columns of `on`, in their order."""
    if id(look) not in anchor.gathered:
        rows: dict[tuple[Any, ...], list[Row]] = {}
        for other in anchor.tables.get(look["table"], []):
            seen = dict(other)
            for name, definition in look.get("dimensions", {}).items():
                seen[name] = dimension(definition, seen, anchor)
            if holds(look.get("where", {}), seen, anchor) is True:
                rows.setdefault(tuple(seen[column] for column in look["on"]), []).append(seen)
        anchor.gathered[id(look)] = rows
    return anchor.gathered[id(look)]
