"""check: every check of a period's forms, also those between forms, and the generation rates, on the figures as they were tabulated."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import DuckDBEngine, open_warehouse
from policestats.errors import StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.generation import GenerationRate
from policestats.reports.plan import plan
from policestats.reports.template import Form, load_forms
from policestats.stages import knowledge
from policestats.stages.filled_store import write_outcome
from policestats.stages.report_store import run_id, write_period
from policestats.stages.retabulation import basis
from policestats.stages.tabulate import PAST, Tabulation, due


@dataclass(frozen=True)
class CheckResult:
    """What the checks of a period found, over all its forms, and the generation rates."""

    period: str
    as_of: int
    forms: list[str]
    failed_errors: int
    failed_warnings: int
    not_evaluated: int
    rates: list[GenerationRate]


def run(
    *, catalog: Catalog, home: Path, period: str, as_of: int | None = None, progress: Callable[[str], None] | None = None
) -> CheckResult:
    """Check every form due in ``period`` as tabulated at the load ``as_of`` (default the latest), and write report.check_* and report.generation.

    Forms may have been tabulated one by one, in any order: a check that reads another form is evaluated here, once all of them stand.
    The choices of policies are those with which the forms were tabulated.

    Raises: StatisticsError when a form was not tabulated at that load with the definitions as they are now.
    """
    tell = progress or (lambda message: None)
    wanted = ReferencePeriod.parse(period)
    with open_warehouse(home) as engine:
        known = knowledge.loads(engine)
        load = knowledge.chosen_load(known, as_of)
        catalog = as_chosen(engine, catalog, wanted, load)
        forms = due(load_forms(catalog, period=wanted), wanted)
        with engine.names_from("core"), engine.transaction():  # rolled back before the names are put back: nothing runs in what was aborted
            work = Tabulation(engine, catalog, wanted, load, max(known))
            for form in forms:
                refuse_other(engine, work, form)
                tell(f"check {form.id} {wanted}")
                work.tables[form.id] = work.refill(form)
            outcomes = {form.id: work.check(work.tables[form.id]) for form in forms}
            for form in forms:
                same = {"form_id": form.id, "version": form.version, "period": wanted.text, "run_id": run_id(wanted, load)}
                write_outcome(engine, outcomes[form.id], same)
            rates = work.rates(outcomes)
            write_period(engine, wanted, load, work.tree, rates, whole=True)
    return CheckResult(
        wanted.text,
        load,
        [form.id for form in forms],
        sum(o.count("failed", "error") for o in outcomes.values()),
        sum(o.count("failed", "warning") for o in outcomes.values()),
        sum(o.count("not_evaluated") for o in outcomes.values()),
        rates,
    )


def as_chosen(engine: DuckDBEngine, catalog: Catalog, period: ReferencePeriod, load: int) -> Catalog:
    """Return the catalog with the choices of a form that was tabulated for the period; as it is when none was."""
    if not engine.has_table("report", "run"):
        return catalog
    choices = engine.scalar("SELECT policies FROM report.run WHERE period = ? AND as_of = ? ORDER BY form_id", [period.text, load])
    return catalog if choices is None else load_catalog(catalog.root, catalog.standard.id, json.loads(choices))


def refuse_other(engine: DuckDBEngine, work: Tabulation, form: Form) -> None:
    """Raise StatisticsError unless ``form`` stands as tabulated at the load in hand, on the same definitions, choices and units."""
    period, load = work.period.text, work.as_of
    cure = f"run 'policestats tabulate --period {period} --as-of {load}'"
    found = None
    if engine.has_table("report", "run"):
        found = engine.scalar("SELECT basis FROM report.run WHERE form_id = ? AND period = ? AND as_of = ?", [form.id, period, load])
    if found is None:
        raise StatisticsError(f"form {form.id} is not tabulated for {period} at load {load}; {cure} first")
    todo = plan(form, work.period, work.catalog.standard.records_begin)
    if str(found).partition(PAST)[0] != basis(work.catalog, form, work.tree, {r.indicator.fact for r in todo.readings}):
        raise StatisticsError(f"form {form.id}: definitions, choices or units changed since it was tabulated for {period}; {cure} again")
