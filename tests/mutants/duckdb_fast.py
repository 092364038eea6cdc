"""DuckDB without a session of its own for each statement: one connection, its settings made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from tests.oracles import duckdb_engine
from tests.oracles.judge import Answer, Evidence, Params, Rejected, Tables


class FastDuckdb:
    """A judge of statements that change nothing."""

    name = "duckdb"
    evidence: Evidence = "executed"
    has_boolean = True

    def __init__(self, tables: Tables, settings: Mapping[str, object] | None = None) -> None:
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        for name, table in tables.items():
            duckdb_engine._fill(self._connection, name, table)
        for name, value in {"TimeZone": "UTC", **(settings or {})}.items():
            self._connection.execute(f"SET {name} = {duckdb_engine._literal(value)}")

    def missing(self) -> str | None:
        return None

    def start(self) -> None:
        """It is."""

    def stop(self) -> None:
        self._connection.close()

    def load(self, tables: Tables) -> None:
        """They are."""

    def execute(
        self, sql: str, params: Params = None, settings: Mapping[str, object] | None = None, as_of: Any = None
    ) -> Answer:
        try:
            self._connection.execute(sql, params)
            return duckdb_engine._answer(self._connection)
        except duckdb.Error as error:
            raise Rejected(str(error)) from None

    def analyse(self, sql: str) -> list[tuple[str, str]]:
        raise NotImplementedError
