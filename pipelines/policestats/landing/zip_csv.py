"""Reads a source that is a zip of CSV files: comma, double quote, UTF-8 with or without a byte-order mark, an empty field is null."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa

from policestats.errors import ExtractError, nearest
from policestats.landing.plan import TablePlan

SUFFIX = ".csv"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
BATCH_ROWS = 50_000
_LONGEST_FIELD = 16 * 1024 * 1024  # characters; narratives are longer than the csv module's 128 KiB


class ZipCsv:
    """An open zip. The dialect is fixed, never guessed: sniffers break quoted fields with commas."""

    def __init__(self, source: str, path: Path, archive: zipfile.ZipFile) -> None:
        self._source, self._path, self._archive = source, path, archive

    def schema(self, plan: TablePlan) -> dict[str, str]:
        """Return the header of the table's member; everything is text. Raises: ExtractError when the member or its header is missing."""
        with self._open(plan) as (rows, _):
            return dict.fromkeys(next(rows), "text")

    def batches(
        self, plan: TablePlan, *, columns: Sequence[str], since: str | None = None, file: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield all rows in file order.

        Raises: ExtractError naming the line of a wrong encoding, a broken quote or a row of another length.
        """
        schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        with self._open(plan) as (rows, place):
            header = next(rows)
            wanted = [header.index(name) for name in columns]
            batch: list[tuple[str | None, ...]] = []
            for fields in rows:
                if len(fields) != len(header):
                    if not fields:  # a blank line holds no record
                        continue
                    raise ExtractError(
                        f"{place}:{rows.line_num}: {len(fields)} fields, the header has {len(header)}; "
                        "fields are separated by commas, and a field with a comma or a line break stands in double quotes"
                    )
                batch.append(tuple([fields[i] or None for i in wanted]))
                if len(batch) >= BATCH_ROWS:
                    yield _batch(batch, schema)
                    batch = []
            if batch:
                yield _batch(batch, schema)

    def rows_of(self, plan: TablePlan, *, columns: Sequence[str], keys: pa.Table) -> Iterator[pa.RecordBatch]:
        """Yield all rows: a zip has no other way to find some."""
        return self.batches(plan, columns=columns)

    def files(self, plan: TablePlan) -> dict[str, str]:
        """Return no files: a zip is delivered whole."""
        return {}

    @contextmanager
    def _open(self, plan: TablePlan) -> Iterator[tuple[_Rows, str]]:
        member = plan.member if "." in plan.member else plan.member + SUFFIX
        place = f"{self._path}!{member}"
        try:
            binary = self._archive.open(member)
        except KeyError:
            found = [n for n in self._archive.namelist() if n.endswith(SUFFIX)]
            raise ExtractError(
                f"source {self._source!r}, table {plan.name!r}: {self._path} has no member {member!r}; {nearest(member, found)}; "
                "deliver the file, or name the right one with 'member:'"
            ) from None
        except _BROKEN as error:
            raise ExtractError(f"{place}: cannot be read ({error}); deliver the zip again, without a password") from None
        with binary:
            try:
                yield _Rows(binary, place, plan.name), place
            except _BROKEN as error:
                raise ExtractError(f"{place}: the zip is damaged ({error}); deliver it again") from None


class _Rows:
    """The rows of one member, header first; ``line_num`` is the last line read."""

    def __init__(self, binary: IO[bytes], place: str, table: str) -> None:
        csv.field_size_limit(_LONGEST_FIELD)
        self._place = place
        self._reader = csv.reader(_lines(binary, place), delimiter=",", quotechar='"', doublequote=True, strict=True)
        self._header_read = False

    @property
    def line_num(self) -> int:
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        try:
            row = next(self._reader)
        except csv.Error as error:
            raise ExtractError(f"{self._place}:{self.line_num}: not valid CSV ({error}); write it with commas and double quotes") from None
        except StopIteration:
            if self._header_read:
                raise
            raise ExtractError(f"{self._place}:1: the file has no header line; its first line must name the columns") from None
        if not self._header_read:
            self._header_read = True
            twice = sorted({name for name in row if row.count(name) > 1})
            if twice:
                raise ExtractError(f"{self._place}:1: the column {twice[0]!r} stands twice in the header; rename one of them")
        return row


def _lines(binary: IO[bytes], place: str) -> Iterator[str]:
    """Yield the decoded lines one by one, so that a wrong byte can be told by its line."""
    for number, line in enumerate(binary, 1):
        if number == 1:
            line = line.removeprefix(_BYTE_ORDER_MARK)
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ExtractError(
                f"{place}:{number}: byte {error.start + 1} of the line (0x{line[error.start]:02x}) is not UTF-8; "
                "convert the file to UTF-8 first"
            ) from None


def _batch(rows: list[tuple[str | None, ...]], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(values, pa.string()) for values in zip(*rows, strict=True)], schema=schema)


@contextmanager
def open_zip(source: str, location: str) -> Iterator[ZipCsv]:
    """Open the zip at ``location`` for reading.

    Raises: ExtractError when there is no such file or it is not a zip.
    """
    path = Path(location).expanduser()
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError:
        raise ExtractError(f"source {source!r}: there is no file {path}; give the path of the zip") from None
    except zipfile.BadZipFile:
        raise ExtractError(f"source {source!r}: {path} is not a zip file; give the zip itself, whole, not a page or a folder") from None
    except OSError as error:
        raise ExtractError(f"source {source!r}: {path} cannot be read ({error.strerror}); check the path and its permissions") from None
    with archive:
        yield ZipCsv(source, path, archive)
