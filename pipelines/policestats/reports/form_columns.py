"""The columns of a form: what each shows or is computed from, and where it has cells."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from policestats.catalog import Catalog, Indicator
from policestats.catalog.load import indicator as read_indicator
from policestats.catalog.model import Label
from policestats.errors import DefinitionError, nearest
from policestats.periods import VARIANTS
from policestats.reports.blocks import Block

#: kinds of columns that are computed from other columns after aggregation
DERIVED = ("formula", "rate", "change", "share_of", "per_day", "wilson")

#: the two sides of a rate, (of, over): the weight of each column
Weights = tuple[dict[str, Fraction], dict[str, Fraction]]


@dataclass(frozen=True)
class FormColumn:
    """A column. ``kind`` is base, manual or one of DERIVED; ``spec`` holds what it is made of; ``indicator`` and ``variant`` are those of a base column.

    ``weights`` are those of a rate's two sides, (of, over), policies resolved; None for other kinds.
    ``spec`` also holds what only paper needs: the ``group`` over it and its neighbours, the scale it is ``printed`` in.
    """

    code: str
    label: Label
    labels: tuple[tuple[date, Label], ...]
    parent: str | None
    unit: str
    decimals: int
    hidden: bool
    rows: tuple[str, ...] | None
    frequencies: tuple[str, ...] | None
    kind: str
    spec: dict[str, Any]
    indicator: Indicator | None
    variant: str
    where: str
    weights: Weights | None = None

    def applies(self, row: str) -> bool:
        """Whether the column has a cell in ``row``; the rows below a member (``member/value``) are as the member's own."""
        return self.rows is None or row in self.rows or row.partition("/")[0] in self.rows

    def label_at(self, day: date) -> Label:
        """The caption in force on ``day`` (受理 became 立案 on 2026-01-01)."""
        found = self.label
        for since, label in self.labels:
            if day >= since:
                found = label
        return found

    @property
    def additivity(self) -> dict[str, str]:
        """How the column adds up along units, time and rows."""
        if self.indicator is not None:
            return self.indicator.additivity
        return (
            {"units": "recompute", "time": "recompute", "rows": "recompute"}
            if self.kind in DERIVED and self.kind != "formula"
            else {"units": "sum", "time": "sum", "rows": "sum"}
        )


def read_columns(
    specs: list[tuple[dict[str, Any], str]], catalog: Catalog, blocks: dict[str, Block], rows: list[str]
) -> tuple[FormColumn, ...]:
    """Return the columns written as ``specs``, each with its place, of a form with these ``blocks`` and ``rows``.

    Raises: DefinitionError with file, line, value and cure.
    """
    codes = [s["code"] for s, _ in specs]
    found = []
    for spec, place in specs:
        if codes.count(spec["code"]) > 1:
            raise DefinitionError(f"{place}: the column code {spec['code']!r} stands twice; column codes are unique in a form")
        column = _column(spec, catalog, place, _own_rows(spec, blocks, rows, place))
        names: Iterable[str] = [*operands(column), *([column.parent] if column.parent else [])]
        for name in names:
            if name not in codes:
                raise DefinitionError(f"{place}: column {column.code!r} names the column {name!r}; {nearest(name, codes)}")
        for row in _operand_rows(column):
            if row not in rows:
                raise DefinitionError(f"{place}: column {column.code!r} names the row {row!r}; {nearest(row, rows)}")
        found.append(column)
    return tuple(found)


def _own_rows(spec: dict[str, Any], blocks: dict[str, Block], rows: list[str], place: str) -> tuple[str, ...] | None:
    """Return the rows that a column is confined to, by `rows` and by `blocks`; None when it has cells in all of them."""
    named = [str(row) for row in spec.get("rows", [])]
    for row in named:
        if row not in rows:
            raise DefinitionError(f"{place}: column {spec['code']!r} names the row {row!r}; {nearest(row, rows)}")
    if "blocks" not in spec:
        return tuple(named) if "rows" in spec else None
    within: list[str] = []
    for name in spec["blocks"]:
        if name not in blocks:
            raise DefinitionError(f"{place}: column {spec['code']!r} names the block {name!r}; {nearest(name, blocks)}")
        within += blocks[name].row_codes
    return tuple(code for code in within if "rows" not in spec or code in named)


