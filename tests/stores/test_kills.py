"""A killed run loses nothing and doubles nothing, on a file and on a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from kpictl import api
from kpictl.stores.postgres import PostgresStore
from tests.faults.forks import Forks
from tests.stores.kills import Report, kills, orders, write_project
from tests.stores.places import OnServer

IN_FILE = [10, pytest.param(100, marks=pytest.mark.kills)]
ON_SERVER = [5, pytest.param(100, marks=pytest.mark.kills)]
"""Kills of each kind of store and way to it; `pytest -s -m kills tests/stores/test_kills.py` does a hundred of each, and
prints where they fell.

KPICTL_KILLS_FROM=90 goes on with a hundred that were stopped after ninety.
"""
_FIRST = int(os.environ.get("KPICTL_KILLS_FROM", "0"))


@pytest.mark.parametrize("number", IN_FILE)
def test_kills_of_a_run_into_a_file(tmp_path: Path, forks: Forks, number: int) -> None:
    path = tmp_path / "s" / "k.duckdb"
    root = write_project(tmp_path / "p", f"{{type: duckdb, path: {path}}}")

    def forget() -> None:
        for each in path.parent.glob("k.duckdb*"):
            each.unlink()

    def ask(text: str) -> list[tuple[Any, ...]]:
        if not path.exists() or not path.stat().st_size:
            return []
        with duckdb.connect(str(path), read_only=True) as session:
            made = session.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'kpi_metrics'").fetchone()
            return session.execute(text).fetchall() if made else []

    print(kills(forks, root, number, forget, ask, _FIRST if number == 100 else 0).line("DuckDB"))


@pytest.mark.parametrize("number", ON_SERVER)
def test_kills_of_a_run_into_a_server(tmp_path: Path, forks: Forks, postgres: OnServer, number: int) -> None:
    root = write_project(tmp_path / "p", f'{{type: postgres, dsn: "{postgres.uri}"}}')
    print(_on_server(forks, root, postgres, number).line("PostgreSQL"))


@pytest.mark.parametrize("number", ON_SERVER)
def test_kills_of_a_run_that_is_computed_in_the_store(
    tmp_path: Path, forks: Forks, postgres: OnServer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The orders are in the database of the store, so that the server keeps what it computes."""
    with psycopg.connect(postgres.uri, autocommit=True) as session:
        session.execute("CREATE SCHEMA facts")
        session.execute(
            "CREATE TABLE facts.orders (id bigint, amount numeric(12,2), country text, created_at timestamp)"
        )
        with session.cursor() as cursor, cursor.copy("COPY facts.orders FROM STDIN") as copy:
            for row in orders():
                copy.write_row(row)
    there = f'{{type: postgres, dsn: "{postgres.uri}"}}'
    root = write_project(tmp_path / "p", there, there, "facts.orders")
    assert _placed(root, monkeypatch) == 50
    print(_on_server(forks, root, postgres, number).line("PostgreSQL, in place"))


def _placed(root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many KPIs of a run are computed in the store."""
    placed: list[int] = []
    write = PostgresStore.write_in_place

    def seen(self: PostgresStore, *given: Any) -> Any:
        found = write(self, *given)
        placed.append(len(given[0]))
        return found

    with monkeypatch.context() as patched:
        patched.setattr(PostgresStore, "write_in_place", seen)
        loaded = api.load(root)
        assert loaded.project is not None
        api.run(loaded, kpis=list(loaded.project.kpis))
    return sum(placed)


def _on_server(forks: Forks, root: Path, postgres: OnServer, number: int) -> Report:
    with psycopg.connect(postgres.uri, autocommit=True) as session:

        def forget() -> None:
            session.execute("DROP SCHEMA public CASCADE")
            session.execute("CREATE SCHEMA public")

        def ask(text: str) -> list[tuple[Any, ...]]:
            made = session.execute("SELECT to_regclass('kpi_metrics')").fetchone() != (None,)
            return session.execute(text.encode()).fetchall() if made else []

        forget()
        return kills(forks, root, number, forget, ask, _FIRST if number == 100 else 0)
