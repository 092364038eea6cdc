"""Rows into PostgreSQL in bulk: COPY in its binary form, packed by hand, or one INSERT where a server takes no COPY.

The binary form is a header, a tuple count and length-prefixed values a row, and a trailer
(https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"). Packing numbers with one compiled struct a row costs
a tenth of what adapting each value does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_TRAILER = struct.pack("!h", -1)
_AT_ONCE = 20_000
# (batch, slot, member, status, note) as int4 and the value as float8, or NULL, whose length is -1.
_ROW = struct.Struct("!h" + "ii" * 5 + "id").pack
_NULL = struct.Struct("!h" + "ii" * 5 + "i").pack
ROW_COLUMNS = (
    ("batch", "int4"),
    ("slot", "int4"),
    ("member", "int4"),
    ("status", "int4"),
    ("note", "int4"),
    ("kpi_value", "float8"),
)
"""The columns of `new_rows`, in the order of the packed form."""

WORTH_INDEXES = 20_000
"""So many rows into an empty table are put in without its indexes, which are made after them."""
_PATIENCE = "200ms"
# The definition of a partitioned table's index leaves its partitions out: such a table keeps its indexes.
_EMPTY_AND_OURS = """
SELECT c.relkind = 'r' AND pg_catalog.pg_has_role(c.relowner, 'USAGE') AND NOT EXISTS (SELECT 1 FROM {table})
FROM pg_catalog.pg_class AS c WHERE c.oid = '{table}'::regclass
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_catalog.pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index AS i WHERE i.indrelid = %s::regclass ORDER BY i.indexrelid
"""

Number = tuple[int, int, int, int, int, float | None]


def copy_numbers(session: psycopg.Connection[Any], table: str, rows: Iterable[Number]) -> None:
    """Appends rows of `ROW_COLUMNS`."""
    names = ", ".join(name for name, _ in ROW_COLUMNS)
    with session.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT BINARY)".encode()) as copy:
        copy.write(_HEADER)
        for block in _packed(rows):
            copy.write(block)
        copy.write(_TRAILER)


def _packed(rows: Iterable[Number]) -> Iterator[bytes]:
    left = iter(rows)
    while block := b"".join(
        _NULL(6, 4, batch, 4, slot, 4, member, 4, status, 4, note, -1)
        if value is None
        else _ROW(6, 4, batch, 4, slot, 4, member, 4, status, 4, note, 8, value)
        for batch, slot, member, status, note, value in islice(left, _AT_ONCE)
    ):
        yield block


@contextmanager
def without_indexes(session: psycopg.Connection[Any], table: str) -> Iterator[None]:
    """Rows that come meanwhile into a table that is empty and ours are indexed at the end: three times as fast as one by one.

    All within the transaction, so that a table without indexes is never seen. Where a reader holds the table it is left
    as it is.
    """
    import psycopg

    known: list[tuple[Any, ...]] = []
    if session.execute(_EMPTY_AND_OURS.format(table=table).encode()).fetchone() == (True,):
        waits = session.execute("SHOW lock_timeout").fetchone() or ("0",)
        try:
            with session.transaction():
                session.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'".encode())
                session.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        except psycopg.errors.LockNotAvailable:
            pass
        else:
            known = session.execute(_INDEXES.encode(), (table,)).fetchall()
            session.execute("SELECT set_config('lock_timeout', %s, true)", waits)
            session.execute("SET LOCAL maintenance_work_mem = '256MB'")
    for name, _ in known:
        session.execute(f"DROP INDEX {name}".encode())
    yield
    for _, definition in known:
        session.execute(definition.encode())


def analyze(session: psycopg.Connection[Any], *tables: str) -> None:
    """Statistics of temporary tables from some thousand rows each, a tenth of what is usual: sizes are what matters."""
    session.execute(b"SET LOCAL default_statistics_target = 10")
    session.execute(f"ANALYZE {', '.join(tables)}".encode())
    session.execute(b"SET LOCAL default_statistics_target TO DEFAULT")


def copy_rows(
    session: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Appends a few rows of any types."""
    text = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    with session.cursor() as cursor, cursor.copy(text.encode()) as copy:
        for row in rows:
            copy.write_row(row)


def insert_rows(
    session: psycopg.Connection[Any],
    table: str,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Appends rows without COPY: one INSERT a block, each column an array. `columns` are names and types."""
    left = iter(rows)
    names = ", ".join(name for name, _ in columns)
    arrays = ", ".join(f"%s::{kind}[]" for _, kind in columns)
    text = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})".encode()
    while block := list(islice(left, _AT_ONCE)):
        session.execute(text, [list(column) for column in zip(*block, strict=True)])
