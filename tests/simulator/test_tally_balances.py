"""The tally of the small province balances: no correct count can break what the checks of the standard say."""

import csv
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import yaml

SCHEMAS = Path(__file__).parents[2] / "schemas" / "cn"
TEMPLATES = Path(__file__).parents[2] / "report_templates" / "cn"
ROOT = "990000000000"
_COLUMNS_OF_Z13 = (
    "OPEN", "FOUND", "REOPEN", "IN", "RESOLVED", "SPOT", "HANDED", "TO_CASE", "OUT", "CLOSE", "OVERDUE", "CIV2CRIM", "CIV2DEATH", "RES_COH",
    "FOUND_YTD",
)  # fmt: skip
_COLUMNS_OF_Z14 = (
    "OPEN", "NEW", "RESTORE", "MOVE_IN", "MOVE_OUT", "CANCEL", "MERGED", "CLOSE", "FIELDS", "FILLED", "REC_FULL", "RULE_OK", "LINKED", "DUE",
    "FRESH", "LEAVE", "LEAVE30",
)  # fmt: skip
_COLUMNS_OF_X01 = (
    "FILED_M", "FILED_NEW_M", "FILED_LATE_M", "FILED_YTD", "SOLVED_M", "SOLVED_CUR_M", "SOLVED_OLD_M", "SOLVED_LINK_M", "SOLVED_CUR_YTD",
    "IN_YTD",
    "RECLASS_IN_M", "RECLASS_OUT_M",
)  # fmt: skip
_COLUMNS_OF_Z01 = (
    "OPEN", "ACC_M", "ACC_LATE_M", "FROM_CRIM_M", "IN_M", "DEALT_M", "TERM_M", "TO_CRIM_M", "OUT_M", "CLOSE", "CLOSE_UNK",
)  # fmt: skip
_ROWS_OF_Z11 = (
    "T", "V", "V1", "V2", "V3", "V4", "V5", "V6", "V61", "V62", "V7", "V8", "V9", "V10", "V99", "D", "N", "N1", "N2", "N3", "N4", "N9",
    "M1", "K1", "K2", "K3", "K4", "K5", "K9",
)  # fmt: skip
#: The merged station begins with what two others had counted; a station takes what it had counted to its new county.
_TREE_CHANGED = {("2025-07", "990201610000"), ("2025-10", "990201000000"), ("2025-10", "990202000000")}


def test_the_tally_speaks_of_the_forms_rows_and_columns(province):
    lists = {}
    for name in ("nbs_group", "public_order_section", "public_order_group", "incident_class", "incident_channel"):
        with (SCHEMAS / "codelists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            lists[name] = {row["code"] for row in csv.DictReader(file)}
    for form in ("X01", "Z01", "Z11"):  # the forms whose every row occurs
        template = yaml.safe_load((TEMPLATES / f"{form}.yaml").read_text(encoding="utf-8"))
        rows = set()
        for block in template["blocks"]:
            spec = block["rows"]
            rows |= {one["code"] for one in spec.get("sets", ())} | lists[spec["classification"]["codelist"]]
            rows |= {spec["total"]["code"]} if "total" in spec else set()
        assert {key[3] for key in province.tally if key[0] == form} == rows
        assert {key[4] for key in province.tally if key[0] == form} == {column["code"] for column in template["columns"]}


def test_the_tally_of_criminal_cases_balances(province):
    """Checks X01-01 to X01-05, 07, 08, 09 of the standard: no correct count can break them."""
    at = _reader(province, "X01")
    compared = 0
    for period, unit in _places(province, "X01"):
        for column in ("FILED_M", "FILED_YTD", "FILED_PY", "SOLVED_M", "SOLVED_YTD", "WITHDRAWN_YTD", "IN_M", "OUT_M", "RECLASS_IN_M"):
            assert at(period, unit, "T", column) == sum(at(period, unit, f"R{n:02d}", column) for n in range(1, 11))
            assert at(period, unit, "M04", column) == sum(at(period, unit, row, column) for row in ("R03", "M05", "R06"))
        assert at(period, unit, "T", "RECLASS_IN_M") == at(period, unit, "T", "RECLASS_OUT_M")
        for row in ("T", "R02", "R06", "R07", "R10", "R10U", "M01", "M02", "M04", "M06", "M07"):
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_X01}
            assert c["FILED_M"] == c["FILED_NEW_M"] + c["FILED_LATE_M"]
            assert c["SOLVED_M"] == c["SOLVED_CUR_M"] + c["SOLVED_OLD_M"]
            assert c["SOLVED_LINK_M"] <= c["SOLVED_M"]
            assert c["SOLVED_CUR_YTD"] <= c["FILED_YTD"] + c["IN_YTD"]
            before = _before(period)
            if before and (period, unit) not in _TREE_CHANGED:
                assert c["FILED_YTD"] == at(before, unit, row, "FILED_YTD") + c["FILED_M"] + c["RECLASS_IN_M"] - c["RECLASS_OUT_M"]
                compared += 1
    assert compared > 1000
    for period in province.result.months:
        units = {key[2] for key in province.tally if key[1] == period}
        stations = {unit for unit in units if not unit.endswith("000000")} | {"000000000000"}
        received = sum(at(period, unit, "T", "IN_M") - at(period, unit, "T", "IN_EXT_M") for unit in stations)
        sent = sum(at(period, unit, "T", "OUT_M") - at(period, unit, "T", "OUT_EXT_M") for unit in stations)
        assert received == sent
        assert at(period, "990000000000", "T", "FILED_M") == sum(at(period, unit, "T", "FILED_M") for unit in stations)


