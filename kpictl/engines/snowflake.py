"""Snowflake, asked by EXPLAIN: `check --live`, `sources import` and `debug`; no query runs there.

EXPLAIN "compiles the SQL statement, but does not execute it, so EXPLAIN does not require a running warehouse"
(docs.snowflake.com/en/sql-reference/sql/explain); neither does what else is asked here. The driver is
snowflake-connector-python, an extra. Each statement is explained under the session parameters that it was compiled for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from kpictl.diagnostics import Refused
from kpictl.engines.asked import AskedSession, one_line
from kpictl.engines.engine import EngineColumn, Fault, Rejected, offset_of
from kpictl.engines.findings import QueryFailed
from kpictl.engines.postgres_text import sent
from kpictl.engines.watched import Overdue, watched
from kpictl.model import types
from kpictl.model.project import Connection
from kpictl.model.types import Kind, Type
from kpictl.plan.compiled import Statement
from kpictl.project.secrets import redact

_T = TypeVar("_T")
_GRACE = 2.0
_EXPLAIN = "EXPLAIN USING TEXT\n"
_PLACE = re.compile(r"(?:error )?line (\d+) at position (\d+)")
_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*")
_NATIVE = re.compile(r"(\w+)(?:\((\d+)(?:,\s*(\d+))?\))?.*", re.DOTALL)
_TYPES: Mapping[str, Type] = {
    "BOOLEAN": types.BOOLEAN,
    "FLOAT": types.DOUBLE,
    **dict.fromkeys(("VARCHAR", "CHAR", "STRING", "TEXT"), types.TEXT),
    "DATE": types.DATE,
    "TIME": types.TIME,
    "TIMESTAMP_NTZ": types.TIMESTAMP,
    **dict.fromkeys(("TIMESTAMP_LTZ", "TIMESTAMP_TZ"), types.TIMESTAMPTZ),
    **dict.fromkeys(("VARIANT", "OBJECT"), types.JSON),
}
_PASSED = ("user", "password", "role", "warehouse", "database", "schema", "authenticator", "token", "host", "protocol")
"""Keys that are the driver's own."""
_FAULTS = (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What the driver lets through where it reads what is no answer, no key or no number."""
_OUR_FAULT = ("42", "22", "0A")
"""Classes of SQLSTATE that speak of the statement: syntax, names and permissions; data; features."""


class SnowflakeCatalogue(AskedSession):
    """An open session; use `open_snowflake`."""

    dialect = "snowflake"
    title = "Snowflake"

    def __init__(self, connection: Connection, root: Path) -> None:
        super().__init__(connection)
        self._settings: dict[str, str] = {}
        self._session: Any = None
        try:
            import snowflake.connector  # noqa: F401
        except ImportError:
            raise self._cannot("its driver is not installed: pip install 'kpictl[snowflake]'") from None
        self._session = self._asked(lambda: self._made(root))

    def explain(self, statement: Statement, values: Mapping[str, datetime]) -> None:
        """Has Snowflake compile the statement; raises `Rejected` with the place that it told."""
        changed = {key: value for key, value in statement.settings.items() if self._settings.get(key) != value}
        if changed:
            given = " ".join(f"{key} = {_setting(value)}" for key, value in sorted(changed.items()))
            self._rows(f"ALTER SESSION SET {given}")
            self._settings |= changed
        text = sent(statement, values, inline=True)
        try:
            self._rows(_EXPLAIN + text.sql)
        except Rejected as rejected:
            message = rejected.fault.message
            place = _PLACE.search(message)
            at = None if place is None else offset_of(text.sql, int(place[1]) - 1, int(place[2]) + 1)
            words = _PLACE.sub("", message, count=1) if place is not None else message
            words = " ".join(words.removeprefix("SQL compilation error:").split()).lstrip(": ")
            offset = None if at is None else text.compiled_offset(at)
            found = QueryFailed.at(None, self._said(words))
            raise Rejected(found, Fault(message=words, offset=offset)) from None

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a table or view (`t`, `schema.t`, `database.schema.t`); names in capitals come in small letters."""
        found = self._rows(f"DESCRIBE TABLE {_relation(relation)}")
        return tuple(_column(str(row[0]), str(row[1])) for row in found)

    def relations(self) -> tuple[str, ...]:
        """Tables and views of the schema that the session is in."""
        found = self._asked(lambda: self._fetched("SHOW TERSE OBJECTS", named=True))
        return tuple(sorted(_small(str(row["name"])) for row in found))

    def version(self) -> str:
        (told,) = self._rows("SELECT CURRENT_VERSION()")[0]
        return f"Snowflake {told}"

    def close(self) -> None:
        """Ends the session; one that does not answer is left to its own timeout."""
        if self._session is not None:
            session, self._session = self._session, None
            try:
                watched(session.close, seconds=_GRACE, stop=lambda: None, patience=0)
            except (Overdue, *_FAULTS):
                return

    # -- one request

    def _made(self, root: Path) -> Any:
        import snowflake.connector

        options = self._options
        given: dict[str, Any] = {key: str(options[key]) for key in _PASSED if key in options}
        if "account" not in options:
            raise ValueError("it has no `account:`")
        if "port" in options:
            given["port"] = options["port"]
        if "private_key_path" in options:
            given["private_key_file"] = str(root / str(options["private_key_path"]))
            if "private_key_passphrase" in options:
                given["private_key_file_pwd"] = str(options["private_key_passphrase"])
        elif "private_key" in options:
            given["private_key"] = _key(str(options["private_key"]), options.get("private_key_passphrase"))
        if "private_key" in given or "private_key_file" in given:
            given.setdefault("authenticator", "SNOWFLAKE_JWT")
        elif "token" in options:
            given.setdefault("authenticator", "oauth")
        seconds = max(1, round(self._timeout))
        return snowflake.connector.connect(
            account=str(options["account"]),
            application="kpictl",
            login_timeout=seconds,
            **_limits(snowflake.connector.__version__, seconds),
            session_parameters={"STATEMENT_TIMEOUT_IN_SECONDS": seconds},
            **given,
        )

    def _rows(self, text: str) -> list[Any]:
        return self._asked(lambda: self._fetched(text))

    def _fetched(self, text: str, named: bool = False) -> list[Any]:
        from snowflake.connector import DictCursor
        from snowflake.connector.cursor import SnowflakeCursor

        with self._session.cursor(DictCursor if named else SnowflakeCursor) as cursor:
            cursor.execute(text)
            return list(cursor.fetchall())

    def _asked(self, work: Callable[[], _T]) -> _T:
        """Does the work within the time; whatever goes wrong becomes a diagnostic."""
        from snowflake.connector import errors

        if self._refused is not None:
            raise self._refused
        limit = self._timeout + _GRACE
        try:
            return watched(work, seconds=limit, stop=lambda: None, patience=0)
        except Overdue:
            raise self._lost(f"no answer within {limit:g} s") from None
        except errors.Error as error:
            raise self._failure(error) from None
        except _FAULTS as error:
            raise self._lost(one_line(error) or type(error).__name__) from None

    def _failure(self, error: Any) -> Refused:
        words = one_line(getattr(error, "raw_msg", None) or error.msg)
        if self._session is None:
            return self._cannot(words)
        state = str(getattr(error, "sqlstate", None) or "")
        if not state.startswith(_OUR_FAULT):
            return self._lost(words)
        fault = Fault(message=redact(words, self._secrets))
        return Rejected(QueryFailed.at(None, self._said(words)), fault)

    # -- words

    def _lost(self, why: str) -> Refused:
        return self._cannot(why) if self._session is None else super()._lost(why)


def open_snowflake(connection: Connection, root: Path) -> SnowflakeCatalogue:
    """Opens a `type: snowflake` connection; raises `Refused` (KPI901) where that fails."""
    return SnowflakeCatalogue(connection, root)


def _limits(version: str, seconds: int) -> dict[str, Any]:
    """How long a request may take, in the words of the driver's version; up to 4 it looks for a cloud around it, too."""
    if int(version.partition(".")[0]) >= 5:
        logout = {"enable_server_session_keep_alive_auto_detection": False}
        return {"query_timeout": seconds, "request_timeout": seconds, **logout}
    return {"network_timeout": seconds, "socket_timeout": seconds, "platform_detection_timeout_seconds": 0}


def _key(text: str, passphrase: object) -> bytes:
    """A private key in PEM as the driver takes it."""
    from cryptography.hazmat.primitives import serialization

    password = None if passphrase is None else str(passphrase).encode()
    key = serialization.load_pem_private_key(text.encode(), password=password)
    form = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return bytes(key.private_bytes(*form))


def _setting(value: str) -> str:
    return value if value.isdigit() or value in ("TRUE", "FALSE") else f"'{value}'"


def _relation(name: str) -> str:
    from kpictl.dialects import named

    quote = named("snowflake").quote
    return ".".join(quote(part) for part in name.split("."))


def _small(name: str) -> str:
    """A name that stands bare in SQL is kept in capitals there, and in small letters here."""
    return name.lower() if _PLAIN.fullmatch(name) else name


def _column(name: str, native: str) -> EngineColumn:
    match = _NATIVE.fullmatch(native)
    word, precision, scale = ("", None, None) if match is None else (match[1].upper(), match[2], match[3])
    found = _TYPES.get(word)
    if word in ("NUMBER", "DECIMAL", "NUMERIC"):
        whole = int(scale or 0) == 0
        found = types.INTEGER if whole else Type(Kind.DECIMAL, precision=int(precision or 38), scale=int(scale or 0))
    return EngineColumn(name=_small(name), type=found, native=native)
