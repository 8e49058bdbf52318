"""What stands behind the short spellings: parts of facts, sets of columns, splits."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def whole_facts(entries: list[Row]) -> dict[str, Row]:
    """All facts by id, each with the joins and dimensions of the parts it names."""
    parts = {entry["part"]: entry for entry in entries if "part" in entry}
    return {entry["id"]: _with_parts(entry, parts) for entry in entries if "id" in entry}


def _with_parts(entry: Row, parts: dict[str, Row]) -> Row:
    pieces = [_with_parts(parts[name], parts) for name in entry.get("with", [])]
    joins, dimensions = {}, {}
    for piece in [*pieces, entry]:
        joins |= {join["as"]: join for join in piece.get("joins", [])}
        dimensions |= piece.get("dimensions", {})
    return {**entry, "joins": list(joins.values()), "dimensions": dimensions}


def whole_form(form: Row, sets: dict[str, Row]) -> Row:
    """A form with every column spelled out, and the checks that its sets and splits bring along."""
    columns, checks = [], list(form.get("checks", []))
    for column in form["columns"]:
        if "use" in column:
            narrow = {name: column[name] for name in ("rows", "blocks") if name in column}
            part = whole_form({"id": form["id"], "columns": [{**c, **narrow} for c in sets[column["use"]]["columns"]]}, sets)
            columns += part["columns"]
            checks += part["checks"] + [{**c, "id": f"{form['id']}-{c['id']}"} for c in sets[column["use"]].get("checks", [])]
        elif "split" in column:
            parts = list(_parts_of(column))
            columns += parts
            if "parent" in column:
                that = f"{column['parent']} = " + " + ".join(part["code"] for part in parts)
                check = {"id": f"{form['id']}-split-{parts[0]['code']}", "severity": "error", "for": "rows", "that": that}
                checks.append({**check, **{k: column[k] for k in ("frequencies",) if k in column}})
        else:
            columns.append(column)
    return {**form, "columns": columns, "checks": checks}


def _parts_of(split: Row) -> Any:
    kept = {k: v for k, v in split.items() if k not in ("split", "members", "unknown", "where")}
    named: list[Any] = []
    for member in split["members"]:
        value = member.get("is", member["code"])
        values = value if isinstance(value, list) else [value]
        named += values
        yield {**kept, "code": member["code"], "where": {"all": [split.get("where", {}), {split["split"]: values}]}}
    if "unknown" in split:
        none_of_them = {"any": [{split["split"]: None}, {"not": {split["split"]: named}}]}
        yield {**kept, "code": split["unknown"]["code"], "where": {"all": [split.get("where", {}), none_of_them]}}
