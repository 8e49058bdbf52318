"""The second evaluator: a Great Expectations suite per core table, run on a DuckDB file through SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog
from policestats.quality.dialect import url
from policestats.quality.judge import RECORD_KEY, Counts, freshness_bound, holds
from policestats.quality.rules import Rule, TableRules


@dataclass(frozen=True)
class Evaluation:
    """What Great Expectations said of one rule: its counts and its verdict, or the message of what it raised instead."""

    counts: Counts
    success: bool
    raised: str | None = None


def evaluate(
    catalog: Catalog, path: Path, tables: list[TableRules], delivered_until: Mapping[str, date], results: Path
) -> dict[tuple[str, str], Evaluation]:
    """Run the suites on the file ``path``, which has a table of ``judge.input_query`` rows for each of ``tables``.

    Args:
        delivered_until: by table, the day after the last day that was delivered.
        results: the folder that takes what Great Expectations itself says of each table, as <table>.json.
    Returns: an Evaluation by (table, rule).
    """
    import great_expectations as gx  # takes seconds: only when rules are run
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig

    configuration = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),  # nobody reads its web pages
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=configuration)
    source = context.data_sources.add_sql("judged_rows", connection_string=url(path))
    found: dict[tuple[str, str], Evaluation] = {}
    try:
        for rules in tables:
            name = rules.table.name
            batch = source.add_table_asset(name, table_name=name).add_batch_definition_whole_table("all")
            expectations = [_expectation(catalog, rule, rules, delivered_until[name]) for rule in rules.rules]
            by_id = {rule.id: rule for rule in rules.rules}
            # asked of the batch itself: a definition put into the context's stores would be written and read as JSON for nobody
            said = batch.get_batch().validate(gx.ExpectationSuite(name, expectations=expectations), result_format="BASIC")
            (results / f"{name}.json").write_text(json.dumps(said.to_json_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
            for result in said.results:
                rule = by_id[result.expectation_config.meta["rule"]]
                found[name, rule.id] = _evaluation(rule, result)
    finally:
        source.get_engine().dispose()
    return found


def _expectation(catalog: Catalog, rule: Rule, rules: TableRules, delivered_until: date) -> Any:
    import great_expectations.expectations as gxe

    from policestats.quality.expectation import ExpectRecordsToMeetCondition

    meta = {"rule": rule.id}
    if rule.kind == "record":
        condition = holds(catalog, rule).sql(dialect="duckdb")
        return ExpectRecordsToMeetCondition(column=RECORD_KEY, condition=condition, mostly=float(rule.mostly), meta=meta)
    if rule.kind == "unique" and len(rule.columns) == 1:
        return gxe.ExpectColumnValuesToBeUnique(column=rule.columns[0], mostly=float(rule.mostly), meta=meta)
    if rule.kind == "unique":
        return gxe.ExpectCompoundColumnsToBeUnique(
            column_list=list(rule.columns), ignore_row_if="any_value_is_missing", mostly=float(rule.mostly), meta=meta
        )
    if rule.kind == "row_count":
        return gxe.ExpectTableRowCountToBeBetween(min_value=rule.at_least, meta=meta)
    bound: date = freshness_bound(rule, delivered_until)
    if rules.table.columns[rule.shown[0]].type == "timestamp":
        bound = datetime.combine(bound, time())
    return gxe.ExpectColumnMaxToBeBetween(column=rule.columns[0], min_value=bound, meta=meta)


def _evaluation(rule: Rule, result: Any) -> Evaluation:
    raised = _raised(result.exception_info)
    if raised is not None:
        return Evaluation(Counts(0, 0, 0), False, raised)
    values = result.result
    success = bool(result.success)
    if rule.judges_rows:
        # a sum over no rows is None, and stands for 0
        rows, failed, missing = (int(values.get(name) or 0) for name in ("element_count", "unexpected_count", "missing_count"))
        return Evaluation(Counts(rows - missing, failed, missing), success)
    if values["observed_value"] is None:
        return Evaluation(Counts(0, 0, 1), success)
    return Evaluation(Counts(1, int(not success), 0), success)


def _raised(info: dict[str, Any]) -> str | None:
    """Return the first line of what was raised. One exception comes plain, those of several metrics by metric."""
    for each in (info, *(v for v in info.values() if isinstance(v, dict))):
        if each.get("raised_exception"):
            return str(each.get("exception_message") or "no message").strip().splitlines()[0]
    return None
