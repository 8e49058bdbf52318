"""Reads a finished statistics file for the writers: its forms, and the first page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from policestats.catalog import Catalog
from policestats.catalog.model import Label
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.status import ORDER, needed
from policestats.reports.template import Form
from policestats.reports.writers.printed import (
    PrintedCheck,
    PrintedForm,
    PrintedIndex,
    PrintedRate,
    PrintedTable,
    SilentUnit,
)
from policestats.stages.release_forms import ReleaseForms
from policestats.stages.release_notes import policy_lines

_NAMED = 4
RATE_LABELS: dict[str, Label] = {
    "template": {"zh": "模板率", "en": "Forms generated for every unit"},
    "instance": {"zh": "份数率", "en": "Form × unit generated"},
    "cell": {"zh": "单元格率", "en": "Cells generated"},
    "cell_nonzero": {"zh": "非零单元格率", "en": "Cells generated, zeros aside"},
}


@dataclass
class ReleasePrint:
    """Lays out the forms of one release. ``engine`` has its statistics file open."""

    engine: DuckDBEngine
    catalog: Catalog
    period: ReferencePeriod
    manifest: dict[str, Any]
    forms: ReleaseForms = field(init=False)

    def __post_init__(self) -> None:
        self.forms = ReleaseForms(self.engine)

    def form(self, form: Form) -> PrintedForm:
        """Return the heads, contents and footnotes of a form."""
        return self.forms.form(form.id)

    def tables(self, form: Form) -> list[PrintedTable]:
        """Return the figures of every unit that has a table, in tree order."""
        return self.forms.tables(self.form(form))

    def index(self, forms: list[Form]) -> PrintedIndex:
        """Return the first page: forms, rates, failed checks, silent units."""
        standard, manifest = self.catalog.standard, self.manifest
        failed = self._failed()
        return PrintedIndex(
            standard=standard.label,
            period=self.period.text,
            release=manifest["release"],
            facts=[
                ({"zh": "发布号", "en": "Release id"}, manifest["release_id"]),
                ({"zh": "所依据批次", "en": "As of load"}, str(manifest["as_of"])),
                ({"zh": "编制时间", "en": "Made at"}, manifest["created_at"].replace("T", " ")),
                ({"zh": "程序版本", "en": "Program version"}, manifest["code_version"]),
            ],
            policies=policy_lines(self.catalog, self.catalog.policies),
            provenance=standard.furniture["note"],
            forms=[(f.id, f.title, dict(Counter(u.status for u in self.forms.printed_units(f.id)))) for f in forms],
            rates=self._rates(),
            failed=failed,
            failed_counts={s: sum(f.times for f in failed if f.severity == s) for s in ("error", "warning")},
            silent=self._silent(forms),
        )

    def _rates(self) -> list[PrintedRate]:
        rows = self.engine.sql(
            "SELECT * FROM report.generation WHERE form_id IS NULL AND unit_code IS NULL AND level_code IS NULL"
        ).to_pylist()
        found = {r["rate_id"]: r for r in rows}
        return [
            PrintedRate(label, r["numerator"], r["denominator"], r["rate_pct"], r["reason"] or "")
            for rate_id, label in RATE_LABELS.items()
            if (r := found.get(rate_id)) is not None
        ]

    def _failed(self) -> list[PrintedCheck]:
        """Return the failed checks, each once, errors first, with its first failure in tree order as the example."""
        rows = self.engine.sql(
            "SELECT f.*, u.name_zh FROM report.check_result AS f LEFT JOIN dim.unit AS u USING (unit_code) WHERE f.outcome = 'failed' "
            "ORDER BY f.severity, f.form_id, f.check_id, u.unit_order, f.row_code, f.column_code"
        ).to_pylist()
        found = []
        for (severity, form_id, check_id), group in groupby(rows, key=lambda r: (r["severity"], r["form_id"], r["check_id"])):
            failures = list(group)
            first = failures[0]
            units = list(dict.fromkeys(str(f["name_zh"] or f["unit_code"]) for f in failures))
            place = " ".join(filter(None, [first["name_zh"] or first["unit_code"], first["row_code"], first["column_code"]]))
            example = f"{place}: {_plain(first['left_value'])} / {_plain(first['right_value'])}"
            named = "、".join(units[:_NAMED]) + (f" 等 {len(units)} 个" if len(units) > _NAMED else "")
            found.append(PrintedCheck(form_id, check_id, severity, first["message"] or "", len(failures), named, example))
        return found

    def _silent(self, forms: list[Form]) -> list[SilentUnit]:
        """Return the units that owe deliveries; what people type and what no source delivers is nobody's silence."""
        lacking: dict[str, dict[str, dict[str, Any]]] = {}
        for form in forms:
            for unit, columns in self.forms.statuses(form.id).items():
                worst = max(
                    (
                        s
                        for s in columns.values()
                        if s["status"] in ("missing", "partial") and s["delivered"] < s["due"] and needed(s["reason"]) is None
                    ),
                    key=lambda s: ORDER.index(s["status"]),
                    default=None,
                )
                if worst is not None and self.forms.notes.is_leaf(unit):
                    lacking.setdefault(unit, {})[form.id] = worst
        return [
            SilentUnit(
                u["unit_code"],
                {"zh": u["name_zh"], "en": u["name_en"]},
                {form: f"{status['delivered']}/{status['due']}" for form, status in lacking[u["unit_code"]].items()},
            )
            for u in self.forms.units
            if u["unit_code"] in lacking
        ]


def _plain(value: Decimal | None) -> str:
    return "—" if value is None else f"{value.normalize():f}"
