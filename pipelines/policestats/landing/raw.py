"""The raw store: immutable loads under raw/<source>/, each a Parquet file per table and one manifest, which is the commit point."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from policestats.errors import ExtractError

_MANIFEST = "manifest"
_WORK = ".landing-"
_ARRIVING = ".arriving-"


@dataclass(frozen=True)
class LandedTable:
    """One table of a load: how many rows, which columns, and a hash of its content (free of row order).

    Mode ``snapshot`` holds every record of the table, ``changes`` new and changed records only; ``deleted`` then counts the keys of
    records that are gone (in ``<load>.deleted.parquet``). ``source_types`` are the source's columns with their types as it declares them.
    ``until`` is the greatest value of the column ``cursor`` landed so far, ``reconciled_at`` (UTC, ISO) when the whole table was last read or compared.
    ``files`` are the delivered files of this load with the hash of their content, where a table is delivered in increments.
    ``key_fingerprint`` tells with which key the pseudonyms of the table were made (None: it has none). ``read_at`` (UTC, ISO) is the moment
    as of which the source was read.
    """

    rows: int
    columns: tuple[str, ...]
    sha256: str
    mode: str = "snapshot"
    deleted: int = 0
    source_types: dict[str, str] = field(default_factory=dict)
    cursor: str | None = None
    until: str | None = None
    reconciled_at: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    key_fingerprint: str | None = None
    read_at: str | None = None

    def as_read(self, source_types: dict[str, str], at: datetime) -> LandedTable:
        """Return the table with the source's columns and types, and the moment as of which it was read."""
        return replace(self, source_types=source_types, read_at=at.astimezone(UTC).isoformat())

    @property
    def brings_nothing(self) -> bool:
        """Whether the table was read, and held nothing that the loads before do not hold."""
        return self.mode == "changes" and not (self.rows or self.deleted or self.files)

    def same_content(self, other: LandedTable) -> bool:
        """Whether two snapshots hold the same rows of the same columns, with pseudonyms of the same key."""
        mine, others = ((t.mode, t.rows, t.columns, t.sha256, t.key_fingerprint) for t in (self, other))
        return mine == others

    @classmethod
    def of(cls, plain: dict[str, Any]) -> LandedTable:
        """Return the table written as ``plain``; what an older manifest does not say has its default."""
        return cls(**{**plain, "columns": tuple(plain["columns"])})


@dataclass(frozen=True)
class Manifest:
    """What a committed load holds. ``landed_at`` is UTC; ``location`` carries no password.

    ``absent`` are the tables that could not be read this time, or not to the end of what is delivered, each with the reason. ``run`` names the
    scheduled run that landed it.
    """

    load_id: int
    source: str
    landed_at: datetime
    location: str
    tables: dict[str, LandedTable]
    absent: dict[str, str] = field(default_factory=dict)
    run: str | None = None

    def to_json(self) -> str:
        """Return the manifest as it is written."""
        plain = asdict(self) | {"landed_at": self.landed_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        return json.dumps(plain, ensure_ascii=False, indent=1)

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Return the manifest at ``path``. Raises: ExtractError when it is not one."""
        try:
            plain: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            landed_at = datetime.strptime(plain["landed_at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
            tables = {name: LandedTable.of(table) for name, table in plain["tables"].items()}
            return cls(plain["load_id"], plain["source"], landed_at, plain["location"], tables, plain.get("absent", {}), plain.get("run"))
        except (ValueError, KeyError, TypeError) as error:
            raise ExtractError(f"{path}: not a manifest of a load ({error!r}); restore the raw folder from its backup") from None


class RawStore:
    """The loads of all sources under ``home``/raw. What no manifest names does not exist."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "raw"

    def loads(self) -> list[Manifest]:
        """Return every committed load of every source, in order of load id."""
        return sorted((Manifest.read(p) for p in self._folder.glob(f"*/{_MANIFEST}/*.json")), key=lambda m: m.load_id)

    def loads_of(self, source: str) -> list[Manifest]:
        """Return every committed load of ``source``, in order."""
        return [Manifest.read(path) for path in sorted((self._folder / source / _MANIFEST).glob("*.json"))]

    def arriving(self, source: str, run: str) -> Path:
        """Return the folder for what a ``run`` reads of ``source`` before it is landed."""
        name = hashlib.sha256(run.encode()).hexdigest()[:16]
        return self._folder / source / f"{_ARRIVING}{name}"

    def sweep_arrivals(self, older_than: timedelta) -> None:
        """Remove what runs that died left, once nothing was read for as long as ``older_than``."""
        until = datetime.now(UTC) - older_than
        for folder in self._folder.glob(f"*/{_ARRIVING}*"):
            touched = max((path.stat().st_mtime for path in [folder, *folder.glob("*")]), default=0.0)
            if datetime.fromtimestamp(touched, UTC) < until:
                shutil.rmtree(folder, ignore_errors=True)

    def table_path(self, source: str, table: str, load_id: int) -> Path:
        """Return where the rows of one table of one load are (or will be)."""
        return self._folder / source / table / f"{load_id:08d}.parquet"

    def deleted_path(self, source: str, table: str, load_id: int) -> Path:
        """Return where the keys of the records that are gone with one load are (or will be)."""
        return self._folder / source / table / f"{load_id:08d}.deleted.parquet"

    @contextmanager
    def landing(self, source: str) -> Iterator[Path]:
        """Give a folder to write the Parquet files of one load into, ``<table>.parquet`` and ``<table>.deleted.parquet``; one landing per
        source at a time.

        Whatever an earlier, killed landing left is removed first; whatever this one leaves without a manifest is removed at its end.
        """
        folder = self._folder / source
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / ".lock"):
            self._sweep(folder)
            work = folder / f"{_WORK}{uuid.uuid4().hex}"
            work.mkdir()
            try:
                yield work
            finally:
                self._sweep(folder)

    def commit(
        self,
        source: str,
        work: Path,
        location: str,
        tables: dict[str, LandedTable],
        absent: dict[str, str] | None = None,
        run: str | None = None,
    ) -> Manifest:
        """Move the files of a landing into place and write its manifest; the load exists from that moment.

        The id is one more than the largest committed one of all sources, taken under a lock: sources may land at the same time.
        """
        with locked(self._folder / ".lock"):
            ids = [int(path.stem) for path in self._folder.glob(f"*/{_MANIFEST}/*.json")]
            manifest = Manifest(max(ids, default=0) + 1, source, datetime.now(UTC), location, tables, absent or {}, run)
            for name, table in tables.items():
                self._move(work / f"{name}.parquet", self.table_path(source, name, manifest.load_id))
                if table.deleted:
                    self._move(work / f"{name}.deleted.parquet", self.deleted_path(source, name, manifest.load_id))
            written = work / "manifest.json"
            written.write_text(manifest.to_json(), encoding="utf-8")
            self._move(written, self._folder / source / _MANIFEST / f"{manifest.load_id:08d}.json")
        return manifest

    def _move(self, written: Path, place: Path) -> None:
        with written.open("rb") as file:
            os.fsync(file.fileno())  # a manifest must never survive a power cut that its rows do not
        place.parent.mkdir(parents=True, exist_ok=True)
        written.replace(place)

    def _sweep(self, folder: Path) -> None:
        committed = {path.stem for path in (folder / _MANIFEST).glob("*.json")}
        for work in folder.glob(f"{_WORK}*"):
            shutil.rmtree(work, ignore_errors=True)
        for path in folder.glob("*/*.parquet"):
            if path.name.split(".")[0] not in committed:
                path.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an advisory lock; the system releases it when the process ends, however it ends."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
