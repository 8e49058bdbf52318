"""Reads one CSV file as text, in Arrow batches and bounded memory; what is wrong with it is told by its line.

pyarrow parses blocks of whole records; nothing is guessed. A block that it refuses, and what follows a quote that is a letter or a fault,
is read by the csv module row by row, which finds the line. pyarrow's own streaming reader is not used: its threads would read the file
through Python, and end the process when they are still at it on exit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO

import pyarrow as pa
import pyarrow.csv as pc

from policestats.errors import ExtractError
from policestats.landing.files.layout import Layout
from policestats.landing.files.records import LONGEST, RecordTooLongError, lines_in, whole_records
from policestats.landing.files.source_file import SourceFile
from policestats.landing.files.text import Utf8Stream, WrongByteError

BATCH_ROWS = 20_000
_BUFFER = 64 * 1024  # bytes; a header needs no more


def columns(file: SourceFile, layout: Layout) -> list[str]:
    """Return the columns of the file: its header, or those that the description gives.

    Raises: ExtractError when there is no header line, or a column stands in it twice.
    """
    if layout.header is not None:
        return list(layout.header)
    with file.reading() as binary:
        stream = io.BufferedReader(Utf8Stream(binary, layout.encoding), _BUFFER)
        try:
            begins, header = next(_records(file, layout, stream, 1), (1, []))
        except WrongByteError as error:
            raise _wrong_byte(file, layout, error) from None
    if begins > 1 or not header:
        raise file.fault("the file has no header line; its first line must name the columns", 1)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise file.fault(f"the column {twice[0]!r} stands twice in the header; rename one of them", 1)
    return header


def batches(file: SourceFile, layout: Layout, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the ``wanted`` columns as text; blank lines hold no record.

    Raises: ExtractError naming the line of a wrong byte, a broken quote, a row of another length or a record without end.
    """
    table = _Table(file, layout, columns(file, layout), wanted)
    line = 1
    with file.reading() as binary:
        stream = Utf8Stream(binary, layout.encoding)
        try:
            for block in whole_records(stream, layout.quote, layout.delimiter):
                yield from table.parsed(block, line)
                line += lines_in(block)
            yield from table.row_by_row(io.BufferedReader(stream, _BUFFER), line)  # nothing, unless a quote stands in the way
        except WrongByteError as error:
            raise _wrong_byte(file, layout, error) from None
        except RecordTooLongError:
            raise file.fault(
                f"a record is longer than {LONGEST:,} bytes; {_dialect(layout)}; check that every quote is closed", line
            ) from None


class _Table:
    """Makes batches of the ``wanted`` columns from the text of a file whose columns are ``header``."""

    def __init__(self, file: SourceFile, layout: Layout, header: list[str], wanted: Sequence[str]) -> None:
        self._file, self._layout, self._header = file, layout, header
        self._at = [header.index(name) for name in wanted]
        self._schema = pa.schema([pa.field(name, pa.string()) for name in wanted])
        self._is_header_due = layout.header is None
        self._parse = pc.ParseOptions(
            delimiter=layout.delimiter,
            quote_char=layout.quote or False,
            double_quote=True,
            escape_char=False,
            newlines_in_values=layout.quote is not None,
            ignore_empty_lines=True,
        )
        self._convert = pc.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            include_columns=list(wanted),
            null_values=list(layout.null_values),
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=False,  # the stream has done it
        )

    def parsed(self, block: bytes, line: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a block of whole records that begins on ``line``."""
        names = None if self._is_header_due else self._header
        try:
            rows = pc.read_csv(
                pa.BufferReader(block),
                read_options=pc.ReadOptions(block_size=len(block) + 1, column_names=names),
                parse_options=self._parse,
                convert_options=self._convert,
            )
        except pa.ArrowInvalid:  # its sentence quotes the row, and tells no line
            yield from self.row_by_row(io.BytesIO(block), line)
            return
        self._is_header_due = False
        yield from rows.to_batches()

    def row_by_row(self, binary: IO[bytes], line: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of ``binary``, whose first line is ``line`` of the file, read by the csv module: slowly, and telling the line.

        Raises: ExtractError with the line on which the first wrong record begins.
        """
        kept: list[list[str | None]] = []
        for begins, fields in _records(self._file, self._layout, binary, line):
            if self._is_header_due:
                self._is_header_due = False
                continue
            if len(fields) != len(self._header):
                named = "header" if self._layout.header is None else "description"
                raise self._file.fault(f"{len(fields)} fields, the {named} has {len(self._header)}; {_dialect(self._layout)}", begins)
            kept.append([None if fields[i] in self._layout.null_values else fields[i] for i in self._at])
            if len(kept) == BATCH_ROWS:
                yield self._batch(kept)
                kept = []
        if kept:
            yield self._batch(kept)

    def _batch(self, rows: list[list[str | None]]) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays([pa.array(values, pa.string()) for values in zip(*rows, strict=True)], schema=self._schema)


def _records(file: SourceFile, layout: Layout, binary: IO[bytes], line: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of UTF-8 text that are not blank, each with the line on which it begins.

    Raises: ExtractError naming that line when a record is not valid CSV.
    """
    csv.field_size_limit(LONGEST)  # narratives are longer than the module's own 128 KiB
    rows = csv.reader(
        io.TextIOWrapper(binary, encoding="utf-8", newline=""),
        delimiter=layout.delimiter,
        quotechar=layout.quote,
        quoting=csv.QUOTE_NONE if layout.quote is None else csv.QUOTE_MINIMAL,
        doublequote=True,
        strict=True,
    )
    while True:
        begins = line + rows.line_num
        try:
            fields = next(rows, None)
        except csv.Error as error:
            last = line + rows.line_num - 1
            found = f", found on line {last}" if last > begins else ""
            raise file.fault(f"not valid CSV ({error}{found}); {_dialect(layout)}", begins) from None
        if fields is None:
            return
        if fields:
            yield begins, fields


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
