"""Rules judge what is known, however it was delivered: whole tables and loads of changes give the same verdicts, rates and issues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policestats.stages import conform, validate
from tests.quality.desk import HEAD, REPORT, UNIT, desk
from tests.stages.raw_loads import Landing, changes, put
from tests.stages.small import query, standard

RULES = f"table: report\nunit: unit_code\nrules:\n  - {{id: not_negative, {HEAD}, record: {{loss_yuan: {{at_least: 0}}}}}}\n"
UNITS = [{"unit_code": "T1", "valid_from": "2020-01-01"}, {"unit_code": "S1", "valid_from": "2020-01-01", "parent_unit_code": "T1"}]


def r(number: str, loss: str, unit: str = "S1") -> dict[str, Any]:
    return {"report_no": number, "unit_code": unit, "loss_yuan": loss}


FIRST = Landing([r("R1", "-5"), r("R2", "x"), r("R3", "-1")])
WHOLE = [
    FIRST,
    Landing([r("R1", "5"), r("R2", "x"), r("R3", "-2"), r("R4", "-1", "S9")]),
    Landing([r("R1", "-6"), r("R2", "3"), r("R3", "-2")]),
]
CHANGED = [FIRST, changes([r("R1", "5"), r("R3", "-2"), r("R4", "-1", "S9")]), changes([r("R1", "-6"), r("R2", "3")], deleted=["R4"])]
#: rule, record, load that opened it, load that closed it
TOLD = [
    ("cast.loss_yuan", "R2", 1, 3),  # x, until it is 3
    ("not_negative", "R1", 1, 2),  # -5, then 5
    ("not_negative", "R1", 3, None),  # then -6
    ("not_negative", "R3", 1, None),  # -1, then -2: still the same
    ("not_negative", "R4", 2, 3),  # came bad, is gone
]
ISSUES = (
    "SELECT rule_id, record_key, o.load_id, c.load_id FROM quality.issue AS i JOIN core.load AS o ON o.landed_at = i.opened_at "
    "LEFT JOIN core.load AS c ON c.landed_at = i.closed_at ORDER BY ALL"
)


def judged(folder: Path, landings: list[Landing], *, at_once: bool = False) -> list[Any]:
    """Land, merge and judge load by load (or judge once, at the end); return verdicts and rates of the last load, and all issues."""
    desk(folder / "definitions", report=RULES)
    source = {"kind": "database", "tables": {"report": {"into": "report"}, "unit": {"into": "unit"}}}
    catalog, home = standard(folder / "definitions", {"desk": source}, {"unit": UNIT, "report": REPORT}), folder / "home"
    for number, landing in enumerate(landings, start=1):
        put(catalog, home, "desk", {"report": landing, "unit": Landing(UNITS)})
        conform.run(catalog=catalog, home=home)
        if not at_once or number == len(landings):
            validate.run(catalog=catalog, home=home)
    last = "WHERE as_of = 3 ORDER BY ALL"
    return [
        query(home, ISSUES),
        query(home, f"SELECT * FROM quality.rule_result {last}"),
        query(home, f"SELECT * FROM quality.rate {last}"),
    ]


@pytest.mark.slow
def test_changes_are_judged_as_whole_tables_are(tmp_path: Path) -> None:
    by_changes = judged(tmp_path / "changes", CHANGED)
    assert by_changes[0] == TOLD
    assert by_changes == judged(tmp_path / "whole", WHOLE)
    assert by_changes == judged(tmp_path / "once", CHANGED, at_once=True)
