"""A source: a table, view, collection or file of a connection, and what is known about its rows."""

from __future__ import annotations

from dataclasses import field
from enum import Enum

from kpictl.diagnostics import Place
from kpictl.model.durations import Duration
from kpictl.model.types import Type
from kpictl.records import dataclass


class HistoryKind(Enum):
    """How a source keeps its past: rows stay (append), change in place (current), or hold in [from, to) (valid)."""

    APPEND = "append"
    CURRENT = "current"
    VALID = "valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    kind: HistoryKind
    valid_from: str | None = None
    valid_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column and its declared type; `pii`, `unit` are the author's words, `physical` its stored form per target."""

    name: str
    type: Type
    unit: str | None = None
    pii: str | None = None
    description: str | None = None
    physical: tuple[tuple[str, str], ...] = ()
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceJoin:
    """A join to another source: `name` is the role under which its columns are read, `on` an expression (text)."""

    name: str
    source: str
    on: str
    type: str
    """many_to_one, one_to_one or one_to_many."""
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    warn_after: Duration | None = None
    error_after: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    interval: Duration | None = None
    batch_size: int | None = None
    cursor: str | None = None
    rollup: str | None = None
    """minute, hour or day: the unit to which a roll-up keeps instants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    name: str
    connection: str | None
    """None: the project's only connection."""
    relation: str
    """Table, `schema.table`, collection, or file glob; the source's name when not given."""
    time: str | None = None
    history: History
    start: str | None = None
    timezone: str | None = None
    key: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    """Empty: not declared (types are known only from a catalogue)."""
    joins: tuple[SourceJoin, ...] = ()
    dimensions: tuple[tuple[str, str], ...] = ()
    """Name and SQL expression (text)."""
    lateness: Duration | None = None
    updated_at: str | None = None
    retention: Duration | None = None
    freshness: Freshness | None = None
    complete: str | None = None
    """`now`, a query, or None (complete up to max(time))."""
    ingest: Ingest | None = None
    description: str | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    place: Place = field(compare=False)

    @property
    def watermark(self) -> str | None:
        """The query that names the watermark, where `complete:` is one."""
        return None if self.complete == "now" else self.complete

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)
