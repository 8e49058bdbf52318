"""Tables that were read and wait to be committed, each in a folder of its own, so that many processes may read one source."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from policestats.landing.raw import LandedTable, locked

_SAYS = "arrived.json"
_FAILED = ".failed"


@dataclass(frozen=True)
class Arrival:
    """What reading one table gave: a landing for each load it is to be part of; none when its source has delivered no new file of it.

    ``after`` is the last load of the source it was compared with (0: none), ``read_at`` the moment (UTC, ISO) as of which the source was read.
    ``broken`` says why the delivered files after those could not be read.
    """

    table: str
    after: int
    location: str
    read_at: str
    source_types: dict[str, str]
    turns: list[LandedTable]
    broken: str | None = None

    def landed(self, turn: int) -> LandedTable | None:
        """Return the landing for the load number ``turn``; None when the table brings nothing to it."""
        return self.as_read(self.turns[turn]) if turn < len(self.turns) else None

    def lacks(self, turn: int) -> str | None:
        """Return why the table is not whole with the load number ``turn``; None when it is."""
        return "more of its files come with later loads" if turn + 1 < len(self.turns) else self.broken

    def as_read(self, table: LandedTable) -> LandedTable:
        """Return ``table`` with the columns that the source had, and when."""
        return table.as_read(self.source_types, datetime.fromisoformat(self.read_at))


class Arrivals:
    """The arrivals below one ``folder``. A table has arrived when its note is there; until then it can be read again from the start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def reading(self, table: str) -> Iterator[Path]:
        """Give an empty folder for what is read of ``table``; only one process reads a table at a time, the next one begins anew."""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / table
        with locked(self._folder / f"{table}.lock"):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            yield place

    def turn(self, table: str, number: int) -> Path:
        """Return the folder of what ``table`` brings to the load number ``number``, made if it is not there."""
        place = self._folder / table / str(number)
        place.mkdir(parents=True, exist_ok=True)
        return place

    def put(self, arrival: Arrival) -> None:
        """Say that a table has arrived."""
        place = self._folder / arrival.table
        place.mkdir(parents=True, exist_ok=True)
        said = place / f"{_SAYS}.new"
        said.write_text(json.dumps(asdict(arrival), ensure_ascii=False), encoding="utf-8")
        said.replace(place / _SAYS)

    def fail(self, table: str, reason: str) -> None:
        """Say why a table could not be read."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{table}{_FAILED}").write_text(reason, encoding="utf-8")

    def failures(self) -> dict[str, str]:
        """Return why tables could not be read, by table; one that could be read later is among them, too."""
        return {path.name.removesuffix(_FAILED): path.read_text(encoding="utf-8") for path in self._folder.glob(f"*{_FAILED}")}

    def all(self) -> dict[str, Arrival]:
        """Return what has arrived, by table."""
        found = {}
        for path in sorted(self._folder.glob(f"*/{_SAYS}")):
            plain = json.loads(path.read_text(encoding="utf-8"))
            found[plain["table"]] = Arrival(**{**plain, "turns": [LandedTable.of(turn) for turn in plain["turns"]]})
        return found

    def remove(self) -> None:
        """Remove everything that arrived."""
        shutil.rmtree(self._folder, ignore_errors=True)
