"""Parts of facts, looks at many rows, splits, sets of columns, blocks of their own: small ledgers, figures by hand, compiler and interpreter."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from policestats.catalog import Catalog, load_catalog
from policestats.errors import DefinitionError
from policestats.reports.template import read_form
from tests.reference import interpreter
from tests.reports import tiny
from tests.reports.tiny import NORTH_1, NORTH_2, PROVINCE, SOUTH_1, UNITS, Row, move, theft

LABEL = {"zh": "字", "en": "word"}
FACTS = """
- part: waiting
  joins: [{as: first, table: theft, on: {theft_no: theft_no}}]
  dimensions:
    speed: {bands: {of: days_to_move, bounds: [3, 10], codes: [FAST, SLOW, LATE]}}      # names what stands in the fact
    is_night_twin: {column: first.is_night}
- part: kinds
  with: [waiting]
  dimensions:
    is_two: {flag: {kind_code: K2}}
- id: watched
  label: {zh: 字, en: word}
  table: theft
  key: [theft_no]
  with: [kinds]
  dimensions:
    days_to_move: {days: [filed_on, first_move]}        # names what stands below
    move_count: {count_over: {table: move, on: {theft_no: theft_no}, where: {moved_on: {below: period_end}}}}
    first_move: {earliest: {table: move, on: {theft_no: theft_no}, of: moved_on}}
    last_move: {last: {table: move, on: {theft_no: theft_no}, of: moved_on, where: {to_unit: "990102000000"}}}
    slowness:
      sum_over:
        table: move
        on: {theft_no: theft_no}
        of: days_late
        where: {days_late: {above: 0}}
        dimensions: {days_late: {days: [moved_on, entered_at]}}
    is_moved: {exists: {table: move, on: {theft_no: theft_no}, where: {days_late: {at_least: 2}}, dimensions: {days_late: {days: [moved_on, entered_at]}}}}
"""
INDICATORS = """
- {id: watched, label: {zh: 字, en: word}, fact: watched, count: record, on: filed_on, by: unit_code, unit: 起, source: test}
- {id: moves, label: {zh: 字, en: word}, fact: watched, sum: move_count, on: filed_on, by: unit_code, unit: 次, source: test}
- {id: slowness, label: {zh: 字, en: word}, fact: watched, sum: slowness, on: filed_on, by: unit_code, unit: 日, source: test}
- {id: last_moved, label: {zh: 字, en: word}, fact: watched, count: record, on: last_move, by: unit_code, unit: 起, source: test}
"""
THEFTS = [
    theft("1", "2026-10-01", NORTH_1, "K1", is_night=True),  # moved on the 3rd and, entered 4 days late, on the 20th
    theft("2", "2026-10-05", NORTH_1, "K2"),  # moved after 4 days, in time
    theft("3", "2026-10-06", NORTH_2, "K2", is_night=True),  # never moved
    theft("4", "2026-10-07", SOUTH_1, "K7"),  # an unknown kind; moved after 30 days, after the end of October
]
MOVES = [
    move("a", "1", "2026-10-03", NORTH_1, NORTH_2),
    {**move("b", "1", "2026-10-20", NORTH_2, SOUTH_1), "entered_at": "2026-10-24 09:00:00"},
    move("c", "2", "2026-10-09", NORTH_1, NORTH_2),
    move("d", "4", "2026-11-06", SOUTH_1, NORTH_1),
]


def made(folder: Path) -> Catalog:
    """The tiny standard with the fact above."""
    written = tiny.write(folder)
    for name, more in (("facts", FACTS), ("indicators", INDICATORS)):
        (written / "schemas" / "tiny" / name / "watched.yaml").write_text(more.lstrip("\n"), encoding="utf-8")
    return load_catalog(written, "tiny")


def check(folder: Path, catalog: Catalog, form: Row, wanted: dict[tuple[str, str, str], int | str | None]) -> None:
    """Fill ``form`` for October 2026 by the compiler and by the interpreter; both must give ``wanted``."""
    with tiny.warehouse(catalog, THEFTS, MOVES) as engine:
        result, stored = tiny.filled(engine, catalog, "2026-10", read_form(form, catalog))
    assert result.failed_errors == 0
    named = interpreter.load(folder / "schemas" / "tiny", folder / "report_templates" / "tiny").with_form(form)
    tables = {"unit": _typed(UNITS), "theft": _typed(THEFTS), "move": _typed(MOVES)}
    told = interpreter.interpret(named, form["id"], "2026-10", tables)
    numbers = {place: None if value is None else Decimal(value) for place, value in wanted.items()}
    assert {place: stored.get(place, Decimal(0) if value is not None else None) for place, value in numbers.items()} == numbers
    assert {place: told.get(place) for place in numbers} == numbers
    assert set(stored) <= set(told)


def _typed(rows: list[Row]) -> list[Row]:
    def value(name: str, text: Any) -> Any:
        if name in ("filed_on", "moved_on", "solved_on", "valid_from", "valid_to") and text:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text) if name == "entered_at" else text

    return [{name: value(name, text) for name, text in row.items()} for row in rows]


def test_looks_at_many_rows(tmp_path: Path) -> None:
    """Theft 1: moved twice, 4 days late in all; theft 2: once; theft 4's move comes after October, so it counts no move yet."""
    columns = """
    - {code: N, indicator: watched}
    - {code: MOVES, indicator: moves}
    - {code: SLOW, indicator: slowness}
    - {code: LATE_MOVE, indicator: watched, where: {is_moved: true}}
    - {code: LAST, indicator: last_moved}
    """
    wanted = {
        (PROVINCE, "T", "N"): 4,
        (PROVINCE, "T", "MOVES"): 3,  # 2 + 1 + 0 + 0
        (NORTH_1, "K1", "MOVES"): 2,
        (NORTH_1, "K2", "MOVES"): 1,
        (SOUTH_1, "K9", "MOVES"): 0,
        (PROVINCE, "T", "SLOW"): 4,  # 24 - 20; the others 0
        (PROVINCE, "T", "LATE_MOVE"): 1,
        (PROVINCE, "T", "LAST"): 2,  # the last moves to NORTH_2: on the 3rd (theft 1) and on the 9th
        (NORTH_1, "K1", "LAST"): 1,
    }
    check(tmp_path, made(tmp_path), tiny.form_data(columns), wanted)


