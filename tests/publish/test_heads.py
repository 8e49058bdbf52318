"""The heads of a printed table: merged headings, parts below what they are a part of, labels without the words of their heading."""

from __future__ import annotations

from policestats.catalog.model import Label
from policestats.reports.writers.heads import heads, in_print_order
from policestats.reports.writers.printed import PrintedColumn

FILED: Label = {"zh": "立案", "en": "Filed"}
SOLVED: Label = {"zh": "破案", "en": "Solved"}


def column(code: str, zh: str, en: str, group: Label | None = None, parent: str | None = None) -> PrintedColumn:
    return PrintedColumn(code, {"zh": zh, "en": en}, "起", 0, group, parent)


COLUMNS = [
    column("OPEN", "期初", "Open"),
    column("NEW", "其中:新立", "of which new", FILED, "M"),
    column("LATE", "其中：补立", "of which late", FILED, "M"),
    column("M", "立案 本月", "Filed, month", FILED),
    column("YTD", "立案率", "Filed", FILED),  # no joint after the words: they are not a heading's; and nothing would be left
    column("S", "破案 本月", "Solved, month", SOLVED),
    column("CUR", "现案", "current", SOLVED, "S"),
    column("CURX", "其中:带破", "of which linked", SOLVED, "CUR"),
    column("FAR", "其中:积案", "of which old", None, "S"),  # its parent stands under another heading
]


def test_a_column_stands_before_its_parts_where_they_are_neighbours() -> None:
    assert [c.code for c in in_print_order(COLUMNS)] == ["OPEN", "M", "NEW", "LATE", "YTD", "S", "CUR", "CURX", "FAR"]


def test_headings_and_parts_are_merged_cells() -> None:
    """Four lines, since CURX is a part of a part:

    OPEN | 立案 (4)                 | 破案 (3)                  | FAR
         | M  | 其中 (2)     | YTD  | S    | 其中 (2)           |
         |    | NEW  | LATE  |      |      | CUR  | 其中        |
         |    |      |       |      |      |      | CURX        |
    """
    found, lines = heads(in_print_order(COLUMNS))
    assert lines == 4
    assert [(h.text["zh"], h.line, h.left, h.height, h.width) for h in found] == [
        ("期初", 0, 0, 4, 1),
        ("立案", 0, 1, 1, 4),
        ("破案", 0, 5, 1, 3),
        ("其中:积案", 0, 8, 4, 1),
        ("本月", 1, 1, 3, 1),
        ("其中", 1, 2, 1, 2),
        ("立案率", 1, 4, 3, 1),
        ("本月", 1, 5, 3, 1),
        ("其中", 1, 6, 1, 2),
        ("新立", 2, 2, 2, 1),
        ("补立", 2, 3, 2, 1),
        ("现案", 2, 6, 2, 1),
        ("其中", 2, 7, 1, 1),
        ("带破", 3, 7, 1, 1),
    ]
    assert [h.text["en"] for h in found if h.column and h.column.code in ("M", "YTD", "NEW")] == ["month", "Filed", "new"]
    assert sum(h.height * h.width for h in found) == lines * len(COLUMNS)  # the cells cover the head, none twice


def test_neighbours_of_one_heading_share_it_and_others_do_not() -> None:
    found, lines = heads([column("A", "甲", "a", FILED), column("B", "乙", "b"), column("C", "丙", "c", FILED)])
    assert lines == 2
    assert [(h.text["zh"], h.left, h.width) for h in found if h.line == 0] == [("立案", 0, 1), ("乙", 1, 1), ("立案", 2, 1)]
