"""Contributions grouped where they are booked: by column, row and unit. rollup.py adds the groups up the trees."""

from __future__ import annotations

import pyarrow as pa
from sqlglot import exp

from policestats.query import Query, cast, column, equal, literal, table
from policestats.reports.compiler import CONTRIBUTION
from policestats.reports.plan import Plan

#: Temporary tables: which column reads which contributions; row and unit trees as (code, member) pairs.
READING = "column_reading"
ROW_MEMBER = "row_member"
UNIT_MEMBER = "unit_member"


def reading_table(plan: Plan) -> pa.Table:
    """Return one row per reading: which contributions a base column folds, and how. The release keeps it, so that a cell can be traced."""
    rows = [
        {
            "column_code": r.column,
            "indicator_id": r.indicator.id,
            "anchor_on": r.anchor,
            "start_on": None if r.instant else r.window.start,
            "end_on": r.instant or r.window.end,
            "is_stock": r.instant is not None,
            "is_net": r.indicator.additivity["units"] == "net",
            "measure": r.indicator.measure,
        }
        for r in plan.readings
    ]
    return pa.Table.from_pylist(rows, schema=READING_SCHEMA)


READING_SCHEMA = pa.schema(
    [
        ("column_code", pa.string()),
        ("indicator_id", pa.string()),
        ("anchor_on", pa.date32()),
        ("start_on", pa.date32()),
        ("end_on", pa.date32()),
        ("is_stock", pa.bool_()),
        ("is_net", pa.bool_()),
        ("measure", pa.string()),
    ]
)


def booked(form_id: str, period: str) -> Query:
    """Return (column_code, row_code, unit_code, partner_unit_code, value): what is booked at each unit itself, of measures that add up.

    ``partner_unit_code`` is null unless the column nets transfers.
    """
    partner = exp.If(this=column("is_net", "r"), true=column("partner_unit_code", "c"))
    groups = [column("column_code", "r"), column("row_code", "c"), column("unit_code", "c"), partner]
    select = (
        exp.select(
            groups[0].as_("column_code", quoted=True, copy=False),
            groups[1].as_("row_code", quoted=True, copy=False),
            groups[2].as_("unit_code", quoted=True, copy=False),
            partner.as_("partner_unit_code", quoted=True, copy=False),
            cast(exp.Sum(this=column("value", "c")), "decimal").as_("value", quoted=True, copy=False),
            copy=False,
        )
        .from_(_contribution(), copy=False)
        .join(table(READING, alias="r"), on=_in_window(), copy=False)
        .where(_of(form_id, period), exp.NEQ(this=column("measure", "r"), expression=literal("distinct")), copy=False)
        .group_by(*(g.copy() for g in groups), copy=False)
    )
    return Query(select, ("column_code", "row_code", "unit_code", "partner_unit_code", "value"))


def found_rows(form_id: str, period: str) -> Query:
    """Return (row_code): the rows found in the data that contributions landed in."""
    found = exp.select(column("row_code", "c"), copy=False).distinct(copy=False).from_(_contribution(), copy=False)
    is_found = exp.Like(this=column("row_code", "c"), expression=literal("%/%"))
    return Query(found.where(_of(form_id, period), is_found, copy=False), ("row_code",))


def distinct(form_id: str, period: str) -> Query:
    """Return (column_code, row_code, unit_code, value) of measures that count distinct keys, recomputed at every unit and row.

    The keys are made distinct where they are booked before they are carried up the trees: there they are fewest.
    """
    names = ("column_code", "row_code", "unit_code", "counted_key")
    keys = (
        exp.select(column("column_code", "r"), column("row_code", "c"), column("unit_code", "c"), column("counted_key", "c"), copy=False)
        .distinct(copy=False)
        .from_(_contribution(), copy=False)
        .join(table(READING, alias="r"), on=_in_window(), copy=False)
        .where(_of(form_id, period), equal(column("measure", "r"), literal("distinct")), copy=False)
    )
    carried = (
        exp.select(column("column_code", "k"), column("row_code", "m"), column("unit_code", "u"), column("counted_key", "k"), copy=False)
        .distinct(copy=False)
        .from_(keys.subquery("k"), copy=False)
        .join(table(ROW_MEMBER, alias="m"), on=equal(column("member_row_code", "m"), column("row_code", "k")), copy=False)
        .join(table(UNIT_MEMBER, alias="u"), on=equal(column("member_unit_code", "u"), column("unit_code", "k")), copy=False)
    )
    groups = [column(name, "d") for name in names[:3]]
    count = cast(exp.Count(this=exp.Star()), "decimal").as_("value", quoted=True, copy=False)
    counted = (
        exp.select(*groups, count, copy=False).from_(carried.subquery("d"), copy=False).group_by(*(g.copy() for g in groups), copy=False)
    )
    return Query(counted, ("column_code", "row_code", "unit_code", "value"))


def _contribution() -> exp.Table:
    schema, name = CONTRIBUTION.split(".")
    return table(name, schema, "c")


def _of(form_id: str, period: str) -> exp.Expr:
    return exp.and_(equal(column("form_id", "c"), literal(form_id)), equal(column("period", "c"), literal(period)), copy=False)


def _in_window() -> exp.Expr:
    """A flow belongs to the window its date falls in; a stock is open at ``end_on``: it started before and had not ended by then."""
    flow = exp.and_(
        exp.not_(column("is_stock", "r"), copy=False), exp.GTE(this=column("on_date", "c"), expression=column("start_on", "r")), copy=False
    )
    still_open = exp.or_(
        exp.Is(this=column("until_date", "c"), expression=exp.null()),
        exp.GTE(this=column("until_date", "c"), expression=column("end_on", "r")),
        copy=False,
    )
    return exp.and_(
        equal(column("indicator_id", "c"), column("indicator_id", "r")),
        equal(column("anchor_on", "c"), column("anchor_on", "r")),
        exp.LT(this=column("on_date", "c"), expression=column("end_on", "r")),
        exp.paren(exp.or_(flow, exp.and_(column("is_stock", "r"), exp.paren(still_open, copy=False), copy=False), copy=False), copy=False),
        copy=False,
    )
