"""X01, X02, Z01 and Z11 of the province's December as a statistician would write them with pandas, for the columns of forms.COLUMNS."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np
import pandas as pd

from tests.bench.province import forms

_YEAR, _MONTH, _END = np.datetime64("2025-01-01"), np.datetime64("2025-12-01"), np.datetime64("2026-01-01")
_YEAR_BEFORE = np.datetime64("2024-01-01")
_WINDOWS = {"_M": (_MONTH, _END, _END), "_YTD": (_YEAR, _END, _END), "_PY": (_YEAR_BEFORE, _YEAR, _YEAR)}


def fill(home: str, form: str, written: str) -> int:
    """Write (unit_code, row_code, column_code, value) without zeros and return how many cells."""
    with forms.warehouse(home) as connection:
        booked = _FORMS[form](connection)
        above = forms.above(connection).df()
    booked["unit"] = booked["unit"].where(booked["unit"].isin(above["unit"]), forms.UNKNOWN)
    booked = booked.groupby(["unit", "row_code", "column_code"], as_index=False)["value"].sum()
    cells = booked.merge(above, on="unit").groupby(["unit_code", "row_code", "column_code"], as_index=False)["value"].sum()
    cells = cells[cells["value"] != 0]
    cells.to_parquet(written)
    return len(cells)


def posted(on: pd.Series, entered: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the day on which a record counts, and whether it was entered after the close of the month (30 hours after its end)."""
    day, at = on.to_numpy("datetime64[s]"), entered.to_numpy("datetime64[s]")
    late = at >= (day.astype("datetime64[M]") + 1).astype("datetime64[s]") + np.timedelta64(30, "h")
    return np.where(late, (at - np.timedelta64(30, "h")).astype("datetime64[M]").astype("datetime64[s]"), day), late


