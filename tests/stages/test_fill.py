"""fill export and import: only what nothing fills is open, what is typed lands like any source, and a refused cell loses nothing else.

The station NORTH_2 sent nothing of October 2026; NORTH_1 filed one theft of kind K1, SOUTH_1 two of kind K2.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

import policestats
from policestats import releases
from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.landing.raw import RawStore
from policestats.reports.writers.printed import TypedFigure
from policestats.stages import conform, extract, fill_diff, fill_export, fill_import, publish, tabulate
from policestats.stages.fill_import import ImportResult
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH_1
from tests.stages import office
from tests.stages.office import LATE, PERIOD, THEFTS, cell, exported, typed

SAID = {"author": "Li", "evidence": "book 7"}
WHOLE = {("K1", "FILED"): 3, ("K2", "FILED"): 0, ("K9", "FILED"): 0}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return office.definitions(tmp_path_factory.mktemp("definitions"))


@pytest.fixture(scope="module")
def landed(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return office.home(tmp_path_factory.mktemp("landed"), catalog)


@pytest.fixture
def home(landed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(landed, tmp_path / "home"))


def imported(catalog: Catalog, home: Path, *files: Path, **more: Any) -> ImportResult:
    return fill_import.run(catalog=catalog, home=home, files=files, **more)


def fill(
    catalog: Catalog, home: Path, folder: Path, values: Mapping[tuple[str, str], Any], unit: str = NORTH_2, **fields: Any
) -> ImportResult:
    """Export the workbook of ``unit``, type ``values`` and import it."""
    return imported(catalog, home, typed(exported(catalog, home, folder, unit), values, **(SAID | fields)))


def retabulated(catalog: Catalog, home: Path, as_of: int | None = None) -> None:
    tabulate.run(catalog=catalog, home=home, period=PERIOD, as_of=as_of)


def test_only_what_nothing_fills_is_open(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    path = exported(catalog, home, tmp_path)
    open_cells = office.addresses(path)
    # the leaves of FILED and YTD (totals follow), every row of what must be recomputed, the leaves of what only people fill
    assert set(open_cells) == {
        *((row, column) for column in ("FILED", "YTD") for row in ("K1", "K2", "K9")),
        *((row, "SUSPECTS") for row in ("T", "KA", "K1", "K2", "K9")),
        *((row, column) for column in ("SAMPLED", "RIGHT") for row in ("K1", "K2")),
    }
    book = load_workbook(path)
    page = book["F"]
    assert page.protection.sheet
    assert {c.coordinate for line in page.iter_rows(min_row=13) for c in line if not c.protection.locked} == set(open_cells.values())
    rules = {str(r.sqref): (r.type, r.operator, r.formula1) for r in page.data_validations.dataValidation}
    assert rules["D15:D17"] == ("whole", "greaterThanOrEqual", "0")
    assert [page[f"{c}13"].value for c in "DEF"] == ["缺", 0, 0]  # T: missing this month, none in nine months, none a year before
    assert book["_policestats"].sheet_state == "veryHidden"


def test_a_unit_with_every_figure_of_records_has_no_such_cell_open(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    books = {b.unit: b.open_cells for b in fill_export.run(catalog=catalog, home=home, period=PERIOD, folder=tmp_path / "all")}
    assert books[NORTH_1] == {"F": 4}  # SAMPLED and RIGHT in K1 and K2
    assert books[NORTH_2] == {"F": 15}
    assert books[PROVINCE] == {"F": 9}  # those four, and the five rows of SUSPECTS: no sum of stations gives them
    with pytest.raises(policestats.errors.StatisticsError, match="--unit 123: no such unit"):
        fill_export.run(catalog=catalog, home=home, period=PERIOD, folder=tmp_path, units=["123"])


def test_what_was_typed_fills_the_form_and_every_output_marks_it(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    result = fill(catalog, home, tmp_path, WHOLE, typed_at="2026-11-02 09:00")
    assert (result.load, len(result.accepted), result.refused) == (2, 3, [])
    assert cell(home, NORTH_2, "K1", "FILED") == (None, "missing")  # until the form is tabulated again
    retabulated(catalog, home)
    assert cell(home, NORTH_2, "K1", "FILED") == (3, "manual")
    assert cell(home, NORTH_2, "K2", "FILED") == (None, "manual")  # a zero is not stored
    assert cell(home, NORTH, "T", "FILED") == (4, "manual")  # 1 + 3
    assert cell(home, PROVINCE, "T", "FILED") == (6, "manual")  # 1 + 3 + 2
    told = "typed at 2026-11-02 09:00, evidence book 7"
    assert office.rows(
        home, f"SELECT DISTINCT reason FROM report.status WHERE unit_code = '{NORTH_2}' AND row_code = 'K1' AND column_code = 'FILED'"
    ) == [(told,)]
    release = publish.run(catalog=catalog, home=home, period=PERIOD).folder
    sheet = load_workbook(release / "units" / f"{NORTH_2}.xlsx")["F"]
    line = next(line for line in sheet.iter_rows() if line[2].value == "K1")  # label, in English, code
    assert (line[3].value, line[3].number_format) == (3, '#,##0"†"')  # a number, with the mark behind it
    assert "3†" in (release / "html" / "F.html").read_text(encoding="utf-8")
    frame = policestats.read_form("F", home=home, unit=NORTH_2, wide=False).set_index(["row_code", "column_code"])
    assert frame.loc[("K2", "FILED"), "value"] == 0
    assert list(frame.loc[[("K1", "FILED"), ("T", "FILED"), ("K1", "SAMPLED")], "status"]) == ["manual", "manual", "missing"]
    _, heads, lines = releases.printed_form("F", home=home, unit=NORTH_2)
    assert heads[-1] == "typed"
    assert {line[0]: line[-1] for line in lines}["K1"] == "FILED SHARE CHANGE"
    assert releases.trace("F", "K1", "FILED", NORTH_2, home=home).attrs["typed"] == told
    assert len(releases.trace("F", "T", "FILED", PROVINCE, home=home)) == 3  # the records alone, and a word that they are not all


def test_import_of_an_export_lands_nothing_and_neither_does_a_second_import(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    untouched = exported(catalog, home, tmp_path / "a")
    assert imported(catalog, home, untouched) == ImportResult()
    path = typed(exported(catalog, home, tmp_path / "b"), WHOLE, **SAID)
    assert imported(catalog, home, path).load == 2
    again = imported(catalog, home, path)
    assert (again.load, again.unchanged, again.refused) == (None, 3, [])
    retabulated(catalog, home)
    prefilled = exported(catalog, home, tmp_path / "c")
    page = load_workbook(prefilled)["F"]
    assert [page[office.addresses(prefilled)[place]].value for place in WHOLE] == [3, 0, 0]
    assert imported(catalog, home, prefilled).load is None
    assert [load.load_id for load in RawStore(home).loads()] == [1, 2]


def test_a_change_and_a_withdrawal_are_versions_with_their_reasons(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    fill(catalog, home, tmp_path / "1", WHOLE)
    retabulated(catalog, home)
    without = fill(catalog, home, tmp_path / "2", {("K1", "FILED"): 5})
    assert [str(r).split(": ", 1)[1] for r in without.refused] == [
        "sheet F, D15: '5' was 3 and is changed; fill in the reason, at the head of the sheet"
    ]
    changed = fill(catalog, home, tmp_path / "3", {("K1", "FILED"): 5}, reason="counted again")
    assert [(c.old, c.new) for c in changed.accepted] == [(3, 5)]
    withdrawn = fill(catalog, home, tmp_path / "4", {("K1", "FILED"): None}, author="Wang", reason="another station's")
    assert [(c.old, c.new) for c in withdrawn.accepted] == [(5, None)]
    versions = office.rows(
        home, "SELECT value, author, reason, known_from, known_to FROM core.office_cell_version WHERE row_code = 'K1' ORDER BY known_from"
    )
    assert versions == [(3, "Li", None, 2, 3), (5, "Li", "counted again", 3, 4), (None, "Wang", "another station's", 4, None)]
    found = []
    for load in (1, 2, 3, 4):
        retabulated(catalog, home, as_of=load)
        found.append(cell(home, NORTH_2, "K1", "FILED"))
    assert found == [(None, "missing"), (3, "manual"), (5, "manual"), (None, "missing")]


def test_rebuild_gives_the_same_cells(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    fill(catalog, home, tmp_path / "1", WHOLE)
    retabulated(catalog, home)
    fill(catalog, home, tmp_path / "2", {("K1", "FILED"): 5}, reason="counted again")
    retabulated(catalog, home)
    asked = "SELECT unit_code, row_code, column_code, value FROM report.cell ORDER BY ALL"
    versions = "FROM core.office_cell_version ORDER BY ALL"
    before = office.rows(home, asked), office.rows(home, versions)
    conform.run(catalog=catalog, home=home, rebuild=True)
    retabulated(catalog, home)
    assert (office.rows(home, asked), office.rows(home, versions)) == before
    assert cell(home, NORTH_2, "K1", "FILED") == (5, "manual")


def test_a_refused_cell_says_why_and_the_others_land(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    wrong: dict[tuple[str, str], tuple[object, str]] = {
        ("K1", "FILED"): ("12,5", "has a comma"),
        ("K2", "FILED"): ("十二", "is no number"),
        ("K9", "FILED"): ("=1+2", "is a formula; type the number itself"),
        ("K1", "YTD"): (datetime(2026, 3, 4), "became a date in the sheet"),
        ("K2", "YTD"): (True, "is true or false"),
        ("K9", "YTD"): (-1, "is below 0"),
        ("T", "SUSPECTS"): (1.5, "has more decimals than the column prints; type a whole number"),
        ("KA", "SUSPECTS"): (0.5, "is shown as a percentage"),
        ("K1", "SUSPECTS"): (10**15, "has more than 15 digits"),
    }
    values = {place: value for place, (value, _) in wrong.items()} | {("K2", "SUSPECTS"): 2, ("K1", "SAMPLED"): 9}
    path = typed(exported(catalog, home, tmp_path), values, formats={("KA", "SUSPECTS"): "0%"}, **SAID)
    at = office.addresses(path)
    result = imported(catalog, home, path)
    told = {refused.address: refused.why for refused in result.refused}
    assert {
        address for address, why in told.items() if any(at[place] == address and said in why for place, (_, said) in wrong.items())
    } == {at[place] for place in wrong}
    assert {(refused.file, refused.sheet) for refused in result.refused} == {(str(path), "F")}
    assert {c.place[1:] for c in result.accepted} == {("K2", "SUSPECTS"), ("K1", "SAMPLED")}


def test_a_text_that_can_only_be_one_number_is_that_number(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    result = fill(catalog, home, tmp_path, {("K1", "FILED"): "12", ("K2", "FILED"): " 13 ", ("K9", "FILED"): "１４", ("K1", "YTD"): 15.0})
    assert [c.new for c in result.accepted] == [12, 13, 14, 15]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"author": None}, "has no author"),
        ({"evidence": "  "}, "has no evidence"),
        ({"typed_at": "yesterday"}, "'yesterday', which is no time"),
        ({"typed_at": "2999-01-01 08:00"}, "no local time up to now"),
    ],
)
def test_author_evidence_and_time_are_asked_for(catalog: Catalog, home: Path, tmp_path: Path, fields: dict[str, Any], why: str) -> None:
    result = fill(catalog, home, tmp_path, {("K1", "FILED"): 3}, **fields)
    assert result.load is None
    assert [why in refused.why for refused in result.refused] == [True]


def test_the_sheet_of_evidence_speaks_of_single_cells(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    path = exported(catalog, home, tmp_path)
    named = [("F", "K1", "FILED", "Wang", "letter 3", ""), ("F", "K7", "FILED", "Wang", "letter 4", "")]
    result = imported(catalog, home, typed(path, WHOLE, named=named, **SAID))
    assert office.rows(home, "SELECT row_code, author, evidence FROM core.office_cell ORDER BY ALL") == [
        ("K1", "Wang", "letter 3"),
        ("K2", "Li", "book 7"),
        ("K9", "Li", "book 7"),
    ]
    assert [refused.why for refused in result.refused] == [
        "sheet 依据 Evidence: F/K7/FILED names no open cell; correct form, row and column"
    ]


def test_a_cell_that_breaks_a_check_is_refused_with_its_sentence(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    """RIGHT <= SAMPLED: 11 of 10 sampled objects cannot be right; the cells of FILED have nothing to do with it."""
    result = fill(catalog, home, tmp_path, {**WHOLE, ("K1", "SAMPLED"): 10, ("K1", "RIGHT"): 11, ("K2", "SAMPLED"): 4, ("K2", "RIGHT"): 4})
    assert {r.address: r.why for r in result.refused} == dict.fromkeys(
        ("I15", "J15"), "breaks the check F-2: RIGHT <= SAMPLED (11 against 10); correct one of the two"
    )
    assert {c.place[1:] for c in result.accepted} == {*WHOLE, ("K2", "SAMPLED"), ("K2", "RIGHT")}


def test_a_check_that_fails_only_above_is_led_back_to_the_cells_below(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    """A station's RIGHT is compared with nothing, while the county typed one SAMPLED for both: there 9 + 5 > 10."""
    for folder, column, value, unit in (("1", "SAMPLED", 10, NORTH), ("2", "RIGHT", 9, NORTH_1)):
        assert len(fill(catalog, home, tmp_path / folder, {("K1", column): value}, unit).accepted) == 1
    result = fill(catalog, home, tmp_path / "3", {("K1", "RIGHT"): 5}, NORTH_2)
    assert [r.why for r in result.refused] == ["breaks the check F-2: RIGHT <= SAMPLED (14 against 10); correct one of the two"]


