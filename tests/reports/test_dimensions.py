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


BAND = {"bands": {"of": "number", "bounds": [30, 60], "codes": ["A", "B", "C"], "above": 0}}
LEFT = {"bands": {"of": "number", "bounds": [30, 60], "codes": ["A", "B", "C"], "at_least": 0, "closed": "left"}}


def value(spec: dict[str, Any], **row: Any) -> Any:
    """Evaluate a dimension over one row in DuckDB."""
    scope = Scope(CATALOG, column, "a test", date(2026, 1, 1))
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
        ({"minus": ["number", {"literal": 2}]}, {"number": 3}, 1),
        ({"minus": [{"literal": 2}, "number"]}, {}, None),
        ({"days": ["day", "moment"]}, {"day": date(2026, 2, 27), "moment": datetime(2026, 3, 1, 0, 0, 1)}, 2),  # 28 February, 1 March
        ({"days": ["moment", "day"]}, {"day": date(2026, 2, 27), "moment": datetime(2026, 2, 28, 23)}, -1),
        ({"days": ["day", "moment"]}, {"day": date(2026, 2, 27)}, None),
        ({"seconds": ["day", "moment"]}, {"day": date(2026, 3, 1), "moment": datetime(2026, 3, 2, 0, 1, 30)}, 86490),  # 86400 + 90
        ({"midpoint": ["day", "moment"]}, {"day": date(2026, 3, 1), "moment": datetime(2026, 3, 1, 7, 0, 1)}, datetime(2026, 3, 1, 3, 30)),
        ({"year": "day"}, {"day": date(2025, 12, 31)}, 2025),
        ({"year": "period_last_day"}, {}, 2025),  # the window ends before 2026-01-01
        ({"year": "period_end"}, {}, 2026),
        ({"days_after": {"date": "period_last_day", "days": 1}}, {}, date(2026, 1, 1)),
        ({"hour": "moment"}, {"moment": datetime(2026, 3, 1, 23, 59)}, 23),
        ({"weekday": "day"}, {"day": date(2026, 11, 29)}, 7),  # a Sunday
        ({"weekday": "day"}, {"day": date(1999, 12, 27)}, 1),  # a Monday before the Monday it is reckoned from
        ({"weekday": "moment"}, {"moment": datetime(2026, 11, 25, 23)}, 3),
        *((BAND, {"number": n}, code) for n, code in [(None, None), (0, None), (1, "A"), (30, "A"), (31, "B"), (60, "B"), (61, "C")]),
        *((LEFT, {"number": n}, code) for n, code in [(-1, None), (0, "A"), (29, "A"), (30, "B"), (59, "B"), (60, "C")]),
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
        ({"bands": {"of": "number", "bounds": [1, 2], "codes": ["A", "B"]}}, "one code more than bounds; there are 2 bounds"),
        ({"bands": {"of": "number", "bounds": [2, 1], "codes": ["A", "B", "C"]}}, "rising bounds"),
        ({"exists": {"table": "unit", "on": {"unit_code": "text"}}}, "looks at another table"),
    ],
)
def test_what_makes_no_sense_is_refused(spec: dict[str, Any], part: str) -> None:
    with pytest.raises(DefinitionError, match=part):
        value(spec)
