"""How a workbook to fill is laid out: what stands where, for the one who writes it and the one who reads it back."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from policestats.reports.form_columns import FormColumn
from policestats.reports.template import Form

#: the layout below; a workbook of another one is refused
LAYOUT = 1
CONTENTS = "目录 Contents"
EVIDENCE = "依据 Evidence"
#: the hidden sheet that says what the workbook was made of
META = "_policestats"
#: a form's sheet: title, place, four fields, a line of help, then heads (label, English, unit of measure, code) and figures
FIELDS = ("author", "evidence", "reason", "typed_at")
FIELD_ROW = 3
FIELD_COLUMN = 3
HEAD_ROW = 9
CODE_ROW = HEAD_ROW + 3
FIRST_ROW = HEAD_ROW + 4
FIRST_COLUMN = 4
#: the sheet of evidence: its head, and how many lines are open below it
EVIDENCE_HEAD = 3
EVIDENCE_LINES = 500
EVIDENCE_COLUMNS = ("form", "row", "column", "author", "evidence", "reason")


@dataclass(frozen=True)
class ShownCell:
    """A cell of a sheet: open for typing, or locked; ``value`` None where there is no figure, then ``mark`` says why."""

    value: Decimal | None
    mark: str
    is_open: bool


@dataclass(frozen=True)
class OpenSheet:
    """A form of one unit with its cells, by (row, column); ``columns`` are those printed, ``rows`` pairs of (code, depth)."""

    form: Form
    columns: list[FormColumn]
    rows: list[tuple[str, int]]
    cells: dict[tuple[str, str], ShownCell]


@dataclass(frozen=True)
class Entry:
    """What stands in an open cell of a workbook that came back. ``prefilled`` is what it held when it was written.

    ``author``, ``evidence`` and ``reason`` are those of the sheet unless the sheet of evidence names the cell (``is_named``).
    """

    sheet: str
    address: str
    row: str
    column: str
    given: object
    number_format: str
    prefilled: Decimal | None
    author: str
    evidence: str
    reason: str
    is_named: bool


@dataclass(frozen=True)
class FilledSheet:
    """A form's sheet that came back. ``typed_at`` is as it was given; ``problem`` says why nothing of the sheet can be read, else None."""

    form_id: str
    definition_hash: str
    sheet: str
    typed_at: object
    entries: list[Entry]
    problem: str | None = None


@dataclass(frozen=True)
class FilledBook:
    """A workbook that came back. ``problems`` are lines of the sheet of evidence that name no open cell."""

    file: str
    standard: str
    period: str
    unit: str
    sheets: list[FilledSheet]
    problems: list[str]
