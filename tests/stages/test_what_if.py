"""What connecting a source would add, and what one that is connected contributes, by hand.

Six units: three stations, two counties, the province. Form F has three columns in one row: FILED reads thefts (from the desk), MOVED reads
moves (from the post) and thefts, CHECKED is typed. Form G has FILED and MOVED alone, form H has FILED. One theft, at North 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.errors import DefinitionError, StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.generation import GenerationRate
from policestats.reports.template import Form
from policestats.stages.tabulate import tabulate
from policestats.stages.what_if import WhatIf, what_if
from tests.reports import tiny
from tests.reports.test_needs import _COLUMNS, _TWO_DESKS
from tests.reports.tiny import NORTH_1, NORTH_2, STATIONS

PERIOD = ReferencePeriod.parse("2026-10")
NOT_CONNECTED = "needs 字 word from 邮 Post (post): not connected"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("two")
    tiny.write(folder, **_TWO_DESKS)
    post = "source: post\nlabel: {zh: 邮, en: Post}\nkind: database\ntables: {move: {into: move}}\n"
    (folder / "schemas" / "tiny" / "sources" / "post.yaml").write_text(post, encoding="utf-8")
    return load_catalog(folder, "tiny")


@pytest.fixture(scope="module")
def forms(two: Catalog) -> dict[str, Form]:
    lines = _COLUMNS.strip().splitlines()
    columns = {"F": [lines[0], lines[1], lines[3]], "G": lines[:2], "H": lines[:1]}
    return {id: tiny.form(two, "\n".join(chosen), id=id, one=True) for id, chosen in columns.items()}


@pytest.fixture
def engine(two: Catalog, forms: dict[str, Form]) -> Iterator[DuckDBEngine]:
    """Return a warehouse to which the desk is connected and the post is not; October is tabulated."""
    with tiny.warehouse(two, [tiny.theft("1", "2026-10-05", NORTH_1)]) as found:
        found.execute("UPDATE core.reading SET source = 'desk'")
        for table in ("reading", "delivery"):
            found.execute(f"DELETE FROM core.{table} WHERE table_name = 'move'")
        tabulate(found, two, PERIOD, forms)
        yield found


def fractions(rates: list[GenerationRate], form: str | None = None) -> dict[str, tuple[int, int]]:
    return {r.rate_id: (r.numerator, r.denominator) for r in rates if (r.form_id, r.unit_code, r.level_code) == (form, None, None)}


def reason(found: WhatIf, form: str) -> str | None:
    return next(r.reason for r in found.after if (r.rate_id, r.form_id, r.unit_code, r.level_code) == ("cell", form, None, None))


def test_connecting_a_source_turns_what_waited_for_it(engine: DuckDBEngine, two: Catalog, forms: dict[str, Form]) -> None:
    found = what_if(engine, two, PERIOD, forms, ["post"], [])
    # 6 units: F has 18 cells, of which FILED's 6 are automatic; G 12, 6; H 6, 6
    assert fractions(found.before) == {"template": (1, 4), "instance": (6, 18), "cell": (18, 36), "cell_nonzero": (9, 9)}
    # MOVED joins in F and G: 6 + 6 cells; G is then automatic everywhere, F still has CHECKED to type. The theft shows at 3 units, in 3 forms
    assert fractions(found.after) == {"template": (2, 4), "instance": (12, 18), "cell": (30, 36), "cell_nonzero": (9, 9)}
    assert fractions(found.after, "F")["cell"] == (12, 18)
    assert fractions(found.after, "G") == {"template": (1, 1), "instance": (6, 6), "cell": (12, 12), "cell_nonzero": (3, 3)}
    assert [(e.form_id, e.gained, e.lost) for e in found.effects] == [("F", {"MOVED": 6}, {}), ("G", {"MOVED": 6}, {}), ("H", {}, {})]
    assert reason(found, "F") == "F: typed by people, and nothing has been typed (6 cells)"
    assert reason(found, "G") is None
    assert found.connected == []


def test_nothing_is_written(engine: DuckDBEngine, two: Catalog, forms: dict[str, Form]) -> None:
    tables = ("status", "generation", "cell", "contribution", "column_reading", "run")
    before = [engine.sql(f"FROM report.{t} ORDER BY ALL").to_pylist() for t in tables]
    what_if(engine, two, PERIOD, forms, ["post"], ["desk"])
    assert [engine.sql(f"FROM report.{t} ORDER BY ALL").to_pylist() for t in tables] == before


def test_without_a_source_its_columns_wait_for_it(engine: DuckDBEngine, two: Catalog, forms: dict[str, Form]) -> None:
    found = what_if(engine, two, PERIOD, forms, [], ["desk"])
    assert fractions(found.after) == {"template": (0, 4), "instance": (0, 18), "cell": (0, 36), "cell_nonzero": (0, 9)}
    assert found.effects[2].lost == {"FILED": 6}
    assert reason(found, "H") == "H: needs 字 word from 台 Desk (desk): not connected (6 cells)"


def test_without_what_is_connected_in_its_place(engine: DuckDBEngine, two: Catalog, forms: dict[str, Form]) -> None:
    """The post instead of the desk: no cell is left, since a move takes its kind from the theft."""
    found = what_if(engine, two, PERIOD, forms, ["post"], ["desk"])
    assert fractions(found.after)["cell"] == (0, 36)
    assert reason(found, "G") == "G: needs 字 word from 台 Desk (desk): not connected (12 cells)"


def test_a_table_that_another_source_feeds_too_stays(tmp_path: Path, forms: dict[str, Form]) -> None:
    """Post and courier both bring moves: without one of them nothing changes, without both MOVED waits for either."""
    tiny.write(tmp_path, **_TWO_DESKS)
    for name in ("courier", "post"):
        spec = f"source: {name}\nlabel: {{zh: 送, en: Carrier}}\nkind: database\ntables: {{move: {{into: move}}}}\n"
        (tmp_path / "schemas" / "tiny" / "sources" / f"{name}.yaml").write_text(spec, encoding="utf-8")
    both = load_catalog(tmp_path, "tiny")
    with tiny.warehouse(both, []) as engine:
        for name in ("courier", "post", "desk"):
            engine.execute("INSERT INTO core.reading VALUES (?, 'move', 1, TIMESTAMP '2100-01-01', NULL)", [name])
        tabulate(engine, both, PERIOD, forms)
        for without, left in ((["post"], 12), (["courier"], 12), (["post", "courier"], 6)):
            assert fractions(what_if(engine, both, PERIOD, forms, [], without).after, "G")["cell"] == (left, 12)


def test_a_connected_source_is_taken_to_be_complete(two: Catalog, forms: dict[str, Form]) -> None:
    """North 2 was silent: FILED is missing there and partial above it, so three of six cells wait."""
    with tiny.warehouse(two, [tiny.theft("1", "2026-10-05", NORTH_1)]) as engine:
        engine.execute("UPDATE core.reading SET source = 'desk'")
        tiny.deliveries(engine, *(("theft", unit, "2026-10") for unit in STATIONS if unit != NORTH_2))
        tabulate(engine, two, PERIOD, forms)
        found = what_if(engine, two, PERIOD, forms, ["desk"], [])
    assert (fractions(found.before, "H")["cell"], fractions(found.after, "H")["cell"]) == ((3, 6), (6, 6))
    assert found.connected == ["desk"]
    assert found.effects[2].gained == {"FILED": 3}


def test_a_failed_rule_goes_on_blocking(engine: DuckDBEngine, two: Catalog, forms: dict[str, Form]) -> None:
    engine.execute("CREATE SCHEMA IF NOT EXISTS quality")
    engine.execute(
        "CREATE TABLE quality.rule_result (as_of BIGINT, table_name VARCHAR, rule_id VARCHAR, severity VARCHAR, verdict VARCHAR)"
    )
    engine.execute("INSERT INTO quality.rule_result VALUES (1, 'move', 'r', 'error', 'failed')")
    tabulate(engine, two, PERIOD, forms)
    found = what_if(engine, two, PERIOD, forms, ["post"], [])
    assert fractions(found.after, "G")["cell"] == (6, 12)
    assert reason(found, "G") == "G: failed: move.r (6 cells)"


def test_figures_of_an_error_check_stay_those_there_are(two: Catalog, tmp_path: Path) -> None:
    """[T].MOVED = 0 <> FILED = 1: not evaluated while MOVED is missing, and not failed by a nought that nobody delivered."""
    checked = tiny.form(two, "\n".join(_COLUMNS.strip().splitlines()[:2]), "- {id: F-1, that: '[T].MOVED = [T].FILED'}", id="F", one=True)
    with tiny.warehouse(two, [tiny.theft("1", "2026-10-05", NORTH_1)]) as engine:
        engine.execute("UPDATE core.reading SET source = 'desk'")
        for table in ("reading", "delivery"):
            engine.execute(f"DELETE FROM core.{table} WHERE table_name = 'move'")
        tabulate(engine, two, PERIOD, {"F": checked})
        found = what_if(engine, two, PERIOD, {"F": checked}, ["post"], [])
    assert fractions(found.after)["template"] == (1, 4)


@pytest.mark.parametrize(
    ("connect", "without", "said"),
    [
        (["pst"], [], r"--what-if: there is no source 'pst'; did you mean post\?"),
        ([], ["dsk"], r"--without: there is no source 'dsk'; did you mean desk\?"),
    ],
)
def test_a_source_that_nobody_declared(
    engine: DuckDBEngine, two: Catalog, forms: dict[str, Form], connect: list[str], without: list[str], said: str
) -> None:
    with pytest.raises(DefinitionError, match=said):
        what_if(engine, two, PERIOD, forms, connect, without)


def test_a_period_that_was_not_tabulated_or_otherwise(engine: DuckDBEngine, two: Catalog, forms: dict[str, Form]) -> None:
    with pytest.raises(StatisticsError, match="2026-09 has not been tabulated; run 'policestats tabulate --period 2026-09' first"):
        what_if(engine, two, ReferencePeriod.parse("2026-09"), forms, ["post"], [])
    changed = {**forms, "H": tiny.form(two, "- {code: FILED, indicator: received}", id="H", one=True)}
    with pytest.raises(StatisticsError, match="form H: definitions, choices or units changed"):
        what_if(engine, two, PERIOD, changed, ["post"], [])
