"""Places where a store can be kept, for one suite over all of them: what is in a place is read without kpictl."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import duckdb

from kpictl.stores.duckdb import DuckdbStore
from kpictl.stores.postgres import PostgresStore
from kpictl.stores.postgres_session import open_session
from kpictl.stores.store import Store
from kpictl.stores.timescale import TimescaleStore
from tests.oracles.plugin import Counted

TABLES = ("kpi_metrics", "kpi_metrics_history", "kpi_intervals", "kpi_definitions", "kpi_runs")
_NUMBER = count(1)


class StorePlace(Protocol):
    """Where one store is."""

    kind: str
    module: str
    """The module of the store's steps."""

    def store(self, project: str = "shop", patience: float = 5.0) -> Store: ...

    def exists(self) -> bool: ...

    def rows(self, table: str) -> list[tuple[Any, ...]]: ...

    def change(self, *statements: str) -> None: ...

    def dump(self) -> dict[str, list[tuple[Any, ...]]]: ...


class InFile:
    """A DuckDB file."""

    kind = "duckdb"
    module = "kpictl.stores.duckdb"

    def __init__(self, path: Path) -> None:
        self.path = path

    def store(self, project: str = "shop", patience: float = 5.0) -> DuckdbStore:
        return DuckdbStore(self.path, project, None, patience=patience)

    def exists(self) -> bool:
        return self.path.exists()

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.path), read_only=True) as session:
            session.execute("SET TimeZone = 'UTC'")
            return session.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()

    def change(self, *statements: str) -> None:
        with duckdb.connect(str(self.path)) as session:
            for each in statements:
                session.execute(each)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(table) for table in TABLES}


class _Lent(TimescaleStore):
    """A store on the judge's one connection, which stays open."""

    def close(self) -> None:
        self._server.forget()


class OnServer:
    """A database of its own on PostgreSQL, or a schema of its own where there is but one connection."""

    module = "kpictl.stores.postgres"

    def __init__(self, judge: Counted) -> None:
        self.kind = judge.name
        self._judge = judge
        self.schema = "public" if self.kind == "postgres" else f"store_{next(_NUMBER)}"
        self.uri = judge.database(f"store_{next(_NUMBER)}") if self.kind == "postgres" else ""
        self._opened: list[Store] = []

    def store(self, project: str = "shop", patience: float = 5.0) -> PostgresStore:
        if self.kind == "timescale":
            made: PostgresStore = _Lent(self._lent, project, name="timescale", patience=patience, copy=False)
        else:
            made = PostgresStore(
                lambda: open_session(bound(self.uri), Path("."), lock_timeout=patience),
                project,
                name="postgres",
                patience=patience,
            )
            self._opened.append(made)
        return made

    def through(self, uri: str = "", **more: object) -> PostgresStore:
        """A store in this database by another way, with more keys of a connection."""
        made = PostgresStore(
            lambda: open_session(bound(uri or self.uri, **more), Path("."), lock_timeout=1.0),
            "shop",
            name="postgres",
            patience=1.0,
        )
        self._opened.append(made)
        return made

    def _lent(self) -> tuple[Any, str]:
        session = self._judge.connection
        session.execute("SET TimeZone = 'UTC'")
        session.execute(f"SET search_path = {self.schema}, public")
        return session, self.schema

    @contextmanager
    def session(self) -> Iterator[Any]:
        import psycopg

        if self.kind == "timescale":
            yield self._lent()[0]
            return
        with psycopg.connect(self.uri, autocommit=True) as session:
            session.execute("SET TimeZone = 'UTC'")
            yield session

    def exists(self) -> bool:
        with self.session() as session:
            found = session.execute("SELECT to_regclass(%s)", (f"{self.schema}.kpi_metrics",)).fetchone()
        return found != (None,)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        with self.session() as session:
            found = session.execute(f"SELECT * FROM {table}").fetchall()
        return sorted(found, key=repr)

    def change(self, *statements: str) -> None:
        with self.session() as session:
            for each in statements:
                session.execute(each)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        return {table: self.rows(table) for table in TABLES}

    def close(self) -> None:
        for each in self._opened:
            each.close()
        if self.kind == "timescale":
            self.change(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE")


def bound(uri: str, **more: object) -> Any:
    """A connection of a profile."""
    from kpictl.diagnostics import Place
    from kpictl.model.project import Connection

    return Connection(name="store", type="postgres", options={"dsn": uri, **more}, place=Place("profiles.yml", ()))


def store_at(uri: str) -> PostgresStore:
    """The store in the first schema of a database."""
    return PostgresStore(lambda: open_session(bound(uri), Path("."), lock_timeout=5.0), "shop", name="postgres")
