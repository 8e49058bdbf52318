"""What the last validation covers: up to which moment every source was read whole. A small file, so that nobody opens the warehouse to wait."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

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


def note_validated(engine: DuckDBEngine, home: Path, as_of: int) -> Validated:
    """Put down under ``home`` that the load ``as_of`` was validated, with how far each source was read by then; return it."""
    rows = engine.sql(
        "SELECT source, CASE WHEN bool_and(read_at IS NOT NULL) THEN min(read_at) END AS read_at FROM "
        "(SELECT source, table_name, max(read_at) FILTER (reason IS NULL) AS read_at FROM core.reading WHERE load_id <= ? GROUP BY ALL) "
        "GROUP BY source ORDER BY source",
        [as_of],
    ).to_pylist()
    found = Validated(as_of, {r["source"]: r["read_at"].isoformat() if r["read_at"] is not None else None for r in rows})
    found.write(home)
    return found
