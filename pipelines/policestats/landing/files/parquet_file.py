"""Reads one Parquet file: the wanted columns only, a row group after the other, in the types the file has them in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from policestats.errors import ExtractError
from policestats.landing.files.place import reason
from policestats.landing.files.source_file import SourceFile
from policestats.landing.files.zipped import DAMAGED

BATCH_ROWS = 65_536
_FAULTS = (pa.ArrowException, OSError, *DAMAGED)


def types(file: SourceFile) -> dict[str, pa.DataType]:
    """Return the columns of the file with the types they land in; texts of any encoding are strings.

    Raises: ExtractError when the file is no Parquet, is damaged, or has a column twice.
    """
    with _open(file) as parquet:
        schema = parquet.schema_arrow
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise file.fault(f"the column {twice[0]!r} stands twice; rename one of them")
    return {field.name: _landed(field.type) for field in schema}


def batches(file: SourceFile, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of the ``wanted`` columns.

    Raises: ExtractError naming the column that holds lists or records, or the row group that cannot be read.
    """
    found = types(file)
    for name in wanted:
        if pa.types.is_nested(found[name]):
            raise file.fault(f"it holds {found[name]} and no single values; deliver one column for each value", f"column {name!r}")
    schema = pa.schema([pa.field(name, found[name]) for name in wanted])
    with _open(file) as parquet:
        for group in range(parquet.num_row_groups):
            try:
                for batch in parquet.iter_batches(BATCH_ROWS, row_groups=[group], columns=list(wanted)):
                    yield batch.select(list(wanted)).cast(schema)
            except _FAULTS as error:
                raise _told(
                    file, error, "it cannot be read: it is damaged, or holds bytes that are no text; deliver the file again", group
                ) from None


@contextmanager
def _open(file: SourceFile) -> Iterator[Any]:
    with file.open() as binary:
        try:
            parquet = pq.ParquetFile(binary)
        except _FAULTS as error:
            raise _told(file, error, "it is not a Parquet file that can be read, or is damaged; deliver it again, whole") from None
        with parquet:
            yield parquet


def _told(file: SourceFile, error: Exception, what: str, group: int | None = None) -> ExtractError:
    """Return the error ``what`` when the content is at fault, else that of the place: the system, the zip or the store."""
    if isinstance(error, pa.ArrowException) or (isinstance(error, OSError) and reason(error) == type(error).__name__):
        return file.fault(what, f"row group {group}" if group is not None else "")
    return file.unreadable(error)


def _landed(type_: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(type_):
        return _landed(type_.value_type)
    is_text = pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    is_bytes = pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_binary_view(type_)
    return pa.string() if is_text or is_bytes or pa.types.is_null(type_) else type_
