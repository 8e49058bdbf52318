"""The checks that every form obeys, whatever it declares (ALL-02)."""

from __future__ import annotations

from policestats.reports.blocks import Block
from policestats.reports.check_language import Call, Cell, Check, Term
from policestats.reports.form_columns import FormColumn
from policestats.reports.template import Form


def implied(form: Form, frequency: str) -> list[Check]:
    """Return the checks that every form obeys: partitions add up to the total; of-which rows and sub-columns lie between 0 and their parent (ALL-02)."""
    found = []
    additive = [c for c in form.columns_for(frequency) if c.kind in ("base", "formula")]
    growing = [c for c in additive if _grows(form, c)]
    for block in form.blocks:
        if block.dimension is None:
            continue
        if block.total:
            together = {block.total, *block.leaves}
            columns = tuple(c.code for c in additive if c.additivity["rows"] == "sum" and all(map(c.applies, together)))
            left = (Term(1, Cell(None, (block.total,), None)),)
            right = (Term(1, Call("sum", Cell(None, tuple(block.leaves), None))),)
            found.append(_check(f"{form.id}-leaves-{block.id}", "columns", left, "=", right, columns=columns))
        for row in block.sets:
            assert row.parent is not None
            both = tuple(c.code for c in growing if c.applies(row.code) and c.applies(row.parent))
            own = (Term(1, Cell(None, (row.code,), None)),)
            found.append(
                _check(f"{form.id}-of-which-{row.code}", "columns", own, "<=", (Term(1, Cell(None, (row.parent,), None)),), columns=both)
            )
            sums = tuple(c.code for c in growing if c.code in both and _is_sum(c))  # only amounts can lie below 0
            if sums:
                found.append(_check(f"{form.id}-of-which-{row.code}", "columns", own, ">=", (Term(0, None),), columns=sums))
    for column in growing:
        parent = next((c for c in growing if c.code == column.parent), None)
        if parent is not None:
            rows = tuple(r.code for r in form.rows if column.applies(r.code) and parent.applies(r.code))
            part, whole = (Term(1, Cell(None, None, column.code)),), (Term(1, Cell(None, None, parent.code)),)
            found.append(_check(f"{form.id}-of-which-{column.code}", "rows", part, "<=", whole, rows=rows))
            if _is_sum(column):
                found.append(_check(f"{form.id}-of-which-{column.code}", "rows", part, ">=", (Term(0, None),), rows=rows))
    return found


def additive_columns(form: Form, frequency: str) -> list[FormColumn]:
    """Return the columns whose figures in found rows add up to the member's row: counts and their sums, transfers aside (they are netted there)."""
    return [
        c for c in form.columns_for(frequency) if c.kind in ("base", "formula") and c.additivity["rows"] == "sum" and not _is_net(form, c)
    ]


def _is_net(form: Form, column: FormColumn) -> bool:
    return column.additivity["units"] == "net" or any(_is_net(form, form.column(name)) for name in column.spec.get("formula", {}))


def found_check(form: Form, block: Block) -> Check:
    """Return the check that the rows found in the data add up to the row of their member."""
    rows = (Term(1, Call("sum", Cell(None, (f"{block.id} rows",), None))),)
    return _check(f"{form.id}-found-{block.id}", "rows", rows, "=", (Term(1, Cell(None, ("their member",), None)),))


def _is_sum(column: FormColumn) -> bool:
    return column.indicator is not None and column.indicator.measure == "sum"


def _grows(form: Form, column: FormColumn) -> bool:
    """Whether more records can only make the column larger: a difference of two columns may lawfully be larger in a part than in the whole."""
    weights: dict[str, int] = column.spec.get("formula", {})
    return all(weight >= 0 and _grows(form, form.column(name)) for name, weight in weights.items())


def _check(
    id: str,
    over: str,
    left: tuple[Term, ...],
    operator: str,
    right: tuple[Term, ...],
    rows: tuple[str, ...] | None = None,
    columns: tuple[str, ...] | None = None,
) -> Check:
    return Check(
        id,
        "error",
        over,
        rows,
        columns,
        "all",
        None,
        left,
        operator,
        right,
        None,
        "0",
        _text(left, operator, right),
        "checks.csv ALL-02",
        "",
    )


def _text(left: tuple[Term, ...], operator: str, right: tuple[Term, ...]) -> str:
    return f"{' + '.join(map(_term_text, left))} {operator} {' + '.join(map(_term_text, right))}"


def _term_text(term: Term) -> str:
    cell = term.value.argument if isinstance(term.value, Call) else term.value
    if cell is None:
        return f"{term.weight:g}"
    rows = "" if cell.rows is None else f"[{cell.rows[0]}]" if len(cell.rows) == 1 else f"[{cell.rows[0]}..{cell.rows[-1]}]"
    text = rows + (f".{cell.column}" if rows and cell.column else cell.column or "")
    return f"{term.value.function}({text})" if isinstance(term.value, Call) else text
