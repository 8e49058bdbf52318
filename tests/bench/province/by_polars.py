"""X01, X02, Z01 and Z11 of the province's December as a statistician would write them with polars, for the columns of forms.COLUMNS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import polars as pl

from tests.bench.province import forms

_YEAR_BEFORE, _YEAR, _MONTH, _END = datetime(2024, 1, 1), datetime(2025, 1, 1), datetime(2025, 12, 1), datetime(2026, 1, 1)
_WINDOWS = {"_M": (_MONTH, _END, _END), "_YTD": (_YEAR, _END, _END), "_PY": (_YEAR_BEFORE, _YEAR, _YEAR)}
_MOMENT = pl.Datetime("us")


def fill(home: str, form: str, written: str) -> int:
    """Write (unit_code, row_code, column_code, value) without zeros and return how many cells."""
    with forms.warehouse(home) as connection:
        above = forms.above(connection).pl()
        booked = _FORMS[form](connection)
    unit = pl.when(pl.col("unit").is_in(above["unit"].implode())).then(pl.col("unit")).otherwise(pl.lit(forms.UNKNOWN)).alias("unit")
    booked = booked.with_columns(unit).group_by("unit", "row_code", "column_code").agg(pl.col("value").sum())
    cells = booked.join(above.lazy(), on="unit").group_by("unit_code", "row_code", "column_code").agg(pl.col("value").sum())
    found = cells.filter(pl.col("value") != 0).collect()
    found.write_parquet(written)
    return found.height


def posted(on: pl.Expr, entered: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return the day on which a record counts, and whether it was entered after the close of the month (30 hours after its end)."""
    day, at = on.cast(_MOMENT), entered.cast(_MOMENT)
    late = at >= day.dt.truncate("1mo").dt.offset_by("1mo").dt.offset_by("30h")
    return pl.when(late).then(at.dt.offset_by("-30h").dt.truncate("1mo")).otherwise(day), late


def _read(connection: duckdb.DuckDBPyConnection, query: str) -> pl.LazyFrame:
    return connection.sql(query).pl().lazy()


def _within(window: tuple[datetime, datetime, datetime]) -> pl.Expr:
    return (pl.col("posted") >= window[0]) & (pl.col("posted") < window[1])


def _latest(change: pl.LazyFrame, anchor: datetime, code: str) -> pl.LazyFrame:
    """Return the last change of each case that was known before ``anchor``."""
    latest = change.filter(pl.col("known") < anchor).unique("case_no", keep="last", maintain_order=True)
    return latest.select("case_no", code, is_changed=pl.lit(value=True))


def _mapped(name: str, values: dict[str, Any]) -> pl.Expr:
    return pl.col(name).replace_strict(values, default=None, return_dtype=pl.String)


