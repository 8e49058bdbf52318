"""Fills the two DuckDB files of a release from the warehouse: published tables, wide views, the trace macro."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from policestats.catalog import Catalog
from policestats.engines.duckdb import quoted
from policestats.engines.release_files import SOURCE, STATISTICS_DB, TRACE_DB, ReleaseFiles, comment, trace_macro
from policestats.errors import ReleaseError
from policestats.periods import ReferencePeriod
from policestats.reports import contract, release_contract
from policestats.reports.contract import PublishedTable
from policestats.reports.form_columns import FormColumn
from policestats.reports.template import Form
from policestats.stages.knowledge import judged_load
from policestats.stages.release_notes import Words

#: The order of the long tables: what is read together stands together, and the rest of the file is passed over.
_ORDER = {
    contract.CELL.name: "form_id, unit_code",
    contract.STATUS.name: "form_id, unit_code",
    contract.CONTRIBUTION.name: "form_id, indicator_id, anchor_on, on_date, record_key, unit_code, row_code",  # the macro `trace` tells them in this order
}
_HAS_VALUE = "status IN ('auto', 'manual', 'partial')"


@dataclass
class ReleaseTables:
    """What is copied for one period: the forms tabulated for it, as of the load they were tabulated at.

    ``counts`` has the rows of every table written, by ``file.schema.table``.
    """

    files: ReleaseFiles
    catalog: Catalog
    period: ReferencePeriod
    forms: list[Form]
    as_of: int
    counts: dict[str, int] = field(default_factory=dict)

    def copy(self) -> None:
        """Fill both files. Raises: ReleaseError when the warehouse lacks what a release must have."""
        for published in release_contract.STATISTICS_TABLES:
            self._copy(STATISTICS_DB, published)
        self._copy_trend()
        for codelist in self.catalog.codelists.values():
            self._copy(STATISTICS_DB, release_contract.codelist_table(codelist))
        for name in release_contract.QUALITY_TABLES:
            self._copy_quality(name)
        self._copy_contributions()
        for published in release_contract.TRACE_TABLES[1:]:
            self._copy(TRACE_DB, published)
        for form in self.forms:
            self._wide_view(form)
        for statement in trace_macro([t.name for t in release_contract.TRACE_TABLES], release_contract.TRACE_ZH, release_contract.TRACE_EN):
            self.files.execute(statement)

    def content(self) -> dict[str, str]:
        """Return what every table holds, as a number that does not depend on the order of rows, on run ids or on times."""
        found = {}
        for name in sorted(self.counts):
            database, table = name.split(".", 1)
            found[name] = self.files.content(database, table, release_contract.NOT_CONTENT)
        return found

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        """Write the manifest's one row; mappings are stored as JSON."""
        table = release_contract.MANIFEST
        self.files.create(STATISTICS_DB, table.ddl(), table.name, table.comments())
        values = [json.dumps(v, ensure_ascii=False, sort_keys=True) if isinstance(v, dict) else v for v in manifest.values()]
        marks = ", ".join(f"? AS {quoted(name)}" for name in manifest)
        self.files.fill(STATISTICS_DB, table.name, f"SELECT {marks}", values)

    def write_wording(self, words: list[Words]) -> None:
        """Write the words that are printed with the forms."""
        table = release_contract.WORDING
        self.files.create(STATISTICS_DB, table.ddl(), table.name, table.comments())
        kinds = {"text_order": "INTEGER"}
        marks = ", ".join(f"unnest(?::{kinds.get(name, 'VARCHAR')}[]) AS {name}" for name, *_ in table.columns)
        columns = [list(values) for values in zip(*words, strict=True)]
        self.counts[f"{STATISTICS_DB}.{table.name}"] = self.files.fill(STATISTICS_DB, table.name, f"SELECT {marks}", columns)

    def _copy(self, database: str, published: PublishedTable) -> None:
        self._must_hold(published)
        self._take(database, published, *self._ours(published))

    def _must_hold(self, published: PublishedTable) -> None:
        names = [c[0] for c in published.columns]
        held = self.files.columns(SOURCE, published.name)
        lacking = [n for n in names if n not in held]
        if lacking:
            raise ReleaseError(
                f"the warehouse has no {published.name}{'' if not held else ' with ' + ', '.join(lacking)}; "
                f"run 'policestats tabulate --period {self.period}' again"
            )

    def _copy_contributions(self) -> None:
        self._must_hold(contract.CONTRIBUTION)
        columns, condition, parameters = self._ours(contract.CONTRIBUTION)
        columns = columns.replace(quoted("counted_key"), release_contract.COUNTED_NO)
        self._take(TRACE_DB, release_contract.TRACE_CONTRIBUTION, columns, condition, parameters)

    def _copy_trend(self) -> None:
        held = self.files.sql(f"SELECT DISTINCT period FROM {SOURCE}.report.generation").column(0).to_pylist()
        told = [p for p in (ReferencePeriod.parse(str(text)) for text in held) if p.frequency == self.period.frequency]
        periods = [p.text for p in told if p.start <= self.period.start]
        published, ids = release_contract.GENERATION_TREND, [f.id for f in self.forms]
        columns = ", ".join(quoted(c[0]) for c in published.columns)
        condition = "unit_code IS NULL AND list_contains(?, period) AND (form_id IS NULL OR list_contains(?, form_id))"
        self._take(STATISTICS_DB, published, columns, condition, [periods, ids], source=contract.GENERATION)

    def _copy_quality(self, name: str) -> None:
        held = self.files.columns(SOURCE, name)
        if not held:
            return  # nothing was validated yet: the release has no such table
        types = self.files.sql(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
            [SOURCE, *name.split(".", 1)],
        ).to_pylist()
        try:
            published = release_contract.quality_table(name, [(r["column_name"], r["data_type"]) for r in types])
        except KeyError as error:
            raise ReleaseError(
                f"{name} has the column {error}, which the published tables do not describe; describe it or drop it"
            ) from None
        self._take(STATISTICS_DB, published, *self._known([c[0] for c in published.columns]))

    def _judged(self) -> int:
        """Return the load whose verdicts the release shows."""
        is_judged = self.files.columns(SOURCE, "quality.rule_result")
        return judged_load(self.files, self.as_of, f"{SOURCE}.") if is_judged else self.as_of

    def _take(
        self,
        database: str,
        published: PublishedTable,
        columns: str,
        condition: str,
        parameters: list[Any],
        source: PublishedTable | None = None,
    ) -> None:
        """Copy the rows of ``source`` (default: the warehouse's table of the same name) that meet ``condition``."""
        self.files.create(database, published.ddl(), published.name, published.comments())
        held = quoted(f"{SOURCE}.{(source or published).name}")
        order = f" ORDER BY {_ORDER[published.name]}" if published.name in _ORDER else ""
        taken = self.files.fill(database, published.name, f"SELECT {columns} FROM {held} WHERE {condition}{order}", parameters)
        due = self.files.scalar(f"SELECT count(*) FROM {held} WHERE {condition}", parameters)
        if taken != due:
            raise ReleaseError(f"{published.name}: {taken} of {due} rows were copied; run 'policestats publish' again")
        self.counts[f"{database}.{published.name}"] = taken

    def _ours(self, published: PublishedTable) -> tuple[str, str, list[Any]]:
        """Return the columns, and the condition and parameters that keep only this period and its forms."""
        names = [c[0] for c in published.columns]
        conditions, parameters = ["true"], []
        if "period" in names:
            conditions.append("period = ?")
            parameters.append(self.period.text)
        if "form_id" in names:
            ids = [f.id for f in self.forms]
            in_forms = f"form_id IN ({', '.join('?' for _ in ids)})"
            conditions.append(f"(form_id IS NULL OR {in_forms})" if published is contract.GENERATION else in_forms)
            parameters += ids
        return ", ".join(map(quoted, names)), " AND ".join(conditions), parameters

    def _known(self, names: list[str]) -> tuple[str, str, list[Any]]:
        """Return the same for a quality table: what was known at the load ``as_of``; an issue cured later is still open then."""
        values = {name: quoted(name) for name in names}
        condition, parameters = "true", []
        if "as_of" in names:
            condition, parameters = "as_of = ?", [self._judged()]
        elif {"opened_at", "closed_at", "status"} <= set(names):
            landed = self.files.scalar(f"SELECT max(landed_at) FROM {SOURCE}.core.load WHERE load_id <= ?", [self.as_of])
            at = f"TIMESTAMP '{landed.isoformat(sep=' ')}'"
            condition = f"opened_at <= {at}"
            values["closed_at"] = f"CASE WHEN closed_at <= {at} THEN closed_at END"
            values["status"] = f"CASE WHEN closed_at <= {at} THEN status ELSE 'open' END"
        return ", ".join(f"{value} AS {quoted(name)}" for name, value in values.items()), condition, parameters

    def _wide_view(self, form: Form) -> None:
        columns = [c for c in form.columns_for(self.period.frequency) if not c.hidden]
        taken = {name.split(".")[1].casefold() for name in self.counts if name.startswith(f"{STATISTICS_DB}.report.")}
        if form.id.casefold() in taken:
            raise ReleaseError(f"{form.where}: the form id {form.id!r} is the name of a published table; give the form another id")
        clash = sorted({c.code for c in columns if c.code.casefold() in release_contract.WIDE_COLUMNS})
        if clash:
            raise ReleaseError(f"{form.where}: the column code {clash[0]!r} is the name of a leading column of the view; choose another")
        view = f"report.{quoted(form.id)}"
        self.files.execute(f"USE {STATISTICS_DB}")
        self.files.execute(f"CREATE VIEW {view} AS {_wide_select(form, columns, self.period)}")
        self.files.execute(comment("VIEW", view, form.title["zh"], form.title["en"]))
        for name, (zh, en) in release_contract.WIDE_COLUMNS.items():
            self.files.execute(comment("COLUMN", f"{view}.{quoted(name)}", zh, en))
        for column in columns:
            label = column.label_at(self.period.start)
            unit = f"（{column.unit}）" if column.unit else ""
            self.files.execute(comment("COLUMN", f"{view}.{quoted(column.code)}", label["zh"] + unit, label["en"]))
        self.files.execute("USE memory")


