"""After any sequence of changes a tabulation by key has the same content as one made wholly."""

from __future__ import annotations

import dataclasses
import os
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from policestats.catalog import Catalog, load_catalog
from policestats.engines.duckdb import DuckDBEngine
from policestats.periods import ReferencePeriod
from policestats.reports import contract
from policestats.reports.template import Form, load_forms
from policestats.stages.tabulate import TabulateResult, tabulate
from tests.support.ledger import ROOT, enter, ledger

from .province import COUNTY_2, DAYS, NOBODY, Row
from .strategies import MONTHS, ledgers

CATALOG = load_catalog(ROOT, "cn")
EXAMPLES = int(os.environ.get("POLICESTATS_EXAMPLES", "1"))
Tables = dict[str, list[Row]]
#: the share of steps after which one form is made without the others
ALONE = 0.4
#: what a change may do to one record, by the ending of the column's name
_DATES, _UNITS, _CODES = ("_on", "_from", "_until"), "unit_code", ("charge_code", "cause_code", "type_code", "kind_code", "law_code")
#: facts whose rows look at other rows of their own table, told by another key than the one they are grouped by
MADE_WHOLLY = {"criminal_injury", "criminal_measure_spell", "criminal_report"}
STEPS = ("insert", "delete", "undelete", "date", "unit", "code", "person", "any", "move_unit", "remap", "nothing")


DRAWN = (
    ledgers(criminal=5, admin=5, incident=5),
    ledgers(criminal=5, admin=5, incident=5),
    st.sampled_from(MONTHS),
    st.permutations(STEPS),
    st.integers(0, 2**32 - 1),
)
# A counterexample is printed as it was drawn: to make it smaller would take longer than all the tests.
as_drawn = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])


@as_drawn
@given(st.sampled_from([("X01", "X02"), ("Z01", "Z02"), ("Z11", "Z12"), ("X01", "Z14"), ("Z11", "Z13")]), *DRAWN)
def test_two_forms(forms: tuple[str, ...], tables: Tables, others: Tables, month: str, steps: list[str], seed: int) -> None:
    compare(forms, tables, others, month, steps, Random(seed))


@pytest.mark.slow
@as_drawn
@given(*DRAWN)
def test_all_forms(tables: Tables, others: Tables, month: str, steps: list[str], seed: int) -> None:
    """Four kinds of change at a time: all of them, over every form, would take a quarter of an hour."""
    compare(tuple(load_forms(CATALOG)), tables, others, month, steps[:4], Random(seed))


def compare(forms: tuple[str, ...], tables: Tables, others: Tables, month: str, steps: list[str], rng: Random) -> None:
    """Take every step in turn, and compare every table after it; after some steps only one form is made, so that the next finds forms of different loads."""
    period, states, catalog, forms_known = ReferencePeriod.parse(month), [tables], CATALOG, load_forms(CATALOG)
    with ledger(CATALOG, tables) as by_key, ledger(CATALOG, tables) as wholly:
        _tabulated(by_key, catalog, period, forms, full=False)
        is_remapped = False
        for number, step in enumerate(steps, 2):
            if step == "remap":
                catalog, is_remapped = _remapped(catalog), True
            states.append(_changed(states, others, step, rng))
            for engine in (by_key, wholly):
                enter(engine, catalog, number, states[-2], states[-1])
            if number <= len(steps) and rng.random() < ALONE:
                _tabulated(by_key, catalog, period, (rng.choice(forms),), full=False)
                continue
            made = _tabulated(by_key, catalog, period, forms, full=False)
            _tabulated(wholly, catalog, period, forms, full=True)
            if not is_remapped:
                assert [form for form, r in made.remade.items() if r.wholly and not _reads(forms_known[form]) & MADE_WHOLLY] == []
            for table in contract.ALL:
                assert _content(by_key, table.name) == _content(wholly, table.name), (table.name, step)
            is_remapped = False


def _reads(form: Form) -> set[str]:
    return {column.indicator.fact for column in form.columns if column.indicator is not None}


def _tabulated(engine: DuckDBEngine, catalog: Catalog, period: ReferencePeriod, forms: tuple[str, ...], *, full: bool) -> TabulateResult:
    known = load_forms(catalog)
    return tabulate(
        engine, catalog, period, {name: known[name] for name in forms if period.frequency in known[name].frequencies}, full=full
    )


def _content(engine: DuckDBEngine, table: str) -> list[str]:
    without_runs = "EXCLUDE (run_id)" if table == contract.CELL.name else ""
    return sorted(map(repr, engine.sql(f"SELECT * {without_runs} FROM {table}").to_pylist()))


def _changed(states: list[Tables], others: Tables, step: str, rng: Random) -> Tables:
    """Return the last state with one to three changes of the kind ``step``; codes may become unknown, rows orphans: no law is asked for here."""
    now = {name: [dict(row) for row in rows] for name, rows in states[-1].items()}
    for _ in range(rng.randint(1, 3)):
        names = [name for name, rows in now.items() if rows and name != "unit"]
        if step == "insert":
            name = rng.choice([n for n, rows in others.items() if rows and n != "unit"] or ["unit"])
            for row in rng.sample(others[name], k=min(3, len(others[name]))):
                _put(now, name, row)
        elif step == "undelete":
            for row in states[0].get(name := rng.choice(sorted(states[0])), []):
                if name != "unit":
                    _put(now, name, row)
        elif step == "move_unit":
            moved = rng.choice([row for row in now["unit"] if row["level_code"] == "station"] or now["unit"][-1:])
            moved["parent_unit_code"] = COUNTY_2
        elif names and step == "delete":
            rows = now[rng.choice(names)]
            rows.remove(rng.choice(rows))
        elif names and step not in ("nothing", "remap"):
            _update(now[rng.choice(names)], step, rng)
    return now


def _update(rows: list[Row], step: str, rng: Random) -> None:
    row = rng.choice(rows)
    wanted = {"date": _DATES, "unit": (_UNITS,), "code": _CODES, "person": ("person_no", "person_kind_code")}.get(step, ("",))
    columns = [c for c in row if c.endswith(wanted) and row[c] is not None and c not in _KEYS]
    if not columns:
        return
    name = rng.choice(columns)
    if name.endswith(_DATES):
        row[name] = rng.choice([*DAYS, None])
    elif name.endswith(_UNITS):
        row[name] = rng.choice([NOBODY, COUNTY_2, None, "990101010000", "990102010000"])
    elif isinstance(row[name], bool):
        row[name] = not row[name]
    else:
        same = [r[name] for r in rows if r.get(name) is not None]
        row[name] = rng.choice(same) if name.endswith("_no") else rng.choice([*same, None])


#: columns of keys: another key is another record, which deletion and insertion show
_KEYS = {column for table in CATALOG.tables.values() for column in table.key}


def _put(now: Tables, name: str, row: Row) -> None:
    key = CATALOG.tables[name].key
    now[name] = [*(r for r in now.get(name, []) if any(r.get(k) != row.get(k) for k in key)), dict(row)]


def _remapped(catalog: Catalog) -> Catalog:
    """Return the catalog with theft mapped to another yearbook group, or back."""
    charge = catalog.codelists["charge"]
    member = charge.members["C221"]
    other = {**member, "nbs_group_code": "R10" if member["nbs_group_code"] == "R06" else "R06"}
    changed = dataclasses.replace(charge, members={**charge.members, "C221": other})
    return dataclasses.replace(catalog, codelists={**catalog.codelists, "charge": changed})
