"""Scalar expressions: closed, frozen, compared by value, free of any engine's syntax.

`Call.fn` names a canonical function of `kpictl.ir.functions`; nothing else can be called. Every node carries its
`type`. `place` points at the author's characters and never takes part in equality, so reformatting changes nothing.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from kpictl.diagnostics import Place
from kpictl.ir.node import Node
from kpictl.model.types import BOOLEAN, UNKNOWN, Type
from kpictl.records import dataclass

if TYPE_CHECKING:
    from kpictl.ir.query import Query


@dataclass(frozen=True, slots=True)
class Interval:
    """A calendar interval: months, days and microseconds are kept apart, as their lengths differ."""

    months: int = 0
    days: int = 0
    micros: int = 0


LiteralValue = None | bool | int | float | Decimal | str | date | datetime | time | Interval
"""A float is finite; a datetime with tzinfo is an instant, without one a naive timestamp."""


@dataclass(frozen=True, slots=True)
class Col(Node):
    """A column of a relation in scope: `table` is the alias it comes from (None where only one relation is in scope)."""

    name: str
    table: str | None = None
    type: Type = field(default=UNKNOWN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Lit(Node):
    """A constant; `value` is a Python value, never SQL text. NULL is `Lit(None, type)`."""

    value: LiteralValue
    type: Type = UNKNOWN
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Param(Node):
    """A value given at run time: `from`, `to` (bucket bounds) or `as_of` (the logical now), instants in UTC."""

    name: str
    type: Type
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A canonical scalar function applied to its arguments."""

    fn: str
    args: tuple[Scalar, ...]
    type: Type = field(default=UNKNOWN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Case(Node):
    """The first branch whose condition is true, else `otherwise` (NULL when absent)."""

    whens: tuple[tuple[Scalar, Scalar], ...]
    otherwise: Scalar | None = None
    type: Type = field(default=UNKNOWN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """A value turned into another type; a value that has no such form fails, or is NULL when `safe`."""

    arg: Scalar
    type: Type
    safe: bool = False
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SortKey(Node):
    """One key of an ordering; `nulls_last` is always decided (ascending: last, descending: first, unless asked)."""

    by: Scalar
    descending: bool = False
    nulls_last: bool = True


@dataclass(frozen=True, slots=True)
class Agg(Node):
    """A canonical aggregate over rows; `where` filters its rows, `order_by` matters for ordered aggregates only."""

    fn: str
    args: tuple[Scalar, ...]
    distinct: bool = False
    where: Scalar | None = None
    order_by: tuple[SortKey, ...] = ()
    type: Type = field(default=UNKNOWN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FrameBound(Node):
    """One end of a window frame: offset None is unbounded, 0 the current row; negative precedes."""

    offset: int | Interval | None
    following: bool = False


@dataclass(frozen=True, slots=True)
class Frame(Node):
    """A window frame in `rows`, `range` or `groups` mode, without what it excludes: `current`, `group` or `ties`."""

    mode: str
    start: FrameBound
    end: FrameBound
    exclude: str = ""


@dataclass(frozen=True, slots=True)
class Over(Node):
    """A window function: `call` is an Agg, or a Call of a window function (row_number, lag, ...)."""

    call: Agg | Call
    partition_by: tuple[Scalar, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    frame: Frame | None = None
    type: Type = field(default=UNKNOWN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ScalarQuery(Node):
    """The one value of a one-column query; NULL when it has no row."""

    query: Query
    type: Type = field(default=UNKNOWN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Exists(Node):
    """Whether a query has a row."""

    query: Query
    type: Type = field(default=BOOLEAN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class InQuery(Node):
    """`args` (one, or a tuple) equal to some row of a query, by SQL's three-valued rule."""

    args: tuple[Scalar, ...]
    query: Query
    type: Type = field(default=BOOLEAN, compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`arg op ANY|ALL (query)`; `fn` is a comparison (`eq ne lt le gt ge`), `every` tells ALL from ANY."""

    fn: str
    arg: Scalar
    query: Query
    every: bool = False
    type: Type = field(default=BOOLEAN, compare=False)
    place: Place | None = field(default=None, compare=False)


Scalar = Col | Lit | Param | Call | Case | Cast | Agg | Over | ScalarQuery | Exists | InQuery | Quantified
