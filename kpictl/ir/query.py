"""The canonical query tree: what a SELECT says, once its names, types and functions are resolved.

It is closed: what an author writes either becomes these nodes or is refused, so no engine-dependent construct can pass
through unseen. Names are resolved (no USING, no positional or alias GROUP BY, no star), NULL order is explicit,
window names are expanded. A dialect prints this tree, and only this tree, after its passes have made it sayable.
"""

from __future__ import annotations

from dataclasses import field

from kpictl.diagnostics import Place
from kpictl.ir.node import Node
from kpictl.ir.scalars import Scalar, SortKey
from kpictl.model.types import Type
from kpictl.records import dataclass


@dataclass(frozen=True, slots=True)
class Output(Node):
    """One column that a query returns."""

    name: str
    value: Scalar

    @property
    def type(self) -> Type:
        return self.value.type


@dataclass(frozen=True, slots=True)
class TableRef(Node):
    """A source's table. `source` is the logical name; the printer asks its binding for the physical relation.

    `columns` are the declared columns that the query reads, with types, in name order.
    """

    source: str
    alias: str
    columns: tuple[tuple[str, Type], ...] = field(default=(), compare=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class CteRef(Node):
    """A WITH query read by name."""

    name: str
    alias: str


@dataclass(frozen=True, slots=True)
class Derived(Node):
    """A sub-query in FROM; `lateral` when it reads columns of what stands left of it."""

    query: Query
    alias: str
    lateral: bool = False


@dataclass(frozen=True, slots=True)
class Series(Node):
    """`generate_series(start, stop, step)`, both ends included, as a one-column table `alias(column)`."""

    start: Scalar
    stop: Scalar
    step: Scalar
    alias: str
    column: str


@dataclass(frozen=True, slots=True)
class Unnest(Node):
    """The elements of an array (or of a JSON array, as JSON) of what stands left, as a one-column table."""

    array: Scalar
    alias: str
    column: str


Relation = TableRef | CteRef | Derived | Series | Unnest


@dataclass(frozen=True, slots=True)
class Joined(Node):
    """One more relation of a FROM: `kind` is inner, left, right, full or cross."""

    kind: str
    relation: Relation
    on: Scalar | None = None


@dataclass(frozen=True, slots=True)
class Select(Node):
    """SELECT. `group_by` holds grouping sets: one set is a plain GROUP BY, `((),)` the grand total, None no grouping."""

    outputs: tuple[Output, ...]
    source: Relation | None = None
    joins: tuple[Joined, ...] = ()
    where: Scalar | None = None
    group_by: tuple[tuple[Scalar, ...], ...] | None = None
    having: Scalar | None = None
    qualify: Scalar | None = None
    distinct: bool = False
    distinct_on: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Values(Node):
    """Rows of constants."""

    names: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """UNION, INTERSECT or EXCEPT of two queries with the same number of columns, named by the left one."""

    op: str
    left: Query
    right: Query
    all: bool = False


@dataclass(frozen=True, slots=True)
class Cte(Node):
    """A named query of WITH."""

    name: str
    query: Query
    recursive: bool = False


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query: WITH, a body, an order and a limit. `order_by` reads the body's outputs and its tables."""

    body: Select | Values | SetOperation
    ctes: tuple[Cte, ...] = ()
    order_by: tuple[SortKey, ...] = ()
    limit: int | None = None
    offset: int = 0
    place: Place | None = field(default=None, compare=False)

    @property
    def outputs(self) -> tuple[tuple[str, Type], ...]:
        """Names and types of the columns that come out."""
        body = self.body
        while isinstance(body, SetOperation):
            body = body.left.body
        if isinstance(body, Values):
            first = body.rows[0]
            return tuple((name, value.type) for name, value in zip(body.names, first, strict=True))
        return tuple((o.name, o.type) for o in body.outputs)
