"""Reads one CSV file as text, in Arrow batches and bounded memory; what is wrong with it is told by its line.

pyarrow reads the file; nothing is guessed. It stops at a row of another length without telling the line, and takes a broken quote as a
letter: then the file is read a second time with the csv module, row by row, to find the place.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from policestats.errors import ExtractError
from policestats.landing.files.layout import Layout
from policestats.landing.files.source_file import SourceFile
from policestats.landing.files.text import CHUNK, WIDEST, QuoteCheck, Utf8Stream, WrongByteError

_BUFFER = 64 * 1024  # bytes; a header needs no more


def columns(file: SourceFile, layout: Layout) -> list[str]:
    """Return the columns of the file: its header, or those that the description gives.

    Raises: ExtractError when there is no header line, or a column stands in it twice.
    """
    if layout.header is not None:
        return list(layout.header)
    with _rows(file, layout) as rows:
        try:
            header: list[str] = next(rows, [])
        except csv.Error as error:
            raise file.fault(f"the header is not valid CSV ({error}); {_dialect(layout)}", 1) from None
    if not header:
        raise file.fault("the file has no header line; its first line must name the columns", 1)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise file.fault(f"the column {twice[0]!r} stands twice in the header; rename one of them", 1)
    return header


def batches(file: SourceFile, layout: Layout, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the ``wanted`` columns as text; blank lines hold no record.

    Raises: ExtractError naming the line of a wrong byte, a broken quote or a row of another length.
    """
    header = columns(file, layout)
    quotes = QuoteCheck(layout.quote, layout.delimiter) if layout.quote is not None else None
    looked = False
    with file.reading() as binary:
        stream = Utf8Stream(binary, layout.encoding, quotes)
        try:
            with _open(stream, layout, header, wanted) as reader:
                for batch in reader:
                    if quotes is not None and quotes.is_broken and not looked:
                        _look_for_fault(file, layout, len(header))  # a quote inside an unquoted field is no fault
                        looked = True
                    yield batch
        except WrongByteError as error:
            raise _wrong_byte(file, layout, error) from None
        except pa.ArrowInvalid:  # its sentence quotes the row
            if _look_for_fault(file, layout, len(header)) <= (1 if layout.header is None else 0):
                return  # pyarrow wants more than a header without a line's end, or than nothing where the description gives the header
            raise file.fault(
                f"a record is longer than {CHUNK:,} bytes, or the file is no CSV; {_dialect(layout)}, and check that every quote is closed"
            ) from None
    if quotes is not None and quotes.is_broken and not looked:
        _look_for_fault(file, layout, len(header))


def _open(stream: Utf8Stream, layout: Layout, header: list[str], wanted: Sequence[str]) -> Any:
    return pc.open_csv(
        stream,
        read_options=pc.ReadOptions(block_size=WIDEST * CHUNK, column_names=layout.header),
        parse_options=pc.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote or False,
            double_quote=True,
            escape_char=False,
            newlines_in_values=layout.quote is not None,
            ignore_empty_lines=True,
        ),
        convert_options=pc.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            include_columns=list(wanted),
            null_values=list(layout.null_values),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,  # the stream has done it
        ),
    )


def _look_for_fault(file: SourceFile, layout: Layout, width: int) -> int:
    """Read the file row by row and return how many rows it has, the header included, when nothing is wrong with it.

    Raises: ExtractError with the line on which the first wrong record begins.
    """
    named = "header" if layout.header is None else "description"
    with _rows(file, layout) as rows:
        begins, count = 1, 0
        while True:
            try:
                fields = next(rows, None)
            except csv.Error as error:
                ends = f", found on line {rows.line_num}" if rows.line_num > begins else ""
                raise file.fault(f"not valid CSV ({error}{ends}); {_dialect(layout)}", begins) from None
            if fields is None:
                return count
            if fields and len(fields) != width:
                raise file.fault(f"{len(fields)} fields, the {named} has {width}; {_dialect(layout)}", begins)
            begins, count = rows.line_num + 1, count + bool(fields)


@contextmanager
def _rows(file: SourceFile, layout: Layout) -> Iterator[Any]:
    """Give the rows of the file by the csv module, in the dialect of ``layout``. Raises: ExtractError for a wrong byte."""
    csv.field_size_limit(CHUNK)  # narratives are longer than the module's own 128 KiB
    with file.reading() as binary:
        lines = io.TextIOWrapper(io.BufferedReader(Utf8Stream(binary, layout.encoding), _BUFFER), encoding="utf-8", newline="")
        try:
            yield csv.reader(
                lines,
                delimiter=layout.delimiter,
                quotechar=layout.quote,
                quoting=csv.QUOTE_NONE if layout.quote is None else csv.QUOTE_MINIMAL,
                doublequote=True,
                strict=True,
            )
        except WrongByteError as error:
            raise _wrong_byte(file, layout, error) from None


def _wrong_byte(file: SourceFile, layout: Layout, error: WrongByteError) -> ExtractError:
    name = layout.encoding.upper()
    return file.fault(
        f"byte {error.byte} of the line (0x{error.value:02x}) is not {name}; convert the file to {name}, or name its encoding with 'encoding:'",
        error.line,
    )


def _dialect(layout: Layout) -> str:
    separated = f"fields are separated by {layout.delimiter!r}"
    if layout.quote is None:
        return f"{separated} and never quoted (quote: none)"
    return f"{separated}, and a field that holds one or a line break stands in {layout.quote} (doubled inside it)"
