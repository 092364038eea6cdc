"""Sub-queries where T-SQL takes them.

- `count(CASE WHEN id IN (SELECT ..) THEN 1 END)` becomes the count of a column that a sub-query of FROM computes, since
  aggregates take no sub-query there.
- `(a, b) IN (SELECT x, y ..)` becomes `CASE WHEN EXISTS (.. x = a AND y = b) THEN true WHEN EXISTS (.. each equal, or one of
  them NULL) THEN NULL ELSE false END`, since IN takes one value there.
"""

from __future__ import annotations

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Agg, Call, Case, Col, Exists, InQuery, Lit, Scalar
from kpictl.kinds.build import call, lit
from kpictl.model.types import BOOLEAN
from kpictl.passes.targets.nest import Names, aggregates, each_query, nest, replaced
from kpictl.sql.walk import holds, transform


def queries_below_aggregates(query: Query) -> Query:
    """`query` whose aggregates have no sub-query inside."""
    return each_query(query, _rewritten)


def _wanted(agg: Agg) -> bool:
    return any(holds(arg, Query) for arg in agg.args)


def _rewritten(query: Query, names: Names) -> Query:
    if not isinstance(query.body, Select):
        return query
    found = aggregates(query, _wanted)
    if not found:
        return query
    columns = {agg: [names.fresh("given") for _ in agg.args] for agg in found}
    wanted = [pair for agg, given in columns.items() for pair in zip(given, agg.args, strict=True)]
    nested = nest(query, names, wanted, wish="computed")
    new: dict[Agg, Scalar] = {}
    for agg, same in zip(found, aggregates(nested.query, _wanted), strict=True):
        args = tuple(Col(n, nested.alias, a.type) for n, a in zip(columns[agg], agg.args, strict=True))
        new[same] = Agg(same.fn, args, same.distinct, same.where, same.order_by, same.type, same.place)
    return replaced(nested.query, new)


def rows_in_as_exists(query: Query) -> Query:
    """`query` without rows of several values in IN."""
    names = Names(query)

    def change(node: InQuery) -> Scalar:
        return _exists(node, names) if len(node.args) > 1 else node

    return transform(query, change, InQuery)


def _exists(node: InQuery, names: Names) -> Scalar:
    alias = names.fresh("listed")
    pairs = [(a, Col(n, alias, t)) for a, (n, t) in zip(node.args, node.query.outputs, strict=True)]
    equal = tuple(call("eq", a, b) for a, b in pairs)
    maybe = tuple(Call("or", (call("eq", a, b), call("is_null", a), call("is_null", b)), BOOLEAN) for a, b in pairs)
    found, unknown = (_some(node.query, alias, parts, names) for parts in (equal, maybe))
    whens = ((found, lit(True)), (unknown, Lit(None, BOOLEAN)))
    return Case(whens, lit(False), BOOLEAN, node.place)


def _some(query: Query, alias: str, parts: tuple[Scalar, ...], names: Names) -> Exists:
    outputs = (Output(names.fresh("one"), lit(1)),)
    return Exists(Query(Select(outputs, Derived(query, alias), where=Call("and", parts, BOOLEAN))))