def _wide_select(form: Form, columns: list[FormColumn], period: ReferencePeriod) -> str:
    """Return the SELECT of a form's wide view: 0 for a true zero, null where there is no figure.

    The columns of a row are gathered in one map and looked up in it: an aggregate and a filter for each of them would take four times as long.
    """
    form_id = _text(form.id)
    lead = [
        f"{_text(period.text)} AS period",
        "u.unit_code",
        "u.name_zh AS unit_name_zh",
        "u.level_code AS unit_level",
        "r.row_code",
        "r.label_zh AS row_label_zh",
        "r.label_en AS row_label_en",
    ]

    def gathered(names: str, value: str, source: str, condition: str = "true") -> str:
        by_column = f"map_from_entries(list((column_code, {value})))"
        return f"(SELECT {names}, {by_column} AS by_column FROM {source} WHERE form_id = {form_id} AND {condition} GROUP BY ALL)"

    return (
        f"SELECT {', '.join([*lead, *(_wide_value(c) for c in columns)])} FROM dim.unit AS u "
        f"JOIN {gathered('unit_code, block_id', _HAS_VALUE, 'report.status', 'row_code IS NULL')} AS s ON s.unit_code = u.unit_code "
        f"JOIN ({_rows(form)}) AS r ON r.block_id = s.block_id AND r.unit_code = u.unit_code "
        f"LEFT JOIN {gathered('unit_code, row_code', _HAS_VALUE, 'report.status', 'row_code IS NOT NULL')} AS e "
        "ON e.unit_code = u.unit_code AND e.row_code = r.row_code "
        f"LEFT JOIN {gathered('unit_code, row_code', 'value', 'report.cell')} AS c ON c.unit_code = u.unit_code AND c.row_code = r.row_code "
        "ORDER BY u.unit_order, r.row_order"
    )


