"""A query is rendered from its own tree, which stays what it was: it is read again when facts are narrowed."""

from __future__ import annotations

from datetime import date

import pytest

from policestats.catalog.load import load_catalog
from policestats.periods import ReferencePeriod
from policestats.query import table
from policestats.reports.compiler import contributions
from policestats.reports.facts import FactCompiler
from policestats.reports.plan import plan
from policestats.reports.template import load_forms
from tests.support.ledger import ROOT

PERIOD = ReferencePeriod.parse("2025-12")


@pytest.mark.parametrize("form", ["X01", "X13", "Z13", "Z14"])  # case states, found rows, spells, totals
def test_rendering_leaves_the_tree_as_it_is(form: str) -> None:
    cn = load_catalog(ROOT, "cn")
    todo = plan(load_forms(cn, period=PERIOD)[form], PERIOD, date(2021, 1, 1))
    for anchor in todo.anchors:
        for indicator in todo.indicators(anchor):
            fact = FactCompiler(cn, cn.fact(indicator.fact, "here"), anchor, todo.form.lateness, table).compile()
            for query in (fact, contributions(cn, todo, indicator, anchor, "fact", fact.columns)):
                before = query.ast.copy()
                assert query.sql("duckdb") == before.sql(dialect="duckdb", pretty=True)
                assert repr(query.ast) == repr(before)