def _criminal(connection: duckdb.DuckDBPyConnection) -> pl.LazyFrame:
    """Return one row per thing counted: column, unit, charge and tags, with how many."""
    case = _read(
        connection,
        "SELECT case_no, filed_on, entered_at, filing_unit_code AS filing_unit, charge_code, is_telecom_fraud, mo_code, "
        "is_dispute_origin OR dispute_no IS NOT NULL AS grew, is_homicide, is_received_from_outside AS outside FROM w.core.criminal_case",
    )
    day, late = posted(pl.col("filed_on"), pl.col("entered_at"))
    case = case.with_columns(filed_posted=day, late=late, preventable=pl.col("mo_code").is_in(forms.PREVENTABLE).fill_null(value=False))
    case = case.with_columns(filed_year=pl.when("outside").then(pl.col("filed_on").cast(_MOMENT)).otherwise("filed_posted").dt.year()).drop(
        "filed_on", "entered_at"
    )
    event = _read(
        connection,
        "SELECT event_no, case_no, kind_code, occurred_on, entered_at, manner_code FROM w.core.criminal_case_event WHERE kind_code IN ('solved', 'withdrawn')",
    ).with_columns(posted=posted(pl.col("occurred_on"), pl.col("entered_at"))[0])
    solved = event.filter(pl.col("kind_code") == "solved").sort("posted", "occurred_on", "entered_at", "event_no")
    solved = solved.unique("case_no", keep="first", maintain_order=True)
    referral = _read(connection, "SELECT referral_no, person_no, case_no, referred_on, entered_at FROM w.core.criminal_referral")
    referral = referral.with_columns(posted=posted(pl.col("referred_on"), pl.col("entered_at"))[0])
    first = referral.sort("posted", "referred_on", "entered_at", "referral_no", "person_no").unique(
        "case_no", keep="first", maintain_order=True
    )
    transfer = _read(
        connection,
        "SELECT transfer_no, case_no, transferred_on, entered_at AS moved_at, from_unit_code, to_unit_code, is_to_outside FROM w.core.criminal_case_transfer",
    ).with_columns(moved=posted(pl.col("transferred_on"), pl.col("moved_at"))[0])
    transfer = transfer.sort("transferred_on", "moved_at", "transfer_no")
    change = _read(connection, "SELECT change_no, case_no, changed_on, entered_at, to_charge_code FROM w.core.criminal_case_charge_change")
    change = change.with_columns(known=posted(pl.col("changed_on"), pl.col("entered_at"))[0]).sort("changed_on", "entered_at", "change_no")

    def held(things: pl.LazyFrame) -> pl.LazyFrame:
        things = things.with_row_index("thing").join(case, on="case_no", how="left")
        moves = transfer.join(things.select("thing", "case_no", "posted"), on="case_no", maintain_order="left")
        moves = moves.filter(pl.col("moved") <= pl.col("posted")).unique("thing", keep="last", maintain_order=True)
        at = moves.select(
            "thing", moved_to=pl.when("is_to_outside").then("from_unit_code").otherwise("to_unit_code"), is_moved=pl.lit(value=True)
        )
        unit = pl.when(pl.col("is_moved")).then("moved_to").otherwise("filing_unit")
        return things.join(at, on="thing", how="left").with_columns(unit=unit)

    filed = case.filter(~pl.col("outside")).with_columns(unit=pl.col("filing_unit"), posted=pl.col("filed_posted"))
    solved, withdrawn = held(solved), held(event.filter(pl.col("kind_code") == "withdrawn"))
    now = pl.col("filed_year") == pl.col("posted").dt.year()
    wanted: list[tuple[str, pl.LazyFrame, str]] = [
        *(("FILED" + w, filed, w) for w in _WINDOWS),
        ("FILED_NEW_M", filed.filter(~pl.col("late")), "_M"),
        ("FILED_LATE_M", filed.filter("late"), "_M"),
        *(("SOLVED" + w, solved, w) for w in _WINDOWS),
        ("SOLVED_CUR_M", solved.filter(now), "_M"),
        ("SOLVED_OLD_M", solved.filter(~now), "_M"),
        ("SOLVED_CUR_YTD", solved.filter(now), "_YTD"),
        ("SOLVED_LINK_M", solved.filter(pl.col("manner_code") == "linked"), "_M"),
        ("WITHDRAWN_M", withdrawn, "_M"),
        ("WITHDRAWN_YTD", withdrawn, "_YTD"),
        ("REFER_CASES", held(first), "_M"),
        ("REFER_PERS", held(referral), "_M"),
    ]
    charge = pl.when(pl.col("is_changed")).then("to_charge_code").otherwise("charge_code").alias("charge")
    found = [
        things.filter(_within(_WINDOWS[window]))
        .join(_latest(change, _WINDOWS[window][2], "to_charge_code"), on="case_no", how="left")
        .select("unit", charge, "is_telecom_fraud", "preventable", "grew", "is_homicide", column_code=pl.lit(column))
        for column, things, window in wanted
    ]
    return _counted(found)


def _counted(found: list[pl.LazyFrame]) -> pl.LazyFrame:
    things = pl.concat(found)
    counted = things.group_by(pl.all()).agg(value=pl.len().cast(pl.Int64))
    return counted.collect().lazy()  # it is read for every row: once is enough


def _x01(connection: duckdb.DuckDBPyConnection) -> pl.LazyFrame:
    counted = _criminal(connection).filter(pl.col("column_code").is_in(forms.COLUMNS["X01"]))
    counted = counted.with_columns(
        group=_mapped("charge", forms.attribute("charge", "nbs_group_code")).fill_null("R10"),
        section=_mapped("charge", forms.attribute("charge", "section_code")),
        kind=_mapped("charge", forms.attribute("charge", "kind")),
    )
    is_snatching = pl.col("charge") == "C223"
    rows = {
        "T": pl.lit(value=True),
        "R10U": ~pl.col("kind").is_in(["charge", "retired"]).fill_null(value=False),
        "M01": pl.col("charge").is_in(forms.EIGHT_MAJOR),
        "M02": pl.col("is_telecom_fraud"),
        "M03": pl.col("section") == "CH06S7",
        "M04": pl.col("group").is_in(["R03", "R06"]) | is_snatching,
        "M05": is_snatching,
        "M06": pl.col("preventable"),
        "M07": pl.col("grew"),
        "M08": pl.col("grew") & pl.col("is_homicide"),
    }
    return _booked(
        [counted.with_columns(row_code=pl.col("group")), *(counted.filter(h).with_columns(row_code=pl.lit(r)) for r, h in rows.items())]
    )


