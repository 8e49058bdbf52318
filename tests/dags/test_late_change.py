"""The monthly DAG run twice with late changes in between: what changed lands, what it concerns is made again, and no identity is left behind."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from policestats import settings
from policestats.catalog import load_catalog
from policestats.engines.duckdb import open_warehouse
from policestats.landing.plan import plan_source
from policestats.landing.raw import RawStore
from policestats.reports.template import load_forms
from policestats.simulator import simulate
from policestats.simulator.databases import KEYS
from policestats.stages import tabulate
from tests.property.test_change_by_key import MADE_WHOLLY
from tests.support import dag_runs
from tests.support.content import content
from tests.support.few_definitions import few_definitions
from tests.support.identities import identities, revealed
from tests.support.late_change import change_late, copied

pytestmark = pytest.mark.slow
PERIOD = "2025-01"
#: forms that the change concerns, one that is made wholly, and one that it does not concern
FORMS = ("X01", "X02", "X13", "Z01", "Z11", "Z14")


def changed(before: Path, after: Path, table: str) -> tuple[int, int]:
    """Return how many records of a source table are new or different, and how many are gone, by the databases themselves."""
    key = ", ".join(KEYS[table])
    with closing(sqlite3.connect(after)) as database:
        database.execute("ATTACH ? AS former", [str(before)])
        news = f"SELECT DISTINCT {key} FROM (SELECT * FROM main.{table} EXCEPT SELECT * FROM former.{table})"
        gone = f"SELECT {key} FROM former.{table} EXCEPT SELECT {key} FROM main.{table}"
        [(new,)], [(lost,)] = (database.execute(f"SELECT count(*) FROM ({rows})").fetchall() for rows in (news, gone))
    return new, lost


def test_the_second_run_takes_up_what_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.PSEUDONYM_KEY, "a key that only the tests use")
    read = few_definitions(tmp_path / "definitions", FORMS)
    monkeypatch.setenv(settings.DEFINITIONS, str(tmp_path / "definitions"))
    catalog = load_catalog(tmp_path / "definitions", "cn")
    sources, home = tmp_path / "sources", tmp_path / "var"
    made = simulate(sources, months=1)
    locations = {name: made.locations[name] for name in read}
    runs = [*dag_runs.NIGHTLY, ("monthly_report", {"period": PERIOD})]
    first = dag_runs.run(home, locations, runs).remade
    assert set(first) == set(FORMS)
    assert all(facts["by_groups"] == facts["kept"] == 0 < facts["wholly"] for facts in first.values())
    loads = RawStore(home).loads()
    assert {load.source for load in loads} == set(catalog.sources)

    former = copied(sources, tmp_path / "former")
    change_late(sources, PERIOD, move=False)
    second = dag_runs.run(home, locations, runs).remade

    # only the two changed sources gave a load, and it holds the changed records alone
    later = RawStore(home).loads()[len(loads) :]
    assert sorted(load.source for load in later) == ["case_system", "incident_desk"]
    for load in later:
        for plan in plan_source(catalog, catalog.source(load.source)):
            if plan.cursor is not None:
                expected = changed(former / f"{load.source}.sqlite", sources / f"{load.source}.sqlite", plan.name)
                assert (load.tables[plan.name].rows, load.tables[plan.name].deleted) == expected, plan.name

    # the groups concerned were made again, and nothing else
    looking = {
        form.id for form in load_forms(catalog).values() if any(c.indicator and c.indicator.fact in MADE_WHOLLY for c in form.columns)
    }
    assert [form for form, facts in second.items() if facts["wholly"] and form not in looking] == []
    for form in ("X01", "X02", "Z01", "Z11"):
        assert second[form]["by_groups"] > 0, form
    assert second["Z14"] == {"wholly": 0, "by_groups": 0, "kept": first["Z14"]["wholly"]}  # field collection did not change
    releases = home / "releases"
    assert (releases / "current").resolve().name == f"{PERIOD}-r2"
    assert (releases / f"{PERIOD}-r1" / "statistics.duckdb").is_file()

    # no identity: raw loads, warehouse, audit, releases, the scheduler's metadata and logs
    assert (home / "airflow" / "airflow.db").is_file()
    known: set[str] = set().union(*identities(sources).values())
    assert len(known) > 1000
    assert list(revealed({home: known})) == []

    # what was made by groups is what a tabulation from nothing makes
    with open_warehouse(home, read_only=True) as engine:
        by_groups = content(engine, ["report"])
    tabulate.run(catalog=catalog, home=home, period=PERIOD, full=True)
    with open_warehouse(home, read_only=True) as engine:
        wholly = content(engine, ["report"])
    for table in ("cell", "status", "check_result", "contribution"):
        assert by_groups[f"report.{table}"] == wholly[f"report.{table}"], table
