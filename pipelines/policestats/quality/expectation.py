"""The custom expectation behind record rules: a condition over one row, as a column-map metric on the record key.

Column-map metrics of one batch are bundled into a single query (multi-column ones are not), so every rule of a table costs little more than
one. This module imports Great Expectations, which takes seconds: it is imported where it runs.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from great_expectations.execution_engine import ExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics import ColumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider import column_condition_partial
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validator import ValidationDependencies

_HOLDS = "record.condition_holds"
_KNOWN = "record.condition_is_known"
_MISSING = "column_values.nonnull.unexpected_count"


class ConditionHolds(ColumnMapMetricProvider):
    """A row is unexpected when the condition is false; unknown is not false."""

    condition_metric_name = _HOLDS
    condition_value_keys = ("condition",)
    filter_column_isnull = False

    @column_condition_partial(engine=SqlAlchemyExecutionEngine, filter_column_isnull=False)
    def _sqlalchemy(cls, column: Any, condition: str, **kwargs: Any) -> Any:
        return sa.literal_column(f"({condition})", type_=sa.Boolean)


class ConditionIsKnown(ColumnMapMetricProvider):
    """A row is unexpected when the condition is neither true nor false: the row is not evaluated."""

    condition_metric_name = _KNOWN
    condition_value_keys = ("condition",)
    filter_column_isnull = False

    @column_condition_partial(engine=SqlAlchemyExecutionEngine, filter_column_isnull=False)
    def _sqlalchemy(cls, column: Any, condition: str, **kwargs: Any) -> Any:
        return sa.literal_column(f"(({condition}) IS NOT NULL)", type_=sa.Boolean)


class ExpectRecordsToMeetCondition(ColumnMapExpectation):
    """Expect every record (of those for which ``condition``, SQL, is known) to meet it.

    ``column`` is the record key. Great Expectations sets rows whose column is null aside, as missing; here the rows whose condition is null
    take that place, so its own counts and its own ``mostly`` speak of the rows that were evaluated.
    """

    condition: str

    map_metric = _HOLDS
    success_keys = ("condition", "mostly")
    args_keys = ("column", "condition")

    def get_validation_dependencies(
        self, execution_engine: ExecutionEngine | None = None, runtime_configuration: dict[str, Any] | None = None, **kwargs: Any
    ) -> ValidationDependencies:
        """Return the metrics of a column-map expectation, with the rows not evaluated in the place of the missing ones."""
        found = super().get_validation_dependencies(execution_engine, runtime_configuration, **kwargs)
        holds = found.get_metric_configuration(f"{_HOLDS}.unexpected_count")
        unknown = MetricConfiguration(
            metric_name=f"{_KNOWN}.unexpected_count",
            metric_domain_kwargs=holds.metric_domain_kwargs,
            metric_value_kwargs=holds.metric_value_kwargs,
        )
        found.set_metric_configuration(metric_name=_MISSING, metric_configuration=unknown)
        return found
