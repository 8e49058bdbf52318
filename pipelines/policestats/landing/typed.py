"""SQL expressions that make a typed core value of a landed one, or null when it cannot be one."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from policestats.catalog import Column
from policestats.landing.plan import Origin

SQL_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DECIMAL(38,6)",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "boolean": "BOOLEAN",
}

# DuckDB's own casts accept far more ("epoch", 0x10, 1_000, 5.6 as the integer 6): the form is checked first
_INTEGER = r"[+-]?\d+(\.0*)?"
_DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_LOCAL = _DAY + r"([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?"
_WITH_OFFSET = _DAY + r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)"
_WITH_ZONE = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
_LOCAL_TIMES = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT")
_TRUE, _FALSE = "('1', 'true', 't', 'yes', 'y', '是')", "('0', 'false', 'f', 'no', 'n', '否')"


def text_literal(value: Any) -> str:
    """Return ``value`` as an SQL text literal (booleans as true and false, dates in ISO), NULL for None."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, datetime):
        value = value.isoformat(sep=" ")
    elif isinstance(value, date):
        value = value.isoformat()
    return "'" + str(value).replace("'", "''") + "'"


def meaning(column: Column, raw: str, landed: str) -> str:
    """Return the SQL of what has to become a value: of a text that is no text in core what is left of it trimmed, a blank being null.

    Args:
        landed: the SQL type of ``raw``.
    """
    return raw if column.type == "text" or landed != SQL_TYPES["text"] else f"nullif(trim({raw}), '')"


def typed(column: Column, origin: Origin, raw: str, landed: str, zone: str) -> str:
    """Return the SQL expression of ``column`` made from ``raw``, whose SQL type is ``landed``.

    Null where it cannot be a value of the column's type; the column's default where there is nothing. A flag takes its default also where it
    cannot be read: a null would meet neither the flag nor its opposite, and what rests on either would lose the record. A value that has the
    type already (or one that holds the same, as a smaller integer does) is taken as it is; whatever is neither that nor a text is read from
    its text. A time with an offset becomes local time of ``zone``; a date of it is the local date.
    """
    made = _read(column, origin, raw, landed, zone)
    if column.default is None:
        return made
    default = f"CAST({text_literal(column.default)} AS {SQL_TYPES[column.type]})"
    absent = made if column.type == "boolean" else meaning(column, raw, landed)
    return f"CASE WHEN {absent} IS NULL THEN {default} ELSE {made} END"


def unreadable(column: Column, origin: Origin, raw: str, landed: str, zone: str, made: str) -> str:
    """Return the SQL condition that ``raw``, whose SQL type is ``landed``, holds something that cannot be a value of ``column``.

    Args:
        made: what ``typed`` gave, as a name: a long text is not read a second time. Only of a flag it does not tell.
    """
    read = _read(column, origin, raw, landed, zone) if column.type == "boolean" else made
    return f"({meaning(column, raw, landed)} IS NOT NULL AND {read} IS NULL)"


def is_taken_as_landed(column: Column, landed: str) -> bool:
    """Whether values of ``column`` that landed as the SQL type ``landed`` become core values without their text being read."""
    return _taken(column.type, "NULL", landed, "") is not None


def _read(column: Column, origin: Origin, raw: str, landed: str, zone: str) -> str:
    """Return the SQL of what ``raw`` holds, null where there is nothing or nothing of the column's type."""
    given = meaning(column, raw, landed)
    made = _taken(column.type, given, landed, zone)
    if made is not None:
        return made
    return _cast(column.type, origin.format, given if landed == SQL_TYPES["text"] else f"CAST({given} AS VARCHAR)", zone)


def _taken(type_: str, value: str, landed: str, zone: str) -> str | None:
    """Return the SQL of a value that needs no reading; None where its text has to be read."""
    if landed in _WITH_ZONE:
        value, landed = f"timezone({text_literal(zone)}, {value})", "TIMESTAMP"
        if type_ == "text":
            return f"CAST({value} AS VARCHAR)"  # as text it would depend on the zone of this machine
    if type_ in ("date", "timestamp") and landed in ("DATE", *_LOCAL_TIMES):
        # a source may hold days that no calendar has (infinity), which Python could not read back
        return f"CASE WHEN year({value}) BETWEEN 1 AND 9999 THEN TRY_CAST({value} AS {SQL_TYPES[type_]}) END"
    if landed == SQL_TYPES[type_]:
        return value
    if type_ == "integer" and landed in _INTEGERS:
        return f"TRY_CAST({value} AS BIGINT)"
    if type_ == "decimal" and (landed in _INTEGERS or _fits_decimal(landed)):
        return f"TRY_CAST({value} AS DECIMAL(38,6))"
    return None


def _fits_decimal(landed: str) -> bool:
    """Whether every decimal of the type keeps all its places in core."""
    found = re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", landed)
    return found is not None and int(found[1]) <= 6


def _cast(type_: str, format_: str | None, text: str, zone: str) -> str:
    if type_ == "text":
        return text
    if type_ == "integer":
        return f"CASE WHEN regexp_full_match({text}, '{_INTEGER}') THEN TRY_CAST(split_part({text}, '.', 1) AS BIGINT) END"
    if type_ == "decimal":
        # a text becomes a decimal of 18 digits some ten times faster than one of 38: only what does not fit takes the longer way
        read = f"coalesce(CAST(TRY_CAST({text} AS DECIMAL(18,6)) AS DECIMAL(38,6)), TRY_CAST({text} AS DECIMAL(38,6)))"
        return f"CASE WHEN regexp_full_match({text}, '{_DECIMAL}') THEN {read} END"
    if type_ == "boolean":
        return f"CASE WHEN lower({text}) IN {_TRUE} THEN true WHEN lower({text}) IN {_FALSE} THEN false END"
    moment = _moment(format_, text, zone)
    in_calendar = f"CASE WHEN year({moment}) BETWEEN 1 AND 9999 THEN {moment} END"
    return in_calendar if type_ == "timestamp" else f"CAST({in_calendar} AS DATE)"


def _moment(format_: str | None, text: str, zone: str) -> str:
    if format_ is not None:
        parsed = f"try_strptime({text}, {text_literal(format_)})"
        return f"timezone({text_literal(zone)}, {parsed})" if "%z" in format_ else parsed
    return (
        f"CASE WHEN regexp_full_match({text}, '{_LOCAL}') THEN TRY_CAST({text} AS TIMESTAMP) "
        f"WHEN regexp_full_match({text}, '{_WITH_OFFSET}') THEN timezone({text_literal(zone)}, TRY_CAST({text} AS TIMESTAMPTZ)) END"
    )
