"""The stages as a scheduler calls them: plain parameters in, small values out that fit into a task's result.

Importing this module is cheap, so that DAG files may: each function imports its stage when it runs, not when a DAG is parsed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from policestats.catalog import Catalog

log = logging.getLogger(__name__)
Params = Mapping[str, Any] | None


def sources(params: Params = None) -> list[str]:
    """Return the names of the sources that have a location, given by the environment or by a connection. Raises: SettingsError when none has."""
    from policestats.stages.connections import location_of
    from policestats.stages.run import locations

    return list(locations(_catalog(params), {}, location_of))


def extract(source: str, params: Params = None) -> int | None:
    """Land one source; return its load id, None when it gave nothing new. Raises: ExtractError."""
    from policestats import settings
    from policestats.stages import extract
    from policestats.stages.connections import location_of
    from policestats.stages.run import locations

    catalog = _catalog(params)
    where = locations(catalog, {}, location_of)[source]
    return extract.run(catalog=catalog, source=source, location=where, home=settings.home(), progress=log.info).load_id


def conform(params: Params = None) -> list[int]:
    """Merge what was landed; return the loads. Raises: ConformError."""
    from policestats import settings
    from policestats.stages import conform

    return conform.run(catalog=_catalog(params), home=settings.home(), progress=log.info).loads


def validate(params: Params = None) -> list[str]:
    """Judge the core tables; return the error rules that failed. Raises: QualityError when a rule raised."""
    from policestats import settings
    from policestats.stages import validate

    return validate.run(catalog=_catalog(params), home=settings.home(), progress=log.info).failed_errors


def tabulate(run_after: str | datetime, params: Params = None) -> str:
    """Fill the forms of the month asked for, or of the month before ``run_after``; return the month."""
    from policestats import settings
    from policestats.periods import ReferencePeriod
    from policestats.stages import tabulate

    catalog = _catalog(params)
    asked = (params or {}).get("period")
    moment = run_after if isinstance(run_after, datetime) else datetime.fromisoformat(run_after)
    day = moment.astimezone(ZoneInfo(catalog.standard.time_zone)).date()
    period = ReferencePeriod.parse(asked) if asked else ReferencePeriod.of("month", day).previous
    result = tabulate.run(catalog=catalog, home=settings.home(), period=period.text, progress=log.info)
    for form, remade in result.remade.items():
        log.info("%s: facts made wholly %s, by groups %s, kept %s", form, remade.wholly, remade.by_groups, remade.kept)
    return period.text


def publish(period: str, params: Params = None) -> str:
    """Publish the forms of ``period``; return the release's folder."""
    from policestats import settings
    from policestats.stages import publish

    return str(publish.run(catalog=_catalog(params), home=settings.home(), period=period, progress=log.info).folder)


def _catalog(params: Params) -> Catalog:
    from policestats import settings
    from policestats.catalog import load_catalog

    return load_catalog(settings.definitions(), settings.standard((params or {}).get("standard")))
