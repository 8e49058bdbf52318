"""The definitions of a standard, as written, and the hand-computed cases that must notice when one of them is broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from policestats.catalog import Catalog, YamlFile, load_catalog
from policestats.catalog.load import indicator as read_indicator
from policestats.catalog.model import Fact
from policestats.engines.duckdb import DuckDBEngine
from policestats.errors import StatisticsError
from policestats.periods import ReferencePeriod
from policestats.reports.form_columns import operands
from policestats.reports.template import Form, read_form
from policestats.stages.report_store import create_report_tables, write_codelists
from tests.mutation.effect import Effects
from tests.report_templates.hand_cases import FOLDER, disagreement, periods, rows
from tests.support.ledger import ROOT, ledger

Spec = dict[str, Any]
#: what became of a mutant
CAUGHT, REFUSED, SURVIVED = "caught", "refused", "survived"


@dataclass
class World:
    """The definitions as written: ``forms`` and ``indicators`` by id (sets of columns put into the forms), and what their cases say."""

    standard: str
    catalog: Catalog
    forms: dict[str, Spec]
    indicators: dict[str, Spec]
    sets: dict[str, list[str]]
    engines: ExitStack = field(default_factory=ExitStack)
    effects: Effects = field(default_factory=Effects)
    _held: dict[Path, DuckDBEngine] = field(default_factory=dict)
    _noticing: dict[str, list[Path]] = field(default_factory=dict)
    _noticed: dict[str | None, str] = field(default_factory=dict)
    _right: dict[str, Form] = field(default_factory=dict)

    @classmethod
    def of(cls, standard: str) -> World:
        """Read the definitions of a standard."""
        catalog = load_catalog(ROOT, standard)
        sets = {p.stem: YamlFile(p, ROOT).data for p in sorted((catalog.templates / "column_sets").glob("*.yaml"))}
        forms, users = {}, {}
        for path in sorted(catalog.templates.glob("*.yaml")):
            forms[path.stem] = _spelled_out(YamlFile(path, ROOT).data, sets)
            for name in (c["use"] for c in YamlFile(path, ROOT).data["columns"] if "use" in c):
                users.setdefault(name, []).append(path.stem)
        folder = ROOT / "schemas" / standard / "indicators"
        indicators = {spec["id"]: spec for path in sorted(folder.glob("*.yaml")) for spec in YamlFile(path, ROOT).data}
        return cls(standard, catalog, forms, indicators, users)

    def cases(self, form: str) -> list[Path]:
        """Return the hand-computed cases of a form, those that noticed a mutant first, the latest of them at the head."""
        noticing = self._noticing.get(form, [])
        return [*noticing, *(case for case in _cases(self.standard, form) if case not in noticing)]

    def judge(self, forms: list[str], catalog: Catalog | None = None, form: Spec | None = None, fact: str | None = None) -> str:
        """Return what becomes of a mutant: whether a case of one of ``forms`` notices.

        Args:
            catalog: with a broken definition; default the right one.
            form: a broken form, in the place of the one of its id.
            fact: the only definition that is broken, when it is a fact.
        """
        chosen, unmoved = catalog or self.catalog, list[tuple[Form, Path, ReferencePeriod]]()
        try:
            # the broken columns tell most mutants, and are made much sooner than whole forms with their checks
            for name in sorted(forms, key=lambda form: form != self._noticed.get(fact)):
                read = read_form(form if form is not None and form["id"] == name else self.forms[name], chosen)
                broken = self._broken_columns(read, fact)
                for case, period in _asked(self.cases(name)):
                    if fact is not None and self._changes_nothing(read, chosen, fact, case, period.text):
                        continue
                    if broken and self._is_noticed(chosen, read, case, period, broken):
                        self._noticed[fact] = name
                        return CAUGHT
                    unmoved.append((read, case, period))
            return CAUGHT if any(self._is_noticed(chosen, read, case, period, None) for read, case, period in unmoved) else SURVIVED
        except (StatisticsError, KeyError, duckdb.BinderException, duckdb.ConversionException):  # values of two types are compared
            return REFUSED

    def with_indicator(self, spec: Spec) -> Catalog:
        """Return the catalog with one indicator as ``spec`` says."""
        found = read_indicator(spec, "a mutant")
        return dataclasses.replace(self.catalog, indicators={**self.catalog.indicators, found.id: found})

    def with_fact(self, spec: Spec) -> Catalog:
        """Return the catalog with one fact as ``spec`` says."""
        return dataclasses.replace(
            self.catalog, facts={**self.catalog.facts, spec["id"]: Fact(spec["id"], spec["label"], spec, "a mutant")}
        )

    def _is_noticed(self, catalog: Catalog, form: Form, case: Path, period: ReferencePeriod, only: set[str] | None) -> bool:
        if disagreement(self._engine(case), catalog, form, case, period, only) is None:
            return False
        self._noticing[form.id] = [case, *(c for c in self._noticing.get(form.id, []) if c != case)]
        return True

    def _broken_columns(self, read: Form, fact: str | None) -> set[str]:
        """Return the columns unlike those of the right form, or over a broken fact, with what is computed from them, and all that these take."""
        right = {column.code: column for column in self._right_form(read.id).columns}
        found = {c.code for c in read.columns if c != right.get(c.code) or (fact is not None and c.indicator and c.indicator.fact == fact)}
        while more := {c.code for c in read.columns if found & set(operands(c))} - found:
            found |= more
        while more := {name for c in read.columns if c.code in found for name in operands(c)} - found:
            found |= more
        return found

    def _right_form(self, id: str) -> Form:
        if id not in self._right:
            self._right[id] = read_form(self.forms[id], self.catalog)
        return self._right[id]

    def _changes_nothing(self, read: Form, catalog: Catalog, fact: str, case: Path, period: str) -> bool:
        return self.effects.is_none(self._engine(case), (self.catalog, self._right_form(read.id)), (catalog, read), fact, case, period)

    def _engine(self, case: Path) -> DuckDBEngine:
        if case not in self._held:
            engine = self.engines.enter_context(ledger(self.catalog, rows(case, self.catalog)))
            engine.execute("SET threads = 1")
            create_report_tables(engine)
            write_codelists(engine, self.catalog)
            self._held[case] = engine
        return self._held[case]


def _spelled_out(form: Spec, sets: dict[str, Spec]) -> Spec:
    columns, checks = [], list(form["checks"])
    for column in form["columns"]:
        if "use" not in column:
            columns.append(column)
            continue
        part = sets[column["use"]]
        columns += [{**c, **{k: column[k] for k in ("rows", "blocks") if k in column}} for c in part["columns"]]
        checks += [{**c, "id": f"{form['id']}-{c['id']}"} for c in part.get("checks", [])]
    return {**form, "columns": columns, "checks": checks}


def _asked(cases: list[Path]) -> Iterator[tuple[Path, ReferencePeriod]]:
    yield from ((case, period) for case in cases for period in periods(case))


@cache
def _cases(standard: str, form: str) -> list[Path]:
    return sorted(path.parent for path in (FOLDER / standard / form).glob("*/expected.yaml"))


def mentioned(definition: Any, word: str) -> Iterator[Any]:
    """Yield every value that stands under the key ``word``, at any depth."""
    if isinstance(definition, dict):
        for key, value in definition.items():
            if key == word:
                yield value
            yield from mentioned(value, word)
    elif isinstance(definition, list):
        for value in definition:
            yield from mentioned(value, word)
