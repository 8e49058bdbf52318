"""Lays out the page of the generation rates of a release: over all, by form, level, unit and period, and what is not automatic."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from policestats.catalog import Catalog
from policestats.catalog.model import Label
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports.rates import rate
from policestats.reports.template import Form
from policestats.reports.writers.html import figure
from policestats.reports.writers.printed import PrintedRate
from policestats.reports.writers.screen import RateLine, RatesPage
from policestats.reports.writers.sparkline import Drawing, Point, drawn
from policestats.stages.release_history import last_periods
from policestats.stages.release_print import RATE_LABELS

#: the rate whose course is drawn beside forms and levels
_COURSE = "cell"
_Rows = list[dict[str, Any]]


def rates_page(engine: DuckDBEngine, catalog: Catalog, period: ReferencePeriod, forms: list[Form], release: str) -> RatesPage:
    """Return the page of the rates; ``engine`` has the statistics file of the release open. Without rates over all it says so.

    The rates of a unit are those of its forms added up before they are divided.
    """
    rows = _grouped(engine.sql("SELECT * FROM report.generation").to_pylist())
    trend = _grouped(engine.sql("SELECT *, NULL AS unit_code, NULL AS reason FROM report.generation_trend").to_pylist())
    units = engine.sql("SELECT unit_code, level_code, name_zh, name_en, depth FROM dim.unit ORDER BY unit_order").to_pylist()
    periods = last_periods(period)

    def line(code: str, title: Label, place: tuple[str | None, str | None], told: str | None = None) -> RateLine:
        course = _course(trend.get((*place, None), []), _COURSE, periods)
        return RateLine(code, title, 0, _rates(rows.get((*place, None), [])), _reasons(rows.get((told, place[1], None), [])), course)

    overall = rows.get((None, None, None), [])
    by_unit: dict[str, _Rows] = {}
    for (_, _, unit), held in rows.items():
        if unit is not None:
            by_unit.setdefault(unit, []).extend(held)
    return RatesPage(
        period=period.text,
        release=release,
        note=catalog.standard.furniture.get("template_rate"),
        overall=_rates(overall),
        reasons=_reasons(overall),
        forms=[line(f.id, f.title, (f.id, None), f.id) for f in forms],
        levels=[
            line(level.code, level.label, (None, level.code)) for level in catalog.standard.unit_levels if (None, level.code, None) in rows
        ],
        units=[
            RateLine(
                u["unit_code"],
                {"zh": u["name_zh"], "en": u["name_en"]},
                u["depth"],
                _rates(by_unit[u["unit_code"]]),
                _reasons(by_unit[u["unit_code"]]),
                None,
            )
            for u in units
            if u["unit_code"] in by_unit
        ],
        periods=periods,
        trend={id: course for id in RATE_LABELS if (course := _course(trend.get((None, None, None), []), id, periods)) is not None},
        course_of=RATE_LABELS[_COURSE],
        labels=RATE_LABELS,
    )


def _grouped(rows: _Rows) -> dict[tuple[str | None, str | None, str | None], _Rows]:
    """Return rows of report.generation by form, level and unit, None for all."""
    found: dict[tuple[str | None, str | None, str | None], _Rows] = {}
    for row in rows:
        found.setdefault((row["form_id"], row["level_code"], row["unit_code"]), []).append(row)
    return found


def _rates(rows: _Rows) -> dict[str, PrintedRate]:
    """Return the rates of some rows, added up by rate; none for a rate without a row."""
    held: dict[str, _Rows] = {}
    for row in rows:
        held.setdefault(row["rate_id"], []).append(row)
    return {id: _added(RATE_LABELS[id], held[id]) for id in RATE_LABELS if id in held}


def _added(label: Label, rows: _Rows) -> PrintedRate:
    numerator, denominator = sum(r["numerator"] for r in rows), sum(r["denominator"] for r in rows)
    return PrintedRate(label, numerator, denominator, rate(numerator, denominator, per=100, decimals=2), "")


def _reasons(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return what is told of some rows, each once: the rates of one place mostly tell the same."""
    return list(dict.fromkeys(part for r in rows if r["reason"] for part in r["reason"].split("; ")))


def _course(rows: _Rows, rate_id: str, periods: list[str]) -> Drawing | None:
    """Return a rate over ``periods``; None when it is known of one of them at most. A period without the rate is a gap."""
    known = {r["period"]: r["rate_pct"] for r in rows if r["rate_id"] == rate_id and r["period"] in periods}
    if len(known) < 2:
        return None
    return drawn([Point(p, known.get(p)) for p in periods], partial(figure, decimals=2))