def test_a_split_has_a_column_for_each_member_and_the_unknown(tmp_path: Path) -> None:
    """2, 4 and 30 days until the first move: fast, slow, late; theft 3 was never moved: unknown. By night: 1 fast, 1 unknown."""
    form = tiny.form_data("- {code: N, indicator: watched}")
    shared = {"split": "speed", "indicator": "watched", "unknown": {"code": "UNK", "label": LABEL}}
    quick = {"code": "QUICK", "is": ["FAST", "SLOW"], "label": LABEL}
    form["columns"] += [
        {**shared, "parent": "N", "members": [quick, {"code": "LATE", "label": LABEL}]},
        {
            **shared,
            "where": {"is_night": True},
            "members": [{"code": "N_FAST", "is": "FAST", "label": LABEL}],
            "unknown": {"code": "N_ELSE", "label": LABEL},
        },
    ]
    wanted = {
        **{(PROVINCE, "T", code): n for code, n in {"N": 4, "QUICK": 2, "LATE": 1, "UNK": 1, "N_FAST": 1, "N_ELSE": 1}.items()},
        **{(NORTH_2, "K2", code): n for code, n in {"QUICK": 0, "UNK": 1, "N_FAST": 0, "N_ELSE": 1}.items()},
    }
    catalog = made(tmp_path)
    check(tmp_path, catalog, form, wanted)
    (part,) = [c for c in read_form(form, catalog).checks if "split" in c.id]
    assert (part.id, part.text) == ("F-split-QUICK", "N = QUICK + LATE + UNK")


