"""What the parts of `to_query` share: names and WITH queries of one statement, and a SELECT of numbers by bucket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from kpictl.ir.query import Cte, Output, Query, Select
from kpictl.ir.relations import Aggregate, Grain, Relation
from kpictl.ir.scalars import Col, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.states import aggregate
from kpictl.passes.bounds import Bounds
from kpictl.passes.rows import Rows, rows
from kpictl.records import dataclass
from kpictl.sql.walk import transform

DENOMINATOR = "denominator"


@dataclass(slots=True)
class Building:
    """What is shared while one statement is built: its WITH queries and the names that are taken."""

    with_denominator: bool
    numbers: Callable[[Relation, Bounds | None, Building], Numbers]
    """Makes the SELECT of a tree of numbers."""
    ctes: list[Cte] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    made: dict[tuple[Relation, Bounds | None], Numbers] = field(default_factory=dict)

    def name(self, wish: str) -> str:
        """A name that nothing else in the statement has."""
        found = wish
        n = 1
        while found in self.taken:
            n += 1
            found = f"{wish}_{n}"
        self.taken.add(found)
        return found

    def cte(self, wish: str, query: Query) -> str:
        """A WITH query; its name."""
        name = self.name(wish)
        self.ctes.append(Cte(name, query))
        return name


@dataclass(frozen=True, slots=True)
class Numbers:
    """A SELECT of numbers: its key column (None: a snapshot), dimensions and values are its outputs."""

    query: Query
    key: Col | None
    grain: Grain | None
    dimensions: tuple[str, ...]

    def column(self, name: str, table: str) -> Col:
        """An output, read from a relation of that name."""
        types = dict(self.query.outputs)
        return Col(name, table, types[name])


def key_name(grain: Grain, taken: tuple[str, ...]) -> str:
    """What the key column is called: the unit of its buckets, `time` where it is the instant itself."""
    wish = grain.unit if buckets.is_dated(grain) else "time"
    return wish if wish not in taken else f"{wish}_bucket"


def outputs_of(
    outputs: tuple[tuple[str, Scalar], ...], denominator: Scalar | None, building: Building
) -> tuple[tuple[str, Scalar], ...]:
    """The numbers of a tree, with what the outermost division divides by where that is asked for."""
    if denominator is None or not building.with_denominator:
        return outputs
    return (*outputs, (DENOMINATOR, denominator))


def by_time(of: Aggregate, outputs: tuple[tuple[str, Scalar], ...], bounds: Bounds, key: str | None = None) -> Numbers:
    """Each row in the bucket of its time; `key` names the column of the bucket's key."""
    assert of.time is not None
    assert of.grain is not None
    read = rows(of.input)
    read.where += list(bounds.holds(of.time, of.grain.zone))
    name = key or key_name(of.grain, tuple(n for n, _ in of.keys))
    return grouped(read, of, Output(name, buckets.key(of.time, of.grain)), outputs)


def grouped(read: Rows, of: Aggregate, key: Output | None, outputs: tuple[tuple[str, Scalar], ...]) -> Numbers:
    """Rows by their keys, every state an aggregate over them."""
    dims = tuple(Output(name, read.scalar(scalar)) for name, scalar in of.keys)
    keys = (*((Output(key.name, read.scalar(key.value)),) if key is not None else ()), *dims)
    values = tuple(Output(name, read.scalar(over_rows(value, of))) for name, value in outputs)
    select = Select(
        (*keys, *values),
        read.table,
        read.joined(),
        read.condition(),
        (tuple(k.value for k in keys),) if keys else ((),),
    )
    return made(Query(select), key, of.grain, of)


def made(query: Query, key: Output | None, grain: Grain | None, of: Aggregate) -> Numbers:
    """Numbers whose dimensions are the keys of an aggregate."""
    column = None if key is None else Col(key.name, None, key.value.type)
    return Numbers(query, column, grain if key is not None else None, tuple(name for name, _ in of.keys))


def over_rows(value: Scalar, of: Aggregate) -> Scalar:
    """A number over states as aggregates over the rows themselves."""
    states = dict(of.states)

    def change(node: object) -> object:
        if isinstance(node, Col) and node.table is None and node.name in states:
            return aggregate(states[node.name], node.type)
        return node

    if isinstance(value, Col):
        return change(value)  # type: ignore[return-value]
    return transform(value, change, Col)


def read_from(scalar: Scalar, alias: str) -> Scalar:
    """Columns without a table, read from a relation."""

    def change(node: object) -> object:
        return Col(node.name, alias, node.type, node.place) if isinstance(node, Col) and node.table is None else node

    if isinstance(scalar, Col):
        return change(scalar)  # type: ignore[return-value]
    return transform(scalar, change, Col)
