"""Small random forms over the indicators of a standard, with rows and conditions over what their facts have in common."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.reference.standard import Standard

from .province import DAYS, Row

Draw = st.DrawFn

FREQUENCIES = ["day", "week", "month", "quarter", "half_year", "year"]
VARIANTS = ["current", "ytd", "prior_year", "prior_year_ytd", "previous_period", "previous_ytd"]
LABEL = {"zh": "随机", "en": "Random"}
# A count of distinct keys, which the published forms do not need yet: several persons of one case count once. Add it to the standard.
EXTRA_INDICATORS: list[Row] = [
    {
        "id": "random_cases_decided",
        "label": LABEL,
        "fact": "admin_decision_final",
        "distinct": ["case_no"],
        "on": "posted_on",
        "by": "unit",
        "unit": "起",
        "source": "a property test",
    }
]


@st.composite
def random_form(draw: Draw, standard: Standard) -> Row:
    """A form of the shape of report_templates/*.yaml, id RND, for every frequency, without checks."""
    indicators = draw(_indicators(standard))
    facts = sorted({_fact_of(indicator) for indicator in indicators})
    kinds = _common_kinds(standard, facts)
    columns = draw(_columns(standard, indicators, facts))
    blocks = draw(_blocks(standard, indicators, kinds))
    rows = [member for block in blocks for member in _row_codes(block, standard)]
    columns += draw(_derived_columns([column["code"] for column in columns], rows))
    for column in columns[1:]:
        if draw(st.integers(0, 5)) == 5 and not any(column["code"] in repr(other) for other in columns if other is not column):
            column["rows"] = draw(st.lists(st.sampled_from(rows), min_size=1, max_size=3, unique=True))
    form: Row = {"id": "RND", "title": LABEL, "provenance": {"rows": "random", "columns": "random"}, "frequency": FREQUENCIES}
    lateness = draw(st.sampled_from([None, "post_current", "restated"]))
    return {**form, **({"lateness": lateness} if lateness else {}), "columns": columns, "blocks": blocks, "checks": []}


@st.composite
def _indicators(draw: Draw, standard: Standard) -> list[Row]:
    """One to four indicators whose facts all have one dimension that some form classifies by, of one kind."""
    counted = [i for i in standard.indicators.values() if not i.get("manual")]
    first = draw(st.sampled_from([i for i in counted if _rows_by(standard, i)]))
    dimension, kind = draw(st.sampled_from(sorted(_rows_by(standard, first).items())))
    alike = [i for i in counted if _rows_by(standard, i).get(dimension) == kind]
    return [first, *draw(st.lists(st.sampled_from(alike), max_size=3))]


@st.composite
def _columns(draw: Draw, standard: Standard, indicators: list[Row], facts: list[str]) -> list[Row]:
    columns: list[Row] = []
    for number, indicator in enumerate(indicators):
        for variant in draw(st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=3, unique=True)):
            columns.append({"code": f"C{number}_{variant.upper()}", "indicator": indicator["id"], "variant": variant, "label": LABEL})
    for fact in facts:
        if "spells" in standard.facts[fact] and draw(st.booleans()):
            show = draw(st.sampled_from(["opening", "entered", "left", "closing"]))
            column: Row = {
                "code": f"LEDGER_{fact.upper()}",
                "ledger": fact,
                "show": show,
                "variant": draw(st.sampled_from(VARIANTS)),
                "label": LABEL,
            }
            if show in ("entered", "left"):
                column |= {"kinds": ["transferred"], "net": True} if draw(st.booleans()) else {}
            columns.append(column)
    return columns


@st.composite
def _derived_columns(draw: Draw, bases: list[str], rows: list[str]) -> list[Row]:
    """At most four; a base is always a count, which is never negative."""
    columns: list[Row] = []
    column, row = st.sampled_from(bases), st.sampled_from(rows)
    weights = st.dictionaries(column, st.sampled_from([-2, -1, 1, 2]), min_size=1, max_size=3)
    for kind in draw(st.lists(st.sampled_from(["formula", "rate", "change", "share_of", "per_day"]), max_size=4)):
        new: Row = {"code": f"D{len(columns)}", "label": LABEL}
        if kind == "formula":
            new["formula"] = draw(weights)
        elif kind == "rate":
            new["rate"] = {"of": draw(st.one_of(column, weights)), "over": draw(column)}
            new["rate"] |= {"over_row": draw(row)} if draw(st.booleans()) else {}
            new["rate"] |= {"of_row": draw(row)} if draw(st.booleans()) else {}
            new["per"] = draw(st.sampled_from([1, 100, 100_000]))
        elif kind == "change":
            new["change"] = {"of": draw(column), "from": draw(column)} | ({"per_day": True} if draw(st.booleans()) else {})
        elif kind == "share_of":
            new["share_of"] = {"column": draw(column), "row": draw(row)} | (
                {"except": {draw(row): draw(row)}} if draw(st.booleans()) else {}
            )
        else:
            new["per_day"] = draw(column)
        if kind != "formula":
            new["decimals"] = draw(st.integers(0, 3))
        if draw(st.integers(0, 5)) == 5:
            new["frequencies"] = draw(st.lists(st.sampled_from(FREQUENCIES), min_size=1, unique=True))
        columns.append(new)
    return columns


@st.composite
def _blocks(draw: Draw, standard: Standard, indicators: list[Row], kinds: Row) -> list[Row]:
    if draw(st.integers(0, 4)) == 4:
        return [{"id": "single", "rows": {"one": {"code": "ONE", "label": LABEL}}}]
    found = [c for c in _classifications(standard) if c["dimension"] in kinds]
    blocks: list[Row] = []
    taken: set[str] = set()
    for classification in draw(st.lists(st.sampled_from(found), min_size=1, max_size=2, unique_by=lambda c: str(c["dimension"]))):
        codes = set(standard.codelists[classification["codelist"]])
        if codes & taken:  # some lists share codes, and row codes are unique in a form
            continue
        taken |= codes
        described: Row = {"classification": classification}
        if not blocks:
            described = {"total": {"code": "T", "label": LABEL}, "classification": classification}
            conditions = draw(st.lists(_conditions(standard, kinds, 2), max_size=3))
            if conditions:
                described["sets"] = [
                    {"code": f"SET{n}", "parent": "T", "label": LABEL, "where": where} for n, where in enumerate(conditions)
                ]
        blocks.append({"id": f"block_{len(blocks)}", "rows": described})
    return blocks


def _conditions(standard: Standard, kinds: Row, depth: int) -> st.SearchStrategy[Row]:
    names = sorted(kinds)
    leaf = st.sampled_from(names).flatmap(lambda name: _leaf(standard, name, kinds))
    days = [name for name in names if kinds[name][0] == "date"]
    options = [leaf, leaf]
    if days:
        same = st.tuples(st.sampled_from(["same_month", "same_year"]), st.sampled_from(days), st.sampled_from(days))
        options.append(same.map(lambda drawn: {drawn[0]: [drawn[1], drawn[2]]}))
    if depth:
        part = _conditions(standard, kinds, depth - 1)
        options.append(
            st.tuples(st.sampled_from(["all", "any"]), st.lists(part, min_size=1, max_size=3)).map(lambda drawn: {drawn[0]: drawn[1]})
        )
        options.append(part.map(lambda condition: {"not": condition}))
        options.append(st.tuples(part, part).map(lambda both: both[0] | both[1]))
    return st.one_of(options)


def _leaf(standard: Standard, name: str, kinds: Row) -> st.SearchStrategy[Row]:
    """A condition on one dimension, of a spelling that suits its kind."""
    kind, values = kinds[name]
    alike = st.sampled_from([other for other in sorted(kinds) if kinds[other][0] == kind])
    value = st.sampled_from(values)
    wanted: list[st.SearchStrategy[Any]] = [value, st.none(), st.booleans().map(lambda is_null: {"null": is_null})]
    wanted.append(st.tuples(st.sampled_from(["equals", "not_equal"]), alike).map(lambda drawn: {drawn[0]: {"column": drawn[1]}}))
    if kind == "date":
        operand = st.one_of(value, st.just("period_end"), alike.map(lambda other: {"column": other}))
        wanted.append(st.dictionaries(st.sampled_from(["at_least", "above", "at_most", "below"]), operand, min_size=1, max_size=2))
    if kind == "text":
        wanted.append(st.lists(value, max_size=3))
        lists = sorted(policy for policy, choice in standard.policies.items() if isinstance(choice, list) and set(choice) & set(values))
        wanted += [st.sampled_from(lists).map(lambda policy: {"policy": policy})] if lists else []
    return st.one_of(wanted).map(lambda drawn: {name: drawn})


def _classifications(standard: Standard) -> list[Row]:
    found: dict[str, Row] = {}
    for form in standard.forms.values():
        for block in form["blocks"]:
            if "unknown" in block["rows"].get("classification", {}):  # chosen members have no row for all else
                found.setdefault(block["rows"]["classification"]["dimension"], block["rows"]["classification"])
    return list(found.values())


def _rows_by(standard: Standard, indicator: Row) -> dict[str, str]:
    """The dimensions of an indicator's fact that some form classifies by, with their kinds."""
    kinds = _kinds(standard, _fact_of(indicator))
    classified = {str(classification["dimension"]) for classification in _classifications(standard)}
    return {name: kinds[name][0] for name in classified & set(kinds)}


def _row_codes(block: Row, standard: Standard) -> list[str]:
    described = block["rows"]
    if "one" in described:
        return [described["one"]["code"]]
    codes = ["T"] if "total" in described else []
    codes += [*standard.codelists[described["classification"]["codelist"]], *(part["code"] for part in described.get("sets", []))]
    return codes


def _fact_of(indicator: Row) -> str:
    return str(indicator.get("ledger") or indicator["fact"])


def _common_kinds(standard: Standard, facts: list[str]) -> Row:
    """(kind, values worth asking for) of every dimension that all facts have, with one kind in all of them."""
    first, *others = [_kinds(standard, fact) for fact in facts]
    return {name: kind for name, kind in first.items() if all(other.get(name, ("",))[0] == kind[0] for other in others)}


def _kinds(standard: Standard, fact_id: str) -> Row:
    """(kind, values) of every declared dimension of a fact."""
    fact = standard.facts[fact_id]
    known: Row = {}
    for name, definition in fact.get("dimensions", {}).items():
        known[name] = _kind(standard, fact, definition, known)
    if "union" in fact:
        known |= {name: _union_kind(standard, fact, name) for name in fact["union"][0]["columns"] if name not in known}
    else:
        columns = standard.tables[fact["table"]]["columns"]
        known |= {name: _column_kind(standard, column) for name, column in columns.items() if name not in known}
    return {name: kind for name, kind in known.items() if kind[0] in ("boolean", "date", "text") and kind[1]}


def _union_kind(standard: Standard, fact: Row, name: str) -> tuple[str, list[Any]]:
    """The kind of a column of a union, by the parts that name a column or a dimension of theirs or write a text."""
    kinds = []
    for part in fact["union"]:
        source, own = part["columns"].get(name, {"literal": None}), part.get("dimensions", {})
        if isinstance(source, str) and source in own:
            kinds.append(_kind(standard, part, own[source], {}))
        elif isinstance(source, str) or isinstance(source["literal"], str):
            kinds.append(_named_kind(standard, part, source, {}))
    return (kinds[0][0], sorted({value for kind in kinds for value in kind[1]})) if kinds else ("other", [])


def _kind(standard: Standard, fact: Row, definition: Row, known: Row) -> tuple[str, list[Any]]:
    if {"flag", "late", "exists"} & set(definition):
        return "boolean", [True, False]
    if {"posted", "date", "days_after", "months_after"} & set(definition):
        return "date", DAYS
    if "map" in definition:
        members = standard.codelists[definition["codelist"]].values()
        return "text", sorted({member[definition["attribute"]] for member in members} - {None})
    if "literal" in definition:
        return _named_kind(standard, fact, definition, known)
    if "column" in definition or "first_of" in definition:
        named = definition.get("column") or next(n for n in reversed(definition["first_of"]) if not isinstance(n, dict))
        return _named_kind(standard, fact, named, known)
    if "switch" in definition:
        kinds = [_named_kind(standard, fact, case["then"], known) for case in definition["switch"]]
        return kinds[0][0], sorted({value for kind in kinds for value in kind[1]})
    return "other", []


def _named_kind(standard: Standard, fact: Row, name: Any, known: Row) -> tuple[str, list[Any]]:
    """The kind of a name as a dimension may use it: a literal, a dimension above, a joined column, a column."""
    if isinstance(name, dict):
        return ("text", [name["literal"]]) if isinstance(name["literal"], str) else ("other", [])
    if name in known:
        return known[name]
    if name in fact.get("dimensions", {}):  # one that stands below
        return _kind(standard, fact, fact["dimensions"][name], known)
    if "." in name:
        alias, column = name.split(".")
        table = next(join["table"] for join in fact["joins"] if join["as"] == alias)
        return _column_kind(standard, standard.tables[table]["columns"][column])
    if "union" in fact:
        return _union_kind(standard, fact, name)
    return _column_kind(standard, standard.tables[fact["table"]]["columns"][name])


def _column_kind(standard: Standard, column: Row) -> tuple[str, list[Any]]:
    if column["type"] == "boolean":
        return "boolean", [True, False]
    if column["type"] == "date":
        return "date", DAYS
    if column["type"] == "text":
        return "text", list(standard.codelists[column["codelist"]])[:40] if "codelist" in column else ["natural", "direct", "C223"]
    return "other", []
