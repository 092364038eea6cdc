"""Queries in the shape that T-SQL takes.

- WITH stands at the top alone: that of a sub-query moves there, under a name of its own, unless it reads columns around it.
- A sub-query has no ORDER BY unless it has a TOP, for which the order counts.
- OFFSET becomes a row number: `.. OFFSET 2` is `SELECT .. FROM (SELECT .., row_number() OVER (ORDER BY ..) AS place ..) WHERE
  place > 2`.
- Keys of an order stand once: a second one of the same value is an error there, and orders nothing.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Cte, CteRef, Derived, Output, Query, Select
from kpictl.ir.scalars import Call, Col, Lit, Over, Scalar, SortKey
from kpictl.kinds.build import call, conjunction, lit
from kpictl.model.types import INTEGER
from kpictl.passes.targets.nest import Names, each_query, reads_outside, row_number
from kpictl.sql.walk import Node, find, holds, rebuild, transform


def with_at_top(query: Query) -> Query:
    """`query` with every WITH query at its top, in an order in which each reads earlier ones."""
    if not any(inner is not query and inner.ctes for inner in find(query, Query)):
        return query
    names, flat = Names(query), list[Cte]()

    def visit(node: Node, known: dict[str, str]) -> Node:
        if not holds(node, (CteRef, Query)):
            return node
        if isinstance(node, CteRef):
            return replace(node, name=known.get(node.name, node.name))
        if not isinstance(node, Query):
            return rebuild(node, lambda below: visit(below, known))
        mine, kept = dict(known), list[Cte]()
        for cte in node.ctes:
            if reads_outside(cte.query):
                kept.append(replace(cte, query=visit(cte.query, mine)))
                mine.pop(cte.name, None)
                continue
            taken = any(cte.name == other.name for other in flat)
            name = names.fresh(cte.name) if taken else cte.name
            inner = visit(cte.query, {**mine, cte.name: name} if cte.recursive else mine)
            mine[cte.name] = name
            flat.append(replace(cte, name=name, query=inner))
        return rebuild(replace(node, ctes=tuple(kept)), lambda below: visit(below, mine))

    whole = visit(query, {})
    assert isinstance(whole, Query)
    return replace(whole, ctes=tuple(flat))


def order_at_top(query: Query) -> Query:
    """`query` with ORDER BY only at its top and where a LIMIT goes by it; each key once."""
    if not holds(query, (SortKey, Over)):
        return query

    def change(node: Node) -> Node:
        if isinstance(node, Over):
            keys = _once(node.order_by) or _any_order(node)
            return node if keys == node.order_by else replace(node, order_by=keys)
        if not isinstance(node, Query) or not node.order_by:
            return node
        if node.limit is None and not node.offset:
            return replace(node, order_by=())
        return replace(node, order_by=_once(node.order_by))

    return replace(transform(replace(query, order_by=()), change, (Over, Query)), order_by=_once(query.order_by))


def _any_order(over: Over) -> tuple[SortKey, ...]:
    """Where rows are numbered in no order, that of a key which is the same in all of them."""
    numbered = isinstance(over.call, Call) and over.call.fn == "row_number" and over.partition_by
    return (SortKey(over.partition_by[0]),) if numbered else ()


def _once(keys: tuple[SortKey, ...]) -> tuple[SortKey, ...]:
    """Each key once, the first of equal ones, and none that is a constant."""
    found: dict[Scalar, SortKey] = {}
    for key in keys:
        if not isinstance(key.by, Lit):
            found.setdefault(key.by, key)
    return tuple(found.values())


def offset_as_number(query: Query) -> Query:
    """`query` without OFFSET."""
    return each_query(query, _numbered)


def _numbered(query: Query, names: Names) -> Query:
    if not query.offset:
        return query
    rows, alias, place = names.fresh("rows"), names.fresh("numbered"), names.fresh("place")
    body, order = query.body, query.order_by
    if not isinstance(body, Select) or body.distinct or body.distinct_on:
        inner = Query(body)
        columns = tuple(Output(n, Col(n, rows, t)) for n, t in inner.outputs)
        body = Select(columns, Derived(inner, rows))
        order = tuple(replace(k, by=replace(k.by, table=rows)) if isinstance(k.by, Col) else k for k in order)
    values = {o.name: o.value for o in body.outputs}
    keys = tuple(replace(k, by=_value(k.by, values)) for k in order)
    numbered = Query(replace(body, outputs=(*body.outputs, Output(place, row_number((), keys)))), query.ctes)
    number = Col(place, alias, INTEGER)
    end = None if query.limit is None else call("le", number, lit(query.offset + query.limit))
    outputs = tuple(Output(o.name, Col(o.name, alias, o.type)) for o in body.outputs)
    above = Select(outputs, Derived(replace(numbered, ctes=()), alias))
    where = conjunction([call("gt", number, lit(query.offset)), end])
    return Query(replace(above, where=where), query.ctes, (SortKey(number),), place=query.place)


def _value(by: Scalar, values: dict[str, Scalar]) -> Scalar:
    return values.get(by.name, by) if isinstance(by, Col) and by.table is None else by
