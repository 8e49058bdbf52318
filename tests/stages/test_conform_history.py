"""conform over random histories: versions as a few lines of Python say, the same after a rebuild, and however many loads are merged at once."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policestats.catalog import Catalog
from policestats.engines.duckdb import open_warehouse
from policestats.errors import ConformError
from policestats.stages import conform
from tests.stages.raw_loads import Landing, desk, put
from tests.stages.small import query
from tests.support.content import content

KEYS = ("R1", "R2", "R3", "R4")
GOOD = [{"unit_code": "A1", "valid_from": "2026-01-01"}]
CYCLE = [{"unit_code": "A1", "valid_from": "2026-01-01", "parent_unit_code": "A1"}]


@dataclass(frozen=True)
class Step:
    """One load: what becomes of some records (None: deleted; an x cannot be read), what is repeated besides, and how it is delivered."""

    edits: dict[str, str | None]
    repeats: frozenset[str]
    is_snapshot: bool
    is_refused: bool
    is_merged_at_once: bool


steps = st.lists(
    st.builds(
        Step,
        edits=st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["1", "2", "x", None]), max_size=4),
        repeats=st.frozensets(st.sampled_from(KEYS), max_size=2),
        is_snapshot=st.booleans(),
        is_refused=st.sampled_from([False, False, False, True]),
        is_merged_at_once=st.booleans(),
    ),
    min_size=2,
    max_size=7,
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return desk(tmp_path_factory.mktemp("definitions"), {"report": {"into": "report"}, "unit": {"into": "unit"}})


@settings(max_examples=3, derandomize=True, deadline=None)
@given(steps=steps)
def test_some_histories(catalog: Catalog, steps: list[Step]) -> None:
    _holds(catalog, steps)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_many_histories(catalog: Catalog, steps: list[Step]) -> None:
    _holds(catalog, steps)


def _holds(catalog: Catalog, steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for number, step in enumerate(steps):
            _land(catalog, home, steps, number)
            if step.is_merged_at_once:
                _conform(catalog, home, is_refused=step.is_refused)
        put(catalog, home, "desk", {"report": Landing(mode="changes"), "unit": Landing(GOOD)})  # nothing more, in order
        conform.run(catalog=catalog, home=home)
        assert query(home, "SELECT report_no, people, known_from, known_to FROM core.report_version ORDER BY ALL") == _versions(steps)
        unreadable = query(home, "SELECT record_key, load_id, known_to FROM core.cast_issue WHERE column_name = 'people' ORDER BY ALL")
        assert unreadable == [(key, since, until) for key, value, since, until in _versions(steps) if value is None]
        with open_warehouse(home, read_only=True) as engine:
            before = content(engine)
        conform.run(catalog=catalog, home=home, rebuild=True)
        with open_warehouse(home, read_only=True) as engine:
            assert content(engine) == before


def _conform(catalog: Catalog, home: Path, *, is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(ConformError, match="has a cycle"):
            conform.run(catalog=catalog, home=home)
    else:
        conform.run(catalog=catalog, home=home)


def _states(steps: list[Step]) -> list[dict[str, str]]:
    """The source's records after each step."""
    found: list[dict[str, str]] = []
    for step in steps:
        state = dict(found[-1]) if found else {}
        for key, value in step.edits.items():
            state.pop(key, None)
            if value is not None:
                state[key] = value
        found.append(state)
    return found


def _land(catalog: Catalog, home: Path, steps: list[Step], number: int) -> None:
    states, step = _states(steps), steps[number]
    now, before = states[number], states[number - 1] if number else {}
    named = KEYS if step.is_snapshot else {*step.edits, *step.repeats}
    rows = [{"report_no": key, "people": now[key]} for key in sorted(named) if key in now]
    gone = [] if step.is_snapshot else [{"report_no": key} for key in sorted(before.keys() - now.keys())]
    report = Landing(rows, "snapshot" if step.is_snapshot else "changes", gone)
    put(catalog, home, "desk", {"report": report, "unit": Landing(CYCLE if step.is_refused else GOOD)})


def _versions(steps: list[Step]) -> list[tuple[Any, ...]]:
    """Every version with the loads that opened and closed it, told record by record; a refused load is known with the next good one."""
    found = []
    for key in KEYS:
        value, since = None, None
        states = [*zip(steps, _states(steps), strict=True), (Step({}, frozenset(), False, False, True), _states(steps)[-1])]
        for load, (step, state) in enumerate(states, start=1):
            if step.is_refused or state.get(key) == value:
                continue
            if value is not None:
                found.append((key, _people(value), since, load))
            value, since = state.get(key), load
        if value is not None:
            found.append((key, _people(value), since, None))
    return sorted(found, key=lambda v: (v[0], v[1] is None, v[1] or 0, v[2]))


def _people(value: str) -> int | None:
    return None if value == "x" else int(value)
