"""Reads a source that is a database: any SQLAlchemy URL, or the path of a SQLite file. Read-only, one transaction, one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from policestats.errors import ExtractError, nearest
from policestats.landing.identity import Row
from policestats.landing.plan import TablePlan

_SNAPSHOTS = ("REPEATABLE READ", "SERIALIZABLE")


class Database:
    """An open connection inside its one transaction."""

    def __init__(self, source: str, shown: str, connection: sa.Connection) -> None:
        self._source, self._shown, self._connection = source, shown, connection

    def columns(self, plan: TablePlan) -> list[str]:
        """Return the names of the table's (or view's) columns. Raises: ExtractError when there is no such table."""
        inspector = sa.inspect(self._connection)
        try:
            if inspector.has_table(plan.member):
                return [column["name"] for column in inspector.get_columns(plan.member)]
            known = [*inspector.get_table_names(), *inspector.get_view_names()]
        except SQLAlchemyError as error:
            raise self._unreadable(plan.name, error) from None
        raise ExtractError(
            f"source {self._source!r}, table {plan.name!r}: {self._shown} has no table or view {plan.member!r}; "
            f"{nearest(plan.member, known)}; create it, or correct the description of the source"
        )

    def batches(self, plan: TablePlan, size: int) -> Iterator[list[Row]]:
        """Yield rows of ``plan.reads`` as text, ``size`` at a time.

        The columns are selected without their declared types: a date that does not exist arrives as it was written.

        Raises: ExtractError when the database stops answering or a text is not UTF-8.
        """
        columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in plan.reads]
        query = sa.select(*columns).select_from(sa.table(plan.member))
        seen = 0
        try:
            result = self._connection.execution_options(stream_results=True, max_row_buffer=size).execute(query)
            for batch in result.partitions(size):
                yield [tuple([_text(value) for value in row]) for row in batch]
                seen += len(batch)
        except UnicodeDecodeError as error:
            raise ExtractError(
                f"source {self._source!r}, table {plan.name!r}: a text after row {seen} is not UTF-8 "
                f"(byte 0x{error.object[error.start]:02x}); correct it in the source"
            ) from None
        except SQLAlchemyError as error:
            raise self._unreadable(plan.name, error) from None

    def _unreadable(self, table: str, error: SQLAlchemyError) -> ExtractError:
        # the driver's own sentence may quote a value of a record, so only its kind is told
        return ExtractError(
            f"source {self._source!r}, table {table!r}: {self._shown} could not be read ({_kind(error)}); check the rights of the account"
        )


@contextmanager
def open_database(source: str, location: str) -> Iterator[Database]:
    """Open the database at ``location`` (URL or path of a SQLite file) for reading.

    Raises: ExtractError when it is not there, not a database, or its driver is not installed.
    """
    shown = without_password(location)
    engine = _engine(source, location, shown)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # the driver opens none for reading; without it every table would be another moment
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
            yield Database(source, shown, connection)
    except SQLAlchemyError as error:
        raise ExtractError(
            f"source {source!r}: {shown} is not a database that can be opened ({_kind(error)}); check the address and the account"
        ) from None
    finally:
        engine.dispose()


def without_password(location: str) -> str:
    """Return ``location`` as it may be shown and kept: a URL loses its password and its options, a path stays."""
    if "://" not in location:
        return location
    try:
        return sa.make_url(location).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return f"{location.split('://', 1)[0]}://***"


def _engine(source: str, location: str, shown: str) -> sa.Engine:
    if "://" not in location:
        return _sqlite(source, Path(location).expanduser())
    try:
        url = sa.make_url(location)
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            return _sqlite(source, Path(str(url.database)))
        engine = sa.create_engine(url)
        options: dict[str, Any] = {f"{engine.dialect.name}_readonly": True}
        with engine.connect() as connection:
            levels = engine.dialect.get_isolation_level_values(connection.connection.dbapi_connection)  # type: ignore[arg-type]
        snapshot = next((level for level in _SNAPSHOTS if level in levels), None)
        if snapshot is not None:
            options["isolation_level"] = snapshot
        return engine.execution_options(**options)
    except NotImplementedError:  # the dialect knows no isolation levels: its default must do
        return sa.create_engine(location)
    except (NoSuchModuleError, ImportError) as error:
        raise ExtractError(f"source {source!r}: {shown} needs a driver that is not installed ({error}); install it") from None
    except (ArgumentError, ValueError):
        raise ExtractError(
            f"source {source!r}: {shown} is not a database address; write dialect://user@host/database or the path of a SQLite file"
        ) from None
    except SQLAlchemyError as error:
        raise ExtractError(f"source {source!r}: {shown} cannot be reached ({_kind(error)}); check the address and the account") from None


def _sqlite(source: str, path: Path) -> sa.Engine:
    """Open read-only by URI: a missing file is an error (SQLite would make an empty one), and nothing can be written."""
    if not path.is_file():
        raise ExtractError(f"source {source!r}: there is no file {path}; give the path of the SQLite file, or a database URL")
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
        connection.text_factory = lambda raw: raw.decode("utf-8")  # the built-in factory would quote the value in its error
        return connection

    return sa.create_engine("sqlite://", creator=connect, poolclass=sa.pool.NullPool)


def _kind(error: SQLAlchemyError) -> str:
    return type(getattr(error, "orig", None) or error).__name__


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
