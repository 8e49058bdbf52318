"""The list of mutants that no hand-computed case can catch is well formed, and speaks of definitions that there are."""

from __future__ import annotations

import pytest
import yaml

from tests.mutation.__main__ import ACCEPTED
from tests.mutation.subjects import run, subjects
from tests.mutation.world import SURVIVED, World


def test_every_accepted_mutant_is_told_once_of_a_known_definition_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = yaml.safe_load(ACCEPTED.read_text(encoding="utf-8"))
    assert {frozenset(entry) for entry in entries} == {frozenset({"subject", "what", "reason"})}
    told = [(entry["subject"], entry["what"]) for entry in entries]
    assert [one for one in told if told.count(one) > 1] == []
    assert all(isinstance(entry["reason"], str) and len(entry["reason"]) > 20 for entry in entries)
    world = World.of("cn")
    known = {str(subject): subject for subject in subjects(world, list(world.forms))}
    assert sorted({subject for subject, _ in told} - set(known)) == []
    monkeypatch.setattr(World, "judge", lambda *_, **__: SURVIVED)  # only what there is to break is asked here
    mutants = {(name, mutant.told) for name in {subject for subject, _ in told} for mutant in run(world, known[name])}
    assert sorted(set(told) - mutants) == []