def test_blocks_with_columns_of_their_own(tmp_path: Path) -> None:
    """Only the second block asks for `speed`, so the fact `filing` need not have it; a column confined to a block has no cell elsewhere."""
    form = tiny.form_data("- {code: FILED, indicator: filed, blocks: [main]}\n- {code: W, indicator: watched, blocks: [speeds]}")
    moved = {"code": "MOVED", "parent": "S", "label": LABEL, "where": {"speed": {"null": False}}}
    pace = [{"code": c, "parent": "S", "label": LABEL, "where": {"speed": c}} for c in ("FAST", "SLOW")]
    kinds = {"dimension": "kind_code", "codelist": "kind", "members": ["KA"], "depth": 1}
    form["blocks"].append(
        {"id": "speeds", "rows": {"total": {"code": "S", "label": LABEL}, "classification": kinds, "sets": [*pace, moved]}}
    )
    form["blocks"][1]["rows"]["classification"]["dimension"] = "known_kind"
    made(tmp_path)
    path = tmp_path / "schemas" / "tiny" / "facts" / "watched.yaml"
    switch = "    known_kind: {switch: [{when: {kind_code: [K1, K2]}, then: {literal: KA}}], else: kind_code}\n"
    path.write_text(path.read_text(encoding="utf-8") + switch, encoding="utf-8")
    catalog = load_catalog(tmp_path, "tiny")
    wanted: dict[tuple[str, str, str], int | str | None] = {
        (PROVINCE, "T", "FILED"): 4,
        (PROVINCE, "K2", "FILED"): 2,
        (PROVINCE, "S", "W"): 3,  # theft 4 is of no member of KA: it does not enter the block
        (PROVINCE, "KA", "W"): 3,  # one level only: KA is the leaf
        (PROVINCE, "FAST", "W"): 1,
        (PROVINCE, "SLOW", "W"): 1,
        (PROVINCE, "MOVED", "W"): 2,  # theft 4 moved, too, and is none of the block's
        (PROVINCE, "S", "FILED"): None,
        (PROVINCE, "T", "W"): None,
    }
    # KA is an inner member of the first block, too; row codes are unique, so the first block shows its two kinds only
    form["blocks"][0]["rows"]["classification"] = {"dimension": "kind_code", "codelist": "kind", "members": ["K1", "K2", "K9"]}
    wanted[PROVINCE, "T", "FILED"] = 3  # theft 4 is of no kind that is listed
    check(tmp_path, catalog, form, wanted)


def test_rows_that_stand_apart_are_never_added_up(tmp_path: Path) -> None:
    """Losses of each kind, like grams of different drugs: no total, and no check that there be one."""
    form = tiny.form_data(
        "- {code: FILED, indicator: filed, blocks: [all]}\n- {code: BY_KIND, indicator: filed, blocks: [kinds]}", one=True
    )
    form["blocks"][0]["id"] = "all"
    kinds = {"dimension": "kind_code", "codelist": "kind", "unknown": "K9"}
    form["blocks"].append({"id": "kinds", "rows": {"apart": True, "classification": kinds}})
    wanted: dict[tuple[str, str, str], int | str | None] = {
        (PROVINCE, "T", "FILED"): 4,
        (PROVINCE, "T", "BY_KIND"): None,
        (PROVINCE, "K1", "BY_KIND"): 1,
        (PROVINCE, "K9", "BY_KIND"): 1,
    }
    catalog = made(tmp_path)
    check(tmp_path, catalog, form, wanted)
    form["blocks"][0] = form["blocks"].pop()
    with pytest.raises(DefinitionError, match="rows that stand apart have no total, and the first block needs one"):
        read_form(form, catalog)


def test_a_rate_of_weighted_columns(tmp_path: Path) -> None:
    """(2 K2 + 0.5 x 1 K1) / (2 x 4 all - 0.5 x 1 unknown) = 2.5 / 7.5 = 33.33 %; by the other choice (2 + 1) / 7.5 = 40 %."""
    columns = """
    - {code: N, indicator: filed}
    - {code: ONE, indicator: filed, where: {kind_code: K1}}
    - {code: TWO, indicator: filed, where: {kind_code: K2}}
    - {code: OTHER, indicator: filed, where: {not: {kind_code: [K1, K2]}}}
    - {code: RATE, rate: {of: {TWO: 1, ONE: {policy: half}}, over: {N: 2, OTHER: -0.5}}, per: 100, decimals: 2}
    """
    policy = {
        "id": "half",
        "label": LABEL,
        "default": "half",
        "choices": {"half": 0.5, "whole": 1, "word": "x"},
        "source": "t",
        "effect": "t",
    }
    made(tmp_path)
    path = tmp_path / "schemas" / "tiny" / "policies.yaml"
    path.write_text(path.read_text(encoding="utf-8") + yaml.safe_dump([policy], allow_unicode=True), encoding="utf-8")
    form = tiny.form_data(columns)
    check(tmp_path, load_catalog(tmp_path, "tiny"), form, {(PROVINCE, "T", "RATE"): "33.33"})
    other = load_catalog(tmp_path, "tiny", {"half": "whole"})
    with tiny.warehouse(other, THEFTS, MOVES) as engine:
        assert tiny.filled(engine, other, "2026-10", read_form(form, other))[1][PROVINCE, "T", "RATE"] == 40
    with pytest.raises(DefinitionError, match="the weight of 'ONE' is 'x'; a policy that weighs has numbers as its choices"):
        read_form(form, load_catalog(tmp_path, "tiny", {"half": "word"}))


