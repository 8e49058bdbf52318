"""Queries as sqlglot trees: the only place where SQL text is rendered."""

from policestats.query.build import Query, case, cast, column, equal, literal, month_of, table, year_of
from policestats.query.conditions import Scope, condition

__all__ = ["Query", "Scope", "case", "cast", "column", "condition", "equal", "literal", "month_of", "table", "year_of"]
