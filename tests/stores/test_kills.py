"""A killed run loses nothing and doubles nothing, on a file and on a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from tests.faults.forks import Forks
from tests.stores.kills import kills, write_project
from tests.stores.places import OnServer

NUMBERS = [10, pytest.param(100, marks=pytest.mark.kills)]
"""Kills of each kind of store; `pytest -s -m kills tests/stores/test_kills.py` does a hundred, and prints where they fell.

KPICTL_KILLS_FROM=90 goes on with a hundred that were stopped after ninety.
"""
_FIRST = int(os.environ.get("KPICTL_KILLS_FROM", "0"))


@pytest.mark.parametrize("number", NUMBERS)
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


@pytest.mark.parametrize("number", NUMBERS)
def test_kills_of_a_run_into_a_server(tmp_path: Path, forks: Forks, postgres: OnServer, number: int) -> None:
    root = write_project(tmp_path / "p", f'{{type: postgres, dsn: "{postgres.uri}"}}')
    with psycopg.connect(postgres.uri, autocommit=True) as session:

        def forget() -> None:
            session.execute("DROP SCHEMA public CASCADE")
            session.execute("CREATE SCHEMA public")

        def ask(text: str) -> list[tuple[Any, ...]]:
            made = session.execute("SELECT to_regclass('kpi_metrics')").fetchone() != (None,)
            return session.execute(text.encode()).fetchall() if made else []

        print(kills(forks, root, number, forget, ask, _FIRST if number == 100 else 0).line("PostgreSQL"))
