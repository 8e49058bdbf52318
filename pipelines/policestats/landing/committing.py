"""Commits what arrived of one source: a load, or several where files are delivered in increments, or none when nothing is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from policestats.landing.arrivals import Arrival, Arrivals
from policestats.landing.landing import computing, last_of, nothing_new
from policestats.landing.plan import TablePlan
from policestats.landing.raw import LandedTable, Manifest, RawStore


@dataclass(frozen=True)
class Watch:
    """The moments at which periods close: every midnight of ``zone`` (days, weeks), and every day at the time ``closes`` (a month's cut-off)."""

    zone: ZoneInfo
    closes: time

    def passed(self, since: datetime, until: datetime) -> bool:
        """Whether a period may have closed after ``since`` and by ``until``."""
        return self._count(since) < self._count(until)

    def _count(self, moment: datetime) -> tuple[str, bool]:
        local = moment.astimezone(self.zone)
        return local.date().isoformat(), local.time() >= self.closes


@dataclass(frozen=True)
class Committing:
    """Commits the tables of ``source`` into the raw store, for a scheduled ``run`` or (None) for a single reading.

    A source that is ``watched`` gives a load whenever it is read after a period may have closed, and for every failure that is new, also
    without any new record: that it was read, and had nothing to say, is knowledge too. Otherwise only new content is a load.
    """

    raw: RawStore
    source: str
    plans: Sequence[TablePlan]
    location: str
    watched: Watch | None = None
    run: str | None = None

    def commit(self, arrived: dict[str, Arrival], absent: dict[str, str], arrivals: Arrivals, work: Path) -> list[Manifest]:
        """Commit the tables that have ``arrived``, as differing from the last load, with those that are ``absent`` (and why).

        Args: work: the landing's folder, while nobody else lands the source.
        Returns: the new loads.
        """
        loads = self.raw.loads_of(self.source)
        committed: list[Manifest] = []
        for turn in range(max([1, *(len(arrival.turns) for arrival in arrived.values())])):
            tables = self._tables(arrived, turn, arrivals, loads, work)
            # a table with files to come is not read yet: nobody may take their records for none
            lacking = absent | {name: why for name, arrival in arrived.items() if (why := arrival.lacks(turn)) is not None}
            if self._is_news(tables, lacking, loads):
                committed.append(self.raw.commit(self.source, work, self.location, tables, lacking, self.run))
                loads.append(committed[-1])
        return committed

    def _tables(
        self, arrived: dict[str, Arrival], turn: int, arrivals: Arrivals, loads: Sequence[Manifest], work: Path
    ) -> dict[str, LandedTable]:
        tables = {}
        for plan in (plan for plan in self.plans if plan.name in arrived):
            arrival = arrived[plan.name]
            table = arrival.landed(turn)
            if table is None:
                with computing(work) as engine:
                    table = arrival.as_read(nothing_new(engine, work, plan, last_of(loads, plan.name)))
            else:
                for file in arrivals.turn(plan.name, turn).glob("*.parquet"):
                    file.replace(work / file.name)
            tables[plan.name] = table
        return tables

    def _is_news(self, tables: dict[str, LandedTable], absent: dict[str, str], loads: Sequence[Manifest]) -> bool:
        """Whether there is anything that the loads before do not say."""
        if not loads:
            return bool(tables) or self.watched is not None
        before = loads[-1]
        if {*tables, *absent} != {*before.tables, *before.absent} or {*absent} != {*before.absent}:
            return True
        if self.watched is not None and tables and self.watched.passed(_read_at(before.tables, before), _read_at(tables, before)):
            return True
        return any(_brings_news(name, table, loads) for name, table in tables.items())


def _brings_news(name: str, table: LandedTable, loads: Sequence[Manifest]) -> bool:
    if table.mode == "changes":
        return not table.brings_nothing
    landed = [load.tables[name] for load in loads if name in load.tables]
    former = next((t for t in reversed(landed) if not t.brings_nothing), landed[-1] if landed else None)
    return former is None or not table.same_content(former)


def _read_at(tables: dict[str, LandedTable], load: Manifest) -> datetime:
    """The earliest moment as of which one of ``tables`` was read; when ``load`` was landed, if nobody says."""
    return min((datetime.fromisoformat(t.read_at) for t in tables.values() if t.read_at is not None), default=load.landed_at)
