"""run: source records to a published release, stage after stage; what one source lacks does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from policestats import settings
from policestats.catalog import Catalog
from policestats.errors import ConformError, DefinitionError, ExtractError, SettingsError, StatisticsError
from policestats.stages import conform, extract, publish, tabulate, validate
from policestats.stages.conform import ConformResult
from policestats.stages.extract import ExtractResult
from policestats.stages.publish import PublishResult
from policestats.stages.tabulate import TabulateResult
from policestats.stages.validate import ValidateResult

Progress = Callable[[str], None]


@dataclass
class RunResult:
    """What each stage did. ``problems`` are the sources and loads that could not be taken; the rest was done without them."""

    period: str
    extracted: dict[str, ExtractResult] = field(default_factory=dict)
    conformed: ConformResult | None = None
    validated: ValidateResult | None = None
    tabulated: TabulateResult | None = None
    published: PublishResult | None = None
    problems: list[str] = field(default_factory=list)


def locations(
    catalog: Catalog, given: Mapping[str, str], connected: Callable[[str], str | None] = lambda connection: None
) -> dict[str, str]:
    """Return where each source of the standard is: as ``given``, else from the environment, else as its connection says.

    A source without any is left out. ``connected`` looks a connection up by its id; without it there are none.

    Raises: DefinitionError for a source the standard does not have; SettingsError when none has a location.
    """
    for name in given:
        catalog.source(name)
    found = {
        name: given.get(name) or settings.source_location(name) or connected(source.connection) for name, source in catalog.sources.items()
    }
    known = {name: location for name, location in found.items() if location}
    if not known:
        names = ", ".join(catalog.sources)
        raise SettingsError(f"no source has a location: give --source NAME=PATH or set {settings.SOURCE_PREFIX}<NAME>; sources: {names}")
    return known


def extract_all(catalog: Catalog, home: Path, where: Mapping[str, str], result: RunResult, progress: Progress | None = None) -> None:
    """Land every source; one that cannot be read, or whose description is wrong, is a problem of the result, and the others go on."""
    for name, location in where.items():
        try:
            result.extracted[name] = extract.run(catalog=catalog, source=name, location=location, home=home, progress=progress)
        except (ExtractError, DefinitionError) as error:
            result.problems.append(str(error))


def run(*, catalog: Catalog, home: Path, period: str, sources: Mapping[str, str], progress: Progress | None = None) -> RunResult:
    """Take all sources to a release of ``period``.

    Args:
        sources: where each source is (a URL or a path), by name; others come from the environment.
    Raises: StatisticsError when a stage cannot go on at all.
    """
    result = RunResult(period)
    where = locations(catalog, sources)
    for name in (n for n in catalog.sources if n not in where):
        result.problems.append(f"source {name!r} has no location: give --source {name}=PATH or set {settings.SOURCE_PREFIX}{name.upper()}")
    extract_all(catalog, home, where, result, progress)
    try:
        result.conformed = conform.run(catalog=catalog, home=home, progress=progress)
    except ConformError as error:
        result.problems.append(str(error))
    try:
        result.validated = validate.run(catalog=catalog, home=home, progress=progress)
    except StatisticsError as error:  # why nothing could be judged is often what the stages before met
        raise type(error)("\n".join([*result.problems, str(error)])) from None
    result.tabulated = tabulate.run(catalog=catalog, home=home, period=period, progress=progress)
    result.published = publish.run(catalog=catalog, home=home, period=period, progress=progress)
    return result
