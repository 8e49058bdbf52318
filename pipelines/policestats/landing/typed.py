"""SQL expressions that make a typed core value of a landed text, or null when it cannot be one."""

from __future__ import annotations

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
_TRUE, _FALSE = "('1', 'true', 't', 'yes', 'y')", "('0', 'false', 'f', 'no', 'n')"


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


def meaning(column: Column, raw: str) -> str:
    """Return the SQL text that has to be cast: ``raw`` itself for text; otherwise trimmed, a blank being null."""
    return raw if column.type == "text" else f"nullif(trim({raw}), '')"


def typed(column: Column, origin: Origin, raw: str, zone: str) -> str:
    """Return the SQL expression of ``column`` made from the SQL text ``raw``.

    Null where the text cannot be a value of the column's type; the column's default where the text is null. A time with an offset
    becomes local time of ``zone``; a date of it is the local date.
    """
    text = meaning(column, raw)
    cast = _cast(column.type, origin.format, text, zone)
    if column.default is None:
        return cast
    return f"CASE WHEN {text} IS NULL THEN CAST({text_literal(column.default)} AS {SQL_TYPES[column.type]}) ELSE {cast} END"


def _cast(type_: str, format_: str | None, text: str, zone: str) -> str:
    if type_ == "text":
        return text
    if type_ == "integer":
        return f"CASE WHEN regexp_full_match({text}, '{_INTEGER}') THEN TRY_CAST(split_part({text}, '.', 1) AS BIGINT) END"
    if type_ == "decimal":
        return f"CASE WHEN regexp_full_match({text}, '{_DECIMAL}') THEN TRY_CAST({text} AS DECIMAL(38,6)) END"
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