def _criminal(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return one row per thing counted: column, unit, charge and tags, with how many."""
    case = connection.sql(
        "SELECT case_no, filed_on, entered_at, filing_unit_code AS filing_unit, charge_code, is_telecom_fraud, mo_code, "
        "is_dispute_origin OR dispute_no IS NOT NULL AS grew, is_homicide, is_received_from_outside AS outside FROM w.core.criminal_case"
    ).df()
    case["posted"], case["late"] = posted(case["filed_on"], case["entered_at"])
    case["filed_year"] = np.where(case["outside"], case["filed_on"].dt.year, case["posted"].dt.year)
    case["preventable"] = case["mo_code"].isin(forms.PREVENTABLE)
    event = connection.sql(
        "SELECT event_no, case_no, kind_code, occurred_on, entered_at, manner_code FROM w.core.criminal_case_event WHERE kind_code IN ('solved', 'withdrawn')"
    ).df()
    event["posted"], _ = posted(event["occurred_on"], event["entered_at"])
    solved = (
        event[event["kind_code"] == "solved"].sort_values(["posted", "occurred_on", "entered_at", "event_no"]).drop_duplicates("case_no")
    )
    referral = connection.sql("SELECT referral_no, person_no, case_no, referred_on, entered_at FROM w.core.criminal_referral").df()
    referral["posted"], _ = posted(referral["referred_on"], referral["entered_at"])
    first = referral.sort_values(["posted", "referred_on", "entered_at", "referral_no", "person_no"]).drop_duplicates("case_no")
    transfer = connection.sql(
        "SELECT transfer_no, case_no, transferred_on, entered_at, from_unit_code, to_unit_code, is_to_outside FROM w.core.criminal_case_transfer"
    ).df()
    transfer["moved"], _ = posted(transfer["transferred_on"], transfer["entered_at"])
    transfer = transfer.sort_values(["transferred_on", "entered_at", "transfer_no"])
    change = connection.sql(
        "SELECT change_no, case_no, changed_on, entered_at, to_charge_code FROM w.core.criminal_case_charge_change"
    ).df()
    change["known"], _ = posted(change["changed_on"], change["entered_at"])
    change = change.sort_values(["changed_on", "entered_at", "change_no"])

    def held(things: pd.DataFrame) -> pd.DataFrame:
        things = things.reset_index(drop=True).reset_index(names="thing").merge(case, on="case_no", how="left", suffixes=("", "_of_case"))
        moves = things[["thing", "case_no", "posted"]].merge(transfer, on="case_no")
        moves = moves[moves["moved"] <= moves["posted"]].drop_duplicates("thing", keep="last").set_index("thing")
        at = np.where(moves["is_to_outside"], moves["from_unit_code"], moves["to_unit_code"])
        things["unit"] = things["filing_unit"].astype(object)
        things.loc[moves.index, "unit"] = at
        return things

    filed = case[~case["outside"]].assign(unit=case["filing_unit"])
    solved, withdrawn = held(solved), held(event[event["kind_code"] == "withdrawn"])
    now = solved["filed_year"] == solved["posted"].dt.year
    wanted: list[tuple[str, pd.DataFrame, str]] = [
        *(("FILED" + w, filed, w) for w in _WINDOWS),
        ("FILED_NEW_M", filed[~filed["late"]], "_M"),
        ("FILED_LATE_M", filed[filed["late"]], "_M"),
        *(("SOLVED" + w, solved, w) for w in _WINDOWS),
        ("SOLVED_CUR_M", solved[now], "_M"),
        ("SOLVED_OLD_M", solved[~now], "_M"),
        ("SOLVED_CUR_YTD", solved[now], "_YTD"),
        ("SOLVED_LINK_M", solved[solved["manner_code"] == "linked"], "_M"),
        ("WITHDRAWN_M", withdrawn, "_M"),
        ("WITHDRAWN_YTD", withdrawn, "_YTD"),
        ("REFER_CASES", held(first), "_M"),
        ("REFER_PERS", held(referral), "_M"),
    ]
    found = []
    for column, things, window in wanted:
        since, until, anchor = _WINDOWS[window]
        shown = things[(things["posted"] >= since) & (things["posted"] < until)]
        latest = change[change["known"] < anchor].drop_duplicates("case_no", keep="last")[["case_no", "change_no", "to_charge_code"]]
        shown = shown.merge(latest, on="case_no", how="left")
        shown["charge"] = shown["to_charge_code"].where(shown["change_no"].notna(), shown["charge_code"])
        found.append(shown[["unit", "charge", "is_telecom_fraud", "preventable", "grew", "is_homicide"]].assign(column_code=column))
    things = pd.concat(found, ignore_index=True)
    return things.groupby(list(things.columns), dropna=False, as_index=False).size().rename(columns={"size": "value"})


def _x01(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    counted = _criminal(connection)
    counted = counted[counted["column_code"].isin(forms.COLUMNS["X01"])]
    charge, group = counted["charge"], counted["charge"].map(forms.attribute("charge", "nbs_group_code")).fillna("R10")
    section = charge.map(forms.attribute("charge", "section_code"))
    is_snatching = charge == "C223"
    rows = {
        "T": group.notna(),
        "R10U": ~charge.map(forms.attribute("charge", "kind")).isin(["charge", "retired"]),
        "M01": charge.isin(forms.EIGHT_MAJOR),
        "M02": counted["is_telecom_fraud"].astype(bool),
        "M03": section == "CH06S7",
        "M04": group.isin(["R03", "R06"]) | is_snatching,
        "M05": is_snatching,
        "M06": counted["preventable"].astype(bool),
        "M07": counted["grew"].astype(bool),
        "M08": counted["grew"].astype(bool) & counted["is_homicide"].astype(bool),
    }
    return pd.concat([counted.assign(row_code=group), *(counted[holds].assign(row_code=row) for row, holds in rows.items())])


def _x02(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    lines = pd.DataFrame(forms.lines("charge"), columns=["charge", "row_code"])
    counted = _criminal(connection)
    counted["charge"] = counted["charge"].where(counted["charge"].isin(lines["charge"]), "U")
    return counted.merge(pd.concat([lines, pd.DataFrame({"charge": ["U", "U"], "row_code": ["U", "T"]})]).drop_duplicates(), on="charge")


def _z01(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    case = connection.sql(
        "SELECT case_no, registered_on, filed_on, entered_at, unit_code AS unit, source_code, cause_code, applied_law_code AS applied, is_dispute_origin, "
        "is_received_from_outside AS outside FROM w.core.admin_case"
    ).df()
    case["accepted"] = case["registered_on"].where(case["registered_on"] < pd.Timestamp("2026-01-01"), case["filed_on"])
    case["posted"], case["late"] = posted(case["accepted"], case["entered_at"])
    change = connection.sql("SELECT change_no, case_no, changed_on, entered_at, to_cause_code FROM w.core.admin_case_cause_change").df()
    change["known"], _ = posted(change["changed_on"], change["entered_at"])
    change = change.sort_values(["changed_on", "entered_at", "change_no"])
    decision = connection.sql(
        "SELECT case_no, kind_code, person_kind_code, decided_on, performed_on, entered_at, performance_entered_at, unit_code AS unit FROM w.core.admin_decision"
    ).df()
    mediated = decision["kind_code"] == "mediation"
    decision["posted"], _ = posted(
        decision["performed_on"].where(mediated, decision["decided_on"]),
        decision["performance_entered_at"].where(mediated, decision["entered_at"]),
    )
    decision = decision.merge(case.drop(columns=["unit", "posted", "entered_at"]), on="case_no", how="left")
    accepted = case[~case["outside"] & case["accepted"].notna()]
    persons = decision[decision["person_kind_code"] == "natural"]
    wanted = [
        ("ACC_M", accepted, "_M"),
        ("ACC_LATE_M", accepted[accepted["late"]], "_M"),
        ("FROM_CRIM_M", accepted[accepted["source_code"].isin(["criminal_not_filed", "criminal_withdrawn"])], "_M"),
        ("ACC_YTD", accepted, "_YTD"),
        ("ACC_PY", accepted, "_PY"),
        ("PERS_M", persons, "_M"),
        ("PERS_YTD", persons, "_YTD"),
        ("UNITS_M", decision[decision["person_kind_code"] == "unit"], "_M"),
    ]
    law = forms.attribute("admin_cause", "law")
    found = []
    for column, things, window in wanted:
        since, until, anchor = _WINDOWS[window]
        shown = things[(things["posted"] >= since) & (things["posted"] < until)]
        latest = change[change["known"] < anchor].drop_duplicates("case_no", keep="last")[["case_no", "change_no", "to_cause_code"]]
        shown = shown.merge(latest, on="case_no", how="left")
        shown["cause"] = shown["to_cause_code"].where(shown["change_no"].notna(), shown["cause_code"])
        of = shown["cause"].map(law)
        shown = shown[(of == "psapl") | (of.isna() & (shown["applied"].isna() | (shown["applied"] != "other")))]
        found.append(shown[["unit", "cause", "applied", "is_dispute_origin"]].assign(column_code=column))
    things = pd.concat(found, ignore_index=True)
    counted = things.groupby(list(things.columns), dropna=False, as_index=False).size().rename(columns={"size": "value"})
    old, new = (counted["cause"].map(forms.attribute("admin_cause", f"section_{year}_code")) for year in (2012, 2025))
    section = old.where(counted["applied"] == "psapl_2012", new.where(counted["applied"] == "psapl_2025")).fillna("P9")
    group = counted["cause"].map(forms.attribute("admin_cause", "yearbook_group_code")).fillna("G19")
    parts = [counted.assign(row_code=row) for row in (section, group, "T")]
    return pd.concat([*parts, counted[counted["is_dispute_origin"].astype(bool)].assign(row_code="M01")])


def _z11(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    call = connection.sql(
        "SELECT incident_no, received_at, unit_code AS unit, channel_code, intake_type_code, final_type_code, merged_into_incident_no, is_domestic_violence, "
        "is_telecom_fraud, mo_code, diverted_on, linked_case_no FROM w.core.incident WHERE received_at >= '2024-12-01' AND received_at < '2026-01-01'"
    ).df()
    sent = connection.sql("SELECT DISTINCT incident_no FROM w.core.dispatch_order").df()
    leaf = forms.classes()
    call["intake_class"] = call["intake_type_code"].map(leaf).fillna("V99")
    call["class"] = call["final_type_code"].fillna(call["intake_type_code"]).map(leaf).fillna("V99")
    call.loc[call["merged_into_incident_no"].notna(), "class"] = "D"
    call["channel"] = call["channel_code"].where(call["channel_code"].isin(forms.CHANNELS), "K9")
    call["is_preventable"] = call["mo_code"].isin(forms.PREVENTABLE)
    call["is_sent"] = call["incident_no"].isin(sent["incident_no"])
    call["is_diverted"], call["is_unlinked"] = call["diverted_on"].notna(), call["linked_case_no"].isna()
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
    windows = {"CUR": (_MONTH, _END), "PREV": ("2025-11-01", _MONTH), "PY": ("2024-12-01", _YEAR), "YTD": (_YEAR, _END)}
    counted = {
        name: call[(call["received_at"] >= since) & (call["received_at"] < until)]
        .groupby(keys, dropna=False, as_index=False)
        .size()
        .rename(columns={"size": "value"})
        for name, (since, until) in windows.items()
    }
    now = counted["CUR"]
    lines = pd.DataFrame(forms.lines("incident_class"), columns=["class", "row_code"])
    is_valid, was_valid = ~now["class"].isin(forms.INVALID), ~now["intake_class"].isin(forms.INVALID)
    sent_now = now[now["is_sent"]].merge(lines, on="class")
    parts = [
        *(_rows(part.assign(column_code=name), lines) for name, part in counted.items()),
        _rows(now.assign(column_code="CUR_INIT", **{"class": now["intake_class"]}), lines),
        _rows(now[now["is_diverted"]].assign(column_code="DIVERT"), lines),
        sent_now[(sent_now["row_code"] == "T") | sent_now["row_code"].str.startswith("V")].assign(column_code="DISP"),
        now[is_valid & ~was_valid].assign(column_code="TURNED_VALID", row_code="V"),
        now[~is_valid & was_valid].assign(column_code="TURNED_INVALID", row_code="V"),
        now[now["class"].isin(["V1", "V2"]) & now["is_unlinked"]].assign(column_code="UNLINKED", row_code="M1"),
    ]
    return pd.concat(parts)[["unit", "row_code", "column_code", "value"]]


def _rows(part: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    is_valid = ~part["class"].isin(forms.INVALID)
    sets = {
        "M1": part["class"].isin(["V1", "V2"]),
        "M2": is_valid & part["is_domestic_violence"].astype(bool),
        "M3": is_valid & part["is_telecom_fraud"].astype(bool),
        "M4": is_valid & part["is_preventable"],
    }
    of_sets = [part[holds].assign(row_code=row) for row, holds in sets.items()]
    return pd.concat([part.merge(lines, on="class"), part.assign(row_code=part["channel"]), *of_sets])


_FORMS: dict[str, Callable[[duckdb.DuckDBPyConnection], pd.DataFrame]] = {"X01": _x01, "X02": _x02, "Z01": _z01, "Z11": _z11}
