"""UNION, INTERSECT and EXCEPT as a full join that never matches, for engines that take UNION ALL at the top alone.

    SELECT a.x FROM a UNION ALL SELECT b.x FROM b        becomes

    SELECT CASE WHEN r.side IS NULL THEN l.x ELSE r.x END AS x
    FROM (SELECT x, 0 AS side FROM a) AS l FULL JOIN (SELECT x, 1 AS side FROM b) AS r ON l.side = r.side

Druid takes the left side's constants for never NULL, so the right side is asked. UNION is that without duplicates;
INTERSECT and EXCEPT group it and ask on which sides a row stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kpictl.ir.query import Derived, Joined, Output, Query, Select, SetOperation
from kpictl.ir.scalars import Agg, Case, Col, Scalar
from kpictl.kinds.build import call, lit
from kpictl.model.types import INTEGER, Kind, Type
from kpictl.passes.targets.nest import Names, both, equal, with_own_names
from kpictl.sql.walk import Node, has_aggregate, holds, transform


def set_operations_as_join(query: Query) -> Query:
    """`query` with its set operations as joins, but for a UNION ALL of SELECTs at the top without order or limit."""
    names = Names(query)

    def change(node: Node) -> Node:
        if isinstance(node, Query) and isinstance(node.body, SetOperation) and not _is_sayable(node, query):
            return _joined(node, names)
        return node

    kept = query.body if _is_plain_union(query) else None
    if isinstance(kept, SetOperation):
        # Innermost first, but the top itself stays: only what is below its branches changes.
        return replace(query, ctes=tuple(transform(c, change, Query) for c in query.ctes), body=_branches(kept, change))
    return transform(query, change, Query) if holds(query, SetOperation) else query


def _branches(body: SetOperation, change: Callable[[Node], Node]) -> SetOperation:
    def branch(query: Query) -> Query:
        if isinstance(query.body, SetOperation):
            return replace(query, body=_branches(query.body, change))
        return transform(query, change, Query)

    return replace(body, left=branch(body.left), right=branch(body.right))


def _is_sayable(node: Query, top: Query) -> bool:
    return node is top and _is_plain_union(top)


def _is_plain_union(query: Query) -> bool:
    if query.order_by or query.limit is not None or query.offset:
        return False
    body = query.body
    if isinstance(body, Select):
        return not query.order_by
    if isinstance(body, SetOperation):
        return (
            body.op == "union" and body.all and all(not q.ctes and _is_plain_union(q) for q in (body.left, body.right))
        )
    return False


def _joined(query: Query, names: Names) -> Query:
    body = query.body
    assert isinstance(body, SetOperation)
    if body.all and body.op != "union":
        return query
    body = replace(body, left=with_own_names(body.left, names), right=with_own_names(body.right, names))
    left, right, side = names.fresh("l"), names.fresh("r"), names.fresh("side")
    columns = [(name, _wider(a, b)) for (name, a), (_, b) in zip(body.left.outputs, body.right.outputs, strict=True)]
    first, second = _side(body.left, side, 0, names), _side(body.right, side, 1, names)
    on = equal(Col(side, left, INTEGER), Col(side, right, INTEGER))
    is_left = call("is_null", Col(side, right, INTEGER))

    def value(name: str, at: int, kind: Type) -> Scalar:
        other = body.right.outputs[at][0]
        return Case(((is_left, Col(name, left, kind)),), Col(other, right, kind), kind)

    outputs = [Output(name, value(name, at, kind)) for at, (name, kind) in enumerate(columns)]
    sides = Output(side, Case(((is_left, lit(0)),), lit(1), INTEGER))
    every = Select((*outputs, sides), Derived(first, left), (Joined("full", Derived(second, right), on),))
    alias = names.fresh("combined")
    relation = Derived(Query(every), alias)
    plain = tuple(Output(name, Col(name, alias, kind)) for name, kind in columns)
    if body.op == "union":
        return replace(query, body=Select(plain, relation, distinct=not body.all))
    counts = [_count(equal(Col(side, alias, INTEGER), lit(n))) for n in (0, 1)]
    on_right = call("gt" if body.op == "intersect" else "eq", counts[1], lit(0))
    having = both(call("gt", counts[0], lit(0)), on_right)
    return replace(query, body=Select(plain, relation, group_by=(tuple(o.value for o in plain),), having=having))


def _count(where: Scalar) -> Agg:
    return Agg("count", (Case(((where, lit(1)),), None, INTEGER),), type=INTEGER)


def _side(query: Query, side: str, n: int, names: Names) -> Query:
    """One operand with the number of its side."""
    body = query.body
    simple = isinstance(body, Select) and not (body.distinct or body.distinct_on or body.group_by or query.order_by)
    simple = simple and not query.ctes and query.limit is None and not query.offset
    if simple and isinstance(body, Select) and body.source is not None and not _aggregates(body):
        return replace(query, body=replace(body, outputs=(*body.outputs, Output(side, lit(n)))))
    alias = names.fresh("operand")
    outputs = tuple(Output(name, Col(name, alias, kind)) for name, kind in query.outputs)
    return Query(Select((*outputs, Output(side, lit(n))), Derived(query, alias)))


def _aggregates(select: Select) -> bool:
    return select.having is not None or any(has_aggregate(o.value) for o in select.outputs)


def _wider(a: Type, b: Type) -> Type:
    order = (Kind.NULL, Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)
    if a.kind in order and b.kind in order:
        return a if order.index(a.kind) >= order.index(b.kind) else b
    return b if a.kind is Kind.NULL else a
