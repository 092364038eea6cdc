"""Bulk: a hundred thousand values take as many statements as one, on each kind of store."""

from __future__ import annotations

from pathlib import Path

import duckdb
import psycopg
import pytest

from kpictl.diagnostics import Refused
from kpictl.stores.checking import check
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

    made = store(tmp_path / "k.duckdb")
    made.write([batch("a", values([1.0]))], "r1", LATER)
    monkeypatch.setattr(duckdb, "connect", lambda *a, **k: Counting(connect(*a, **k)))
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


_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'kpi_metrics' ORDER BY indexname"


def test_indexes_are_there_after_the_first_large_batch(postgres: OnServer) -> None:
    made = postgres.store()
    made.write([batch("a", values([1.0]))], "r1", LATER)
    with postgres.session() as session:
        before = session.execute(_INDEXES).fetchall()
        session.execute("DELETE FROM kpi_metrics")
        session.execute("DELETE FROM kpi_intervals")
    assert len(before) == 3
    many = values([float(n) for n in range(25_000)])
    assert made.write([batch("a", many)], "r2", LATER)["a"].values == 25_000
    with postgres.session() as session:
        assert session.execute(_INDEXES).fetchall() == before
    with pytest.raises(Refused):
        made.write([batch("c", values([1.0])), batch("c", values([1.0]))], "r3", LATER)


def test_a_reader_in_the_way_of_the_indexes_only_costs_time(postgres: OnServer) -> None:
    made = postgres.store()
    made.write([batch("a", values([]), days=1)], "r1", LATER)
    with psycopg.connect(postgres.uri) as reader:
        reader.execute("SELECT count(*) FROM kpi_metrics")
        many = values([float(n) for n in range(25_000)])
        assert made.write([batch("a", many)], "r2", LATER)["a"].values == 25_000
        assert reader.execute(_INDEXES.replace("SELECT indexname, indexdef", "SELECT indexname")).fetchall()
    assert made.write([batch("a", many)], "r3", LATER)["a"].values == 0


_PARTED = (
    "CREATE TABLE parted (LIKE kpi_metrics) PARTITION BY RANGE (time)",
    "CREATE TABLE kpi_metrics_2024 PARTITION OF parted FOR VALUES FROM ('2024-01-01+00') TO ('2025-01-01+00') "
    "WITH (autovacuum_enabled = false)",
    "CREATE TABLE kpi_metrics_rest PARTITION OF parted DEFAULT WITH (autovacuum_enabled = false)",
    "DROP TABLE kpi_metrics CASCADE",
    "ALTER TABLE parted RENAME TO kpi_metrics",
    "CREATE UNIQUE INDEX kpi_metrics_key ON kpi_metrics (kpi_name, time, grain, dimensions_key)",
)


def test_a_table_that_was_partitioned_by_time_is_written_as_any(postgres: OnServer) -> None:
    made = postgres.store()
    made.write([batch("b", values([]), days=1)], "r1", LATER)
    postgres.change(*_PARTED)
    many = [float(n) for n in range(20_000)]
    assert made.write([batch("a", values(many))], "r2", LATER)["a"].values == 20_000
    again = made.write([batch("a", values([7.5, *many[1:]]))], "r3", LATER)["a"]
    assert (again.values, again.restated) == (1, 1)
    assert numbers(made, "a")[:3] == [7.5, 1, 2]
    assert check(made) == ()
    with postgres.session() as session:
        assert session.execute("SELECT count(*) FROM ONLY kpi_metrics_2024").fetchone() == (366,)
        assert session.execute("SELECT count(*) FROM pg_index WHERE NOT indisvalid").fetchone() == (0,)
