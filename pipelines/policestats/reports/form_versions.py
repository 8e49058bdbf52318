"""Versions of a form: each in a file of its own, in force from one day until the next version's; which of them a period is made with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from policestats.catalog.model import Label
from policestats.errors import DefinitionError
from policestats.periods import ReferencePeriod

if TYPE_CHECKING:
    from policestats.reports.template import Form

_NUMBERED = re.compile(r"(?P<id>[A-Za-z][A-Za-z0-9_]*)\.v(?P<version>[1-9][0-9]*)", re.ASCII)


def form_of(path: Path) -> str:
    """Return the form that a file is named after: ``<id>.yaml``, or ``<id>.v<version>.yaml`` for one of several versions."""
    numbered = _NUMBERED.fullmatch(path.stem)
    return numbered["id"] if numbered else path.stem


def refuse_other_name(form: Form, path: Path) -> None:
    """Raise DefinitionError unless the file is named after the form and its version."""
    numbered = _NUMBERED.fullmatch(path.stem)
    if form.id != form_of(path):
        raise DefinitionError(f"{form.where}: the form's id is {form.id!r} but its file is {path.name}; make them the same")
    if numbered and form.version != int(numbered["version"]):
        raise DefinitionError(f"{form.where}: the form's version is {form.version} but its file is {path.name}; make them the same")


def in_order(versions: Sequence[Form]) -> list[Form]:
    """Return the versions of one form in the order of their validity: a version without ``valid_to`` ends where the next one begins.

    Each but the first knows the version before it. Raises: DefinitionError when a number stands twice, or two versions are in force on one day.
    """
    ordered = sorted(versions, key=lambda form: (form.valid_from or date.min, form.version))
    for one, other in pairwise(ordered):
        if other.valid_from is None or one.valid_from == other.valid_from or (one.valid_to is not None and one.valid_to > other.valid_from):
            raise DefinitionError(
                f"{other.where}: form {other.id}: version {other.version} is in force from {other.valid_from or 'the beginning'}, when version "
                f"{one.version} ({one.where}) is; give each version a valid_from of its own, and no valid_to after the next one's"
            )
        if one.version == other.version:
            raise DefinitionError(
                f"{other.where}: form {other.id}: version {one.version} stands in {one.where} too; give one another number"
            )
    before, after = (None, *ordered[:-1]), (*ordered[1:], None)
    return [
        replace(form, valid_to=form.valid_to or (later.valid_from if later else None), succeeds=earlier.version if earlier else None)
        for earlier, form, later in zip(before, ordered, after, strict=True)
    ]


def in_force(versions: Sequence[Form], period: ReferencePeriod | None) -> Form:
    """Return the version in force on the first day of ``period``, else the first that begins within it, else (or without a period) the newest.

    Args:
        versions: in the order of their validity.
    """
    if period is not None:
        for form in versions:
            if (form.valid_from is None or form.valid_from < period.end) and (form.valid_to is None or form.valid_to > period.start):
                return form
    return versions[-1]


def change_told(form: Form, columns: Sequence[str]) -> Label:
    """Return the footnote of a form whose ``columns`` count days on which an earlier version was in force."""
    named = ", ".join(columns)
    return {
        "zh": f"口径变动：本表第 {form.version} 版自 {form.valid_from} 起施行，此前为第 {form.succeeds} 版；{named} 含此前的数，"
        "均按本版口径重新计算，可能与当时公布的不同",
        "en": f"Definition changed: version {form.version} holds from {form.valid_from}, version {form.succeeds} before; {named} "
        "include days before, recounted by this version, and may differ from what was published then",
    }
