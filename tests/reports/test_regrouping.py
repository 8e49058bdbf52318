"""Which groups of a fact a change concerns, where the changed table is joined through another one."""

from __future__ import annotations

import duckdb
import pytest

from policestats.catalog import load_catalog
from policestats.query import table
from policestats.reports.regrouping import group_columns, touched
from tests.support.ledger import ROOT

#: a penalty belongs to a decision, which names a case and a person of it
ROWS = {
    "penalty_item": ("item_no, decision_no", "('I1', 'D1'), ('I2', 'D1'), ('I3', 'D2'), ('I4', 'D3'), ('I5', NULL)"),
    "admin_decision": ("decision_no, case_no, person_no", "('D1', 'C1', 'P1'), ('D2', 'C1', 'P2'), ('D3', 'C2', 'P1')"),
}


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for name, (columns, rows) in ROWS.items():
        connection.execute(f"CREATE TABLE {name} AS FROM (VALUES {rows}) AS t ({columns})")
    return connection


@pytest.mark.parametrize(
    ("changed", "columns", "row", "concerned"),
    [
        ("admin_case", "case_no", "('C1')", {"I1", "I2", "I3"}),  # D1 and D2 are of the case
        ("admin_person", "case_no, person_no", "('C1', 'P1')", {"I1", "I2"}),  # D3 is of a namesake in another case
        ("admin_person", "case_no, person_no", "('C2', 'P2')", set()),
        ("admin_decision", "decision_no", "('D3')", {"I4"}),
    ],
)
def test_a_change_is_followed_through_the_table_between(
    connection: duckdb.DuckDBPyConnection, changed: str, columns: str, row: str, concerned: set[str]
) -> None:
    catalog = load_catalog(ROOT, "cn")
    fact = catalog.facts["penalty_item"]
    assert group_columns(catalog, fact) == ("item_no",)
    connection.execute(f"CREATE TABLE changed_rows AS FROM (VALUES {row}) AS t ({columns})")
    queries = touched(catalog, fact, ("item_no",), {changed: table("changed_rows")}, table)
    assert queries is not None
    found = {item for query in queries for (item,) in connection.execute(query.sql("duckdb")).fetchall()}
    assert found == concerned
