"""what-if: the generation rates as they would be with other sources. Statuses change, figures do not: nothing is made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.errors import StatisticsError, nearest
from policestats.periods import ReferencePeriod
from policestats.reports.deliveries import Deliveries, Readings
from policestats.reports.generation import GenerationRate
from policestats.reports.needs import feeding
from policestats.reports.plan import plan
from policestats.reports.status import ColumnStatus, statuses
from policestats.reports.template import Form, load_forms
from policestats.stages import knowledge
from policestats.stages.check import as_chosen, refuse_other
from policestats.stages.tabulate import Tabulation


@dataclass(frozen=True)
class Effect:
    """What happens to one form. ``gained`` and ``lost`` count, by printed column, the units at which it becomes automatic, or is so no longer."""

    form_id: str
    gained: dict[str, int]
    lost: dict[str, int]


@dataclass(frozen=True)
class WhatIf:
    """The generation rates before and after, and what happens to each form.

    ``connected`` are those of the sources to be connected that already are: for them, every unit is taken to deliver.
    """

    period: str
    as_of: int
    connected: list[str]
    before: list[GenerationRate]
    after: list[GenerationRate]
    effects: list[Effect]


def run(*, catalog: Catalog, home: Path, period: str, connect: Sequence[str] = (), without: Sequence[str] = ()) -> WhatIf:
    """Return the rates of ``period`` as tabulated last, beside those if all tables of the sources ``connect`` had come for every unit and month
    that was due, and the sources ``without`` had never been connected.

    A table that another connected source feeds too stays without the one. Failed data rules go on blocking, and failed error checks are
    those of the figures there are. The warehouse is only read.

    Raises: StatisticsError for a source that nobody declared, or a period that was not tabulated with the definitions as they are now.
    """
    wanted = ReferencePeriod.parse(period)
    with open_warehouse(home, read_only=True) as engine:
        catalog = as_chosen(engine, catalog, wanted, _tabulated_at(engine, wanted))
        return what_if(engine, catalog, wanted, load_forms(catalog, period=wanted), connect, without)


def what_if(
    engine: DuckDBEngine,
    catalog: Catalog,
    period: ReferencePeriod,
    defined: Mapping[str, Form],
    connect: Sequence[str],
    without: Sequence[str],
) -> WhatIf:
    """Do what ``run`` does on an open engine with the given forms and choices."""
    for asked, names in (("--what-if", connect), ("--without", without)):
        for name in names:
            catalog.source(name, asked)
    load = _tabulated_at(engine, period)
    with engine.names_from("core"):
        work = Tabulation(engine, catalog, period, load, max(knowledge.loads(engine)))
        chosen = [defined[name] for name in _forms(engine, period, load, defined)]
        for form in chosen:
            refuse_other(engine, work, form)
            work.refill(form)
        outcomes = {form.id: work.check(work.tables[form.id]) for form in chosen}
    before = work.rates(outcomes)
    connected = [name for name in connect if name in work.deliveries.readings.sources]
    other = _other(catalog, work.deliveries, connect, without)
    effects = []
    for form in chosen:
        table = work.tables[form.id]
        after = statuses(catalog, plan(form, period, catalog.standard.records_begin), other, work.blocked, table.units)
        shown = [c.code for c in form.columns_for(period.frequency) if not c.hidden]
        effects.append(Effect(form.id, _turned(table.statuses, after, shown), _turned(after, table.statuses, shown)))
        work.tables[form.id] = replace(table, statuses=after)
    return WhatIf(period.text, load, connected, before, work.rates(outcomes), effects)


def _tabulated_at(engine: DuckDBEngine, period: ReferencePeriod) -> int:
    """Return the load at which the rates of the period were reckoned last. Raises: StatisticsError when they never were."""
    cure = f"run 'policestats tabulate --period {period}' first"
    if not engine.has_table("report", "generation"):
        raise StatisticsError(f"nothing has been tabulated yet; {cure}")
    found = engine.scalar("SELECT max(as_of) FROM report.generation WHERE period = ?", [period.text])
    if found is None:
        raise StatisticsError(f"{period} has not been tabulated; {cure}")
    return int(found)


def _forms(engine: DuckDBEngine, period: ReferencePeriod, load: int, defined: Mapping[str, Form]) -> list[str]:
    """Return the forms tabulated at the load, in the order of their definitions."""
    rows = engine.sql("SELECT form_id FROM report.run WHERE period = ? AND as_of = ?", [period.text, load])
    held = {str(name) for name in rows.column(0).to_pylist()}
    for name in sorted(held.difference(defined)):
        raise StatisticsError(f"the warehouse holds the form {name!r} for {period}, which is no longer defined; {nearest(name, defined)}")
    return [name for name in defined if name in held]


def _other(catalog: Catalog, deliveries: Deliveries, connect: Sequence[str], without: Sequence[str]) -> Deliveries:
    """Return the deliveries with all that ``connect`` feed assumed to have come, and nothing of what only ``without`` fed."""
    given = {t.into for name in connect for t in catalog.sources[name].tables.values() if t.into is not None}
    readings = deliveries.readings
    left = readings.sources.union(connect).difference(without)
    fed = {t.into for name in without for t in catalog.sources[name].tables.values() if t.into is not None}
    gone = {table for table in fed if not left.intersection(feeding(catalog, table))}
    return replace(
        deliveries,
        months={name: of for name, of in deliveries.months.items() if name not in gone},
        whole=deliveries.whole - gone,
        readings=Readings(
            {name: at for name, at in readings.read_at.items() if name not in gone},
            {name: at for name, at in readings.failed_at.items() if name not in gone},
            frozenset(left),
        ),
        assumed=frozenset(given - gone),
    )


def _turned(before: dict[str, ColumnStatus], after: dict[str, ColumnStatus], columns: Sequence[str]) -> dict[str, int]:
    """Return at how many units each column is automatic after and not before, where it is so at any."""
    counts = {code: int((after[code].is_auto & ~before[code].is_auto).sum()) for code in columns}
    return {code: count for code, count in counts.items() if count}
