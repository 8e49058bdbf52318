"""The stages as a scheduler calls them: plain parameters in, small values out that fit into a task's result.

Importing this module is cheap, so that DAG files may: each function imports its stage when it runs, not when a DAG is parsed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from policestats.catalog import Catalog
    from policestats.periods import ReferencePeriod

log = logging.getLogger(__name__)
Params = Mapping[str, Any] | None
Known = dict[str, Any]
#: the periods that may end together with one of these, the longest first; they are reported with it
_ENDING_TOGETHER = {"month": ("year", "half_year", "quarter", "month"), "day": ("week", "day")}


# -- extract_sources ----------------------------------------------------------------------------------------------------------------


def tables(params: Params = None) -> list[dict[str, str]]:
    """Return every table of every source that has a location, given by the environment or by a connection.

    A source whose description is wrong is left out: ``land`` finds it silent, and an alert tells why. Raises: SettingsError when no source
    has a location.
    """
    from policestats.errors import DefinitionError
    from policestats.landing.plan import plan_source

    catalog = _catalog(params)
    found = []
    for name in _locations(catalog):
        try:
            found += [{"source": name, "table": plan.name} for plan in plan_source(catalog, catalog.source(name))]
        except DefinitionError as error:
            log.error("source %s is left out: %s", name, error)
    return found


def read_table(source: str, table: str, params: Params = None, run_id: str | None = None) -> int:
    """Read one table for the landing of this run; return how many rows are new or changed. Raises: ExtractError."""
    from policestats import settings
    from policestats.stages import extract

    catalog = _catalog(params)
    result = extract.read_table(
        catalog=catalog, source=source, table=table, location=_locations(catalog)[source], home=settings.home(), run=str(run_id)
    )
    return result.rows[table]


def land(params: Params = None, run_id: str | None = None) -> dict[str, Any]:
    """Commit what this run has read; return the ids of the loads and the silent sources with the reasons, of which an alert tells."""
    from policestats import settings
    from policestats.stages import land
    from policestats.stages.alerts import alert

    catalog = _catalog(params)
    result = land.run(catalog=catalog, home=settings.home(), run=str(run_id), locations=_locations(catalog), progress=log.info)
    for source, reason in result.silent.items():
        if source in _locations(catalog):
            alert("silent source", f"{source}: {reason}", run_id=run_id)
    return {"loads": result.loads, "silent": result.silent}


# -- validate_core ------------------------------------------------------------------------------------------------------------------


def conform(params: Params = None) -> list[int]:
    """Merge what was landed; return the loads. Raises: ConformError, after everything that could be merged was."""
    from policestats import settings
    from policestats.stages import conform

    return conform.run(catalog=_catalog(params), home=settings.home(), progress=log.info).loads


def validate(params: Params = None) -> dict[str, Any]:
    """Judge the core tables, and put down what that covers; return the load, how far each source was read, and the error rules that failed.

    Raises: QualityError when a rule raised; nothing is put down then, so that nobody takes the load for a validated one.
    """
    from policestats import settings
    from policestats.engines.duckdb import open_warehouse
    from policestats.stages import validate
    from policestats.stages.alerts import alert
    from policestats.stages.validated import note_validated

    catalog = _catalog(params)
    result = validate.run(catalog=catalog, home=settings.home(), progress=log.info)
    if result.failed_errors:
        alert("gate failed", f"load {result.as_of}: {', '.join(result.failed_errors)}; the cells that need these tables are blocked")
    with open_warehouse(settings.home(), read_only=True) as engine:
        validated = note_validated(engine, catalog, settings.home(), result.as_of)
    return {"as_of": validated.as_of, "read_at": validated.read_at, "failed_errors": result.failed_errors}


# -- monthly_report and bulletin ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What a run is to report: the period, the local moment (ISO) at which it is closed, and the load asked for (None: the last validated)."""

    home: Path
    period: ReferencePeriod
    moment: str
    as_of: int | None


def asked(frequency: str, at: str, params: Params = None) -> Asked:
    """Return what a run at the moment ``at`` (ISO) is to report: the period of ``params``, else the one of ``frequency`` that ended last.

    Raises: PeriodError for a period of another frequency.
    """
    from policestats import settings
    from policestats.errors import PeriodError
    from policestats.periods import ReferencePeriod

    given = params or {}
    catalog = _catalog(params)
    if given.get("period"):
        period = ReferencePeriod.parse(str(given["period"]))
        if period.frequency != frequency:
            raise PeriodError(f"period {period} is a {period.frequency}; this DAG reports a {frequency}")
    else:
        day = datetime.fromisoformat(at).astimezone(ZoneInfo(catalog.standard.time_zone)).date()
        period = ReferencePeriod.of(frequency, day).previous
    closed = datetime.combine(period.end, datetime.min.time())
    if frequency == "month":
        closed += catalog.standard.cutoff.offset
    as_of = given.get("as_of")
    return Asked(settings.home(), period, closed.isoformat(), int(as_of) if as_of is not None else None)


