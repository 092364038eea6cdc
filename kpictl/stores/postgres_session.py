"""The store's connection: made as the engine's is, may write, and finds its tables in one schema."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.model.project import Connection

if TYPE_CHECKING:
    import psycopg

_STATEMENT_TIMEOUT = 300.0
# A client that is gone is noticed while its statement runs, too, and its lock with it.
_NOTICES = {"client_connection_check_interval": "2000", "tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10"}


def open_session(connection: Connection, root: Path, *, lock_timeout: float) -> tuple[psycopg.Connection[Any], str]:
    """Opens the connection of a store, and says its schema; raises psycopg.Error."""
    from dataclasses import replace

    import psycopg

    from kpictl.engines.postgres_session import connect, session

    options = connection.options
    named = {"application_name": f"kpictl process {os.getpid()} on {platform.node()}"[:63], **options}
    timeout = float(str(options.get("statement_timeout") or _STATEMENT_TIMEOUT))
    opened = connect(replace(connection, options=named), root, session(timeout, max(0.001, lock_timeout)))
    try:
        opened.read_only = None
        opened.autocommit = True
        for name, value in _NOTICES.items():
            try:
                opened.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
            except psycopg.Error:
                continue  # an older server, or a platform that cannot look
        path = _path(opened, options.get("schema"), connection.type)
        quoted = ", ".join('"' + name.replace('"', '""') + '"' for name in path)
        opened.execute("SELECT pg_catalog.set_config('search_path', %s, false)", (quoted,))
    except BaseException:
        opened.close()
        raise
    return opened, path[0]


def _path(opened: psycopg.Connection[Any], schema: object, kind: str) -> list[str]:
    """The schema of the store, and for TimescaleDB where its functions stand."""
    row = opened.execute("SELECT pg_catalog.current_schemas(false)").fetchone()
    there = [name for name in (row[0] if row else []) if name != "pg_catalog"]
    first = str(schema) if schema is not None else (there[0] if there else "public")
    if kind != "timescale":
        return [first]
    found = opened.execute(
        "SELECT nspname FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace "
        "WHERE extname = 'timescaledb'"
    ).fetchone()
    return list(dict.fromkeys([first, found[0] if found else "public"]))
