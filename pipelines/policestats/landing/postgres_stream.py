"""Streams long results of PostgreSQL by columns through ADBC, from the very snapshot in which a SQLAlchemy connection reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_postgresql import dbapi
from psycopg import Error as PsycopgError
from psycopg.conninfo import make_conninfo
from sqlalchemy.exc import SQLAlchemyError

from policestats.errors import ExtractError

#: values are read as the server writes them: these settings make that writing the same for every account and place
TEXT_SETTINGS = ("TimeZone = 'UTC'", "DateStyle = 'ISO'", "IntervalStyle = 'iso_8601'", "client_encoding = 'UTF8'", "bytea_output = 'hex'")
_DRIVERS = ("psycopg", "psycopg2")  # their addresses are libpq's own, as ADBC's are


class PostgresStream:
    """A second connection, inside the snapshot of the first."""

    def __init__(self, connection: dbapi.Connection) -> None:
        self._connection = connection

    @classmethod
    def of_snapshot(cls, connection: sa.Connection) -> PostgresStream | None:
        """Return a stream that sees what ``connection`` sees; None where the server shares no snapshot (a standby, a pool in between).

        ``connection`` has read nothing yet: where the server refuses, its transaction is begun again.
        """
        if connection.dialect.driver not in _DRIVERS:
            return None
        _, parameters = connection.dialect.create_connect_args(connection.engine.url)
        try:
            address = make_conninfo(**{name: str(value) for name, value in parameters.items() if isinstance(value, str | int)})
        except PsycopgError:  # the address names what only its own driver knows
            return None
        try:
            snapshot = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
        except SQLAlchemyError:
            connection.rollback()
            return None
        try:
            second = dbapi.connect(address)
        except AdbcError:
            return None
        try:
            with second.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
                for setting in TEXT_SETTINGS:
                    cursor.execute(f"SET LOCAL {setting}")
        except AdbcError:
            second.close()
            return None
        return cls(second)

    def close(self) -> None:
        """End the second connection."""
        self._connection.close()

    def batches(self, sql: str, unreadable: Callable[[str, int], ExtractError]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of ``sql``, whose columns are all text, in batches of some 16 MiB.

        Raises: ``unreadable(kind of error, rows read so far)`` when the server stops answering or a text is not UTF-8.
        """
        seen = 0
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql)
                for batch in cursor.fetch_record_batch():
                    batch.validate(full=True)  # a database without an encoding gives any bytes as text
                    yield batch
                    seen += batch.num_rows
        except pa.ArrowInvalid:
            raise unreadable("a text is not UTF-8; correct it in the source", seen) from None
        except (AdbcError, pa.ArrowException, OSError) as error:
            # the driver's own sentence may quote a value of a record, so only its kind is told
            raise unreadable(f"{type(error).__name__}{_state(error)}", seen) from None


def _state(error: Exception) -> str:
    state = getattr(error, "sqlstate", None)
    return f", SQLSTATE {state}" if state else ""
