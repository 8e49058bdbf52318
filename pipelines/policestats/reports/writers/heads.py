"""The heads of a printed table: which column stands where, under which headings, and which cells are merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from policestats.catalog.model import Label
from policestats.reports.writers.printed import PrintedColumn

_OF_WHICH: Label = {"zh": "其中", "en": "of which"}
#: what may stand between the words of a heading, or "of which", and the rest of a label
_JOINTS = " ,:：，"


@dataclass(frozen=True)
class Head:
    """A cell of the head: ``height`` lines and ``width`` columns from ``line``, ``left``, both from 0. ``column``: whose own head it is."""

    text: Label
    line: int
    left: int
    height: int
    width: int
    column: PrintedColumn | None


def in_print_order(columns: Sequence[PrintedColumn]) -> list[PrintedColumn]:
    """Return ``columns`` with every parent before its parts, where they stand side by side; all others stay where they are."""
    found: list[PrintedColumn] = []
    for run in _families(columns):
        codes = {c.code for c in run}
        for column in run:
            if column.parent not in codes:
                found += _with_parts(column, run)
    return found


def heads(columns: Sequence[PrintedColumn]) -> tuple[list[Head], int]:
    """Return the cells of the head of ``columns`` (in print order), and its number of lines.

    A column stands under the heading of its group and, beside the column it is a part of, under "of which". A label that begins with the
    words of its heading is printed without them.
    """
    paths: list[list[tuple[object, Label]]] = []  # from the top: (what tells one heading from another, its text)
    for run in _families(columns):
        by_code = {c.code: c for c in run}
        for column in run:
            path: list[tuple[object, Label]] = []
            above = column.parent
            while above in by_code:
                path.insert(0, (("of which", above), _OF_WHICH))
                above = by_code[above].parent
            if column.group is not None:
                path.insert(0, (tuple(column.group.items()), column.group))
            paths.append([*path, (column.code, _own_words(column, len(path) > bool(column.group)))])
    count = max(len(p) for p in paths)
    found = []
    for line in range(count):
        left = 0
        for _, same in groupby([key for key, _ in path[: line + 1]] for path in paths):
            width, path = len(list(same)), paths[left]
            if line < len(path) - 1:
                found.append(Head(path[line][1], line, left, 1, width, None))
            elif line == len(path) - 1:
                found.append(Head(path[line][1], line, left, count - line, 1, columns[left]))
            left += width
    return found, count


def _families(columns: Sequence[PrintedColumn]) -> list[list[PrintedColumn]]:
    """Return runs of neighbours that are parts of one column, or that column itself, under one heading."""
    by_code = {c.code: c for c in columns}

    def root(column: PrintedColumn) -> object:
        above = column
        while above.parent in by_code:
            above = by_code[above.parent]
        return above.code, column.group

    return [list(run) for _, run in groupby(columns, key=root)]


def _with_parts(column: PrintedColumn, run: list[PrintedColumn]) -> list[PrintedColumn]:
    return [column, *(c for part in run if part.parent == column.code for c in _with_parts(part, run))]


def _own_words(column: PrintedColumn, is_part: bool) -> Label:
    found = {}
    for lang in ("zh", "en"):
        text = column.label[lang]
        if column.group is not None:
            text = _without(text, column.group[lang])
        found[lang] = _without(text, _OF_WHICH[lang]) if is_part else text
    return found


def _without(text: str, words: str) -> str:
    """Return ``text`` without ``words`` at its beginning, if something is left and they end there."""
    rest = text.removeprefix(words)
    own = rest.strip(_JOINTS)
    return own if own and rest != text and rest[0] in _JOINTS else text
