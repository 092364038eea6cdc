"""Computes keys of GROUP BY below it where an engine would not find them again in what is selected.

That is a key that holds a sub-query, and beside windows over the groups each key that is no column. Some engines find a key only
where it is all that is selected, not within an expression.

Before: `SELECT CASE WHEN id IN (SELECT ..) THEN 'a' END AS k, count(*) .. GROUP BY CASE WHEN id IN (SELECT ..) ..`.
After: `SELECT r.key AS k, count(*) FROM (SELECT CASE WHEN id IN (SELECT ..) .. AS key ..) AS r GROUP BY r.key`.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Output, Query, Select
from kpictl.ir.scalars import Agg, Col, Over, Scalar
from kpictl.passes.targets.nest import Names, each_query, nest
from kpictl.sql.walk import Node, children, has_window, holds, rebuild


def keys_below(query: Query) -> Query:
    """`query` whose GROUP BY holds no sub-query, and beside windows columns alone."""
    return each_query(query, lambda each, names: _rewritten(each, names, within=False))


def inner_keys_below(query: Query) -> Query:
    """The same, and no key that is computed stands within another expression."""
    return each_query(query, lambda each, names: _rewritten(each, names, within=True))


def _rewritten(query: Query, names: Names, *, within: bool) -> Query:
    select = query.body
    if not isinstance(select, Select) or select.group_by is None:
        return query
    values = [*(o.value for o in select.outputs), *(k.by for k in query.order_by)]
    windows = any(map(has_window, values))
    every = dict.fromkeys(key for each in select.group_by for key in each)
    parts = [*values, *((select.having,) if select.having is not None else ())]

    def is_lost(key: Scalar) -> bool:
        if isinstance(key, Col):
            return False
        return windows or holds(key, Query) or (within and any(part != key and _has(part, key) for part in parts))

    keys = [key for key in every if is_lost(key)]
    if not keys:
        return query
    columns = [(names.fresh("key"), key) for key in keys]
    nested = nest(query, names, columns, wish="keyed")
    body = nested.query.body
    assert isinstance(body, Select)
    assert body.group_by is not None
    new: dict[Scalar, Scalar] = {}
    for before, after in zip(select.group_by, body.group_by, strict=True):
        for old, moved in zip(before, after, strict=True):
            name = next((n for n, key in columns if key == old), None)
            if name is not None:
                new[moved] = Col(name, nested.alias, old.type)

    def visit(node: Node) -> Node:
        if isinstance(node, Over):
            # The aggregate that is a window's own is over groups; what it aggregates may be a key.
            return rebuild(node, lambda n: rebuild(n, visit) if n is node.call else visit(n))
        if isinstance(node, Agg) and node.fn != "grouping":
            return node
        return new[node] if node in new else rebuild(node, visit)

    changed = replace(
        body,
        outputs=tuple(Output(o.name, visit(o.value)) for o in body.outputs),
        group_by=tuple(tuple(map(visit, each)) for each in body.group_by),
        having=None if body.having is None else visit(body.having),
    )
    order_by = tuple(replace(key, by=visit(key.by)) for key in nested.query.order_by)
    return replace(nested.query, body=changed, order_by=order_by)


def _has(part: Node, key: Scalar) -> bool:
    """Whether the key stands in an expression, outside of aggregates and sub-queries."""
    return part == key or (not isinstance(part, Agg | Query) and any(_has(below, key) for below in children(part)))