def _column(spec: dict[str, Any], catalog: Catalog, place: str, rows: tuple[str, ...] | None) -> FormColumn:
    kind = next((k for k in DERIVED if k in spec), "base")
    indicator = None
    variant = spec.get("variant", "current")
    if kind == "base":
        if "ledger" in spec:
            catalog.fact(spec["ledger"], place)
            indicator = read_indicator(spec, place, id=spec["code"])
        else:
            indicator = catalog.indicator(spec["indicator"], place)
            if indicator.is_manual:
                kind = "manual"
            if "where" in spec:
                indicator = _narrowed(indicator, spec, place)
        if variant not in VARIANTS:
            raise DefinitionError(f"{place}: {variant!r} is no variant; {nearest(variant, VARIANTS)}")
    if "printed" in spec and kind in DERIVED and kind != "formula":
        raise DefinitionError(
            f"{place}: column {spec['code']!r} is a {kind}, which is printed as it is computed; put printed: on the columns it is computed from"
        )
    label = spec.get("label") or (indicator.label if indicator else None)
    if not label:
        raise DefinitionError(f"{place}: column {spec['code']!r} needs a label: {{zh: .., en: ..}}")
    return FormColumn(
        code=spec["code"],
        label=label,
        labels=tuple((e["from"], {"zh": e["zh"], "en": e["en"]}) for e in spec.get("labels", [])),
        parent=spec.get("parent"),
        unit=spec.get("unit", indicator.unit if indicator else ""),
        decimals=spec.get("decimals", 0),
        hidden=bool(spec.get("hidden", False)),
        rows=rows,
        frequencies=tuple(spec["frequencies"]) if "frequencies" in spec else None,
        kind=kind,
        spec=spec,
        indicator=None if kind == "manual" else indicator,
        variant=variant,
        where=place,
        weights=(_weights(spec["rate"]["of"], catalog, place), _weights(spec["rate"]["over"], catalog, place)) if kind == "rate" else None,
    )


def _weights(side: str | dict[str, Any], catalog: Catalog, place: str) -> dict[str, Fraction]:
    """Return the weight of each column on one side of a rate."""
    found = {}
    for name, weight in (side if isinstance(side, dict) else {side: 1}).items():
        chosen = catalog.policy(weight["policy"], place).value if isinstance(weight, dict) else weight
        if isinstance(chosen, bool) or not isinstance(chosen, (int, float)):
            raise DefinitionError(f"{place}: the weight of {name!r} is {chosen!r}; a policy that weighs has numbers as its choices")
        found[name] = Fraction(str(chosen))
    return found


def _narrowed(indicator: Indicator, spec: dict[str, Any], place: str) -> Indicator:
    """Return the indicator of a column that counts only some of what ``indicator`` counts."""
    if indicator.is_manual:
        raise DefinitionError(f"{place}: column {spec['code']!r} narrows {indicator.id!r}, which people type; take out where:")
    both = [c for c in (indicator.condition, spec["where"]) if c]
    return dataclasses.replace(indicator, id=f"{indicator.id}/{spec['code']}", condition={"all": both}, where=place)


def operands(column: FormColumn) -> list[str]:
    """Return the codes of the columns that ``column`` is computed from; none for a base column."""
    spec = column.spec
    if column.kind == "formula":
        return list(spec["formula"])
    if column.kind == "rate":
        of = spec["rate"]["of"]
        over = spec["rate"]["over"]
        return [*(of if isinstance(of, dict) else [of]), *(over if isinstance(over, dict) else [over])]
    if column.kind == "change":
        return [spec["change"]["of"], spec["change"]["from"]]
    if column.kind == "share_of":
        return [spec["share_of"]["column"]]
    if column.kind == "per_day":
        return [spec["per_day"]]
    if column.kind == "wilson":
        return [spec["wilson"]["of"], spec["wilson"]["over"]]
    return []


def _operand_rows(column: FormColumn) -> list[str]:
    if column.kind == "share_of":
        share = column.spec["share_of"]
        return [share["row"], *share.get("except", {}), *share.get("except", {}).values()]
    if column.kind == "rate":
        return [column.spec["rate"][k] for k in ("of_row", "over_row") if k in column.spec["rate"]]
    return []
