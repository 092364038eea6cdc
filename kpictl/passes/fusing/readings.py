"""A KPI's number taken apart, so that others may read its rows too, and what fused queries of any form are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from enum import Enum

from kpictl.ir.query import Query
from kpictl.ir.relations import Aggregate, Filter, Finalize, Grain, Join, Relation, Scan, State, Window
from kpictl.ir.scalars import Col, Param, Scalar
from kpictl.kinds import buckets
from kpictl.kinds.build import FROM, TO, conjunction, conjuncts
from kpictl.kinds.states import MERGEABLE
from kpictl.model.types import Type
from kpictl.passes.fold_filters import fold_filters
from kpictl.passes.fuse_operands import fuse_operands
from kpictl.records import dataclass
from kpictl.sql.walk import Node, any_of, find, transform


class Form(Enum):
    """How differing filters become one statement."""

    CASE = "case"
    """sum(CASE WHEN .. THEN x END): DuckDB, whose FILTER costs more than it saves past ten aggregates."""
    FILTER = "filter"
    """sum(x) FILTER (WHERE ..): PostgreSQL."""
    STATES = "states"
    """Two stages."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One KPI's number taken apart: rows that others may read too, its own conditions, states, and what is made of them."""

    rows: Relation
    where: tuple[Scalar, ...]
    of: Aggregate
    value: Scalar
    denominator: Scalar | None
    window: Window | None = None
    """The frame of each bucket over which its states are merged; None: the bucket itself."""

    @property
    def grain(self) -> Grain:
        assert self.of.grain is not None
        return self.of.grain

    @property
    def mergeable(self) -> bool:
        """Whether parts of its states make the whole."""
        return all(s.fn in MERGEABLE and not s.keyed_by and not s.holistic for _, s in self.of.states)

    @property
    def part(self) -> tuple[object, ...]:
        """What numbers have in common that stand in the same rows: grain, dimensions, frame."""
        frame = None if self.window is None else (self.window.length, self.window.to_date, self.window.inclusive)
        return (self.grain, self.of.keys, frame)

    def conditions(self) -> Iterable[Scalar]:
        """Every condition, each part that must hold apart."""
        yield from self.where
        for _, state in self.of.states:
            yield from conjuncts(state.where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where a fused query returns a number: the part of its rows, and names of columns."""

    part: int
    value: str
    rows: str | None
    """Rows that the number's own filter left; None: all that are returned."""
    denominator: str | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fused:
    """One query and, in the order of the readings, where their numbers stand. `part` is a column where there are several."""

    query: Query
    columns: tuple[Column, ...]
    parts: int


def reading(tree: Relation) -> Reading | None:
    """A KPI whose rows can be shared; None where its tree is of another form.

    Each row must belong to the bucket of its own time, and nothing may ask for NOW(): that differs from range to range. A
    window may merge the states of days or longer buckets, where these can be merged.
    """
    tree = fuse_operands(fold_filters(tree))
    if not isinstance(tree, Finalize):
        return None
    window = tree.input if isinstance(tree.input, Window) else None
    of = tree.input if window is None else window.input
    if not isinstance(of, Aggregate):
        return None
    outputs = dict(tree.outputs)
    if of.time is None or of.grain is None or set(outputs) != {"value"} or any_of(tree, _bars_sharing):
        return None
    base, where = (of.input.input, conjuncts(of.input.predicate)) if isinstance(of.input, Filter) else (of.input, ())
    if not all(isinstance(node, Scan | Join) for node in _relations(base)):
        return None
    found = Reading(base, where, of, outputs["value"], tree.denominator, window)
    return found if window is None or (found.mergeable and buckets.is_dated(of.grain)) else None


def _bars_sharing(node: Node) -> bool:
    return isinstance(node, Query) or (isinstance(node, Param) and node not in (FROM, TO))


def _relations(tree: Relation) -> Iterable[Relation]:
    yield tree
    if isinstance(tree, Join):
        yield from _relations(tree.left)
        yield from _relations(tree.right)
    elif not isinstance(tree, Scan):
        yield from _relations(tree.input)  # type: ignore[union-attr]


def rows_key(each: Reading) -> tuple[object, ...]:
    """What readings must have in common to share a scan."""
    return (_without_columns(each.rows), each.of.time, each.grain.zone, buckets.is_dated(each.grain))


def _without_columns(tree: Relation) -> Relation:
    if isinstance(tree, Scan):
        return replace(tree, columns=())
    assert isinstance(tree, Join)
    return replace(tree, left=_without_columns(tree.left), right=_without_columns(tree.right))


def common_conditions(readings: Sequence[Reading]) -> tuple[Scalar, ...]:
    """The conditions that every reading has."""
    return tuple(c for c in dict.fromkeys(readings[0].where) if all(c in each.where for each in readings))


def shared_rows(readings: Sequence[Reading], common: Sequence[Scalar]) -> Relation:
    """The rows that all of them read, with the columns of each."""
    rows = readings[0].rows
    for each in readings[1:]:
        rows = _with_columns(rows, each.rows)
    where = conjunction(common)
    return rows if where is None else Filter(rows, where)


def _with_columns(one: Relation, other: Relation) -> Relation:
    """The rows with the columns that either reads; only undeclared sources differ."""
    if one == other:
        return one
    if isinstance(one, Scan):
        assert isinstance(other, Scan)
        return replace(one, columns=tuple(sorted({**dict(one.columns), **dict(other.columns)}.items())))
    assert isinstance(one, Join)
    assert isinstance(other, Join)
    return replace(one, left=_with_columns(one.left, other.left), right=_with_columns(one.right, other.right))


def own(each: Reading, common: Sequence[Scalar]) -> Scalar | None:
    """The conditions that a reading has for itself."""
    return conjunction(c for c in each.where if c not in common)


@dataclass(slots=True)
class Outputs:
    """Columns of a query, each expression once."""

    named: dict[Scalar, str] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    def column(self, wish: str, value: Scalar) -> str:
        """The name of an expression's column, new or known."""
        name = self.named.get(value)
        if name is None:
            number = self.count[wish] = self.count.get(wish, 0) + 1
            name = self.named[value] = f"{wish}_{number}"
        return name


def state_name(state: State, states: dict[State, str]) -> str:
    """The column of a state, each once."""
    found = states.get(state)
    if found is None:
        found = states[state] = f"state_{len(states) + 1}"
    return found


def types_of(each: Reading) -> dict[str, Type]:
    """The types of a reading's states, as what is made of them says."""
    made = [each.value] if each.denominator is None else [each.value, each.denominator]
    return {column.name: column.type for scalar in made for column in find(scalar, Col)}


def put(value: Scalar, known: dict[str, Col] | dict[str, Scalar]) -> Scalar:
    """A number with what stands for each state in it."""

    def change(node: Node) -> Node:
        return known.get(node.name, node) if isinstance(node, Col) and node.table is None else node

    changed: Scalar = change(value) if isinstance(value, Col) else transform(value, change, Col)
    return changed
