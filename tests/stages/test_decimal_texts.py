"""How a text becomes a decimal: the quick way gives what DECIMAL(38,6) alone gives, and what Python's own decimals give."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from policestats.catalog import Column
from policestats.engines.duckdb import open_memory
from policestats.landing.plan import Origin
from policestats.landing.typed import typed

FORM = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
digits = st.text("0123456789", max_size=34)
numbers = st.builds(
    lambda sign, whole, dot, part: sign + whole + dot + part, st.sampled_from(["", "-", "+"]), digits, st.sampled_from([".", ""]), digits
)
scaled = st.builds(lambda number, power: f"{number}e{power}", numbers, st.integers(-40, 40))
texts = st.lists(st.one_of(st.text("0159.-+eE_ x", max_size=8), numbers, scaled), min_size=1, max_size=200)
#: the edge of 18 digits, 12 of them before the point, the edge of 38, and halves of the last place
EDGES = [
    "999999999999",
    "999999999999.9999994",
    "999999999999.9999995",
    "1000000000000",
    "-999999999999.9999995",
    "0.0000005",
    "-0.0000005",
]
EDGES += [
    "0.0000004999",
    "9" * 32,
    "9" * 32 + ".9999994",
    "9" * 32 + ".9999995",
    "1" + "0" * 32,
    "1e12",
    "1e11",
    "15e-7",
    "1e-40",
    "1e40",
    ".",
]


def test_the_edges() -> None:
    _agrees(EDGES)


@settings(max_examples=40, deadline=None)
@given(values=texts)
def test_any_text(values: list[str]) -> None:
    _agrees(values)


def _agrees(values: list[str]) -> None:
    column = Column("loss_yuan", "decimal", {"zh": "损失", "en": "Loss"})
    quick = typed(column, Origin("loss_yuan"), "raw", "VARCHAR", "Asia/Shanghai")
    alone = f"CASE WHEN regexp_full_match(nullif(trim(raw), ''), '{FORM}') THEN TRY_CAST(nullif(trim(raw), '') AS DECIMAL(38,6)) END"
    with open_memory() as engine:
        rows = engine.sql(f"SELECT raw, {quick} AS quick, {alone} AS alone FROM (SELECT unnest(?::VARCHAR[]) AS raw)", [values]).to_pylist()
    for row in rows:
        assert row["quick"] == row["alone"], row["raw"]
        if "e" not in row["raw"].lower():  # with a power of ten DuckDB may round twice: .5e-7 is 0.000001
            assert row["quick"] == _decimal(row["raw"]), row["raw"]


def _decimal(text: str) -> Decimal | None:
    if not re.fullmatch(FORM, text.strip(" "), re.ASCII):
        return None
    with localcontext(prec=80):
        value = Decimal(text).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        return value if abs(value) < 10**32 else None
