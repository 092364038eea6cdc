"""Bulk: a hundred thousand values take as many statements as one, on each kind of store."""

from __future__ import annotations

from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.stores.made import LATER, batch, numbers, store, values
from tests.stores.places import OnServer


def test_a_large_batch_is_written_in_bulk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred thousand values take as many statements as one."""
    said: list[int] = []
    connect = duckdb.connect

    class Counting:
        def __init__(self, session: duckdb.DuckDBPyConnection) -> None:
            self._session = session

        def __getattr__(self, name: str) -> object:
            if name in ("execute", "executemany", "sql", "query"):
                said.append(1)
            return getattr(self._session, name)

    monkeypatch.setattr(duckdb, "connect", lambda *a, **k: Counting(connect(*a, **k)))
    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1.0]))], "r1", LATER)
    made.write([batch("b", values([1.0]))], "r2", LATER)
    said.clear()
    made.write([batch("b", values([2.0]))], "r3", LATER)
    one = len(said)
    said.clear()
    made.write([batch("b", values([float(n) for n in range(20_000)]))], "r4", LATER)
    assert len(said) == one
    assert len(numbers(made, "b")) == 20_000


def test_a_large_batch_on_a_server_is_copied(postgres: OnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []
    execute = psycopg.Connection.execute

    def counting(self: psycopg.Connection, query: object, *more: object, **named: object) -> object:
        said.append(query)
        return execute(self, query, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(psycopg.Connection, "execute", counting)
    made = postgres.store()
    made.write([batch("a", values([1.0]))], "r1", LATER)
    made.write([batch("b", values([1.0]))], "r2", LATER)
    said.clear()
    made.write([batch("b", values([2.0]))], "r3", LATER)
    one = len(said)
    said.clear()
    made.write([batch("b", values([float(n) if n % 7 else None for n in range(50_000)]))], "r4", LATER)
    assert len(said) == one
    assert numbers(made, "b")[:9] == [None, 1, 2, 3, 4, 5, 6, None, 8]