def _rows(form: Form) -> str:
    """Return the SELECT of the rows that each unit has: those of the form, and those found in its data; of these the member in whose row they stand."""
    form_id = _text(form.id)
    fixed = f"FROM report.form_row WHERE form_id = {form_id} AND unit_code"
    names = "block_id, row_code, split_part(row_code, '/', 1) AS member_code, label_zh, label_en, row_order"
    return (
        f"SELECT h.unit_code, f.* FROM (SELECT DISTINCT unit_code FROM report.status WHERE form_id = {form_id}) AS h "
        f"CROSS JOIN (SELECT {names} {fixed} IS NULL) AS f UNION ALL SELECT unit_code, {names} {fixed} IS NOT NULL"
    )


def _wide_value(column: FormColumn) -> str:
    name, code = quoted(column.code), _text(column.code)
    value = f"c.by_column[{code}]"
    if column.kind not in ("base", "formula", "manual"):
        return f"{value} AS {name}"  # a rate that has no base is absent
    applies = f" AND list_contains([{', '.join(_text(r) for r in column.rows)}], r.member_code)" if column.rows else ""
    return f"CASE WHEN coalesce(e.by_column[{code}], s.by_column[{code}]){applies} THEN coalesce({value}, 0) END AS {name}"


def described_as_tabulated(files: ReleaseFiles, forms: Iterable[Form], period: ReferencePeriod) -> None:
    """Make sure that the warehouse describes ``forms`` of this period as they are defined now.

    Raises: ReleaseError naming the form whose definition, or the label of one of its indicators, changed since.
    """
    again = f"run 'policestats tabulate --period {period}' again"
    for form in forms:
        held = files.scalar(f"SELECT definition_hash FROM {SOURCE}.report.form WHERE form_id = ? AND period = ?", [form.id, period.text])
        if held != form.definition_hash:
            raise ReleaseError(f"{form.where}: the definition of {form.id} has changed since it was tabulated; {again}")
        found = files.sql(
            f"SELECT column_code, label_zh, label_en FROM {SOURCE}.report.form_column WHERE form_id = ? AND period = ? ORDER BY column_order",
            [form.id, period.text],
        ).to_pylist()
        columns = form.columns_for(period.frequency)
        labels = [c.label_at(period.start) for c in columns]
        expected = [{"column_code": c.code, "label_zh": t["zh"], "label_en": t["en"]} for c, t in zip(columns, labels, strict=True)]
        if found != expected:
            raise ReleaseError(f"{form.where}: the columns of {form.id} are named otherwise than when it was tabulated; {again}")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
