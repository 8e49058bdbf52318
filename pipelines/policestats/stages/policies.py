"""policies: the choices that the sources leave open, who depends on them, and what each would give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from policestats.catalog import Catalog, Policy, load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.engines.sandbox import open_sandbox
from policestats.errors import StatisticsError, nearest
from policestats.periods import ReferencePeriod
from policestats.reports.differences import Difference, compare
from policestats.reports.policy_use import policies_of, policies_of_indicator
from policestats.reports.template import Form, load_forms
from policestats.stages.tabulate import due
from policestats.stages.trial import trial

Progress = Callable[[str], None]


@dataclass(frozen=True)
class PolicyUse:
    """A policy with the forms and indicators that depend on it."""

    policy: Policy
    forms: list[str]
    indicators: list[str]


@dataclass(frozen=True)
class Choice:
    """What another choice of a policy would give at one unit: the cells that differ from those of the choice in force."""

    policy: Policy
    choice: str
    cells: int
    differences: list[Difference]


@dataclass(frozen=True)
class Choices:
    """What the choices that a form depends on would give, one at a time. ``only`` are policies without another choice."""

    form: Form
    period: str
    unit_code: str
    choices: list[Choice] = field(default_factory=list)
    only: list[Policy] = field(default_factory=list)


def uses(catalog: Catalog, forms: Mapping[str, Form]) -> list[PolicyUse]:
    """Return every policy with what depends on it, in the order of policies.yaml."""
    by_form = {form.id: policies_of(catalog, form) for form in forms.values()}
    by_indicator = {i.id: policies_of_indicator(catalog, i) for i in catalog.indicators.values()}
    return [
        PolicyUse(p, [f for f, names in by_form.items() if p.id in names], [i for i, names in by_indicator.items() if p.id in names])
        for p in catalog.policies.values()
    ]


def run(*, catalog: Catalog, home: Path, form: str, period: str, unit: str | None = None, progress: Progress | None = None) -> Choices:
    """Return the cells of ``form`` that each other choice of each policy it depends on would change, at one unit; nothing is written.

    Args:
        period: the records are those known at the latest load.
        unit: default the first root of the tree.
    Raises: StatisticsError for an unknown form or unit; PeriodError when the form is not made for the period.
    """
    with open_sandbox(home) as engine:
        return choices(engine, catalog, ReferencePeriod.parse(period), form, unit, progress=progress)


def choices(
    engine: DuckDBEngine,
    catalog: Catalog,
    period: ReferencePeriod,
    form: str,
    unit: str | None = None,
    *,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Choices:
    """Do what ``run`` does on an open throw-away engine; ``folder`` holds the templates, default the standard's own."""
    tell = progress or (lambda message: None)
    [chosen] = due(load_forms(catalog, folder, period, [form]), period, [form])
    tell(f"tabulate {form} {period}")
    here = trial(engine, catalog, period, chosen)
    at = unit or here.tree.units[0].code
    if at not in here.table.units:
        raise StatisticsError(f"--unit {at}: no such unit in {period}; {nearest(at, here.table.units)}")
    found = Choices(chosen, period.text, at)
    in_force = {p.id: p.chosen for p in catalog.policies.values()}
    for name in policies_of(catalog, chosen):
        policy = catalog.policies[name]
        others = [choice for choice in policy.choices if choice != policy.chosen]
        if not others:
            found.only.append(policy)
        for choice in others:
            tell(f"tabulate {form} {period}, {name} = {choice}")
            changed = load_catalog(catalog.root, catalog.standard.id, {**in_force, name: choice})
            there = trial(engine, changed, period, load_forms(changed, folder, period, [form])[form])
            compared = compare(here.table, there.table, (here.found, there.found), [at])
            found.choices.append(Choice(policy, choice, compared.cells, compared.differences))
    return found
