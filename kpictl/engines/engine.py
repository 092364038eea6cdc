"""What kpictl asks of an engine: a query's rows, how far a source reaches, what it has, whether it would plan a query.

`Engine` is what a run needs; `Catalogue` what `check --live` and `sources import` need. An engine that is open is both:
`OpenEngine`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from kpictl.diagnostics import Diagnostic, Refused
from kpictl.model.types import Type
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
    bytes: int | None = None
    """None where the engine does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineColumn:
    """A column as the engine knows it: `native` is the type in the engine's own words, `type` the one it means to us."""

    name: str
    type: Type | None
    """None: a type that no definition can speak of."""
    native: str
    physical: str | None = None
    """The stored form on the engine's target, where it is not the target's default for the type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an engine found wrong with a statement: its own words, without its picture of the statement."""

    message: str
    offset: int | None = None
    """Characters before the place in the statement's SQL, where the engine told one."""


class Rejected(Refused):
    """A statement that an engine will not plan or run, for what the statement says; everything else is plain `Refused`.

    `fault` lets `check --live` lead the engine's place back to the author's characters.
    """

    def __init__(self, diagnostic: Diagnostic, fault: Fault) -> None:
        super().__init__([diagnostic])
        self.fault = fault


def offset_of(sql: str, line: int, column: int) -> int | None:
    """Characters before a line and column (both from 1) of a text; None for a place that the text does not have."""
    lines = sql.split("\n")
    if not (1 <= line <= len(lines) and 1 <= column <= len(lines[line - 1]) + 1):
        return None
    return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1


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

    def stop(self) -> None:
        """Ends what another thread runs: it fails there. Called at any time, also when nothing runs."""

    def close(self) -> None:
        """Ends the session and removes its temporary files."""


class Catalogue(Protocol):
    """What an open connection tells without computing; it raises as `Engine` does."""

    def explain(self, statement: Statement, values: Mapping[str, datetime]) -> None:
        """Has the statement planned, and not run; raises `Rejected` where the engine says that it cannot be."""

    def columns(self, relation: str) -> tuple[EngineColumn, ...]:
        """The columns of a table or view (`t`, `schema.t`), in the engine's order; raises `Rejected` for none."""


class OpenCatalogue(Catalogue, Protocol):
    """A connection that is open, of an engine that is asked and does not run."""

    name: str
    dialect: str

    def relations(self) -> tuple[str, ...]:
        """Names of the tables and views that a query may read."""

    def version(self) -> str:
        """The engine's name and version, by asking it."""

    def close(self) -> None:
        """Ends the session."""


class DryRuns(Protocol):
    """A connection whose engine tells what a statement would read, and does not run it."""

    def would_read(self, statement: Statement, values: Mapping[str, datetime]) -> int | None:
        """Bytes; None where it does not say. Raises as `Catalogue.explain` does."""

    def close(self) -> None:
        """Ends the session."""


class OpenEngine(Engine, OpenCatalogue, Protocol):
    """All that is asked of an open connection."""