def test_a_set_of_columns_stands_in_several_forms(tmp_path: Path) -> None:
    """Its columns come where it is used, its check with the form's id in front; a change of the set is a change of the form."""
    catalog = made(tmp_path)
    folder = tmp_path / "report_templates" / "tiny" / "column_sets"
    folder.mkdir(parents=True)
    columns = [
        {"code": "FILED", "indicator": "filed"},
        {"code": "NIGHT", "parent": "FILED", "indicator": "filed", "where": {"is_night": True}},
    ]
    check_ = {"id": "night", "severity": "error", "for": "rows", "that": "NIGHT <= FILED", "source": "t"}
    written = {"id": "block", "columns": columns, "checks": [check_]}
    (folder / "block.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    form = tiny.form_data("- {code: LOSS, indicator: loss}")
    form["columns"].append({"use": "block", "rows": ["T", "K1"]})
    wanted: dict[tuple[str, str, str], int | str | None] = {
        (PROVINCE, "T", "FILED"): 4,
        (PROVINCE, "T", "NIGHT"): 2,
        (PROVINCE, "K1", "NIGHT"): 1,
        (PROVINCE, "K2", "NIGHT"): None,
    }
    check(tmp_path, catalog, form, wanted)
    read = read_form(form, catalog)
    assert [c.code for c in read.columns] == ["LOSS", "FILED", "NIGHT"]
    assert [c.id for c in read.checks] == ["F-night"]
    columns[1]["where"] = {"is_night": False}
    (folder / "block.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
    assert read_form(form, catalog).definition_hash != read.definition_hash
    form["columns"][1]["use"] = "blok"
    with pytest.raises(DefinitionError, match="there is no column set 'blok'; did you mean block"):
        read_form(form, catalog)


def test_months_are_added_up_across_forms(tmp_path: Path) -> None:
    """2 thefts in August, 1 in October: the half-year is the sum of its months only once all six are made; another form may be asked."""
    catalog = tiny.standard(tmp_path)
    monthly = tiny.form(catalog, "- {code: N, indicator: filed}", id="M")
    checks = '- {id: own, that: "[T].N = months(M[T].N)"}\n- {id: wrong, that: "[T].LATE = months(M[T].N)"}'
    columns = "- {code: N, indicator: filed}\n- {code: LATE, indicator: filed_late}"
    yearly = tiny.form(catalog, columns, checks, id="H", frequency="half_year")
    thefts = [theft("1", "2026-08-01", NORTH_1), theft("2", "2026-08-31", SOUTH_1), theft("3", "2026-10-05", NORTH_1)]
    with tiny.warehouse(catalog, thefts) as engine:

        def outcomes() -> set[tuple[str, str]]:
            tiny.filled(engine, catalog, "2026-H2", yearly)
            rows = engine.sql("SELECT check_id, outcome FROM report.check_result WHERE form_id = 'H' AND unit_code = ?", [PROVINCE])
            return {(r["check_id"], r["outcome"]) for r in rows.to_pylist()}

        for month in range(7, 12):
            tiny.filled(engine, catalog, f"2026-{month:02d}", monthly)
        assert outcomes() == {("own", "not_evaluated"), ("wrong", "not_evaluated")}  # December is not made yet
        tiny.filled(engine, catalog, "2026-12", monthly)
        assert outcomes() == {("wrong", "failed")}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("with: [kinds]", "with: [kind]", "there is no part 'kind'; did you mean kinds"),
        ("with: [waiting]", "with: [waiting, kinds]", "the part 'kinds' is made of itself (kinds of kinds); break the circle"),
        ("    is_two:", "    first_move:", "gets the dimension 'first_move' twice, from it and its parts; rename or drop one"),
        ("- part: waiting", "- part: kinds", "the part 'kinds' stands already at"),
    ],
)
def test_a_part_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    tiny.write(tmp_path)
    assert FACTS.count(old) == 1
    (tmp_path / "schemas" / "tiny" / "facts" / "watched.yaml").write_text(FACTS.replace(old, new).lstrip("\n"), encoding="utf-8")
    with pytest.raises(DefinitionError) as raised:
        load_catalog(tmp_path, "tiny")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("- {code: N, indicator: filed, blocks: [man]}", "column 'N' names the block 'man'; did you mean main"),
        ("- {code: N, indicator: watched, where: {sped: FAST}}", "no column or dimension 'sped'"),
        ("- {code: N, indicator: filed, where: {is_night: true}}\n- {code: S, formula: {N: 1, X: 1}}", "names the column 'X'"),
    ],
)
def test_a_column_that_makes_no_sense_is_refused(tmp_path: Path, columns: str, said: str) -> None:
    catalog = made(tmp_path)
    with pytest.raises(DefinitionError) as raised, tiny.warehouse(catalog, THEFTS, MOVES) as engine:
        tiny.filled(engine, catalog, "2026-10", tiny.form(catalog, columns))
    assert said in str(raised.value)