def test_the_tally_of_administrative_cases_balances(province):
    """Checks Z01-01 to Z01-04 of the standard."""
    at = _reader(province, "Z01")
    for period, unit in _places(province, "Z01"):
        for column in ("OPEN", "ACC_M", "DEALT_M", "CLOSE", "ACC_YTD", "DEALT_PY", "PERS_M"):
            assert at(period, unit, "T", column) == sum(at(period, unit, row, column) for row in ("P1", "P2", "P3", "P4", "P9"))
            assert at(period, unit, "T", column) == sum(at(period, unit, f"G{n:02d}", column) for n in range(1, 20))
        for row in ("T", "P1", "P3", "P4", "P9", "M01", "G07", "G19"):
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_Z01}
            assert c["OPEN"] + c["ACC_M"] + c["IN_M"] == c["DEALT_M"] + c["TERM_M"] + c["TO_CRIM_M"] + c["OUT_M"] + c["CLOSE"]
            assert c["CLOSE_UNK"] <= c["CLOSE"]
            assert c["FROM_CRIM_M"] <= c["ACC_M"]
            assert c["ACC_LATE_M"] <= c["ACC_M"]
    months = province.result.months
    for before, period in pairwise(months):
        assert at(period, "990000000000", "T", "OPEN") == at(before, "990000000000", "T", "CLOSE") > 0
    wrong = [key for key in province.tally if key[0] == "Z01" and key[4] == "LAW_WRONG_M" and key[3] == "T" and key[2] == "990000000000"]
    assert len(wrong) == 1  # one clerk, once


def test_the_tally_of_calls_balances(province):
    """Checks Z11-01 to Z11-04 of the standard."""
    at = _reader(province, "Z11")
    for period, unit in _places(province, "Z11"):
        for column in ("CUR", "PREV", "YTD", "PY"):
            c = {row: at(period, unit, row, column) for row in _ROWS_OF_Z11}
            assert c["T"] == c["V"] + c["D"] + c["N"]
            assert c["V"] == sum(c[row] for row in ("V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V99"))
            assert c["V6"] == c["V61"] + c["V62"]
            assert c["M1"] == c["V1"] + c["V2"]
            assert c["N"] == sum(c[row] for row in ("N1", "N2", "N3", "N4", "N9"))
            assert c["T"] == sum(c[row] for row in ("K1", "K2", "K3", "K4", "K5", "K9"))
        turned = at(period, unit, "V", "TURNED_VALID") - at(period, unit, "V", "TURNED_INVALID")
        assert at(period, unit, "V", "CUR") == at(period, unit, "V", "CUR_INIT") + turned
        assert at(period, unit, "T", "CUR") == at(period, unit, "T", "CUR_INIT")
        assert at(period, unit, "V", "DISP") <= at(period, unit, "V", "CUR")
    assert (
        sum(at(period, "990000000000", "T", "CUR") for period in province.result.months)
        == province.result.records["incident_desk.incident"]
    )


def test_the_tally_of_charges_is_that_of_the_groups(province):
    """Checks X02-01 and X01-11 of the standard, on the tally."""
    at01, at = _reader(province, "X01"), _reader(province, "X02")
    chapters = [f"CH{number:02d}" for number in range(1, 11)]
    rows = {key[3] for key in province.tally if key[0] == "X02"}
    for period, unit in _places(province, "X02"):
        for column in ("FILED_M", "FILED_YTD", "FILED_PY", "SOLVED_M", "WITHDRAWN_YTD", "REFER_CASES", "REFER_PERS"):
            assert at(period, unit, "T", column) == sum(at(period, unit, row, column) for row in [*chapters, "U"])
            sections = [row for row in rows if row.startswith("CH06S")]
            assert at(period, unit, "CH06", column) == sum(at(period, unit, row, column) for row in sections)
        assert at(period, unit, "T", "REFER_CASES") <= at(period, unit, "T", "REFER_PERS")
        for column in ("FILED_M", "FILED_YTD", "SOLVED_M", "SOLVED_CUR_YTD", "WITHDRAWN_M"):
            assert at(period, unit, "T", column) == at01(period, unit, "T", column)
            assert at(period, unit, "C221", column) == at01(period, unit, "R06", column)
            assert at(period, unit, "CH06S7", column) == at01(period, unit, "M03", column)
    assert sum(at(period, ROOT, "T", "REFER_PERS") for period in province.result.months) > 200


