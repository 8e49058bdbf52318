"""check-templates: does every form of a folder compile against the standard, and what would it publish?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlglot import exp

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_memory
from policestats.errors import DefinitionError, StatisticsError
from policestats.periods import ReferencePeriod
from policestats.query import Query, table
from policestats.reports.compiler import contributions
from policestats.reports.facts import FactCompiler
from policestats.reports.form_versions import refuse_other_name
from policestats.reports.layout_check import layout_errors, layout_warnings
from policestats.reports.plan import plan
from policestats.reports.template import LAYOUT, Form, load_form, load_forms
from policestats.reports.writers.layout import read_layout
from policestats.stages.binding import Binding
from policestats.stages.fact_tables import fact_table

Progress = Callable[[str], None]
#: Any day does: names do not depend on it. A day well after the standards' records begin makes every column applicable.
_SAMPLE_DAY = date(2030, 6, 15)


@dataclass(frozen=True)
class TemplateReport:
    """What was found in one file: ``problem`` is None when the form compiles and its layout, if it has one, matches.

    ``warnings``: what the layout leaves out.
    """

    file: str
    form_id: str | None
    rows: int
    columns: int
    checks: int
    problem: str | None
    warnings: tuple[str, ...] = ()


def run(*, catalog: Catalog, folder: Path | None = None, progress: Progress | None = None) -> list[TemplateReport]:
    """Check every form of ``folder`` (default: the standard's own); all files are read, whatever is wrong with one.

    Args:
        progress: told which form comes next, and how many there are.

    Raises: StatisticsError when the folder holds no form; DefinitionError for two versions of one form in force on one day.
    """
    where = folder or catalog.templates
    paths = sorted(where.glob("*.yaml"))
    if not paths:
        raise StatisticsError(f"{where}: there is no form here; a form is a file <form id>.yaml")
    tell = progress or (lambda message: None)
    with open_memory() as engine:
        binding = Binding(engine, catalog)
        reports = []
        for number, path in enumerate(paths, 1):
            tell(f"{path.stem} ({number} of {len(paths)})")
            reports.append(_report(path, catalog, binding))
    if not problems(reports):
        load_forms(catalog, where)  # versions of one form must not contradict each other
    return reports


def _report(path: Path, catalog: Catalog, binding: Binding) -> TemplateReport:
    try:
        form = load_form(path, catalog)
        refuse_other_name(form, path)
        _compile_form(form, catalog, binding)
        warnings = _layout_warnings(path.with_suffix(LAYOUT), form)
    except DefinitionError as error:
        return TemplateReport(path.name, None, 0, 0, 0, str(error))
    return TemplateReport(path.name, form.id, len(form.rows), len(form.columns), len(form.checks), None, warnings)


def _layout_warnings(path: Path, form: Form) -> tuple[str, ...]:
    """Return what the layout beside a form leaves out. Raises: DefinitionError when it does not match the form."""
    if not path.is_file():
        return ()
    layout = read_layout(path)
    errors = layout_errors(layout, form)
    if errors:
        raise DefinitionError("\n".join(errors))
    return tuple(layout_warnings(layout, form))


def _compile_form(form: Form, catalog: Catalog, binding: Binding) -> None:
    """Compile and bind all that ``form`` reads, at every frequency, without running it.

    Raises: DefinitionError for a name that nobody declared, or for types that do not fit.
    """
    for frequency in form.frequencies:
        todo = plan(form, ReferencePeriod.of(frequency, _SAMPLE_DAY), catalog.standard.records_begin)
        for anchor in todo.anchors:
            compiled: dict[str, Query] = {}
            for indicator in todo.indicators(anchor):
                fact = catalog.fact(indicator.fact, indicator.where)
                if fact.id not in compiled:
                    compiled[fact.id] = FactCompiler(catalog, fact, anchor, form.lateness, _core).compile()
                    binding.bind_fact(fact, compiled[fact.id])
                part = contributions(catalog, todo, indicator, anchor, fact_table(fact.id), compiled[fact.id].columns)
                binding.bind_indicator(indicator, form.where, part)


def problems(reports: Iterable[TemplateReport]) -> list[str]:
    """Return the problems found, in file order."""
    return [r.problem for r in reports if r.problem]


def _core(name: str) -> exp.Expr:
    return table(name, "core")
