"""Putting the FROM and WHERE of a SELECT into a sub-query, so that more can be computed on its rows first.

    SELECT o.country, percentile(o.amount) FROM orders AS o WHERE o.paid GROUP BY o.country

with a wish for `place`, a row number over the rows, becomes

    SELECT r.country, percentile(r.amount) FROM (SELECT o.country, o.amount, <place> AS place FROM orders AS o
    WHERE o.paid) AS r GROUP BY r.country
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from kpictl.ir.query import Cte, CteRef, Derived, Output, Query, Relation, Select, Series, TableRef, Unnest
from kpictl.ir.scalars import Agg, Call, Case, Col, Over, Scalar, SortKey
from kpictl.kinds.build import call, lit
from kpictl.model.types import BOOLEAN, INTEGER, Kind
from kpictl.records import dataclass
from kpictl.sql.walk import Node, calls, children, find, holds, queries_in, rebuild, transform, walk

N = TypeVar("N")


class Names:
    """Names that nothing in a whole query has; they are looked up when the first one is asked for."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._known: set[str] | None = None

    @property
    def _taken(self) -> set[str]:
        if self._known is None:
            self._known = set()
            for node in walk(self._query):
                if isinstance(node, TableRef | CteRef | Derived | Series | Unnest):
                    self._known.add(node.alias)
                elif isinstance(node, Cte | Output | Col):
                    self._known.add(node.name)
        return self._known

    def fresh(self, wish: str) -> str:
        """A name like the wish that nothing else has."""
        found, n = wish, 1
        while found in self._taken:
            n += 1
            found = f"{wish}_{n}"
        self._taken.add(found)
        return found


def each_query(
    query: Query, change: Callable[[Query, Names], Query], functions: Collection[str] | None = None
) -> Query:
    """`change` applied to every query within, innermost first; it returns the query itself where it has nothing to do.

    That is so for nearly every pass over nearly every query. It is tried first, for a tree that stays as it is need not be
    taken apart: what is true of all queries as they stand is true of them innermost first. Where `functions` are given, it
    has nothing to do in a tree that calls none of them.
    """
    if functions is not None and not calls(query, functions):
        return query
    tried = Names(query)
    for each in queries_in(query):
        if change(each, tried) is not each:
            break
    else:
        return query
    names = Names(query)

    return transform(query, lambda each: change(each, names), Query)


@dataclass(frozen=True, slots=True)
class Nested:
    """The query over its rows as the sub-query `alias`, which also has the wanted columns."""

    query: Query
    alias: str

    def column(self, name: str, like: Scalar) -> Col:
        return Col(name, self.alias, like.type)


def aliases(select: Select) -> frozenset[str]:
    """The names of the relations in FROM."""
    relations = [select.source, *(j.relation for j in select.joins)]
    return frozenset(r.alias for r in relations if r is not None)


def nest(
    query: Query, names: Names, wanted: Iterable[tuple[str, Scalar]], *, wish: str = "rows", limit: int | None = None
) -> Nested:
    """The query, whose body is a SELECT, with its FROM and WHERE below and `wanted` computed there."""
    select = query.body
    assert isinstance(select, Select)
    named, alias = aliases(select), names.fresh(wish)
    # A measure's columns have no table; in the order of a query such a name is an output.
    local: frozenset[str | None] = named | {None} if len(named) == 1 else named
    above = replace(select, source=None, joins=(), where=None)
    outputs: list[Output] = []
    moved: dict[tuple[str | None, str], Scalar] = {}
    for col in (*_columns_of(above, local), *(c for k in query.order_by for c in _columns_of(k.by, named))):
        key = (col.table, col.name)
        if key not in moved:
            name = col.name if all(o.name != col.name for o in outputs) else names.fresh(f"{col.table}_{col.name}")
            outputs.append(Output(name, replace(col, place=None)))
            moved[key] = Col(name, alias, col.type)
    outputs += [Output(name, scalar) for name, scalar in wanted]
    if not outputs:
        outputs = [Output(names.fresh("one"), lit(1))]
    inner = Query(Select(tuple(outputs), select.source, select.joins, select.where), limit=limit, place=query.place)
    body = _moved(above, local, moved)
    order_by = tuple(replace(k, by=_moved(k.by, named, moved)) for k in query.order_by)
    whole = replace(query, body=replace(body, source=Derived(inner, alias)), order_by=order_by)
    return Nested(whole, alias)


def reads_outside(node: Node) -> bool:
    """Whether columns of a query around this one are read, which no WITH query can."""
    relations: Iterator[Relation] = find(node, (TableRef, CteRef, Derived, Series, Unnest))
    known = {relation.alias for relation in relations}
    return any(col.table is not None and col.table not in known for col in find(node, Col))


def _columns_of(node: Node, local: frozenset[str | None]) -> Iterator[Col]:
    """Columns of these relations, also those that sub-queries read, unless they have a relation of that name."""
    if isinstance(node, Col):
        if node.table in local:
            yield node
        return
    if isinstance(node, Query) and isinstance(node.body, Select):
        local -= aliases(node.body) | {None}
    for below in children(node):
        yield from _columns_of(below, local)


