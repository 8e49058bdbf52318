"""The same load gives the same cells for ever; a policy changes what it should and nothing else; a join that fans out is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.catalog.model import Fact
from policestats.engines.duckdb import DuckDBEngine
from policestats.errors import DefinitionError, FanOutError, PeriodError, StatisticsError
from tests.reports import tiny
from tests.reports.tiny import NORTH, NORTH_1, NORTH_2, PROVINCE, SOUTH_1, Cells

COLUMNS = "- {code: FILED, indicator: filed}\n- {code: LATE, indicator: filed_late}\n- {code: COUNTED, indicator: filed_counted}\n- {code: PENDING, indicator: pending_at_end}"


def content(engine: DuckDBEngine, *tables: str) -> dict[str, list[Any]]:
    """Return all that was published, by table, without run ids."""
    names = tables or (
        "report.cell",
        "report.status",
        "report.contribution",
        "report.check_result",
        "report.check_count",
        "dim.unit",
        "report.generation",
    )
    found = {}
    for name in names:
        rows = engine.sql(f"SELECT * FROM {name} ORDER BY ALL").to_pylist()
        found[name] = [{k: v for k, v in row.items() if k != "run_id"} for row in rows]
    return found


def second_load(engine: DuckDBEngine) -> None:
    """Land a second load: theft 1 became a K2, theft 2 is gone, theft 3 is new, North 2 lies below South and delivers, South 1 takes its deliveries back."""
    engine.execute("INSERT INTO core.load VALUES (2, 'hand', TIMESTAMP '2026-11-02')")
    for number, change in (("1", "'K2' AS kind_code"), ("3", "'3' AS theft_no")):
        engine.execute(
            f"INSERT INTO core.theft_version SELECT * REPLACE ({change}, 2 AS known_from) FROM core.theft_version WHERE theft_no = '1' AND known_from = 1"
        )
        assert number
    engine.execute("UPDATE core.theft_version SET known_to = 2 WHERE theft_no IN ('1', '2') AND known_from = 1")
    engine.execute(
        f"INSERT INTO core.unit_version SELECT * REPLACE ('990200000000' AS parent_unit_code, 2 AS known_from) FROM core.unit_version WHERE unit_code = '{NORTH_2}'"
    )
    engine.execute(f"UPDATE core.unit_version SET known_to = 2 WHERE unit_code = '{NORTH_2}' AND known_from = 1")
    engine.execute(f"UPDATE core.delivery SET known_to = 2 WHERE unit_code = '{SOUTH_1}'")
    engine.execute(f"INSERT INTO core.delivery VALUES ('desk', 'theft', '{NORTH_2}', '2026-10', 2, NULL, true, 0, NULL)")
    engine.execute("INSERT INTO quality.rule_result VALUES (2, 'move', 'late_rule', 'error', 'failed')")


def test_as_of_gives_the_same_cells_for_ever(catalog: Catalog) -> None:
    form = tiny.form(catalog, COLUMNS)
    thefts = [tiny.theft("1", "2026-10-01", NORTH_1, "K1"), tiny.theft("2", "2026-10-02", NORTH_2, "K1")]
    with tiny.warehouse(catalog, thefts) as engine:
        months = [f"{y}-{m:02d}" for y in (2025, 2026) for m in range(1, 13)]
        came = {(t, u, m) for t in ("theft", "move") for u in tiny.STATIONS for m in months}
        tiny.deliveries(engine, *(came - {("theft", NORTH_2, "2026-10")}))  # North 2 delivers October with the second load
        engine.execute("CREATE SCHEMA quality")
        engine.execute(
            "CREATE TABLE quality.rule_result (as_of BIGINT, table_name VARCHAR, rule_id VARCHAR, severity VARCHAR, verdict VARCHAR)"
        )
        _, first = tiny.filled(engine, catalog, "2026-10", form)
        before = content(engine)
        second_load(engine)
        result, now = tiny.filled(engine, catalog, "2026-10", form)
        after = content(engine)
        again_result, again = tiny.filled(engine, catalog, "2026-10", form, as_of=1)
        assert content(engine) == before
    assert (result.as_of, again_result.as_of) == (2, 1)
    assert first == again
    assert {k: v for k, v in first.items() if k[2] == "FILED" and k[0] in (PROVINCE, NORTH)} == {
        (PROVINCE, "T", "FILED"): 2, (PROVINCE, "KA", "FILED"): 2, (PROVINCE, "K1", "FILED"): 2,
        (NORTH, "T", "FILED"): 2, (NORTH, "KA", "FILED"): 2, (NORTH, "K1", "FILED"): 2,
    }  # fmt: skip
    # theft 1 is now a K2, theft 3 is a K1 of North 1
    assert {k[1]: v for k, v in now.items() if k[2] == "FILED" and k[0] == NORTH_1} == {"T": 2, "KA": 2, "K1": 1, "K2": 1}
    status = {(s["unit_code"], s["column_code"]): s["status"] for s in after["report.status"]}
    assert (status[SOUTH_1, "FILED"], status[NORTH_2, "FILED"], status[NORTH_1, "PENDING"]) == ("missing", "auto", "blocked")
    assert {s["status"] for s in before["report.status"] if (s["unit_code"], s["column_code"]) == (NORTH_2, "FILED")} == {"missing"}
    assert next(u["parent_unit_code"] for u in after["dim.unit"] if u["unit_code"] == NORTH_2) == "990200000000"


OTHER = '- {id: F-G, that: "[T].FILED = G[T].FILED"}\n'
DAYS = '- {id: F-D, that: "[T].FILED = days([T].FILED)"}\n'


def third_theft(engine: DuckDBEngine) -> None:
    """Land a second load: another theft of 2 October, in North 1."""
    engine.execute("INSERT INTO core.load VALUES (2, 'hand', TIMESTAMP '2026-11-02')")
    engine.execute("INSERT INTO core.theft_version SELECT * REPLACE ('3' AS theft_no, 2 AS known_from) FROM core.theft_version")


def test_a_form_of_another_load_is_no_operand(catalog: Catalog) -> None:
    """Theft 3 is known from load 2 on: the two forms differ only by what was known when they were made."""
    form = tiny.form(catalog, "[{code: FILED, indicator: filed}]", OTHER)
    other = tiny.form(catalog, "[{code: FILED, indicator: filed}]", id="G")
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-02", NORTH_1)]) as engine:

        def judged(*forms: Any, as_of: int | None = None) -> tuple[int, int]:
            result, _ = tiny.filled(engine, catalog, "2026-10", *forms, as_of=as_of)
            return result.failed_errors, result.not_evaluated

        tiny.filled(engine, catalog, "2026-10", other)
        assert judged(form) == (0, 0)
        third_theft(engine)
        failed, not_evaluated = judged(form)  # G is still that of load 1
        assert (failed, not_evaluated > 0) == (0, True)
        tiny.filled(engine, catalog, "2026-10", other)
        assert judged(form) == (0, 0)
        failed, not_evaluated = judged(form, as_of=1)  # and G now that of load 2
        assert (failed, not_evaluated > 0) == (0, True)
        assert judged(other, form, as_of=1) == (0, 0)  # both of load 1
        assert judged(other, form) == (0, 0)
        # the check can fail: a figure that differs at one and the same load
        engine.execute("UPDATE report.cell SET value = value + 1 WHERE form_id = 'G'")
        failed, _ = judged(form)
        assert failed > 0


def test_the_days_of_another_load_are_no_operand(catalog: Catalog) -> None:
    columns = "[{code: FILED, indicator: filed}]"
    form = tiny.form(catalog, columns, DAYS, frequency="day week")
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-06", NORTH_1)]) as engine:
        days = [f"2026-10-{day:02d}" for day in range(5, 12)]  # week 41
        for day in days:
            tiny.filled(engine, catalog, day, form)
        result, _ = tiny.filled(engine, catalog, "2026-W41", form)
        assert (result.failed_errors, result.not_evaluated) == (0, 0)
        third_theft(engine)
        result, _ = tiny.filled(engine, catalog, "2026-W41", form)
        assert result.failed_errors == 0
        assert result.not_evaluated > 0


def test_a_load_that_was_never_judged_says_so(catalog: Catalog) -> None:
    """Without verdicts nothing blocks: that is no proof that everything was well."""
    form = tiny.form(catalog, COLUMNS)
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-02", NORTH_1)]) as engine:
        assert tiny.filled(engine, catalog, "2026-10", form)[0].not_judged
        engine.execute("CREATE SCHEMA IF NOT EXISTS quality")
        engine.execute(
            "CREATE TABLE quality.rule_result (as_of BIGINT, table_name VARCHAR, rule_id VARCHAR, severity VARCHAR, verdict VARCHAR)"
        )
        engine.execute("INSERT INTO quality.rule_result VALUES (1, 'theft', 'cast', 'warning', 'passed')")
        assert not tiny.filled(engine, catalog, "2026-10", form)[0].not_judged
        third_theft(engine)
        assert tiny.filled(engine, catalog, "2026-10", form)[0].not_judged  # load 2
        assert not tiny.filled(engine, catalog, "2026-10", form, as_of=1)[0].not_judged


@pytest.mark.parametrize(
    "older",
    [
        "ALTER TABLE report.run DROP COLUMN basis",
        "ALTER TABLE report.contribution ADD COLUMN old_name VARCHAR",
        "DROP TABLE report.column_reading",
    ],
)
def test_a_warehouse_of_an_older_layout_is_made_anew(older: str, catalog: Catalog) -> None:
    """What another version tabulated is no half of what this one reads: a period that is not tabulated again is not there."""
    form = tiny.form(catalog, COLUMNS)
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-02", NORTH_1)]) as engine:
        _, cells = tiny.filled(engine, catalog, "2026-10", form)
        before = content(engine)
        tiny.filled(engine, catalog, "2026-09", form)
        engine.execute(older)
        assert tiny.filled(engine, catalog, "2026-10", form)[1] == cells
        assert content(engine) == before  # nothing of September, which can be made again
        assert tiny.filled(engine, catalog, "2026-09", form)[0].forms == ["F"]


def test_tabulating_twice_changes_nothing(catalog: Catalog) -> None:
    form = tiny.form(catalog, COLUMNS)
    with tiny.warehouse(catalog, [tiny.theft("1", "2026-10-01", NORTH_1)]) as engine:
        tiny.filled(engine, catalog, "2026-10", form)
        before = content(engine)
        tiny.filled(engine, catalog, "2026-10", form)
        assert content(engine) == before


@pytest.mark.parametrize("as_of", [0, 2, 99])
def test_a_load_that_does_not_exist(catalog: Catalog, as_of: int) -> None:
    with (
        tiny.warehouse(catalog, []) as engine,
        pytest.raises(StatisticsError, match=rf"--as-of {as_of}: there is no such load; the latest is 1"),
    ):
        tiny.filled(engine, catalog, "2026-10", tiny.form(catalog, COLUMNS), as_of=as_of)


def test_a_period_for_which_nothing_is_due(catalog: Catalog) -> None:
    with (
        tiny.warehouse(catalog, []) as engine,
        pytest.raises(PeriodError, match=r"no form is due for 2026 \(a year\); these forms are made by month"),
    ):
        tiny.filled(engine, catalog, "2026", tiny.form(catalog, COLUMNS))


# -- policies -----------------------------------------------------------------------------------------------------------------

#: theft 2 was entered at the very second at which October closes: it is November's; theft 3 happened by night
THEFTS = [
    tiny.theft("1", "2026-10-31", NORTH_1, entered_at="2026-11-02 05:59:59"),
    tiny.theft("2", "2026-10-31", NORTH_1, entered_at="2026-11-02 06:00:00"),
    tiny.theft("3", "2026-10-05", NORTH_1, is_night=True),
]


def months(folder: Path, **policies: str) -> dict[str, dict[str, Any]]:
    """Return row T of North 1 in October and November by column."""
    catalog = tiny.standard(folder, policies)
    form = tiny.form(catalog, COLUMNS)
    with tiny.warehouse(catalog, THEFTS) as engine:
        found: dict[str, Cells] = {p: tiny.filled(engine, catalog, p, form)[1] for p in ("2026-10", "2026-11")}
    return {p: {k[2]: int(v) for k, v in cells.items() if k[:2] == (NORTH_1, "T")} for p, cells in found.items()}


def test_the_default_policies(tmp_path: Path) -> None:
    assert months(tmp_path) == {
        "2026-10": {"FILED": 2, "COUNTED": 2, "PENDING": 3},  # thefts 1 and 3; a stock goes by the day of filing
        "2026-11": {"FILED": 1, "LATE": 1, "COUNTED": 1, "PENDING": 3},  # theft 2
    }


def test_restated_moves_late_entries_to_their_own_month_and_nothing_else(tmp_path: Path) -> None:
    assert months(tmp_path, late="restated") == {
        "2026-10": {"FILED": 3, "LATE": 1, "COUNTED": 3, "PENDING": 3},
        "2026-11": {"PENDING": 3},
    }


def test_a_policy_of_values_changes_the_indicators_that_name_it_and_nothing_else(tmp_path: Path) -> None:
    assert months(tmp_path, counted="by_night") == {
        "2026-10": {"FILED": 2, "COUNTED": 1, "PENDING": 3},
        "2026-11": {"FILED": 1, "LATE": 1, "PENDING": 3},
    }


def test_a_form_that_says_its_lateness_stands_above_the_policy(tmp_path: Path) -> None:
    catalog = tiny.standard(tmp_path, {"late": "restated"})
    form = replace(tiny.form(catalog, COLUMNS), lateness="post_current")
    with tiny.warehouse(catalog, THEFTS) as engine:
        assert tiny.filled(engine, catalog, "2026-11", form)[1][NORTH_1, "T", "LATE"] == 1


def test_a_default_that_contradicts_the_standard_is_refused(tmp_path: Path) -> None:
    policy = "- {id: late, label: {zh: 字, en: word}, default: restated, choices: {post_current: post_current, restated: restated}, source: s, effect: e}\n"
    with pytest.raises(
        DefinitionError,
        match=r"standard\.yaml:6: lateness is 'post_current', but the default of the policy 'late' \(.*policies\.yaml:1\) is 'restated'",
    ):
        load_catalog(tiny.write(tmp_path, policies=policy), "tiny")


# -- joins --------------------------------------------------------------------------------------------------------------------


def fanning(catalog: Catalog, **join: Any) -> Catalog:
    """Return the catalog with a fact that joins thefts to moves, as ``join`` says."""
    spec = {"id": "fanning", "table": "move", "key": ["move_no"], "joins": [{"as": "other", "table": "theft", **join}],
            "dimensions": {"posted_on": {"column": "moved_on"}, "kind_code": {"column": "other.kind_code"}}}  # fmt: skip
    indicator = replace(catalog.indicators["received"], id="fanned", fact="fanning", partner=None)
    return replace(
        catalog,
        facts=catalog.facts | {"fanning": Fact("fanning", {}, spec, "facts/theft.yaml:9")},
        indicators=catalog.indicators | {"fanned": indicator},
    )


def test_a_join_that_would_fan_out_is_refused_with_its_keys(catalog: Catalog) -> None:
    made = fanning(catalog, on={"unit_code": "from_unit"})
    thefts = [tiny.theft("1", "2026-10-01", NORTH_1), tiny.theft("2", "2026-10-01", NORTH_1), tiny.theft("3", "2026-10-01", SOUTH_1)]
    with tiny.warehouse(made, thefts, [tiny.move("m", "1", "2026-10-02", NORTH_1, SOUTH_1)]) as engine:
        with pytest.raises(FanOutError) as raised:
            tiny.filled(engine, made, "2026-10", tiny.form(made, "[{code: X, indicator: fanned}]"))
        assert not engine.has_table("report", "cell") or engine.scalar("SELECT count(*) FROM report.cell") == 0  # nothing was written
    message = str(raised.value)
    assert message.startswith(
        "facts/theft.yaml:9: fact 'fanning' joins 'theft' (as 'other') many-to-one on unit_code, but some keys have several rows: "
    )
    assert f"unit_code='{NORTH_1}' (2 rows)" in message
    assert SOUTH_1 not in message  # one row: no harm
    assert message.endswith("Join on a unique key, or use exists or latest")


def test_null_keys_fan_nothing_out(catalog: Catalog) -> None:
    """Two thefts without a unit join nothing: a null equals no null."""
    made = fanning(catalog, on={"unit_code": "from_unit"})
    thefts = [tiny.theft("1", "2026-10-01", None), tiny.theft("2", "2026-10-01", None)]
    with tiny.warehouse(made, thefts, [tiny.move("m", "1", "2026-10-02", NORTH_1, SOUTH_1)]) as engine:
        _, cells = tiny.filled(engine, made, "2026-10", tiny.form(made, "[{code: X, indicator: fanned}]"))
    assert cells[PROVINCE, "T", "X"] == 1


def test_a_join_on_the_whole_key_counts_every_record_once(catalog: Catalog) -> None:
    made = fanning(catalog, on={"theft_no": "theft_no"})
    thefts = [tiny.theft("1", "2026-10-01", NORTH_1), tiny.theft("2", "2026-10-01", NORTH_1)]
    with tiny.warehouse(
        made, thefts, [tiny.move("m", "1", "2026-10-02", NORTH_1, SOUTH_1), tiny.move("n", "?", "2026-10-02", NORTH_1, SOUTH_1)]
    ) as engine:
        _, cells = tiny.filled(engine, made, "2026-10", tiny.form(made, "[{code: X, indicator: fanned}]"))
    assert {row: cells[PROVINCE, row, "X"] for row in ("T", "K1", "K9")} == {"T": 2, "K1": 1, "K9": 1}  # theft ? is nowhere: kind unknown
