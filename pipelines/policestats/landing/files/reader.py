"""The reader of sources of kind ``files``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase

import pyarrow as pa

from policestats.errors import ExtractError, nearest
from policestats.landing.files import csv_file, parquet_file, xlsx_file
from policestats.landing.files.layout import CSV, FORMATS, PARQUET, Layout, layout_of, suffix
from policestats.landing.files.place import Folder, Place, find_place, reason
from policestats.landing.files.source_file import SourceFile
from policestats.landing.files.zipped import is_zip, open_zip
from policestats.landing.plan import TablePlan

_TEXT = "text"  # every column of CSV and XLSX


class FileReader:
    """An open place of files. A table is one file, or all files that match its name; all of these have the same columns."""

    def __init__(self, source: str, place: Place) -> None:
        self._source, self._place = source, place
        self._found: dict[str, tuple[Layout, list[SourceFile], str]] = {}
        self._checked: dict[str, dict[str, str]] = {}
        self._hashes: dict[str, dict[str, str]] = {}

    def schema(self, plan: TablePlan) -> dict[str, str]:
        """Return the columns of the table's files, in the order of the first one, with their types: text, or the Arrow type in Parquet.

        Of a table that is delivered in increments they are the columns of the last file.

        Raises: ExtractError when a file is missing, cannot be read, or has other columns than the first one.
        """
        if plan.name not in self._checked:
            layout, files, format_ = self._files(plan)
            if plan.delivers == "increments":  # the last one counts: earlier ones may have landed long ago, in another shape
                self._checked[plan.name] = _columns(files[-1], layout, format_)
            else:
                self._checked[plan.name] = first = _columns(files[0], layout, format_)
                for file in files[1:]:
                    _refuse_other_columns(files[0], first, file, _columns(file, layout, format_))
        return dict(self._checked[plan.name])

    def batches(
        self, plan: TablePlan, *, columns: Sequence[str], since: str | None = None, file: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the table's files in order of their names (or of the one named ``file``); ``since`` leaves nothing out.

        Raises: ExtractError naming file and line (sheet and row, row group) of what cannot be read, and a file written meanwhile.
        """
        layout, files, format_ = self._files(plan)
        for found in files:
            if file is None or found.name == file:
                if file is not None:
                    _refuse_missing_columns(found, columns, _columns(found, layout, format_))
                yield from _rows(found, layout, format_, columns)
                found.refuse_change()

    def rows_of(self, plan: TablePlan, *, columns: Sequence[str], keys: pa.Table) -> Iterator[pa.RecordBatch]:
        """Raise ExtractError: files give all their rows, and nobody asks them for some."""
        raise ExtractError(f"source {self._source!r}, table {plan.name!r}: records of files are not read by key; read the table whole")

    def files(self, plan: TablePlan) -> dict[str, str]:
        """Return the names of the table's files, in order, each with the SHA-256 of its content.

        Raises: ExtractError when one cannot be read.
        """
        if plan.name not in self._hashes:  # every byte is read: once is enough
            self._hashes[plan.name] = {file.name: file.content_hash() for file in self._files(plan)[1]}
        return dict(self._hashes[plan.name])

    def _files(self, plan: TablePlan) -> tuple[Layout, list[SourceFile], str]:
        """Find the files of a table, once: names, sizes and times of change are those of this moment."""
        if plan.name not in self._found:
            layout = layout_of(self._source, plan)
            asked = f"source {self._source!r}, table {plan.name!r}"
            try:
                names = self._names(plan, layout)
                files = [SourceFile(self._source, plan.name, self._place, name, self._place.stamp(name)) for name in names]
            except OSError as error:
                raise ExtractError(
                    f"{asked}: {self._place.shown} cannot be listed ({reason(error)}); check the permissions and the connection"
                ) from None
            formats = {layout.format_of(name, asked) for name in names}
            if len(formats) > 1:
                raise ExtractError(
                    f"{asked}: {self._place.shown} has it in several formats ({', '.join(names)}); "
                    "keep one of them, or name the right one with 'file:'"
                )
            self._found[plan.name] = layout, files, formats.pop()
        return self._found[plan.name]

    def _names(self, plan: TablePlan, layout: Layout) -> list[str]:
        only = self._place.only
        if only is not None and (not layout.is_named or fnmatchcase(only, layout.pattern)):
            return [only]
        names = self._place.names(layout.pattern)
        if not layout.is_named:
            wanted_formats = set(FORMATS.values()) if layout.format is None else {layout.format}
            names = [name for name in names if FORMATS.get(suffix(name)) in wanted_formats]
        if not names:
            wanted = layout.pattern if layout.is_named else f"{plan.member}.{layout.format or CSV}"
            beside = [only] if only is not None else self._place.names("*")
            raise ExtractError(
                f"source {self._source!r}, table {plan.name!r}: {self._place.shown} has no file {wanted!r}; {nearest(wanted, beside)}; "
                "deliver the file, or name the right one with 'file:'"
            )
        return names


@contextmanager
def open_files(source: str, location: str) -> Iterator[FileReader]:
    """Open the folder, file or zip at ``location``, a path or ``s3://bucket/prefix``.

    Raises: ExtractError when there is nothing, it cannot be reached, or a zip is none.
    """
    place = find_place(source, location)
    if isinstance(place, Folder):
        yield FileReader(source, place)
        return
    try:
        zipped = is_zip(place)
    except OSError as error:
        raise ExtractError(f"source {source!r}: {place.shown} cannot be read ({reason(error)}); check its permissions") from None
    if not zipped:
        yield FileReader(source, place)
        return
    with open_zip(source, place) as archive:
        yield FileReader(source, archive)


def _columns(file: SourceFile, layout: Layout, format_: str) -> dict[str, str]:
    if format_ == PARQUET:
        return {name: str(type_) for name, type_ in parquet_file.types(file).items()}
    names = csv_file.columns(file, layout) if format_ == CSV else xlsx_file.columns(file, layout)
    return dict.fromkeys(names, _TEXT)


def _rows(file: SourceFile, layout: Layout, format_: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if format_ == PARQUET:
        return parquet_file.batches(file, columns)
    return csv_file.batches(file, layout, columns) if format_ == CSV else xlsx_file.batches(file, layout, columns)


def _refuse_missing_columns(file: SourceFile, wanted: Sequence[str], found: dict[str, str]) -> None:
    missing = [name for name in wanted if name not in found]
    if missing:
        raise file.fault(f"the column {missing[0]!r} is missing; found: {', '.join(found)}; deliver the file again with this column")


def _refuse_other_columns(first: SourceFile, wanted: dict[str, str], file: SourceFile, found: dict[str, str]) -> None:
    for name in [*wanted, *found]:
        if wanted.get(name) != found.get(name):
            there = "has not" if name not in found else "has" if name not in wanted else f"has as {found[name]}, not {wanted[name]}"
            raise file.fault(
                f"the column {name!r}, which {first.name} {'has' if name in wanted else 'has not'}, this file {there}; "
                "all files of a table have the same columns: deliver it again"
            )
