"""Reads the tables of an open database as Arrow batches of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import SQLAlchemyError

from policestats.errors import ExtractError, nearest
from policestats.landing.plan import TablePlan
from policestats.landing.postgres_stream import TEXT_SETTINGS, PostgresStream

BATCH_ROWS = 50_000
KEYS_PER_QUERY = 500  # under the limit of parameters of every database, with keys of several columns


class DatabaseReader:
    """An open connection inside its one transaction; any SQLAlchemy dialect.

    Columns are selected without their declared types: a date that does not exist arrives as it was written.
    """

    def __init__(self, source: str, shown: str, connection: sa.Connection) -> None:
        self._source, self._shown, self._connection = source, shown, connection

    def schema(self, plan: TablePlan) -> dict[str, str]:
        """Return the columns of the table (or view) with their declared types. Raises: ExtractError when there is no such table."""
        inspector = sa.inspect(self._connection)
        try:
            if inspector.has_table(plan.member):
                return {column["name"]: self._declared(column["type"]) for column in inspector.get_columns(plan.member)}
            known = [*inspector.get_table_names(), *inspector.get_view_names()]
        except SQLAlchemyError as error:
            raise self._unreadable(plan, error) from None
        raise ExtractError(
            f"source {self._source!r}, table {plan.name!r}: {self._shown} has no table or view {plan.member!r}; "
            f"{nearest(plan.member, known)}; create it, or correct the description of the source"
        )

    def batches(
        self, plan: TablePlan, *, columns: Sequence[str], since: str | None = None, file: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the table's rows as text; with ``since`` those whose cursor is null, or not below it.

        Raises: ExtractError when the database stops answering, the cursor cannot be compared, or a text is not UTF-8.
        """
        query = self._select(plan, columns)
        if since is not None:
            assert plan.cursor is not None
            cursor: sa.ColumnClause[Any] = sa.column(plan.cursor.column)
            query = query.where(sa.or_(cursor >= _untyped(since), cursor.is_(None)))
        yield from self._stream(plan, query, columns)

    def rows_of(self, plan: TablePlan, *, columns: Sequence[str], keys: pa.Table) -> Iterator[pa.RecordBatch]:
        """Yield the rows with one of the ``keys`` (columns of text), a few hundred keys at a time. Raises: ExtractError."""
        wanted = keys.select(list(plan.key)).combine_chunks()
        for start in range(0, wanted.num_rows, KEYS_PER_QUERY):
            chunk = wanted.slice(start, KEYS_PER_QUERY).to_pylist()
            yield from self._stream(plan, self._select(plan, columns).where(_any_of(plan.key, chunk)), columns)

    def files(self, plan: TablePlan) -> dict[str, str]:
        """Raise ExtractError: a database delivers no files."""
        raise ExtractError(
            f"source {self._source!r}, table {plan.name!r}: 'delivers: increments' is for files; give a database table a 'cursor'"
        )

    def close(self) -> None:
        """End what the reader itself opened."""

    def _select(self, plan: TablePlan, columns: Sequence[str]) -> sa.Select[Any]:
        return sa.select(*(self._shown_as(name) for name in columns)).select_from(sa.table(plan.member))

    def _shown_as(self, name: str) -> sa.ColumnElement[Any]:
        return sa.column(name)

    def _declared(self, type_: sa.types.TypeEngine[Any]) -> str:
        return "" if isinstance(type_, sa.types.NullType) else str(type_.compile(self._connection.dialect)).lower()

    def _stream(self, plan: TablePlan, query: sa.Select[Any], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        seen = 0
        schema = pa.schema([pa.field(name, pa.string()) for name in columns])
        try:
            options = {"stream_results": True, "max_row_buffer": BATCH_ROWS}
            with self._connection.execution_options(**options).execute(query) as result:
                for rows in result.partitions(BATCH_ROWS):
                    yield pa.RecordBatch.from_arrays([_as_text(values) for values in zip(*rows, strict=True)], schema=schema)
                    seen += len(rows)
        except SQLAlchemyError as error:
            raise self._unreadable(plan, error, seen) from None

    def _unreadable(self, plan: TablePlan, error: SQLAlchemyError, seen: int = 0) -> ExtractError:
        # the driver's own sentence may quote a value of a record, so only its kind is told
        kind = type(getattr(error, "orig", None) or error).__name__
        return unreadable(self._source, plan.name, self._shown, kind, seen)


class SqliteReader(DatabaseReader):
    """A SQLite file: text may be anything, so a text that is not UTF-8 is looked for once it has stopped the reading."""

    def _unreadable(self, plan: TablePlan, error: SQLAlchemyError, seen: int = 0) -> ExtractError:
        if "decode to UTF-8" in str(getattr(error, "orig", "")):
            return self._not_utf8(plan)
        return super()._unreadable(plan, error, seen)

    def _not_utf8(self, plan: TablePlan) -> ExtractError:
        columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in plan.reads]
        bytes_of = [sa.cast(column, sa.LargeBinary) for column in columns]
        is_text = [sa.func.typeof(column) == "text" for column in columns]
        query = sa.select(*bytes_of, *is_text).select_from(sa.table(plan.member))
        for number, row in enumerate(self._connection.execute(query), 1):
            for name, value, text in zip(plan.reads, row[: len(columns)], row[len(columns) :], strict=True):
                if not text:
                    continue
                try:
                    bytes(value).decode("utf-8")
                except UnicodeDecodeError as error:
                    return ExtractError(
                        f"source {self._source!r}, table {plan.name!r}: the text of column {name!r} in row {number} is not UTF-8 "
                        f"(byte 0x{error.object[error.start]:02x}); correct it in the source"
                    )
        return ExtractError(f"source {self._source!r}, table {plan.name!r}: a text is not UTF-8; correct it in the source")


