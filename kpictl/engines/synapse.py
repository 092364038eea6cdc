"""Azure Synapse, asked without running: `check --live`, `sources import` and `debug`; no query runs there.

A dedicated pool is asked by EXPLAIN (learn.microsoft.com/sql/t-sql/queries/explain-transact-sql: "without running the
statement"; needs SHOWPLAN), a serverless one, which has no EXPLAIN, and a user without SHOWPLAN by sp_describe_first_result_set
(learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-describe-first-result-set-transact-sql: an error where
"the input is not a valid Transact-SQL batch", found "by parsing and analyzing"). Both check names, types and permissions, which
SET PARSEONLY does not. The driver is python-tds, an extra of pure Python; it needs no ODBC.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kpictl.diagnostics import Refused
from kpictl.engines.asked import AskedSession, one_line
from kpictl.engines.engine import EngineColumn, Fault, Rejected
from kpictl.engines.findings import QueryFailed
from kpictl.engines.synapse_driver import NotTrusted, connected
from kpictl.engines.watched import Overdue, watched
from kpictl.model import types
from kpictl.model.project import Connection
from kpictl.model.types import Kind, Type
from kpictl.plan.compiled import Statement
from kpictl.project.secrets import redact

_GRACE = 2.0
_POOLS = {6: "dedicated", 11: "serverless"}
"""EngineEdition: learn.microsoft.com/sql/t-sql/functions/serverproperty-transact-sql."""
_MARK = re.compile(r"N?'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|@(\w+)")
_NAMED = re.compile(r"'([^']+)'")
_NO_SHOWPLAN = 262
_LOGIN = (4060, 18452, 18456, 18486, 18487, 18488, 40615, 40532, 47073)
"""Database unknown, login refused, address not let through by the firewall."""
_BUSY = (40197, 40501, 40613, 42108, 42109, 10928, 10929, 49918, 49919, 49920)
"""Resources are short, or the pool is paused (azure/azure-sql/database/troubleshoot-common-errors-issues)."""
_ABOUT_ALL = range(11501, 11531)
"""What sp_describe_first_result_set adds behind the error itself: that the batch could not be analysed."""
_TYPES: Mapping[str, Type] = {
    "bit": types.BOOLEAN,
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), types.INTEGER),
    **dict.fromkeys(("decimal", "numeric"), types.DECIMAL),
    "money": Type(Kind.DECIMAL, precision=19, scale=4),
    "smallmoney": Type(Kind.DECIMAL, precision=10, scale=4),
    **dict.fromkeys(("float", "real"), types.DOUBLE),
    **dict.fromkeys(("char", "varchar", "nchar", "nvarchar"), types.TEXT),
    "date": types.DATE,
    "time": types.TIME,
    **dict.fromkeys(("datetime2", "datetime", "smalldatetime"), types.TIMESTAMP),
    "datetimeoffset": types.TIMESTAMPTZ,
}
_STORED = {"datetimeoffset": "offset"}
"""Stored forms that are not the target's default for a column's type."""


class SynapseCatalogue(AskedSession):
    """An open session; use `open_synapse`."""

    dialect = "synapse"
    title = "Synapse"
    whose = "pool"

    def __init__(self, connection: Connection, root: Path) -> None:
        super().__init__(connection)
        self._session: Any = None
        self._session = self._opened(root)
        edition, schema = self._rows("SELECT CAST(SERVERPROPERTY('EngineEdition') AS INT), SCHEMA_NAME()")[0]
        self._schema = str(schema or "dbo")
        self._pool = self._fit(int(edition))

    # -- what it has

    def explain(self, statement: Statement, values: Mapping[str, datetime]) -> None:
        """Has the pool analyse the statement; raises `Rejected` with the line that the pool told, where it names a word there."""
        if self._pool == "dedicated":
            try:
                self._rows(f"EXPLAIN\n{_inline(statement.sql, values)}", statement.sql, above=1)
                return
            except _NoShowplan:
                self._pool = "dedicated, without SHOWPLAN"
        names = ", ".join(f"@{each.name} DATETIME2(6)" for each in statement.parameters)
        declared = f", @params = {_text(names)}" if names else ""
        self._rows(f"EXEC sp_describe_first_result_set @tsql = {_text(statement.sql)}{declared}", statement.sql)

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a table, external table or view: `t`, `schema.t` or `database.schema.t`."""
        *before, table = relation.split(".")
        schema = before[-1] if before else self._schema
        there = f"{_quoted(before[0])}." if len(before) > 1 else ""
        found = self._rows(
            "SELECT COLUMN_NAME, DATA_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE "
            f"FROM {there}INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = {_text(schema)} AND TABLE_NAME = {_text(table)} "
            "ORDER BY ORDINAL_POSITION"
        )
        if not found:
            message = f"there is no table `{relation}`"
            raise Rejected(QueryFailed.at(None, self._said(message)), Fault(message=message))
        return tuple(_column(*row) for row in found)

    def relations(self) -> tuple[str, ...]:
        """Tables and views; with their schema where it is not the user's own."""
        found = self._rows("SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES")
        return tuple(sorted(str(name) if schema == self._schema else f"{schema}.{name}" for schema, name in found))

    def version(self) -> str:
        return f"Synapse, {self._pool} pool"

    def close(self) -> None:
        """Ends the session."""
        if self._session is not None:
            self._session.close()

    # -- one request

    def _opened(self, root: Path) -> Any:
        try:
            return connected(self._options, root, self._timeout + _GRACE)
        except ImportError:
            raise self._cannot("its driver is not installed: pip install 'kpictl[synapse]'") from None
        except (Overdue, TimeoutError):
            raise self._cannot("no answer") from None
        except _no_answer() as error:
            raise self._cannot(one_line(error) or type(error).__name__) from None

    def _fit(self, edition: int) -> str:
        pool, said = _POOLS.get(edition), self._options.get("pool")
        wanted = self._options.get("schema")
        if pool is None:
            raise self._cannot(f"it is no pool of Synapse (EngineEdition {edition})")
        if said not in (None, pool):
            raise self._cannot(f"it is a {pool} pool, and the connection says `pool: {said}`")
        if wanted not in (None, self._schema):
            why = f"`schema: {wanted}` is not the user's default schema, which is `{self._schema}`"
            raise self._cannot(f"{why}; name tables as `{wanted}.table`, or have the user's DEFAULT_SCHEMA changed")
        return pool

    def _rows(self, text: str, compiled: str | None = None, above: int = 0) -> list[tuple[Any, ...]]:
        """All rows of a batch, within the time; `above` lines were put before the compiled text."""
        if self._refused is not None:
            raise self._refused
        cursor = self._session.cursor()

        def work() -> list[tuple[Any, ...]]:
            cursor.execute(text)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description is not None else []

        try:
            return watched(work, seconds=self._timeout + _GRACE, stop=self._session.close, patience=_GRACE)
        except Overdue:
            raise self._lost(f"no answer within {self._timeout + _GRACE:g} s") from None
        except _no_answer() as error:
            if not getattr(error, "number", 0):
                raise self._lost(one_line(error) or type(error).__name__) from None
            told = [each for _, each in cursor.messages or () if each.severity > 10] or [error]
            raise self._failure(told, compiled, above) from None

    def _failure(self, told: list[Any], compiled: str | None, above: int) -> Exception:
        first = told[0]
        number, words = int(first.number), one_line(first.text)
        if number == _NO_SHOWPLAN and compiled is not None and above:
            return _NoShowplan()
        if number in _LOGIN:
            return self._cannot(words)
        if number in _BUSY or first.severity >= 20:
            return self._lost(words)
        offset = None if compiled is None or number in _ABOUT_ALL else _offset(compiled, first.line - above, words)
        shown = redact(words, self._secrets)
        return Rejected(QueryFailed.at(None, self._said(words)), Fault(message=shown, offset=offset))

    # -- words

    def _cannot(self, why: str) -> Refused:
        self.close()
        return super()._cannot(why)


