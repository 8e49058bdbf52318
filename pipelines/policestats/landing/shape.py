"""Compares the columns and types a source has now with its description and with the last load, before anything is landed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from policestats.errors import ExtractError
from policestats.landing.plan import TablePlan

#: how databases and files spell their types; a spelling that none of them knows has no family, and is not judged
_FAMILIES = (
    ("timestamp", r"timestamp|datetime|smalldatetime"),
    ("date", r"date(32|64)?\b"),
    ("boolean", r"bool"),
    ("integer", r"(unsigned )?u?(tiny|small|medium|big|huge)?int(eger|\d+)?\b|(small|big)?serial\b"),
    ("decimal", r"numeric|decimal|number|real\b|double|float|half|money"),
    ("text", r"n?(var)?char|character|n?text|(tiny|medium|long)text|(large_)?string|n?clob|citext|uuid|json|enum"),
    ("binary", r"(tiny|medium|long)?blob|bytea|(var|large_|long )?binary|raw\b"),
    ("time", r"time(32|64)?\b|interval|duration"),
)


def family(declared: str) -> str | None:
    """Return the family of types that a declared type belongs to; None when the source declares none, or one nobody knows.

    >>> family("varchar(12)"), family("timestamp[us]"), family("")
    ('text', 'timestamp', None)
    """
    return next((name for name, spelling in _FAMILIES if re.match(spelling, declared.strip().lower())), None)


def refuse_changed(source: str, plan: TablePlan, found: Mapping[str, str], last: Mapping[str, str]) -> None:
    """Compare what the source has (``found``) with the plan, and with what it had at the last load (``last``; empty: never landed).

    Raises: ExtractError naming source, table, column, found and expected type, and the cure, when a column is missing (with the name it
    probably has now), when its type cannot become the core column's, or when it is no longer the type it was.
    """
    place = f"source {source!r}, table {plan.name!r}"
    missing = [name for name in plan.reads if name not in found]
    if missing:
        raise ExtractError(f"{place}: {_missing(plan, missing, found, last)}")
    for name in plan.reads:
        now, before = family(found[name]), family(last.get(name, ""))
        allowed = plan.families.get(name)
        if allowed is not None and now is not None and now not in allowed:
            raise ExtractError(
                f"{place}: the column {name!r} is {found[name]!r}, expected {' or '.join(allowed)}; "
                + (
                    "correct it in the source, or 'types:' in its description"
                    if name in plan.typed
                    else "correct it in the source, or map another column"
                )
            )
        if name not in plan.typed and now is not None and before is not None and now != before:
            raise ExtractError(
                f"{place}: the column {name!r} is {found[name]!r}, it was {last[name]!r} at the last load; "
                f"restore the type, or accept the new one with 'types: {{{name}: {now}}}' in the description of the source"
            )


def _missing(plan: TablePlan, missing: list[str], found: Mapping[str, str], last: Mapping[str, str]) -> str:
    what = f"the column {missing[0]!r} is" if len(missing) == 1 else f"the columns {', '.join(map(repr, missing))} are"
    expected = [f"{name!r} was {last[name]!r}" for name in missing if last.get(name)]
    told = f" ({', '.join(expected)})" if expected else ""
    new = [name for name in found if name not in plan.reads and (not last or name not in last)]
    guesses = [f"{name!r} is probably {guess!r} now" for name in missing if (guess := _renamed(name, new, found, last))]
    cures = ["restore it", "map another column with 'columns:' in the description of the source"]
    if plan.cursor is not None and plan.cursor.column in missing:
        cures.append("remove 'cursor:' there, so that the table is read whole")
    return f"{what} missing{told}; found: {', '.join(found)}; {'; '.join([*guesses, ', or '.join(cures)])}"


def _renamed(name: str, new: list[str], found: Mapping[str, str], last: Mapping[str, str]) -> str | None:
    """The new column that a missing one probably is: of the same family, and either alike in name or standing in its place."""
    same = [other for other in new if name not in last or family(found[other]) == family(last[name])]
    alike = difflib.get_close_matches(name, same, n=1, cutoff=0.5)
    if alike:
        return alike[0]
    if name in last:
        place = list(last).index(name)
        in_place = [other for other in same if list(found).index(other) == place]
        return in_place[0] if in_place else (same[0] if len(same) == 1 else None)
    return None
