"""Where a source is, as a connection of the scheduler says it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

_DIALECTS = {"postgres": "postgresql"}  # where Airflow's word is not SQLAlchemy's
_SCHEME = "sqlalchemy_scheme"


def location_of(connection_id: str) -> str | None:
    """Return the location that Airflow's connection names; None when there is no such connection.

    Looked up where Airflow keeps connections: a secrets backend, $AIRFLOW_CONN_<ID>, its database. A connection of type ``fs`` is its
    ``path``; of type ``sqlite`` the file in its host; an extra ``location`` stands for itself (an s3:// prefix, say); any other is a database
    address: type, login, password, host, port, schema, with its extras as options of the driver.
    """
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = Connection.get(connection_id)
    except AirflowNotFoundException:
        return None
    extra: dict[str, Any] = connection.extra_dejson
    if "location" in extra:
        return str(extra["location"])
    if connection.conn_type == "fs":
        return str(extra.get("path") or connection.host)
    if connection.conn_type == "sqlite":
        return str(connection.host)
    address = sa.URL.create(
        str(extra.get(_SCHEME) or _DIALECTS.get(connection.conn_type, connection.conn_type)),
        username=connection.login or None,
        password=connection.password or None,
        host=connection.host or None,
        port=connection.port,
        database=connection.schema or None,
        query={name: str(value) for name, value in extra.items() if name != _SCHEME and not isinstance(value, dict | list)},
    )
    return address.render_as_string(hide_password=False)
