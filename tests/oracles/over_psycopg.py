"""What every judge that speaks PostgreSQL's protocol shares: tables, statements, answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql as compose
from psycopg.types.json import Jsonb

from tests.oracles.judge import Answer, EngineLost, Params, Rejected, Row, Table, Tables, base, precision

_ROWS_A_STATEMENT = 200
_VALUES_A_STATEMENT = 1000  # with ten thousand the server in WebAssembly ends


def stored_type(declared: str) -> str:
    """PostgreSQL's type of a declared one."""
    if base(declared) == "numeric":
        found = precision(declared)
        return "numeric({}, {})".format(*found) if found else "numeric"
    return {"double": "double precision"}.get(base(declared), base(declared))


def create(connection: psycopg.Connection[Any], tables: Tables, *, by_copy: bool) -> None:
    """Make these tables in the first schema of the search path; a dotted name makes its schema."""
    for name, table in tables.items():
        *folders, _ = parts = name.split(".")
        for folder in folders:
            connection.execute(compose.SQL("create schema if not exists {}").format(compose.Identifier(folder)))
        target = compose.Identifier(*parts)
        columns = compose.SQL(", ").join(
            compose.SQL("{} {}").format(compose.Identifier(column), compose.SQL(stored_type(declared)))
            for column, declared in table.columns.items()
        )
        connection.execute(compose.SQL("create table {} ({})").format(target, columns))
        (_copy if by_copy else _insert)(connection, target, table)


def _copy(connection: psycopg.Connection[Any], target: compose.Identifier, table: Table) -> None:
    with connection.cursor() as cursor, cursor.copy(compose.SQL("copy {} from stdin").format(target)) as copy:
        for row in _rows(table):
            copy.write_row(row)


def _insert(connection: psycopg.Connection[Any], target: compose.Identifier, table: Table) -> None:
    casts = [f"%s::{stored_type(declared)}" for declared in table.columns.values()]
    one = compose.SQL("({})").format(compose.SQL(", ").join(compose.SQL(cast) for cast in casts))
    rows = list(_rows(table))
    size = min(_ROWS_A_STATEMENT, max(1, _VALUES_A_STATEMENT // len(casts)))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        statement = compose.SQL("insert into {} values {}").format(target, compose.SQL(", ").join([one] * len(part)))
        connection.execute(statement, [value for row in part for value in row])


def _rows(table: Table) -> Iterator[Row]:
    kinds = list(table.bases().values())
    for row in table.rows:
        yield tuple(
            Jsonb(value) if kind == "jsonb" and value is not None else value
            for kind, value in zip(kinds, row, strict=True)
        )


def run(connection: psycopg.Connection[Any], sql: str, params: Params, settings: Mapping[str, object] | None) -> Answer:
    """One statement in a transaction that is rolled back; the connection must not be in one."""
    try:
        with connection.transaction(force_rollback=True):
            for name, value in (settings or {}).items():
                connection.execute("select set_config(%s, %s, true)", (name, str(value)))
            cursor = connection.execute(sql, params)
            if cursor.description is None:
                return Answer((), [])
            return Answer(tuple(column.name for column in cursor.description), cursor.fetchall())
    except psycopg.Error as error:
        if connection.closed:
            raise EngineLost(str(error)) from None
        raise Rejected(str(error)) from None


def describe(connection: psycopg.Connection[Any], sql: str) -> list[tuple[str, str]]:
    """(column, type) of a statement as the server's own analyser sees it; nothing runs."""
    try:
        with connection.transaction(force_rollback=True):
            wire = connection.pgconn
            for result in (wire.prepare(b"described", sql.encode()), wire.describe_prepared(b"described")):
                if result.error_message:
                    raise Rejected(result.error_message.decode())
            connection.execute("deallocate described", prepare=False)
            kinds = connection.adapters.types
            return [
                ((result.fname(at) or b"").decode(), _type_name(kinds.get(result.ftype(at))))
                for at in range(result.nfields)
            ]
    except psycopg.Error as error:
        raise Rejected(str(error)) from None


def _type_name(kind: Any) -> str:
    return kind.name if kind else "?"
