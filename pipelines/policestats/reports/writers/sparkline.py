"""The course of one figure over the last periods, as a small drawing and as words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 104, 22
_EDGE = 3
#: what stands for a period without a figure, and after a figure of which not everything came
GAP, PARTIAL = "–", "*"


@dataclass(frozen=True)
class Point:
    """The figure of a period; ``value`` None: there is none (a gap, never a zero). ``is_partial``: not everything came."""

    period: str
    value: Decimal | None
    is_partial: bool = False


@dataclass(frozen=True)
class Drawing:
    """A drawing in a box of WIDTH by HEIGHT: ``path`` joins neighbouring figures, ``dots`` are (x, y, is_partial).

    ``words`` is the same as text. ``is_flat``: every figure is 0 and no period lacks one, so that there is nothing to draw but the base line.
    """

    path: str
    dots: list[tuple[str, str, bool]]
    words: str
    is_flat: bool


def drawn(points: Sequence[Point], figure: Callable[[Decimal], str]) -> Drawing:
    """Return the drawing of ``points``, oldest first, on a scale that begins at 0 so that rows are not made to look livelier than they are.

    A line joins neighbours that both have a figure. Dots stand on the last figure, on every partial one and on one without neighbours.
    """
    values = [p.value for p in points if p.value is not None]
    low, high = min([Decimal(0), *values]), max([Decimal(0), *values])
    step = Decimal(WIDTH - 2 * _EDGE) / max(len(points) - 1, 1)
    places: list[tuple[str, str] | None] = []
    for i, point in enumerate(points):
        if point.value is None:
            places.append(None)
            continue
        share = (point.value - low) / (high - low) if high > low else Decimal(0)
        places.append((_short(_EDGE + i * step), _short(HEIGHT - _EDGE - share * (HEIGHT - 2 * _EDGE))))
    path: list[str] = []
    dots: list[tuple[str, str, bool]] = []
    for i, place in enumerate(places):
        if place is None:
            continue
        before = places[i - 1] if i else None
        after = places[i + 1] if i + 1 < len(places) else None
        if before is None and after is not None:
            path.append(f"M{place[0]} {place[1]}")
        elif before is not None and before[1] != place[1]:
            path.append(f"L{place[0]} {place[1]}")
        elif before is not None and (after is None or after[1] != place[1]):
            path.append(f"H{place[0]}")  # a level stretch, however long, is one stroke
        if points[i].is_partial or (before is None and after is None) or not any(places[i + 1 :]):
            dots.append((*place, points[i].is_partial))
    words = "; ".join(GAP if p.value is None else figure(p.value) + (PARTIAL if p.is_partial else "") for p in points)
    is_flat = len(values) == len(points) and not any(values) and not any(p.is_partial for p in points)
    return Drawing("".join(path), dots, words, is_flat)


def _short(value: Decimal) -> str:
    return f"{value:.1f}".removesuffix(".0")
