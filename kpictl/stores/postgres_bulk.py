"""Rows into PostgreSQL in bulk: COPY in its binary form, packed by hand, or one INSERT where a server takes no COPY.

The binary form is a header, a tuple count and length-prefixed values a row, and a trailer
(https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"). Packing numbers with one compiled struct a row costs
a tenth of what adapting each value does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
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
