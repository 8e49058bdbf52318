"""The kinds of values that the columns of source databases hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TEXT, DATE, TIMESTAMP, BOOLEAN, INTEGER, DECIMAL = "text", "date", "timestamp", "boolean", "integer", "decimal"
UPDATED_AT = "updated_at"

Columns = Mapping[str, str]


@dataclass(frozen=True)
class Shape:
    """A table: what identifies a row, and its columns with their kinds."""

    key: tuple[str, ...]
    columns: Columns


Shapes = Mapping[str, Shape]

#: What each unit says it has entered for a month; every system has it.
UPLOAD = Shape(
    ("unit_code", "period"),
    {"unit_code": TEXT, "period": TEXT, "uploaded_at": TIMESTAMP, "record_count": INTEGER, UPDATED_AT: TIMESTAMP},
)
