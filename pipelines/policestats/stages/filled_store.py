"""Writes what a filled form holds (statuses, check results, cells) into report.*, column by column as Arrow arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from policestats.engines.duckdb import DuckDBEngine
from policestats.reports import contract
from policestats.reports.checks import Findings, Outcome
from policestats.reports.exact import DECIMAL, Flags, Integers, linear, to_decimals
from policestats.reports.figures import Positions
from policestats.reports.form_table import FormTable
from policestats.reports.found_rows import NO_VALUE, FoundRows, members_of, split
from policestats.reports.status import ORDER, CellException, ColumnStatus, split_by_row
from policestats.reports.typed_cells import Superseded

#: values that are the same in every row written: form_id, version, period, run_id
Same = dict[str, Any]
_NO_VALUE = {"zh": "不明", "en": "unknown"}


def write_found_rows(
    engine: DuckDBEngine, filled: FormTable, found: Sequence[tuple[FoundRows, dict[str, tuple[str, str]]]], same: Same
) -> None:
    """Write the rows found in the data, each for its unit, and which contributions they add up.

    Args: found: the rows, with the names (Chinese, English) of their values.
    """
    form, units = filled.form, pa.array(filled.units, pa.string())
    order = len(form.rows)
    static = {row.code for row in form.rows}
    for part, names in found:
        of_member = {m.code: m.label for m in part.dynamic.members}
        codes = [split(code) for code in part.codes]
        parents = [(member if member in static else None) if of_member else form.total for member, _ in codes]
        arrays = {
            "unit_code": units.take(pa.array(part.units)),
            "row_code": _chosen(part.codes, part.rows),
            "parent_row_code": _chosen(parents, part.rows),
            "row_order": pa.array(order + np.arange(len(part.rows)), pa.int32()),
        }
        for i, lang in enumerate(("zh", "en")):
            named = [names.get(value, (value, value))[i] if value != NO_VALUE else _NO_VALUE[lang] for _, value in codes]
            labels = [f"{of_member[m][lang]} {name}" if m in of_member else name for (m, _), name in zip(codes, named, strict=True)]
            arrays[f"label_{lang}"] = _chosen(labels, part.rows)
        told = {"block_id": part.block.id, "kind": "found"}
        _append(engine, contract.FORM_ROW, [_table(contract.FORM_ROW, len(part.rows), arrays, same | told)])
        order += len(part.rows)
        held = set(part.codes)
        pairs = [(row, member) for row, member in members_of(form, part.codes) if row in held]
        members = {name: pa.array([pair[i] for pair in pairs], pa.string()) for i, name in enumerate(("row_code", "member_row_code"))}
        _append(engine, contract.ROW_MEMBER, [_table(contract.ROW_MEMBER, len(pairs), members, same | {"is_netted": False})])


def write_statuses(engine: DuckDBEngine, filled: FormTable, found: Sequence[FoundRows], same: Same) -> None:
    """Write a row per unit, block and column; of a block whose rows are found in the data, for the units that have such rows.

    Where people typed cells, the row says the worst of them, and each that is otherwise, or has more to tell, has a row of its own.
    """
    units = pa.array(filled.units, pa.string())
    holders = {part.block.id: pa.array(np.unique(part.units)) for part in found}
    made: dict[int, dict[str, pa.Array]] = {}
    tables = []
    for column in filled.form.columns_for(filled.period.frequency):
        status = filled.statuses[column.code]
        if id(status) not in made:  # many columns read the same deliveries
            made[id(status)] = {"unit_code": units, **_told(status)}
        for block in filled.form.blocks:
            arrays = made[id(status)]
            told = {"block_id": block.id, "column_code": column.code}
            if block.id in holders:
                arrays = {name: array.take(holders[block.id]) for name, array in arrays.items()}
            elif status.cells is not None and block.dynamic is None:
                rows = filled.rows_at([row.code for row in block.rows if column.applies(row.code)])
                if len(rows):
                    status_of_block, exceptions = split_by_row(status, rows)
                    arrays = {"unit_code": units, **_told(status_of_block)}
                    tables.append(_exceptions(filled, exceptions, same | told))
            tables.append(_table(contract.STATUS, len(arrays["status"]), arrays, same | told))
    _settle(engine, contract.STATUS, tables, same)


def _told(status: ColumnStatus) -> dict[str, pa.Array]:
    return {
        "status": pa.array([ORDER[r] for r in status.ranks], pa.string()),
        "delivered": pa.array(status.delivered, pa.int32()),
        "due": pa.array(status.due, pa.int32()),
        "reason": pa.array(status.reasons, pa.string()),
    }


def _exceptions(filled: FormTable, exceptions: list[CellException], same: Same) -> pa.Table:
    arrays = {
        "unit_code": pa.array([filled.units[e.unit] for e in exceptions], pa.string()),
        "row_code": pa.array([filled.rows[e.row] for e in exceptions], pa.string()),
        "status": pa.array([ORDER[e.rank] for e in exceptions], pa.string()),
        "delivered": pa.array([e.delivered for e in exceptions], pa.int32()),
        "due": pa.array([e.due for e in exceptions], pa.int32()),
        "reason": pa.array([e.reason for e in exceptions], pa.string()),
    }
    return _table(contract.STATUS, len(exceptions), arrays, same)


def write_outcome(engine: DuckDBEngine, outcome: Outcome, same: Same) -> None:
    """Write what the checks found, and how often each passed at each unit."""
    units = pa.array(outcome.units, pa.string())
    _settle(engine, contract.CHECK_RESULT, [_findings(units, f, same) for f in outcome.found], same)
    tables = []
    for check, passed in outcome.passed.items():
        at = np.flatnonzero(passed)
        arrays = {"unit_code": units.take(pa.array(at)), "passed": pa.array(passed[at], pa.int64())}
        tables.append(_table(contract.CHECK_COUNT, len(at), arrays, same | {"check_id": check}))
    _settle(engine, contract.CHECK_COUNT, tables, same)


def write_cells(engine: DuckDBEngine, filled: FormTable, found: Sequence[FoundRows], same: Same) -> int:
    """Write the cells to store, counts that are not 0 and every rate that has a base, where the status lets them be printed; return how many."""
    units, rows = pa.array(filled.units, pa.string()), pa.array(filled.rows, pa.string())
    tables = []
    for column in filled.form.columns_for(filled.period.frequency):
        figures = filled.figures[column.code]
        keep = filled.statuses[column.code].has_values(figures.at // figures.rows, figures.at % figures.rows)
        at = figures.at[keep]
        arrays = {
            "unit_code": units.take(pa.array(at // figures.rows)),
            "row_code": rows.take(pa.array(at % figures.rows)),
            "value": to_decimals(figures.values[keep]),
        }
        tables.append(_table(contract.CELL, len(at), arrays, same | {"column_code": column.code}))
        for part in found:
            values = part.values[column.code]
            held = part.defined[column.code] & filled.statuses[column.code].has_value[part.units]
            if column.kind in ("base", "formula"):
                held &= (values != 0).astype(bool)
            arrays = {
                "unit_code": units.take(pa.array(part.units[held])),
                "row_code": _chosen(part.codes, part.rows[held]),
                "value": to_decimals(values[held]),
            }
            tables.append(_table(contract.CELL, int(held.sum()), arrays, same | {"column_code": column.code}))
    return _settle(engine, contract.CELL, tables, same, ignoring=("run_id",))  # a cell keeps the run that gave it its value


def write_differences(engine: DuckDBEngine, filled: FormTable, superseded: Iterable[tuple[Superseded, str, str, str]]) -> None:
    """Write the typed cells that records stand in front of: each with its unit, its row and what is told of it."""
    same = {"form_id": filled.form.id, "version": filled.form.version, "period": filled.period.text}
    found = list(superseded)
    texts = {
        "unit_code": [unit for _, unit, _, _ in found],
        "row_code": [row for _, _, row, _ in found],
        "column_code": [cell.column for cell, _, _, _ in found],
        "told": [told for _, _, _, told in found],
    }
    figures = {
        "typed_value": [cell.typed for cell, _, _, _ in found],
        "computed_value": [cell.computed for cell, _, _, _ in found],
        "difference": [cell.typed - cell.computed for cell, _, _, _ in found],
    }
    arrays = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    arrays |= {name: to_decimals(np.array(values, dtype=object)) for name, values in figures.items()}
    _settle(engine, contract.TYPED_DIFFERENCE, [_table(contract.TYPED_DIFFERENCE, len(found), arrays, same)], same)


def _findings(units: pa.Array, f: Findings, same: Same) -> pa.Table:
    arrays = {
        "unit_code": units.take(pa.array(f.at_unit)),
        "block_id": _chosen(f.blocks, f.at_row),
        "row_code": _chosen(f.rows, f.at_row),
        "left_value": _sides(f.left, f.known),
        "right_value": _sides(f.right, f.known),
        "difference": _sides(linear([(f.left, 1), (f.right, -1)]), f.known),
        "outcome": pa.array(np.where(f.known, "failed", "not_evaluated"), pa.string()),
    }
    told = {"check_id": f.check.id, "column_code": f.column, "severity": f.check.severity, "message": f.check.text}
    return _table(contract.CHECK_RESULT, len(f.at_unit), arrays, same | told)


def _chosen(values: Sequence[str | None], at: Positions) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(at))


def _sides(values: Integers, known: Flags) -> pa.Array:
    """Return one side of a check, null where an operand had no figure."""
    at = np.where(known, np.cumsum(known) - 1, -1)
    return to_decimals(values[known]).take(pa.array(at, mask=~known))


def _table(published: contract.PublishedTable, count: int, arrays: Mapping[str, pa.Array], same: Same) -> pa.Table:
    """Return a table of the contract: ``arrays`` by column, of the others ``same`` in every row or null."""
    found = {}
    for name, type_, _, _ in published.columns:
        arrow = _ARROW[type_]
        found[name] = arrays[name] if name in arrays else pa.repeat(pa.scalar(same.get(name), arrow), count)
    return pa.table(found)


def _append(engine: DuckDBEngine, published: contract.PublishedTable, tables: Sequence[pa.Table]) -> None:
    if tables:
        engine.append(published.name, pa.concat_tables(tables))


def _settle(
    engine: DuckDBEngine, published: contract.PublishedTable, tables: Sequence[pa.Table], same: Same, ignoring: tuple[str, ...] = ()
) -> int:
    """Make the form's rows of the period equal to ``tables``; return how many there are."""
    rows = pa.concat_tables([_table(published, 0, {}, {}), *tables])
    engine.settle(published.name, rows, {"form_id": same["form_id"], "period": same["period"]}, ignoring)
    return rows.num_rows


_ARROW = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "BIGINT": pa.int64(), "BOOLEAN": pa.bool_(), "DECIMAL(38,6)": DECIMAL}
