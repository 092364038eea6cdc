"""What migrating, checking, backing up and scheduling ask of a store beyond `Store`: its tables, in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from kpictl.model.durations import Duration


class Keeper(Protocol):
    """A store whose tables are looked at and changed by SQL that DuckDB and PostgreSQL both read."""

    name: str
    dialect: str
    keep: Duration
    """How long TimescaleDB keeps values."""

    def looking(self) -> AbstractContextManager[Any]:
        """A session that reads one state; None where there is no store yet."""

    def changing(self, *, older: bool = False, damaged: bool = False) -> AbstractContextManager[Any]:
        """A session in a transaction that no other writer is in. `older`: of tables of an earlier version, or none yet;
        `damaged`: whatever is there."""

    def save(self, session: Any, table: str, file: Path) -> int:
        """Writes a table into a Parquet file; its number of rows."""

    def load(self, file: Path, table: str, session: Any) -> int:
        """Appends the rows of a Parquet file to a table."""

    def alone(self, what: str) -> AbstractContextManager[Callable[[], None]]:
        """Holds `what` for this process, one of all that use the store; raises `Refused` at once where another has it.

        Readers and writers are not held up. The function that it gives raises `Refused` once that is no longer so.
        """

    def close(self) -> None:
        """Lets go of everything that is held."""


class Speaker(Protocol):
    """Whose sessions speak a dialect."""

    dialect: str


def ask(store: Speaker, session: Any, text: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a statement whose parameters are written `?`."""
    found = session.execute(text if store.dialect == "duckdb" else text.replace("?", "%s").encode(), list(values))
    if store.dialect != "duckdb" and found.description is None:
        return []
    rows: list[tuple[Any, ...]] = found.fetchall()
    return rows
