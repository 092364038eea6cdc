"""PostgreSQL and TimescaleDB, over psycopg 3: read-only transactions, server-side cursors, limits that hold.

The server stops a statement after `statement_timeout`; where it does not answer at all, the client gives up soon after,
and closes the connection, so that a server that hangs holds up nothing else. After a loss the next statement connects once
more; where that fails, too, the connection stays refused for the rest of the command.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.dialects import named
from kpictl.dialects.stored_column import named_form, stored_column
from kpictl.engines.engine import Counts, EngineColumn, Fault, Reach, Rejected, Rows
from kpictl.engines.findings import CannotConnect, EngineLost, QueryFailed, TookTooLong
from kpictl.engines.postgres_text import Sent, sent
from kpictl.engines.watched import Overdue, watched
from kpictl.model.calendar import calendar
from kpictl.model.project import Connection
from kpictl.model.sources import Source
from kpictl.model.types import TEXT, Kind, Type
from kpictl.plan.compiled import Statement
from kpictl.project.column_types import parse_type
from kpictl.project.secrets import redact, secrets_of, spellings

if TYPE_CHECKING:
    import psycopg

_T = TypeVar("_T")
_TIMEOUT = 300.0
_LOCK_TIMEOUT = 30.0
_LONGEST_TIMEOUT = 1e6
_GRACE = 2.0
"""Seconds that a server has to say that it stopped a statement by itself."""
_CANCEL = 3.0
_PATIENCE = 2.0
_AT_ONCE = 10_000
_SAMPLE = 100_000
_ALWAYS_FEW = 100
_DECLARE = 'DECLARE "kpictl" NO SCROLL CURSOR FOR '
_EXPLAIN = "EXPLAIN "
_FIRST_SANE = date(1900, 1, 1)
_CANCELED, _LOCKED = "57014", "55P03"
_NAMES = {"postgres": "PostgreSQL", "timescale": "TimescaleDB", "redshift": "Redshift"}


_KINDS = {Kind.DATE: "date", Kind.TIMESTAMPTZ: "timestamp with time zone"}


class PostgresEngine:
    """An open connection; use `open_postgres`."""

    def __init__(self, connection: Connection, root: Path, sources: Sequence[Source] = ()) -> None:
        self.name = connection.name
        self._sources = sources
        self.dialect = connection.type
        self._bound = connection
        self._root = root
        self._secrets = spellings(secrets_of(connection.options))
        options = connection.options
        self._timeout = _seconds(options.get("statement_timeout"), _TIMEOUT)
        self._lock_timeout = _seconds(options.get("lock_timeout"), min(_LOCK_TIMEOUT, self._timeout))
        self._refused: Refused | None = None
        self._now: psycopg.Connection[Any] | None = None
        self._connected()

    # -- what a run asks

    def query(self, statement: Statement, values: Mapping[str, datetime]) -> Rows:
        """The rows of a compiled statement, under its settings, read through a cursor of the server."""
        text = sent(statement, values)

        def read(opened: psycopg.Connection[Any]) -> Rows:
            self._set(opened, statement)
            # One SELECT is all that a cursor can be declared for.
            self._raw(opened, _DECLARE + text.sql, text.values)
            rows: list[tuple[Any, ...]] = []
            while True:
                fetched = opened.execute(f'FETCH {_AT_ONCE} FROM "kpictl"')
                part = fetched.fetchall()
                rows += part
                if len(part) < _AT_ONCE:
                    return Rows(columns=tuple(each.name for each in fetched.description or ()), rows=rows)

        return self._asked(read, text, len(_DECLARE))

    def reach(self, relation: str, column: str, now: datetime, zone: str) -> Reach:
        """The first and last sane time before `now`; infinite times are absurd."""
        table, name = _relation(relation), _quoted(column)
        form = named_form(self._sources, relation, column, self.dialect)
        if form is None:
            kind = next((each.native for each in self.columns(relation) if each.name == column), "")
        else:
            kind, name = _KINDS.get(form[0].type.kind, ""), f"({stored_column(named(self.dialect), *form)})"
        of = calendar(zone)
        bounds: tuple[object, ...]
        if kind == "date":
            late = of.local_date(now - timedelta(microseconds=1))
            bounds = (_FIRST_SANE, late + timedelta(days=1), late + timedelta(days=366))
        elif kind.endswith("with time zone"):
            bounds = (of.day_start(_FIRST_SANE), now, now + timedelta(days=366))
        else:
            local = now.astimezone(of.tzinfo).replace(tzinfo=None)
            bounds = (datetime(1900, 1, 1), local, local + timedelta(days=366))
        sane = f"{name} >= $1 AND {name} < $2"
        found = self._small(
            f"SELECT min({name}) FILTER (WHERE {sane}), max({name}) FILTER (WHERE {sane}), count(*) - count({name}), "
            f"count(*) FILTER (WHERE {name} < $1 OR {name} > $3) FROM {table}",
            bounds,
        )[0]
        return Reach(first=found[0], last=found[1], without_time=found[2], absurd=found[3])

    def whereabouts(self, identity: str) -> tuple[str, str]:
        """The answer of a statement that tells one place from another, and the search path."""
        return str(self._small(identity)[0][0]), str(self._small("SHOW search_path")[0][0])

    def counts(self, relation: str, columns: Sequence[str]) -> Counts:
        """Rows as the planner estimates them, distinct values of the first 100,000 rows."""
        table = _relation(relation)
        (plan,) = self._small(f"EXPLAIN (FORMAT JSON) SELECT * FROM {table}")[0]
        rows, width = _planned(plan)
        if not columns:
            return Counts(rows=rows, distinct={}, bytes=rows * width)
        counted = ", ".join(f"count(DISTINCT {_quoted(column)}::text)" for column in columns)
        names = ", ".join(map(_quoted, columns))
        sample = f"SELECT {names} FROM {table} LIMIT {_SAMPLE}"
        seen, *found = self._small(f"SELECT count(*), {counted} FROM ({sample}) AS sample")[0]
        few = max(_ALWAYS_FEW, seen // 10)
        return Counts(
            rows=max(rows, seen),
            bytes=max(rows, seen) * width,
            distinct={name: n if n <= few else None for name, n in zip(columns, found, strict=True)},
        )

    # -- what it has

    def explain(self, statement: Statement, values: Mapping[str, datetime]) -> None:
        """Has the server plan the statement under its settings."""
        text = self._sent(statement, values)

        def plan(opened: psycopg.Connection[Any]) -> None:
            self._set(opened, statement)
            self._raw(opened, _EXPLAIN + text.sql, text.values)

        self._asked(plan, text, len(_EXPLAIN))

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a table, view, materialised view or foreign table."""
        table = _relation(relation)
        found = self._small(
            "SELECT attname, format_type(atttypid, atttypmod), typtype FROM pg_attribute JOIN pg_type ON pg_type.oid = "
            f"atttypid WHERE attrelid = {_literal(table)}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        return tuple(EngineColumn(name=row[0], type=_type(row[1], row[2]), native=row[1]) for row in found)

    def relations(self) -> tuple[str, ...]:
        """Tables and views that may be read; with their schema where the search path does not lead to them."""
        found = self._small(
            "SELECT CASE WHEN pg_table_is_visible(c.oid) THEN relname ELSE nspname || '.' || relname END "
            "FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relkind IN ('r', 'v', 'm', 'p', 'f') "
            "AND NOT relispartition AND nspname NOT IN ('pg_catalog', 'information_schema') "
            "AND nspname !~ '^(pg_|_?timescaledb)' AND has_table_privilege(c.oid, 'SELECT')"
        )
        return tuple(sorted(str(row[0]) for row in found))

    def version(self) -> str:
        (number,) = self._small("SHOW server_version")[0]
        return f"{_NAMES[self.dialect]} {number}" if self.dialect == "postgres" else f"PostgreSQL {number} (timescale)"

    def stop(self) -> None:
        if self._now is not None:
            self._stop(self._now)

    def close(self) -> None:
        if self._now is not None:
            with suppress(Exception):
                self._now.close()

    # -- one transaction

    def _asked(self, work: Callable[[psycopg.Connection[Any]], _T], text: Sent | None = None, before: int = 0) -> _T:
        """Does the work in a transaction of its own that is rolled back; errors become diagnostics."""
        import psycopg

        opened = self._connected()

        def within() -> _T:
            try:
                return work(opened)
            finally:
                with suppress(psycopg.Error):
                    opened.rollback()
                if opened is not self._now:  # it was given up meanwhile; only who uses it may close it
                    opened.close()

        try:
            return watched(within, seconds=self._timeout + _GRACE, stop=lambda: self._stop(opened), patience=_PATIENCE)
        except Overdue:
            message = f"no answer within {self._timeout + _GRACE:g} s"
            raise Refused([EngineLost.at(None, self._said(message), help=_LOST)]) from None
        except psycopg.Error as error:
            raise self._failure(error, opened, text, before) from None

    def _small(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement of ours."""
        return self._asked(lambda opened: self._raw(opened, sql, values))

    def _raw(self, opened: psycopg.Connection[Any], sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        from psycopg import RawCursor

        # Prepared, a text is one statement whatever stands in it.
        with RawCursor(opened) as cursor:
            cursor.execute(sql.encode(), values, prepare=True)
            return cursor.fetchall() if cursor.description else []

    def _set(self, opened: psycopg.Connection[Any], statement: Statement) -> None:
        for name, value in statement.settings.items():
            opened.execute("SELECT pg_catalog.set_config(%s, %s, true)", (name, value))

    def _connected(self) -> psycopg.Connection[Any]:
        if self._refused is not None:
            raise self._refused
        if self._now is None or self._now.closed:
            with self._connecting():
                from kpictl.engines.postgres_session import CONNECT_TIMEOUT, connect

                limit = _seconds(self._bound.options.get("connect_timeout"), min(CONNECT_TIMEOUT, self._timeout))
                self._now = watched(
                    lambda: connect(self._bound, self._root, self._session()),
                    seconds=max(2.0, limit) + _GRACE,
                    stop=lambda: None,
                    patience=0,
                )
        assert self._now is not None
        return self._now

    def _sent(self, statement: Statement, values: Mapping[str, datetime]) -> Sent:
        """A statement as EXPLAIN takes it."""
        return sent(statement, values)

    def _session(self) -> dict[str, str]:
        """Settings of the session."""
        from kpictl.engines.postgres_session import session

        return session(self._timeout, self._lock_timeout)

    @contextmanager
    def _connecting(self) -> Iterator[None]:
        import psycopg

        try:
            yield
        except Overdue:
            self._refused = self._cannot("no answer")
        except psycopg.ProgrammingError:
            # The driver's message quotes parts of it, and any part may be of the password.
            self._refused = self._cannot("its keys make no connection string; a URI's parts are percent-encoded")
        except psycopg.Error as error:
            self._refused = self._cannot(_words(error))
        if self._refused is not None:
            raise self._refused

    def _cannot(self, why: str) -> Refused:
        message = f"connection `{self.name}` cannot be opened: {redact(why, self._secrets)}"
        help = ["`kpictl debug` tries every connection"]
        return Refused([CannotConnect.at(self._bound.place, message, help=help)])

    def _stop(self, opened: psycopg.Connection[Any]) -> None:
        """Asks the server to stop; where it does not, the socket is shut, which ends the driver's wait."""
        self._now = None
        with suppress(Exception):
            opened.cancel_safe(timeout=_CANCEL)
        with suppress(Exception):
            handle = socket.socket(fileno=os.dup(opened.fileno()))
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()

    # -- what went wrong

    def _failure(
        self, error: psycopg.Error, opened: psycopg.Connection[Any], text: Sent | None, before: int
    ) -> Refused:
        message = self._said(_words(error))
        if opened.closed or (error.sqlstate is None and opened.broken):
            self._now = None
            opened.close()
            return Refused([EngineLost.at(None, message, help=_LOST)])
        if error.sqlstate == _CANCELED:
            return Refused([self._too_long(f"stopped after {self._timeout:g} s", "statement_timeout")])
        if error.sqlstate == _LOCKED:
            what = f"waited {self._lock_timeout:g} s for a lock that another session holds"
            return Refused([self._too_long(what, "lock_timeout")])
        found = QueryFailed.at(None, message)
        position = error.diag.statement_position
        offset = int(position) - 1 - before if position and text is not None else -1
        place = text.compiled_offset(offset) if text is not None and offset >= 0 else None
        return Rejected(found, Fault(message=redact(_words(error), self._secrets), offset=place))

    def _too_long(self, what: str, key: str) -> Diagnostic:
        return TookTooLong.at(None, self._said(what), help=[f"narrow the query, or raise `{key}:` of the connection"])

    def _said(self, what: str) -> str:
        return f"{_NAMES[self.dialect]} ({self.name}): {redact(what, self._secrets)}"


_LOST = ("look after the server, then `kpictl debug`; `kpictl run` computes what is still due",)


def open_postgres(connection: Connection, root: Path, sources: Sequence[Source] = ()) -> PostgresEngine:
    """Opens a `type: postgres` or `type: timescale` connection; `sources` say in which form times are stored.

    Raises `Refused` (KPI901) where that fails.
    """
    return PostgresEngine(connection, root, sources)


def _seconds(value: object, default: float) -> float:
    return min(float(str(value)), _LONGEST_TIMEOUT) if value is not None else default


def _words(error: psycopg.Error) -> str:
    """The server's message with its detail and hint; a fault of the connection in the driver's words."""
    diagnosis = error.diag
    if diagnosis.message_primary is None:
        return " ".join(str(error).split()) or type(error).__name__
    parts = (diagnosis.message_primary, diagnosis.message_detail, diagnosis.message_hint)
    return " ".join(" ".join(part.split()) for part in parts if part)


def _planned(plan: object) -> tuple[int, int]:
    """Rows and bytes of a row, the estimates in the answer of EXPLAIN (FORMAT JSON)."""
    import json

    found = json.loads(plan) if isinstance(plan, str) else plan
    node = found[0]["Plan"]  # type: ignore[index]
    return int(node["Plan Rows"]), int(node["Plan Width"])


def _type(native: str, category: str) -> Type | None:
    return TEXT if category == "e" else parse_type(native)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _relation(name: str) -> str:
    return ".".join(map(_quoted, name.split(".")))


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
