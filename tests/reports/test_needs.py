"""What columns need, by their definition alone, on the tiny standard and on the cn one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policestats.catalog import Catalog, load_catalog
from policestats.errors import DefinitionError
from policestats.reports.needs import Needs, auto_forms, feeding, form_needs, needs_of, needs_told, told
from policestats.reports.template import Form
from tests.reports import tiny

_TWO_DESKS = {
    "sources__desk": "source: desk\nlabel: {zh: 台, en: Desk}\nkind: database\n"
    "tables: {unit: {into: unit, is_reference: true}, theft: {into: theft}}\n",
    "indicators__theft": "- {id: filed, label: {zh: 立, en: Filed}, fact: filing, count: record, on: posted_on, by: unit_code, unit: 起, source: test}\n"
    "- {id: received, label: {zh: 收, en: Received}, fact: movement, count: record, on: posted_on, by: to_unit, partner: from_unit, unit: 起, source: test}\n"
    "- {id: checked, label: {zh: 核, en: Checked}, manual: true, unit: 次, source: test}\n",
}
_COLUMNS = """
- {code: FILED, indicator: filed}
- {code: MOVED, indicator: received}
- {code: SHARE, rate: {of: MOVED, over: FILED}, per: 100, decimals: 1}
- {code: CHECKED, indicator: checked}
"""


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """Thefts come from the desk, transfers from the post."""
    folder = tmp_path_factory.mktemp("two")
    tiny.write(folder, **_TWO_DESKS)
    post = "source: post\nlabel: {zh: 邮, en: Post}\nkind: database\ntables: {move: {into: move}}\n"
    (folder / "schemas" / "tiny" / "sources" / "post.yaml").write_text(post, encoding="utf-8")
    return load_catalog(folder, "tiny")


def chosen(two: Catalog, *codes: str) -> Form:
    lines = [line for line in _COLUMNS.strip().splitlines() if line.split("code: ")[1].split(",")[0] in codes]
    return tiny.form(two, "\n".join(lines), id="_".join(codes))


def test_a_column_needs_the_tables_its_fact_reads(two: Catalog) -> None:
    form = chosen(two, "FILED", "MOVED", "SHARE", "CHECKED")
    found = {c.code: needs_of(two, form, c) for c in form.columns}
    assert found["FILED"] == Needs(("theft",))
    assert found["MOVED"] == Needs(("move", "theft"))  # a transfer takes its kind from the theft
    assert found["SHARE"] == Needs(("move", "theft"))  # what its operands need, each table once
    assert found["CHECKED"] == Needs((), ("checked",))
    assert form_needs(two, form) == Needs(("theft", "move"), ("checked",))
    assert found["MOVED"].as_data(two) == [{"sources": ["post"], "tables": ["move"]}, {"sources": ["desk"], "tables": ["theft"]}]
    assert found["CHECKED"].as_data(two) == [{"typed": "checked"}]


def test_needs_in_words(two: Catalog) -> None:
    assert told(two, ["move"]) == "字 word from 邮 Post (post)"
    assert told(two, ["unit"]) == "字 word from 台 Desk (desk)"
    form = chosen(two, "FILED", "MOVED", "SHARE", "CHECKED")
    assert needs_told(two, form, form.column("SHARE")) == "字 word from 邮 Post (post) and 字 word from 台 Desk (desk)"
    assert needs_told(two, form, form.column("CHECKED")) == "checked, which people type"


def test_a_form_can_be_automatic_with_its_sources_and_without_people(two: Catalog) -> None:
    forms = {f.id: f for f in (chosen(two, "FILED"), chosen(two, "FILED", "MOVED"), chosen(two, "FILED", "CHECKED"))}
    assert auto_forms(two, forms, ["desk"]) == ["FILED"]
    assert auto_forms(two, forms, ["post"]) == []
    assert auto_forms(two, forms, ["desk", "post"]) == ["FILED", "FILED_MOVED"]  # what is typed stays typed
    with pytest.raises(DefinitionError, match=r"no source 'dsk'; did you mean desk\?"):
        auto_forms(two, forms, ["dsk"])


def test_a_hidden_column_needs_nothing_of_its_own(two: Catalog) -> None:
    """It is no cell, so it cannot keep a form from being automatic; as an operand it counts."""
    hidden = tiny.form(two, "- {code: FILED, indicator: filed}\n- {code: MOVED, indicator: received, hidden: true}")
    assert form_needs(two, hidden) == Needs(("theft",))
    operand = tiny.form(
        two,
        "- {code: FILED, indicator: filed}\n- {code: MOVED, indicator: received, hidden: true}\n"
        "- {code: SHARE, rate: {of: MOVED, over: FILED}, per: 100, decimals: 1}",
    )
    assert form_needs(two, operand) == Needs(("theft", "move"))


def test_a_table_that_two_sources_feed_needs_either(two: Catalog, tmp_path: Path) -> None:
    tiny.write(tmp_path, **_TWO_DESKS)
    for name in ("post", "courier"):
        spec = f"source: {name}\nlabel: {{zh: 送, en: Carrier}}\nkind: database\ntables: {{move: {{into: move}}}}\n"
        (tmp_path / "schemas" / "tiny" / "sources" / f"{name}.yaml").write_text(spec, encoding="utf-8")
    both = load_catalog(tmp_path, "tiny")
    assert feeding(both, "move") == ("courier", "post")
    form = tiny.form(both, "- {code: MOVED, indicator: received}")
    assert [auto_forms(both, {"F": form}, ["desk", name]) for name in ("courier", "post")] == [["F"], ["F"]]
    assert told(both, ["move"]) == "字 word from 送 Carrier (courier) or 送 Carrier (post)"


def test_the_needs_are_published_with_the_column(two: Catalog) -> None:
    with tiny.warehouse(two, []) as engine:
        tiny.filled(engine, two, "2026-10", chosen(two, "FILED", "MOVED", "CHECKED"))
        rows = engine.sql("SELECT column_code, needs FROM report.form_column ORDER BY column_order").to_pylist()
    assert [(r["column_code"], json.loads(r["needs"])) for r in rows] == [
        ("FILED", [{"sources": ["desk"], "tables": ["theft"]}]),
        ("MOVED", [{"sources": ["post"], "tables": ["move"]}, {"sources": ["desk"], "tables": ["theft"]}]),
        ("CHECKED", [{"typed": "checked"}]),
    ]