def test_somebody_else_changed_it_meanwhile(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    mine = typed(exported(catalog, home, tmp_path / "1"), {("K1", "FILED"): 4, ("K2", "FILED"): 1}, **SAID)
    fill(catalog, home, tmp_path / "2", {("K1", "FILED"): 3}, author="Wang")
    result = imported(catalog, home, mine)
    assert [r.why for r in result.refused] == ["was changed since the workbook was exported: Wang made it 3; export the workbook again"]
    assert [c.place[1:] for c in result.accepted] == [("K2", "FILED")]


def test_a_source_that_comes_later_wins_and_the_difference_is_reported(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    mine = exported(catalog, home, tmp_path / "1")
    fill(catalog, home, tmp_path / "2", WHOLE, typed_at="2026-11-02 09:00")
    office.land(catalog, home, office.desk(tmp_path / "desk.sqlite", [*THEFTS, *LATE], silent=()))
    assert cell(home, NORTH_2, "K1", "FILED") == (1, "auto")
    assert cell(home, PROVINCE, "T", "FILED") == (4, "auto")  # 1 + 1 + 2
    found = [
        (r["unit_code"], r["row_code"], r["typed_value"], r["computed_value"], r["difference"])
        for r in fill_diff.run(home=home, period=PERIOD)
    ]
    assert found == [(NORTH_2, "K1", 3, 1, 2), (NORTH_2, "K2", 0, 0, 0), (NORTH_2, "K9", 0, 0, 0)]
    assert fill_diff.run(home=home, period=PERIOD, forms=["G"]) == []
    result = imported(catalog, home, typed(mine, {("K1", "FILED"): 8}, **SAID))
    assert "has a figure of records now, which counts" in result.refused[0].why
    publish.run(catalog=catalog, home=home, period=PERIOD)
    with releases._statistics(home, "current") as engine:
        assert engine.scalar("SELECT count(*) FROM report.typed_difference WHERE difference <> 0") == 1


def test_a_workbook_of_other_definitions_or_none_is_refused_whole(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    good = typed(exported(catalog, home, tmp_path / "1"), WHOLE, **SAID)
    other = typed(exported(catalog, home, tmp_path / "2"), {("K1", "SAMPLED"): 9}, **SAID)
    book = load_workbook(other)
    next(line for line in book["_policestats"].iter_rows() if line[0].value == "form")[2].value = "0123456789abcdef"
    book.save(other)
    text = tmp_path / "text.xlsx"
    text.write_text("no workbook", encoding="utf-8")
    moved = typed(exported(catalog, home, tmp_path / "3"), {("K1", "SAMPLED"): 9}, **SAID)
    book = load_workbook(moved)
    book["F"].insert_rows(14)
    book.save(moved)
    result = imported(catalog, home, other, text, moved, good)
    assert {Path(r.file): r.why.split(";")[0] for r in result.refused} == {
        other: "the form F is defined otherwise than when the workbook was exported",
        text: "cannot be read as a workbook (BadZipFile)",
        moved: "the sheet F is laid out otherwise than it was exported",
    }
    assert len(result.accepted) == 3


_KILLED = """
import os, signal, sys
from pathlib import Path
from policestats.catalog import load_catalog
from policestats.landing import raw
from policestats.stages import fill_import, office_load

root, home, file, moment = sys.argv[1:]
moved, merged = [], []
move, merge = raw.RawStore._move, office_load.merge

def moving(self, written, place):
    if (moment == "rows" and not moved) or (moment == "manifest" and place.suffix == ".json"):
        os.kill(os.getpid(), signal.SIGKILL)
    moved.append(place)
    move(self, written, place)

def merging(**given):
    if moment == "merging" and moved:
        os.kill(os.getpid(), signal.SIGKILL)
    merge(**given)

raw.RawStore._move, office_load.merge = moving, merging
fill_import.run(catalog=load_catalog(Path(root), "tiny"), home=Path(home), files=[Path(file)])
"""


@pytest.mark.parametrize(("moment", "landed_then"), [("rows", [1]), ("manifest", [1]), ("merging", [1, 2])])
def test_killed_an_import_leaves_all_or_nothing(catalog: Catalog, home: Path, tmp_path: Path, moment: str, landed_then: list[int]) -> None:
    """Ended by SIGKILL before the rows are in place, before the manifest is, and before the load is merged; run again, all of it stands once."""
    path = typed(exported(catalog, home, tmp_path), WHOLE, **SAID)
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(catalog.root), str(home), str(path), moment], check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert [load.load_id for load in RawStore(home).loads()] == landed_then
    assert office.rows(home, "SELECT count(*) FROM core.office_cell_version") == [(0,)]
    again = imported(catalog, home, path)
    assert again.load == (None if moment == "merging" else 2)
    assert office.rows(home, "SELECT row_code, value, known_from, known_to FROM core.office_cell_version ORDER BY ALL") == [
        ("K1", 3, 2, None),
        ("K2", 0, 2, None),
        ("K9", 0, 2, None),
    ]
    retabulated(catalog, home)
    assert cell(home, PROVINCE, "T", "FILED") == (6, "manual")


def test_a_load_of_another_source_that_cannot_be_merged_stops_nobody_typing(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    path = typed(exported(catalog, home, tmp_path), WHOLE, **SAID)
    bad = office.desk(tmp_path / "desk.sqlite")
    with sqlite3.connect(bad) as connection:
        connection.execute("UPDATE unit SET parent_unit_code = ? WHERE unit_code = ?", [NORTH_1, NORTH])  # a cycle
    connection.close()
    extract.run(catalog=catalog, source="desk", location=bad, home=home)
    assert imported(catalog, home, path).load == 3


def test_the_manifest_says_where_typed_cells_came_from(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    result = fill(catalog, home, tmp_path, WHOLE)
    (manifest,) = (load for load in RawStore(home).loads() if load.source == "office")
    assert manifest.load_id == result.load
    assert manifest.location == str(tmp_path / f"{PERIOD}_{NORTH_2}.xlsx")
    assert json.loads(manifest.to_json())["tables"]["office_cell"]["rows"] == 3


def test_a_mark_stays_a_number() -> None:
    assert TypedFigure.of(Decimal("3.5"), "†") + 1 == Decimal("4.5")


def test_a_station_that_sent_its_thefts_has_nothing_to_fill_of_them(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    assert ("K1", "FILED") not in office.addresses(exported(catalog, home, tmp_path, SOUTH_1))


def test_typing_a_figure_lifts_no_block(catalog: Catalog, home: Path, tmp_path: Path) -> None:
    """A rule about thefts failed at load 1. What people type after it is no theft, so the rule's verdict counts on; the next thefts need a new one."""
    with open_warehouse(home) as engine:
        engine.execute("CREATE SCHEMA IF NOT EXISTS quality")
        engine.execute(
            "CREATE TABLE quality.rule_result (as_of BIGINT, table_name VARCHAR, rule_id VARCHAR, severity VARCHAR, verdict VARCHAR)"
        )
        engine.execute("INSERT INTO quality.rule_result VALUES (1, 'theft', 'unit_known', 'error', 'failed')")
    retabulated(catalog, home)
    assert cell(home, NORTH_1, "K1", "FILED") == (None, "blocked")
    result = fill(catalog, home, tmp_path / "1", {("K1", "SAMPLED"): 3})  # all that is open: what records fill is blocked, and stays locked
    assert result.load == 2
    assert ("K1", "FILED") not in office.addresses(exported(catalog, home, tmp_path / "2"))
    retabulated(catalog, home)
    assert cell(home, NORTH_1, "K1", "FILED") == (None, "blocked")
    assert cell(home, NORTH_2, "K1", "SAMPLED") == (3, "manual")
    office.land(catalog, home, office.desk(tmp_path / "desk.sqlite", [*THEFTS, *LATE], silent=()))
    assert cell(home, NORTH_1, "K1", "FILED") == (1, "auto")  # load 3 has no verdict, and says so
