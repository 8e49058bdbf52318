"""What a printed form is made of: plain values that the writers put on paper. No figure is computed from here on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from policestats.catalog.model import Label

#: A cell: a figure, or the mark that stands for one ("—", 缺 ...).
Cell = Decimal | str


class TypedFigure(Decimal):
    """A figure that people typed, or that is made of one; ``mark`` is printed behind it."""

    mark: str = ""

    @classmethod
    def of(cls, value: Decimal, mark: str) -> TypedFigure:
        """Return ``value`` with a mark."""
        found = cls(value)
        found.mark = mark
        return found


_OF_WHICH = {"zh": ("其中", "其中："), "en": ("of which", "of which ")}


@dataclass(frozen=True)
class PrintedColumn:
    """A column head. ``unit`` is the unit of measure, "" when there is none; ``decimals`` are those printed.

    ``group`` is the heading over it, ``parent`` the column it is a part of, ``number`` its place on paper, counted from 1.
    """

    code: str
    label: Label
    unit: str
    decimals: int
    group: Label | None = None
    parent: str | None = None
    number: int = 0


@dataclass(frozen=True)
class PrintedRow:
    """A row head. ``depth`` is 0 for a total; ``is_of_which``: part of its parent, overlapping freely, in no total.

    ``heading`` is a line of its own over the row: what the rows from here on divide by (None: there is none).
    """

    code: str
    label: Label
    depth: int
    is_of_which: bool
    block: str = ""
    heading: Label | None = None

    def text(self, lang: str) -> str:
        """Return the label, with the words for "of which" before it unless it says so itself."""
        said, prefix = _OF_WHICH[lang]
        return prefix + self.label[lang] if self.is_of_which and not self.label[lang].startswith(said) else self.label[lang]


@dataclass(frozen=True)
class PrintedUnit:
    """A unit in tree order. ``status`` is the worst of its columns; ``is_shown``: it has a table of its own here."""

    code: str
    name: Label
    level: Label
    depth: int
    status: str
    is_shown: bool


@dataclass(frozen=True)
class ColumnRemark:
    """Why a column is not plainly automatic at a unit: ``mark`` is printed beside its head, ``text`` explains."""

    status: str
    mark: str
    text: Label


@dataclass(frozen=True)
class PrintedTable:
    """A form's figures at one unit: ``cells[row][column]``, the remarks by column code, and the unit's own footnotes.

    ``rows`` are those of the form and, after them, those found in the unit's own data.
    """

    unit: PrintedUnit
    rows: list[PrintedRow]
    cells: list[list[Cell]]
    remarks: dict[str, ColumnRemark]
    footnotes: list[Label]


@dataclass(frozen=True)
class PrintedPart:
    """One table of a form: the rows of ``blocks`` and the columns that apply to them, as positions among the form's columns."""

    blocks: tuple[str, ...]
    columns: tuple[int, ...]

    def lines(self, table: PrintedTable) -> list[tuple[PrintedRow, list[Cell]]]:
        """Return its rows of a unit's table, each with the cells of its columns."""
        return [
            (row, [cells[i] for i in self.columns]) for row, cells in zip(table.rows, table.cells, strict=True) if row.block in self.blocks
        ]


@dataclass(frozen=True)
class PrintedForm:
    """A form without its figures. ``notice`` says why not every unit has a table; None when every one has.

    ``furniture`` are the standard's lines for every form by name, ``period_label`` the period in words. ``parts`` are the tables it is
    printed as: one, or several below each other where blocks of rows have columns of their own.
    """

    id: str
    title: Label
    period: str
    standard: Label
    provenance: Label
    table_number: Label
    release: str
    columns: list[PrintedColumn]
    rows: list[PrintedRow]
    units: list[PrintedUnit]
    notice: Label | None
    footnotes: list[Label]
    furniture: dict[str, Label]
    period_label: Label
    parts: list[PrintedPart]


@dataclass(frozen=True)
class PrintedRate:
    """A generation rate; ``pct`` None when nothing was due."""

    label: Label
    numerator: int
    denominator: int
    pct: Decimal | None
    reason: str


@dataclass(frozen=True)
class PrintedCheck:
    """A check that failed ``times`` times, with the units and one example."""

    form_id: str
    check_id: str
    severity: str
    message: str
    times: int
    units: str
    example: str


@dataclass(frozen=True)
class SilentUnit:
    """A unit of which not everything came: for each form that lacks its records, what came of what was due (3/4)."""

    code: str
    name: Label
    forms: dict[str, str]


@dataclass(frozen=True)
class PrintedIndex:
    """The first page of a release. A form has the number of its units by status; ``failed_counts`` the failures by severity."""

    standard: Label
    period: str
    release: str
    facts: list[tuple[Label, str]]
    policies: list[Label]
    provenance: Label
    forms: list[tuple[str, Label, dict[str, int]]]
    rates: list[PrintedRate]
    failed: list[PrintedCheck]
    failed_counts: dict[str, int]
    silent: list[SilentUnit]


#: statuses in words; auto prints no mark
STATUS_LABELS: dict[str, Label] = {
    "auto": {"zh": "自动", "en": "automatic"},
    "manual": {"zh": "填报", "en": "typed"},
    "partial": {"zh": "部分", "en": "partial"},
    "missing": {"zh": "缺报", "en": "missing"},
    "suppressed": {"zh": "不公布", "en": "suppressed"},
    "blocked": {"zh": "停用", "en": "blocked"},
    "not_applicable": {"zh": "不适用", "en": "not applicable"},
}
