"""A grouped SELECT below the windows that run over its groups.

Before: `SELECT month, sum(sum(x)) OVER (ORDER BY month) FROM t GROUP BY month, country`. After: `SELECT g.month, sum(g.grouped)
OVER (ORDER BY g.month) FROM (SELECT month, country, sum(x) AS grouped FROM t GROUP BY month, country) AS g`, so that the
windows can be taken further apart.
"""

from __future__ import annotations

from dataclasses import replace

from kpictl.ir.query import Derived, Output, Query, Select
from kpictl.ir.scalars import Agg, Col, Over, Scalar, ScalarQuery
from kpictl.passes.targets.nest import Names, aliases, each_query
from kpictl.passes.targets.subqueries import is_correlated
from kpictl.sql.walk import Node, find, holds, rebuild, transform


def groups_below(query: Query, names: Names) -> Query | None:
    """The query over its groups as a sub-query; itself where it has no groups, None where it cannot be told so."""
    select = query.body
    assert isinstance(select, Select)
    if select.group_by is None:
        return query
    keys = {key for each in select.group_by for key in each}
    alias, below, around = names.fresh("grouped_rows"), dict[Scalar, Output](), aliases(select)

    def visit(node: Node) -> Node:
        if isinstance(node, Over):
            # The aggregate that is the window's own stays; what it aggregates is a key or an aggregate of the group.
            return rebuild(node, lambda part: rebuild(part, visit) if part is node.call else visit(part))
        if isinstance(node, Agg) or node in keys:
            if node not in below:
                free = isinstance(node, Col) and all(o.name != node.name for o in below.values())
                below[node] = Output(node.name if free else names.fresh("grouped"), node)
            return Col(below[node].name, alias, below[node].type)
        return within(node) if isinstance(node, Query) else rebuild(node, visit)

    def within(query: Query) -> Query:
        """What a sub-query reads of the groups are their keys."""
        shadowed = any(aliases(each) & around for each in find(query, Select))
        return query if shadowed else transform(query, lambda col: visit(col) if col in keys else col, Col)

    outputs = tuple(Output(o.name, visit(o.value)) for o in select.outputs)
    qualify = None if select.qualify is None else visit(select.qualify)
    order_by = tuple(replace(k, by=visit(k.by)) for k in query.order_by)
    above = Select(outputs, qualify=qualify, distinct=select.distinct)
    reached = [*find(above, Col), *(c for key in order_by for c in find(key.by, Col))]
    if select.distinct_on or not below or any(col.table in around for col in reached):
        return None
    inner = Query(
        Select(tuple(below.values()), select.source, select.joins, select.where, select.group_by, select.having)
    )
    return replace(query, body=replace(above, source=Derived(inner, alias)), order_by=order_by)


def windows_over_sets(query: Query) -> Query:
    """`query` with several grouping sets below the windows that run over them, for targets that take the sets apart."""
    if not holds(query, Over):
        return query

    def change(inner: Query, names: Names) -> Query:
        select = inner.body
        is_of_sets = isinstance(select, Select) and select.group_by is not None and len(select.group_by) > 1
        return (groups_below(inner, names) or inner) if is_of_sets and windows(inner) else inner

    return each_query(query, change)


def windows(query: Query) -> list[Over]:
    """The windows of a SELECT and of its order (not those of sub-queries), each once."""
    select = query.body
    assert isinstance(select, Select)
    parts = [*(o.value for o in select.outputs), select.qualify, *(k.by for k in query.order_by)]
    return list(dict.fromkeys(over for part in parts if part is not None for over in find(part, Over, queries=False)))


def windows_replaced(query: Query, new: dict[Over, Scalar]) -> Query:
    """The query with windows of its SELECT and of its order replaced."""

    def visit(node: Node) -> Node:
        if isinstance(node, Over) and node in new:
            return new[node]
        return node if isinstance(node, Query) else rebuild(node, visit)

    select = query.body
    assert isinstance(select, Select)
    outputs = tuple(Output(o.name, visit(o.value)) for o in select.outputs)
    qualify = None if select.qualify is None else visit(select.qualify)
    order_by = tuple(replace(k, by=visit(k.by)) for k in query.order_by)
    return replace(query, body=replace(select, outputs=outputs, qualify=qualify), order_by=order_by)


def groups_below_subqueries(query: Query) -> Query:
    """`query` with its groups below the correlated sub-queries that are asked by group, which Druid 33 does not plan there."""
    return each_query(query, lambda each, names: _asked(each, names) or each)


def _asked(query: Query, names: Names) -> Query | None:
    select = query.body
    if not isinstance(select, Select) or select.group_by is None or not asks_by_group(select):
        return query
    return groups_below(query, names)


def asks_by_group(select: Select) -> bool:
    """Whether an output of a grouped SELECT reads its rows from inside of a sub-query."""
    asked = [each.query for o in select.outputs for each in find(o.value, ScalarQuery)]
    return select.group_by is not None and any(is_correlated(each) for each in asked)
