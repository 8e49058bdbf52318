"""What is broken, one definition after the other, and which forms must notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from policestats.catalog import load_catalog
from tests.mutation.facts import broken_facts
from tests.mutation.indicators import broken_blocks, broken_columns, broken_indicators
from tests.mutation.world import Spec, World, mentioned
from tests.support.ledger import ROOT

_NAME = re.compile(r"^[a-z][a-z0-9_.]*$")


@dataclass(frozen=True)
class Subject:
    """A definition to be broken: ``kind`` is indicator, fact, column, block or policy; ``name`` its id, ``X01.FILED_M`` for parts of a form."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Result:
    """What became of one mutant."""

    subject: str
    operator: str
    told: str
    outcome: str


def subjects(world: World, forms: list[str]) -> list[Subject]:
    """Return every definition that the chosen forms rest on, each once."""
    found = [Subject("policy", p) for p in world.catalog.policies if set(forms) & set(_forms_with_policy(world, p))]
    used = [i for i in world.indicators if set(forms) & set(forms_of_indicator(world, i))]
    found += [
        Subject("fact", f) for f in dict.fromkeys(_fact_of(world.indicators[i]) for i in used if not world.indicators[i].get("manual"))
    ]
    found += [Subject("indicator", i) for i in used if not world.indicators[i].get("manual")]
    in_sets: set[tuple[str, str]] = set()
    for form in forms:
        for column in world.forms[form]["columns"]:
            name = str(column.get("code") or column["members"][0]["code"])
            users = next((users for users in world.sets.values() if form in users and _is_of_set(world, column, users)), None)
            if users is None or not in_sets & {(user, name) for user in users}:
                found.append(Subject("column", f"{form}.{name}"))
                in_sets.add((form, name))
        found += [Subject("block", f"{form}.{block['id']}") for block in world.forms[form]["blocks"]]
    return found


def run(world: World, subject: Subject) -> list[Result]:
    """Break a definition in every way there is, and judge each."""
    made = {"policy": _policies, "fact": _facts, "indicator": _indicators, "column": _columns, "block": _blocks}[subject.kind]
    return [Result(str(subject), operator, told, outcome) for operator, told, outcome in made(world, subject.name)]


def forms_of_indicator(world: World, name: str) -> list[str]:
    """Return the forms with a column of the indicator."""
    return [id for id, form in world.forms.items() if any(c.get("indicator") == name for c in form["columns"])]


def _fact_of(spec: Spec) -> str:
    return str(spec.get("fact") or spec.get("ledger"))


def _indicators_of_fact(world: World, fact: str) -> list[str]:
    return [name for name, spec in world.indicators.items() if _fact_of(spec) == fact]


def _forms_of_fact(world: World, fact: str) -> list[str]:
    names = set(_indicators_of_fact(world, fact))
    return [id for id, form in world.forms.items() if any(c.get("indicator") in names or c.get("ledger") == fact for c in form["columns"])]


def _forms_with_policy(world: World, policy: str) -> list[str]:
    facts = {f for f, fact in world.catalog.facts.items() if policy in mentioned(fact.spec, "policy")}
    indicators = {i for i, spec in world.indicators.items() if policy in mentioned(spec, "policy") or _fact_of(spec) in facts}
    return [
        id
        for id, form in world.forms.items()
        if policy in mentioned(form, "policy") or any(c.get("indicator") in indicators or c.get("ledger") in facts for c in form["columns"])
    ]


def _is_of_set(world: World, column: Spec, users: list[str]) -> bool:
    return all(any({**column, "rows": 0, "blocks": 0} == {**c, "rows": 0, "blocks": 0} for c in world.forms[u]["columns"]) for u in users)


def _policies(world: World, name: str) -> Iterator[tuple[str, str, str]]:
    policy = world.catalog.policies[name]
    for choice in policy.choices:
        if choice != policy.default:
            changed = load_catalog(ROOT, world.standard, {name: choice})
            yield "other policy", choice, world.judge(_forms_with_policy(world, name), changed)


def _facts(world: World, name: str) -> Iterator[tuple[str, str, str]]:
    spec = world.catalog.facts[name].spec
    for operator, told, broken in broken_facts(spec, used_names(world, name)):
        yield operator, told, world.judge(_forms_of_fact(world, name), world.with_fact(broken), fact=name)


