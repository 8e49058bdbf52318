"""Opens a source that is a database: any SQLAlchemy address, or the path of a SQLite file. Read-only, one transaction, one snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from policestats.errors import ExtractError
from policestats.landing.database_reader import DatabaseReader, PostgresReader, SqliteReader
from policestats.landing.postgres_stream import LIBPQ_DRIVERS

READERS: dict[str, type[DatabaseReader]] = {"sqlite": SqliteReader, "postgresql": PostgresReader}
_SNAPSHOTS = ("REPEATABLE READ", "SERIALIZABLE")


@contextmanager
def open_database(source: str, location: str) -> Iterator[DatabaseReader]:
    """Open the database at ``location`` (URL or path of a SQLite file) for reading.

    Everything is read inside one transaction, so that all tables are of one moment where the database can give that (PostgreSQL: REPEATABLE
    READ; SQLite: a deferred transaction).

    Raises: ExtractError when it is not there, not a database, or its driver is not installed.
    """
    shown = without_password(location)
    engine = _engine(source, location, shown)
    try:
        with _connected(engine, source, shown) as reader:
            yield reader
    finally:
        engine.dispose()


def without_password(location: str) -> str:
    """Return ``location`` as it may be shown and kept: a URL loses its password and its options, a path stays."""
    if "://" not in location:
        return location
    try:
        url = sa.make_url(location).set(query={})
    except (ArgumentError, ValueError):
        url = None
    # a password with a plain @ goes on in what is taken for the host or the database
    if url is None or (url.password is not None and "@" in f"{url.host}{url.database}"):
        return f"{location.split('://', 1)[0]}://***"
    return url.render_as_string(hide_password=True)


@contextmanager
def _connected(engine: sa.Engine, source: str, shown: str) -> Iterator[DatabaseReader]:
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise _not_reached(engine, source, shown, error) from None
    try:
        try:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # the driver opens none for reading; without it every table would be another moment
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
            reader = READERS.get(engine.dialect.name, DatabaseReader)(source, shown, connection)
        except SQLAlchemyError as error:
            raise _not_reached(engine, source, shown, error) from None
        try:
            yield reader
        finally:
            reader.close()
    finally:
        with suppress(SQLAlchemyError):  # nothing was written: a connection that is lost already ends as well as one that is closed
            connection.close()


def _not_reached(engine: sa.Engine, source: str, shown: str, error: SQLAlchemyError) -> ExtractError:
    cause = getattr(error, "orig", None) or error
    if engine.dialect.name == "sqlite":
        return ExtractError(f"source {source!r}: {shown} is not a database that can be opened ({type(cause).__name__}); check the path")
    # no record was read yet: what the server says of the connection holds no value of a record, and never the password
    said = " ".join(str(cause).split())
    secret = engine.url.password
    if secret:
        said = said.replace(str(secret), "***")
    return ExtractError(f"source {source!r}: {shown} cannot be reached ({said[:300]}); check the address, the account and its rights")


def _engine(source: str, location: str, shown: str) -> sa.Engine:
    if "://" not in location:
        return _sqlite(source, Path(location).expanduser())
    try:
        url = sa.make_url(location)
        if url.password is not None and "@" in f"{url.host}{url.database}":  # the driver's error would tell the rest of it
            raise ExtractError(f"source {source!r}: {shown} has more than one @; write an @ in a password as %40")
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            return _sqlite(source, Path(str(url.database)))
        # a database without an encoding of its own would else give text as bytes
        arguments = (
            {"client_encoding": "utf8"} if url.get_backend_name() == "postgresql" and url.get_dialect().driver in LIBPQ_DRIVERS else {}
        )
        engine = sa.create_engine(url, connect_args=arguments)
    except (NoSuchModuleError, ImportError) as error:
        raise ExtractError(f"source {source!r}: {shown} needs a driver that is not installed ({error}); install it") from None
    except (ArgumentError, ValueError):
        raise ExtractError(
            f"source {source!r}: {shown} is not a database address; write dialect://user@host/database or the path of a SQLite file"
        ) from None
    options: dict[str, Any] = {f"{engine.dialect.name}_readonly": True}
    try:
        with engine.connect() as connection:
            levels = engine.dialect.get_isolation_level_values(connection.connection.dbapi_connection)  # type: ignore[arg-type]
    except NotImplementedError:  # the dialect knows no isolation levels: its default must do
        return engine
    except SQLAlchemyError as error:
        raise _not_reached(engine, source, shown, error) from None
    snapshot = next((level for level in _SNAPSHOTS if level in levels), None)
    if snapshot is not None:
        options["isolation_level"] = snapshot
    return engine.execution_options(**options)


def _sqlite(source: str, path: Path) -> sa.Engine:
    """Open read-only by URI: a missing file is an error (SQLite would make an empty one), and nothing can be written."""
    if not path.is_file():
        raise ExtractError(f"source {source!r}: there is no file {path}; give the path of the SQLite file, or a database URL")
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True, isolation_level=None), poolclass=sa.pool.NullPool)