def _moved(node: N, local: frozenset[str | None], new: Mapping[tuple[str | None, str], Scalar]) -> N:
    def visit(below: Node) -> Node:
        return _moved(below, local, new)

    if isinstance(node, Col):
        return new[node.table, node.name] if node.table in local else node  # type: ignore[return-value]
    if isinstance(node, Query) and isinstance(node.body, Select):
        local -= aliases(node.body) | {None}
    return rebuild(node, visit)


def with_own_names(query: Query, names: Names) -> Query:
    """The query with a name of its own for each output that has that of an earlier one."""
    body = query.body
    if not isinstance(body, Select):
        return query
    seen: set[str] = set()
    outputs = []
    for output in body.outputs:
        outputs.append(output if output.name not in seen else replace(output, name=names.fresh(output.name)))
        seen.add(output.name)
    return query if tuple(outputs) == body.outputs else replace(query, body=replace(body, outputs=tuple(outputs)))


def aggregates(query: Query, wanted: Callable[[Agg], bool]) -> list[Agg]:
    """The aggregates of a SELECT and its order (not those of sub-queries, nor a window's own), each once."""
    select = query.body
    assert isinstance(select, Select)
    parts = [*(o.value for o in select.outputs), select.having, select.qualify, *(k.by for k in query.order_by)]

    def within(node: Node) -> Iterator[Agg]:
        if isinstance(node, Query) or not holds(node, Agg):
            return
        if isinstance(node, Agg) and wanted(node):
            yield node
            return
        over = isinstance(node, Over)
        below = (*node.call.args, *node.partition_by, *(k.by for k in node.order_by)) if over else children(node)
        for each in below:
            yield from within(each)

    return list(dict.fromkeys(agg for part in parts if part is not None for agg in within(part)))


def replaced(query: Query, new: dict[Agg, Scalar]) -> Query:
    """The query with aggregates of its SELECT and order replaced."""

    def visit(node: Node) -> Node:
        if isinstance(node, Agg) and node in new:
            return new[node]
        if isinstance(node, Over):
            # A window's own aggregate is another one, though it may look the same.
            call = rebuild(node.call, visit)
            rest = rebuild(replace(node, call=Call("row_number", ())), visit)
            return replace(rest, call=call)
        return node if isinstance(node, Query) else rebuild(node, visit)

    select = query.body
    assert isinstance(select, Select)
    outputs = tuple(Output(o.name, visit(o.value)) for o in select.outputs)
    having = None if select.having is None else visit(select.having)
    qualify = None if select.qualify is None else visit(select.qualify)
    order_by = tuple(replace(k, by=visit(k.by)) for k in query.order_by)
    return replace(query, body=replace(select, outputs=outputs, having=having, qualify=qualify), order_by=order_by)


def keys_of(select: Select) -> tuple[Scalar, ...] | None:
    """What one row of a grouped SELECT is; None where it has several grouping sets."""
    if select.group_by is None:
        return ()
    return select.group_by[0] if len(select.group_by) == 1 else None


def order_over(query: Query, outputs: list[Output], alias: str, names: Names) -> tuple[SortKey, ...]:
    """The order of a query around these outputs, which gain what it is ordered by and they do not have."""
    found = []
    for key in query.order_by:
        by = key.by
        if not (isinstance(by, Col) and by.table is None):
            known = next((o.name for o in outputs if o.value == by), None)
            if known is None:
                known = names.fresh("sorted")
                outputs.append(Output(known, by))
            by = Col(known, alias, by.type)
        found.append(replace(key, by=by))
    return tuple(found)


def filtered(agg: Agg, x: Scalar) -> Scalar:
    """An argument where the aggregate's filter holds, else NULL."""
    return x if agg.where is None else Case(((agg.where, x),), None, x.type)


def row_number(partition_by: Sequence[Scalar], order_by: Sequence[SortKey]) -> Over:
    """The position of a row in its group."""
    return Over(Call("row_number", (), INTEGER), tuple(partition_by), tuple(order_by), None, INTEGER)


def only(x: Scalar, where: Scalar) -> Agg:
    """The value of the one row of a group for which a condition holds; NULL where there is none."""
    if x.type.kind is Kind.TEXT:
        return Agg("first_by", (x,), where=where, type=x.type)
    return Agg("max", (Case(((where, x),), None, x.type),), type=x.type)


def equal(a: Scalar, b: Scalar) -> Call:
    return Call("eq", (a, b), BOOLEAN)


def both(*parts: Scalar | None) -> Scalar:
    """All of the given conditions, of which there is at least one."""
    given = tuple(p for p in parts if p is not None)
    return given[0] if len(given) == 1 else Call("and", given, BOOLEAN)


def plus(a: Scalar, n: int) -> Scalar:
    return call("add", a, lit(n)) if n else a
