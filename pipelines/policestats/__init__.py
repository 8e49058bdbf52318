"""policestats: national-standard criminal and administrative report tables, every figure traceable to its records.

For notebooks: ``read_form``, ``read_quality``, ``read_rates`` and ``trace`` read a published release (see ``policestats.releases``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from policestats.releases import read_form, read_quality, read_rates, trace

__all__ = ["read_form", "read_quality", "read_rates", "trace"]


def __getattr__(name: str) -> Any:
    """Load the readers, and pandas with them, when one is first asked for."""
    if name in __all__:
        from policestats import releases

        return getattr(releases, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
