"""Dimensions of numbers and dates, made from one row; expected values by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlglot import exp

from policestats.catalog import Column, load_catalog
from policestats.engines.duckdb import open_memory
from policestats.errors import DefinitionError
from policestats.query import Scope, column, literal
from policestats.reports.dimensions import RowDimensions
from tests.support.ledger import ROOT

CATALOG = load_catalog(ROOT, "cn", {"dispute_resolved_on": "agreed"})
LABEL = {"zh": "列", "en": "Column"}
TYPES = {"text": "text", "other": "text", "day": "date", "number": "integer", "flag": "boolean", "moment": "timestamp"}
COLUMNS = {name: Column(name, type_, LABEL, None, None) for name, type_ in TYPES.items()}


def value(spec: dict[str, Any], **row: Any) -> Any:
    """Evaluate a dimension over one row in DuckDB."""
    scope = Scope(CATALOG, column, "a test")
    made = RowDimensions(scope, COLUMNS, lambda spec, resolve: (resolve(spec["on"]), literal(False))).compile("made", spec)
    given = [
        exp.cast(literal(row.get(name)), {"text": "VARCHAR", "integer": "BIGINT"}.get(t, t.upper())).as_(name) for name, t in TYPES.items()
    ]
    with open_memory() as engine:
        return engine.scalar(exp.select(made).from_(exp.select(*given).subquery("t")).sql("duckdb"))


@pytest.mark.parametrize(
    ("spec", "row", "wanted"),
    [
        ({"days_after": {"date": "day", "days": 30}}, {"day": date(2026, 9, 1)}, date(2026, 10, 1)),  # September has 30 days
        ({"days_after": {"date": "moment", "days": 1}}, {"moment": datetime(2026, 12, 31, 23)}, date(2027, 1, 1)),
        ({"days_after": {"date": "day", "days": "number"}}, {"day": date(2026, 3, 1), "number": -1}, date(2026, 2, 28)),
        ({"days_after": {"date": "day", "days": "number"}}, {"day": date(2026, 3, 1)}, None),
        ({"months_after": {"date": "day", "months": 3}}, {"day": date(2025, 11, 30)}, date(2026, 2, 28)),  # no 30 February
        ({"months_after": {"date": "day", "months": 12}}, {"day": date(2024, 2, 29)}, date(2025, 2, 28)),
        ({"number": "text"}, {"text": "07"}, 7),
        ({"number": "text"}, {}, None),
        ({"sum_of": ["number", {"literal": 2}]}, {"number": 3}, 5),
        ({"sum_of": ["number", {"literal": 2}]}, {}, None),
        ({"policy": "dispute_resolved_on"}, {}, "agreed"),
        ({"filled": {"columns": ["text", "other", "number", "day", "flag"]}}, {"text": " x ", "number": 0, "flag": False}, 2),  # x and 0
        ({"filled": {"columns": ["text", "other"], "except": ["无"]}}, {"text": " 无 ", "other": "无锡"}, 1),
        (
            {"filled": {"columns": ["text", "other", "flag"], "except": {"policy": "placeholders"}}},
            {"text": "0000", "other": "  ", "flag": True},
            1,
        ),
    ],
)
def test_by_hand(spec: dict[str, Any], row: dict[str, Any], wanted: Any) -> None:
    assert value(spec, **row) == wanted


@pytest.mark.parametrize(
    ("spec", "part"),
    [
        ({"filled": {"columns": ["txt"]}}, "no column of the table"),
        ({"policy": "placeholders"}, "no single value"),
        ({"policy": "no_such"}, "there is no policy"),
        ({"exists": {"table": "unit", "on": {"unit_code": "text"}}}, "looks at another table"),
    ],
)
def test_what_makes_no_sense_is_refused(spec: dict[str, Any], part: str) -> None:
    with pytest.raises(DefinitionError, match=part):
        value(spec)