def used_names(world: World, fact: str) -> set[str]:
    """Return the dimensions and columns of a fact that some form rests on, one way or another."""
    spec = world.catalog.facts[fact].spec
    names: set[str] = set()
    forms = _forms_of_fact(world, fact)
    inline = [c for f in forms for c in world.forms[f]["columns"] if c.get("ledger") == fact]
    mine = set(_indicators_of_fact(world, fact))
    narrowed = [c.get("where", {}) for f in forms for c in world.forms[f]["columns"] if c.get("indicator") in mine]
    split = [c["split"] for f in forms for c in world.forms[f]["columns"] if c.get("indicator") in mine and "split" in c]
    rows = [block for f in forms for block in world.forms[f]["blocks"]]
    policies = [p.value for p in world.catalog.policies.values()]
    parts = {key: value for key, value in spec.items() if key not in ("dimensions", "union", "joins", "label", "key")}
    _collect([[world.indicators[i] for i in mine], inline, narrowed, split, rows, parts, policies], names)
    _collect([[join.get("at"), list(join["on"].values())] for join in spec.get("joins", [])], names)
    reached: set[str] = set()
    while names - reached:
        name = (names - reached).pop()
        reached.add(name)
        if name in spec.get("dimensions", {}):
            _collect(spec["dimensions"][name], names)
    return reached


def _collect(definition: Any, names: set[str]) -> None:
    """Add every word of a definition that could be a name; a word too many only makes a mutant more."""
    if isinstance(definition, dict):
        for key, value in definition.items():
            names.add(str(key))
            if key != "label":
                _collect(value, names)
    elif isinstance(definition, list | tuple):
        for value in definition:
            _collect(value, names)
    elif isinstance(definition, str) and _NAME.match(definition):
        names.add(definition)


def _indicators(world: World, name: str) -> Iterator[tuple[str, str, str]]:
    spec = world.indicators[name]
    fact = world.catalog.facts[_fact_of(spec)].spec

    def others(word: str) -> list[str]:
        if word not in spec:
            return []
        known = list(fact.get("dimensions", {}))
        if "union" in fact:
            known += list(fact["union"][0]["columns"])
        else:
            known += list(world.catalog.tables[fact["table"]].columns)
        ends = ("_on",) if word == "on" else ("unit", "unit_code")
        return [n for n in dict.fromkeys(known) if n.endswith(ends) and not n.startswith("is_") and n != spec[word]][:2]  # is_unit: a flag

    for operator, told, broken in broken_indicators(spec, others):
        yield operator, told, world.judge(forms_of_indicator(world, name), world.with_indicator(broken))


def _columns(world: World, name: str) -> Iterator[tuple[str, str, str]]:
    form, code = name.split(".", 1)
    data = world.forms[form]
    rows = [str(r.get("code", "")) for block in data["blocks"] for r in block["rows"].get("sets", [])]
    rows += [
        block["rows"]["classification"]["unknown"] for block in data["blocks"] if block["rows"].get("classification", {}).get("unknown")
    ]
    users = next((users for users in world.sets.values() if form in users), [form])
    for i, column in enumerate(data["columns"]):
        if (column.get("code") or column["members"][0]["code"]) != code:
            continue
        for operator, told, broken in broken_columns(column, [*rows, "-"]):
            if data["frequency"] == ["year"] and {column.get("variant", "current"), broken.get("variant", "current")} == {"current", "ytd"}:
                continue  # the year to date at the end of a year is the year
            outcome = world.judge([form], form={**data, "columns": [*data["columns"][:i], broken, *data["columns"][i + 1 :]]})
            if outcome == "survived" and len(users) > 1 and _is_of_set(world, column, users):
                outcome = _in_other_users(world, column, broken, [u for u in users if u != form])
            yield operator, told, outcome


def _in_other_users(world: World, column: Spec, broken: Spec, users: list[str]) -> str:
    for user in users:
        data = world.forms[user]
        columns = [
            {**broken, **{k: c[k] for k in ("rows", "blocks") if k in c}} if c.get("code") == column["code"] else c for c in data["columns"]
        ]
        if world.judge([user], form={**data, "columns": columns}) == "caught":
            return "caught"
    return "survived"


def _blocks(world: World, name: str) -> Iterator[tuple[str, str, str]]:
    form, id = name.split(".", 1)
    data = world.forms[form]
    for i, block in enumerate(data["blocks"]):
        if block["id"] == id:
            for operator, told, broken in broken_blocks(block):
                yield operator, told, world.judge([form], form={**data, "blocks": [*data["blocks"][:i], broken, *data["blocks"][i + 1 :]]})
