"""What the two evaluators of data rules left behind, compared rule by rule: not what the stage compares while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse, quoted
from policestats.stages.validate import RESULTS

#: checked, failed, not evaluated, verdict
Verdict = tuple[int, int, int, str]


def agreed(home: Path, catalog: Catalog) -> dict[tuple[str, str], Verdict]:
    """Return what both say of every rule at the last load, by (table, rule), and assert that it is the same.

    Great Expectations' counts are read from its own JSON; those of the SQL pass from quality.rule_result; each failing record is an open issue.
    """
    with open_warehouse(home, read_only=True) as engine:
        load = engine.scalar("SELECT max(as_of) FROM quality.rule_result")
        results = engine.sql("SELECT * FROM quality.rule_result WHERE as_of = ?", [load]).to_pylist()
        rows = {name: int(engine.scalar(f"SELECT count(*) FROM {quoted(f'core.{name}')}")) for name in catalog.tables}
        told = engine.sql(
            "SELECT table_name, CASE WHEN starts_with(rule_id, 'cast.') THEN 'cast' ELSE rule_id END AS rule, count(DISTINCT record_key) AS n "
            "FROM quality.issue WHERE status = 'open' GROUP BY ALL"
        ).to_pylist()
    ours = {(r["table_name"], r["rule_id"]): (r["checked"], r["failed"], r["not_evaluated"], r["verdict"]) for r in results}
    issues = {(r["table_name"], r["rule"]): int(r["n"]) for r in told}
    theirs = {}
    for path in (home / RESULTS / str(load)).glob("*.json"):
        for said in json.loads(path.read_text(encoding="utf-8"))["results"]:
            name = path.stem, said["expectation_config"]["meta"]["rule"]
            theirs[name] = _verdict(said, rows[path.stem])
            if "element_count" in said["result"]:  # every failing record, also those beyond the few that Great Expectations shows
                assert issues.get(name, 0) == theirs[name][1], name
    assert theirs == ours
    return ours


def _verdict(said: dict[str, Any], rows: int) -> Verdict:
    result, success = said["result"], said["success"]
    if "element_count" in result:
        assert result["element_count"] == rows
        unjudged, failed = int(result.get("missing_count") or 0), int(result["unexpected_count"] or 0)
        checked = rows - unjudged
    else:  # about the table as a whole
        checked = int(result["observed_value"] is not None)
        unjudged, failed = 1 - checked, int(not success)
    return checked, failed, unjudged, "not_evaluated" if checked == 0 else "passed" if success else "failed"