def test_the_tally_of_disputes_balances(province):
    """Checks Z13-01 to Z13-05 of the standard."""
    at = _reader(province, "Z13")
    blocks = [[f"K{n:02d}" for n in range(1, 11)] + ["K99"], ["L1", "L2", "L3", "L4", "L9"], ["S1", "S2", "S3", "S4", "S9"]]
    for period, unit in _places(province, "Z13"):
        for column in ("OPEN", "FOUND", "RESOLVED", "CLOSE", "OVERDUE", "FOUND_YTD", "RES_COH", "C2C_YTD", "CIV2ADM"):
            for rows in blocks:
                assert at(period, unit, "T", column) == sum(at(period, unit, row, column) for row in rows), (period, unit, column)
        for row in ("T", *blocks[0], *blocks[1], *blocks[2]):
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_Z13}
            assert c["OPEN"] + c["FOUND"] + c["REOPEN"] + c["IN"] == c["RESOLVED"] + c["HANDED"] + c["TO_CASE"] + c["OUT"] + c["CLOSE"]
            assert c["OVERDUE"] <= c["CLOSE"]
            assert c["SPOT"] <= c["RESOLVED"]
            assert c["CIV2DEATH"] <= c["CIV2CRIM"]
            assert c["RES_COH"] <= c["FOUND_YTD"]
        assert at(period, unit, "T", "CIV2CRIM") == _reader(province, "X01")(period, unit, "M07", "FILED_M")
        assert at(period, unit, "T", "CIV2ADM") == _reader(province, "Z01")(period, unit, "M01", "ACC_M")
    for before, period in pairwise(province.result.months):
        assert at(period, ROOT, "T", "OPEN") == at(before, ROOT, "T", "CLOSE") > 0
    assert all(sum(at(period, unit, "T", column) for period, unit in _places(province, "Z13")) > 0 for column in _COLUMNS_OF_Z13)


def test_the_tally_of_objects_balances(province):
    """Checks Z14-01 to Z14-05 of the standard, in every row and community."""
    at = _reader(province, "Z14")
    rows = sorted({key[3] for key in province.tally if key[0] == "Z14"})
    for period, unit in _places(province, "Z14"):
        for column in ("OPEN", "NEW", "MOVE_IN", "CANCEL", "CLOSE", "UPDATED", "FIELDS", "FILLED", "DUE", "FRESH"):
            c = {row: at(period, unit, row, column) for row in ("T", "O1", "O2", "O21", "O22", "O23", "O24", "O3", "O31", "O4")}
            assert c["T"] == c["O1"] + c["O2"] + c["O3"] + c["O4"]
            assert c["O2"] == c["O21"] + c["O22"] + c["O23"]
            assert c["O31"] <= c["O3"]
            assert c["O24"] <= c["O21"]
        is_station = unit in province.stations
        for column in ("OPEN", "NEW", "CANCEL", "CLOSE", "FIELDS") if is_station else ():
            communities = sum(at(period, unit, row, column) for row in rows if row.startswith("O1/"))
            assert at(period, unit, "O1", column) == communities
        for row in rows:
            c = {name: at(period, unit, row, name) for name in _COLUMNS_OF_Z14}
            assert c["OPEN"] + c["NEW"] + c["RESTORE"] + c["MOVE_IN"] == c["MOVE_OUT"] + c["CANCEL"] + c["MERGED"] + c["CLOSE"], row
            assert c["FILLED"] <= c["FIELDS"]
            assert max(c["REC_FULL"], c["RULE_OK"], c["LINKED"], c["DUE"]) <= c["CLOSE"]
            assert c["FRESH"] <= c["DUE"]
            assert c["LEAVE30"] <= c["LEAVE"]
    assert {row.split("/")[1] for row in rows if "/" in row} >= {"-", "990101510000001"}
    assert all(sum(at(period, unit, "O2", column) for period, unit in _places(province, "Z14")) > 0 for column in _COLUMNS_OF_Z14)


def _reader(province, form):
    return lambda period, unit, row, column: province.tally.get((form, period, unit, row, column), Decimal(0))


def _places(province, form) -> list[tuple[str, str]]:
    return sorted({(key[1], key[2]) for key in province.tally if key[0] == form})


def _before(period: str) -> str | None:
    """The month before within the year; None for January, when cumulative columns begin anew."""
    year, month = int(period[:4]), int(period[5:])
    return None if month == 1 else f"{year}-{month - 1:02d}"
