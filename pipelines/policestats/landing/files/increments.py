"""Which delivered files of a table are new."""

from __future__ import annotations

from collections.abc import Mapping

from policestats.errors import ExtractError
from policestats.landing.plan import TablePlan


def new_files(source: str, plan: TablePlan, found: Mapping[str, str], landed: Mapping[str, str]) -> list[str]:
    """Return the names of the files that were not landed before, in the order of ``found``.

    Args:
        found: the files there are now, each with the hash of its content.
        landed: the files of all loads before, likewise.

    Raises: ExtractError when a file that was landed holds something else now. It cannot be taken again: later files may have replaced its
        records since, and what left it would stay.
    """
    changed = [name for name, content in found.items() if landed.get(name, content) != content]
    if changed:
        raise ExtractError(
            f"source {source!r}, table {plan.name!r}: the file {changed[0]!r} was landed before, and holds something else now; "
            "restore it, and deliver the corrected records in a new file whose name comes after the others"
        )
    return [name for name in found if name not in landed]
