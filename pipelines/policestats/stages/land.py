"""land: what the tasks of one run have read -> a load of every source, whatever happened to some of its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from policestats.catalog import Catalog
from policestats.errors import DefinitionError, ExtractError
from policestats.landing.arrivals import Arrivals
from policestats.landing.committing import Committing, Watch
from policestats.landing.database import without_password
from policestats.landing.plan import plan_source
from policestats.landing.raw import RawStore

#: what a run that died has read is kept for so long, should somebody retry it
_KEPT = timedelta(days=3)
_NOT_READ = "its reading did not end"


@dataclass(frozen=True)
class LandResult:
    """The loads that were committed, and the sources of which not every table came, each with the reason."""

    loads: list[int] = field(default_factory=list)
    silent: dict[str, str] = field(default_factory=dict)


def run(
    *, catalog: Catalog, home: Path, run: str, locations: Mapping[str, str], progress: Callable[[str], None] | None = None
) -> LandResult:
    """Commit what was read under the name ``run``, a load for each source of ``locations``.

    A table that did not arrive is named in the load as absent: nothing is deleted, and its cells say that it was not read. A source gives a
    load whenever it is read after a period may have closed, even when nothing is new. Run again, it finds its loads and makes no others.
    """
    tell = progress or (lambda message: None)
    raw = RawStore(home)
    result = LandResult(silent={name: "it has no location" for name in catalog.sources if name not in locations})
    for source, location in locations.items():
        try:
            loads, lacking = _land(catalog, raw, source, location, run)
        except (DefinitionError, ExtractError) as error:  # a damaged manifest, say: the other sources land
            loads, lacking = [], str(error)
        result.loads.extend(loads)
        if lacking:
            result.silent[source] = lacking
        tell(f"land {source}: {'load ' + ', '.join(map(str, loads)) if loads else 'nothing new'}{'; ' + lacking if lacking else ''}")
    raw.sweep_arrivals(_KEPT)
    return result


def _land(catalog: Catalog, raw: RawStore, source: str, location: str, run: str) -> tuple[list[int], str]:
    """Commit one source; return its loads of this run, and what it lacks ("": nothing).

    What was compared with an older load than the last one was landed by another run since, or by this one before it was killed.
    """
    plans = plan_source(catalog, catalog.source(source))
    arrivals = Arrivals(raw.arriving(source, run))
    with raw.landing(source) as work:
        loads = raw.loads_of(source)
        ours = [load for load in loads if load.run == run]
        last = loads[-1].load_id if loads else 0
        arrived, failures = arrivals.all(), arrivals.failures()
        fresh = {name: arrival for name, arrival in arrived.items() if arrival.after == last}
        settled = {*fresh, *(name for load in ours for name in load.tables)}
        absent = {plan.name: failures.get(plan.name, _NOT_READ) for plan in plans if plan.name not in settled}
        absent |= {name: f"another run landed load {last} while it was read" for name in absent if name in arrived}
        halves = ours[-1].absent if ours else {}  # killed between two loads; the next reading brings the files that are left
        absent |= {name: why for name, why in halves.items() if name in ours[-1].tables and name not in fresh}
        if fresh or not ours:
            watch = Watch(ZoneInfo(catalog.standard.time_zone), catalog.standard.cutoff.at)
            committing = Committing(raw, source, plans, without_password(location), watched=watch, run=run)
            ours += committing.commit(fresh, absent, arrivals, work)
        arrivals.remove()
    lacking = absent | {name: arrival.broken for name, arrival in fresh.items() if arrival.broken is not None}
    told = f"{len(lacking)} of {len(plans)} tables: {next(iter(lacking.values()))}" if lacking else ""
    return [load.load_id for load in ours], told