def is_covered(home: Path, moment: str) -> bool:
    """Whether the last validation under ``home`` knows every source as it was at the local ``moment`` (ISO) or later."""
    from policestats.stages.validated import read_validated

    validated = read_validated(home)
    return validated is not None and not validated.late(datetime.fromisoformat(moment))


def known(frequency: str, at: str, params: Params = None) -> Known:
    """Return what is to be tabulated: ``period``, all ``periods`` that end with it, the load ``as_of``, and the sources that were ``late``.

    Raises: StatisticsError when nothing was validated at all.
    """
    from policestats.errors import StatisticsError
    from policestats.periods import ReferencePeriod
    from policestats.stages.alerts import alert
    from policestats.stages.validated import read_validated

    wanted = asked(frequency, at, params)
    validated = read_validated(wanted.home)
    if validated is None and wanted.as_of is None:
        raise StatisticsError(f"{wanted.home}: nothing has been validated yet; trigger the DAG extract_sources first")
    late = validated.late(datetime.fromisoformat(wanted.moment)) if validated is not None and wanted.as_of is None else []
    if late:
        alert("sources late", f"{wanted.period} is reported without {', '.join(late)}", period=wanted.period.text)
    last_day = wanted.period.end - timedelta(days=1)
    ending = [ReferencePeriod.of(name, last_day) for name in _ENDING_TOGETHER[frequency]]
    as_of = wanted.as_of if wanted.as_of is not None or validated is None else validated.as_of
    return {
        "period": wanted.period.text,
        "periods": [period.text for period in ending if period.end == wanted.period.end],
        "as_of": as_of,
        "late": late,
    }


def due(known: Known, params: Params = None) -> list[dict[str, str]]:
    """Return every form that is due in one of the periods."""
    return [{"period": period, "form": form} for period in known["periods"] for form in _due(period, params)]


def tabulate(known: Known, due: dict[str, str], params: Params = None) -> int:
    """Fill one form for one period; return the number of its cells."""
    from policestats import settings
    from policestats.stages import tabulate

    result = tabulate.run(
        catalog=_catalog(params),
        home=settings.home(),
        period=due["period"],
        forms=[due["form"]],
        as_of=known["as_of"],
        progress=log.info,
    )
    for form, remade in result.remade.items():
        log.info("%s: facts made wholly %s, by groups %s, kept %s", form, remade.wholly, remade.by_groups, remade.kept)
    return result.cells


def check(known: Known, params: Params = None) -> dict[str, int]:
    """Evaluate all checks and rates of the periods; return by period how many error checks failed, of which an alert tells."""
    from policestats import settings
    from policestats.stages import check
    from policestats.stages.alerts import alert

    failed = {}
    for period in _with_forms(known, params):
        result = check.run(catalog=_catalog(params), home=settings.home(), period=period, as_of=known["as_of"], progress=log.info)
        failed[period] = result.failed_errors
        if result.failed_errors:
            alert("checks failed", f"{period}: {result.failed_errors} error checks do not hold", period=period)
    return failed


def publish(known: Known, params: Params = None) -> dict[str, Any]:
    """Publish the periods, the longest first; return by period the folder of its release, with the load and the late sources."""
    from policestats import settings
    from policestats.stages import publish

    folders = {}
    for period in _with_forms(known, params):
        result = publish.run(catalog=_catalog(params), home=settings.home(), period=period, as_of=known["as_of"], progress=log.info)
        folders[period] = str(result.folder)
    return {"releases": folders, "as_of": known["as_of"], "late": known["late"]}


def _with_forms(known: Known, params: Params) -> list[str]:
    return [period for period in known["periods"] if _due(period, params)]


def _due(period: str, params: Params) -> list[str]:
    from policestats.errors import PeriodError
    from policestats.periods import ReferencePeriod
    from policestats.reports.template import load_forms
    from policestats.stages.tabulate import due

    try:
        wanted = ReferencePeriod.parse(period)
        return [form.id for form in due(load_forms(_catalog(params), period=wanted), wanted)]
    except PeriodError:  # no form is made for such a period
        return []


def _locations(catalog: Catalog) -> dict[str, str]:
    from policestats.stages.connections import location_of
    from policestats.stages.run import locations

    return locations(catalog, {}, location_of)


def _catalog(params: Params) -> Catalog:
    from policestats import settings
    from policestats.catalog import load_catalog

    return load_catalog(settings.definitions(), settings.standard((params or {}).get("standard")))