class _NoShowplan(Exception):
    """The user may not have plans shown."""


def open_synapse(connection: Connection, root: Path) -> SynapseCatalogue:
    """Opens a `type: synapse` connection; raises `Refused` (KPI901) where that fails."""
    return SynapseCatalogue(connection, root)


def _no_answer() -> tuple[type[BaseException], ...]:
    """What the driver raises where it is refused, hears nothing, or reads what is no answer."""
    try:
        import pytds
    except ImportError:
        return (OSError,)
    untold = (OSError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error)
    return (pytds.Error, NotTrusted, *untold)


def _inline(sql: str, values: Mapping[str, datetime]) -> str:
    """EXPLAIN takes no parameters: the times stand in the text, on the same lines."""

    def constant(mark: re.Match[str]) -> str:
        name = mark[1]
        return mark[0] if name is None else f"'{values[name].astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}'"

    return _MARK.sub(constant, sql)


def _offset(sql: str, line: int, words: str) -> int | None:
    """Where a word that the message quotes stands in its line or behind; None for a line or word that is not there."""
    lines = sql.split("\n")
    if not 1 <= line <= len(lines):
        return None
    start = sum(len(each) + 1 for each in lines[: line - 1])
    for word in _NAMED.findall(words):
        found = sql.lower().find(word.lower(), start)
        if found >= 0:
            return found
    return None


def _text(value: str) -> str:
    return "N'" + value.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def _column(name: str, native: str, precision: int | None, scale: int | None) -> EngineColumn:
    found = _TYPES.get(native)
    if found is types.DECIMAL and precision is not None:
        found = Type(Kind.DECIMAL, precision=int(precision), scale=int(scale or 0))
        native = f"{native}({found.precision},{found.scale})"
    return EngineColumn(name=name, type=found, native=native, physical=_STORED.get(native))
