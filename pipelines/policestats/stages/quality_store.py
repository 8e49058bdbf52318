"""Writes quality.*: verdicts, rates, issues and deliveries. The caller holds the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from policestats.catalog import Catalog
from policestats.engines.duckdb import DuckDBEngine, quoted
from policestats.quality.judge import Counts
from policestats.quality.rules import Rule
from policestats.quality.scorecard import Delivery, Score
from policestats.query import Query
from policestats.reports.rates import rate

#: Names of things in core.cast_issue that stand for a whole row, not for one of its columns.
OF_WHOLE_ROW = "<%"
#: The load after which the issues of a table begin that has never been followed.
NEVER = -1

_FOUND = "found_issue"
_TABLES = {
    "quality.rule_result": {
        "as_of": "BIGINT",
        "table_name": "VARCHAR",
        "rule_id": "VARCHAR",
        "dimension": "VARCHAR",
        "severity": "VARCHAR",
        "checked": "BIGINT",
        "failed": "BIGINT",
        "not_evaluated": "BIGINT",
        "mostly": "DECIMAL(38,6)",
        "verdict": "VARCHAR",
        "label_zh": "VARCHAR",
        "label_en": "VARCHAR",
        "source": "VARCHAR",
    },
    "quality.rate": {
        "as_of": "BIGINT",
        "table_name": "VARCHAR",
        "unit_code": "VARCHAR",
        "dimension": "VARCHAR",
        "passed": "BIGINT",
        "checked": "BIGINT",
        "not_evaluated": "BIGINT",
        "rate": "DECIMAL(38,6)",
    },
    "quality.issue": {
        "issue_id": "VARCHAR",
        "rule_id": "VARCHAR",
        "table_name": "VARCHAR",
        "record_key": "VARCHAR",
        "unit_code": "VARCHAR",
        "opened_at": "TIMESTAMP",
        "closed_at": "TIMESTAMP",
        "status": "VARCHAR",
        "detail": "VARCHAR",
    },
    "quality.delivery": {"unit_code": "VARCHAR", "period": "VARCHAR", "table_name": "VARCHAR", "status": "VARCHAR"},
    # how far the issues of a table have followed its loads, and with which rules
    "quality.replayed": {"table_name": "VARCHAR", "as_of": "BIGINT", "definition_hash": "VARCHAR"},
}
_ARROW = {"BIGINT": pa.int64(), "VARCHAR": pa.string(), "DECIMAL(38,6)": pa.decimal128(38, 6)}


def create_quality_tables(engine: DuckDBEngine) -> None:
    """Create schema quality and its tables (and the schema of the code lists, which conditions may look into), if they are not there."""
    engine.execute("CREATE SCHEMA IF NOT EXISTS quality; CREATE SCHEMA IF NOT EXISTS dim")
    for name, columns in _TABLES.items():
        engine.execute(f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(f'{quoted(c)} {t}' for c, t in columns.items())})")


def write_verdicts(engine: DuckDBEngine, as_of: int, verdicts: Iterable[tuple[Rule, Counts, str]]) -> None:
    """Replace the verdicts of a load."""
    engine.execute("DELETE FROM quality.rule_result WHERE as_of = ?", [as_of])
    rows = (
        {
            "as_of": as_of,
            "table_name": rule.table,
            "rule_id": rule.id,
            "dimension": rule.dimension,
            "severity": rule.severity,
            "checked": counts.checked,
            "failed": counts.failed,
            "not_evaluated": counts.not_evaluated,
            "mostly": rule.mostly,
            "verdict": verdict,
            "label_zh": rule.label["zh"],
            "label_en": rule.label["en"],
            "source": rule.source,
        }
        for rule, counts, verdict in verdicts
    )
    _append(engine, "quality.rule_result", rows)


def write_scores(engine: DuckDBEngine, as_of: int, scores: Iterable[Score]) -> None:
    """Replace the rates of a load: percent, two decimals, null where nothing was checked; a null unit is all records of the table."""
    engine.execute("DELETE FROM quality.rate WHERE as_of = ?", [as_of])
    rows = (
        {
            "as_of": as_of,
            "table_name": s.table_name,
            "unit_code": s.unit_code,
            "dimension": s.dimension,
            "passed": s.counts.passed,
            "checked": s.counts.checked,
            "not_evaluated": s.counts.not_evaluated,
            "rate": rate(s.counts.passed, s.counts.checked, per=100, decimals=2),
        }
        for s in scores
    )
    _append(engine, "quality.rate", rows)


def write_deliveries(engine: DuckDBEngine, deliveries: Iterable[Delivery]) -> None:
    """Replace the grid of deliveries."""
    engine.execute("DELETE FROM quality.delivery")
    _append(engine, "quality.delivery", (asdict(d) for d in deliveries))


def is_newest(engine: DuckDBEngine, as_of: int) -> bool:
    """Whether no later load has been validated: the grid of deliveries shows what the newest one knew."""
    return as_of >= int(engine.scalar("SELECT coalesce(max(as_of), ?) FROM quality.rule_result", [as_of]))


# -- issues -----------------------------------------------------------------------------------------------------------------------


def begin_finding(engine: DuckDBEngine) -> None:
    """Make the temporary table that takes the failing records of each load."""
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {_FOUND} "
        "(load_id BIGINT, table_name VARCHAR, rule_id VARCHAR, record_key VARCHAR, unit_code VARCHAR, detail VARCHAR)"
    )


def end_finding(engine: DuckDBEngine) -> None:
    """Drop that table."""
    engine.drop_temporary(_FOUND)


def find_failing(engine: DuckDBEngine, table: str, load: int, failing: Query) -> None:
    """Take in the failing records of a table at a load: ``failing`` gives rule_id, record_key, unit_code, detail."""
    engine.execute(f"INSERT INTO {_FOUND} BY NAME SELECT {load} AS load_id, ? AS table_name, * FROM ({failing.sql()})", [table])


def find_unreadable(engine: DuckDBEngine, catalog: Catalog, table: str, load: int, *, judged: str | None) -> None:
    """Take in what could not be read of a table at a load, one issue per record and column: the rule is ``cast.<column>``.

    Args:
        judged: the temporary table that says which unit a record is booked at; without it, or without the record: the unknown unit.
    """
    unit, join = "CAST(NULL AS VARCHAR)", ""
    if judged is not None:
        unit, join = "j.unit_code", f"LEFT JOIN {quoted(judged)} AS j ON j.record_key = i.record_key"
    # only what can be a number, a date or a time is shown: people type names and identity numbers into the wrong field
    is_harmless = "length(i.raw_value) <= 10 AND translate(i.raw_value, '0123456789+-./: ', '') = ''"
    shown = (
        f"CASE WHEN i.column_name LIKE '{OF_WHOLE_ROW}' THEN 'the row was not taken; see core.cast_issue' "
        f"WHEN {is_harmless} THEN i.column_name || '=' || i.raw_value "
        "ELSE i.column_name || ': ' || CAST(length(i.raw_value) AS VARCHAR) || ' characters that cannot be read; see core.cast_issue' END"
    )
    engine.execute(
        f"INSERT INTO {_FOUND} SELECT {load}, i.table_name, 'cast.' || i.column_name, i.record_key, max(coalesce({unit}, ?)), min({shown}) "
        f"FROM core.cast_issue AS i {join} WHERE i.table_name = ? AND i.load_id <= {load} AND (i.known_to IS NULL OR i.known_to > {load}) "
        "GROUP BY i.table_name, i.column_name, i.record_key",
        [catalog.standard.unknown_unit_code, table],
    )


def other_subjects(engine: DuckDBEngine, catalog: Catalog) -> list[str]:
    """Return what core.cast_issue speaks of beside core tables (the lists of deliveries)."""
    names = engine.sql("SELECT DISTINCT table_name FROM core.cast_issue ORDER BY 1").column(0).to_pylist()
    return [str(name) for name in names if name not in catalog.tables]


def write_issues(
    engine: DuckDBEngine, judged: Iterable[tuple[int, str]], landed: Mapping[int, datetime], *, anew: Iterable[str]
) -> tuple[int, int]:
    """Follow the failing records load by load: an issue opens where a record begins to fail and closes where it no longer does.

    Args:
        judged: the loads and tables whose failing records were taken in, in order of load.
        anew: tables whose issues are told again from the first load, because their rules are new or have changed.
    Returns: how many issues opened and closed.
    """
    for name in anew:
        engine.execute("DELETE FROM quality.issue WHERE table_name = ?", [name])
    same = "f.table_name = i.table_name AND f.rule_id = i.rule_id AND f.record_key = i.record_key"
    found = set(engine.connection.execute(f"SELECT DISTINCT load_id, table_name FROM {_FOUND}").fetchall())
    stand = {
        name for (name,) in engine.connection.execute("SELECT DISTINCT table_name FROM quality.issue WHERE status = 'open'").fetchall()
    }
    opened = closed = 0
    for load, name in judged:
        if (load, name) not in found and name not in stand:
            continue  # nothing to open and nothing to close: so it is with most tables at most loads
        stand.add(name)
        failing = f"(SELECT * FROM {_FOUND} WHERE load_id = {load} AND table_name = ?)"
        cured = f"i.table_name = ? AND i.status = 'open' AND NOT EXISTS (SELECT 1 FROM {failing} AS f WHERE {same})"
        closed += int(engine.scalar(f"SELECT count(*) FROM quality.issue AS i WHERE {cured}", [name, name]))
        engine.execute(
            f"UPDATE quality.issue AS i SET status = 'closed', closed_at = CAST(? AS TIMESTAMP) WHERE {cured}", [landed[load], name, name]
        )
        engine.execute(
            f"UPDATE quality.issue AS i SET unit_code = f.unit_code, detail = f.detail FROM {failing} AS f WHERE i.status = 'open' AND {same}",
            [name],
        )
        fresh = f"FROM {failing} AS f WHERE NOT EXISTS (SELECT 1 FROM quality.issue AS i WHERE i.status = 'open' AND {same})"
        opened += int(engine.scalar(f"SELECT count(*) {fresh}", [name]))
        engine.execute(
            "INSERT INTO quality.issue BY NAME SELECT "
            "substr(md5(f.table_name || '/' || f.rule_id || '/' || f.record_key), 1, 16) AS issue_id, "
            "f.rule_id, f.table_name, f.record_key, f.unit_code, CAST(? AS TIMESTAMP) AS opened_at, NULL AS closed_at, "
            f"'open' AS status, f.detail {fresh}",
            [landed[load], name],
        )
    return opened, closed


def replayed(engine: DuckDBEngine, table: str, definition_hash: str) -> int:
    """Return the last load that the issues of a table have followed with these very rules; NEVER when there is none."""
    found = engine.scalar("SELECT as_of FROM quality.replayed WHERE table_name = ? AND definition_hash = ?", [table, definition_hash])
    return NEVER if found is None else int(found)


def set_replayed(engine: DuckDBEngine, table: str, as_of: int, definition_hash: str) -> None:
    """Note how far the issues of a table have come."""
    engine.execute("DELETE FROM quality.replayed WHERE table_name = ?", [table])
    engine.execute("INSERT INTO quality.replayed VALUES (?, ?, ?)", [table, as_of, definition_hash])


def open_issues(engine: DuckDBEngine, at: datetime) -> int:
    """Return how many issues stood open when a load was landed."""
    return int(engine.scalar("SELECT count(*) FROM quality.issue WHERE opened_at <= ? AND (closed_at IS NULL OR closed_at > ?)", [at, at]))


def _append(engine: DuckDBEngine, name: str, rows: Iterable[dict[str, Any]]) -> None:
    schema = pa.schema([(column, _ARROW[type_]) for column, type_ in _TABLES[name].items()])
    exact = [{k: v.quantize(Decimal("0.000001")) if isinstance(v, Decimal) else v for k, v in row.items()} for row in rows]
    engine.append(name, pa.Table.from_pylist(exact, schema=schema))