def _x02(connection: duckdb.DuckDBPyConnection) -> pl.LazyFrame:
    pairs = [*forms.lines("charge"), *(pair for pair in (("U", "U"), ("U", "T")))]
    lines = pl.DataFrame(pairs, schema=["charge", "row_code"], orient="row").unique().lazy()
    known = [code for code, _ in pairs]
    charge = pl.when(pl.col("charge").is_in(known)).then("charge").otherwise(pl.lit("U"))
    return _booked([_criminal(connection).with_columns(charge=charge).join(lines, on="charge")])


def _z01(connection: duckdb.DuckDBPyConnection) -> pl.LazyFrame:
    case = _read(
        connection,
        "SELECT case_no, registered_on, filed_on, entered_at, unit_code AS unit, source_code, cause_code, applied_law_code AS applied, is_dispute_origin, "
        "is_received_from_outside AS outside FROM w.core.admin_case",
    )
    case = case.with_columns(accepted=pl.when(pl.col("registered_on") < pl.date(2026, 1, 1)).then("registered_on").otherwise("filed_on"))
    day, late = posted(pl.col("accepted"), pl.col("entered_at"))
    case = case.with_columns(posted=day, late=late)
    change = _read(connection, "SELECT change_no, case_no, changed_on, entered_at, to_cause_code FROM w.core.admin_case_cause_change")
    change = change.with_columns(known=posted(pl.col("changed_on"), pl.col("entered_at"))[0]).sort("changed_on", "entered_at", "change_no")
    decision = _read(
        connection,
        "SELECT case_no, kind_code, person_kind_code, decided_on, performed_on, entered_at, performance_entered_at, unit_code AS unit FROM w.core.admin_decision",
    )
    mediated = pl.col("kind_code") == "mediation"
    final_on = pl.when(mediated).then("performed_on").otherwise("decided_on")
    final_at = pl.when(mediated).then("performance_entered_at").otherwise("entered_at")
    decision = decision.with_columns(posted=posted(final_on, final_at)[0]).drop("entered_at")
    decision = decision.join(case.drop("unit", "posted"), on="case_no", how="left")
    accepted = case.filter(~pl.col("outside") & pl.col("accepted").is_not_null())
    persons = decision.filter(pl.col("person_kind_code") == "natural")
    wanted = [
        ("ACC_M", accepted, "_M"),
        ("ACC_LATE_M", accepted.filter("late"), "_M"),
        ("FROM_CRIM_M", accepted.filter(pl.col("source_code").is_in(["criminal_not_filed", "criminal_withdrawn"])), "_M"),
        ("ACC_YTD", accepted, "_YTD"),
        ("ACC_PY", accepted, "_PY"),
        ("PERS_M", persons, "_M"),
        ("PERS_YTD", persons, "_YTD"),
        ("UNITS_M", decision.filter(pl.col("person_kind_code") == "unit"), "_M"),
    ]
    law = forms.attribute("admin_cause", "law")
    is_public_order = (pl.col("law") == "psapl") | (
        pl.col("law").is_null() & (pl.col("applied").is_null() | (pl.col("applied") != "other"))
    )
    cause = pl.when(pl.col("is_changed")).then("to_cause_code").otherwise("cause_code")
    found = [
        things.filter(_within(_WINDOWS[window]))
        .join(_latest(change, _WINDOWS[window][2], "to_cause_code"), on="case_no", how="left")
        .with_columns(cause=cause)
        .with_columns(law=_mapped("cause", law))
        .filter(is_public_order)
        .select("unit", "cause", "applied", "is_dispute_origin", column_code=pl.lit(column))
        for column, things, window in wanted
    ]
    counted = _counted(found).with_columns(
        old=_mapped("cause", forms.attribute("admin_cause", "section_2012_code")),
        new=_mapped("cause", forms.attribute("admin_cause", "section_2025_code")),
        group=_mapped("cause", forms.attribute("admin_cause", "yearbook_group_code")).fill_null("G19"),
    )
    section = pl.when(pl.col("applied") == "psapl_2012").then("old").when(pl.col("applied") == "psapl_2025").then("new").fill_null("P9")
    parts = [counted.with_columns(row_code=row) for row in (section, pl.col("group"), pl.lit("T"))]
    return _booked([*parts, counted.filter("is_dispute_origin").with_columns(row_code=pl.lit("M01"))])


