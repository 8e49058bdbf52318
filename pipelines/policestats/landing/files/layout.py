"""How a table's files are written, as its description says: which files, which format, which dialect."""

from __future__ import annotations

import codecs
import glob
from dataclasses import dataclass, field
from typing import Any

from policestats.errors import DefinitionError, ExtractError
from policestats.landing.plan import TablePlan

CSV, XLSX, PARQUET = "csv", "xlsx", "parquet"
FORMATS = {".csv": CSV, ".txt": CSV, ".tsv": CSV, ".xlsx": XLSX, ".xlsm": XLSX, ".parquet": PARQUET, ".pq": PARQUET}
NO_QUOTE = "none"

#: options that only one format knows
_OWN_OPTIONS = {CSV: ("encoding", "delimiter", "quote", "null_values", "header"), XLSX: ("sheet", "header_row"), PARQUET: ()}


@dataclass(frozen=True)
class Layout:
    """The files of one table. ``pattern`` is what their names match; ``format`` is None where the suffix decides.

    CSV: ``encoding``, ``delimiter``, ``quote`` (None: no character quotes), ``null_values`` (fields that are null, quoted or not), ``header``
    (the columns, where the file names none). XLSX: ``sheet`` (None: the table's, or the only one), ``header_row`` from 1.
    """

    pattern: str
    is_named: bool
    format: str | None
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str | None = '"'
    null_values: tuple[str, ...] = ("",)
    header: tuple[str, ...] | None = None
    sheet: str | None = None
    header_row: int = 1
    given: frozenset[str] = field(default_factory=frozenset)

    def format_of(self, name: str, asked: str) -> str:
        """Return the format of the file ``name``; ``asked`` says which table it is of.

        Raises: ExtractError when neither the description nor the suffix tells it, or an option is given that the format does not know.
        """
        found = self.format or FORMATS.get(suffix(name))
        if found is None:
            raise ExtractError(f"{asked}: the name {name!r} does not tell the format; add format: csv, xlsx or parquet")
        for other, options in _OWN_OPTIONS.items():
            foreign = [option for option in options if option in self.given and other != found]
            if foreign:
                raise ExtractError(f"{asked}: {foreign[0]!r} is for {other} files, and {name!r} is read as {found}; remove one of the two")
        return found


def suffix(name: str) -> str:
    """Return the suffix of a file's name in small letters, with its dot; empty when there is none."""
    last = name.rsplit("/", 1)[-1]
    return f".{last.rsplit('.', 1)[1].lower()}" if "." in last else ""


def layout_of(source: str, plan: TablePlan) -> Layout:
    """Return how the files of a table are written; without ``file`` they are named as the table, with the suffix of a known format.

    Raises: DefinitionError when the options contradict each other.
    """
    options = plan.options
    asked = f"source {source!r}, table {plan.name!r}"
    if "file" in options and plan.member != plan.name:
        raise DefinitionError(f"{asked}: 'file' and 'member' both name the file; remove 'member'")
    if plan.delivers == "increments" and plan.cursor is not None:
        raise DefinitionError(f"{asked}: 'cursor' says nothing of a table that is delivered in increments; remove it")
    made: dict[str, Any] = {key: options[key] for key in ("format", "sheet", "header_row", "encoding", "delimiter") if key in options}
    if "quote" in options:
        made["quote"] = None if options["quote"] == NO_QUOTE else options["quote"]
    for key in ("null_values", "header"):
        if key in options:
            made[key] = tuple(options[key])
    layout = Layout(
        **{
            "pattern": options.get("file", f"{glob.escape(plan.member)}.*"),
            "is_named": "file" in options,
            "format": None,
            "given": frozenset(options),
            **made,
        }
    )
    _check(layout, asked)
    return layout


def _check(layout: Layout, asked: str) -> None:
    for key, character in (("delimiter", layout.delimiter), ("quote", layout.quote)):
        if character is not None and not (len(character) == 1 and character.isascii() and character not in "\r\n\0"):
            raise DefinitionError(f'{asked}: {key} {character!r} is not one ASCII character (a tabulator is "\\t"); correct it')
    if layout.delimiter == layout.quote:
        raise DefinitionError(f"{asked}: delimiter and quote are both {layout.quote!r}; correct one of them")
    try:
        codecs.getincrementaldecoder(layout.encoding)().decode(b"", True)
        known = isinstance("".encode(layout.encoding), bytes)
    except LookupError:
        known = False
    if not known:
        raise DefinitionError(f"{asked}: there is no encoding {layout.encoding!r}; write utf-8, gb18030, utf-16, cp1252 ...")
    twice = sorted({name for name in layout.header or () if (layout.header or ()).count(name) > 1})
    if twice:
        raise DefinitionError(f"{asked}: the column {twice[0]!r} stands twice in 'header'; rename one of them")
