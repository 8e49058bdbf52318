"""publish: the forms of a period -> an immutable release: two DuckDB files, workbooks, pages, a manifest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from policestats.catalog import Catalog, load_catalog
from policestats.engines import release_folder
from policestats.engines.duckdb import open_warehouse, quoted
from policestats.engines.release_files import PREVIOUS, SOURCE, ReleaseFiles, open_release_files
from policestats.errors import ReleaseError
from policestats.periods import ReferencePeriod
from policestats.reports.template import Form, load_forms
from policestats.reports.writers.excel import write_form_workbook
from policestats.reports.writers.html import write_form_page, write_index_page, write_rates_page
from policestats.stages.print_forms import FORMATS, books_of, keep_layouts, layout_file, layouts_of, write_book
from policestats.stages.release_changes import changes
from policestats.stages.release_history import fill_history
from policestats.stages.release_index import write_index_of_releases
from policestats.stages.release_notes import wording
from policestats.stages.release_print import ReleasePrint
from policestats.stages.release_rates import rates_page
from policestats.stages.release_records import write_records
from policestats.stages.release_screen import ReleaseScreen
from policestats.stages.release_tables import ReleaseTables, described_as_tabulated

Progress = Callable[[str], None]


@dataclass(frozen=True)
class PublishResult:
    """What was published. ``files`` are relative to ``folder``; ``changed`` says what differs from the former release of the period.

    ``unchanged``: the former release says the same; no new one was made, and ``folder`` is the former one's.
    """

    release_id: str
    folder: Path
    cells: int
    forms: list[str]
    files: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: bool = False


def run(
    *,
    catalog: Catalog,
    home: Path,
    period: str,
    as_of: int | None = None,
    with_records: bool = False,
    progress: Progress | None = None,
) -> PublishResult:
    """Publish every form that was tabulated for ``period`` and make `current` name the release, unless that is of a later period.

    A release is built in a hidden folder beside the others, read back, then moved into place; killed anywhere and run again, the
    result is the same. A period whose definitions, policies, load, program version and content are those of its newest release
    gets no new one.

    Args:
        as_of: the load whose knowledge the forms must hold; None: whichever they were tabulated at.
        with_records: write the keys of the records beside the pages, readable as the trace is; never those that may stand for a person
            outside a case.
    Raises: ReleaseError when nothing was tabulated for the period, or at another load, or the definitions have changed since.
    """
    wanted = ReferencePeriod.parse(period)
    tell = progress or (lambda message: None)
    with release_folder.building(home) as build:
        former = release_folder.latest(home, wanted.text)
        before = former.manifest() if former else None
        with open_release_files(build, home) as files:
            catalog, load = _tabulated_with(files, catalog, wanted)
            if as_of is not None and load != as_of:
                raise ReleaseError(
                    f"the forms of {wanted} were tabulated again, at load {load}, since they were at load {as_of}; publish them as they are, "
                    f"or run 'policestats tabulate --period {wanted} --as-of {as_of}'"
                )
            forms = _tabulated(files, catalog, wanted)
            described_as_tabulated(files, forms, wanted)
            tables = ReleaseTables(files, catalog, wanted, forms, load)
            tell(f"publish {wanted}: {', '.join(f.id for f in forms)}")
            tables.copy()
            tables.write_wording(wording(catalog, forms, wanted))
            tables.counts["statistics.report.history"] = fill_history(files, catalog, forms, wanted)
            name = release_folder.release_name(wanted.text, former.number + 1 if former else 1)
            manifest = _manifest(catalog, forms, tables, name, with_records)
            cells = tables.counts["statistics.report.cell"]
            if former and before and before["release_id"] == manifest["release_id"]:
                release_folder.point_current(home, former)
                write_index_of_releases(home)
                return PublishResult(
                    manifest["release_id"], former.path, cells, [f.id for f in forms], _listed(former.path), unchanged=True
                )
            changed = _changed(files, former, before, manifest, wanted)
            tables.write_manifest(manifest)
            files.finish()
        _read_back(build, tables.counts)
        _print(build, catalog, forms, wanted, manifest, tell)
        (build / release_folder.MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        placed = release_folder.place(build, home, wanted.text, former.number + 1 if former else 1)
        release_folder.point_current(home, placed)
        write_index_of_releases(home)
    return PublishResult(manifest["release_id"], placed.path, cells, [f.id for f in forms], _listed(placed.path), changed)


def _tabulated_with(files: ReleaseFiles, catalog: Catalog, period: ReferencePeriod) -> tuple[Catalog, int]:
    """Return the catalog with the policies that the period's forms were tabulated with, and the load whose knowledge they hold.

    Raises: ReleaseError when nothing was tabulated for the period, or its forms were tabulated at different loads or with different policies.
    """
    tabulate = f"run 'policestats tabulate --period {period}'"
    if not files.columns(SOURCE, "report.run"):
        raise ReleaseError(f"nothing has been tabulated yet; {tabulate} first")
    runs = files.sql(f"SELECT form_id, as_of, policies FROM {SOURCE}.report.run WHERE period = ? ORDER BY ALL", [period.text]).to_pylist()
    if not runs:
        known = files.sql(f"SELECT DISTINCT period FROM {SOURCE}.report.run ORDER BY ALL").column(0).to_pylist()
        raise ReleaseError(f"no form has been tabulated for {period} (there is {', '.join(known) or 'none'}); {tabulate} first")
    for name, what in (("as_of", "at different loads"), ("policies", "with different policies")):
        if len({r[name] for r in runs}) > 1:
            each = "; ".join(f"{r['form_id']}: {r[name]}" for r in runs)
            raise ReleaseError(f"the forms of {period} were tabulated {what} ({each}); {tabulate} for all of them")
    return load_catalog(catalog.root, catalog.standard.id, json.loads(runs[0]["policies"])), int(runs[0]["as_of"])


def _tabulated(files: ReleaseFiles, catalog: Catalog, period: ReferencePeriod) -> list[Form]:
    """Return the forms tabulated for the period. Raises: ReleaseError for one that is no longer defined."""
    held = files.sql(f"SELECT DISTINCT form_id FROM {SOURCE}.report.status WHERE period = ?", [period.text]).column(0).to_pylist()
    defined = load_forms(catalog, period=period)
    unknown = sorted(set(held) - set(defined))
    if unknown:
        raise ReleaseError(
            f"the warehouse holds {', '.join(unknown)} for {period}, which {catalog.templates} no longer defines; tabulate again"
        )
    return [form for form in defined.values() if form.id in held]


def _manifest(catalog: Catalog, forms: list[Form], tables: ReleaseTables, name: str, with_records: bool) -> dict[str, Any]:
    content = _hash(tables.content())
    identity = {
        "standard": catalog.standard.id,
        "period": tables.period.text,
        "as_of": tables.as_of,
        "code_version": version("policestats"),
        "policies": {p.id: p.chosen for p in catalog.policies.values()},
        "definitions": _definitions(catalog, forms),
        "content_hash": content,
    } | ({"with_records": True} if with_records else {})
    return {
        "release_id": _hash(identity),
        "release": name,
        "standard": identity["standard"],
        "period": identity["period"],
        "as_of": identity["as_of"],
        "code_version": identity["code_version"],
        "created_at": datetime.now(ZoneInfo(catalog.standard.time_zone)).replace(microsecond=0, tzinfo=None).isoformat(),
        "policies": identity["policies"],
        "definitions": identity["definitions"],
        "with_records": with_records,
        "row_counts": dict(sorted(tables.counts.items())),
        "content_hash": content,
    }


def _definitions(catalog: Catalog, forms: list[Form]) -> dict[str, dict[str, str]]:
    """Return hashes of the forms, and of the indicators and facts that they use."""
    indicators = {c.indicator.id: c.indicator for form in forms for c in form.columns if c.indicator is not None}
    facts = {i.fact: catalog.fact(i.fact, i.where).spec for i in indicators.values()}
    places = ("where",)  # moving a definition within its file changes nothing
    return {
        "form": {form.id: form.definition_hash for form in forms},
        "layout": {
            form.id: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
            for form in forms
            if (path := layout_file(catalog.templates, form.id)).is_file()
        },
        "indicator": {i.id: _hash({k: v for k, v in asdict(i).items() if k not in places}) for i in indicators.values()},
        "fact": {name: _hash(spec) for name, spec in facts.items()},
    }


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str, ensure_ascii=False).encode()).hexdigest()[:16]


def _changed(
    files: ReleaseFiles,
    former: release_folder.ReleaseFolder | None,
    before: dict[str, Any] | None,
    now: dict[str, Any],
    period: ReferencePeriod,
) -> list[str]:
    if former is None or before is None:
        return [f"first release of {period}"]
    files.attach(former.statistics, PREVIOUS, read_only=True)
    found = changes(files, before, now)
    files.execute(f"DETACH {PREVIOUS}")
    return found or [
        "no figure, status or definition; only other tables (data quality, deliveries, units, code lists, earlier periods) differ"
    ]


def _read_back(build: Path, counts: dict[str, int]) -> None:
    """Open both files as a reader would and count what is in them. Raises: ReleaseError when a row is missing."""
    for name, file in (("statistics", release_folder.STATISTICS), ("trace", release_folder.TRACE)):
        with open_warehouse(build, read_only=True, name=file) as engine:
            for table, due in counts.items():
                database, rest = table.split(".", 1)
                found = engine.scalar(f"SELECT count(*) FROM {quoted(rest)}") if database == name else due
                if found != due:
                    raise ReleaseError(
                        f"{file}: {rest} has {found} rows and should have {due}; check the disk, then run 'policestats publish' again"
                    )


def _print(build: Path, catalog: Catalog, forms: list[Form], period: ReferencePeriod, manifest: dict[str, Any], tell: Progress) -> None:
    for folder in ("forms", "html", "units"):
        (build / folder).mkdir()
    html = build / "html"
    with open_warehouse(build, read_only=True, name=release_folder.STATISTICS) as engine:
        engine.attach_read_only(build / release_folder.TRACE, "trace")
        pages = ReleasePrint(engine, catalog, period, manifest)
        screen = ReleaseScreen(engine, catalog, period, forms, manifest["with_records"])
        keep_layouts(build, catalog.templates, pages.forms.ids)
        units = {}
        for form in forms:
            tell(f"print {form.id}")
            printed, tables = pages.form(form), pages.tables(form)
            units[form.id] = printed.units
            write_form_workbook(build / "forms" / f"{form.id}.xlsx", printed, tables)
            write_form_page(html / f"{form.id}.html", screen.form(form, printed, tables), tables)
            if manifest["with_records"]:
                keys = html / f"{form.id}{release_folder.RECORDS}"
                write_records(keys, engine, catalog, form, [t.unit.code for t in tables])
        for unit in books_of(pages.forms):
            tell(f"print {unit}")
            write_book(pages.forms, unit, pages.forms.ids, build / "units", FORMATS, layouts_of(build))
        write_index_page(html / "index.html", screen.index(pages.index(forms), units))
        write_rates_page(html / "rates.html", rates_page(engine, catalog, period, forms, manifest["release"]))


def _listed(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
