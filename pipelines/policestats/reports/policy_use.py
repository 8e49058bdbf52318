"""Which choices a form depends on: those named in its rows and columns, in its indicators and facts, and where late entries count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policestats.catalog import Catalog, Indicator
from policestats.catalog.load import LATENESS_POLICY
from policestats.reports.template import Form


def policies_in(spec: Any) -> Iterator[str]:
    """Yield the policies that a definition names, however deep, in the order of writing; one may come twice."""
    if isinstance(spec, dict):
        for key, value in spec.items():
            if key == "policy" and isinstance(value, str):
                yield value
            else:
                yield from policies_in(value)
    elif isinstance(spec, (list, tuple)):
        for value in spec:
            yield from policies_in(value)


def policies_of_indicator(catalog: Catalog, indicator: Indicator) -> list[str]:
    """Return the policies that an indicator and its fact name, in the order of the standard's policies."""
    fact = catalog.fact(indicator.fact, indicator.where).spec if not indicator.is_manual else {}
    return _known(catalog, {*policies_in(indicator.condition), *policies_in(fact)})


def policies_of(catalog: Catalog, form: Form) -> list[str]:
    """Return the policies that ``form`` depends on, in the order of the standard's policies.

    A fact may name one that only its unused dimensions need: then the choices give the same figures. Where late entries count matters to a
    form that does not say it itself and reads an event's posted day.
    """
    indicators = [c.indicator for c in form.columns if c.indicator is not None]
    found = {name for c in form.columns for name in policies_in(c.spec)}
    found |= {name for row in form.rows for name in policies_in(row.condition)}
    found |= {name for block in form.blocks for name in policies_in(block.condition)}
    found |= {name for i in indicators for name in policies_of_indicator(catalog, i)}
    facts = (catalog.fact(i.fact, i.where).spec for i in indicators)
    if LATENESS_POLICY in catalog.policies and form.follows_lateness and any(_has_clock(fact) for fact in facts):
        found.add(LATENESS_POLICY)
    return _known(catalog, found)


def _known(catalog: Catalog, names: set[str]) -> list[str]:
    for name in names:
        catalog.policy(name, "policies")
    return [name for name in catalog.policies if name in names]


def _has_clock(spec: Any) -> bool:
    """Whether a fact posts events by the day of their entry."""
    if isinstance(spec, dict):
        return "posted" in spec or "entered" in spec.get("latest", ()) or any(_has_clock(value) for value in spec.values())
    return isinstance(spec, list) and any(_has_clock(value) for value in spec)
