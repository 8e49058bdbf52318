"""The drawing of a row's course: gaps stay gaps, the scale begins at 0."""

from __future__ import annotations

from decimal import Decimal

from policestats.reports.writers.sparkline import Point, drawn


def course(*values: int | None, partial: tuple[int, ...] = ()) -> list[Point]:
    return [Point(f"2026-{i:02d}", None if v is None else Decimal(v), i in partial) for i, v in enumerate(values, 1)]


def plain(value: Decimal) -> str:
    return str(value)


def test_neighbours_are_joined_on_a_scale_that_begins_at_zero() -> None:
    # the box is 104 x 22 with an edge of 3: x = 3, 52, 101; 10 of 20 is half of the 16 above y = 19: 11
    found = drawn(course(0, 10, 20), plain)
    assert found.path == "M3 19L52 11L101 3"
    assert found.dots == [("101", "3", False)]  # the last figure
    assert (found.words, found.is_flat) == ("0; 10; 20", False)


def test_a_period_without_a_figure_is_a_gap_and_never_a_zero() -> None:
    found = drawn(course(4, 4, None, 2, None), plain)
    # x in steps of 98 / 4 = 24.5; two neighbours joined by a level stroke; 2 stands alone, so it is a dot and no line
    assert found.path == "M3 3H27.5"
    assert found.dots == [("76.5", "11", False)]
    assert found.words == "4; 4; –; 2; –"


def test_a_level_stretch_is_one_stroke() -> None:
    # x in steps of 24.5: 3, 27.5, 52, 76.5, 101; it rises only at the end
    assert drawn(course(1, 1, 1, 1, 2), plain).path == "M3 11H76.5L101 3"


def test_a_partial_figure_is_a_hollow_dot_and_a_star() -> None:
    found = drawn(course(3, 1, 2, partial=(2,)), plain)
    assert found.dots == [("52", "13.7", True), ("101", "8.3", False)]  # 19 - 16/3, 19 - 32/3
    assert found.words == "3; 1*; 2"


def test_amounts_below_zero_hang_under_it() -> None:
    # -1 to 3 in 16: one unit is 4; -1 is the bottom, 0 at 15, 3 at the top
    assert drawn(course(-1, 0, 3), plain).path == "M3 19L52 15L101 3"


def test_only_a_row_of_zeros_without_gaps_is_flat() -> None:
    assert drawn(course(0, 0, 0), plain).is_flat
    assert not drawn(course(0, None, 0), plain).is_flat
    assert not drawn(course(0, 0, 0, partial=(3,)), plain).is_flat


def test_without_any_figure_nothing_is_drawn() -> None:
    found = drawn(course(None, None), plain)
    assert (found.path, found.dots, found.words) == ("", [], "–; –")
