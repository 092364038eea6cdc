"""A table of the store as a Parquet file: instants in UTC, documents as their texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpictl.model.store_schema import TABLES, Form
from kpictl.stores.canonical import canonical

if TYPE_CHECKING:
    import duckdb

_TYPES = {
    Form.TEXT: "VARCHAR",
    Form.INSTANT: "TIMESTAMPTZ",
    Form.DOUBLE: "DOUBLE",
    Form.INTEGER: "BIGINT",
    Form.JSON: "VARCHAR",
}
_AT_ONCE = 50_000


def columns(table: str) -> tuple[str, ...]:
    """Names of a table's columns."""
    return tuple(column.name for column in _of(table))


def as_texts(table: str) -> str:
    """A table's columns to select, documents as texts."""
    return ", ".join(f"CAST({c.name} AS VARCHAR) AS {c.name}" if c.form is Form.JSON else c.name for c in _of(table))


def canonical_rows(table: str, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Rows whose documents are the one text of their value, whatever the engine that told them."""
    told = cache(lambda text: None if text is None else canonical(json.loads(text)))
    forms = [column.form is Form.JSON for column in _of(table)]
    for row in rows:
        yield tuple(told(each) if is_json else each for each, is_json in zip(row, forms, strict=True))


def write(table: str, rows: Iterable[Sequence[Any]], file: Path) -> int:
    """Writes rows in the order of the columns; how many there were. Blocks go by way of a file beside it."""
    import duckdb

    beside = file.with_suffix(".rows")
    session = duckdb.connect(str(beside))
    try:
        texts = ", ".join(f"{c.name} {_TYPES[c.form]}" for c in _of(table))
        session.execute(f"CREATE TABLE found ({texts})")
        number, left = 0, iter(rows)
        while block := [tuple(row) for row in islice(left, _AT_ONCE)]:
            with session.appender("found") as appended:
                appended.append_rows(block)
            number += len(block)
        copy(session, "found", file)
        return number
    finally:
        session.close()
        beside.unlink(missing_ok=True)


def copy(session: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    """Writes a table or a parenthesised query of DuckDB."""
    session.execute(f"COPY {query} TO '{quoted(file)}' (FORMAT parquet, COMPRESSION zstd)")


def read(table: str, file: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a file; a column that it lacks is NULL."""
    import duckdb

    with duckdb.connect() as session:
        session.execute("SET TimeZone = 'UTC'")
        found = session.execute(f"SELECT {selected(session, table, file)} FROM read_parquet('{quoted(file)}')")
        while block := found.fetchmany(_AT_ONCE):
            yield from block


def selected(session: duckdb.DuckDBPyConnection, table: str, file: Path) -> str:
    """The columns of a table as a file has them."""
    rows = session.execute(f"SELECT name FROM parquet_schema('{quoted(file)}')").fetchall()
    there = {row[0] for row in rows}
    return ", ".join(name if name in there else f"NULL AS {name}" for name in columns(table))


def quoted(file: Path) -> str:
    """A path within a constant of DuckDB."""
    return str(file).replace("'", "''")


def _of(table: str) -> Sequence[Any]:
    (found,) = (each for each in TABLES if each.name == table)
    return found.columns