def test_events_of_one_moment_come_in_the_order_of_the_names_of_their_kinds(tmp_path: Path) -> None:
    """Each of the four thefts is found, dropped and solved on the day of its filing, and nothing says what came first: dropped, found, solved."""
    parts = [
        f"{{table: theft, kind: {kind}, columns: {{theft_no: theft_no, on: filed_on, unit: unit_code}}}}"
        for kind in ("found", "dropped", "solved")
    ]
    fact = (
        f"- id: met\n  label: {{zh: 字, en: word}}\n  union: [{', '.join(parts)}]\n  key: [theft_no]\n"
        "  joins: [{as: theft, table: theft, on: {theft_no: theft_no}}]\n  dimensions: {kind_code: {column: theft.kind_code}}\n"
        "  spells: {by: [theft_no], kind: kind, on: on, unit: unit, opens: [found], closes: [dropped, solved], ends: []}\n"
    )
    left = "".join(
        f"- {{id: met_{kind}, label: {{zh: 字, en: word}}, ledger: met, show: left, kinds: [{kind}], unit: 起, source: test}}\n"
        for kind in ("dropped", "solved")
    )
    written = tiny.write(tmp_path)
    for name, more in (("facts", fact), ("indicators", left)):
        (written / "schemas" / "tiny" / name / "met.yaml").write_text(more, encoding="utf-8")
    columns = "[{code: DROPPED, indicator: met_dropped}, {code: SOLVED, indicator: met_solved}]"
    wanted = {(PROVINCE, "T", "DROPPED"): 0, (PROVINCE, "T", "SOLVED"): 4}
    check(tmp_path, load_catalog(written, "tiny"), tiny.form_data(columns), wanted)


def test_what_fails_while_a_form_is_made_is_told_as_itself(tmp_path: Path) -> None:
    """Not as a transaction that was aborted; and the form that is right is made after it, by the same session."""
    catalog = tiny.standard(tmp_path)
    wrong = tiny.form(catalog, "- {code: N, indicator: filed, where: {is_night: nobody}}")
    with tiny.warehouse(catalog, [theft("T1", "2026-10-05", NORTH_1)]) as engine:
        with pytest.raises(DefinitionError, match="Could not convert string 'nobody' to BOOL"):
            tiny.filled(engine, catalog, "2026-10", wrong)
        _, cells = tiny.filled(engine, catalog, "2026-10", tiny.form(catalog, "- {code: N, indicator: filed}"))
    assert cells[NORTH_1, "T", "N"] == 1
