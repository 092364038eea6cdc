"""The one constructor of plain SQL text for stores and emitters: identifiers quoted, values always bound.

A statement is text with parameter marks and the values to bind; no value ever becomes text. Names are given by the
store's own schema, and are quoted all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with marks, and the values that its marks stand for, in order."""

    text: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Paramstyle:
    """How an engine writes a parameter: `?` (duckdb), `%s` (psycopg)."""

    mark: str = "?"


DUCKDB = Paramstyle("?")
PSYCOPG = Paramstyle("%s")


def quote(name: str) -> str:
    """An identifier in double quotes; a dotted path is given as parts to `path`."""
    if "\0" in name or not name:
        raise ValueError("an identifier is not empty and holds no NUL")
    return '"' + name.replace('"', '""') + '"'


def path(*names: str) -> str:
    """`"schema"."table"`; empty parts are left out."""
    return ".".join(quote(n) for n in names if n)


def create_table(
    table: str, columns: Mapping[str, str], *, primary_key: Sequence[str] = (), schema: str = ""
) -> Statement:
    """CREATE TABLE IF NOT EXISTS; types are given in the store's own words and are not quoted."""
    parts = [f"{quote(name)} {kind}" for name, kind in columns.items()]
    if primary_key:
        parts.append(f"PRIMARY KEY ({_names(primary_key)})")
    return Statement(f"CREATE TABLE IF NOT EXISTS {path(schema, table)} ({', '.join(parts)})")


def insert(
    table: str, columns: Sequence[str], values: Sequence[Any], *, schema: str = "", style: Paramstyle = DUCKDB
) -> Statement:
    """INSERT of one row; bulk writes bind many rows to the same text."""
    marks = ", ".join([style.mark] * len(columns))
    return Statement(f"INSERT INTO {path(schema, table)} ({_names(columns)}) VALUES ({marks})", tuple(values))


def insert_select(table: str, columns: Sequence[str], query: Statement, *, schema: str = "") -> Statement:
    """INSERT of what a query returns, column by column."""
    return Statement(f"INSERT INTO {path(schema, table)} ({_names(columns)}) {query.text}", query.values)


def select(
    table: str,
    columns: Sequence[str],
    *,
    where: Mapping[str, Any] | None = None,
    between: Mapping[str, tuple[Any, Any]] | None = None,
    order_by: Sequence[str] = (),
    limit: int | None = None,
    schema: str = "",
    style: Paramstyle = DUCKDB,
) -> Statement:
    """SELECT of named columns; `where` holds equalities (None: IS NULL), `between` half-open ranges (None: open)."""
    condition, values = _condition(where or {}, between or {}, style)
    order = f" ORDER BY {_names(order_by)}" if order_by else ""
    most = f" LIMIT {limit:d}" if limit is not None else ""
    return Statement(f"SELECT {_names(columns)} FROM {path(schema, table)}{condition}{order}{most}", values)


def delete(
    table: str,
    *,
    where: Mapping[str, Any] | None = None,
    between: Mapping[str, tuple[Any, Any]] | None = None,
    schema: str = "",
    style: Paramstyle = DUCKDB,
) -> Statement:
    """DELETE; without any condition it is refused, as nobody means it."""
    condition, values = _condition(where or {}, between or {}, style)
    if not condition:
        raise ValueError("a DELETE without a condition")
    return Statement(f"DELETE FROM {path(schema, table)}{condition}", values)


def update(
    table: str,
    changes: Mapping[str, Any],
    *,
    where: Mapping[str, Any],
    schema: str = "",
    style: Paramstyle = DUCKDB,
) -> Statement:
    """UPDATE of the rows where every given column equals its value."""
    condition, values = _condition(where, {}, style)
    if not condition:
        raise ValueError("an UPDATE without a condition")
    sets = ", ".join(f"{quote(name)} = {style.mark}" for name in changes)
    return Statement(f"UPDATE {path(schema, table)} SET {sets}{condition}", (*changes.values(), *values))


def _names(names: Sequence[str]) -> str:
    return ", ".join(quote(n) for n in names)


def _condition(
    where: Mapping[str, Any], between: Mapping[str, tuple[Any, Any]], style: Paramstyle
) -> tuple[str, tuple[Any, ...]]:
    tests: list[str] = []
    values: list[Any] = []
    for name, value in where.items():
        if value is None:
            tests.append(f"{quote(name)} IS NULL")
        elif isinstance(value, list | tuple):
            tests.append(f"{quote(name)} IN ({', '.join([style.mark] * len(value))})" if value else "1 = 0")
            values += value
        else:
            tests.append(f"{quote(name)} = {style.mark}")
            values.append(value)
    for name, (low, high) in between.items():
        for operator, bound in ((">=", low), ("<", high)):
            if bound is not None:
                tests.append(f"{quote(name)} {operator} {style.mark}")
                values.append(bound)
    return (" WHERE " + " AND ".join(tests) if tests else ""), tuple(values)
