"""Forms X03 to X12 against the tables they were made from: columns, rows and labels; and what each of their policies moves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from policestats.catalog import load_catalog
from policestats.reports.template import load_form
from tests.reference.interpreter import interpret, load
from tests.report_templates.hand_cases import FOLDER, rows
from tests.report_templates.test_against_the_domain import DOMAIN, K, codelist, forms, table
from tests.support.ledger import ROOT, cells, ledger

STATION = "990101010000"
needs_the_domain = pytest.mark.skipif(not DOMAIN.is_dir(), reason="the tables of the domain are not beside the repository (shared/domain)")

#: corrections.md, "Rows and columns of the forms not in forms_precise.csv": what stands beside the block K, with its unit
OWN = {
    "X03": {"DEAD": "人", "SERIOUS": "人"},
    "X05": {"LOSS_FIRST": "元", "LOSS_FINAL": "元", "RECOVERED": "元", "N100W": "起"},
    "X06": {"LOSS": "元", "FROZEN": "元", "RETURNED": "元", "CAUGHT": "人次"},
    "X07": {"CAUGHT": "人次", "W1KG": "起", "SEIZED_g": "克"},
    "X08": {"AMOUNT": "元", "RECOVERED": "元", "UNITS": "个", "REF_ADMIN": "起"},
    "X09": {"ORG_NEW": "个", "CAUGHT": "人次", "GUNS": "支", "AMMO": "发", "EXPL": "千克"},
    "X10": {"VICT_F": "人", "VICT_LT14": "人", "VICT_14_17": "人", "RESCUED": "人"},
    "X11": {"CAUGHT": "人次", "AMOUNT": "元", "RECORDS": "条"},
    "X12": {"VALUE": "元", "REF_ADMIN": "件", "NOTFILED": "件"},
}
#: rows whose codes are not those of charges
ROWS = {
    "X03": ["T", *(f"E{n}" for n in range(1, 9))],
    "X04": ["T", *(f"H{n}" for n in range(1, 9)), "HU"],
    "X05": ["T", "P1", "P2", "P3", "P31", "P32", "P33", "P34", "P35", "P4", "P41", "P42", "P43", "P44", "P5", "P6", "P7", "P8", "P9"],
    "X06": ["T", *(f"M{n}" for n in range(1, 10)), "MU", "B1", "B2", "B3", "B4", "B9"],
}
#: the articles of corrections.md
ARTICLES = {
    "X09": ["125", "126", "127", "128", "129", "130", "294"],
    "X10": ["236", "236之一", "237", "240", "241", "242", "260", "260之一", "261", "262", "262之一", "262之二", "301", "358", "359"],
    "X11": ["253之一", "285", "286", "286之一", "287之一", "287之二", "312"],
}
SECTIONS = {
    "X07": ["CH06S7"],
    "X08": ["CH03S1", "CH03S3", "CH03S4", "CH03S5", "CH03S6", "CH03S7", "CH03S8"],
    "X12": ["CH03S1", "CH03S7", "CH06S6"],
}


@pytest.mark.parametrize("form", OWN)
def test_the_block_k_and_the_columns_of_its_own(form: str) -> None:
    block = [c for c in forms()["X01"].columns if c.code.startswith(K)]
    columns = [c for c in forms()[form].columns if not c.hidden]
    assert len(block) == 17
    assert [(c.code, c.label, c.indicator, c.spec) for c in columns[:17]] == [
        (c.code, c.label, c.indicator, {**c.spec, **({"blocks": ["charges"]} if form in ("X07", "X09") else {})}) for c in block
    ]
    assert {c.code: c.unit for c in columns[17:]} == OWN[form]


@pytest.mark.parametrize("form", ROWS)
def test_the_rows_of_kinds(form: str) -> None:
    assert [row.code for row in forms()[form].rows] == ROWS[form]


@needs_the_domain
@pytest.mark.parametrize("form", ARTICLES)
def test_the_charges_of_the_articles(form: str) -> None:
    """Every charge of the articles, in the order of the law; of §301 only the second paragraph; of X10 an article of several charges adds them up."""
    wanted = [c for c in table("charges.csv") if c["article"] in ARTICLES[form] and (c["article"] != "301" or "第2款" in c["article_full"])]
    found = [row for row in forms()[form].rows if row.code.startswith("C") and row.code != "CH"]
    assert [row.code for row in found] == [c["seq"] for c in wanted]
    several = {c["seq"]: f"A{c['article']}" for c in wanted if form == "X10" and [x["article"] for x in wanted].count(c["article"]) > 1}
    assert {row.code: row.parent for row in found} == {c["seq"]: several.get(c["seq"], "T") for c in wanted}
    assert len(found) == {"X09": 12, "X10": 19, "X11": 9}[form]


@pytest.mark.parametrize("form", SECTIONS)
def test_the_charges_of_the_sections(form: str) -> None:
    """Those in force, each below its section as X02 has it; X07 is one section, so they stand below its total."""
    tree = {row.code: row.parent for row in forms()["X02"].rows if row.code.startswith("C")}
    wanted = {charge: section for charge, section in tree.items() if section in SECTIONS[form]}
    if form == "X07":
        wanted = dict.fromkeys(wanted, "T")
    else:
        wanted |= dict.fromkeys(SECTIONS[form], "T") | (dict.fromkeys(["C226", "C227"], "T") if form == "X08" else {})  # §271 and §272
    assert {row.code: row.parent for row in forms()[form].rows if row.code.startswith("C")} == wanted


@pytest.mark.parametrize("form", [*ARTICLES, *SECTIONS])
def test_a_charge_has_its_own_name(form: str) -> None:
    names = {row.code: row.label for row in forms()["X02"].rows}
    for row in forms()[form].rows:
        if row.code in names and row.code != "T" and (form, row.code) != ("X11", "C300"):  # there with its condition
            assert row.label == names[row.code], row.code


def test_weights_of_drugs_have_no_total() -> None:
    form = forms()["X07"]
    kinds = [member["code"] for member in codelist("drug_kind")]
    assert [row.code for row in form.rows if form.column("SEIZED_g").applies(row.code)] == kinds
    assert not [c.code for c in form.columns if c.code != "SEIZED_g" and any(c.applies(kind) for kind in kinds)]


@pytest.mark.parametrize(
    ("form", "case", "policy", "wanted"),
    [
        # C177, C179, C182 and R031, C220, C013, C015; C356 and C016 instead of kidnapping and hijacking: 7 + 2 = 9
        ("X03", "rows", {"eight_major": "criminal_law_17"}, {("T", "FILED_M"): 9, ("E7", "FILED_M"): 1, ("E8", "FILED_M"): 1, ("E3", "FILED_M"): 2}),
        # without contract fraud: 9 - 1, 37 - 1
        ("X05", "rows", {"other_fraud_charges": "financial"}, {("T", "FILED_M"): 36, ("P5", "FILED_M"): 8}),
        # exactly one million is out: C8 alone
        ("X05", "amounts", {"large_loss": "above_one_million"}, {("T", "N100W"): 1, ("P8", "N100W"): 1, ("P4", "N100W"): 0}),
        # below 10,000: C01, C02, C03, C10, C11, C13; below 100,000: C04, C05; below 500,000: C06; C07, C08; C09 unknown
        (
            "X06", "rows", {"fraud_amount_bounds": "upper"},
            {("B1", "FILED_M"): 6, ("B2", "FILED_M"): 2, ("B3", "FILED_M"): 1, ("B4", "FILED_M"): 2, ("B9", "FILED_M"): 1},
        ),
        # of the eight solved in March none was filed in March: three current by the year, all old by the month
        ("X04", "solving", {"solved_current": "same_period"}, {("T", "SOLVED_CUR_M"): 0, ("T", "SOLVED_OLD_M"): 8}),
    ],
    ids=["eight_major", "other_fraud_charges", "large_loss", "fraud_amount_bounds", "solved_current"],
)  # fmt: skip
def test_a_policy_moves_what_it_says(form: str, case: str, policy: dict[str, str], wanted: dict[tuple[str, str], int]) -> None:
    catalog = load_catalog(ROOT, "cn", policy)
    period = "2026-03" if form == "X04" else "2026-10"
    content = rows(FOLDER / "cn" / form / case, catalog)
    with ledger(catalog, content) as engine:
        _, stored = cells(engine, catalog, load_form(catalog.templates / f"{form}.yaml", catalog), period)
    standard = load(ROOT / "schemas" / "cn", Path(catalog.templates), policy)
    told = interpret(standard, form, period, content)
    for (row, column), figure in wanted.items():
        assert stored.get((STATION, row, column), Decimal(0)) == figure, (row, column)
        assert told.get((STATION, row, column), Decimal(0)) == figure, (row, column)
