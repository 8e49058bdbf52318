"""What the last validation covers: up to which moment every source was read whole. A small file, so that nobody opens the warehouse to wait."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine

_FILE = "validated.json"


@dataclass(frozen=True)
class Validated:
    """The load that was validated last, and by source the moment (ISO, the standard's time zone) as of which all its tables were read; None: never."""

    as_of: int
    read_at: dict[str, str | None] = field(default_factory=dict)

    def late(self, moment: datetime) -> list[str]:
        """Return the sources that were not read whole at ``moment`` (local time) or later."""
        return [name for name, at in self.read_at.items() if at is None or datetime.fromisoformat(at) < moment]

    def write(self, home: Path) -> None:
        """Put it down under ``home``, in one move."""
        path = home / _FILE
        new = path.with_name(f".{_FILE}.{os.getpid()}")
        new.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        new.replace(path)


def read_validated(home: Path) -> Validated | None:
    """Return what the last validation under ``home`` covers; None when there was none."""
    try:
        return Validated(**json.loads((home / _FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def note_validated(engine: DuckDBEngine, catalog: Catalog, home: Path, as_of: int) -> Validated:
    """Put down under ``home`` that the load ``as_of`` was validated, with how far each source was read by then; return it.

    What counts is what the sources are described to deliver now: nobody waits for a table that was taken out of the description. A source
    that was never tried is left out.
    """
    rows = engine.sql(
        "SELECT source, table_name, max(read_at) FILTER (reason IS NULL) AS read_at FROM core.reading WHERE load_id <= ? GROUP BY ALL",
        [as_of],
    ).to_pylist()
    held = {(r["source"], r["table_name"]): r["read_at"] for r in rows}
    tried = {source for source, _ in held}
    read_at: dict[str, str | None] = {}
    for source in (catalog.sources[name] for name in sorted(tried & set(catalog.sources))):
        moments = [held.get((source.id, table.into)) for table in source.tables.values() if table.into is not None]
        read = [at for at in moments if at is not None]
        if moments:
            read_at[source.id] = min(read).isoformat() if len(read) == len(moments) else None
    found = Validated(as_of, read_at)
    found.write(home)
    return found
