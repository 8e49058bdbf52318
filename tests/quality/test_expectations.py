"""The rules that come with the standards."""

from __future__ import annotations

import pytest
import yaml

from policestats.catalog import load_catalog
from policestats.quality.names import LANDED_AT
from policestats.quality.rules import load_rules
from tests.support.ledger import ROOT
from tests.support.read_by_hand import tables_of_columns

STANDARDS = sorted(p.parent.name for p in (ROOT / "schemas").glob("*/standard.yaml"))


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_core_table_has_rules_of_its_own(standard: str) -> None:
    catalog = load_catalog(ROOT, standard)
    assert [t.table.name for t in load_rules(catalog) if len(t.rules) < 2] == []
    assert sum(len(t.rules) - 1 for t in load_rules(catalog)) >= 10


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_rule_says_what_it_is_how_grave_how_strict_and_why(standard: str) -> None:
    """Read from the files themselves: a rule without a share of its own lets no row fail."""
    count = 0
    for rules in load_rules(load_catalog(ROOT, standard)):
        path = ROOT / "expectations" / standard / f"{rules.table.name}.yaml"
        written = yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
        read = {r.id: r for r in rules.rules if not r.is_built_in}
        assert [w["id"] for w in written] == list(read)  # each id once
        for w in written:
            rule, where = read[w["id"]], f"{path.name} {w['id']}"
            assert rule.dimension == w["dimension"] in ("completeness", "accuracy", "freshness", "consistency"), where
            assert rule.severity == w["severity"] in ("error", "warning"), where
            assert (rule.source, rule.label) == (w["source"], w["label"]), where
            assert len(w["source"].strip()) > 3, where
            assert float(rule.mostly) == w.get("mostly", 1), where
            assert 0.5 <= rule.mostly <= 1, where
        count += len(written)
    assert count >= {"cn": 60, "us_nibrs": 10}[standard]


def test_every_table_is_judged_in_the_dimensions_that_fit_it() -> None:
    """What must be there and what is accurate everywhere; freshness where a record has a day and a time of entry; consistency where it names another."""
    catalog = load_catalog(ROOT, "cn")
    keys = {t.key[0] for t in catalog.tables.values() if len(t.key) == 1}
    for rules in load_rules(catalog):
        table, found = rules.table, {r.dimension for r in rules.rules if not r.is_built_in}
        needed = {"completeness", "accuracy"}
        if table.date and "entered_at" in table.columns:
            needed.add("freshness")
            assert any(r.condition == {"is_late": False} for r in rules.rules), table.name
        if keys & (table.columns.keys() - set(table.key)) - {"unit_code"}:
            needed.add("consistency")
        assert needed <= found, table.name


def test_an_error_stands_where_a_form_reads_the_table() -> None:
    """An error about a table of which no figure is made would block nothing."""
    catalog = load_catalog(ROOT, "cn")
    read = {table for columns in tables_of_columns(ROOT, "cn").values() for tables in columns.values() for table in tables}
    grave = {r.table for rules in load_rules(catalog) for r in rules.rules if r.severity == "error"}
    assert grave - read == set()


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_unknown_code_and_unit_raises_a_warning(standard: str) -> None:
    """A record with an unknown code or unit is counted in a row of its own; without such a rule nobody would hear of it."""
    catalog = load_catalog(ROOT, standard)
    units = f"{catalog.standard.units_table}.unit_code"
    for rules in load_rules(catalog):
        members = {name: catalog.codelists[c.codelist] for name, c in rules.table.columns.items() if c.codelist}
        for name, codelist in members.items():
            # inner members and the row "pending" are what an unknown code is counted as, so they are no good values themselves
            inner = {m["parent_code"] for m in codelist.members.values()}
            codes = {code for code in codelist.members if code not in inner and code != "U"}
            ours = [
                r for r in rules.rules if name in r.condition and isinstance(r.condition[name], list) and set(r.condition[name]) == codes
            ]
            assert [r.severity for r in ours] == ["warning"], f"{rules.table.name}.{name}"
        named = [n for n in rules.table.columns if n.endswith("unit_code")] if rules.table.name != catalog.standard.units_table else []
        for name in named:
            looked_up = [
                r for r in rules.rules for d in r.dimensions.values()
                if "exists" in d and d["exists"] == {"table": units.split(".")[0], "on": {"unit_code": name}}
            ]  # fmt: skip
            assert [r.severity for r in looked_up] == ["warning"], f"{rules.table.name}.{name}"


@pytest.mark.parametrize("standard", STANDARDS)
def test_a_few_bad_records_block_no_form(standard: str) -> None:
    """An error blocks every figure that reads the table: rules about single records leave room for some, unless the table is small."""
    catalog = load_catalog(ROOT, standard)
    for rules in load_rules(catalog):
        strict = [r.id for r in rules.rules if r.severity == "error" and r.judges_rows and r.mostly == 1]
        assert strict == [] or rules.table.name == catalog.standard.units_table, f"{rules.table.name}: {strict}"


def test_no_rule_shows_a_pseudonym() -> None:
    catalog = load_catalog(ROOT, "cn")
    person = next(t for t in load_rules(catalog) if t.table.name == "admin_person")
    assert "person_key" in person.names()  # it is judged ...
    assert all("person_key" not in rule.shown for rule in person.rules)  # ... and not shown
    assert LANDED_AT not in person.names()


def test_the_rules_lie_beside_the_tables() -> None:
    for standard in STANDARDS:
        tables = {p.stem for p in (ROOT / "schemas" / standard / "tables").glob("*.yaml")}
        assert {p.stem for p in (ROOT / "expectations" / standard).glob("*.yaml")} == tables


@pytest.mark.parametrize(
    ("table", "column", "rule"),
    [
        ("criminal_case", "charge_code", "known_charge"),
        ("criminal_case_charge_change", "from_charge_code", "known_from_charge"),
        ("criminal_case_charge_change", "to_charge_code", "known_to_charge"),
    ],
)
def test_a_chapter_is_no_charge_nor_is_pending(table: str, column: str, rule: str) -> None:
    """CH05 is the chapter of offences against property, C221 theft; U is what an unknown charge is counted as."""
    [found] = [r for t in load_rules(load_catalog(ROOT, "cn")) if t.table.name == table for r in t.rules if r.id == rule]
    good = found.condition[column]
    assert "C221" in good
    assert not {"CH05", "CH03S1", "U", "T"} & set(good)


@pytest.mark.parametrize("table", ["admin_case", "admin_case_cause_change"])
def test_a_section_is_no_cause(table: str) -> None:
    """P3 is a section of the public-order law, Z001 a cause in its first."""
    rules = [
        r
        for t in load_rules(load_catalog(ROOT, "cn"))
        if t.table.name == table
        for r in t.rules
        if r.id in ("known_cause", "known_to_cause")
    ]
    [good] = [values for r in rules for values in r.condition.values()]
    assert "Z001" in good
    assert not {"P1", "P3", "U"} & set(good)
