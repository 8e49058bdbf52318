"""No fact compares every row of a table with every row of another: that is unnoticed in a small province and takes hours in a large one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from policestats.catalog import load_catalog
from policestats.query import table
from policestats.reports.facts import FactCompiler
from policestats.stages.report_store import create_report_tables, write_codelists
from tests.support.ledger import ROOT, ledger

PAIRWISE = {"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "CROSS_PRODUCT", "IE_JOIN", "PIECEWISE_MERGE_JOIN"}


def operators(plan: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the name of every operator of a plan."""
    for node in plan:
        yield node["name"].strip()
        yield from operators(node["children"])


@pytest.mark.parametrize("lateness", ["post_current", "restated"])
@pytest.mark.parametrize("standard", ["cn", "us_nibrs"])
def test_every_join_of_every_fact_finds_its_rows_by_key(standard: str, lateness: str) -> None:
    catalog = load_catalog(ROOT, standard)
    seen = 0
    with ledger(catalog, {}) as engine:
        create_report_tables(engine)
        write_codelists(engine, catalog)
        engine.execute("SET disabled_optimizers = 'statistics_propagation,empty_result_pullup'")  # they see that the tables are empty
        for fact in catalog.facts.values():
            sql = FactCompiler(catalog, fact, date(2026, 3, 1), lateness, lambda name: table(name, "core")).compile().sql("duckdb")
            found = set(operators(json.loads(engine.connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()[0][1])))
            seen += "HASH_JOIN" in found
            assert not found & PAIRWISE, f"fact {fact.id}: {found & PAIRWISE}"
    assert seen
