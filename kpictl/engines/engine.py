"""What the runner asks of an engine: a query's rows, how far a source reaches, and to be closed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from kpictl.plan.compiled import Statement
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """An answer: column names and rows. Instants are aware datetimes; exact numbers stay `int` and `Decimal`."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a source's time column reaches before an instant, and how many rows have no sane time."""

    first: date | datetime | None
    last: date | datetime | None
    without_time: int = 0
    absurd: int = 0
    """Rows before the year 1900 or more than a year after now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many rows a relation has, and how many values its columns: None where they are many, or not known."""

    rows: int
    distinct: Mapping[str, int | None]


class Engine(Protocol):
    """A connection that is open. Failures are `Refused` with a KPI9xx diagnostic that quotes the engine."""

    name: str
    dialect: str

    def query(self, statement: Statement, values: Mapping[str, datetime]) -> Rows:
        """The rows of a compiled statement; takes from `values` what the statement's parameters name."""

    def reach(self, relation: str, column: str, now: datetime, zone: str) -> Reach:
        """The first and last time of a relation's rows before `now`; `zone` is the one of naive times and dates."""

    def counts(self, relation: str, columns: Sequence[str]) -> Counts:
        """Estimates that cost next to nothing: from statistics, or from the first rows."""

    def relations(self) -> tuple[str, ...]:
        """Names of the tables and views that a query may read."""

    def version(self) -> str:
        """The engine's name and version, by asking it."""

    def close(self) -> None:
        """Ends the session and removes its temporary files."""
