"""explain: what a cell means, in words: its definition, source, policies in force, and the SQL that ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from policestats.catalog import Catalog, Indicator
from policestats.catalog.office import TYPED
from policestats.engines.duckdb import WAREHOUSE, DuckDBEngine, open_warehouse
from policestats.errors import StatisticsError, nearest
from policestats.periods import ReferencePeriod
from policestats.reports.blocks import Row
from policestats.reports.form_columns import FormColumn, operands
from policestats.reports.found_rows import NO_VALUE, block_of, split
from policestats.reports.needs import needs_told
from policestats.reports.policy_use import policies_in
from policestats.reports.status import failed_rules
from policestats.reports.template import Form, load_forms
from policestats.stages import knowledge
from policestats.stages.typed_store import read_cells

_VARIANTS = {
    "current": "the period",
    "ytd": "the year to the end of the period",
    "prior_year": "the same period a year earlier",
    "prior_year_ytd": "the year before, up to the same period",
    "previous_period": "the period before",
    "previous_ytd": "the year up to the start of the period",
}


@dataclass
class Explanation:
    """What there is to say of a cell. ``queries`` holds (subject, SQL, rows it gave); empty when the period was not tabulated.

    ``blocked_by`` has a line for each failed rule that blocks the cell or one of the cells it is made of.
    """

    title: str
    lines: list[str]
    policies: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    status: str | None = None
    blocked_by: list[str] = field(default_factory=list)
    records: int | None = None
    value: str | None = None
    queries: list[tuple[str, str, int]] = field(default_factory=list)


def run(
    *, catalog: Catalog, home: Path, form: str, row: str, column: str, period: str | None = None, unit: str | None = None
) -> Explanation:
    """Return the explanation of a cell: its definition and, once the form was tabulated, the SQL that ran, the status and the number of records.

    Args:
        period: default the latest that the form was tabulated for; the definition alone when there is none.
        unit: default the first root of the tree.
    Raises: StatisticsError for an unknown form, row or column, or a period that was not tabulated.
    """
    wanted = ReferencePeriod.parse(period) if period is not None else _latest(home, form)
    forms = load_forms(catalog, period=wanted, only=[form])
    if form not in forms:
        raise StatisticsError(f"there is no form {form!r}; {nearest(form, forms)}")
    found = forms[form]
    rows = {r.code: r for r in found.rows}
    block = block_of(found, row)
    if block is not None:
        rows[row] = Row(row, {"zh": row, "en": row}, "found", None, block.id)
    columns = {c.code: c for c in found.columns}
    if row not in rows:
        raise StatisticsError(f"form {form} has no row {row!r}; {nearest(row, rows)}")
    if column not in columns:
        raise StatisticsError(f"form {form} has no column {column!r}; {nearest(column, columns)}")
    explanation = _definition(catalog, found, rows[row], columns[column])
    if wanted is not None:
        _run_of(explanation, catalog, home, found, rows[row], columns[column], wanted, unit)
    return explanation


def _latest(home: Path, form: str) -> ReferencePeriod | None:
    """Return the latest period a form was tabulated for; None when there is none."""
    if not (home / WAREHOUSE).exists():
        return None
    with open_warehouse(home, read_only=True) as engine:
        if not engine.has_table("report", "run"):
            return None
        periods = engine.sql("SELECT period FROM report.run WHERE form_id = ?", [form]).column(0).to_pylist()
    return max((ReferencePeriod.parse(str(p)) for p in periods), key=lambda p: (p.end, p.start), default=None)


def of_column(catalog: Catalog, form: Form, column: FormColumn) -> Explanation:
    """Return what there is to say of a column in any row: its definition, policies and sources."""
    found = Explanation(f"{form.id} {column.code} {column.label['zh']}", [])
    _column(catalog, form, column, found, depth=0)
    return found


def _definition(catalog: Catalog, form: Form, row: Row, column: FormColumn) -> Explanation:
    title = f"{form.id} {form.title['zh']} · [{row.code}] {row.label['zh']} · {column.code} {column.label['zh']}"
    lines = [
        f"{form.title['en']} / {row.label['en']} / {column.label['en']}" + (f" ({column.unit})" if column.unit else ""),
        f"Row: {row_words(form, row)}",
    ]
    explanation = Explanation(title, lines)
    _column(catalog, form, column, explanation, depth=0)
    _policy_lines(catalog, row.condition, explanation)
    lines.append(f"Needs: {needs_told(catalog, form, column)}")
    if not column.applies(split(row.code)[0]):
        lines.append("This column does not apply to this row.")
    lines.append(f"Provenance of rows: {form.provenance['rows']}; of columns: {form.provenance['columns']}")
    return explanation


def row_words(form: Form, row: Row) -> str:
    """Return which records a row holds, in words."""
    if row.kind == "of_which":
        return (
            f"of which, within {row.parent}: records that meet {words(row.condition or {})}; it overlaps the other rows and is in no total"
        )
    block = next(b for b in form.blocks if b.id == row.block)
    if row.kind == "leaf" and block.dimension:
        also = "; also whatever is unknown" if row.code == block.unknown else ""
        return f"records whose {block.dimension} is {row.code}{also}"
    if block.dynamic is not None:
        member, value = split(row.code)
        within = f"the records of row {member}" if block.dynamic.crossed else "records"
        told = "is empty" if value == NO_VALUE else f"is {value}"
        return f"{within} whose {block.dynamic.dimension} {told}; found in the data of units of the level {block.dynamic.level}, transfers are not netted"
    parts = [r.code for r in form.rows if r.parent == row.code and r.kind != "of_which" and r.block == row.block]
    return f"the sum of {', '.join(parts)}" if parts else "all records"


def _column(catalog: Catalog, form: Form, column: FormColumn, explanation: Explanation, depth: int) -> None:
    pad = "  " * depth
    if column.indicator is not None:
        explanation.lines += [pad + line for line in _indicator(catalog, column, column.indicator, form.lateness)]
        source = f"{column.indicator.id}: {column.indicator.source}"
        if column.indicator.source and source not in explanation.sources:
            explanation.sources.append(source)
        _policy_lines(catalog, column.indicator.condition, explanation)
        _policy_lines(catalog, catalog.facts[column.indicator.fact].spec, explanation)
        return
    if column.kind == "manual":
        named = catalog.indicators[column.spec["indicator"]]
        explanation.lines.append(
            f"{pad}{column.code} = {named.id} {named.label.get('zh', '')} ({named.label.get('en', '')}): typed by people"
        )
        if named.source:
            explanation.sources.append(f"{named.id}: {named.source}")
        return
    spec = {k: v for k, v in column.spec.items() if k == column.kind}
    explanation.lines.append(
        f"{pad}{column.code} = {words(spec)}, computed after aggregation, {column.decimals} decimals, half away from zero"
    )
    for name in dict.fromkeys(operands(column)):
        _column(catalog, form, form.column(name), explanation, depth + 1)


def _indicator(catalog: Catalog, column: FormColumn, indicator: Indicator, lateness: str) -> list[str]:
    fact = catalog.facts[indicator.fact]
    label = indicator.label.get("zh", ""), indicator.label.get("en", "")
    if indicator.show is None:
        what = {"count": "counts", "distinct": "counts distinct", "sum": "adds up"}[indicator.measure]
        thing = ", ".join(indicator.operand) or f"rows of {fact.label['en'].lower()}"
        basis = f"{what} {thing}, on {indicator.on}, for the unit in {indicator.by}"
    else:
        kinds = f" ({', '.join(indicator.kinds)})" if indicator.kinds else ""
        basis = f"shows the {indicator.show}{kinds} of {fact.label['en'].lower()}"
    lines = [f"{column.code} = {indicator.id} {label[0]} ({label[1]}): {basis}, over {_VARIANTS[column.variant]}"]
    if indicator.condition:
        lines.append(f"  where {words(indicator.condition)}")
    lines.append(f"  tables: {', '.join(fact.tables)}; lateness: {lateness}")
    if indicator.additivity["units"] == "net":
        lines.append("  transfers inside a unit's own subtree are netted")
    return lines


def words(spec: Any) -> str:
    """Return a condition or definition as one line of plain words."""
    if isinstance(spec, dict):
        return " and ".join(_entry(str(key), value) for key, value in spec.items())
    if isinstance(spec, list):
        return ", ".join(words(v) for v in spec)
    return str(spec).lower() if isinstance(spec, bool) else str(spec)


def _entry(key: str, value: Any) -> str:
    if key in ("all", "any") and isinstance(value, list):
        return "(" + (" and " if key == "all" else " or ").join(words(v) for v in value) + ")"
    if key == "not":
        return f"not ({words(value)})"
    if key == "policy":
        return f"policy {value}"
    if value is None:
        return f"{key} is empty"
    if isinstance(value, dict) and set(value) == {"null"}:
        return f"{key} is {'empty' if value['null'] else 'given'}"
    if isinstance(value, dict):
        return f"{key} {', '.join(f'{k} {words(v)}' for k, v in value.items())}"
    if isinstance(value, list):
        return f"{key} in ({words(value)})"
    return f"{key} = {words(value)}"


def _policy_lines(catalog: Catalog, spec: Any, explanation: Explanation) -> None:
    for name in policies_in(spec):
        policy = catalog.policy(name, "explain")
        line = f"{name} = {policy.chosen} ({policy.label['zh']}; {policy.label['en']}): {policy.effect}. Source: {policy.source}"
        if line not in explanation.policies:
            explanation.policies.append(line)


def _run_of(
    explanation: Explanation,
    catalog: Catalog,
    home: Path,
    form: Form,
    row: Row,
    column: FormColumn,
    period: ReferencePeriod,
    unit: str | None,
) -> None:
    bases = base_columns(form, column)
    with open_warehouse(home, read_only=True) as engine:
        if not engine.has_table("report", "query"):
            raise StatisticsError(f"nothing has been tabulated yet: run 'policestats tabulate --period {period}'")
        units = engine.sql("SELECT unit_code FROM dim.unit WHERE period = ? ORDER BY unit_order", [period.text]).column(0).to_pylist()
        if not units:
            raise StatisticsError(f"{period} has not been tabulated: run 'policestats tabulate --period {period}'")
        chosen = unit or str(units[0])
        if chosen not in units:
            raise StatisticsError(f"--unit {chosen}: no such unit in {period}; {nearest(chosen, map(str, units))}")
        status = engine.sql(
            "SELECT status, delivered, due, reason FROM report.status WHERE form_id = ? AND period = ? AND unit_code = ? AND column_code = ? "
            "AND (row_code = ? OR (row_code IS NULL AND block_id = ?)) ORDER BY row_code NULLS LAST",
            [form.id, period.text, chosen, column.code, row.code, row.block],
        ).to_pylist()
        if not status:
            raise StatisticsError(
                f"{form.id} has no figure of {column.code} for unit {chosen} in {period}: run 'policestats tabulate --period {period}', "
                f"or ask for a period and unit that the column is made for ({', '.join(column.frequencies or form.frequencies)})"
            )
        s = status[0]
        explanation.status = (
            f"{s['status']} ({s['delivered']} of {s['due']} unit-months delivered){': ' + s['reason'] if s['reason'] else ''}"
        )
        if s["status"] == "manual" and (by := _typed_by(engine, catalog, form, period, (chosen, row.code, column.code))):
            explanation.status += f"; typed by {by}"  # who it was stands in no release
        explanation.blocked_by = _blocked_by(engine, catalog, form, period, chosen, bases)
        value = engine.scalar(
            "SELECT value FROM report.cell WHERE form_id = ? AND period = ? AND unit_code = ? AND row_code = ? AND column_code = ?",
            [form.id, period.text, chosen, row.code, column.code],
        )
        explanation.value = f"{chosen} {period}: {_figure(catalog, column, row, value, s['status'])}"
        explanation.records = engine.scalar(
            "SELECT count(DISTINCT c.record_key) FROM report.contribution c JOIN report.column_reading r USING (form_id, period, indicator_id, anchor_on) "
            "JOIN report.row_member m ON m.form_id = c.form_id AND m.period = c.period AND m.member_row_code = c.row_code "
            "JOIN report.unit_member u ON u.period = c.period AND u.member_unit_code = c.unit_code "
            "WHERE c.form_id = ? AND c.period = ? AND u.unit_code = ? AND m.row_code = ? AND list_contains(?, r.column_code) AND c.on_date < r.end_on "
            "AND (CASE WHEN r.is_stock THEN c.until_date IS NULL OR c.until_date >= r.end_on ELSE c.on_date >= r.start_on END) "
            "AND NOT (r.is_net AND m.is_netted AND EXISTS (FROM report.unit_member p WHERE p.period = c.period AND p.unit_code = u.unit_code "
            "AND p.member_unit_code = c.partner_unit_code))",
            [form.id, period.text, chosen, row.code, bases],
        )
        subjects = [s for name in bases for s in query_subjects(form.column(name))]
        explanation.queries = [
            (f"{r['subject']} at {r['anchor_on']}", r["sql"], r["row_count"])
            for r in engine.sql(
                "SELECT DISTINCT q.subject, q.anchor_on, q.sql, q.row_count FROM report.query q "
                "JOIN report.column_reading r USING (form_id, period, anchor_on) "
                "WHERE q.form_id = ? AND q.period = ? AND list_contains(?, q.subject) AND list_contains(?, r.column_code) ORDER BY ALL",
                [form.id, period.text, subjects, bases],
            ).to_pylist()
        ]


def _typed_by(engine: DuckDBEngine, catalog: Catalog, form: Form, period: ReferencePeriod, place: tuple[str, str, str]) -> str:
    """Return who typed the cell of a unit, a row and a column that the form was tabulated with; "" where people did not type it itself."""
    tabulated = engine.scalar("SELECT as_of FROM report.run WHERE form_id = ? AND period = ?", [form.id, period.text])
    cells = read_cells(engine, catalog, TYPED, int(tabulated), period.text)
    return ", ".join(
        str(c["author"]) for c in cells if (c["form_id"], c["unit_code"], c["row_code"], c["column_code"]) == (form.id, *place)
    )


def _blocked_by(engine: DuckDBEngine, catalog: Catalog, form: Form, period: ReferencePeriod, unit: str, bases: list[str]) -> list[str]:
    """Return what there is to say of each rule that blocks one of the columns ``bases``: the reason of a rate is that of one of its operands."""
    reasons = engine.sql(
        "SELECT DISTINCT reason FROM report.status WHERE form_id = ? AND period = ? AND unit_code = ? AND status = 'blocked' "
        "AND list_contains(?, column_code)",
        [form.id, period.text, unit, bases],
    )
    rules = sorted({rule for reason in reasons.column(0).to_pylist() for rule in failed_rules(reason)})
    if not rules:
        return []
    tabulated = engine.scalar("SELECT as_of FROM report.run WHERE form_id = ? AND period = ?", [form.id, period.text])
    load = knowledge.judged_load(engine, int(tabulated))
    told = engine.sql(
        "SELECT * FROM quality.rule_result WHERE as_of = ? AND list_contains(?, table_name || '.' || rule_id) ORDER BY table_name, rule_id",
        [load, rules],
    ).to_pylist()
    found = []
    for r in told:
        again = "" if r["verdict"] == "failed" else f" (judged again since: {r['verdict']}; tabulate again)"
        found.append(
            f"{r['table_name']}.{r['rule_id']} ({r['label_zh']}; {r['label_en']}): {r['failed']:,} of {r['checked']:,} failed at load {r['as_of']}, "
            f"{r['mostly'].normalize():f} of them must hold{again}. Source: {r['source']}. "
            f"The rule: expectations/{catalog.standard.id}/{r['table_name']}.yaml; the records: quality.issue"
        )
    return found


def _figure(catalog: Catalog, column: FormColumn, row: Row, value: Decimal | None, status: str) -> str:
    """Return a cell as a form prints it: an absent count is 0, an absent rate has no base, and what has no figure has a mark."""
    marks = catalog.standard.marks
    if status not in ("auto", "partial", "manual") or not column.applies(split(row.code)[0]):
        return marks.get(status, marks["none"])
    if value is None and column.kind not in ("base", "formula", "manual"):
        return marks["none"]
    return f"{value or 0:.{column.decimals}f}"


def base_columns(form: Form, column: FormColumn) -> list[str]:
    """Return the codes of the counted columns that ``column`` is computed from; of a counted column its own; of a typed one none."""
    if column.kind == "manual":
        return []
    if column.indicator is not None:
        return [column.code]
    return list(dict.fromkeys(b for name in operands(column) for b in base_columns(form, form.column(name))))


def query_subjects(column: FormColumn) -> list[str]:
    """Return what the queries of a counted column are called in report.query."""
    assert column.indicator is not None
    return [column.indicator.fact, column.indicator.id]
