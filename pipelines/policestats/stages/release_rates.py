"""Lays out the page of the generation rates of a release: over all, by form, level, unit and period, and what is not automatic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from policestats.catalog import Catalog
from policestats.catalog.model import Label
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.rates import rate
from policestats.reports.template import Form
from policestats.reports.writers.printed import PrintedRate
from policestats.reports.writers.screen import RateLine, RatesPage
from policestats.stages.release_print import RATE_LABELS


def rates_page(engine: DuckDBEngine, catalog: Catalog, period: ReferencePeriod, forms: list[Form], release: str) -> RatesPage:
    """Return the page of the rates; ``engine`` has the statistics file of the release open. Without rates over all it says so.

    A level's rates are those of all its units together, added up before they are divided.
    """
    rows = engine.sql("SELECT rate_id, form_id, unit_code, numerator, denominator, reason FROM report.generation").to_pylist()
    units = engine.sql("SELECT unit_code, level_code, name_zh, name_en, depth FROM dim.unit ORDER BY unit_order").to_pylist()
    by_unit: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["unit_code"] is not None:
            by_unit.setdefault(row["unit_code"], []).append(row)
    overall = _rates(r for r in rows if r["form_id"] is None and r["unit_code"] is None)
    levels = {level.code: level.label for level in catalog.standard.unit_levels}
    reasons = [r["reason"] for r in rows if r["form_id"] is None and r["unit_code"] is None and r["reason"]]
    return RatesPage(
        standard=catalog.standard.label,
        period=period.text,
        release=release,
        note=catalog.standard.furniture.get("template_rate"),
        overall=overall,
        forms=[RateLine(f.id, f.title, 0, _rates(r for r in rows if r["form_id"] == f.id and r["unit_code"] is None)) for f in forms],
        levels=[
            RateLine(code, label, 0, _rates(r for u in units if u["level_code"] == code for r in by_unit.get(u["unit_code"], ())))
            for code, label in levels.items()
        ],
        units=[
            RateLine(u["unit_code"], {"zh": u["name_zh"], "en": u["name_en"]}, u["depth"], _rates(by_unit[u["unit_code"]]))
            for u in units
            if u["unit_code"] in by_unit
        ],
        reasons=list(dict.fromkeys(part for reason in reasons for part in reason.split("; "))),
        trend_periods=[],
        trend={},
        labels=RATE_LABELS,
    )


def _rates(rows: Iterable[dict[str, Any]]) -> dict[str, PrintedRate]:
    """Return the rates of some rows of report.generation, added up by rate; none for a rate without a row."""
    held: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        held.setdefault(row["rate_id"], []).append(row)
    return {id: _added(RATE_LABELS[id], held[id]) for id in RATE_LABELS if id in held}


def _added(label: Label, rows: list[dict[str, Any]]) -> PrintedRate:
    numerator, denominator = sum(r["numerator"] for r in rows), sum(r["denominator"] for r in rows)
    return PrintedRate(label, numerator, denominator, rate(numerator, denominator, per=100, decimals=2), "")
