"""Merges what people typed, whatever is wrong with the loads of other sources."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from policestats.catalog import Catalog
from policestats.catalog.office import OFFICE
from policestats.engines.duckdb import open_warehouse
from policestats.errors import ConformError
from policestats.landing.raw import RawStore
from policestats.stages import conform


def merge(*, catalog: Catalog, home: Path, progress: Callable[[str], None] | None = None) -> None:
    """Merge every load that waits, so that the warehouse knows all that was typed.

    Raises: ConformError when a load of the source ``office`` could not be merged; those of others are told by ``policestats conform``.
    """
    try:
        conform.run(catalog=catalog, home=home, progress=progress)
    except ConformError:
        with open_warehouse(home, read_only=True) as engine:
            merged = set(engine.sql("SELECT load_id FROM core.load").column(0).to_pylist())
        if any(load.load_id not in merged for load in RawStore(home).loads_of(OFFICE)):
            raise
