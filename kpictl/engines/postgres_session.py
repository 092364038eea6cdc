"""One connection to PostgreSQL: how it is made, what holds in it whatever the server's defaults are, and its values.

Every statement runs in a read-only transaction that is rolled back. libpq's rules hold for TLS: `sslmode` and the
certificates are handed over as they are written (https://www.postgresql.org/docs/current/libpq-ssl.html).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql as compose
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader

from kpictl.model.project import Connection

CONNECT_TIMEOUT = 10.0
_KEYS = {
    "host": "host",
    "port": "port",
    "user": "user",
    "password": "password",
    "pass": "password",
    "dbname": "dbname",
    "database": "dbname",
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "sslcert": "sslcert",
    "sslkey": "sslkey",
    "keepalives_idle": "keepalives_idle",
    "application_name": "application_name",
}
_FILES = ("sslrootcert", "sslcert", "sslkey")
# What a session may have by its server, database or role, and what compiled SQL must never depend on.
_SESSION = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "standard_conforming_strings": "on",
    "extra_float_digits": "1",
    "transform_null_equals": "off",
    "array_nulls": "on",
    "timezone_abbreviations": "Default",
    "default_transaction_isolation": "repeatable read",
    # A cursor is read to its end; by default the planner takes it that a tenth is.
    "cursor_tuple_fraction": "1",
    # Compiling the 150 expressions of a shared scan took 1.0 s where the scan took 0.7 (PostgreSQL 15, 400,000 rows).
    "jit": "off",
}


def session(statement_timeout: float, lock_timeout: float) -> dict[str, str]:
    """Settings of a session, with its limits in seconds."""
    return {
        **_SESSION,
        "statement_timeout": f"{max(1, round(statement_timeout * 1000))}",
        "lock_timeout": f"{max(1, round(lock_timeout * 1000))}",
        "idle_in_transaction_session_timeout": "0",
    }


def connect(connection: Connection, root: Path, settings: Mapping[str, str]) -> psycopg.Connection[Any]:
    """Opens the connection and makes its session safe: read-only, with these settings; raises psycopg.Error."""
    opened = psycopg.connect(_dsn(connection.options), **_keywords(connection, root))
    try:
        opened.read_only = True
        _prepare(opened, connection.options, settings)
        _load_values(opened)
    except BaseException:
        opened.close()
        raise
    return opened


def _dsn(options: Mapping[str, object]) -> str:
    return next((str(options[key]) for key in ("dsn", "uri", "url") if options.get(key)), "")


def _keywords(connection: Connection, root: Path) -> dict[str, Any]:
    options = connection.options
    found: dict[str, Any] = {"application_name": "kpictl", "client_encoding": "UTF8"}
    found |= {_KEYS[key]: str(value) for key, value in options.items() if key in _KEYS and value is not None}
    for key in _FILES:
        if key in found and found[key] != "system":
            found[key] = str(root / found[key])
    more = options.get("options")
    if isinstance(more, Mapping):
        found |= {str(key): str(value) for key, value in more.items()}
    elif more is not None:
        found["options"] = str(more)
    found["connect_timeout"] = max(2, round(float(str(options.get("connect_timeout", CONNECT_TIMEOUT)))))
    return found


def _prepare(opened: psycopg.Connection[Any], options: Mapping[str, object], settings: Mapping[str, str]) -> None:
    role = options.get("role")
    if role is not None:
        opened.execute(compose.SQL("SET ROLE {}").format(compose.Identifier(str(role))))
    for name, value in settings.items():
        opened.execute("SELECT pg_catalog.set_config(%s, %s, false)", (name, value))
    # Functions are looked up in pg_catalog first, or another schema's could stand in for them.
    asked = [name.strip().strip('"') for name in str(options.get("search_path") or "").split(",") if name.strip()]
    first = [str(options["schema"])] if options.get("schema") is not None else []
    schemas = [*first, *(name for name in asked if name not in (*first, "pg_catalog"))] or _schemas(opened)
    path = ", ".join('"' + name.replace('"', '""') + '"' for name in ("pg_catalog", *schemas))
    opened.execute("SELECT pg_catalog.set_config('search_path', %s, false)", (path,))
    opened.commit()


def _schemas(opened: psycopg.Connection[Any]) -> list[str]:
    (found,) = opened.execute("SELECT pg_catalog.current_schemas(false)").fetchone() or ([],)
    return [name for name in found if name != "pg_catalog"]


class _AsText:
    """A time, or as text what none of Python can be: infinity, the years before Christ and after 9999."""

    def load(self, data: Any) -> Any:
        try:
            return super().load(data)  # type: ignore[misc]
        except psycopg.DataError:
            return bytes(data).decode()


class _Date(_AsText, DateLoader):
    pass


class _Timestamp(_AsText, TimestampLoader):
    pass


class _Timestamptz(_AsText, TimestamptzLoader):
    pass


def _load_values(opened: psycopg.Connection[Any]) -> None:
    """Types that Python would change stay texts: an interval has months, a document numbers of any length."""
    for name in ("json", "jsonb", "interval", "uuid", "timetz", "bytea", "inet", "cidr"):
        opened.adapters.register_loader(name, TextLoader)
    opened.adapters.register_loader("date", _Date)
    opened.adapters.register_loader("timestamp", _Timestamp)
    opened.adapters.register_loader("timestamptz", _Timestamptz)