def _z11(connection: duckdb.DuckDBPyConnection) -> pl.LazyFrame:
    call = _read(
        connection,
        "SELECT incident_no, received_at, unit_code AS unit, channel_code, intake_type_code, final_type_code, merged_into_incident_no, is_domestic_violence, "
        "is_telecom_fraud, mo_code, diverted_on, linked_case_no FROM w.core.incident WHERE received_at >= '2024-12-01' AND received_at < '2026-01-01'",
    )
    sent = _read(connection, "SELECT DISTINCT incident_no, true AS is_sent FROM w.core.dispatch_order")
    leaf = forms.classes()
    call = call.join(sent, on="incident_no", how="left").with_columns(
        final=pl.col("final_type_code").fill_null(pl.col("intake_type_code")),
        intake_class=_mapped("intake_type_code", leaf).fill_null("V99"),
        channel=pl.when(pl.col("channel_code").is_in(forms.CHANNELS)).then("channel_code").otherwise(pl.lit("K9")),
        is_preventable=pl.col("mo_code").is_in(forms.PREVENTABLE).fill_null(value=False),
        is_sent=pl.col("is_sent").fill_null(value=False),
        is_diverted=pl.col("diverted_on").is_not_null(),
        is_unlinked=pl.col("linked_case_no").is_null(),
    )
    repeats = pl.col("merged_into_incident_no").is_not_null()
    call = call.with_columns(pl.when(repeats).then(pl.lit("D")).otherwise(_mapped("final", leaf).fill_null("V99")).alias("class"))
    keys = [
        "unit",
        "class",
        "intake_class",
        "channel",
        "is_domestic_violence",
        "is_telecom_fraud",
        "is_preventable",
        "is_sent",
        "is_diverted",
        "is_unlinked",
    ]
    windows = {"CUR": (_MONTH, _END), "PREV": (datetime(2025, 11, 1), _MONTH), "PY": (datetime(2024, 12, 1), _YEAR), "YTD": (_YEAR, _END)}
    at = pl.col("received_at")
    found = [
        call.filter((at >= since) & (at < until)).group_by(keys).agg(value=pl.len().cast(pl.Int64)).with_columns(column_code=pl.lit(name))
        for name, (since, until) in windows.items()
    ]
    counted = pl.concat(pl.collect_all(found)).lazy()
    now = counted.filter(pl.col("column_code") == "CUR")
    lines = pl.DataFrame(forms.lines("incident_class"), schema=["class", "row_code"], orient="row").lazy()
    is_valid, was_valid = ~pl.col("class").is_in(forms.INVALID), ~pl.col("intake_class").is_in(forms.INVALID)
    sent_rows = (pl.col("row_code") == "T") | pl.col("row_code").str.starts_with("V")
    return _booked(
        [
            *_rows(counted, lines),
            *_rows(now.with_columns(pl.col("intake_class").alias("class"), column_code=pl.lit("CUR_INIT")), lines),
            *_rows(now.filter("is_diverted").with_columns(column_code=pl.lit("DIVERT")), lines),
            now.filter("is_sent").join(lines, on="class").filter(sent_rows).with_columns(column_code=pl.lit("DISP")),
            now.filter(is_valid & ~was_valid).with_columns(column_code=pl.lit("TURNED_VALID"), row_code=pl.lit("V")),
            now.filter(~is_valid & was_valid).with_columns(column_code=pl.lit("TURNED_INVALID"), row_code=pl.lit("V")),
            now.filter(pl.col("class").is_in(["V1", "V2"]) & pl.col("is_unlinked")).with_columns(
                column_code=pl.lit("UNLINKED"), row_code=pl.lit("M1")
            ),
        ]
    )


def _rows(part: pl.LazyFrame, lines: pl.LazyFrame) -> list[pl.LazyFrame]:
    is_valid = ~pl.col("class").is_in(forms.INVALID)
    sets = {
        "M1": pl.col("class").is_in(["V1", "V2"]),
        "M2": is_valid & pl.col("is_domestic_violence"),
        "M3": is_valid & pl.col("is_telecom_fraud"),
        "M4": is_valid & pl.col("is_preventable"),
    }
    of_sets = [part.filter(holds).with_columns(row_code=pl.lit(row)) for row, holds in sets.items()]
    return [part.join(lines, on="class"), part.with_columns(row_code=pl.col("channel")), *of_sets]


def _booked(parts: list[pl.LazyFrame]) -> pl.LazyFrame:
    return pl.concat([part.select("unit", "row_code", "column_code", "value") for part in parts])


_FORMS: dict[str, Callable[[duckdb.DuckDBPyConnection], pl.LazyFrame]] = {"X01": _x01, "X02": _x02, "Z01": _z01, "Z11": _z11}