class PostgresReader(DatabaseReader):
    """PostgreSQL: the server writes every value as text; long results come by columns, through ADBC, from the same snapshot."""

    def __init__(self, source: str, shown: str, connection: sa.Connection) -> None:
        super().__init__(source, shown, connection)
        self._columns_stream = PostgresStream.of_snapshot(connection)
        for setting in TEXT_SETTINGS:
            connection.exec_driver_sql(f"SET LOCAL {setting}")

    def close(self) -> None:
        """End the second connection."""
        if self._columns_stream is not None:
            self._columns_stream.close()

    def _shown_as(self, name: str) -> sa.ColumnElement[Any]:
        return sa.cast(sa.column(name), sa.Text).label(name)

    def _stream(self, plan: TablePlan, query: sa.Select[Any], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if self._columns_stream is None:
            yield from super()._stream(plan, query, columns)
            return
        # the dialect of no driver: one with %-parameters would double every per cent sign
        sql = str(query.compile(dialect=PGDialect(paramstyle="named"), compile_kwargs={"literal_binds": True}))
        yield from self._columns_stream.batches(sql, lambda kind, seen: unreadable(self._source, plan.name, self._shown, kind, seen))


def unreadable(source: str, table: str, shown: str, kind: str, seen: int) -> ExtractError:
    """Return the error of a table that stopped in the middle, or before the first row."""
    where = f"could not be read any further than {seen} rows" if seen else "could not be read"
    return ExtractError(
        f"source {source!r}, table {table!r}: {shown} {where} ({kind}); nothing was landed; check the connection and the rights of the account, "
        "and run again"
    )


class _Untyped(sa.types.UserDefinedType[str]):
    """A text that the database itself reads as a value of the type it is compared with."""

    cache_ok = True

    def literal_processor(self, dialect: sa.Dialect) -> Callable[[str], str]:
        return lambda value: "'" + value.replace("'", "''") + "'"


def _untyped(value: str) -> sa.BindParameter[Any]:
    return sa.bindparam(None, value, type_=_Untyped(), unique=True)


def _any_of(key: tuple[str, ...], rows: list[dict[str, str | None]]) -> sa.ColumnElement[bool]:
    """The condition that a row has one of the keys. Not every database knows lists of pairs: keys of several columns are joined with 'or'."""
    columns: dict[str, sa.ColumnClause[Any]] = {name: sa.column(name) for name in key}
    if len(key) == 1 and all(row[key[0]] is not None for row in rows):
        return columns[key[0]].in_([_untyped(str(row[key[0]])) for row in rows])

    def same(name: str, value: str | None) -> sa.ColumnElement[bool]:
        return columns[name].is_(None) if value is None else columns[name] == _untyped(value)

    return sa.or_(*(sa.and_(*(same(name, value) for name, value in row.items())) for row in rows))


def _as_text(values: Sequence[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):  # not all of them are text
        return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    """Return a value as text that reads back to the same value; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    return str(value)
